#ifndef TROUPE_RUNTIME_CALL_OPTIONS_H_
#define TROUPE_RUNTIME_CALL_OPTIONS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace troupe {

// kHigh overtakes what waits with kNormal in the mailbox, so it is outside of the order in which
// one sender's messages arrive; among themselves messages of one priority keep that order.
enum class Priority : uint8_t { kNormal, kHigh };

// How one message is sent: `ref.With({.deadline = absl::Seconds(2)})->AddOne(1)`.
struct CallOptions {
  // From now on. Once it has passed the call ends with kDeadlineExceeded, and is not started if it
  // still waits. A nested call inherits what is left of its caller's. Infinite: none of its own.
  absl::Duration deadline = absl::InfiniteDuration();
  Priority priority = Priority::kNormal;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_CALL_OPTIONS_H_

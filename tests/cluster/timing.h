#ifndef TROUPE_TESTS_CLUSTER_TIMING_H_
#define TROUPE_TESTS_CLUSTER_TIMING_H_

#include "absl/base/config.h"
#include "absl/time/time.h"

namespace troupe {
namespace testing {

// Of all nodes and clients here that do not say otherwise: quick to notice who is gone. Under
// ThreadSanitizer a process that shares its cores with others was seen to say nothing for a second.
inline constexpr absl::Duration kHeartbeat = absl::Milliseconds(100);
#if defined(ABSL_HAVE_THREAD_SANITIZER) || defined(ABSL_HAVE_ADDRESS_SANITIZER)
inline constexpr absl::Duration kDownAfter = absl::Seconds(4);
#else
inline constexpr absl::Duration kDownAfter = absl::Seconds(1);
#endif

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_CLUSTER_TIMING_H_

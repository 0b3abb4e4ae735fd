#ifndef TROUPE_RUNTIME_DOWN_H_
#define TROUPE_RUNTIME_DOWN_H_

#include <cstdint>
#include <ostream>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/any_ref.h"

namespace troupe {

enum class DownReason : uint8_t {
  kStopped,   // by Stop, its parent's end or the system's shutdown
  kFailed,    // and was not restarted; Down::status says how
  kNodeLost,  // the node it lived on is gone, or does not keep to the protocol
  kNotFound,  // it was gone when the watch began, or may not be watched; Down::status says which
};

absl::string_view DownReasonName(DownReason reason);
inline std::ostream& operator<<(std::ostream& out, DownReason reason) {
  return out << DownReasonName(reason);
}

// The end of a watched actor.
struct Down {
  AnyRef ref;
  DownReason reason = DownReason::kStopped;
  absl::Status status;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_DOWN_H_

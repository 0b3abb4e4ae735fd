#ifndef TROUPE_RUNTIME_WIRE_MESSAGE_H_
#define TROUPE_RUNTIME_WIRE_MESSAGE_H_

// What of an envelope travels to another node, and how runtime envelopes are encoded. The bytes are
// those that proto/wire.proto specifies.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/urn.h"

namespace troupe {

class AnyRef;
class Value;
struct Down;

namespace internal {

struct DecodeContext;
struct EncodeContext;

// The numbers are those of troupe.wire.Call.Kind.
enum class MessageKind : uint8_t {
  kMethod = 0,
  kPlain = 1,
  kByName = 2,
  kStop = 3,
  kWatch = 4,
  kNode = 5,
};

// An envelope on its way to another node (Envelope::Encode).
struct OutgoingMessage {
  MessageKind kind = MessageKind::kMethod;
  // In static storage, so that its address may serve as a key; null for kByName.
  const char* method = nullptr;
  // Only for kByName: the name is the user's.
  std::string method_text = {};
  // Only for kWatch: what Recipient::EndWatch will name. Nil: it is not ended before its time.
  Urn watcher = {};
  // The encoded arguments are appended.
  std::string* arguments = nullptr;
};

// Runs `encode`, which appends to `out` and calls codecs of the user's: an exception becomes a
// status. `out` is as before then, and after an error.
absl::Status EncodeCatching(std::string* out, absl::FunctionRef<absl::Status()> encode);

// A list of values as troupe.wire.ListValue.
absl::Status EncodeValues(const EncodeContext& context, std::string* out,
                          const std::vector<Value>& values);
// Or any other message with values in the repeated field `field`. kInvalidArgument.
absl::StatusOr<std::vector<Value>> DecodeValues(const DecodeContext& context,
                                                absl::string_view bytes, uint32_t field = 1);

// troupe.wire.Down; of whom is known to whom it is sent.
std::string EncodeDown(const Down& down);
// kInvalidArgument.
absl::StatusOr<Down> DecodeDown(const AnyRef& watched, absl::string_view bytes);

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_WIRE_MESSAGE_H_

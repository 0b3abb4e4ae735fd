#ifndef TROUPE_RUNTIME_CODEC_CONTEXT_H_
#define TROUPE_RUNTIME_CODEC_CONTEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/any_ref.h"
#include "runtime/urn.h"

namespace troupe::internal {

// What of a reference travels; proto/value.proto says what each part means.
struct RefParts {
  Urn urn;
  std::string class_name;
  std::string node_address;
  uint64_t incarnation = 0;
};

// Turns references into what travels and back; a node has one. Never sees a null reference: those
// travel as an empty message. Called by encoding and decoding threads at the same time.
class RefTranslator {
 public:
  virtual ~RefTranslator() = default;

  // An error means that the reference cannot travel, and fails the whole message with that error.
  virtual absl::StatusOr<RefParts> Describe(const AnyRef& ref) const = 0;
  // Gives the local actor's own reference for one that comes home. The parts come from the wire:
  // only the length of the urn has been checked.
  virtual absl::StatusOr<AnyRef> Resolve(const RefParts& parts) const = 0;
};

// Without a translator a message with a reference in it fails with kInvalidArgument.
struct EncodeContext {
  const RefTranslator* refs = nullptr;
};

struct DecodeContext {
  const RefTranslator* refs = nullptr;
  // Null: the bytes are all there is. Otherwise this follows them: the contents of the text that
  // ends the message, to be taken by the std::string that the text is for. It is nothing else's
  // meanwhile; empty afterwards if it was taken.
  std::string* rest = nullptr;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CODEC_CONTEXT_H_

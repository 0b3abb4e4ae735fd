#ifndef TROUPE_NODE_NODE_REQUESTS_H_
#define TROUPE_NODE_NODE_REQUESTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/caller.h"
#include "runtime/urn.h"

namespace troupe::internal {

class NodeCore;

// Answers a call of the kind NODE (see proto/wire.proto): `method` with the message `arguments`.
// Gives the encoded reply. kUnimplemented: no such request; kInvalidArgument: it does not parse;
// kPermissionDenied; and what the request itself says. `spawned` is set to the urn that a spawn
// was to have, also when it failed. Any thread; does not block.
absl::StatusOr<std::string> AnswerNodeRequest(NodeCore& node, const Caller& caller,
                                              absl::string_view method, absl::string_view arguments,
                                              Urn* spawned);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_NODE_REQUESTS_H_

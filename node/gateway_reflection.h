#ifndef TROUPE_NODE_GATEWAY_REFLECTION_H_
#define TROUPE_NODE_GATEWAY_REFLECTION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/gateway_call.h"
#include "node/gateway_routes.h"

namespace troupe::internal {

// grpc.reflection.v1.ServerReflection and v1alpha: the services that the node knows, their files,
// and what these import; nothing else of what the program has linked.

// A ServerReflectionResponse to the bytes of a ServerReflectionRequest. What is not there is told
// in it. kInvalidArgument: these are none.
absl::StatusOr<std::string> AnswerReflection(GatewayRoutes& routes, absl::string_view request);

// Answers a client's stream of requests, one after the other.
void ServeReflection(GatewayTicket ticket);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_REFLECTION_H_

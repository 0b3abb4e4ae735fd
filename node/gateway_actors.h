#ifndef TROUPE_NODE_GATEWAY_ACTORS_H_
#define TROUPE_NODE_GATEWAY_ACTORS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/gateway.h"
#include "node/gateway_call.h"
#include "runtime/caller.h"
#include "runtime/inbound_call.h"
#include "runtime/recipient.h"

namespace troupe::internal {

// troupe.v1.Actors (proto/actors.proto): which actors have a name here, and calls by name of
// methods that no .proto declares.

// Answers List, once.
void ServeActorsList(GatewayTicket ticket);

// The actor of a Call, here or elsewhere. kFailedPrecondition: none is named; kNotFound: there is
// none, or its class is local-only; kPermissionDenied.
absl::StatusOr<RecipientPtr> FindCalledActor(Gateway& gateway, absl::string_view actor,
                                             const Caller& caller);

// The request of a Call becomes a message to that actor: as RpcInfo::receive, with a
// troupe.v1.CallRequest and a CallResponse. `options.client` is set. Besides: kPermissionDenied,
// and kUnimplemented: no such method, or one that streams.
absl::Status ReceiveCallByName(Gateway& gateway, Recipient* actor, const InboundOptions& options,
                               absl::string_view request, InboundCall* inbound);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_ACTORS_H_

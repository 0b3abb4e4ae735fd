#ifndef TROUPE_NODE_GRPC_STATUS_H_
#define TROUPE_NODE_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace troupe::internal {

// What an acceptor closes a connection with, as gRPC sends it.
grpc::Status ToGrpcStatus(const absl::Status& status);

// What ended a connection to `target`, as ConnectionHandler::OnClosed tells it. Where gRPC itself
// failed, the text is put in words that say what to look at.
absl::Status FromGrpcStatus(const grpc::Status& status, absl::string_view target);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_STATUS_H_

#ifndef TROUPE_NODE_GATEWAY_STATUS_H_
#define TROUPE_NODE_GATEWAY_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace troupe::internal {

// What a gRPC client gets: the code, the text, and the payloads as the details of a
// google.rpc.Status. Stock clients refuse trailers over 8 KiB, and would show that in place of the
// error: payloads that do not fit are left out, a text that does not is cut.
grpc::Status ToClientStatus(const absl::Status& status);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_STATUS_H_

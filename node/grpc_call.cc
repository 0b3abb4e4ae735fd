#include "node/grpc_call.h"

#include <utility>

#include "node/grpc_credentials.h"

namespace troupe::internal {

GrpcClientCall::GrpcClientCall(std::shared_ptr<grpc::Channel> channel, const std::string& method,
                               grpc::CompletionQueue* queue)
    : stub_(std::move(channel)), stream_(stub_.PrepareCall(&context_, method, queue)) {}

Caller GrpcClientCall::GetCaller() const {
  return CallerFrom(*context_.auth_context(), context_.peer());
}

Caller GrpcServerCall::GetCaller() const {
  return CallerFrom(*context_.auth_context(), context_.peer());
}

}  // namespace troupe::internal

#include "node/gateway_unary.h"

#include <utility>

#include "node/gateway_actors.h"
#include "runtime/errors.h"
#include "runtime/executor.h"
#include "runtime/system_core.h"

namespace troupe::internal {

GatewayUnary::GatewayUnary(GatewayTicket ticket, Gateway::Destination destination,
                           IntrusivePtr<GatewayClient> client)
    : GatewayCall(std::move(ticket)),
      destination_(std::move(destination)),
      client_(std::move(client)) {}

void GatewayUnary::OnRead(bool ok) {
  if (!ok) return GatewayCall::Finish(NoRequestError());
  Pin();  // that of the actor's call
  const absl::Status refused = Send(message());
  if (refused.ok()) return;
  GatewayCall::Finish(refused);
  Unpin();
}

absl::Status GatewayUnary::Send(absl::string_view request) {
  if (absl::Status full = client_->Take(request.size()); !full.ok()) return full;
  const InboundOptions options{.deadline = gateway().DeadlineOf(call()), .client = client_.get()};
  Recipient* const actor = destination_.actor.get();
  if (destination_.rpc == nullptr) {
    return ReceiveCallByName(gateway(), actor, options, request, this);
  }
  return destination_.rpc->receive({actor, nullptr}, options, request, this);
}

void GatewayUnary::Started(FutureCore* core) {
  bool cancelled = false;
  {
    SpinLockHolder holder(lock_);
    core_ = IntrusivePtr<FutureCore>(core);
    cancelled = cancelled_;
  }
  if (cancelled) Abort(*core);
}

void GatewayUnary::OnCancelled() {
  IntrusivePtr<FutureCore> core;
  {
    SpinLockHolder holder(lock_);
    cancelled_ = true;
    core = core_;
  }
  if (core != nullptr) Abort(*core);
}

void GatewayUnary::Abort(FutureCore& core) {
  const Executor::Scope scope(gateway().node().system_core()->executor());
  core.Abort(CancelledCallError(core.Description()));
}

void GatewayUnary::Finish(const absl::Status& status, absl::string_view result) {
  IntrusivePtr<FutureCore> released;
  {
    SpinLockHolder holder(lock_);
    std::swap(released, core_);
  }
  gateway().AddInitialMetadata(call(), *client_);
  gateway().AddTrailers(call(), *client_, *destination_.actor);
  const size_t limit = gateway().node().limits().message_bytes;
  if (status.ok() && result.size() <= limit) {
    WriteAndFinish(CopyToBuffer(result));
  } else {
    GatewayCall::Finish(status.ok() ? MessageTooLargeError("the result", result.size(), limit)
                                    : status);
  }
  Unpin();
}

}  // namespace troupe::internal

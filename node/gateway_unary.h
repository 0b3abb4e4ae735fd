#ifndef TROUPE_NODE_GATEWAY_UNARY_H_
#define TROUPE_NODE_GATEWAY_UNARY_H_

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/gateway.h"
#include "node/gateway_call.h"
#include "runtime/future_core.h"
#include "runtime/inbound_call.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/spin_lock.h"

namespace troupe::internal {

// One request, one reply. The outcome is sent by the thread that ends the call.
class GatewayUnary final : public GatewayCall, public InboundCall {
 public:
  GatewayUnary(GatewayTicket ticket, Gateway::Destination destination,
               IntrusivePtr<GatewayClient> client);

  // From the call of the actor.
  const EncodeContext& encode_context() override { return gateway().context().encode; }
  void Started(FutureCore* core) override ABSL_LOCKS_EXCLUDED(lock_);
  void Finish(const absl::Status& status, absl::string_view result) override
      ABSL_LOCKS_EXCLUDED(lock_);

 private:
  void OnBegin() override { Read(); }
  void OnRead(bool ok) override;
  void OnCancelled() override ABSL_LOCKS_EXCLUDED(lock_);

  absl::Status Send(absl::string_view request);
  void Abort(FutureCore& core);

  const Gateway::Destination destination_;
  const IntrusivePtr<GatewayClient> client_;
  SpinLock lock_;
  IntrusivePtr<FutureCore> core_ ABSL_GUARDED_BY(lock_);  // while it is under way
  bool cancelled_ ABSL_GUARDED_BY(lock_) = false;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_UNARY_H_

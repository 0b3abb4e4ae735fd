#ifndef TROUPE_NODE_GATEWAY_STREAM_H_
#define TROUPE_NODE_GATEWAY_STREAM_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/gateway.h"
#include "node/gateway_call.h"
#include "runtime/continuation.h"
#include "runtime/future.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/spin_lock.h"
#include "runtime/stream.h"

namespace troupe::internal {

// One request, a stream of replies: the next item is asked for when the last one is written, so a
// client that does not read stops the generator.
class GatewayStream final : public GatewayCall, public Continuation {
 public:
  GatewayStream(GatewayTicket ticket, Gateway::Destination destination,
                IntrusivePtr<GatewayClient> client);

  // The next item.
  void OnReady() override;

 private:
  void OnBegin() override { Read(); }
  void OnRead(bool ok) override ABSL_LOCKS_EXCLUDED(lock_);
  void OnWritten(bool ok) override;
  void OnCancelled() override ABSL_LOCKS_EXCLUDED(lock_);

  absl::Status Open(absl::string_view request);
  void AskForNext();
  void Pass(std::string item);
  void AddInitialMetadata();
  void End(const absl::Status& status);

  const Gateway::Destination destination_;
  const IntrusivePtr<GatewayClient> client_;
  SpinLock lock_;
  bool cancelled_ ABSL_GUARDED_BY(lock_) = false;
  bool open_ ABSL_GUARDED_BY(lock_) = false;
  Stream<std::string> stream_;  // constant once it is open
  Future<std::optional<std::string>> next_;
  bool began_ = false;  // the first message, or the status, is sent
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_STREAM_H_

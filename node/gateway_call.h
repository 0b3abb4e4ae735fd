#ifndef TROUPE_NODE_GATEWAY_CALL_H_
#define TROUPE_NODE_GATEWAY_CALL_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/grpc_call.h"
#include "node/grpc_poller.h"

namespace troupe::internal {

class Gateway;

// A call that has come, and what is owed for it. Move-only.
struct GatewayTicket {
  Gateway* gateway = nullptr;
  std::unique_ptr<GrpcServerCall> call = nullptr;
  absl::AnyInvocable<void()> gone = nullptr;  // GrpcCallHandler::OnCall
  bool counted = false;                       // Gateway::CallOpened
  bool for_actor = false;                     // NodeCore::CallOpened
};

// The call of a gRPC client, while it is answered: what those of all kinds share. Its own: deleted
// when nothing is under way for it any more, each of gRPC's operations and what else has a pin. The
// On-functions are called by whoever polls; they do not overlap, but for what else the kind does.
class GatewayCall {
 public:
  // Once: begins.
  void Begin();

 protected:
  explicit GatewayCall(GatewayTicket ticket);
  virtual ~GatewayCall();

  // In Begin.
  virtual void OnBegin() = 0;
  // A message of the client; false: none comes any more.
  virtual void OnRead(bool ok) { (void)ok; }
  // False: the client is gone.
  virtual void OnWritten(bool ok) { (void)ok; }
  // The client does not want the answer any more, or is gone, or its deadline has passed.
  virtual void OnCancelled() {}

  // One at a time each; no write or read after Finish. Any thread.
  void Read();
  void Write(const grpc::ByteBuffer& message);
  // The last operation, once.
  void Finish(const absl::Status& status);
  void WriteAndFinish(const grpc::ByteBuffer& message);

  // The message that came, in one piece; valid until the next Read. In OnRead.
  absl::string_view message();

  void Pin() { pins_.fetch_add(1, std::memory_order_relaxed); }
  void Unpin() {
    if (pins_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  Gateway& gateway() { return *ticket_.gateway; }
  GrpcServerCall& call() { return *ticket_.call; }

 private:
  void ReadDone(bool ok);
  void WriteDone(bool ok);
  void FinishDone(bool ok);
  void Ended(bool ok);

  GatewayTicket ticket_;
  std::atomic<int> pins_{1};  // that of Begin
  grpc::ByteBuffer incoming_;
  grpc::Slice slice_;
  std::string contiguous_;  // of a message in several slices
  grpc::Status status_;
  GrpcMemberTag<GatewayCall> read_tag_{this, &GatewayCall::ReadDone};
  GrpcMemberTag<GatewayCall> write_tag_{this, &GatewayCall::WriteDone};
  GrpcMemberTag<GatewayCall> finish_tag_{this, &GatewayCall::FinishDone};
  GrpcMemberTag<GatewayCall> end_tag_{this, &GatewayCall::Ended};
};

// Ends a call with an error.
void RefuseCall(GatewayTicket ticket, const absl::Status& reason);

// A message to a client: a copy, or the string's own memory if it is large.
grpc::ByteBuffer CopyToBuffer(absl::string_view bytes);
// `offset`: where the message begins.
grpc::ByteBuffer MoveToBuffer(std::string bytes, size_t offset = 0);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_CALL_H_

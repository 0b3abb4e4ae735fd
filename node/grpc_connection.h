#ifndef TROUPE_NODE_GRPC_CONNECTION_H_
#define TROUPE_NODE_GRPC_CONNECTION_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "node/grpc_call.h"
#include "node/grpc_poller.h"
#include "node/transport.h"
#include "runtime/mutex.h"

namespace troupe::internal {

// A stream of messages over a call of Node.Connect. Kept by its transport from its start until
// OnClosed has returned; others may hold it longer. Any thread.
//
// Operations of gRPC (start, read, write, half-close, finish, the alarm) are begun without a lock;
// what may begin is decided under mu_. `operations_` counts those that are under way, including
// their handling: when it falls to 0 after the call has finished, the connection is closed.
//
// While its reading is paused, a connection may notice its end only at ResumeReading, or when a
// write fails.
//
// Close. An acceptor finishes the call with the reason, which gRPC puts behind all that was
// written. An initiator ends its half, goes on reading, dropping the messages, and so comes to the
// end that the acceptor then sets: a mere cancellation could overtake what was written last. After
// kCloseGrace it is cancelled all the same.
class GrpcConnection final : public Connection {
 public:
  static constexpr absl::Duration kCloseGrace = absl::Seconds(1);

  // `target` is for error texts. A message over the limit closes it (kResourceExhausted). `on_gone`
  // is the last call of all.
  GrpcConnection(std::unique_ptr<GrpcCall> call, grpc::CompletionQueue* queue, std::string target,
                 size_t max_message_bytes, std::function<void(GrpcConnection*)> on_gone);
  // An initiator's that cannot even begin: Start leads to OnClosed with `reason`.
  GrpcConnection(absl::Status reason, grpc::CompletionQueue* queue,
                 std::function<void(GrpcConnection*)> on_gone);

  // One of these, once. Initiator: connects. Nothing happens before.
  void Start(std::shared_ptr<ConnectionHandler> handler);
  // Instead of Start: nothing ever happens on it.
  void Abandon();
  // Acceptor: `handler` null refuses the connection.
  void Accept(std::shared_ptr<ConnectionHandler> handler);

  void Write(Message message) override;
  void ResumeReading() override;
  void Close(const absl::Status& reason) override;
  const Caller& caller() const override { return caller_; }

 private:
  enum class Action { kNone, kFinish, kHalfClose, kClosed };

  void Started(bool ok);
  void ReadDone(bool ok);
  void WriteDone(bool ok);
  void HalfCloseDone(bool ok);
  void FinishDone(bool ok);
  void AlarmDone(bool ok);

  void BeginReading();
  bool Deliver();
  bool DeliverParts();
  bool KeepsReading();
  void WriteNow(Message message);
  void SetAlarm(absl::Duration delay);
  void EndOperation();
  Action NextActionLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Closed();
  absl::Status ReasonLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Constant.
  const std::unique_ptr<GrpcCall> call_;
  const bool is_client_;
  grpc::CompletionQueue* const queue_;
  const std::string target_;
  const size_t max_message_bytes_ = 0;
  const std::function<void(GrpcConnection*)> on_gone_;

  GrpcMemberTag<GrpcConnection> started_tag_{this, &GrpcConnection::Started};
  GrpcMemberTag<GrpcConnection> read_tag_{this, &GrpcConnection::ReadDone};
  GrpcMemberTag<GrpcConnection> write_tag_{this, &GrpcConnection::WriteDone};
  GrpcMemberTag<GrpcConnection> half_close_tag_{this, &GrpcConnection::HalfCloseDone};
  GrpcMemberTag<GrpcConnection> finish_tag_{this, &GrpcConnection::FinishDone};
  GrpcMemberTag<GrpcConnection> alarm_tag_{this, &GrpcConnection::AlarmDone};

  // Written before the first call of the handler, constant from then on.
  std::shared_ptr<ConnectionHandler> handler_;
  Caller caller_;

  // The reading operation's, handed from thread to thread by the queue.
  grpc::ByteBuffer incoming_;
  std::string contiguous_;  // of a message in several slices
  bool read_before_ = false;

  grpc::Status finish_status_;  // the finishing operation's
  grpc::Alarm alarm_;

  Mutex mu_;
  int operations_ ABSL_GUARDED_BY(mu_) = 0;
  bool ready_ ABSL_GUARDED_BY(mu_) = false;    // connected, and the handler is known
  Message waiting_ ABSL_GUARDED_BY(mu_);       // to be written when it is ready
  bool writing_ ABSL_GUARDED_BY(mu_) = false;  // or waiting
  bool paused_ ABSL_GUARDED_BY(mu_) = false;   // no read is under way, until ResumeReading
  bool resumed_ ABSL_GUARDED_BY(mu_) = false;  // ResumeReading came before the pause
  bool closing_ ABSL_GUARDED_BY(mu_) = false;  // Close was called
  bool half_closed_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;  // nothing more will come or go: finish it
  bool finishing_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool alarm_armed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status close_reason_ ABSL_GUARDED_BY(mu_);
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_CONNECTION_H_

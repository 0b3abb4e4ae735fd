#include "node/grpc_connection.h"

#include <glog/logging.h>

#include <optional>
#include <utility>
#include <vector>

#include "node/grpc_status.h"
#include "node/grpc_tsan.h"

namespace troupe::internal {
namespace {

// What a read buffer keeps for the next message.
constexpr size_t kKeptBytes = size_t{1} << 20;

// `bytes` are of `owner`, of which the slice keeps a share.
grpc::Slice SliceOf(absl::string_view bytes, SharedBytes owner) {
  return grpc::Slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* p) { delete static_cast<SharedBytes*>(TakenFromGrpc(p)); },
      GivenToGrpc(new SharedBytes(std::move(owner))));
}

grpc::ByteBuffer Wrap(Message message) {
  const absl::string_view own = *message.own;
  const grpc::Slice first = SliceOf(own, std::move(message.own));
  if (message.tail.empty()) return grpc::ByteBuffer(&first, 1);
  const grpc::Slice both[] = {first, SliceOf(message.tail, std::move(message.shared))};
  return grpc::ByteBuffer(both, 2);
}

}  // namespace

GrpcConnection::GrpcConnection(std::unique_ptr<GrpcCall> call, grpc::CompletionQueue* queue,
                               std::string target, size_t max_message_bytes,
                               std::function<void(GrpcConnection*)> on_gone)
    : call_(std::move(call)),
      is_client_(call_->is_client()),
      queue_(queue),
      target_(std::move(target)),
      max_message_bytes_(max_message_bytes),
      on_gone_(std::move(on_gone)) {
  if (!is_client_) caller_ = call_->GetCaller();
  MutexLock lock(&mu_);
  operations_ = 1;  // ends with Start, Accept or Fail
}

GrpcConnection::GrpcConnection(absl::Status reason, grpc::CompletionQueue* queue,
                               std::function<void(GrpcConnection*)> on_gone)
    : is_client_(true), queue_(queue), on_gone_(std::move(on_gone)) {
  MutexLock lock(&mu_);
  operations_ = 1;
  closing_ = ended_ = finishing_ = finished_ = true;
  close_reason_ = std::move(reason);
}

void GrpcConnection::Start(std::shared_ptr<ConnectionHandler> handler) {
  handler_ = std::move(handler);
  if (call_ != nullptr) {
    call_->Start(&started_tag_);
  } else {  // OnClosed must not come from inside Connect: the alarm takes it to the queue
    SetAlarm(absl::ZeroDuration());
  }
}

void GrpcConnection::Abandon() {
  MutexLock lock(&mu_);
  closing_ = ended_ = finishing_ = finished_ = closed_ = true;
}

void GrpcConnection::Accept(std::shared_ptr<ConnectionHandler> handler) {
  const bool refused = handler == nullptr;
  handler_ = std::move(handler);
  if (refused) Close(absl::ResourceExhaustedError("the node takes no further connections"));
  Started(true);
}

void GrpcConnection::Started(bool ok) {
  Message first;
  bool read = false;
  {
    MutexLock lock(&mu_);
    ready_ = true;
    if (ok && !finishing_) {
      if (!ended_) first = std::exchange(waiting_, Message());
      if (first) ++operations_;
      read = true;
      ++operations_;
    } else {
      ended_ = true;
    }
    if (!first && waiting_) writing_ = false;
    waiting_ = Message();
  }
  if (first) WriteNow(std::move(first));
  if (read) BeginReading();
  EndOperation();
}

void GrpcConnection::BeginReading() {
  incoming_.Clear();
  call_->Read(&incoming_, &read_tag_);
}

void GrpcConnection::ReadDone(bool ok) {
  if (!ok) {
    {
      MutexLock lock(&mu_);
      ended_ = true;
    }
    EndOperation();
    return;
  }
  if (!read_before_ && is_client_) caller_ = call_->GetCaller();
  read_before_ = true;
  if (Deliver()) {
    BeginReading();
  } else {
    EndOperation();
  }
}

// Hands the message that came to the handler; returns whether to read the next.
bool GrpcConnection::Deliver() {
  {
    MutexLock lock(&mu_);
    if (closing_) return true;
  }
  if (incoming_.Length() > max_message_bytes_) {
    incoming_.Clear();
    Close(absl::ResourceExhaustedError("a message over the limit"));
    return true;
  }
  GrpcPoller::NoteHandled(incoming_.Length());
  grpc::Slice single;
  bool more = false;
  if (incoming_.TrySingleSlice(&single).ok()) {
    more = handler_->OnMessage(
        absl::string_view(reinterpret_cast<const char*>(single.begin()), single.size()));
  } else {
    more = DeliverParts();
  }
  return more || KeepsReading();
}

bool GrpcConnection::DeliverParts() {
  const size_t bytes = incoming_.Length();
  std::vector<grpc::Slice> slices;
  std::vector<absl::string_view> parts;
  if (incoming_.Dump(&slices).ok()) {
    parts.reserve(slices.size());
    for (const grpc::Slice& slice : slices) {
      parts.emplace_back(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  incoming_.Clear();
  if (!parts.empty()) {
    if (const std::optional<bool> taken = handler_->OnParts(parts)) return *taken;
  }
  contiguous_.clear();
  contiguous_.reserve(bytes);
  for (const absl::string_view part : parts) contiguous_.append(part.data(), part.size());
  slices.clear();
  const bool more = handler_->OnMessage(contiguous_);
  if (contiguous_.capacity() > kKeptBytes) std::string().swap(contiguous_);
  return more;
}

// After an OnMessage that returned false.
bool GrpcConnection::KeepsReading() {
  MutexLock lock(&mu_);
  if (resumed_ || closing_) {
    resumed_ = false;
    return true;
  }
  paused_ = true;
  return false;
}

void GrpcConnection::ResumeReading() {
  {
    MutexLock lock(&mu_);
    if (!paused_) {
      resumed_ = !closing_ && !closed_;
      return;
    }
    paused_ = false;
    if (finishing_) return;  // nothing more comes
    ++operations_;
  }
  BeginReading();
}

void GrpcConnection::Write(Message message) {
  {
    MutexLock lock(&mu_);
    if (ended_ || closing_) return;
    CHECK(!writing_) << "a write before OnWritten";
    writing_ = true;
    if (!ready_) {
      waiting_ = std::move(message);
      return;
    }
    ++operations_;
  }
  WriteNow(std::move(message));
}

void GrpcConnection::WriteNow(Message message) {
  call_->Write(Wrap(std::move(message)), &write_tag_);
}

void GrpcConnection::WriteDone(bool ok) {
  {
    MutexLock lock(&mu_);
    writing_ = false;
    if (!ok) ended_ = true;
  }
  if (ok) handler_->OnWritten();
  EndOperation();
}

void GrpcConnection::HalfCloseDone(bool) { EndOperation(); }

void GrpcConnection::Close(const absl::Status& reason) {
  bool read = false;
  bool cancel = false;
  {
    MutexLock lock(&mu_);
    if (closing_ || finished_) return;
    closing_ = true;
    close_reason_ = reason;
    cancel = is_client_ && !ready_;
    if (!is_client_) ended_ = true;
    if (!ready_ && waiting_) {
      waiting_ = Message();
      writing_ = false;
    }
    read = paused_ && !finishing_;
    paused_ = false;
    if (read) ++operations_;
    operations_ += 2;  // the alarm, and this call
  }
  if (read) BeginReading();
  if (cancel) call_->Cancel();
  SetAlarm(kCloseGrace);
  EndOperation();
}

// The alarm's operation has been counted.
void GrpcConnection::SetAlarm(absl::Duration delay) {
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_nanos(absl::ToInt64Nanoseconds(delay), GPR_TIMESPAN));
  alarm_.Set(queue_, deadline, Begun(&alarm_tag_));
  bool cancel = false;
  {
    MutexLock lock(&mu_);
    alarm_armed_ = true;
    cancel = finished_;
  }
  if (cancel) alarm_.Cancel();
}

void GrpcConnection::AlarmDone(bool ok) {
  bool cancel = false;
  {
    MutexLock lock(&mu_);
    cancel = ok && !finished_;
  }
  if (cancel) call_->Cancel();
  EndOperation();
}

void GrpcConnection::FinishDone(bool) {
  bool cancel_alarm = false;
  {
    MutexLock lock(&mu_);
    finished_ = true;
    cancel_alarm = alarm_armed_;
  }
  if (cancel_alarm) alarm_.Cancel();
  EndOperation();
}

void GrpcConnection::EndOperation() {
  Action action = Action::kNone;
  {
    MutexLock lock(&mu_);
    --operations_;
    action = NextActionLocked();
  }
  switch (action) {
    case Action::kNone:
      break;
    case Action::kFinish:
      call_->Finish(&finish_status_, &finish_tag_);
      break;
    case Action::kHalfClose:
      call_->WritesDone(&half_close_tag_);
      break;
    case Action::kClosed:
      Closed();
      break;
  }
}

GrpcConnection::Action GrpcConnection::NextActionLocked() {
  if (finished_) {
    if (operations_ > 0 || closed_) return Action::kNone;
    closed_ = true;
    return Action::kClosed;
  }
  if (!ready_) return Action::kNone;
  // gRPC does not take an acceptor's status while a write is under way.
  if (ended_ && !finishing_ && (is_client_ || !writing_)) {
    finishing_ = true;
    ++operations_;
    if (!is_client_) finish_status_ = ToGrpcStatus(close_reason_);
    return Action::kFinish;
  }
  if (is_client_ && closing_ && !ended_ && !writing_ && !half_closed_) {
    half_closed_ = true;
    ++operations_;
    return Action::kHalfClose;
  }
  return Action::kNone;
}

absl::Status GrpcConnection::ReasonLocked() const {
  if (closing_) return close_reason_;
  if (!is_client_) return absl::UnavailableError("the other side ended the connection");
  return FromGrpcStatus(finish_status_, target_);
}

void GrpcConnection::Closed() {
  absl::Status reason;
  {
    MutexLock lock(&mu_);
    reason = ReasonLocked();
  }
  const std::shared_ptr<ConnectionHandler> handler = std::move(handler_);
  if (handler != nullptr) handler->OnClosed(reason);
  // The copy outlives the connection, which may end with the call.
  const std::function<void(GrpcConnection*)> on_gone = on_gone_;
  on_gone(this);
}

}  // namespace troupe::internal

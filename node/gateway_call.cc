#include "node/gateway_call.h"

#include <utility>
#include <vector>

#include "node/gateway.h"
#include "node/gateway_status.h"
#include "node/grpc_tsan.h"

namespace troupe::internal {
namespace {

// Below that, copying is cheaper than a block that keeps the string.
constexpr size_t kCopiedBytes = 4 * 1024;

class RefusedCall final : public GatewayCall {
 public:
  RefusedCall(GatewayTicket ticket, absl::Status reason)
      : GatewayCall(std::move(ticket)), reason_(std::move(reason)) {}

 private:
  void OnBegin() override { Finish(reason_); }

  const absl::Status reason_;
};

}  // namespace

GatewayCall::GatewayCall(GatewayTicket ticket) : ticket_(std::move(ticket)) {
  if (ticket_.for_actor) gateway().node().CallOpened();
}

GatewayCall::~GatewayCall() {
  ticket_.call = nullptr;
  if (ticket_.for_actor) gateway().node().CallClosed();
  if (ticket_.counted) gateway().CallClosed();
  // Nothing of the gateway's or the transport's may be touched behind this.
  ticket_.gone();
}

void GatewayCall::Begin() {
  Pin();
  call().NotifyEnd(&end_tag_);
  OnBegin();
  Unpin();
}

void GatewayCall::Read() {
  Pin();
  incoming_.Clear();
  call().Read(&incoming_, &read_tag_);
}

void GatewayCall::ReadDone(bool ok) {
  if (ok) GrpcPoller::NoteHandled(incoming_.Length());
  OnRead(ok);
  Unpin();
}

absl::string_view GatewayCall::message() {
  if (incoming_.TrySingleSlice(&slice_).ok()) {
    return absl::string_view(reinterpret_cast<const char*>(slice_.begin()), slice_.size());
  }
  std::vector<grpc::Slice> slices;
  contiguous_.clear();
  contiguous_.reserve(incoming_.Length());
  if (incoming_.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      contiguous_.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  return contiguous_;
}

void GatewayCall::Write(const grpc::ByteBuffer& message) {
  Pin();
  call().Write(message, &write_tag_);
}

void GatewayCall::WriteDone(bool ok) {
  OnWritten(ok);
  Unpin();
}

void GatewayCall::Finish(const absl::Status& status) {
  Pin();
  status_ = ToClientStatus(status);
  call().Finish(&status_, &finish_tag_);
}

void GatewayCall::WriteAndFinish(const grpc::ByteBuffer& message) {
  Pin();
  call().WriteAndFinish(message, &finish_tag_);
}

void GatewayCall::FinishDone(bool) { Unpin(); }

void GatewayCall::Ended(bool) {
  if (call().cancelled()) OnCancelled();
  Unpin();
}

void RefuseCall(GatewayTicket ticket, const absl::Status& reason) {
  (new RefusedCall(std::move(ticket), reason))->Begin();
}

grpc::ByteBuffer CopyToBuffer(absl::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer MoveToBuffer(std::string bytes, size_t offset) {
  if (bytes.size() <= kCopiedBytes) return CopyToBuffer(absl::string_view(bytes).substr(offset));
  auto* const owner = new std::string(std::move(bytes));
  const grpc::Slice slice(
      owner->data() + offset, owner->size() - offset,
      [](void* p) { delete static_cast<std::string*>(TakenFromGrpc(p)); }, GivenToGrpc(owner));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace troupe::internal

#include "node/grpc_call.h"

#include <grpc/grpc.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>

#include <atomic>
#include <utility>

#include "absl/strings/match.h"
#include "node/grpc_credentials.h"
#include "runtime/intrusive_ptr.h"

namespace troupe::internal {
namespace {

// gRPC ends the process over what it does not take.
bool IsLegalMetadata(const std::string& key, const std::string& value) {
  if (absl::StartsWith(key, "grpc-") || absl::StartsWith(key, ":")) return false;
  const grpc_slice name = grpc_slice_from_static_buffer(key.data(), key.size());
  const grpc_slice text = grpc_slice_from_static_buffer(value.data(), value.size());
  return grpc_header_key_is_legal(name) != 0 &&
         (grpc_is_binary_header(name) != 0 || grpc_header_nonbin_value_is_legal(text) != 0);
}

}  // namespace

GrpcClientCall::GrpcClientCall(std::shared_ptr<grpc::Channel> channel, const std::string& method,
                               grpc::CompletionQueue* queue)
    : stub_(std::move(channel)), stream_(stub_.PrepareCall(&context_, method, queue)) {}

Caller GrpcClientCall::GetCaller() const {
  return CallerFrom(*context_.auth_context(), context_.peer());
}

// Takes gRPC's notice of the end of a call, wherever that is by then. The call and gRPC have a
// share each.
class GrpcServerCall::End final : public GrpcTag, public RefCounted<End> {
 public:
  // Whoever comes second, gRPC or this, tells the tag.
  void Tell(GrpcTag* tag) {
    if (tag_.exchange(tag, std::memory_order_acq_rel) == Ended()) tag->Complete(true);
  }
  void Complete(bool) override {
    GrpcTag* const tag = tag_.exchange(Ended(), std::memory_order_acq_rel);
    if (tag != nullptr) tag->Complete(true);
    Release();
  }

 private:
  GrpcTag* Ended() { return this; }

  std::atomic<GrpcTag*> tag_{nullptr};
};

GrpcServerCall::GrpcServerCall() : stream_(&context_), end_(new End) {}

GrpcServerCall::~GrpcServerCall() { end_->Release(); }

void GrpcServerCall::Request(grpc::AsyncGenericService* service, grpc::ServerCompletionQueue* queue,
                             GrpcTag* tag) {
  end_->AddRef();
  context_.AsyncNotifyWhenDone(Begun(end_));
  service->RequestCall(&context_, &stream_, queue, queue, Begun(tag));
}

void GrpcServerCall::NeverCame() { end_->Release(); }

void GrpcServerCall::NotifyEnd(GrpcTag* tag) { end_->Tell(tag); }

absl::Duration GrpcServerCall::TimeLeft() const {
  const gpr_timespec deadline = context_.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) {
    return absl::InfiniteDuration();
  }
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec);
}

std::vector<std::pair<std::string, std::string>> GrpcServerCall::Metadata() const {
  const auto& sent = context_.client_metadata();
  std::vector<std::pair<std::string, std::string>> metadata;
  metadata.reserve(sent.size());
  for (const auto& [key, value] : sent) {
    metadata.emplace_back(std::string(key.data(), key.size()),
                          std::string(value.data(), value.size()));
  }
  return metadata;
}

absl::string_view GrpcServerCall::FindMetadata(absl::string_view key) const {
  const auto& sent = context_.client_metadata();
  const auto found = sent.find(grpc::string_ref(key.data(), key.size()));
  if (found == sent.end()) return "";
  return absl::string_view(found->second.data(), found->second.size());
}

void GrpcServerCall::AddHeader(const std::string& key, const std::string& value) {
  if (IsLegalMetadata(key, value)) context_.AddInitialMetadata(key, value);
}

void GrpcServerCall::AddTrailer(const std::string& key, const std::string& value) {
  if (IsLegalMetadata(key, value)) context_.AddTrailingMetadata(key, value);
}

Caller GrpcServerCall::GetCaller() const {
  return CallerFrom(*context_.auth_context(), context_.peer());
}

}  // namespace troupe::internal

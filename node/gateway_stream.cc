#include "node/gateway_stream.h"

#include <utility>

#include "absl/time/time.h"
#include "runtime/bytes_call.h"
#include "runtime/call_options.h"
#include "runtime/errors.h"
#include "runtime/executor.h"
#include "runtime/service_info.h"
#include "runtime/system_core.h"
#include "runtime/wire_format.h"

namespace troupe::internal {
namespace {

// Where the message begins in an encoded result, which has it in field 1; npos: not one.
size_t MessageStart(const DecodeContext& context, absl::string_view result) {
  Reader reader(context, result);
  uint64_t tag = 0;
  absl::string_view bytes;
  if (!reader.Varint(&tag) || tag != MakeTag(1, WireType::kBytes) ||
      !reader.LengthAndBytes(&bytes) || !reader.AtEnd()) {
    return absl::string_view::npos;
  }
  return result.size() - bytes.size();
}

}  // namespace

GatewayStream::GatewayStream(GatewayTicket ticket, Gateway::Destination destination,
                             IntrusivePtr<GatewayClient> client)
    : GatewayCall(std::move(ticket)),
      destination_(std::move(destination)),
      client_(std::move(client)) {}

void GatewayStream::OnRead(bool ok) {
  absl::Status refused = ok ? Open(message()) : NoRequestError();
  if (!refused.ok()) return Finish(refused);
  bool cancelled = false;
  {
    SpinLockHolder holder(lock_);
    open_ = true;
    cancelled = cancelled_;
  }
  if (cancelled) stream_.Cancel();
  AskForNext();
}

absl::Status GatewayStream::Open(absl::string_view request) {
  if (absl::Status full = client_->Take(request.size()); !full.ok()) return full;
  std::string arguments;
  Writer writer(gateway().context().encode, &arguments);
  writer.Tag(1, WireType::kBytes);
  writer.LengthAndBytes(request);
  if (absl::Status status = writer.Finish(); !status.ok()) return status;
  const CallOptions options = {.deadline = call().TimeLeft()};
  stream_ = OpenBytesStream({destination_.actor.get(), &options}, gateway().context(),
                            destination_.rpc->method, std::move(arguments), client_.get());
  return absl::OkStatus();
}

void GatewayStream::AskForNext() {
  next_ = stream_.Next();
  FutureCore* const core = next_.state();
  core->MarkObserved();
  Pin();
  if (!core->Attach(this)) OnReady();
}

void GatewayStream::OnReady() {
  // Another thread may be asking for the next one as soon as this one is written.
  auto item = std::exchange(next_, {}).Take();
  if (!item.ok()) {
    End(item.status());
  } else if (item->has_value()) {
    Pass(**std::move(item));
  } else {
    End(absl::OkStatus());
  }
  Unpin();
}

void GatewayStream::Pass(std::string item) {
  const size_t limit = gateway().node().limits().message_bytes;
  if (item.size() > limit) return End(MessageTooLargeError("an item", item.size(), limit));
  const size_t start = MessageStart(gateway().context().decode, item);
  if (start == absl::string_view::npos) {
    return End(BadResultError(destination_.rpc->method, "it is no message"));
  }
  AddInitialMetadata();
  Write(MoveToBuffer(std::move(item), start));
}

void GatewayStream::AddInitialMetadata() {
  if (!std::exchange(began_, true)) gateway().AddInitialMetadata(call(), *client_);
}

void GatewayStream::OnWritten(bool ok) {
  if (ok) return AskForNext();
  End(absl::CancelledError("the client is gone"));
}

void GatewayStream::End(const absl::Status& status) {
  stream_.Cancel();
  AddInitialMetadata();
  gateway().AddTrailers(call(), *client_, *destination_.actor);
  Finish(status);
}

void GatewayStream::OnCancelled() {
  {
    SpinLockHolder holder(lock_);
    cancelled_ = true;
    if (!open_) return;
  }
  const Executor::Scope scope(gateway().node().system_core()->executor());
  stream_.Cancel();
}

}  // namespace troupe::internal

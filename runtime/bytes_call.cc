#include "runtime/bytes_call.h"

#include "runtime/actor_cell.h"
#include "runtime/send.h"
#include "runtime/stream_wire.h"

namespace troupe::internal {
namespace {

bool IsHigh(const CallTarget& target) {
  return target.options != nullptr && target.options->priority == Priority::kHigh;
}

void DeliverHere(const CallTarget& target, absl::Time deadline, const BytesContext& context,
                 const char* method, absl::string_view arguments, ClientCall* client,
                 InboundCall* call) {
  const ClassInfo& info = target.recipient->local_cell()->info();
  const MethodInfo* const found = info.FindMethod(method);
  absl::Status status = NoSuchMethodError(info.name, method);
  if (found != nullptr) {
    status =
        found->receive({target.recipient, nullptr},
                       {.deadline = deadline, .high_priority = IsHigh(target), .client = client},
                       context.decode, arguments, call);
  }
  if (!status.ok()) call->Finish(status, "");
}

// `is_pull`: it belongs to a stream, whose opening has the deadline.
template <typename R>
Future<R> Send(const CallTarget& target, bool is_pull, const BytesContext& context,
               const char* method, std::string arguments, ClientCall* client) {
  if (target.recipient == nullptr || target.recipient->local_cell() == nullptr) {
    auto* call = new BytesCall<R>(method, std::move(arguments));
    Future<R> future(call);
    if (is_pull) {
      call->frame()->SetUp(target.recipient, absl::InfiniteFuture());
      if (IsHigh(target)) call->lane = Lane::kHigh;
      target.recipient->Deliver(call);
    } else {
      SendCall(target, call, call, call->frame());
    }
    return future;
  }
  auto* call = new LocalBytesCall<R>(target, context, method);
  Future<R> future(call);
  DeliverHere(target, is_pull ? absl::InfiniteFuture() : DeadlineFor(target), context, method,
              arguments, client, call);
  return future;
}

}  // namespace

Outcome<std::string> FromResultBytes(absl::string_view bytes, std::string*) {
  return std::string(bytes);
}

Outcome<StreamBatch<std::string>> FromResultBytes(absl::string_view bytes,
                                                  StreamBatch<std::string>*) {
  StreamBatch<std::string> batch;
  const absl::StatusOr<bool> last = ReadStreamItems(bytes, [&](absl::string_view item) {
    if (batch.items.size() >= kStreamWindowItems) {
      return absl::InvalidArgumentError("more than were asked for");
    }
    batch.items.push_back({std::string(item), item.size()});
    return absl::OkStatus();
  });
  if (!last.ok()) return BadResultError("a stream", last.status().message());
  batch.last = *last;
  return batch;
}

Future<std::string> CallWithBytes(const CallTarget& target, const BytesContext& context,
                                  const char* method, std::string arguments) {
  return Send<std::string>(target, false, context, method, std::move(arguments), nullptr);
}

Stream<std::string> OpenBytesStream(const CallTarget& target, const BytesContext& context,
                                    const char* method, std::string arguments, ClientCall* client) {
  StreamOrigin origin = {.recipient = RecipientPtr(target.recipient),
                         .method = method,
                         .lane = IsHigh(target) ? Lane::kHigh : Lane::kNormal,
                         .number = NewStreamNumber()};
  AppendStreamNumber(&arguments, origin.number);
  const Future<void> open =
      Send<void>(target, false, context, method, std::move(arguments), client);
  origin.open = IntrusivePtr<FutureCore>(open.state());
  auto pull = [&context](const StreamOrigin& from, StreamCredit credit) {
    const CallOptions options = {.priority = from.lane == Lane::kHigh ? Priority::kHigh
                                                                      : Priority::kNormal};
    std::string request;
    AppendStreamPull(&request, {.number = from.number, .credit = credit});
    return Send<StreamBatch<std::string>>({from.recipient.get(), &options}, true, context,
                                          from.method, std::move(request), nullptr);
  };
  auto reader = IntrusivePtr<StreamReader<std::string>>::Adopt(
      new StreamReader<std::string>(std::move(origin), pull));
  reader->Begin();
  return Stream<std::string>(std::move(reader));
}

}  // namespace troupe::internal

#include "runtime/inbound_call.h"

#include <atomic>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "runtime/actor_cell.h"
#include "runtime/control_envelopes.h"
#include "runtime/down.h"
#include "runtime/system_core.h"
#include "runtime/wire_message.h"

namespace troupe::internal {
namespace {

// What a thread keeps of its last result's memory, for the next one.
constexpr size_t kKeptBytes = size_t{256} << 10;
thread_local std::string t_scratch;

void SetLane(const InboundOptions& options, Envelope* envelope) {
  if (options.high_priority) envelope->lane = Lane::kHigh;
}

absl::StatusOr<const MethodInfo*> FindMethod(const CallTarget& target, absl::string_view name) {
  const ClassInfo& info = target.recipient->local_cell()->info();
  const MethodInfo* method = info.FindMethod(name);
  if (method == nullptr) return NoSuchMethodError(info.name, name);
  return method;
}

absl::Status DecodeNamed(const DecodeContext& context, const MethodInfo& method,
                         absl::string_view bytes, std::vector<Value>* values) {
  absl::StatusOr<std::vector<Value>> decoded = DecodeValues(context, bytes);
  if (!decoded.ok()) return BadArgumentsError(method.name, decoded.status().message());
  *values = *std::move(decoded);
  return absl::OkStatus();
}

// Watchers from elsewhere are told apart by urns that are nobody's: actors have version 4 UUIDs.
Urn NewWatcherUrn() {
  static std::atomic<uint64_t> last{0};
  return Urn(0, last.fetch_add(1, std::memory_order_relaxed) + 1);
}

// The end of a watched actor, for a watcher elsewhere.
class WatchState final : public FutureState<Down> {
 public:
  WatchState(Recipient* watched, const Urn& watcher) : watched_(watched), watcher_(watcher) {}

  std::string Description() const override {
    return absl::StrCat("the watch of ", AnyRef(watched_).ToString());
  }
  void EndWatch() { watched_->EndWatch(watcher_); }

 private:
  void OnAborted(const absl::Status&) override { EndWatch(); }

  const RecipientPtr watched_;
  const Urn watcher_;
};

absl::Status EncodeDownOf(FutureCore& call, const EncodeContext&, std::string* out) {
  out->append(EncodeDown(*static_cast<WatchState&>(call).outcome()));
  return absl::OkStatus();
}

}  // namespace

void InboundCall::Follow(FutureCore* call, EncodeOutcome encode) {
  call_ = call;
  encode_ = encode;
  call->MarkObserved();
  Started(call);
  // Aborted by now: then it is ended here.
  if (!call->Attach(this)) OnReady();
}

void InboundCall::OnReady() {
  FutureCore* const call = call_;  // this is gone after Finish
  absl::Status status = call->status();
  std::string result = std::exchange(t_scratch, std::string());
  result.clear();
  if (status.ok() && encode_ != nullptr) {
    Turn outside(nullptr);  // encoding is no code of the actor's that answers
    status = EncodeCatching(&result, [&] { return encode_(*call, encode_context(), &result); });
    if (!status.ok()) {
      status = NotEncodedError(absl::StrCat("the result of ", call->Description()), status);
    }
  }
  Finish(status, result);
  if (result.capacity() <= kKeptBytes) t_scratch = std::move(result);
  call->DropHandle();
}

void SendInboundCall(const CallTarget& target, const InboundOptions& options, Envelope* envelope,
                     FutureCore* core, CallFrame* frame, InboundCall* inbound,
                     InboundCall::EncodeOutcome encode) {
  SetLane(options, envelope);
  frame->SetUp(target.recipient, options.deadline);
  if (options.client != nullptr) frame->SetClient(options.client);
  inbound->Follow(core, encode);
  if (options.deadline != absl::InfiniteFuture()) {
    frame->StartTimer(*core);
    // Aborted meanwhile, before there was a timer to stop.
    if (core->ready()) frame->StopTimer();
  }
  target.recipient->Deliver(envelope);
}

void SendInboundOneWay(const CallTarget& target, const InboundOptions& options,
                       Envelope* envelope) {
  SetLane(options, envelope);
  target.recipient->Deliver(envelope);
}

absl::Status ReceivePlain(const CallTarget& target, const InboundOptions& options,
                          const DecodeContext& context, absl::string_view arguments,
                          InboundCall* inbound) {
  return ReceiveCall<ReceiveOp>(target, options, context, arguments, inbound);
}

absl::Status ReceivePlainOneWay(const CallTarget& target, const InboundOptions& options,
                                const DecodeContext& context, absl::string_view arguments,
                                InboundCredit credit) {
  return ReceiveOneWay<ReceiveOp>(target, options, context, arguments, std::move(credit));
}

absl::Status ReceiveByName(const CallTarget& target, const InboundOptions& options,
                           const DecodeContext& context, absl::string_view method,
                           absl::string_view arguments, InboundCall* inbound) {
  const absl::StatusOr<const MethodInfo*> found = FindMethod(target, method);
  if (!found.ok()) return found.status();
  std::vector<Value> values;
  absl::Status status = DecodeNamed(context, **found, arguments, &values);
  if (!status.ok()) return status;
  return (*found)->receive_values(target, options, values, inbound);
}

absl::Status ReceiveByNameOneWay(const CallTarget& target, const InboundOptions& options,
                                 const DecodeContext& context, absl::string_view method,
                                 absl::string_view arguments, InboundCredit credit) {
  const absl::StatusOr<const MethodInfo*> found = FindMethod(target, method);
  if (!found.ok()) return found.status();
  std::vector<Value> values;
  absl::Status status = DecodeNamed(context, **found, arguments, &values);
  if (!status.ok()) return status;
  return (*found)->receive_values_one_way(target, options, values, std::move(credit));
}

void ReceiveStop(Recipient* recipient, InboundCall* inbound) {
  FutureState<void>* waiter = nullptr;
  if (inbound != nullptr) {
    waiter = new FutureState<void>;
    inbound->Follow(waiter, nullptr);
  }
  recipient->Deliver(new StopEnvelope(waiter));
}

void ReceiveWatch(Recipient* recipient, InboundCall* inbound) {
  const Urn watcher = NewWatcherUrn();
  const auto state = IntrusivePtr<WatchState>::Adopt(new WatchState(recipient, watcher));
  inbound->Follow(state.get(), &EncodeDownOf);
  recipient->Deliver(new WatchEnvelope(AnyRef(RecipientPtr(recipient)), watcher,
                                       [state](const Down& down) { state->Fulfil(down); }));
  // Aborted before the watch began: the end of it came too early.
  if (state->ready()) state->EndWatch();
}

}  // namespace troupe::internal

#ifndef TROUPE_RUNTIME_INBOUND_CALL_H_
#define TROUPE_RUNTIME_INBOUND_CALL_H_

// How messages that came from another node reach an actor of this one, and how the outcomes of
// calls leave it. The methods' own hooks are in MethodInfo (receive, receive_one_way).

#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/argument_bytes.h"
#include "runtime/call.h"
#include "runtime/class_info.h"
#include "runtime/client_info.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/continuation.h"
#include "runtime/errors.h"
#include "runtime/future_core.h"
#include "runtime/future_state.h"
#include "runtime/inbound_budget.h"
#include "runtime/inbound_one_way.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/operation.h"
#include "runtime/recipient.h"
#include "runtime/turn.h"

namespace troupe::internal {

struct InboundOptions {
  // In the time of the system's clock. Infinite: none; the system's default does not apply, that of
  // the caller's system did.
  absl::Time deadline = absl::InfiniteFuture();
  bool high_priority = false;
  // Tells callers apart where that matters (the numbers of their streams); 0: of this process.
  uint64_t origin = 0;
  // The gRPC client that calls, if it is one; lives during the call of the function.
  ClientCall* client = nullptr;
};

// The caller of a call that came from elsewhere: takes its outcome and encodes it. Made by the
// node, one for each call, and its own until one of the functions below that take one succeeds.
//
// Started is called by the thread that delivers the call, Finish by the one that ends it.
class InboundCall : public Continuation {
 public:
  // For the result; valid until Finish.
  virtual const EncodeContext& encode_context() = 0;

  // Once, before the call is delivered. From now on FutureCore::Abort of `call` cancels it (and
  // ends the watch that ReceiveWatch begins); it lives until Finish has returned. Finish comes
  // after this has returned, even if the call is aborted at once.
  virtual void Started(FutureCore* call) = 0;

  // Exactly once, the last call; takes the object over. OK: `result` is what the caller shall get,
  // valid during the call. Any thread; must not block.
  virtual void Finish(const absl::Status& status, absl::string_view result) = 0;

  // The rest is for the functions below.

  // Appends the result of a call that ended well; may be null where there is none.
  using EncodeOutcome = absl::Status (*)(FutureCore& call, const EncodeContext& context,
                                         std::string* out);
  // Takes over a handle of `call`. This may be gone when it returns.
  void Follow(FutureCore* call, EncodeOutcome encode);
  void OnReady() final;

 protected:
  ~InboundCall() = default;

 private:
  FutureCore* call_ = nullptr;  // a handle
  EncodeOutcome encode_ = nullptr;
};

template <typename T>
absl::Status EncodeOutcomeOf(FutureCore& call, const EncodeContext& context, std::string* out) {
  if constexpr (std::is_void_v<T>) {
    return absl::OkStatus();
  } else {
    return EncodeResult(context, out, *static_cast<FutureState<T>&>(call).outcome());
  }
}

// Sends `envelope`, which is the call `core` with the frame `frame`, on behalf of `inbound`.
void SendInboundCall(const CallTarget& target, const InboundOptions& options, Envelope* envelope,
                     FutureCore* core, CallFrame* frame, InboundCall* inbound,
                     InboundCall::EncodeOutcome encode);
void SendInboundOneWay(const CallTarget& target, const InboundOptions& options, Envelope* envelope);

// The hooks of MethodInfo.
template <typename Op>
absl::Status ReceiveCall(const CallTarget& target, const InboundOptions& options,
                         const DecodeContext& context, absl::string_view arguments,
                         InboundCall* inbound) {
  typename Op::Arguments decoded;
  const absl::Status status = DecodeArgumentBytes(context, arguments, &decoded);
  if (!status.ok()) return BadArgumentsError(Op::kName, status.message());
  auto* call = new Call<Op>(std::move(decoded));
  SendInboundCall(target, options, call, call, call->frame(), inbound,
                  &EncodeOutcomeOf<typename Op::Result>);
  return absl::OkStatus();
}

template <typename Op>
absl::Status ReceiveOneWay(const CallTarget& target, const InboundOptions& options,
                           const DecodeContext& context, absl::string_view arguments,
                           InboundCredit credit) {
  if constexpr (!kIsTask<typename Op::Raw> && !kIsFuture<typename Op::Raw>) {
    if (context.rest == nullptr && InboundOneWay<Op>::Takes(arguments)) {
      SendInboundOneWay(
          target, options,
          InboundOneWay<Op>::New(context, arguments, options.deadline, std::move(credit)));
      return absl::OkStatus();
    }
  }
  typename Op::Arguments decoded;
  const absl::Status status = DecodeArgumentBytes(context, arguments, &decoded);
  if (!status.ok()) return BadArgumentsError(Op::kName, status.message());
  SendInboundOneWay(
      target, options,
      new OneWay<Op, InboundCredit>(std::move(decoded), options.deadline, std::move(credit)));
  return absl::OkStatus();
}

// Messages of the other kinds. The target's recipient must be an actor's own cell, its options are
// ignored. An error (kInvalidArgument: the arguments do not decode or fit; kUnimplemented: no such
// method) means that nothing was sent, and the InboundCall is still the caller's. Any thread.

absl::Status ReceivePlain(const CallTarget& target, const InboundOptions& options,
                          const DecodeContext& context, absl::string_view arguments,
                          InboundCall* inbound);
absl::Status ReceivePlainOneWay(const CallTarget& target, const InboundOptions& options,
                                const DecodeContext& context, absl::string_view arguments,
                                InboundCredit credit);

// `arguments` is a troupe.wire.ListValue, the result a Value.
absl::Status ReceiveByName(const CallTarget& target, const InboundOptions& options,
                           const DecodeContext& context, absl::string_view method,
                           absl::string_view arguments, InboundCall* inbound);
absl::Status ReceiveByNameOneWay(const CallTarget& target, const InboundOptions& options,
                                 const DecodeContext& context, absl::string_view method,
                                 absl::string_view arguments, InboundCredit credit);

// `inbound` may be null: nobody waits.
void ReceiveStop(Recipient* recipient, InboundCall* inbound);
// The outcome is a Down. Aborting the call ends the watch.
void ReceiveWatch(Recipient* recipient, InboundCall* inbound);

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_INBOUND_CALL_H_

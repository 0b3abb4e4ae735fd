#ifndef TROUPE_RUNTIME_CONTROL_ENVELOPES_H_
#define TROUPE_RUNTIME_CONTROL_ENVELOPES_H_

#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/down.h"
#include "runtime/envelope.h"
#include "runtime/future_state.h"
#include "runtime/recipient.h"

namespace troupe::internal {

// Something that a cell is told to do by the runtime itself.
class Notice final : public Envelope {
 public:
  using Body = absl::AnyInvocable<void(ActorCell&)>;

  // kUrgent: also while a method is suspended or the actor is ending. kNormal: in its turn.
  Notice(Lane where, Body body) : body_(std::move(body)) {
    lane = where;
    counted = false;
  }

  Progress Handle(ActorCell& cell) override;
  void Refuse(Refusal refusal) override;

 private:
  Body body_;
};

// Stops the actor once it has handled what is before this.
class StopEnvelope final : public Envelope {
 public:
  // Takes over a reference to `waiter` (may be null), which is fulfilled when the actor is gone.
  explicit StopEnvelope(FutureState<void>* waiter) : waiter_(waiter) { counted = false; }

  Progress Handle(ActorCell& cell) override;
  void Refuse(Refusal refusal) override;
  absl::Status Encode(const EncodeContext& context, OutgoingMessage* message) override;
  bool wants_answer() const override { return waiter_ != nullptr; }
  void Answer(const DecodeContext& context, const absl::Status& status,
              absl::string_view result) override;
  const char* method_name() const override { return "Stop"; }

 private:
  FutureState<void>* const waiter_;
};

// Asks for one Down when the actor is gone.
class WatchEnvelope final : public Envelope {
 public:
  using Tell = absl::AnyInvocable<void(const Down&)>;

  // `watched` is whom it is sent to. `watcher` is nil for a watcher that is no actor.
  WatchEnvelope(AnyRef watched, const Urn& watcher, Tell tell)
      : watched_(std::move(watched)), watcher_(watcher), tell_(std::move(tell)) {
    counted = false;
  }

  Progress Handle(ActorCell& cell) override;
  void Refuse(Refusal refusal) override;
  // Of a watch that was ended (Recipient::EndWatch) before the actor was: nobody is told.
  void Abandon(const absl::Status& reason) override;
  absl::Status Encode(const EncodeContext& context, OutgoingMessage* message) override;
  bool wants_answer() const override { return true; }
  void Answer(const DecodeContext& context, const absl::Status& status,
              absl::string_view result) override;

 private:
  const AnyRef watched_;
  const Urn watcher_;
  Tell tell_;
};

// Tells a cell that the call `envelope` works for was aborted, so that its coroutine ends its wait.
Notice* NewAbortNotice(Envelope* envelope, FutureCore* call);

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CONTROL_ENVELOPES_H_

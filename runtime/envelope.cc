#include "runtime/envelope.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "runtime/actor_cell.h"
#include "runtime/any_ref.h"
#include "runtime/control_envelopes.h"
#include "runtime/coroutine.h"
#include "runtime/errors.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/recipient.h"
#include "runtime/system_core.h"
#include "runtime/wire_message.h"

namespace troupe::internal {

absl::Status Refusal::ToStatus() const {
  const std::string actor = recipient != nullptr
                                ? ActorText(recipient->class_name(), recipient->urn())
                                : std::string("the actor of a null reference");
  switch (why) {
    case Why::kFull:
      return MailboxFullError(actor, capacity);
    case Why::kOther:
      return *detail;
    case Why::kNotFound:
    case Why::kJustEnded:
      break;
  }
  if (detail == nullptr) return NotFoundError(actor);
  return NotFoundError(actor, absl::StrCat("it failed: ", detail->message()));
}

Envelope::Progress Envelope::Resumed(ActorCell& cell) {
  (void)cell;
  LOG(FATAL) << "an envelope without a coroutine was resumed";
  return Progress::kDone;
}

void Envelope::Abandon(const absl::Status& reason) {
  LOG(FATAL) << "an envelope without a coroutine was suspended: " << reason;
}

absl::Status Envelope::Encode(const EncodeContext& context, OutgoingMessage* message) {
  (void)context;
  (void)message;
  const char* method = method_name();
  return LocalOnlyError(method != nullptr ? method : "a notice of the runtime's");
}

void Envelope::Answer(const DecodeContext& context, const absl::Status& status,
                      absl::string_view result) {
  (void)context;
  (void)result;
  Refuse({.why = Refusal::Why::kOther, .detail = &status});
}

void Envelope::CountDeadLetter(const Refusal& refusal) {
  if (refusal.recipient == nullptr) return;
  const char* method = method_name();
  const_cast<Recipient*>(refusal.recipient)
      ->core()
      .CountDeadLetter(method != nullptr ? method : "message", refusal);
}

Envelope::Progress Notice::Handle(ActorCell& cell) {
  body_(cell);
  delete this;
  return Progress::kDone;
}

void Notice::Refuse(Refusal refusal) {
  (void)refusal;  // nobody waits for it: the actor is gone
  delete this;
}

Envelope::Progress StopEnvelope::Handle(ActorCell& cell) {
  cell.Stop(waiter_);
  delete this;
  return Progress::kDone;
}

void StopEnvelope::Refuse(Refusal refusal) {
  if (waiter_ != nullptr) {
    waiter_->Fulfil(refusal.why == Refusal::Why::kJustEnded ? absl::OkStatus()
                                                            : refusal.ToStatus());
    waiter_->Release();
  }
  delete this;
}

absl::Status StopEnvelope::Encode(const EncodeContext& context, OutgoingMessage* message) {
  (void)context;
  message->kind = MessageKind::kStop;
  message->method = "Stop";
  return absl::OkStatus();
}

void StopEnvelope::Answer(const DecodeContext& context, const absl::Status& status,
                          absl::string_view result) {
  (void)context;
  (void)result;
  if (waiter_ != nullptr) {
    waiter_->Fulfil(status);
    waiter_->Release();
  }
  delete this;
}

Envelope::Progress WatchEnvelope::Handle(ActorCell& cell) {
  cell.AddWatcher(watcher_, std::move(tell_));
  delete this;
  return Progress::kDone;
}

void WatchEnvelope::Refuse(Refusal refusal) {
  Down down{watched_, DownReason::kNotFound, refusal.ToStatus()};
  if (refusal.why == Refusal::Why::kJustEnded) {
    down.reason = refusal.detail != nullptr ? DownReason::kFailed : DownReason::kStopped;
    down.status = refusal.detail != nullptr ? *refusal.detail : absl::OkStatus();
  } else if (absl::IsUnavailable(down.status)) {
    down.reason = DownReason::kNodeLost;
  }
  tell_(down);
  delete this;
}

void WatchEnvelope::Abandon(const absl::Status& reason) {
  (void)reason;
  delete this;
}

absl::Status WatchEnvelope::Encode(const EncodeContext& context, OutgoingMessage* message) {
  (void)context;
  message->kind = MessageKind::kWatch;
  message->method = "Watch";
  message->watcher = watcher_;
  return absl::OkStatus();
}

void WatchEnvelope::Answer(const DecodeContext& context, const absl::Status& status,
                           absl::string_view result) {
  (void)context;
  if (!status.ok()) {
    return Refuse(
        {.why = Refusal::Why::kOther, .recipient = watched_.recipient().get(), .detail = &status});
  }
  const absl::StatusOr<Down> down = DecodeDown(watched_, result);
  tell_(down.ok() ? *down
                  : Down{watched_, DownReason::kNodeLost,
                         BadResultError("Watch", down.status().message())});
  delete this;
}

Notice* NewAbortNotice(Envelope* envelope, FutureCore* call) {
  // The reference keeps the envelope's memory; whether it still is under way, the cell knows.
  return new Notice(Lane::kUrgent,
                    [envelope, kept = IntrusivePtr<FutureCore>(call)](ActorCell& cell) {
                      if (!cell.IsSuspended(envelope)) return;
                      ResumeNode* waiting = envelope->task_run()->waiting;
                      if (waiting == nullptr) return;
                      if (const auto coroutine = waiting->StopWaiting())
                        cell.GoOn(envelope, coroutine);
                    });
}

}  // namespace troupe::internal

#include "runtime/send.h"

#include <glog/logging.h>

#include <algorithm>

#include "runtime/actor_cell.h"
#include "runtime/call_frame.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/future_core.h"
#include "runtime/system.h"
#include "runtime/turn.h"

namespace troupe::internal {
namespace {

// The deadline that the work on this thread is under.
absl::Time InheritedDeadline() {
  const Turn* turn = Turn::Current();
  return turn != nullptr && turn->message != nullptr ? turn->message->deadline()
                                                     : absl::InfiniteFuture();
}

void SetLane(const CallTarget& target, Envelope* envelope) {
  if (target.options != nullptr && target.options->priority == Priority::kHigh) {
    envelope->lane = Lane::kHigh;
  }
}

}  // namespace

absl::Time DeadlineFor(const CallTarget& target) {
  const absl::Time inherited = InheritedDeadline();
  if (target.recipient == nullptr) return inherited;
  const SystemCore& core = target.recipient->core();
  const Clock* clock = core.clock();
  if (clock == nullptr) return inherited;
  absl::Duration own =
      target.options != nullptr ? target.options->deadline : absl::InfiniteDuration();
  if (own == absl::InfiniteDuration() && inherited == absl::InfiniteFuture()) {
    own = core.default_deadline();
  }
  if (own == absl::InfiniteDuration()) return inherited;
  return std::min(inherited, clock->Now() + own);
}

void SendCall(const CallTarget& target, Envelope* envelope, FutureCore* core, CallFrame* frame) {
  if (target.recipient == nullptr) {
    envelope->Refuse({});
    return;
  }
  SetLane(target, envelope);
  const absl::Time deadline = DeadlineFor(target);
  frame->SetUp(target.recipient, deadline);
  const Turn* turn = Turn::Current();
  CallFrame* parent =
      turn != nullptr && turn->message != nullptr ? turn->message->frame() : nullptr;
  // A child under its parent's deadline ends with the parent; no timer of its own.
  if (deadline != absl::InfiniteFuture() && (parent == nullptr || deadline < parent->deadline())) {
    frame->StartTimer(*core);
  }
  if (parent != nullptr) parent->AddChild(core);
  // What is late already is not sent. Only a deadline of its own can be: an inherited one has ended
  // the parent.
  if (deadline != absl::InfiniteFuture() && target.options != nullptr &&
      target.options->deadline <= absl::ZeroDuration()) {
    core->Abort(DeadlinePassedError(core->Description()));
  }
  target.recipient->Deliver(envelope);
}

SendResult SendOneWay(const CallTarget& target, Envelope* envelope) {
  if (target.recipient == nullptr) {
    envelope->Refuse({});
    return SendResult::kNotFound;
  }
  SetLane(target, envelope);
  return target.recipient->Deliver(envelope);
}

void BorrowedArgumentsKept() {
  LOG(FATAL) << "a message for another node came to an actor of this one";
}

bool PastDeadline(ActorCell& cell, absl::Time deadline) {
  return cell.system().clock().Now() >= deadline;
}

}  // namespace troupe::internal

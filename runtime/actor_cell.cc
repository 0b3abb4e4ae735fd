#include "runtime/actor_cell.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "runtime/actor.h"
#include "runtime/cell_extras.h"
#include "runtime/deadlock.h"
#include "runtime/errors.h"
#include "runtime/system.h"
#include "runtime/turn.h"

namespace troupe::internal {
namespace {

// After so many messages of a turn, what was pushed meanwhile is looked at: high priorities
// overtake.
constexpr int kBatch = 128;

constexpr size_t kCacheLine = 64;

// How long an actor goes on while others wait for their turn. Counted in time, not in messages: who
// sends a thousand messages for each that it gets would otherwise fill the mailboxes of those who
// share a thread with it, faster than their turns can empty them. Long enough that the cost of
// switching vanishes, short enough that a thousand busy actors on one core each get a turn within
// some 50 ms.
class TurnBudget {
 public:
  explicit TurnBudget(const Clock& clock) : clock_(clock) {}

  // Before each message. The clock is asked a few times a turn, and never in one of two messages.
  bool Spent() {
    if (handled_++ != look_) return false;
    look_ *= 2;
    if (handled_ - 1 == kFirstLook) {
      start_ = clock_.Now();
      return false;
    }
    const absl::Duration elapsed = clock_.Now() - start_;
    if (elapsed >= kTurn || handled_ > kMost) return true;
    // Virtual time stands still in a turn.
    return elapsed == absl::ZeroDuration() && handled_ > kBatch;
  }

 private:
  static constexpr absl::Duration kTurn = absl::Microseconds(50);
  static constexpr int kFirstLook = 2;
  static constexpr int kMost = 4096;

  const Clock& clock_;
  absl::Time start_;
  int handled_ = 0;
  int look_ = kFirstLook;
};

}  // namespace

ActorCell::ActorCell(ActorSystem& system, const ClassInfo& info, Urn urn, ActorFactory factory,
                     const SpawnOptions& options, RecipientPtr parent)
    : Recipient(urn),
      reentrant_(options.reentrant || info.reentrant),
      core_(&system.core()),
      executor_(&system.executor()),
      inbox_(options.mailbox_capacity != 0 ? options.mailbox_capacity
                                           : system.options().mailbox_capacity),
      system_(system),
      info_(info),
      sequence_(system.NextSequence()),
      parent_(std::move(parent)),
      factory_(std::move(factory)) {
  // Otherwise each message that is handled takes a cache line away from those who push the next.
  CHECK_GE(reinterpret_cast<char*>(&mailbox_) - reinterpret_cast<char*>(&inbox_),
           ptrdiff_t{kCacheLine + sizeof(inbox_)});
  if (options.restart.max_restarts > 0) extras().restart = options.restart;
  if (options.own_thread) {
    extras().own_thread = std::make_unique<DedicatedExecutor>(&system.clock());
    executor_ = extras().own_thread.get();
  }
}

ActorCell::~ActorCell() {
  if (ever_awaited.load(std::memory_order_relaxed)) ForgetCell();
}

void ActorCell::Start() {
  AddRef();  // given back at the end of FinishEnd
  executor_->Schedule(this);
}

std::string ActorCell::ToString() const {
  return absl::StrCat(info_.name, " (", urn().ToString(), ")");
}

CellExtras& ActorCell::extras() {
  if (extras_ == nullptr) extras_ = std::make_unique<CellExtras>();
  return *extras_;
}

SendResult ActorCell::Deliver(Envelope* envelope) {
  switch (inbox_.PushNode(envelope)) {
    case Inbox::Push::kPushed:
      return SendResult::kSent;
    case Inbox::Push::kPushedAndWake:
      executor_->Schedule(this);
      return SendResult::kSent;
    case Inbox::Push::kFull:
      envelope->Refuse(
          {.why = Refusal::Why::kFull, .recipient = this, .capacity = inbox_.capacity()});
      return SendResult::kFull;
    case Inbox::Push::kClosed:
      envelope->Refuse({.why = Refusal::Why::kNotFound, .recipient = this});
      return SendResult::kNotFound;
  }
  return SendResult::kNotFound;
}

Mailbox::Take ActorCell::TakeNow() const {
  const bool waits =
      stop_requested_ || life_ != Life::kRunning || (!suspended_.empty() && !reentrant_);
  return waits ? Mailbox::Take::kUrgentOnly : Mailbox::Take::kAll;
}

void ActorCell::Run() {
  Turn turn(this);
  if (suspended_.empty()) {  // otherwise it is busy since that method began
    busy_since_.store(system_.clock().CoarseUnixNanos(), std::memory_order_relaxed);
  }
  mailbox_.Refresh(inbox_);
  if (life_ == Life::kNew) {
    BuildObject();
    Settle();
  }
  TurnBudget budget(system_.clock());
  for (int handled = 1; life_ != Life::kGone && !budget.Spent(); ++handled) {
    if (handled % kBatch == 0) {
      mailbox_.Refresh(inbox_);
      mailbox_.PublishHandled(inbox_);
    }
    auto* envelope = static_cast<Envelope*>(mailbox_.Next(inbox_, TakeNow()));
    if (envelope != nullptr) {
      HandleOne(envelope);
    } else if (mailbox_.TryRest(inbox_, TakeNow())) {
      return;  // from here on another thread may run the next turn
    }
  }
  if (life_ == Life::kGone) {
    Release();
    return;
  }
  mailbox_.PublishHandled(inbox_);
  executor_->ScheduleLast(this);
}

void ActorCell::HandleOne(Envelope* envelope) {
  const bool counted = envelope->counted;
  const char* method = envelope->method_name();
  Turn::Current()->message = envelope;
  if (method != nullptr) method_.store(method, std::memory_order_relaxed);
  if (envelope->Handle(*this) == Envelope::Progress::kSuspended) {
    suspended_.push_back(envelope);
  } else {
    if (counted) mailbox_.Handled();
    if (suspended_.empty()) method_.store(nullptr, std::memory_order_relaxed);
  }
  Turn::Current()->message = nullptr;
  Settle();
}

void ActorCell::GoOn(Envelope* envelope, std::coroutine_handle<> coroutine) {
  Turn* turn = Turn::Current();
  Envelope* const handled = std::exchange(turn->message, envelope);
  method_.store(envelope->method_name(), std::memory_order_relaxed);
  const bool counted = envelope->counted;
  envelope->task_run()->Resume(coroutine);
  if (envelope->Resumed(*this) == Envelope::Progress::kDone) {
    suspended_.erase(std::find(suspended_.begin(), suspended_.end(), envelope));
    if (counted) mailbox_.Handled();
    if (suspended_.empty()) method_.store(nullptr, std::memory_order_relaxed);
  }
  turn->message = handled;
}

bool ActorCell::IsSuspended(const Envelope* envelope) const {
  return std::find(suspended_.begin(), suspended_.end(), envelope) != suspended_.end();
}

void ActorCell::Settle() {
  if (life_ != Life::kRunning) return;
  if (failed_) {
    failed_ = false;
    Fail(std::exchange(extras().failure, absl::OkStatus()));
  } else if (stop_requested_ && suspended_.empty()) {
    BeginEnd(DownReason::kStopped, absl::OkStatus());
  }
}

void ActorCell::ReportFailure(absl::Status status) {
  if (failed_) return;
  failed_ = true;
  extras().failure = std::move(status);
}

void* ActorCell::CastTo(ClassInfo::TypeId interface) {
  for (const ClassInfo::Base& base : info_.bases) {
    if (base.id == interface && base.cast != nullptr) return base.cast(object_.get());
  }
  return nullptr;
}

absl::Time ActorCell::busy_since() const {
  return absl::FromUnixNanos(busy_since_.load(std::memory_order_relaxed));
}

}  // namespace troupe::internal

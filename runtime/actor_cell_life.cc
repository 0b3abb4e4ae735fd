// The beginning and the end of an actor: building, failing, restarting, stopping, and who hears of
// it.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "runtime/actor.h"
#include "runtime/actor_cell.h"
#include "runtime/cell_extras.h"
#include "runtime/control_envelopes.h"
#include "runtime/errors.h"
#include "runtime/system.h"
#include "runtime/turn.h"

namespace troupe::internal {

absl::Status ActorCell::RunHook(const char* name, absl::FunctionRef<void()> hook) {
  const char* const outer = method_.load(std::memory_order_relaxed);
  method_.store(name, std::memory_order_relaxed);
  absl::Status status = RunUserCode(hook);
  method_.store(outer, std::memory_order_relaxed);
  return status;
}

void ActorCell::BuildObject() {
  life_ = Life::kRunning;
  if (failed_) return;
  absl::Status status = RunHook("its constructor", [&] { object_ = factory_(); });
  if (!status.ok()) {
    ++generation_;
    ReportFailure(
        absl::Status(status.code(), absl::StrCat("its constructor threw ", status.message())));
    return;
  }
  if (extras_ == nullptr || extras_->restart.max_restarts == 0) factory_ = nullptr;
  absl::Status started;
  status = RunHook("OnStart", [&] { started = object_->OnStart(); });
  if (!status.ok()) {
    ReportFailure(absl::Status(status.code(), absl::StrCat("OnStart threw ", status.message())));
  } else if (!started.ok()) {
    ReportFailure(std::move(started));
  }
}

void ActorCell::FailAtStart(absl::Status status) {
  extras().restart.max_restarts = 0;
  ReportFailure(std::move(status));
}

void ActorCell::NeverStart() {
  life_ = Life::kGone;
  mailbox_.Close(inbox_);
}

void ActorCell::AbandonSuspended(const absl::Status* failure) {
  while (!suspended_.empty()) {
    Envelope* envelope = suspended_.back();
    suspended_.pop_back();
    if (envelope->counted) mailbox_.Handled();
    const char* method = envelope->method_name();
    envelope->Abandon(
        failure != nullptr
            ? FailedMeanwhileError(ToString(), method != nullptr ? method : "a message", *failure)
            : NotFoundError(ToString()));
  }
  AbandonStreams(failure);
  method_.store(nullptr, std::memory_order_relaxed);
}

void ActorCell::Fail(absl::Status status) {
  AbandonSuspended(&status);
  if (extras_ != nullptr && extras_->restart.max_restarts > 0 && !stop_requested_) {
    const RestartPolicy& policy = extras_->restart;
    std::vector<absl::Time>& restarts = extras_->restarts;
    const absl::Time now = system_.clock().Now();
    std::erase_if(restarts, [&](absl::Time time) { return now - time >= policy.within; });
    if (restarts.size() < static_cast<size_t>(policy.max_restarts)) {
      absl::Duration backoff = policy.min_backoff;
      for (size_t i = 0; i < restarts.size() && backoff < policy.max_backoff; ++i) backoff *= 2;
      restarts.push_back(now);
      backoff = std::min(backoff, policy.max_backoff);
      LOG(WARNING) << ToString() << " failed, restart " << restarts.size() << " of "
                   << policy.max_restarts << " in " << absl::FormatDuration(backoff) << ": "
                   << status;
      extras_->end_status = std::move(status);
      Restart(backoff);
      return;
    }
  }
  LOG(ERROR) << ToString() << " failed: " << status;
  BeginEnd(DownReason::kFailed, std::move(status));
}

void ActorCell::Restart(absl::Duration backoff) {
  life_ = Life::kBackingOff;
  if (object_ != nullptr) {
    const absl::Status hook =
        RunHook("OnFailure", [&] { object_->OnFailure(extras_->end_status); });
    if (!hook.ok()) LOG(ERROR) << ToString() << ": OnFailure threw " << hook.message();
  }
  CancelAllTimers();
  ++generation_;
  object_.reset();
  StopChildren();
  extras_->backoff_over = false;
  const RecipientPtr self(this);
  const Clock::TimerId timer = system_.clock().ScheduleAt(
      system_.clock().Now() + backoff, [self] { self->local_cell()->TellBackoffOver(); });
  if (timer == 0) TellBackoffOver();  // the clock is at its limit: no backoff
}

void ActorCell::TellBackoffOver() {
  DeliverControl(new Notice(Lane::kUrgent, [](ActorCell& cell) {
    cell.extras_->backoff_over = true;
    cell.RestartIfReady();
  }));
}

void ActorCell::RestartIfReady() {
  if (life_ != Life::kBackingOff || !extras_->backoff_over || !extras_->children.empty()) return;
  BuildObject();
  Settle();
}

void ActorCell::Stop(FutureState<void>* waiter) {
  if (waiter != nullptr) extras().stop_waiters.push_back(waiter);
  RequestStop();
}

void ActorCell::Kill() {
  AbandonSuspended(nullptr);
  if (life_ == Life::kRunning || life_ == Life::kBackingOff) {
    BeginEnd(DownReason::kStopped, absl::OkStatus());
  }
}

void ActorCell::BeginEnd(DownReason reason, absl::Status status) {
  life_ = Life::kStopping;
  end_reason_ = reason;
  if (extras_ != nullptr || !status.ok()) extras().end_status = std::move(status);
  system_.Unregister(*this);
  AbandonStreams(nullptr);
  RefuseAll(mailbox_.CloseToMessages(inbox_), Refusal::Why::kNotFound);
  CancelAllTimers();
  StopChildren();
  if (extras_ == nullptr || extras_->children.empty()) FinishEnd();
}

void ActorCell::StopChildren() {
  if (extras_ == nullptr) return;
  for (const auto& [urn, child] : extras_->children) {
    child->local_cell()->DeliverControl(new StopEnvelope(nullptr));
  }
}

void ActorCell::AddChild(RecipientPtr child) {
  const Urn urn = child->urn();
  extras().children.emplace(urn, std::move(child));
}

void ActorCell::ChildGone(const Urn& child) {
  extras().children.erase(child);
  if (!extras_->children.empty()) return;
  if (life_ == Life::kStopping) {
    FinishEnd();
  } else {
    RestartIfReady();
  }
}

void ActorCell::RefuseAll(NodeList nodes, Refusal::Why why) {
  const bool failed = extras_ != nullptr && !extras_->end_status.ok();
  const absl::Status* const detail = failed ? &extras_->end_status : nullptr;
  while (MailboxNode* node = nodes.PopFront()) {
    static_cast<Envelope*>(node)->Refuse({.why = why, .recipient = this, .detail = detail});
  }
}

void ActorCell::RunEndHook() {
  const bool failed = end_reason_ == DownReason::kFailed;
  const absl::Status hook = RunHook(failed ? "OnFailure" : "OnStop", [&] {
    if (failed) {
      object_->OnFailure(extras_->end_status);
    } else {
      object_->OnStop();
    }
  });
  if (!hook.ok()) {
    LOG(ERROR) << ToString() << (failed ? ": OnFailure" : ": OnStop") << " threw "
               << hook.message();
  }
}

void ActorCell::FinishEnd() {
  if (object_ != nullptr) {
    RunEndHook();
    object_.reset();
  }
  factory_ = nullptr;
  CancelAllTimers();  // those that the hook started
  life_ = Life::kGone;
  RefuseAll(mailbox_.Close(inbox_), Refusal::Why::kJustEnded);
  if (extras_ != nullptr) EndWatches(*extras_);
  if (parent_ != nullptr) {
    parent_->local_cell()->DeliverControl(
        new Notice(Lane::kUrgent, [child = urn()](ActorCell& cell) { cell.ChildGone(child); }));
    parent_ = nullptr;
  }
  if (extras_ != nullptr) {
    if (extras_->own_thread != nullptr) system_.Retire(std::move(extras_->own_thread));
    for (FutureState<void>* waiter : std::exchange(extras_->stop_waiters, {})) {
      waiter->Fulfil(absl::OkStatus());
      waiter->Release();
    }
  }
  system_.CellGone(*this);
}

// Those of this actor, and its own.
void ActorCell::EndWatches(CellExtras& extras) {
  const Down down{AnyRef(RecipientPtr(this)), end_reason_, extras.end_status};
  for (auto& [urn, tell] : extras.watchers) tell(down);
  extras.watchers.clear();
  for (TellDown& tell : extras.down_waiters) tell(down);
  extras.down_waiters.clear();
  for (const auto& [urn, watched] : extras.watching) GiveUpWatching(watched);
  extras.watching.clear();
}

void ActorCell::AddWatcher(const Urn& watcher, absl::AnyInvocable<void(const Down&)> tell) {
  if (watcher.is_nil()) {
    extras().down_waiters.push_back(std::move(tell));
  } else {
    extras().watchers.insert_or_assign(watcher, std::move(tell));
  }
}

void ActorCell::RemoveWatcher(const Urn& watcher) { extras().watchers.erase(watcher); }

bool ActorCell::StartWatching(const Urn& urn, RecipientPtr watched) {
  return extras().watching.emplace(urn, std::move(watched)).second;
}

bool ActorCell::StopWatching(const Urn& urn) {
  const auto watch = extras().watching.find(urn);
  if (watch == extras_->watching.end()) return false;
  GiveUpWatching(watch->second);
  extras_->watching.erase(watch);
  return true;
}

void ActorCell::GiveUpWatching(const RecipientPtr& watched) {
  if (watched != nullptr && watched.get() != this) watched->EndWatch(urn());
}

void ActorCell::EndWatch(const Urn& watcher) {
  DeliverControl(
      new Notice(Lane::kNormal, [watcher](ActorCell& cell) { cell.RemoveWatcher(watcher); }));
}

void ActorCell::HandleDown(const Down& down) {
  if (extras().watching.erase(down.ref.urn()) == 0 || object_ == nullptr) return;
  const absl::Status hook = RunHook("OnDown", [&] { object_->OnDown(down); });
  if (!hook.ok()) ReportFailure(hook);
}

uint64_t ActorCell::StartTimer(absl::Duration delay, absl::Duration period,
                               absl::AnyInvocable<void()> callback) {
  const uint64_t id = ++extras().last_timer;
  extras_->timers[id] = {0, period, std::move(callback)};
  return ArmTimer(id, system_.clock().Now() + delay) ? id : 0;
}

bool ActorCell::ArmTimer(uint64_t id, absl::Time when) {
  const RecipientPtr self(this);
  const Clock::TimerId timer = system_.clock().ScheduleAt(when, [self, id] {
    self->local_cell()->DeliverControl(
        new Notice(Lane::kNormal, [id](ActorCell& cell) { cell.TimerDue(id); }));
  });
  if (timer == 0 && when != absl::InfiniteFuture()) {
    LOG_EVERY_T(ERROR, 1) << ToString() << ": a timer is dropped, the clock is at its limit";
    extras_->timers.erase(id);
    return false;
  }
  extras_->timers[id].clock_timer = timer;
  return true;
}

void ActorCell::CancelTimer(uint64_t id) {
  if (extras_ == nullptr) return;
  const auto timer = extras_->timers.find(id);
  if (timer == extras_->timers.end()) return;
  system_.clock().Cancel(timer->second.clock_timer);
  extras_->timers.erase(timer);
}

void ActorCell::CancelAllTimers() {
  if (extras_ == nullptr) return;
  for (const auto& [id, timer] : extras_->timers) system_.clock().Cancel(timer.clock_timer);
  extras_->timers.clear();
}

void ActorCell::TimerDue(uint64_t id) {
  auto timer = extras().timers.find(id);
  if (timer == extras_->timers.end()) return;
  // Out of the table while it runs: the callback may cancel its own timer.
  absl::AnyInvocable<void()> callback = std::move(timer->second.callback);
  const bool once = timer->second.period == absl::ZeroDuration();
  if (once) extras_->timers.erase(timer);
  const absl::Status status = RunHook("a timer", [&] { callback(); });
  if (!status.ok()) ReportFailure(status);
  timer = extras_->timers.find(id);
  if (once || timer == extras_->timers.end()) return;
  timer->second.callback = std::move(callback);
  ArmTimer(id, system_.clock().Now() + timer->second.period);
}

}  // namespace troupe::internal

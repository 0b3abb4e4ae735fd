#include "runtime/blocked_wait.h"

#include "runtime/actor_cell.h"
#include "runtime/deadlock.h"
#include "runtime/executor.h"
#include "runtime/future_core.h"
#include "runtime/system.h"
#include "runtime/turn.h"

namespace troupe::internal {
namespace {

bool Block(Event& event, absl::Duration timeout) {
  if (Executor* executor = Executor::Current()) {
    return executor->Await(event, executor->Now() + timeout);
  }
  if (timeout != absl::InfiniteDuration()) return event.WaitFor(timeout);
  event.Wait();
  return true;
}

}  // namespace

void BlockedWait::OnReady() {
  // Before the waiter can go on, and before the fulfilling actor can: see deadlock.h.
  if (waiter_ != nullptr) EndWait(*waiter_);
  const State before = state_.exchange(State::kReady, std::memory_order_acq_rel);
  (before == State::kWaiting ? woken_ : over_).Set();
}

void BlockedWait::OnHandedOn() {
  if (waiter_ != nullptr) EndWait(*waiter_);
}

void BlockedWait::Interrupt() {
  State expected = State::kWaiting;
  interrupted_ =
      state_.compare_exchange_strong(expected, State::kInterrupted, std::memory_order_acq_rel);
  if (interrupted_) woken_.Set();
}

bool BlockedWait::Wait(FutureCore& future, absl::Duration timeout) {
  if (Turn* turn = Turn::Current()) turn->ReturnCredits();
  BlockedWaits* waits = waiter_ != nullptr ? &waiter_->system().blocked_waits() : nullptr;
  if (waits != nullptr) waits->Add(this);
  const bool woken = Block(woken_, timeout);
  if (waits != nullptr) waits->Remove(this);
  // From here on nobody interrupts any more, and interrupted_ stands.
  if (woken && !interrupted_) return true;
  if (future.Detach(this)) {
    if (waiter_ != nullptr) EndWait(*waiter_);
    return false;
  }
  // It is being called at this moment, and must not lose the object it is called on.
  (interrupted_ ? over_ : woken_).Wait();
  return true;
}

void BlockedWaits::Add(BlockedWait* wait) {
  MutexLock lock(&mu_);
  if (interrupting_) {
    wait->Interrupt();
  } else {
    waits_.insert(wait);
  }
}

void BlockedWaits::Remove(BlockedWait* wait) {
  MutexLock lock(&mu_);
  waits_.erase(wait);
}

void BlockedWaits::InterruptAll() {
  MutexLock lock(&mu_);
  interrupting_ = true;
  for (BlockedWait* wait : waits_) wait->Interrupt();
}

}  // namespace troupe::internal

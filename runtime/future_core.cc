#include "runtime/future_core.h"

#include <thread>

#include "glog/logging.h"
#include "runtime/actor_cell.h"
#include "runtime/blocked_wait.h"
#include "runtime/deadlock.h"
#include "runtime/system.h"
#include "runtime/turn.h"

namespace troupe::internal {
namespace {

Continuation* Reverse(Continuation* newest_first) {
  Continuation* oldest_first = nullptr;
  while (newest_first != nullptr) {
    Continuation* next = newest_first->next_continuation;
    newest_first->next_continuation = oldest_first;
    oldest_first = newest_first;
    newest_first = next;
  }
  return oldest_first;
}

}  // namespace

void FutureCore::Publish() {
  uintptr_t head = waiters_.load(std::memory_order_relaxed);
  // Release: the stored result. Acquire: the continuations' content.
  do {
    while ((head & kLockBit) != 0) {
      std::this_thread::yield();
      head = waiters_.load(std::memory_order_relaxed);
    }
  } while (!waiters_.compare_exchange_weak(head, kReady, std::memory_order_seq_cst,
                                           std::memory_order_relaxed));
  Continuation* next = Reverse(reinterpret_cast<Continuation*>(head));
  while (next != nullptr) {
    Continuation* continuation = next;
    next = next->next_continuation;  // OnReady may destroy it
    continuation->OnReady();
  }
}

bool FutureCore::Attach(Continuation* continuation) {
  // Acquire: whoever sees kReady reads the result.
  uintptr_t head = waiters_.load(std::memory_order_acquire);
  for (;;) {
    if (head == kReady) return false;
    if ((head & kLockBit) != 0) {
      std::this_thread::yield();
      head = waiters_.load(std::memory_order_acquire);
      continue;
    }
    continuation->next_continuation = reinterpret_cast<Continuation*>(head);
    if (waiters_.compare_exchange_weak(head, reinterpret_cast<uintptr_t>(continuation),
                                       std::memory_order_acq_rel, std::memory_order_acquire)) {
      return true;
    }
  }
}

bool FutureCore::Detach(Continuation* continuation) {
  uintptr_t head = waiters_.load(std::memory_order_acquire);
  for (;;) {
    if (head == kReady) return false;
    if ((head & kLockBit) == 0 &&
        waiters_.compare_exchange_weak(head, head | kLockBit, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
      break;
    }
    if ((head & kLockBit) != 0) {
      std::this_thread::yield();
      head = waiters_.load(std::memory_order_acquire);
    }
  }
  // The list stands still: Attach and Publish wait for the bit.
  auto* first = reinterpret_cast<Continuation*>(head);
  Continuation** link = &first;
  while (*link != nullptr && *link != continuation) link = &(*link)->next_continuation;
  const bool found = *link != nullptr;
  if (found) *link = continuation->next_continuation;
  waiters_.store(reinterpret_cast<uintptr_t>(first), std::memory_order_release);
  return found;
}

void FutureCore::HandedOn() {
  uintptr_t head = waiters_.load(std::memory_order_relaxed);
  for (;;) {
    if (head == kReady) return;
    if ((head & kLockBit) != 0) {
      std::this_thread::yield();
      head = waiters_.load(std::memory_order_relaxed);
    } else if (waiters_.compare_exchange_weak(head, head | kLockBit, std::memory_order_acq_rel,
                                              std::memory_order_relaxed)) {
      break;
    }
  }
  for (auto* waiter = reinterpret_cast<Continuation*>(head); waiter != nullptr;
       waiter = waiter->next_continuation) {
    waiter->OnHandedOn();
  }
  waiters_.store(head, std::memory_order_release);
}

bool FutureCore::Abort(const absl::Status& status) {
  if (!TryClaim()) return false;
  // OnReady of a continuation may release the last reference.
  AddRef();
  StoreError(status);
  Publish();
  OnAborted(status);
  OnDone();
  Release();
  return true;
}

bool FutureCore::Wait(absl::Duration timeout) {
  if (ready()) return true;
  Turn* turn = Turn::Current();
  ActorCell* waiter = turn != nullptr ? turn->cell() : nullptr;
  if (waiter != nullptr) {
    const Clock& clock = waiter->system().clock();
    const absl::Time deadline = clock.Now() + timeout;
    BeforeWait(timeout);
    if (ready()) return true;
    timeout = deadline - clock.Now();
  }
  if (timeout <= absl::ZeroDuration()) return false;

  if (waiter != nullptr) {
    const absl::Status deadlock = BeginWait(*waiter, *this);
    if (!deadlock.ok()) Abort(deadlock);
  }
  BlockedWait wait(waiter);
  if (!Attach(&wait)) {
    if (waiter != nullptr) EndWait(*waiter);
    return true;
  }
  // Handed on between the two: OnHandedOn may have come before the attaching.
  if (waiter != nullptr && answering_cell() == nullptr) EndWait(*waiter);
  return wait.Wait(*this, timeout);
}

void FutureCore::WaitForParts(const std::vector<FutureCore*>& parts, absl::Duration timeout) {
  const Clock& clock = Turn::Current()->cell()->system().clock();
  const absl::Time deadline = clock.Now() + timeout;
  for (FutureCore* part : parts) {
    if (ready() || !part->Wait(deadline - clock.Now())) return;
  }
}

void FutureCore::LogIfUnread() {
  if (!ready() || observed()) return;
  MarkObserved();
  const absl::Status status = this->status();
  if (status.ok() || absl::IsCancelled(status)) return;
  LOG_EVERY_T(WARNING, 0.1) << "nobody read the failure of " << Description() << ": " << status;
}

}  // namespace troupe::internal

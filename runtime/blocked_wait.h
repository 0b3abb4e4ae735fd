#ifndef TROUPE_RUNTIME_BLOCKED_WAIT_H_
#define TROUPE_RUNTIME_BLOCKED_WAIT_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "runtime/continuation.h"
#include "runtime/event.h"
#include "runtime/mutex.h"

namespace troupe::internal {

class ActorCell;
class FutureCore;

// A thread that waits for a future: woken by the future, or by the shutdown of the system whose
// actor it works for. On the waiting thread's stack.
//
// Invariants: OnReady and Interrupt each happen at most once; whichever changes state_ from
// kWaiting first sets woken_. OnReady after Interrupt sets over_ instead. So each knows which event
// is its last touch of this object, and the waiter which of them to await before it lets the object
// go.
class BlockedWait final : public Continuation {
 public:
  // `waiter`: the actor that waits, or null.
  explicit BlockedWait(ActorCell* waiter) : waiter_(waiter) {}

  void OnReady() override;
  void OnHandedOn() override;
  // Under the lock of the BlockedWaits that it is in.
  void Interrupt();

  // Blocks until woken or `timeout` has passed; true if the future is ready. Attached to `future`;
  // not any more when this returns.
  bool Wait(FutureCore& future, absl::Duration timeout);

 private:
  enum class State : uint8_t { kWaiting, kInterrupted, kReady };

  ActorCell* const waiter_;
  std::atomic<State> state_{State::kWaiting};
  bool interrupted_ = false;  // guarded by the lock of the BlockedWaits
  Event woken_;
  Event over_;
};

// The threads that block inside methods of one system's actors. Any thread.
class BlockedWaits {
 public:
  void Add(BlockedWait* wait) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(BlockedWait* wait) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends all waits, also those to come: they give up as if their timeout had passed.
  void InterruptAll() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  bool interrupting_ ABSL_GUARDED_BY(mu_) = false;
  absl::flat_hash_set<BlockedWait*> waits_ ABSL_GUARDED_BY(mu_);
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_BLOCKED_WAIT_H_

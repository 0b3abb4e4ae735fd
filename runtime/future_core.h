#ifndef TROUPE_RUNTIME_FUTURE_CORE_H_
#define TROUPE_RUNTIME_FUTURE_CORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/block_pool.h"
#include "runtime/continuation.h"

namespace troupe::internal {

class ActorCell;
class CallFrame;

// The untyped half of what a future and its promise share: who may fulfil it, who waits for it.
//
// Shared by reference count between the fulfilling side (one count) and all Future handles together
// (one count, held as long as handles() > 0), plus whatever is attached. Any thread.
//
// Invariants:
//  1. Exactly one TryClaim succeeds; only that caller stores a result, and then calls Publish once.
//  2. waiters_ is a LIFO list of continuations, with kLockBit set while somebody takes one out of
//  its
//     middle, or kReady. kReady is final.
//  3. The result is written before the exchange to kReady (release) and read only after kReady was
//  seen
//     (acquire).
//  4. Each attached continuation either is detached or has OnReady called, once.
class FutureCore {
 public:
  FutureCore() = default;
  FutureCore(const FutureCore&) = delete;
  FutureCore& operator=(const FutureCore&) = delete;

  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* block, size_t bytes) { FreeBlock(block, bytes); }

  void AddRef() { references_.fetch_add(1, std::memory_order_relaxed); }
  // Acquire-release: every owner's accesses happen before the destruction.
  void Release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  // Handles share one reference. AddHandle only from an existing handle.
  void AddHandle() { handles_.fetch_add(1, std::memory_order_relaxed); }
  void DropHandle() {
    if (handles_.fetch_sub(1, std::memory_order_acq_rel) == 1) Release();
  }
  bool has_one_handle() const { return handles_.load(std::memory_order_acquire) == 1; }
  // For the fulfilling side: nobody can read it (any more).
  bool has_no_handle() const { return handles_.load(std::memory_order_acquire) == 0; }

  // Sequentially consistent, as Publish, for the sake of CallFrame::started; acquire would do for
  // the result.
  bool ready() const { return waiters_.load(std::memory_order_seq_cst) == kReady; }
  bool claimed() const { return claimed_.load(std::memory_order_relaxed); }
  // Relaxed: it decides who stores; Publish makes what was stored visible.
  bool TryClaim() { return !claimed_.exchange(true, std::memory_order_relaxed); }
  // After a successful TryClaim, when the result is stored. Calls the continuations in the order
  // attached.
  void Publish();

  // False: the future is ready, and the continuation is not taken.
  bool Attach(Continuation* continuation);
  // True: it will never be called. False: it has been or is just being called.
  bool Detach(Continuation* continuation);

  // Ends it with an error unless it has ended; true if this call did. Whatever works for it (a
  // queued or running call, nested calls, the source of a derived future) is told to give up.
  bool Abort(const absl::Status& status);

  // Blocks until ready or until `timeout` has passed; returns whether it is ready. Inside an
  // actor's turn another thread takes over the executor's work meanwhile, and a wait that can never
  // end because the awaited actor (transitively) waits for this one ends with the awaited call
  // failing.
  bool Wait(absl::Duration timeout);

  // Whoever was to answer has passed that on to another future, and is not waited for any more.
  void HandedOn();

  // Somebody looked at the result, so a failure need not be logged.
  void MarkObserved() { observed_.store(true, std::memory_order_relaxed); }
  bool observed() const { return observed_.load(std::memory_order_relaxed); }

  // The local actor whose answer this is, or null; it lives as long as this.
  virtual ActorCell* answering_cell() { return nullptr; }
  // What is awaited, for messages: `Adder.AddOne`.
  virtual std::string Description() const { return "a future"; }
  // A chance to make itself ready on the waiting thread, in an actor's turn.
  virtual void BeforeWait(absl::Duration timeout) { (void)timeout; }

  // The outcome; only once ready.
  virtual absl::Status status() const = 0;

  // The call in which this one was made has its outcome, so nobody else watches over the deadline
  // now.
  virtual void OnCallerDone() {}

  FutureCore* next_sibling = nullptr;  // guarded by the lock of the CallFrame it is a child of

 protected:
  virtual ~FutureCore() = default;
  // Only between a successful TryClaim and Publish.
  virtual void StoreError(absl::Status status) = 0;
  // After Publish, on the thread that fulfilled it; runs no user code.
  virtual void OnDone() {}
  // After an Abort that won; runs no user code.
  virtual void OnAborted(const absl::Status& status) { (void)status; }
  // For BeforeWait: waits for what this consists of, one after the other.
  void WaitForParts(const std::vector<FutureCore*>& parts, absl::Duration timeout);
  // For the destructors of most derived classes: logs a failure that nobody looked at, once.
  void LogIfUnread();

 private:
  static constexpr uintptr_t kReady = 2;
  static constexpr uintptr_t kLockBit = 1;

  std::atomic<uint32_t> references_{2};
  std::atomic<uint32_t> handles_{1};
  std::atomic<uintptr_t> waiters_{0};
  std::atomic<bool> claimed_{false};
  std::atomic<bool> observed_{false};
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_FUTURE_CORE_H_

#ifndef TROUPE_RUNTIME_DEFERRED_H_
#define TROUPE_RUNTIME_DEFERRED_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/continuation.h"
#include "runtime/future_core.h"
#include "runtime/recipient.h"

namespace troupe::internal {

// A callback of the user's attached to a future: decides where and when it runs (see Future::Then).
//
// The base of every derived future's state; lives as long as that. Holds the fulfilling side's
// reference to the state until the callback has run or been refused.
class Deferred : public Continuation {
 public:
  // `source` must outlive this (derived states hold a handle to it).
  explicit Deferred(FutureCore* source);

  // Attaches to the source. Once, when the derived object is complete.
  void Start();
  // If the callback is a turn of the actor that runs on this thread, waits for the source and runs
  // it here: the actor cannot get to it while its thread waits.
  void RunBeforeWait(absl::Duration timeout);

  void OnReady() final;

  FutureCore& source() const { return source_; }

 protected:
  ~Deferred() = default;

  // Runs the user's callback on the ready source and fulfils the derived future.
  virtual void Invoke() = 0;
  // The actor is gone, so the callback cannot run any more.
  virtual void Refuse(absl::Status status) = 0;
  virtual FutureCore& derived() = 0;

 private:
  friend class DeferredEnvelope;
  friend class DeferredRunnable;

  // Exactly one of the ways to run wins. Relaxed: the source's readiness orders the memory.
  bool TryBegin() { return !begun_.exchange(true, std::memory_order_relaxed); }
  void RunHere();
  // In the owner's turn. False: the object that attached the callback is gone.
  bool OwnerIsCurrent() const;
  absl::Status OwnerGoneError() const;

  FutureCore& source_;
  const RecipientPtr owner_;   // the actor in whose turn it was attached; null elsewhere
  const uint32_t generation_;  // of the owner's object
  std::atomic<bool> begun_{false};
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_DEFERRED_H_

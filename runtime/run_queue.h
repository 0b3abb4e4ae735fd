#ifndef TROUPE_RUNTIME_RUN_QUEUE_H_
#define TROUPE_RUNTIME_RUN_QUEUE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/executor.h"

namespace troupe {
namespace internal {

// A worker's own queue: a bounded FIFO ring with one owner, which pushes at the tail, and any
// number of takers at the head, the owner among them. Owned by a worker of the thread pool. The
// algorithm is that of the Go scheduler's run queue (runtime/proc.go: runqput, runqget, runqgrab),
// with counters of 64 bits.
//
// Invariants:
//  1. head_ <= tail_ <= head_ + kCapacity; both only grow. (64 bits do not wrap, so a
//  compare-exchange on
//     head_ that succeeds proves that nobody else took anything since head_ was read: no ABA.)
//  2. Only the owner writes tail_ and slots_. Slot i % kCapacity holds entry i while head_ <= i <
//  tail_.
//  3. An entry belongs to whoever moves head_ past it, exactly one thread, by compare-exchange.
//  4. A slot is overwritten only after head_ has passed its entry, as the owner saw it. So a taker
//  that
//     read a slot too late, after it was overwritten, fails its compare-exchange.
//
// Memory orders:
//  - tail_ is stored seq_cst: as a release it publishes the slot and the Runnable; as part of the
//  single
//    total order it is ordered before the pusher's look at who is awake (see "Wake-ups" in
//    thread_pool.h).
//  - takers load tail_ with acquire, which pairs with that.
//  - the compare-exchange on head_ is a release, and the owner loads head_ with acquire before it
//    overwrites a slot: a taker's read of the slot comes before the overwriting (invariant 4).
//  - slots_ are relaxed: ordered by head_ and tail_; atomic because a taker may read one while it
//  is
//    overwritten, and then discards what it read.
class RunQueue {
 public:
  static constexpr size_t kCapacity = 1024;
  using Batch = std::array<Runnable*, kCapacity / 2>;

  // Owner only. False: full.
  bool Push(Runnable* r) {
    const uint64_t tail = tail_.load(std::memory_order_relaxed);  // only the owner writes it
    if (tail - head_.load(std::memory_order_acquire) >= kCapacity) return false;
    slots_[tail % kCapacity].store(r, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_seq_cst);
    return true;
  }

  // Any thread; the oldest entry, or null.
  Runnable* Pop() {
    uint64_t head = head_.load(std::memory_order_acquire);
    while (head < tail_.load(std::memory_order_acquire)) {
      Runnable* r = slots_[head % kCapacity].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return r;
      }
    }
    return nullptr;
  }

  // Any thread; takes the older half (rounded up) and returns how many that are.
  size_t StealHalf(Batch& batch) {
    uint64_t head = head_.load(std::memory_order_acquire);
    while (true) {
      const uint64_t tail = tail_.load(std::memory_order_acquire);
      if (tail <= head) return 0;
      const uint64_t count = (tail - head + 1) / 2;
      if (count >
          batch.size()) {  // head is stale: others took so many that the owner could push on
        head = head_.load(std::memory_order_acquire);
        continue;
      }
      for (uint64_t i = 0; i < count; ++i) {
        batch[i] = slots_[(head + i) % kCapacity].load(std::memory_order_relaxed);
      }
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return count;
      }
    }
  }

  // Owner only: how many entries, or a few more.
  uint64_t Size() const {
    return tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_relaxed);
  }

  // Any thread. A push that is ordered before this call in the single total order is seen.
  bool Empty() const {
    const uint64_t head = head_.load(std::memory_order_seq_cst);
    return tail_.load(std::memory_order_seq_cst) <= head;
  }

 private:
  // On lines of their own: thieves hammer head_, the owner tail_.
  alignas(64) std::atomic<uint64_t> head_{0};
  alignas(64) std::atomic<uint64_t> tail_{0};
  alignas(64) std::array<std::atomic<Runnable*>, kCapacity> slots_{};
};

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_RUN_QUEUE_H_

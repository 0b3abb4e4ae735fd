#ifndef TROUPE_RUNTIME_THREAD_POOL_WORKER_H_
#define TROUPE_RUNTIME_THREAD_POOL_WORKER_H_

#include <time.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "runtime/event.h"
#include "runtime/executor.h"
#include "runtime/run_queue.h"
#include "runtime/thread_pool.h"

namespace troupe {
namespace internal {

// A statistic that one thread counts and any thread reads.
class Counter {
 public:
  void Add(uint64_t n) {
    // relaxed: nothing is inferred from it; no read-modify-write: there is one writer.
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace internal

// A thread of the pool and its queue. Owned by the pool. Private to thread_pool*.cc.
struct alignas(64) ThreadPool::Worker {
  enum Status : int {
    kRunning,  // has a permit: runs turns or looks for one
    kBlocked,  // in Await
    kStalled,  // in a turn that the monitor gave up on
    kIdle,     // in idle_, or just taken out of it to be woken
    kExited,   // has no thread
  };

  Worker(ThreadPool* the_pool, uint64_t seed) : pool(the_pool), random(seed) {}

  ThreadPool* const pool;

  // Pushed by the worker's own thread, taken from by all.
  internal::RunQueue queue;
  // Exchanged by the worker's own thread and, to empty it, by the monitor.
  alignas(64) std::atomic<Runnable*> lifo{nullptr};
  // What runs when the queue is empty. Pushed by the worker's own thread, emptied by it and by the
  // monitor.
  internal::RunnableStack when_dry;

  // Written by the worker's own thread; odd during a turn. relaxed: the monitor only compares it
  // with what it was a tick ago.
  std::atomic<uint64_t> turn{0};
  // The thread's processor clock; 0: not known. relaxed: used for statistics, so to say.
  std::atomic<clockid_t> cpu_clock{0};

  // The worker's own thread only.
  uint32_t ticks = 0;         // turns since the last look at the global queue
  uint32_t quiet_turns = 0;   // before the next look at when_dry and at the poller
  bool dry_had_turn = false;  // when_dry was looked at, next is the poller
  int lifo_streak = 0;        // turns from the LIFO slot in a row
  bool searching = false;     // is counted in searching_
  bool polling = false;       // is inside IdlePoller::Poll
  bool polled = false;        // what is queued here came from the poller just now
  // Since the end of the last Poll that handled anything: when that was, how many turns there had
  // been; and how long a turn took between such Polls, on average.
  absl::Time polled_at = absl::InfiniteFuture();
  uint64_t polled_turn = 0;
  absl::Duration turn_time;
  uint64_t random;  // xorshift state
  internal::SpinBudget spin;
  internal::Counter steals, stolen, awaits, overflows, polls;

  // Written under mu_. Read by the worker's own thread at any time.
  alignas(64) std::atomic<int> status{kRunning};
  Event wake;              // once in idle_: whoever takes it out sets it, unless in_poller
  bool idle = false;       // is in idle_
  bool in_poller = false;  // to be woken by Interrupt, not by `wake`
  bool leaving = false;    // is counted in leaving_
  std::thread thread;

  // The monitor only.
  uint64_t seen_progress = 0;
  int seen_ticks = 0;        // for which that has been the same
  int64_t seen_cpu_ns = -1;  // the thread's processor time at the first of these
  bool computes = false;     // as it seemed when the turn was about to count as stalled

  // Changes whenever the thread gets on: begins a turn, ends it, or comes out of an Await. Odd in a
  // turn.
  uint64_t Progress() const { return turn.load(std::memory_order_relaxed) + 2 * awaits.Get(); }
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_THREAD_POOL_WORKER_H_

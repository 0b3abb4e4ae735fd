// Who of the pool's threads polls, and what becomes of what that brought.

#include <algorithm>
#include <utility>

#include "runtime/thread_pool.h"
#include "runtime/thread_pool_worker.h"

namespace troupe {
namespace {

// How long the one who polled last may be busy with what came before another one polls.
constexpr absl::Duration kStandBy = absl::Microseconds(250);
// What one worker will have done within this time, it does not share: waking another one costs both
// of them some of it, and tears apart what would leave in one write.
constexpr absl::Duration kWorthSharing = absl::Milliseconds(1);
// So many turns may run before the next look at the poller if what it brought is soon done. Each
// look comes behind a write of what was sent until then: with half as many turns it carries half as
// much, with more the other side runs out of work meanwhile.
constexpr uint32_t kQuietTurns = 122;

}  // namespace

// After a Poll that handled something; returns whether there is work to do now.
bool ThreadPool::NotePolled(Worker& w) {
  if (w.lifo.load(std::memory_order_relaxed) == nullptr && w.queue.Empty()) {
    return !w.when_dry.Empty();
  }
  last_poller_.store(&w, std::memory_order_relaxed);
  w.polled = true;
  w.polled_at = clock_->Now();
  w.polled_turn = w.turn.load(std::memory_order_relaxed);
  w.quiet_turns = SoonDone(w) ? kQuietTurns : 0;
  return true;
}

// At `now` it has run all that the last Poll brought.
void ThreadPool::NoteDry(Worker& w, absl::Time now) {
  const uint64_t turns = (w.turn.load(std::memory_order_relaxed) - w.polled_turn) / 2;
  if (turns == 0 || now < w.polled_at) return;
  const absl::Duration each = (now - w.polled_at) / static_cast<int64_t>(turns);
  w.turn_time += (each - w.turn_time) / 4;
}

// Whether this worker will soon have run all that is queued here, going by what turns for what came
// from the poller took lately.
bool ThreadPool::SoonDone(const Worker& w) {
  return static_cast<int64_t>(w.queue.Size()) * w.turn_time < kWorthSharing;
}

// Whether others should know of what is queued here. What came from the poller only if it is not
// soon done.
bool ThreadPool::WorthSharing(Worker& w) {
  return std::exchange(w.polled, false) ? !SoonDone(w) : !w.queue.Empty();
}

bool ThreadPool::NeedsPoller() const {
  return options_.poller != nullptr && polling_.load(std::memory_order_seq_cst) == nullptr;
}

// Whether another worker is busy with what it got from the poller, and will come back to it. What
// one thread reads, hands out and answers stays in one cache, and leaves in one write; two that
// take turns at the poller lose both.
const ThreadPool::Worker* ThreadPool::PollerElsewhere(const Worker& w) const {
  const Worker* last = last_poller_.load(std::memory_order_relaxed);  // a Worker stays
  if (last == nullptr || last == &w) return nullptr;
  // relaxed: a guess; if it is wrong, the monitor or StandBy notices.
  return last->status.load(std::memory_order_relaxed) == Worker::kRunning ? last : nullptr;
}

// Before polling: waits while another one is likely to. True: the worker was woken meanwhile.
bool ThreadPool::StandBy(Worker& w) {
  while (const Worker* other = PollerElsewhere(w)) {
    const uint64_t polls = other->polls.Get();
    if (w.wake.SleepFor(kStandBy)) return true;
    if (other->polls.Get() == polls) return false;
  }
  return false;
}

// Spends the idle time in the poller, if nobody else does. False: it is to sleep as usual.
bool ThreadPool::PollIdle(Worker& w, bool* exit) {
  Worker* nobody = nullptr;
  if (!polling_.compare_exchange_strong(nobody, &w, std::memory_order_seq_cst)) return false;
  {
    MutexLock lock(&mu_);
    w.in_poller = w.idle;
  }
  if (!w.in_poller) {  // taken out of idle_ already: `wake` is being set
    polling_.store(nullptr, std::memory_order_seq_cst);
    return false;
  }
  w.polling = true;
  bool on = true;
  while (on) {
    const bool handled = options_.poller->Poll(absl::InfiniteFuture());
    w.polls.Add(1);
    if (!handled || NotePolled(w)) break;
    // It was a heartbeat or the like, for which nothing else needs to wake up.
    MutexLock lock(&mu_);
    on = w.idle && !exit_;
  }
  w.polling = false;
  polling_.store(nullptr, std::memory_order_seq_cst);
  {
    MutexLock lock(&mu_);
    w.in_poller = false;
    *exit = exit_;
    if (exit_) return true;
    if (w.idle) LeaveIdleLocked(w);
  }
  w.searching = true;
  ArmMonitor();
  return true;
}

// Looks at the poller between turns, if nobody else is in it. Returns whether something came.
bool ThreadPool::PollBriefly(Worker& w) {
  Worker* nobody = nullptr;
  if (options_.poller == nullptr ||
      !polling_.compare_exchange_strong(nobody, &w, std::memory_order_seq_cst)) {
    return false;
  }
  poll_due_.store(false, std::memory_order_relaxed);
  w.polling = true;
  const absl::Time dry = clock_->Now();
  const bool handled = options_.poller->Poll(absl::InfinitePast());
  w.polling = false;
  w.polls.Add(1);
  if (handled) {
    NoteDry(w, dry);
    (void)NotePolled(w);
  }
  polling_.store(nullptr, std::memory_order_seq_cst);
  // The first of what came is in the LIFO slot and runs here, next.
  if (handled && !w.searching && WorthSharing(w)) Notify();  // else see FoundWork
  return handled;
}

}  // namespace troupe

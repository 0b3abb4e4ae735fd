// The monitor: a thread that notices turns that block, or go on for long, without telling the pool.

#include <glog/logging.h>

#include <algorithm>
#include <system_error>

#include "runtime/thread_pool.h"
#include "runtime/thread_pool_worker.h"

namespace troupe {
namespace {

// A turn counts as stalled when it has lasted for this many ticks, which together are
// stall_threshold.
constexpr int kStallTicks = 5;
constexpr absl::Duration kMinTick = absl::Microseconds(100);
// So many ticks in a row without a turn, and the monitor sleeps until there is one. Enough that
// messages in quick succession do not wake it each time, and few enough that a heartbeat now and
// then costs little.
constexpr int kQuietTicks = 3;

// The processor time a thread has used; -1: not known.
int64_t CpuNanos(clockid_t clock) {
  timespec used;
  if (clock == 0 || clock_gettime(clock, &used) != 0) return -1;
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

}  // namespace

// Called after a worker got a permit. Either the load here sees that the monitor has stopped, or
// the monitor, after it stopped, sees the permit in running_ (both seq_cst).
void ThreadPool::ArmMonitor() {
  if (monitor_armed_.load(std::memory_order_seq_cst)) return;
  MutexLock lock(&monitor_mu_);
  if (monitor_stop_ || monitor_armed_.load(std::memory_order_relaxed)) return;
  if (!monitor_thread_.joinable()) {
    try {
      monitor_thread_ = std::thread([this] { MonitorThread(); });
    } catch (const std::system_error& error) {
      LOG_EVERY_N(ERROR, 1000) << "cannot start the thread pool's monitor: " << error.what();
      return;  // the next permit tries again
    }
  }
  monitor_armed_.store(true, std::memory_order_seq_cst);
  monitor_wake_.Signal();
}

void ThreadPool::StopMonitor() {
  std::thread thread;
  {
    MutexLock lock(&monitor_mu_);
    monitor_stop_ = true;
    monitor_wake_.Signal();
    thread = std::move(monitor_thread_);
  }
  if (thread.joinable()) thread.join();
}

void ThreadPool::MonitorThread() {
  const absl::Duration tick = std::max(options_.stall_threshold / kStallTicks, kMinTick);
  int quiet = 0;
  monitor_mu_.Lock();
  while (!monitor_stop_) {
    if (!monitor_armed_.load(std::memory_order_relaxed)) {
      monitor_wake_.Wait(&monitor_mu_);
      quiet = 0;
      continue;
    }
    if (monitor_wake_.WaitFor(&monitor_mu_, tick)) continue;
    monitor_mu_.Unlock();
    const bool turns = MonitorTick();
    monitor_mu_.Lock();
    if (turns || running_.load(std::memory_order_seq_cst) != 0) {
      quiet = 0;
    } else if (++quiet >= kQuietTicks) {
      monitor_armed_.store(false, std::memory_order_seq_cst);
      if (running_.load(std::memory_order_seq_cst) != 0) {
        monitor_armed_.store(true, std::memory_order_seq_cst);
      }
    }
  }
  monitor_mu_.Unlock();
}

// Returns whether a turn has begun or ended since the last tick.
bool ThreadPool::MonitorTick() {
  monitor_ticks_.fetch_add(1, std::memory_order_relaxed);
  const int slots = slots_used_.load(std::memory_order_acquire);
  int computing = 0;
  uint64_t polls = 0;
  uint64_t progress_of_all = 0;
  for (int i = 0; i < slots; ++i) {
    const Worker& w = *slots_[i].load(std::memory_order_acquire);
    polls += w.polls.Get();
    progress_of_all += w.Progress();
    if (w.computes && w.status.load(std::memory_order_relaxed) == Worker::kStalled) ++computing;
  }
  bool stalled = false;
  bool rescued = false;
  for (int i = 0; i < slots; ++i) {
    Worker& w = *slots_[i].load(std::memory_order_acquire);
    const uint64_t progress = w.Progress();
    if (progress % 2 == 0 || progress != w.seen_progress) {
      w.seen_progress = progress;
      w.seen_ticks = 0;
      continue;
    }
    if (w.status.load(std::memory_order_seq_cst) != Worker::kRunning) continue;
    if (++w.seen_ticks == 1) w.seen_cpu_ns = CpuNanos(w.cpu_clock.load(std::memory_order_relaxed));
    if (LooksStalled(w, computing)) {
      if (w.computes) ++computing;
      MarkStalled(w);
      stalled = true;
    }
    // What a long turn scheduled for "right after me" does not wait for its end.
    internal::RunnableList list = w.when_dry.TakeAll();
    size_t count = 0;
    internal::RunnableList rescued_here;
    while (Runnable* r = list.PopFront()) {
      rescued_here.PushBack(r);
      ++count;
    }
    if (Runnable* r = w.lifo.exchange(nullptr, std::memory_order_seq_cst)) {
      rescued_here.PushBack(r);
      ++count;
    }
    rescued |= !w.queue.Empty();
    if (count > 0) {
      Inject(rescued_here, count);
      rescues_.fetch_add(1, std::memory_order_relaxed);
      rescued = true;
    }
  }
  if ((stalled || rescued) && HasWork()) Notify();
  // Those who run are too busy to poll: since the last tick nobody has. At the end of their turns
  // they look in between; if none of them came to it by the next tick, somebody else does.
  const bool polled = std::exchange(seen_polls_, polls) != polls;
  const bool busy = stalled || running_.load(std::memory_order_relaxed) != 0;
  if (NeedsPoller() && busy && !polled &&
      (poll_due_.exchange(true, std::memory_order_relaxed) || stalled)) {
    WakeOne(true);
  }
  return std::exchange(seen_progress_, progress_of_all) != progress_of_all;
}

// A turn that computes is treated like one that blocks, so that short turns get through, but the
// more compute already, the longer it takes: threads beyond the cores only take turns on them.
bool ThreadPool::LooksStalled(Worker& w, int computing) const {
  if (w.seen_ticks < kStallTicks) return false;
  const int64_t now = CpuNanos(w.cpu_clock.load(std::memory_order_relaxed));
  const int64_t lasted =
      (w.seen_ticks - 1) * absl::ToInt64Nanoseconds(options_.stall_threshold) / kStallTicks;
  w.computes = now >= 0 && w.seen_cpu_ns >= 0 && (now - w.seen_cpu_ns) * 4 > lasted;
  return !w.computes || w.seen_ticks >= kStallTicks * (1 + computing / threads_);
}

// Takes the permit from a worker whose turn still goes on. It notices at the end of the turn, and
// sees to it in Work().
void ThreadPool::MarkStalled(Worker& w) {
  MutexLock lock(&mu_);
  if (w.status.load(std::memory_order_relaxed) != Worker::kRunning ||
      w.Progress() != w.seen_progress) {
    return;
  }
  ReleasePermitLocked(w, Worker::kStalled);
  stalls_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace troupe

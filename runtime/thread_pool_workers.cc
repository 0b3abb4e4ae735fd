// Who of the pool's threads runs, blocks or sleeps.

#include <glog/logging.h>

#include <algorithm>
#include <system_error>

#include "runtime/thread_pool.h"
#include "runtime/thread_pool_worker.h"

namespace troupe {
namespace {

constexpr absl::Duration kReportInterval = absl::Seconds(10);

int HardwareThreads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

}  // namespace

ThreadPool::ThreadPool(const Clock* clock) : ThreadPool(clock, Options()) {}

ThreadPool::ThreadPool(const Clock* clock, const Options& options)
    : clock_(clock),
      options_(options),
      threads_(options.threads > 0 ? options.threads : HardwareThreads()),
      max_threads_(std::max(options.max_threads, threads_)),
      spin_(internal::SpinningHelps()),
      slots_(std::make_unique<std::atomic<Worker*>[]>(max_threads_)) {}

ThreadPool::~ThreadPool() {
  Shutdown();
  for (int i = 0; i < slots_used_.load(std::memory_order_acquire); ++i) {
    delete slots_[i].load(std::memory_order_acquire);
  }
}

void ThreadPool::Shutdown() {
  CHECK(CurrentWorker() == nullptr) << "ThreadPool::Shutdown() from inside a turn";
  MutexLock shutdown_lock(&shutdown_mu_);
  if (shut_down_) return;
  shut_down_ = true;
  std::vector<Worker*> sleepers;
  bool interrupt = false;
  {
    MutexLock lock(&mu_);
    shutting_down_ = true;
    while (!QuiescentLocked()) {
      if (!quiescent_.WaitFor(&mu_, kReportInterval)) {
        LOG(WARNING) << "the thread pool waits for its last turns: " << running_.load() << " run, "
                     << blocked_ << " block, " << injector_size_.load() << " are queued";
      }
    }
    exit_ = true;
    for (Worker* w : idle_) {
      w->idle = false;
      if (w->in_poller) {
        interrupt = true;
      } else {
        sleepers.push_back(w);
      }
    }
    idle_.clear();
  }
  for (Worker* w : sleepers) w->wake.Set();
  if (interrupt) options_.poller->Interrupt();
  StopMonitor();
  // Acquire: their accesses come before the end of the pool.
  while (external_calls_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  // No worker is made any more, now that exit_ is set.
  for (int i = 0; i < slots_used_.load(std::memory_order_acquire); ++i) {
    Worker* w = slots_[i].load(std::memory_order_acquire);
    if (w->thread.joinable()) w->thread.join();
  }
}

// Nothing runs, blocks or is queued; then the global queue is closed in the same breath.
bool ThreadPool::QuiescentLocked() {
  if (running_.load(std::memory_order_seq_cst) != 0 || blocked_ != 0 || HasWork()) return false;
  MutexLock lock(&injector_mu_);
  if (!injector_.empty()) return false;
  closed_ = true;
  return true;
}

bool ThreadPool::Await(Event& event, absl::Time deadline) {
  if (event.IsSet()) return true;
  const absl::Duration timeout =
      deadline == absl::InfiniteFuture() ? absl::InfiniteDuration() : deadline - clock_->Now();
  if (timeout <= absl::ZeroDuration()) return event.IsSet();
  Worker* w = CurrentWorker();
  if (w == nullptr || w->polling) return event.WaitFor(timeout);
  // What this turn scheduled last may be what it waits for.
  if (HandOver(*w)) Notify();
  // While somebody else runs, a short spin with the permit may save giving it up.
  const bool spin_first = running_.load(std::memory_order_relaxed) > 1;
  if (spin_first && event.SpinWait()) return true;
  Block(*w);
  const bool set = spin_first ? event.SleepFor(timeout) : event.WaitFor(timeout);
  Resume(*w);
  return set;
}

// Step (2) of "Wake-ups".
void ThreadPool::Notify() {
  if (searching_.load(std::memory_order_seq_cst) > 0) return;
  if (running_.load(std::memory_order_seq_cst) >= threads_) return;
  WakeOne(false);
}

// Puts one more worker to work, if there is a permit: a sleeping one, else a new one. The decision
// is made again under mu_, under which the counters go down as well (but for FoundWork, which looks
// afterwards).
void ThreadPool::WakeOne(bool to_poll) {
  Worker* w = nullptr;
  bool interrupt = false;
  bool report = false;
  {
    MutexLock lock(&mu_);
    if (exit_ || running_.load(std::memory_order_seq_cst) >= threads_) return;
    if (!to_poll && searching_.load(std::memory_order_seq_cst) > 0) return;
    w = PickIdleLocked();
    if (w != nullptr) {
      interrupt = w->in_poller;
      if (interrupt && to_poll) return;
      LeaveIdleLocked(*w);
      ++wake_ups_;
      if (interrupt) ++interrupts_;
    } else if (NewWorkerLocked() == nullptr) {
      ++at_thread_limit_;
      report = clock_->Now() - last_limit_report_ >= kReportInterval;
      if (report) last_limit_report_ = clock_->Now();
    }
  }
  if (report) {
    LOG(WARNING) << "no further thread for the work that is queued: the limit is " << max_threads_
                 << " threads (or the system's own); it waits until one of them is free";
  }
  if (interrupt) {
    options_.poller->Interrupt();
  } else if (w != nullptr) {
    w->wake.Set();
  }
  ArmMonitor();
}

// The last to fall asleep, whose cache is the warmest. The one in the poller only if there is no
// other: the network is served on.
ThreadPool::Worker* ThreadPool::PickIdleLocked() {
  for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
    if (!(*it)->in_poller) return *it;
  }
  return idle_.empty() ? nullptr : idle_.back();
}

// A new thread, searching; null at the limit.
ThreadPool::Worker* ThreadPool::NewWorkerLocked() {
  if (alive_ >= max_threads_) return nullptr;
  Worker* w = nullptr;
  if (!free_slots_.empty()) {
    w = free_slots_.back();
    w->thread.join();  // it was about to end when it gave its slot back
    if (!StartThreadLocked(w)) return nullptr;
    free_slots_.pop_back();
    return w;
  }
  const int slot = slots_used_.load(std::memory_order_relaxed);
  w = new Worker(this, 0x9e3779b97f4a7c15 * (slot + 1));
  slots_[slot].store(w, std::memory_order_release);
  slots_used_.store(slot + 1, std::memory_order_seq_cst);
  if (StartThreadLocked(w)) return w;
  w->status.store(Worker::kExited, std::memory_order_relaxed);
  free_slots_.push_back(w);
  return nullptr;
}

bool ThreadPool::StartThreadLocked(Worker* w) {
  const int status = w->status.load(std::memory_order_relaxed);
  TakePermitLocked(*w);
  searching_.fetch_add(1, std::memory_order_seq_cst);
  try {
    w->thread = std::thread([this, w] { Work(*w); });
  } catch (const std::system_error&) {
    searching_.fetch_sub(1, std::memory_order_seq_cst);
    running_.fetch_sub(1, std::memory_order_seq_cst);
    w->status.store(status, std::memory_order_relaxed);
    return false;
  }
  ++alive_;
  ++threads_started_;
  return true;
}

void ThreadPool::ReleasePermitLocked(Worker& w, int status) {
  if (w.status.load(std::memory_order_relaxed) == Worker::kStalled) {
    --blocked_;  // the monitor has taken the permit already
  } else {
    // seq_cst: step (3) of "Wake-ups".
    running_.fetch_sub(1, std::memory_order_seq_cst);
  }
  if (status != Worker::kIdle && status != Worker::kExited) ++blocked_;
  // seq_cst: see ScheduleHere.
  w.status.store(status, std::memory_order_seq_cst);
}

void ThreadPool::TakePermitLocked(Worker& w) {
  running_.fetch_add(1, std::memory_order_seq_cst);
  w.status.store(Worker::kRunning, std::memory_order_relaxed);
}

// Takes it out of idle_ and has it search. Whoever calls this for another worker wakes it
// afterwards.
void ThreadPool::LeaveIdleLocked(Worker& w) {
  idle_.erase(std::find(idle_.begin(), idle_.end(), &w));
  w.idle = false;
  TakePermitLocked(w);
  searching_.fetch_add(1, std::memory_order_seq_cst);
}

// More threads than are needed, even if all that block went on blocking for ever.
bool ThreadPool::SurplusLocked() const { return alive_ - leaving_ - blocked_ > threads_; }

// False: the pool ends, and so should the worker, which still has its permit.
bool ThreadPool::GoIdleLocked(Worker& w) {
  if (w.searching) {
    searching_.fetch_sub(1, std::memory_order_seq_cst);
    w.searching = false;
  }
  if (exit_) return false;
  ReleasePermitLocked(w, Worker::kIdle);
  w.wake.Reset();
  w.idle = true;
  idle_.push_back(&w);
  if (shutting_down_) quiescent_.SignalAll();
  return true;
}

// After a search without result. Returns when there is work, it seems; false: the worker ends.
bool ThreadPool::Idle(Worker& w) {
  {
    MutexLock lock(&mu_);
    if (!GoIdleLocked(w)) return false;
  }
  if (HasWork()) {  // step (4) of "Wake-ups"
    bool back = false;
    {
      MutexLock lock(&mu_);
      if (w.idle && running_.load(std::memory_order_relaxed) < threads_) {
        LeaveIdleLocked(w);
        back = true;
      }
    }
    if (back) {
      w.searching = true;
      ArmMonitor();
      return true;
    }
  }
  return WaitIdle(w);
}

// Between turns, when there are more running than `threads`. Returns as Idle does. Nobody needs to
// look for work afterwards: `threads` others run on, and look before they sleep.
bool ThreadPool::Retire(Worker& w) {
  HandOver(w);
  {
    MutexLock lock(&mu_);
    if (running_.load(std::memory_order_relaxed) <= threads_) return true;
    if (!GoIdleLocked(w)) return false;
  }
  w.wake.SpinWait();  // it comes straight from work, without the spin of a search
  return WaitIdle(w);
}

// Until somebody takes the worker out of idle_. False: the worker ends.
bool ThreadPool::WaitIdle(Worker& w) {
  bool exit = false;
  if (options_.poller != nullptr && !StandBy(w) && PollIdle(w, &exit)) return !exit;
  bool timed = false;
  {
    MutexLock lock(&mu_);
    timed = SurplusLocked();
  }
  while (!w.wake.SleepFor(timed ? options_.idle_thread_timeout : absl::InfiniteDuration())) {
    MutexLock lock(&mu_);
    timed = false;
    if (w.idle && SurplusLocked()) {
      idle_.erase(std::find(idle_.begin(), idle_.end(), &w));
      w.idle = false;
      w.leaving = true;
      ++leaving_;
      return false;
    }
  }
  MutexLock lock(&mu_);
  if (exit_) return false;
  w.searching = true;  // LeaveIdleLocked counted it
  return true;
}

// Gives the permit up for an Await, and somebody else the work or the poller.
void ThreadPool::Block(Worker& w) {
  {
    MutexLock lock(&mu_);
    ReleasePermitLocked(w, Worker::kBlocked);
  }
  if (HasWork()) {
    Notify();
  } else if (NeedsPoller()) {
    WakeOne(true);
  }
}

// Takes a permit again, after Block or after the monitor took it, be there one left or not. Too
// many run then, until one of them ends a turn.
void ThreadPool::Resume(Worker& w) {
  bool in_await = false;
  {
    MutexLock lock(&mu_);
    in_await = w.status.load(std::memory_order_relaxed) == Worker::kBlocked;
    --blocked_;
    TakePermitLocked(w);
  }
  if (in_await) w.awaits.Add(1);
  ArmMonitor();
}

// The last thing a worker's thread does.
void ThreadPool::Exit(Worker& w) {
  // Only a poller that handled something while the pool was ending leaves anything here.
  while (Runnable* r = NextLocal(w)) r->Run();
  while (Runnable* r = NextWhenDry(w)) r->Run();
  MutexLock lock(&mu_);
  --alive_;
  if (w.leaving) --leaving_;
  w.leaving = false;
  if (w.status.load(std::memory_order_relaxed) != Worker::kIdle) {
    ReleasePermitLocked(w, Worker::kExited);
  } else {
    w.status.store(Worker::kExited, std::memory_order_relaxed);
  }
  free_slots_.push_back(&w);
}

ThreadPool::Stats ThreadPool::stats() const {
  Stats stats;
  const int slots = slots_used_.load(std::memory_order_acquire);
  for (int i = 0; i < slots; ++i) {
    const Worker& w = *slots_[i].load(std::memory_order_acquire);
    stats.turns += w.turn.load(std::memory_order_relaxed) / 2;
    stats.awaits += w.awaits.Get();
    stats.steals += w.steals.Get();
    stats.stolen += w.stolen.Get();
    stats.overflows += w.overflows.Get();
    stats.polls += w.polls.Get();
  }
  stats.monitor_ticks = monitor_ticks_.load(std::memory_order_relaxed);
  stats.stalls = stalls_.load(std::memory_order_relaxed);
  stats.rescues = rescues_.load(std::memory_order_relaxed);
  stats.running = running_.load(std::memory_order_relaxed);
  MutexLock lock(&mu_);
  stats.threads = alive_;
  stats.blocked = blocked_;
  stats.idle = static_cast<int>(idle_.size());
  stats.threads_started = threads_started_;
  stats.wake_ups = wake_ups_;
  stats.interrupts = interrupts_;
  stats.at_thread_limit = at_thread_limit_;
  MutexLock injector_lock(&injector_mu_);
  stats.injected = injected_;
  return stats;
}

}  // namespace troupe

#ifndef TROUPE_RUNTIME_THREAD_POOL_H_
#define TROUPE_RUNTIME_THREAD_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "runtime/clock.h"
#include "runtime/event.h"
#include "runtime/executor.h"
#include "runtime/mutex.h"

namespace troupe {

// What an idle worker does instead of sleeping: it waits for the outside, a network for example,
// and handles what arrives. Owned by whoever made it, outlives the pool.
class IdlePoller {
 public:
  virtual ~IdlePoller() = default;

  // Handles what is ready, or blocks until something is, Interrupt() is called, or the pool's clock
  // reaches `deadline` (absl::InfinitePast(): only look; absl::InfiniteFuture(): no deadline).
  // Returns whether it handled anything. May return early. What it schedules runs on this very
  // thread, after the call. At most one worker is in Poll at any time, but each time it may be
  // another one. Must not block elsewhere, nor call Executor::Await.
  virtual bool Poll(absl::Time deadline) = 0;

  // Makes the Poll that blocks, or else the next one that would, return. Any thread, never blocks.
  virtual void Interrupt() = 0;
};

// The work-stealing pool that actors run on. Owned by the actor system. Any thread may call; all
// calls must have returned before the pool is destroyed.
//
// A *worker* is a thread with a queue of its own (RunQueue), which the others steal from, and a
// slot for the Runnable that its turn scheduled last and that runs next (the LIFO slot). What comes
// from outside, and what does not fit, goes to one global queue. At most `threads` workers run
// turns at the same time. A worker whose turn blocks, in Await or for `stall_threshold` otherwise,
// does not count: another thread, parked or new, is put in. When the turn goes on, the pool has one
// thread too many until some turn ends.
//
// Wake-ups. A woken thread costs more than hundreds of turns, so what a turn schedules into its
// empty LIFO slot wakes nobody: it runs here, next. (If the turn goes on for long it is handed over
// by the monitor, within stall_threshold.) What makes the queue longer wakes one worker, unless all
// `threads` run, or one already searches; a searching worker that found something wakes the next if
// there is more. No wake-up is lost, because of four operations in the single total order of
// seq_cst: a producer (1) makes its work visible (RunQueue::Push, injector_size_), then (2) reads
// searching_ and running_. A worker that stops (3) lowers these counters, then (4) looks at all
// queues. If (2) missed (3), then (2) came before (3), so (1) before (4), and the worker sees the
// work.
//
// The poller belongs to whoever polled last: an idle worker leaves it alone while that one is busy
// with what came, unless it stays away for long. What came is shared only if it is more than that
// worker will soon have done; otherwise it stays in one cache, and its answers leave in one write.
//
// When nothing runs, nothing ticks: workers sleep, and so does the monitor, the thread that notices
// stalls.
class ThreadPool final : public Executor {
 public:
  struct Options {
    int threads = 0;         // that run turns at the same time; 0: one for each hardware thread
    int max_threads = 4096;  // alive at any time, those that block included; beyond it work waits
    // Real time, both: until a turn counts as blocked, and until a surplus idle thread ends.
    absl::Duration stall_threshold = absl::Milliseconds(10);
    absl::Duration idle_thread_timeout = absl::Seconds(10);
    IdlePoller* poller = nullptr;
  };

  // Counted since the start, but for the first group. Approximate while the pool runs, exact while
  // it is idle.
  struct Stats {
    // As of now.
    int threads = 0;  // alive
    int running = 0;  // awake and not blocked: running turns or looking for work
    int blocked = 0;  // in Await or stalled
    int idle = 0;     // asleep or in the poller

    uint64_t threads_started = 0;
    uint64_t turns = 0;
    uint64_t steals = 0;      // successful ones
    uint64_t stolen = 0;      // Runnables that came over by them
    uint64_t wake_ups = 0;    // of sleeping workers, by new work
    uint64_t awaits = 0;      // Awaits that blocked
    uint64_t stalls = 0;      // turns the monitor gave up on
    uint64_t rescues = 0;     // LIFO slots the monitor emptied
    uint64_t overflows = 0;   // full local queues
    uint64_t injected = 0;    // Runnables that went through the global queue
    uint64_t polls = 0;       // calls of the poller
    uint64_t interrupts = 0;  // of the poller
    uint64_t monitor_ticks = 0;
    uint64_t at_thread_limit = 0;  // times another thread was needed beyond max_threads
  };

  // `clock` gives the time for deadlines and outlives the pool. Starts no thread yet: they come
  // with work.
  explicit ThreadPool(const Clock* clock);
  ThreadPool(const Clock* clock, const Options& options);
  ~ThreadPool() override;  // as Shutdown

  void Schedule(Runnable* r) override;
  void ScheduleLast(Runnable* r) override;
  void ScheduleWhenDry(Runnable* r) override;
  // Inside a turn: hands what this worker has queued to the others, and unless the event comes
  // within a short spin, another thread runs turns meanwhile, up to max_threads.
  bool Await(Event& event, absl::Time deadline) override;
  absl::Time Now() const override { return clock_->Now(); }
  void Shutdown() override;

  int threads() const { return threads_; }
  Stats stats() const;

 private:
  struct Worker;

  // thread_pool.cc: scheduling, running, searching.
  Worker* CurrentWorker() const;
  void ScheduleHere(Worker& w, Runnable* r);
  void PushLocal(Worker& w, Runnable* r);
  bool Inject(internal::RunnableList& list, size_t count);
  bool HandOver(Worker& w);
  void Work(Worker& w);
  void RunTurn(Worker& w, Runnable* r);
  Runnable* Next(Worker& w);
  Runnable* NextLocal(Worker& w);
  Runnable* NextWhenDry(Worker& w);
  Runnable* DryBeforePoll(Worker& w);
  Runnable* PopInjector(Worker& w, bool batch);
  Runnable* Search(Worker& w);
  Runnable* SearchOnce(Worker& w);
  Runnable* StealFrom(Worker& victim, Worker& thief);
  void FoundWork(Worker& w);
  bool HasWork(const Worker* but_for = nullptr) const;

  // thread_pool_workers.cc: who runs, blocks, sleeps.
  void Notify();
  void WakeOne(bool to_poll);
  Worker* PickIdleLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Worker* NewWorkerLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool StartThreadLocked(Worker* w) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ReleasePermitLocked(Worker& w, int status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakePermitLocked(Worker& w) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LeaveIdleLocked(Worker& w) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool SurplusLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool QuiescentLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool GoIdleLocked(Worker& w) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Idle(Worker& w);
  bool Retire(Worker& w);
  bool WaitIdle(Worker& w);
  void Block(Worker& w);
  void Resume(Worker& w);
  void Exit(Worker& w);

  // thread_pool_polling.cc: who polls, and what becomes of what that brought.
  bool PollIdle(Worker& w, bool* exit);
  bool PollBriefly(Worker& w);
  bool NeedsPoller() const;
  bool NotePolled(Worker& w);
  void NoteDry(Worker& w, absl::Time now);
  static bool SoonDone(const Worker& w);
  static bool WorthSharing(Worker& w);
  const Worker* PollerElsewhere(const Worker& w) const;
  bool StandBy(Worker& w);

  // thread_pool_monitor.cc: notices turns that block or go on for long without telling.
  void ArmMonitor();
  void MonitorThread();
  bool MonitorTick();
  bool LooksStalled(Worker& w, int computing) const;
  void MarkStalled(Worker& w);
  void StopMonitor();

  static constinit thread_local Worker* current_worker_;

  // Constant.
  const Clock* const clock_;
  const Options options_;
  const int threads_;
  const int max_threads_;
  const bool spin_;

  // The worker of slot i, for i < slots_used_. A Worker, once made, stays until the pool is
  // destroyed (its slot is used again for another thread), so any thread may look into it at any
  // time.
  std::unique_ptr<std::atomic<Worker*>[]> slots_;
  std::atomic<int> slots_used_{0};

  // Permits: workers that run turns or look for one. Changed under mu_, read anywhere.
  alignas(64) std::atomic<int> running_{0};
  // How many of these look for work in other queues. Raised under mu_ or by a running worker.
  std::atomic<int> searching_{0};
  std::atomic<bool> poll_due_{false};          // a busy worker should look at the poller
  std::atomic<bool> monitor_armed_{false};     // written under monitor_mu_
  std::atomic<Worker*> polling_{nullptr};      // the worker in Poll; claimed by compare-exchange
  std::atomic<Worker*> last_poller_{nullptr};  // whose Poll was the last that handled anything

  // The global queue. Taken inside mu_ or alone.
  alignas(64) mutable Mutex injector_mu_ ABSL_ACQUIRED_AFTER(mu_);
  internal::RunnableList injector_ ABSL_GUARDED_BY(injector_mu_);
  uint64_t injected_ ABSL_GUARDED_BY(injector_mu_) = 0;
  bool closed_ ABSL_GUARDED_BY(injector_mu_) = false;  // takes nothing any more
  std::atomic<int> external_calls_{0};    // of Schedule, from other threads, that have not returned
  std::atomic<size_t> injector_size_{0};  // written under injector_mu_

  alignas(64) mutable Mutex mu_;
  CondVar quiescent_;                                     // for Shutdown
  std::vector<Worker*> idle_ ABSL_GUARDED_BY(mu_);        // the last to come is the first to go
  std::vector<Worker*> free_slots_ ABSL_GUARDED_BY(mu_);  // their threads ended
  int alive_ ABSL_GUARDED_BY(mu_) = 0;
  int leaving_ ABSL_GUARDED_BY(mu_) = 0;  // of these: have decided to end
  int blocked_ ABSL_GUARDED_BY(mu_) = 0;
  bool shutting_down_ ABSL_GUARDED_BY(mu_) = false;
  bool exit_ ABSL_GUARDED_BY(mu_) = false;
  uint64_t threads_started_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t wake_ups_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t interrupts_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t at_thread_limit_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Time last_limit_report_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  Mutex shutdown_mu_;  // one Shutdown at a time
  bool shut_down_ ABSL_GUARDED_BY(shutdown_mu_) = false;

  mutable Mutex monitor_mu_;
  CondVar monitor_wake_;
  bool monitor_stop_ ABSL_GUARDED_BY(monitor_mu_) = false;
  std::thread monitor_thread_ ABSL_GUARDED_BY(monitor_mu_);
  // The monitor's: of all workers together, at its last tick.
  uint64_t seen_polls_ = 0;
  uint64_t seen_progress_ = 0;
  std::atomic<uint64_t> monitor_ticks_{0};
  std::atomic<uint64_t> stalls_{0};
  std::atomic<uint64_t> rescues_{0};
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_THREAD_POOL_H_

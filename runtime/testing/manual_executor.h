#ifndef TROUPE_RUNTIME_TESTING_MANUAL_EXECUTOR_H_
#define TROUPE_RUNTIME_TESTING_MANUAL_EXECUTOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "runtime/event.h"
#include "runtime/executor.h"
#include "runtime/mutex.h"
#include "runtime/random.h"
#include "runtime/testing/virtual_clock.h"

namespace troupe {

// An executor that a test steps by hand, deterministically: exactly one thread, the test's or one
// runner, runs at any instant, and the same seed gives the same order of turns. Owned by the test;
// the functions that step (RunOne, RunUntilIdle, RunFor, Shutdown, Await outside of a turn) are
// called from one thread at a time and never from a turn. Schedule may be called from anywhere, but
// what comes from a thread that this executor does not control comes in no deterministic order.
//
// Turns run on runner threads. A turn that blocks in Await parks its runner, and another one goes
// on with the rest; once its event is set (or its deadline has passed) the blocked turn is a
// candidate like the others. So blocking code is deterministic too, and turns may wait for each
// other in any order.
//
// On the thread that makes it, it is Current() until it is destroyed: there, Future::Get runs turns
// until the future is ready.
class ManualExecutor final : public Executor {
 public:
  enum class Order {
    kFifo,    // in the order scheduled; a blocked turn that can go on comes first
    kSeeded,  // each step picks one of all candidates at random
  };
  struct Options {
    uint64_t seed = 1;
    Order order = Order::kFifo;
    VirtualClock* clock = nullptr;  // may be null: then only absl::InfinitePast() ever is past
  };

  ManualExecutor();
  explicit ManualExecutor(const Options& options);
  ~ManualExecutor() override;  // as Shutdown

  // Runs one turn to its end or to its first Await that blocks, or goes on with one blocked turn
  // likewise. False: there is nothing that can run. Does not move the time.
  bool RunOne();
  // Runs until nothing can run any more or `max_steps` steps (as RunOne) are done; returns the
  // number of steps. Does not move the time.
  size_t RunUntilIdle(size_t max_steps = std::numeric_limits<size_t>::max());
  // Runs all turns and all timers of the next `duration` of virtual time, which needs a clock;
  // returns the number of steps.
  size_t RunFor(absl::Duration duration);
  // Scheduled turns that have not begun.
  size_t pending() const ABSL_LOCKS_EXCLUDED(mu_);
  // Turns that are blocked in Await.
  size_t blocked() const ABSL_LOCKS_EXCLUDED(mu_);

  void Schedule(Runnable* r) override ABSL_LOCKS_EXCLUDED(mu_);
  void ScheduleLast(Runnable* r) override { Schedule(r); }
  // Outside of a turn: runs turns until the event is set. When nothing can run, advances the clock
  // to the next timer (or deadline of a blocked turn), up to `deadline`, and goes on. Returns false
  // when the deadline has passed or nothing can happen any more.
  bool Await(Event& event, absl::Time deadline) override ABSL_LOCKS_EXCLUDED(mu_);
  // absl::InfinitePast() without a clock.
  absl::Time Now() const override;
  // Runs until idle. Turns that are still blocked then go on, one by one, with their Await
  // returning false.
  void Shutdown() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // A thread that may hold the baton.
  struct Runner {
    CondVar baton;
    std::thread thread;
    Event* awaited = nullptr;  // the turn on it is blocked and waits for this
    absl::Time deadline;
  };

  size_t Step(size_t max_steps, const Event* until) ABSL_LOCKS_EXCLUDED(mu_);
  void RunnerThread(Runner* self) ABSL_LOCKS_EXCLUDED(mu_);
  void RunSteps(Runner* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<size_t> Resumable() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool StepsDone() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Runner* SpareRunner() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PassBaton(Runner* to) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AwaitBaton(Runner* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool AwaitInTurn(Runner* self, Event& event, absl::Time deadline) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Time NextBlockedDeadline() const ABSL_LOCKS_EXCLUDED(mu_);
  bool AdvanceToNextEvent(absl::Time limit) ABSL_LOCKS_EXCLUDED(mu_);

  static constinit thread_local Runner* this_runner_;

  // Constant.
  const Options options_;
  const std::thread::id maker_;
  Executor* const makers_previous_;  // its Current() before

  mutable Mutex mu_;
  RandomSource random_ ABSL_GUARDED_BY(mu_);
  std::deque<Runnable*> ready_ ABSL_GUARDED_BY(mu_);
  std::vector<Runner*> blocked_ ABSL_GUARDED_BY(mu_);  // in the order they blocked
  std::vector<Runner*> spare_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<Runner>> runners_ ABSL_GUARDED_BY(mu_);
  Runner test_;                                   // the thread that steps
  Runner* holder_ ABSL_GUARDED_BY(mu_) = &test_;  // has the baton: the only one that runs
  size_t steps_left_ ABSL_GUARDED_BY(mu_) = 0;
  size_t steps_ ABSL_GUARDED_BY(mu_) = 0;
  const Event* until_ ABSL_GUARDED_BY(mu_) = nullptr;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;  // blocked turns go on without their event
  bool closed_ ABSL_GUARDED_BY(mu_) = false;   // the runners end
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_TESTING_MANUAL_EXECUTOR_H_

#ifndef TROUPE_RUNTIME_STEADY_CLOCK_H_
#define TROUPE_RUNTIME_STEADY_CLOCK_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "runtime/clock.h"
#include "runtime/mutex.h"
#include "runtime/timer_queue.h"

namespace troupe {

// Real time: the machine's monotonic clock, anchored to the wall clock when the object is made, so
// it neither jumps nor follows later corrections of the wall clock. Owned by the actor system. Any
// thread may call. Its one thread starts with the first timer and sleeps until the next one is due.
class SteadyClock final : public Clock {
 public:
  struct Options {
    size_t max_pending_timers = 16'777'216;  // ScheduleAt returns 0 beyond it
  };

  SteadyClock();
  explicit SteadyClock(const Options& options);
  // Drops what is pending without running it, waits for the timer that is running. Not from a
  // timer.
  ~SteadyClock() override;
  // The same, but the clock stays: it tells the time, and ScheduleAt returns 0.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

  absl::Time Now() const override;
  // Of the last tick of the kernel: 1 to 4 ms old.
  int64_t CoarseUnixNanos() const override;
  TimerId ScheduleAt(absl::Time when, absl::AnyInvocable<void()> fn) override
      ABSL_LOCKS_EXCLUDED(mu_);
  bool Cancel(TimerId id) override ABSL_LOCKS_EXCLUDED(mu_);

  size_t pending_timers() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void RunTimers() ABSL_LOCKS_EXCLUDED(mu_);

  // Constant.
  const Options options_;
  const absl::Time wall_anchor_;
  const std::chrono::steady_clock::time_point steady_anchor_;
  const int64_t boot_unix_nanos_;  // where CLOCK_MONOTONIC was 0

  mutable Mutex mu_;
  CondVar changed_;  // the earliest timer changed, or stop_
  internal::TimerQueue timers_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mu_);
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_STEADY_CLOCK_H_

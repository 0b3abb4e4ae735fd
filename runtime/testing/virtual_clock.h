#ifndef TROUPE_RUNTIME_TESTING_VIRTUAL_CLOCK_H_
#define TROUPE_RUNTIME_TESTING_VIRTUAL_CLOCK_H_

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "runtime/clock.h"
#include "runtime/mutex.h"
#include "runtime/timer_queue.h"

namespace troupe {

// Time that stands still until the test moves it. Owned by the test. Any thread may call; timers
// run on the thread that moves the time, one at a time, and see Now() at exactly the time they were
// due.
class VirtualClock final : public Clock {
 public:
  // 2020-01-01 00:00:00 UTC unless told otherwise.
  VirtualClock();
  explicit VirtualClock(absl::Time start);

  absl::Time Now() const override ABSL_LOCKS_EXCLUDED(mu_);
  TimerId ScheduleAt(absl::Time when, absl::AnyInvocable<void()> fn) override
      ABSL_LOCKS_EXCLUDED(mu_);
  bool Cancel(TimerId id) override ABSL_LOCKS_EXCLUDED(mu_);

  // Runs all timers due until `time`, also those that these schedule, and ends with Now() ==
  // `time`. A time in the past does not move the clock back, but runs what is due. One thread at a
  // time.
  void AdvanceTo(absl::Time time) ABSL_LOCKS_EXCLUDED(mu_);
  void AdvanceBy(absl::Duration duration) { AdvanceTo(Now() + duration); }
  // Advances to the earliest timer and runs everything due then. False: there is no timer.
  bool AdvanceToNextTimer() ABSL_LOCKS_EXCLUDED(mu_);

  // absl::InfiniteFuture() when there is no timer.
  absl::Time NextTimer() const ABSL_LOCKS_EXCLUDED(mu_);
  size_t pending_timers() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_);
  internal::TimerQueue timers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_TESTING_VIRTUAL_CLOCK_H_

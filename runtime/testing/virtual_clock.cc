#include "runtime/testing/virtual_clock.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace troupe {

VirtualClock::VirtualClock() : VirtualClock(absl::FromUnixSeconds(1'577'836'800)) {}

VirtualClock::VirtualClock(absl::Time start) : now_(start) {}

absl::Time VirtualClock::Now() const {
  MutexLock lock(&mu_);
  return now_;
}

Clock::TimerId VirtualClock::ScheduleAt(absl::Time when, absl::AnyInvocable<void()> fn) {
  if (when == absl::InfiniteFuture()) return 0;
  MutexLock lock(&mu_);
  return timers_.Add(when, std::move(fn));
}

bool VirtualClock::Cancel(TimerId id) {
  std::optional<internal::TimerQueue::Callback> removed;  // destroyed after the lock
  MutexLock lock(&mu_);
  removed = timers_.Remove(id);
  return removed.has_value();
}

void VirtualClock::AdvanceTo(absl::Time time) {
  while (true) {
    std::optional<internal::TimerQueue::Callback> fn;
    {
      MutexLock lock(&mu_);
      const absl::Time due = timers_.NextTime();
      if (due == absl::InfiniteFuture() || due > std::max(time, now_)) {
        now_ = std::max(now_, time);
        return;
      }
      now_ = std::max(now_, due);
      fn = timers_.PopDue(now_);
    }
    (*fn)();
  }
}

bool VirtualClock::AdvanceToNextTimer() {
  const absl::Time next = NextTimer();
  if (next == absl::InfiniteFuture()) return false;
  AdvanceTo(next);
  return true;
}

absl::Time VirtualClock::NextTimer() const {
  MutexLock lock(&mu_);
  return timers_.NextTime();
}

size_t VirtualClock::pending_timers() const {
  MutexLock lock(&mu_);
  return timers_.size();
}

}  // namespace troupe

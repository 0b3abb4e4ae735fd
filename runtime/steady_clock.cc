#include "runtime/steady_clock.h"

#include <time.h>

#include <optional>
#include <utility>

namespace troupe {

SteadyClock::SteadyClock() : SteadyClock(Options()) {}

SteadyClock::SteadyClock(const Options& options)
    : options_(options),
      wall_anchor_(absl::Now()),
      steady_anchor_(std::chrono::steady_clock::now()),
      boot_unix_nanos_(absl::ToUnixNanos(wall_anchor_) -
                       std::chrono::nanoseconds(steady_anchor_.time_since_epoch()).count()) {}

SteadyClock::~SteadyClock() { Stop(); }

void SteadyClock::Stop() {
  std::thread thread;
  {
    MutexLock lock(&mu_);
    stop_ = true;
    changed_.Signal();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
  internal::TimerQueue dropped;  // destroyed after the lock
  MutexLock lock(&mu_);
  std::swap(dropped, timers_);
}

absl::Time SteadyClock::Now() const {
  return wall_anchor_ + absl::FromChrono(std::chrono::steady_clock::now() - steady_anchor_);
}

int64_t SteadyClock::CoarseUnixNanos() const {
  // std::chrono::steady_clock is CLOCK_MONOTONIC, which this one lags behind.
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return boot_unix_nanos_ + int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Clock::TimerId SteadyClock::ScheduleAt(absl::Time when, absl::AnyInvocable<void()> fn) {
  if (when == absl::InfiniteFuture()) return 0;
  MutexLock lock(&mu_);
  if (stop_ || timers_.size() >= options_.max_pending_timers) return 0;
  const bool first = when < timers_.NextTime();
  const TimerId id = timers_.Add(when, std::move(fn));
  if (!thread_.joinable()) thread_ = std::thread([this] { RunTimers(); });
  if (first) changed_.Signal();
  return id;
}

bool SteadyClock::Cancel(TimerId id) {
  std::optional<internal::TimerQueue::Callback> removed;  // destroyed after the lock
  MutexLock lock(&mu_);
  removed = timers_.Remove(id);
  return removed.has_value();
}

size_t SteadyClock::pending_timers() const {
  MutexLock lock(&mu_);
  return timers_.size();
}

void SteadyClock::RunTimers() {
  mu_.Lock();
  while (!stop_) {
    const absl::Time now = Now();
    if (auto fn = timers_.PopDue(now)) {
      mu_.Unlock();
      (*fn)();
      fn.reset();  // the captures go without the lock, too
      mu_.Lock();
      continue;
    }
    changed_.WaitFor(&mu_, timers_.NextTime() - now);
  }
  mu_.Unlock();
}

}  // namespace troupe

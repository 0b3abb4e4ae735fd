#ifndef TROUPE_RUNTIME_TIMER_QUEUE_H_
#define TROUPE_RUNTIME_TIMER_QUEUE_H_

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "runtime/clock.h"

namespace troupe {
namespace internal {

// The pending timers of a clock, ordered by time and then by age. Not thread-safe: the clock locks.
class TimerQueue {
 public:
  using Callback = absl::AnyInvocable<void()>;

  Clock::TimerId Add(absl::Time when, Callback fn) {
    const Clock::TimerId id = next_id_++;
    timers_.emplace(Key(when, id), std::move(fn));
    due_.emplace(id, when);
    return id;
  }

  // Moves the callback out, so that the caller can destroy it without its lock (its captures are
  // user code). Nothing if there is no such timer.
  std::optional<Callback> Remove(Clock::TimerId id) {
    const auto due = due_.find(id);
    if (due == due_.end()) return std::nullopt;
    const auto timer = timers_.find(Key(due->second, id));
    Callback fn = std::move(timer->second);
    timers_.erase(timer);
    due_.erase(due);
    return fn;
  }

  // The earliest timer's callback, if it is due at `now`.
  std::optional<Callback> PopDue(absl::Time now) {
    if (timers_.empty() || timers_.begin()->first.first > now) return std::nullopt;
    return Remove(timers_.begin()->first.second);
  }

  // absl::InfiniteFuture() when there is none.
  absl::Time NextTime() const {
    return timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first.first;
  }

  size_t size() const { return timers_.size(); }

 private:
  using Key = std::pair<absl::Time, Clock::TimerId>;

  Clock::TimerId next_id_ = 1;
  absl::btree_map<Key, Callback> timers_;
  absl::flat_hash_map<Clock::TimerId, absl::Time> due_;
};

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_TIMER_QUEUE_H_

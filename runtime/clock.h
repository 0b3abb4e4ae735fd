#ifndef TROUPE_RUNTIME_CLOCK_H_
#define TROUPE_RUNTIME_CLOCK_H_

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace troupe {

// The one seam for time: nothing else asks what time it is or sets a timer. Owned by the actor
// system (or the test), outlives everything that uses it. Any thread may call.
class Clock {
 public:
  using TimerId = uint64_t;  // never 0, never reused within one clock

  virtual ~Clock() = default;

  // Never goes back.
  virtual absl::Time Now() const = 0;

  // The same in nanoseconds since the Unix epoch, to within a few milliseconds, cheaper; also never
  // goes back.
  virtual int64_t CoarseUnixNanos() const { return absl::ToUnixNanos(Now()); }

  // Runs `fn` once, at `when` or as soon after it as possible (at once if that has passed), on the
  // clock's own thread: it must be short and must not block. Timers run in the order of `when`,
  // those of the same time in the order they were scheduled in. The call never runs `fn` itself.
  // Returns 0, and drops `fn`, when the clock is at its limit of pending timers or `when` is
  // absl::InfiniteFuture().
  virtual TimerId ScheduleAt(absl::Time when, absl::AnyInvocable<void()> fn) = 0;

  // True: the timer will not run. False: it ran, is running, or never existed. Does not wait for a
  // timer that is running. O(log n).
  virtual bool Cancel(TimerId id) = 0;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_CLOCK_H_

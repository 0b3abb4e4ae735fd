#ifndef TROUPE_RUNTIME_CALL_CONTEXT_H_
#define TROUPE_RUNTIME_CALL_CONTEXT_H_

#include "absl/time/time.h"

namespace troupe {

// What a running method can know of the message it handles: `context()` in an actor. Looks at the
// message of the calling thread's turn each time it is asked, so it is right again after a
// co_await; outside of any message it says that nobody set a limit.
class CallContext {
 public:
  // The caller does not want the answer any more: it cancelled, or the deadline has passed. A
  // method that takes long looks now and then, and returns early.
  bool cancelled() const;
  // In the system clock's time; absl::InfiniteFuture() without one.
  absl::Time deadline() const;
  // A one-way message has no caller that would see a result.
  bool one_way() const;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_CALL_CONTEXT_H_

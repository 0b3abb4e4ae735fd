#ifndef TROUPE_RUNTIME_CALL_CONTEXT_H_
#define TROUPE_RUNTIME_CALL_CONTEXT_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace troupe {

struct ClientInfo;

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
  // Who called, and what it sent along, where that is a gRPC client; null for actors and programs
  // that call through a reference. Valid until the method has returned, or its coroutine ended.
  const ClientInfo* client() const;
  // What a gRPC client gets besides the reply: before the first message, or behind the last one.
  // What comes too late for that, and keys and values that gRPC does not take, are dropped; nothing
  // happens where no gRPC client called.
  void AddInitialMetadata(absl::string_view key, absl::string_view value) const;
  void AddTrailingMetadata(absl::string_view key, absl::string_view value) const;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_CALL_CONTEXT_H_

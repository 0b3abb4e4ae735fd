#ifndef TROUPE_RUNTIME_SPAWN_OPTIONS_H_
#define TROUPE_RUNTIME_SPAWN_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace troupe {

// What happens when an actor fails (a one-way message, a timer, OnStart or the constructor ended
// with an error). Restarting keeps the reference and the queue, and builds the object anew from a
// copy of its constructor arguments; the message that failed is not handled again.
struct RestartPolicy {
  // 0: the actor is gone after its first failure.
  int max_restarts = 0;
  // At most max_restarts in any period of this length; one more failure within it is final.
  absl::Duration within = absl::InfiniteDuration();
  // The wait before a restart, doubled with each one within the period, up to max_backoff.
  absl::Duration min_backoff = absl::Milliseconds(10);
  absl::Duration max_backoff = absl::Seconds(10);
};

// How one actor is spawned: `system.Spawn<Adder>({.name = "adder"}, arguments...)`.
struct SpawnOptions {
  // Registers the actor under this name before it starts. Taken: the actor fails with
  // kAlreadyExists.
  std::string name = {};
  // Messages that may wait; 0: the system's default. At most internal::Inbox::kMaxCapacity.
  uint32_t mailbox_capacity = 0;
  RestartPolicy restart = {};
  // While a coroutine method is suspended the actor handles other messages.
  bool reentrant = false;
  // The actor runs on a thread of its own, which nothing else uses.
  bool own_thread = false;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_SPAWN_OPTIONS_H_

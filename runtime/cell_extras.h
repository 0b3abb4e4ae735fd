#ifndef TROUPE_RUNTIME_CELL_EXTRAS_H_
#define TROUPE_RUNTIME_CELL_EXTRAS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/clock.h"
#include "runtime/dedicated_executor.h"
#include "runtime/down.h"
#include "runtime/future_state.h"
#include "runtime/recipient.h"
#include "runtime/spawn_options.h"
#include "runtime/stream_table.h"

namespace troupe::internal {

struct ActorTimer {
  Clock::TimerId clock_timer = 0;
  absl::Duration period;  // zero: once
  absl::AnyInvocable<void()> callback;
};

using TellDown = absl::AnyInvocable<void(const Down&)>;

// What few actors have, so that the cells of the others stay small. Owned and used by the cell, in
// its turns.
struct CellExtras {
  std::unique_ptr<DedicatedExecutor> own_thread;
  absl::btree_map<Urn, RecipientPtr>
      children;  // ordered, so that the same seed stops them in the same order

  absl::btree_map<Urn, TellDown> watchers;      // actors that watch this one
  std::vector<TellDown> down_waiters;           // others that do
  absl::btree_map<Urn, RecipientPtr> watching;  // by this actor; null: the null reference

  uint64_t last_timer = 0;
  absl::flat_hash_map<uint64_t, ActorTimer> timers;

  StreamTable streams;  // open ones

  RestartPolicy restart;
  std::vector<absl::Time> restarts;  // those within restart.within, oldest first
  bool backoff_over = false;

  absl::Status failure;  // reported in the current turn
  std::vector<FutureState<void>*> stop_waiters;
  absl::Status end_status;  // of a failure
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CELL_EXTRAS_H_

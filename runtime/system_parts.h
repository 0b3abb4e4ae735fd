#ifndef TROUPE_RUNTIME_SYSTEM_PARTS_H_
#define TROUPE_RUNTIME_SYSTEM_PARTS_H_

#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "runtime/blocked_wait.h"
#include "runtime/clock.h"
#include "runtime/dump_signal.h"
#include "runtime/event.h"
#include "runtime/executor.h"
#include "runtime/mutex.h"
#include "runtime/registry.h"
#include "runtime/steady_clock.h"
#include "runtime/system.h"

namespace troupe {

// What users of ActorSystem need not see.
struct ActorSystem::Parts {
  SteadyClock* own_clock = nullptr;  // the core's, if it is the system's own
  std::unique_ptr<internal::DumpSignal> dump_signal;
  internal::Registry registry;
  internal::BlockedWaits blocked_waits;

  Mutex mu;
  absl::flat_hash_set<const ServiceInfo*> services ABSL_GUARDED_BY(mu);
  uint64_t left ABSL_GUARDED_BY(mu) = 0;          // of the registry's cells, once it is closed
  Event* all_gone ABSL_GUARDED_BY(mu) = nullptr;  // of the thread that shuts down
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_SYSTEM_PARTS_H_

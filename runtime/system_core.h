#ifndef TROUPE_RUNTIME_SYSTEM_CORE_H_
#define TROUPE_RUNTIME_SYSTEM_CORE_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/intrusive_ptr.h"

namespace troupe {
class ActorSystem;
}

namespace troupe::internal {

struct Refusal;

// What sending needs of a system, and what therefore outlives it while somebody holds a reference
// to one of its actors: a message that is sent then is refused like any to an actor that is gone.
// Owned by the system and by its cells. Any thread.
class SystemCore final : public RefCounted<SystemCore> {
 public:
  ~SystemCore() = default;

  // Null once the system has ended, as those of the caller may be gone by then. The system's own
  // ones are at rest then, but still there for a thread that got the pointer before.
  Clock* clock() const { return ended_.load(std::memory_order_acquire) ? nullptr : clock_; }
  Executor* executor() const {
    return ended_.load(std::memory_order_acquire) ? nullptr : executor_;
  }
  absl::Duration default_deadline() const { return default_deadline_; }

  // One-way messages that were refused.
  void CountDeadLetter(absl::string_view what, const Refusal& refusal);
  uint64_t dead_letters() const { return dead_letters_.load(std::memory_order_relaxed); }

 private:
  friend class troupe::ActorSystem;

  // Constant once the system is made. Destroyed in reverse. Every message reads them: not on the
  // cache line of the count of owners, which every actor is one of.
  alignas(64) absl::Duration default_deadline_;
  std::unique_ptr<Clock> own_clock_;
  std::unique_ptr<Executor> own_executor_;
  Clock* clock_ = nullptr;
  Executor* executor_ = nullptr;

  std::atomic<bool> ended_{false};
  std::atomic<uint64_t> dead_letters_{0};
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_SYSTEM_CORE_H_

#include "runtime/deadlock.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/actor_cell.h"
#include "runtime/errors.h"
#include "runtime/future_core.h"
#include "runtime/mutex.h"

namespace troupe::internal {
namespace {

// A chain longer than this is taken for one that ends.
constexpr int kMaxSteps = 100'000;

// One for the process: actors of several systems may wait for each other. Only taken where an
// awaited actor waits itself, and when a cell that was awaited is destroyed.
Mutex& GraphMutex() {
  static auto* mutex = new Mutex;
  return *mutex;
}

std::string Step(const ActorCell& cell) {
  const char* method = cell.method();
  return absl::StrCat(absl::string_view(cell.info().name), ".",
                      method != nullptr ? method : "(hook)");
}

}  // namespace

absl::Status BeginWait(ActorCell& waiter, FutureCore& awaited) {
  ActorCell* target = awaited.answering_cell();
  if (target == nullptr) return absl::OkStatus();
  // Relaxed: whoever destroys the cell got it after the edge was cleared.
  if (!target->ever_awaited.load(std::memory_order_relaxed)) {
    target->ever_awaited.store(true, std::memory_order_relaxed);
  }
  waiter.waits_for.store(target, std::memory_order_seq_cst);
  if (target != &waiter && target->waits_for.load(std::memory_order_seq_cst) == nullptr) {
    return absl::OkStatus();
  }
  std::string path;
  {
    MutexLock lock(&GraphMutex());
    std::string steps;
    ActorCell* cell = target;
    for (int steps_left = kMaxSteps; cell != nullptr && cell != &waiter; --steps_left) {
      if (steps_left == 0) return absl::OkStatus();
      absl::StrAppend(&steps, Step(*cell), " -> ");
      cell = cell->waits_for.load(std::memory_order_seq_cst);
    }
    if (cell == nullptr) return absl::OkStatus();
    path = absl::StrCat(steps, Step(waiter), " -> ", awaited.Description());
  }
  waiter.waits_for.store(nullptr, std::memory_order_seq_cst);
  return DeadlockError(path);
}

void EndWait(ActorCell& waiter) { waiter.waits_for.store(nullptr, std::memory_order_seq_cst); }

std::string AwaitedActor(const ActorCell& cell) {
  MutexLock lock(&GraphMutex());
  const ActorCell* awaited = cell.waits_for.load(std::memory_order_seq_cst);
  return awaited != nullptr ? awaited->ToString() : std::string();
}

void ForgetCell() { MutexLock lock(&GraphMutex()); }

}  // namespace troupe::internal

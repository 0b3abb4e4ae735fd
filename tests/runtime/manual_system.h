#ifndef TROUPE_TESTS_RUNTIME_MANUAL_SYSTEM_H_
#define TROUPE_TESTS_RUNTIME_MANUAL_SYSTEM_H_

#include <cstdint>

#include "absl/time/time.h"
#include "troupe.h"
#include "troupe_testing.h"

namespace troupe {

// A system that a test steps by hand, in virtual time and in an order that follows from `seed`.
// Owned by the test, used by its thread only.
struct ManualSystem {
  explicit ManualSystem(uint64_t seed = 1, SystemOptions options = {})
      : executor({.seed = seed, .order = ManualExecutor::Order::kSeeded, .clock = &clock}),
        start(clock.Now()),
        system(WithSeams(std::move(options), seed)) {}

  absl::Duration elapsed() const { return clock.Now() - start; }
  void Run() { executor.RunUntilIdle(); }
  void RunFor(absl::Duration duration) { executor.RunFor(duration); }

  VirtualClock clock;
  ManualExecutor executor;
  const absl::Time start;
  ActorSystem system;

 private:
  SystemOptions WithSeams(SystemOptions options, uint64_t seed) {
    options.executor = &executor;
    options.clock = &clock;
    options.seed = seed;
    return options;
  }
};

// Enough different orders that a test which depends on one fails.
inline constexpr uint64_t kSeeds = 20;

}  // namespace troupe

#endif  // TROUPE_TESTS_RUNTIME_MANUAL_SYSTEM_H_

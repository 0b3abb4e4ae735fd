// The rows of local.cc that call with an answer.

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "glog/logging.h"
#include "tests/bench/local_rows.h"
#include "tests/bench/measure.h"
#include "troupe.h"

namespace troupe::bench {
namespace {

class Adder : public Actor {
 public:
  int64_t AddOne(int64_t i) { return i + 1; }
};
TROUPE_ACTOR(Adder, AddOne)

class Asker : public Actor {
 public:
  explicit Asker(Ref<Adder> adder) : adder_(std::move(adder)) {}
  Task<int64_t> CountTo(int64_t target) {
    int64_t i = 0;
    while (i < target) i = co_await adder_->AddOne(i);
    co_return i;
  }

 private:
  const Ref<Adder> adder_;
};
TROUPE_ACTOR(Asker, CountTo)

class Relay : public Actor {
 public:
  explicit Relay(Ref<Relay> next) : next_(std::move(next)) {}
  // `start` plus the number of relays from this one on.
  absl::StatusOr<int64_t> Count(int64_t start);

 private:
  const Ref<Relay> next_;
};
TROUPE_ACTOR(Relay, Count)

absl::StatusOr<int64_t> Relay::Count(int64_t start) {
  if (next_.is_null()) return start + 1;
  return next_->Count(start + 1).Get();
}

}  // namespace

double RunAsk(const LocalOptions& options, int outstanding, int64_t full) {
  const int64_t calls = options.Scaled(full);
  ActorSystem system(options.System());
  const auto adder = system.Spawn<Adder>();
  std::vector<Future<int64_t>> futures(outstanding);
  const Stopwatch watch;
  int64_t sum = 0;
  for (int64_t i = 0; i < calls + outstanding; ++i) {
    Future<int64_t>& slot = futures[i % outstanding];
    if (slot.valid()) sum += *std::move(slot).Get() - 1;
    if (i < calls) slot = adder->AddOne(i);
  }
  const double per_second = watch.PerSecond(calls);
  CHECK_EQ(sum, calls * (calls - 1) / 2);
  return per_second;
}

double RunActorAsk(const LocalOptions& options) {
  const int64_t calls = options.Scaled(2'000'000);
  ActorSystem system(options.System());
  const auto asker = system.Spawn<Asker>(system.Spawn<Adder>());
  const Stopwatch watch;
  CHECK_EQ(*asker->CountTo(calls).Get(), calls);
  return watch.PerSecond(calls);
}

double RunBlockingChain(const LocalOptions& options) {
  constexpr int kActors = 64;
  const int64_t chains = options.Scaled(2'000);
  ActorSystem system(options.System());
  Ref<Relay> first;
  for (int i = 0; i < kActors; ++i) first = system.Spawn<Relay>(first);
  CHECK_EQ(*first->Count(0).Get(), kActors);
  const Stopwatch watch;
  for (int64_t i = 0; i < chains; ++i) CHECK_EQ(*first->Count(i).Get(), i + kActors);
  return watch.PerSecond(chains * kActors);
}

}  // namespace troupe::bench

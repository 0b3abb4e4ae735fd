// The rows of local.cc that make many actors.

#include <malloc.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "glog/logging.h"
#include "tests/bench/local_rows.h"
#include "tests/bench/measure.h"
#include "troupe.h"

namespace troupe::bench {
namespace {

class Counter : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  explicit Counter(Ref<Consumer> consumer) : consumer_(std::move(consumer)) {}
  void Hit() { consumer_.Tell<&Consumer::Take>(1); }

 private:
  const Ref<Consumer> consumer_;
};
TROUPE_ACTOR(Counter, Hit)

class Branch : public Actor {
 public:
  // How many actors this one and those below it are; `levels` of them.
  Task<int64_t> Count(int levels);
};
TROUPE_ACTOR(Branch, Count)

Task<int64_t> Branch::Count(int levels) {
  int64_t count = 1;
  if (levels > 1) {
    Future<int64_t> left = Spawn<Branch>()->Count(levels - 1);
    Future<int64_t> right = Spawn<Branch>()->Count(levels - 1);
    count += co_await left;
    count += co_await right;
  }
  Stop();
  co_return count;
}

}  // namespace

double RunSpawn(const LocalOptions& options, double* bytes_per_actor) {
  const int64_t actors = options.Scaled(1'000'000);
  ActorSystem system(options.System());
  auto [done, future] = NewDone();
  const auto consumer =
      system.Spawn<Consumer>(SpawnOptions{.mailbox_capacity = 2'000'000}, actors, done);
  std::vector<Ref<Counter>> refs;
  refs.reserve(actors);
  malloc_trim(0);
  const int64_t before = ResidentBytes();
  const Stopwatch watch;
  for (int64_t i = 0; i < actors; ++i) {
    refs.push_back(system.Spawn<Counter>(consumer));
    refs.back().Tell<&Counter::Hit>();
  }
  CHECK_EQ(*future.Get(), actors);
  const double per_second = watch.PerSecond(actors);
  malloc_trim(0);
  *bytes_per_actor = static_cast<double>(ResidentBytes() - before) / static_cast<double>(actors);
  return per_second;
}

double RunForkJoin(const LocalOptions& options) {
  int levels = 1;
  while ((int64_t{1} << (levels + 1)) <= options.Scaled(int64_t{1} << 20)) ++levels;
  const int64_t actors = (int64_t{1} << levels) - 1;
  ActorSystem system(options.System());
  const Stopwatch watch;
  CHECK_EQ(*system.Spawn<Branch>()->Count(levels).Get(), actors);
  return watch.PerSecond(actors);
}

}  // namespace troupe::bench

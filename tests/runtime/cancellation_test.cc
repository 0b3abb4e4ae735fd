#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/event.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::HasSubstr;

class Worker : public Actor {
 public:
  Task<int64_t> Slow(absl::Duration time) {
    ++started;
    co_await Sleep(time);
    ++finished;
    co_return finished;
  }
  Task<std::string> Careful(absl::Duration time) {
    const absl::Status slept = co_await AsStatusOr(Sleep(time));
    seen_cancelled = context().cancelled();
    seen_status = slept.ToString();
    co_await Sleep(absl::Seconds(1));
    ++finished;
    co_return "not reached when cancelled";
  }
  int64_t Fast() { return ++started; }
  int64_t started = 0;
  int64_t finished = 0;
  bool seen_cancelled = false;
  std::string seen_status;
};
TROUPE_ACTOR(Worker, Slow, Careful, Fast, started, finished, seen_cancelled, seen_status)

class Boss : public Actor {
 public:
  explicit Boss(Ref<Worker> worker) : worker_(std::move(worker)) {}

  Task<int64_t> Await(absl::Duration time) { co_return co_await worker_->Slow(time); }
  absl::StatusOr<int64_t> Block(absl::Duration time) {
    auto result = worker_->Slow(time).Get();
    seen_cancelled = context().cancelled();
    return result;
  }
  Future<int64_t> HandOn(absl::Duration time) { return worker_->Slow(time); }
  Task<int64_t> AwaitDerived(absl::Duration time) {
    co_return co_await worker_->Slow(time).Map([](int64_t v) { return v + 1; });
  }
  Task<int64_t> AwaitJoined(absl::Duration time) {
    // Not in braces within the co_await: g++ 12 cannot compile that.
    std::vector<Future<int64_t>> calls = {worker_->Slow(time), worker_->Fast()};
    const std::vector<int64_t> all = co_await Join(std::move(calls));
    co_return all[0];
  }
  Task<int64_t> Deep(int depth, absl::Duration time) {
    if (depth == 0) co_return co_await Await(time);
    co_return co_await Deep(depth - 1, time);
  }
  bool seen_cancelled = false;

 private:
  const Ref<Worker> worker_;
};
TROUPE_ACTOR(Boss, Await, Block, HandOn, AwaitDerived, AwaitJoined, Deep, seen_cancelled)

class CancellationTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Worker> worker_ = manual_.system.Spawn<Worker>();
  const Ref<Boss> boss_ = manual_.system.Spawn<Boss>(worker_);
};

TEST_F(CancellationTest, EndsTheFutureAtOnceAndOnlyOnce) {
  const auto call = worker_->Slow(absl::Seconds(1));
  EXPECT_TRUE(call.Cancel());
  EXPECT_FALSE(call.Cancel());
  EXPECT_EQ(call.Get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(call.Get().status().ToString(), HasSubstr("Worker.Slow"));
}

TEST_F(CancellationTest, OfADoneCallChangesNothing) {
  const auto call = worker_->Fast();
  EXPECT_EQ(*call.Get(), 1);
  EXPECT_FALSE(call.Cancel());
  EXPECT_EQ(*call.Get(), 1);
}

TEST_F(CancellationTest, QueuedWorkIsNotStarted) {
  const auto slow = worker_->Slow(absl::Seconds(10));
  const auto queued = worker_->Fast();
  const auto kept = worker_->Fast();
  manual_.Run();
  EXPECT_TRUE(queued.Cancel());
  EXPECT_EQ(*kept.Get(), 2);
  EXPECT_EQ(queued.Get().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(CancellationTest, ASuspendedMethodEndsAtItsAwaitAndTheActorGoesOn) {
  const auto call = worker_->Slow(absl::Seconds(10));
  manual_.Run();
  EXPECT_TRUE(call.Cancel());
  EXPECT_EQ(*worker_->Fast().Get(), 2);
  EXPECT_EQ(manual_.elapsed(), absl::ZeroDuration());
  manual_.RunFor(absl::Seconds(20));
  EXPECT_EQ(*worker_->finished().Get(), 0);
}

TEST_F(CancellationTest, AMethodThatWantsTheStatusSeesItAndEndsAtItsNextAwait) {
  const auto call = worker_->Careful(absl::Seconds(10));
  manual_.Run();
  EXPECT_TRUE(call.Cancel());
  EXPECT_TRUE(*worker_->seen_cancelled().Get());
  EXPECT_THAT(*worker_->seen_status().Get(), HasSubstr("CANCELLED"));
  EXPECT_EQ(*worker_->finished().Get(), 0);
  EXPECT_EQ(manual_.elapsed(), absl::ZeroDuration());
}

TEST_F(CancellationTest, TravelsWithNestedCallsHoweverTheyAreAwaited) {
  using Start = std::function<Future<int64_t>()>;
  const absl::Duration time = absl::Seconds(60);
  const std::vector<Start> starts = {
      [&] { return boss_->Await(time); },       [&] { return boss_->Block(time); },
      [&] { return boss_->HandOn(time); },      [&] { return boss_->AwaitDerived(time); },
      [&] { return boss_->AwaitJoined(time); }, [&] { return boss_->Deep(5, time); },
  };
  for (size_t i = 0; i < starts.size(); ++i) {
    const auto call = starts[i]();
    manual_.Run();
    EXPECT_TRUE(call.Cancel());
    EXPECT_EQ(call.Get().status().code(), absl::StatusCode::kCancelled);
    EXPECT_TRUE(worker_->Fast().Get().ok()) << i;
    EXPECT_TRUE(boss_->seen_cancelled().Get().ok()) << i;
    EXPECT_EQ(manual_.elapsed(), absl::ZeroDuration()) << "start " << i << " was not given up";
  }
  EXPECT_EQ(*worker_->finished().Get(), 0);
  EXPECT_TRUE(*boss_->seen_cancelled().Get()) << "of the blocking method";
}

TEST_F(CancellationTest, LettingGoOfAFutureCancelsNothing) {
  (void)worker_->Slow(absl::Seconds(1));
  manual_.RunFor(absl::Seconds(2));
  EXPECT_EQ(*worker_->finished().Get(), 1);
}

TEST_F(CancellationTest, GivingUpAWaitCancelsNothing) {
  const auto call = worker_->Slow(absl::Seconds(5));
  EXPECT_FALSE(call.Wait(absl::Seconds(1)));
  EXPECT_EQ(*call.Get(), 1);
}

TEST_F(CancellationTest, AtAnyMomentTheCallHasOneOutcomeAndTheActorsGoOn) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (size_t steps = 0; steps < 12; ++steps) {
      ManualSystem manual(seed);
      const auto worker = manual.system.Spawn<Worker>();
      const auto boss = manual.system.Spawn<Boss>(worker);
      const auto call = boss->Await(absl::ZeroDuration());
      manual.executor.RunUntilIdle(steps);
      const bool cancelled = call.Cancel();
      EXPECT_EQ(call.Get().ok(), !cancelled);
      EXPECT_TRUE(worker->Fast().Get().ok());
      EXPECT_TRUE(boss->seen_cancelled().Get().ok());
    }
  }
}

// Keeps a future of one call, and gives it to the callers of others.
class Keeper : public Actor {
 public:
  explicit Keeper(Ref<Worker> worker) : worker_(std::move(worker)) {}
  void Begin(absl::Duration time) { kept_ = worker_->Slow(time); }
  Future<int64_t> Fetch() { return kept_; }

 private:
  const Ref<Worker> worker_;
  Future<int64_t> kept_;
};
TROUPE_ACTOR(Keeper, Begin, Fetch)

TEST_F(CancellationTest, AFutureOfAnEarlierCallMayBeHandedOnToMany) {
  const auto keeper = manual_.system.Spawn<Keeper>(worker_);
  const auto begun = keeper->Begin(absl::Seconds(1));
  std::vector<Future<int64_t>> fetched;
  for (int i = 0; i < 5; ++i) fetched.push_back(keeper->Fetch());
  manual_.Run();
  for (const auto& call : fetched) EXPECT_EQ(*call.Get(), 1);
  EXPECT_TRUE(begun.Get().ok());
}

TEST_F(CancellationTest, OfACallThatWasHandedOnCancelsItsSource) {
  const auto keeper = manual_.system.Spawn<Keeper>(worker_);
  const auto begun = keeper->Begin(absl::Seconds(60));
  const auto first = keeper->Fetch();
  const auto second = keeper->Fetch();
  manual_.Run();
  EXPECT_TRUE(first.Cancel());
  EXPECT_EQ(second.Get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(worker_->Fast().Get().ok());
  EXPECT_EQ(manual_.elapsed(), absl::ZeroDuration());
}

// With threads: the method really runs while it is cancelled.
class Poller : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  explicit Poller(std::reference_wrapper<Event> running) : running_(running) {}
  std::string RunUntilCancelled() {
    running_.Set();
    while (!context().cancelled()) std::this_thread::yield();
    ++noticed;
    return "too late";
  }
  int64_t noticed = 0;

 private:
  Event& running_;
};
TROUPE_ACTOR(Poller, RunUntilCancelled, noticed)

TEST(CancellationWithThreadsTest, ARunningMethodSeesIt) {
  Event running;
  ActorSystem system({.threads = 2});
  const auto poller = system.Spawn<Poller>(std::ref(running));
  const auto call = poller->RunUntilCancelled();
  running.Wait();
  EXPECT_TRUE(call.Cancel());
  EXPECT_EQ(call.Get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(*poller->noticed().Get(), 1);
}

TEST(CancellationWithThreadsTest, AgainstAnswersThereIsOneOutcomeEach) {
  ActorSystem system({.threads = 2});
  const auto worker = system.Spawn<Worker>();
  std::vector<Ref<Boss>> bosses;
  for (int i = 0; i < 4; ++i) bosses.push_back(system.Spawn<Boss>(worker));
  int64_t answered = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<Future<int64_t>> calls;
    for (const auto& boss : bosses) calls.push_back(boss->Deep(2, absl::ZeroDuration()));
    for (size_t i = 0; i < calls.size(); ++i) {
      if ((round + i) % 3 == 0) continue;
      const bool cancelled = calls[i].Cancel();
      EXPECT_EQ(calls[i].Get().ok(), !cancelled);
    }
    for (auto& call : calls) {
      const absl::Status status = call.Get().status();
      EXPECT_TRUE(status.ok() || absl::IsCancelled(status)) << status;
      answered += status.ok();
    }
  }
  EXPECT_GE(answered, 300);
  EXPECT_GE(*worker->finished().Get(), answered);
}

}  // namespace
}  // namespace troupe

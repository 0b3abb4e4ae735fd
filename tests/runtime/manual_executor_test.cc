#include "runtime/testing/manual_executor.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/testing/virtual_clock.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe {
namespace {

using testing::OneShot;

TEST(ManualExecutorTest, RunsNothingUntilStepped) {
  ManualExecutor executor;
  int ran = 0;
  executor.Schedule(OneShot::Make([&] { ++ran; }));
  executor.Schedule(OneShot::Make([&] { ++ran; }));
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(executor.pending(), 2u);
  EXPECT_TRUE(executor.RunOne());
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(executor.RunUntilIdle(), 1u);
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(executor.RunOne());
}

TEST(ManualExecutorTest, FifoOrderIsTheOrderScheduled) {
  ManualExecutor executor;
  std::vector<int> order;
  for (int i = 0; i < 10; ++i) executor.Schedule(OneShot::Make([&, i] { order.push_back(i); }));
  EXPECT_EQ(executor.RunUntilIdle(), 10u);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(ManualExecutorTest, RunUntilIdleStopsAtItsLimit) {
  ManualExecutor executor;
  Runnable* self = nullptr;
  int turns = 0;
  bool stop = false;
  testing::FunctionRunnable forever([&] {
    ++turns;
    if (!stop) executor.ScheduleLast(self);
  });
  self = &forever;
  executor.Schedule(&forever);
  EXPECT_EQ(executor.RunUntilIdle(100), 100u);
  EXPECT_EQ(turns, 100);
  stop = true;
  EXPECT_EQ(executor.RunUntilIdle(), 1u);
}

// Askers that block on answerers, and what order all of it happened in.
std::vector<std::string> RecordARun(uint64_t seed) {
  ManualExecutor::Options options;
  options.seed = seed;
  options.order = ManualExecutor::Order::kSeeded;
  ManualExecutor executor(options);
  std::vector<std::string> record;  // no lock: one thread at a time
  std::vector<Event> answers(6);
  for (int i = 0; i < 6; ++i) {
    executor.Schedule(OneShot::Make([&, i] {
      record.push_back("ask " + std::to_string(i));
      executor.Schedule(OneShot::Make([&, i] {
        record.push_back("answer " + std::to_string(i));
        answers[i].Set();
      }));
      EXPECT_TRUE(executor.Await(answers[i], absl::InfiniteFuture()));
      record.push_back("got " + std::to_string(i));
    }));
  }
  executor.RunUntilIdle();
  EXPECT_EQ(record.size(), 18u);
  return record;
}

TEST(ManualExecutorTest, TheSameSeedGivesTheSameOrder) {
  const std::vector<std::string> first = RecordARun(42);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(RecordARun(42), first);
}

TEST(ManualExecutorTest, OtherSeedsGiveOtherOrders) {
  const std::vector<std::string> first = RecordARun(1);
  int different = 0;
  for (uint64_t seed = 2; seed < 12; ++seed) different += RecordARun(seed) != first ? 1 : 0;
  EXPECT_GT(different, 5);
}

TEST(ManualExecutorTest, AChainOf64BlockedTurnsCompletes) {
  ManualExecutor executor;
  constexpr int kLength = 64;
  std::vector<Event> done(kLength);
  std::function<void(int)> run = [&](int i) {
    if (i + 1 < kLength) {
      executor.Schedule(OneShot::Make([&, i] { run(i + 1); }));
      EXPECT_TRUE(executor.Await(done[i + 1], absl::InfiniteFuture()));
    }
    done[i].Set();
  };
  executor.Schedule(OneShot::Make([&] { run(0); }));
  EXPECT_TRUE(executor.Await(done[0], absl::InfiniteFuture()));
  EXPECT_EQ(executor.blocked(), 0u);
}

TEST(ManualExecutorTest, ABlockedTurnGoesOnWhileALaterOneIsStillBlocked) {
  ManualExecutor executor;
  Event first, second;
  std::vector<int> order;
  executor.Schedule(OneShot::Make([&] {
    executor.Await(first, absl::InfiniteFuture());
    order.push_back(1);
    second.Set();
  }));
  executor.Schedule(OneShot::Make([&] {
    executor.Await(second, absl::InfiniteFuture());
    order.push_back(2);
  }));
  executor.RunUntilIdle();
  EXPECT_EQ(executor.blocked(), 2u);
  first.Set();
  EXPECT_EQ(executor.RunUntilIdle(), 2u);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(ManualExecutorTest, RunOneEndsWhenItsTurnBlocks) {
  ManualExecutor executor;
  Event event;
  bool over = false;
  executor.Schedule(OneShot::Make([&] {
    executor.Await(event, absl::InfiniteFuture());
    over = true;
  }));
  EXPECT_TRUE(executor.RunOne());
  EXPECT_FALSE(executor.RunOne());
  event.Set();
  EXPECT_TRUE(executor.RunOne());
  EXPECT_TRUE(over);
}

TEST(ManualExecutorTest, AwaitOutsideOfATurnReturnsFalseWhenNothingCanHappen) {
  ManualExecutor executor;
  Event never;
  executor.Schedule(OneShot::Make([] {}));
  EXPECT_FALSE(executor.Await(never, absl::InfiniteFuture()));
  EXPECT_EQ(executor.pending(), 0u);
  VirtualClock clock;
  ManualExecutor::Options options;
  options.clock = &clock;
  ManualExecutor timed(options);
  EXPECT_FALSE(timed.Await(never, absl::InfiniteFuture()));
}

TEST(ManualExecutorTest, AwaitOutsideOfATurnMovesTheTimeUpToItsDeadline) {
  VirtualClock clock;
  ManualExecutor::Options options;
  options.clock = &clock;
  ManualExecutor executor(options);
  const absl::Time start = clock.Now();
  Event event;
  clock.ScheduleAt(start + absl::Seconds(10),
                   [&] { executor.Schedule(OneShot::Make([&] { event.Set(); })); });
  EXPECT_FALSE(executor.Await(event, start + absl::Seconds(3)));
  EXPECT_EQ(clock.Now(), start + absl::Seconds(3));
  EXPECT_TRUE(executor.Await(event, start + absl::Hours(3)));
  EXPECT_EQ(clock.Now(), start + absl::Seconds(10));
}

TEST(ManualExecutorTest, AwaitInATurnEndsAtItsDeadlineInVirtualTime) {
  VirtualClock clock;
  ManualExecutor::Options options;
  options.clock = &clock;
  ManualExecutor executor(options);
  const absl::Time deadline = clock.Now() + absl::Seconds(2);
  Event never;
  absl::Time ended;
  executor.Schedule(OneShot::Make([&] {
    EXPECT_FALSE(executor.Await(never, deadline));
    ended = clock.Now();
  }));
  executor.RunUntilIdle();
  EXPECT_EQ(executor.blocked(), 1u);
  executor.RunFor(absl::Seconds(5));
  EXPECT_EQ(ended, deadline);
  EXPECT_EQ(clock.Now(), deadline + absl::Seconds(3));
}

TEST(ManualExecutorTest, RunForRunsTimersAndTheTurnsTheySchedule) {
  VirtualClock clock;
  ManualExecutor::Options options;
  options.clock = &clock;
  ManualExecutor executor(options);
  int beats = 0;
  std::function<void()> beat = [&] {
    ++beats;
    clock.ScheduleAt(clock.Now() + absl::Seconds(1),
                     [&] { executor.Schedule(OneShot::Make([&] { beat(); })); });
  };
  executor.Schedule(OneShot::Make([&] { beat(); }));
  EXPECT_EQ(executor.RunFor(absl::Seconds(10)), 11u);
  EXPECT_EQ(beats, 11);
}

TEST(ManualExecutorTest, ShutdownReleasesTurnsThatAreBlockedForEver) {
  Event never;
  bool set = true;
  {
    ManualExecutor executor;
    executor.Schedule(OneShot::Make([&] { set = executor.Await(never, absl::InfiniteFuture()); }));
    executor.RunUntilIdle();
  }
  EXPECT_FALSE(set);
}

TEST(ManualExecutorTest, ScheduleAfterShutdownRunsOnTheCallingThread) {
  ManualExecutor executor;
  executor.Shutdown();
  bool ran = false;
  executor.Schedule(OneShot::Make([&] { ran = true; }));
  EXPECT_TRUE(ran);
}

TEST(ManualExecutorTest, IsCurrentInItsTurnsAndOnTheThreadThatMadeIt) {
  {
    ManualExecutor executor;
    Executor* in_turn = nullptr;
    executor.Schedule(OneShot::Make([&] { in_turn = Executor::Current(); }));
    executor.RunUntilIdle();
    EXPECT_EQ(in_turn, &executor);
    EXPECT_EQ(Executor::Current(), &executor);
    std::thread other([] { EXPECT_EQ(Executor::Current(), nullptr); });
    other.join();
  }
  EXPECT_EQ(Executor::Current(), nullptr);
}

TEST(ManualExecutorTest, OneThreadRunsAtAnyInstant) {
  ManualExecutor::Options options;
  options.order = ManualExecutor::Order::kSeeded;
  ManualExecutor executor(options);
  constexpr int kTurns = 50;
  int counter = 0;  // not atomic: the baton orders all accesses
  std::vector<Event> events(kTurns);
  for (int i = 0; i < kTurns; ++i) {
    executor.Schedule(OneShot::Make([&, i] {
      ++counter;
      if (i > 0) executor.Await(events[i - 1], absl::InfiniteFuture());
      ++counter;
      events[i].Set();
    }));
  }
  executor.RunUntilIdle();
  EXPECT_EQ(counter, 2 * kTurns);
}

}  // namespace
}  // namespace troupe

#include "runtime/dedicated_executor.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/steady_clock.h"
#include "runtime/thread_pool.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe {
namespace {

using testing::Latch;
using testing::OneShot;

TEST(DedicatedExecutorTest, RunsInOrderOnOneThreadOfItsOwn) {
  SteadyClock clock;
  DedicatedExecutor executor(&clock);
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  for (int i = 0; i < 100; ++i) {
    executor.Schedule(OneShot::Make([&, i] {
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
      EXPECT_EQ(Executor::Current(), &executor);
    }));
  }
  executor.Shutdown();
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(order[i], i);
    EXPECT_EQ(threads[i], threads[0]);
    EXPECT_NE(threads[i], std::this_thread::get_id());
  }
}

TEST(DedicatedExecutorTest, WakesForEachOfManyTurns) {
  SteadyClock clock;
  DedicatedExecutor executor(&clock);
  for (int i = 0; i < 2000; ++i) {
    Event done;
    executor.Schedule(OneShot::Make([&] { done.Set(); }));
    done.Wait();
  }
}

TEST(DedicatedExecutorTest, AwaitWaitsForAnEventThatAnotherExecutorSets) {
  SteadyClock clock;
  ThreadPool pool(&clock);
  DedicatedExecutor executor(&clock);
  bool set = false;
  executor.Schedule(OneShot::Make([&] {
    Event answered;
    pool.Schedule(OneShot::Make([&] { answered.Set(); }));
    set = executor.Await(answered, absl::InfiniteFuture());
  }));
  executor.Shutdown();
  EXPECT_TRUE(set);
}

TEST(DedicatedExecutorTest, AwaitReturnsFalseAtItsDeadline) {
  SteadyClock clock;
  DedicatedExecutor executor(&clock);
  Event never;
  EXPECT_FALSE(executor.Await(never, clock.Now() + absl::Milliseconds(1)));
  EXPECT_FALSE(executor.Await(never, absl::InfinitePast()));
}

TEST(DedicatedExecutorTest, ShutdownRunsWhatTurnsSchedule) {
  SteadyClock clock;
  DedicatedExecutor executor(&clock);
  std::atomic<int> ran{0};
  executor.Schedule(OneShot::Make([&] {
    executor.ScheduleLast(OneShot::Make([&] {
      executor.Schedule(OneShot::Make([&] { ++ran; }));
      ++ran;
    }));
  }));
  executor.Shutdown();
  executor.Shutdown();
  EXPECT_EQ(ran, 2);
}

TEST(DedicatedExecutorTest, ScheduleAfterShutdownRunsOnTheCallingThread) {
  SteadyClock clock;
  DedicatedExecutor executor(&clock);
  executor.Shutdown();
  bool ran = false;
  executor.Schedule(OneShot::Make([&] { ran = true; }));
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace troupe

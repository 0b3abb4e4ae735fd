// Executor::ScheduleWhenDry on the thread pool.

#include <atomic>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/steady_clock.h"
#include "runtime/thread_pool.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe {
namespace {

using testing::FunctionRunnable;
using testing::Latch;
using testing::OneShot;
using testing::WaitUntil;

ThreadPool::Options WithThreads(int threads) {
  ThreadPool::Options options;
  options.threads = threads;
  return options;
}

TEST(WhenDryTest, RunsBehindWhatTheQueuedTurnsSchedule) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  std::vector<std::string> order;
  Event done;
  pool.Schedule(OneShot::Make([&] {
    pool.ScheduleWhenDry(OneShot::Make([&] {
      order.push_back("dry");
      done.Set();
    }));
    pool.ScheduleLast(OneShot::Make([&] {
      order.push_back("queued");
      pool.Schedule(OneShot::Make([&] { order.push_back("scheduled by it"); }));
    }));
  }));
  done.Wait();
  EXPECT_EQ(order, (std::vector<std::string>{"queued", "scheduled by it", "dry"}));
}

TEST(WhenDryTest, WakesNobody) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  Latch started(2);
  for (int i = 0; i < 2; ++i) {
    pool.Schedule(OneShot::Make([&] { started.CountDown(); }));
  }
  started.Wait();
  WaitUntil([&] { return pool.stats().idle == pool.stats().threads; });
  const uint64_t wake_ups = pool.stats().wake_ups;
  Event done;
  pool.Schedule(OneShot::Make([&] { pool.ScheduleWhenDry(OneShot::Make([&] { done.Set(); })); }));
  done.Wait();
  EXPECT_LE(pool.stats().wake_ups, wake_ups + 1);  // for the first turn
}

TEST(WhenDryTest, ATurnThatGoesOnForLongDoesNotHoldItUp) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  std::atomic<bool> ran{false};
  Event done;
  pool.Schedule(OneShot::Make([&] {
    pool.ScheduleWhenDry(OneShot::Make([&] { ran.store(true); }));
    WaitUntil([&] { return ran.load(); });
    done.Set();
  }));
  done.Wait();
}

TEST(WhenDryTest, ATurnThatBlocksHandsItOver) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  Event ran;
  Event done;
  pool.Schedule(OneShot::Make([&] {
    pool.ScheduleWhenDry(OneShot::Make([&] { ran.Set(); }));
    EXPECT_TRUE(pool.Await(ran, absl::InfiniteFuture()));
    done.Set();
  }));
  done.Wait();
}

TEST(WhenDryTest, AnEndlessQueueDoesNotStarveIt) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  std::atomic<bool> ran{false};
  Event done;
  FunctionRunnable again([&] {
    if (ran.load()) {
      done.Set();
    } else {
      pool.ScheduleLast(&again);
    }
  });
  pool.Schedule(OneShot::Make([&] {
    pool.ScheduleWhenDry(OneShot::Make([&] { ran.store(true); }));
    pool.ScheduleLast(&again);
  }));
  done.Wait();
}

TEST(WhenDryTest, SeveralAllRun) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  constexpr int kCount = 1000;
  Latch latch(kCount);
  pool.Schedule(OneShot::Make([&] {
    for (int i = 0; i < kCount; ++i) {
      pool.ScheduleWhenDry(OneShot::Make([&] { latch.CountDown(); }));
    }
  }));
  latch.Wait();
}

TEST(WhenDryTest, FromOutsideItIsScheduledAsUsual) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  Event done;
  pool.ScheduleWhenDry(OneShot::Make([&] { done.Set(); }));
  done.Wait();
}

}  // namespace
}  // namespace troupe

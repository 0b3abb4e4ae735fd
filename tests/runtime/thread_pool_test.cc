#include "runtime/thread_pool.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/mutex.h"
#include "runtime/steady_clock.h"
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

// Until all workers sleep and the monitor has stopped: two looks at the ticks, further apart than a
// tick.
void WaitUntilAtRest(ThreadPool& pool) {
  WaitUntil([&] { return pool.stats().running == 0; });
  uint64_t ticks;
  do {
    ticks = pool.stats().monitor_ticks;
    Event never;
    never.WaitFor(absl::Milliseconds(20));
  } while (pool.stats().monitor_ticks != ticks);
}

TEST(ThreadPoolTest, RunsWhatIsScheduledFromOutside) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  Latch latch(100);
  for (int i = 0; i < 100; ++i) pool.Schedule(OneShot::Make([&] { latch.CountDown(); }));
  latch.Wait();
}

TEST(ThreadPoolTest, HasOneThreadForEachHardwareThreadByDefault) {
  SteadyClock clock;
  ThreadPool pool(&clock);
  EXPECT_EQ(pool.threads(), std::max(1u, std::thread::hardware_concurrency()));
}

TEST(ThreadPoolTest, StartsNoThreadBeforeThereIsWork) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(4));
  EXPECT_EQ(pool.stats().threads, 0);
}

TEST(ThreadPoolTest, CurrentIsThePoolInATurnAndNullOutside) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  Executor* seen = nullptr;
  Event done;
  pool.Schedule(OneShot::Make([&] {
    seen = Executor::Current();
    done.Set();
  }));
  done.Wait();
  EXPECT_EQ(seen, &pool);
  EXPECT_EQ(Executor::Current(), nullptr);
}

TEST(ThreadPoolTest, PingPongInsideThePoolWakesNobody) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(4));
  constexpr int kTurns = 10'000;
  Event done;
  std::atomic<int> turns{0};
  Runnable* ping_address = nullptr;
  FunctionRunnable pong([&] { pool.Schedule(ping_address); });
  FunctionRunnable ping([&] {
    if (++turns == kTurns) {
      done.Set();
    } else {
      pool.Schedule(&pong);
    }
  });
  ping_address = &ping;
  pool.Schedule(&ping);
  done.Wait();
  const ThreadPool::Stats stats = pool.stats();
  EXPECT_EQ(stats.wake_ups, 0u);
  // One, unless the machine was so busy that the monitor took a turn for a long one.
  if (stats.stalls + stats.rescues == 0) {
    EXPECT_EQ(stats.threads_started, 1u);
  }
}

TEST(ThreadPoolTest, TheSlotForTheLastScheduledDoesNotStarveTheQueue) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  Event done;
  std::atomic<bool> other_ran{false};
  Runnable* ping_address = nullptr;
  FunctionRunnable pong([&] { pool.Schedule(ping_address); });
  FunctionRunnable ping([&] {
    if (other_ran) {
      done.Set();
    } else {
      pool.Schedule(&pong);
    }
  });
  ping_address = &ping;
  FunctionRunnable other([&] { other_ran = true; });
  FunctionRunnable start([&] {
    pool.ScheduleLast(&other);
    pool.Schedule(&ping);
  });
  pool.Schedule(&start);
  done.Wait();
  pool.Shutdown();
}

TEST(ThreadPoolTest, ABusyQueueDoesNotStarveWhatComesFromOutside) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  std::atomic<bool> stop{false};
  Runnable* self = nullptr;
  FunctionRunnable busy([&] {
    if (!stop) pool.Schedule(self);
  });
  self = &busy;
  pool.Schedule(&busy);
  Event done;
  pool.Schedule(OneShot::Make([&] { done.Set(); }));
  done.Wait();
  stop = true;
  pool.Shutdown();
}

TEST(ThreadPoolTest, ScheduleLastRunsAfterWhatIsQueued) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  std::vector<int> order;
  Latch latch(3);
  pool.Schedule(OneShot::Make([&] {
    for (int i = 0; i < 2; ++i) {
      pool.ScheduleLast(OneShot::Make([&, i] {
        order.push_back(i);
        latch.CountDown();
      }));
    }
    pool.ScheduleLast(OneShot::Make([&] {
      order.push_back(2);
      latch.CountDown();
    }));
  }));
  latch.Wait();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(ThreadPoolTest, AFullLocalQueueOverflowsAndLosesNothing) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  constexpr int kCount = 10'000;
  Latch latch(kCount);
  pool.Schedule(OneShot::Make([&] {
    for (int i = 0; i < kCount; ++i) pool.Schedule(OneShot::Make([&] { latch.CountDown(); }));
  }));
  latch.Wait();
  EXPECT_GT(pool.stats().overflows, 0u);
}

TEST(ThreadPoolTest, SurplusWorkIsStolen) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  // Two turns that each need the other to run at the same time, on two threads, without blocking in
  // Await.
  std::atomic<int> met{0};
  Latch latch(2);
  auto meet = [&] {
    ++met;
    WaitUntil([&] { return met == 2; });
    latch.CountDown();
  };
  pool.Schedule(OneShot::Make([&] {
    pool.Schedule(OneShot::Make(meet));
    pool.Schedule(OneShot::Make(meet));
  }));
  latch.Wait();
}

TEST(ThreadPoolTest, AChainOf64BlockedTurnsCompletesWithOneThread) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  constexpr int kLength = 64;
  std::vector<Event> done(kLength);
  std::vector<std::unique_ptr<FunctionRunnable>> chain;
  for (int i = 0; i < kLength; ++i) {
    chain.push_back(std::make_unique<FunctionRunnable>([&, i] {
      if (i + 1 < kLength) {
        pool.Schedule(chain[i + 1].get());
        EXPECT_TRUE(pool.Await(done[i + 1], absl::InfiniteFuture()));
      }
      done[i].Set();
    }));
  }
  pool.Schedule(chain[0].get());
  done[0].Wait();
  pool.Shutdown();
  EXPECT_EQ(pool.stats().awaits, kLength - 1u);
  EXPECT_EQ(pool.stats().blocked, 0);
}

TEST(ThreadPoolTest, ATurnMayAwaitManyTimes) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  Event all_done;
  pool.Schedule(OneShot::Make([&] {
    for (int i = 0; i < 1000; ++i) {
      Event answered;
      pool.Schedule(OneShot::Make([&] { answered.Set(); }));
      EXPECT_TRUE(pool.Await(answered, absl::InfiniteFuture()));
    }
    all_done.Set();
  }));
  all_done.Wait();
  EXPECT_LE(pool.stats().threads_started, 3u + pool.stats().stalls);
}

TEST(ThreadPoolTest, AwaitReturnsFalseAtItsDeadline) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  Event never;
  EXPECT_FALSE(pool.Await(never, absl::InfinitePast()));
  EXPECT_FALSE(pool.Await(never, clock.Now() + absl::Milliseconds(5)));
  bool in_turn = true;
  Event done;
  pool.Schedule(OneShot::Make([&] {
    in_turn = pool.Await(never, clock.Now() + absl::Milliseconds(5));
    done.Set();
  }));
  done.Wait();
  EXPECT_FALSE(in_turn);
}

TEST(ThreadPoolTest, ATurnBlockedInASystemCallDoesNotStopTheOthers) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  Event begun, read_done;
  pool.Schedule(OneShot::Make([&] {
    begun.Set();
    char c;
    EXPECT_EQ(read(fds[0], &c, 1), 1);
    read_done.Set();
  }));
  begun.Wait();
  Latch latch(10);
  for (int i = 0; i < 10; ++i) pool.Schedule(OneShot::Make([&] { latch.CountDown(); }));
  latch.Wait();
  EXPECT_FALSE(read_done.IsSet());
  EXPECT_GE(pool.stats().stalls, 1u);
  ASSERT_EQ(write(fds[1], "x", 1), 1);
  read_done.Wait();
  pool.Shutdown();
  close(fds[0]);
  close(fds[1]);
}

TEST(ThreadPoolTest, WhatAStalledTurnScheduledLastRunsElsewhere) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  Event done;
  pool.Schedule(OneShot::Make([&] {
    Event answered;
    // In the slot before the stall, then scheduled again while stalled.
    pool.Schedule(OneShot::Make([&] { answered.Set(); }));
    answered.Wait();  // plainly: the pool is not told
    WaitUntil([&] { return pool.stats().stalls > 0; });
    Event again;
    pool.Schedule(OneShot::Make([&] { again.Set(); }));
    again.Wait();
    done.Set();
  }));
  done.Wait();
}

TEST(ThreadPoolTest, TurnsThatComputeForLongLetShortOnesThrough) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(1));
  std::atomic<bool> stop{false};
  Latch ended(3);
  for (int i = 0; i < 3; ++i) {
    pool.Schedule(OneShot::Make([&] {
      WaitUntil([&] { return stop.load(); });
      ended.CountDown();
    }));
  }
  Event done;
  pool.Schedule(OneShot::Make([&] { done.Set(); }));
  done.Wait();
  stop = true;
  ended.Wait();
}

TEST(ThreadPoolTest, NothingTicksOrWakesWhileIdle) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  Event done;
  pool.Schedule(OneShot::Make([&] { done.Set(); }));
  done.Wait();
  WaitUntilAtRest(pool);
  const ThreadPool::Stats before = pool.stats();
  Event never;
  never.WaitFor(absl::Milliseconds(100));
  const ThreadPool::Stats after = pool.stats();
  EXPECT_EQ(after.monitor_ticks, before.monitor_ticks);
  EXPECT_EQ(after.wake_ups, before.wake_ups);
  EXPECT_EQ(after.steals, before.steals);
}

TEST(ThreadPoolTest, NothingTicksWhileATurnIsBlocked) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  Event release, done;
  pool.Schedule(OneShot::Make([&] {
    pool.Await(release, absl::InfiniteFuture());
    done.Set();
  }));
  WaitUntil([&] { return pool.stats().blocked == 1; });
  WaitUntilAtRest(pool);
  release.Set();
  done.Wait();
}

TEST(ThreadPoolTest, SurplusThreadsEnd) {
  SteadyClock clock;
  ThreadPool::Options options = WithThreads(1);
  options.idle_thread_timeout = absl::Milliseconds(1);
  ThreadPool pool(&clock, options);
  constexpr int kBlocked = 16;
  Event release;
  Latch begun(kBlocked);
  Latch ended(kBlocked);
  for (int i = 0; i < kBlocked; ++i) {
    pool.Schedule(OneShot::Make([&] {
      begun.CountDown();
      pool.Await(release, absl::InfiniteFuture());
      ended.CountDown();
    }));
  }
  begun.Wait();
  EXPECT_GE(pool.stats().threads, kBlocked);
  release.Set();
  ended.Wait();
  WaitUntil([&] { return pool.stats().threads == 1; });
  // Their slots serve again.
  Event done;
  pool.Schedule(OneShot::Make([&] { done.Set(); }));
  done.Wait();
}

TEST(ThreadPoolTest, AtTheThreadLimitWorkWaitsAndThenRuns) {
  SteadyClock clock;
  ThreadPool::Options options = WithThreads(1);
  options.max_threads = 2;
  ThreadPool pool(&clock, options);
  Event release;
  Latch ended(2);
  for (int i = 0; i < 2; ++i) {
    pool.Schedule(OneShot::Make([&] {
      pool.Await(release, absl::InfiniteFuture());
      ended.CountDown();
    }));
  }
  WaitUntil([&] { return pool.stats().blocked == 2; });
  Event done;
  pool.Schedule(OneShot::Make([&] { done.Set(); }));
  WaitUntil([&] { return pool.stats().at_thread_limit > 0; });
  EXPECT_FALSE(done.IsSet());
  EXPECT_EQ(pool.stats().threads, 2);
  release.Set();
  ended.Wait();
  done.Wait();
}

TEST(ThreadPoolTest, ShutdownRunsEverythingScheduledBefore) {
  SteadyClock clock;
  std::atomic<int> ran{0};
  ThreadPool pool(&clock, WithThreads(2));
  for (int i = 0; i < 1000; ++i) {
    pool.Schedule(OneShot::Make([&] { pool.Schedule(OneShot::Make([&] { ++ran; })); }));
  }
  pool.Shutdown();
  EXPECT_EQ(ran, 1000);
  EXPECT_EQ(pool.stats().threads, 0);
  pool.Shutdown();
}

TEST(ThreadPoolTest, ShutdownWaitsForBlockedTurnsAndEndsParkedThreads) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  constexpr int kBlocked = 8;
  Event release;
  std::atomic<int> ended{0};
  for (int i = 0; i < kBlocked; ++i) {
    pool.Schedule(OneShot::Make([&] {
      pool.Await(release, absl::InfiniteFuture());
      ++ended;
    }));
  }
  WaitUntil([&] { return pool.stats().blocked == kBlocked; });
  const Clock::TimerId timer =
      clock.ScheduleAt(clock.Now() + absl::Milliseconds(10), [&] { release.Set(); });
  EXPECT_NE(timer, 0u);
  pool.Shutdown();
  EXPECT_EQ(ended, kBlocked);
  EXPECT_EQ(pool.stats().threads, 0);
}

TEST(ThreadPoolTest, ScheduleAfterShutdownRunsOnTheCallingThread) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  pool.Shutdown();
  std::vector<int> order;
  pool.Schedule(OneShot::Make([&] {
    pool.Schedule(OneShot::Make([&] { order.push_back(2); }));
    order.push_back(1);
  }));
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(ThreadPoolTest, AnIdlePoolIsDestroyedCleanly) {
  SteadyClock clock;
  for (int i = 0; i < 20; ++i) {
    ThreadPool pool(&clock, WithThreads(3));
    Event done;
    pool.Schedule(OneShot::Make([&] { done.Set(); }));
    done.Wait();
  }
}

}  // namespace
}  // namespace troupe

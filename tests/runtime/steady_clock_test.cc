#include "runtime/steady_clock.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/event.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe {
namespace {

TEST(SteadyClockTest, NowNeverGoesBackAndStartsAtTheWallClock) {
  const absl::Time before = absl::Now();
  SteadyClock clock;
  absl::Time last = clock.Now();
  EXPECT_GE(last, before - absl::Seconds(1));
  for (int i = 0; i < 1000; ++i) {
    const absl::Time now = clock.Now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SteadyClockTest, CoarseTimeLagsBehindAndNeverGoesBack) {
  SteadyClock clock;
  int64_t last = clock.CoarseUnixNanos();
  for (int i = 0; i < 1000; ++i) {
    const int64_t coarse = clock.CoarseUnixNanos();
    EXPECT_GE(coarse, last);
    EXPECT_LE(coarse, absl::ToUnixNanos(clock.Now()));
    last = coarse;
  }
  // The same epoch: an hour is more than any tick.
  EXPECT_LT(clock.Now() - absl::FromUnixNanos(last), absl::Hours(1));
}

TEST(SteadyClockTest, ATimerRunsNotBeforeItsTime) {
  SteadyClock clock;
  const absl::Time due = clock.Now() + absl::Milliseconds(5);
  absl::Time ran_at;
  Event done;
  EXPECT_NE(clock.ScheduleAt(due,
                             [&] {
                               ran_at = clock.Now();
                               done.Set();
                             }),
            0u);
  done.Wait();
  EXPECT_GE(ran_at, due);
}

TEST(SteadyClockTest, TimersRunByTimeAndThenByAge) {
  SteadyClock clock;
  std::vector<int> order;
  Event done;
  const absl::Time base = clock.Now() + absl::Milliseconds(20);
  clock.ScheduleAt(base + absl::Milliseconds(2), [&] {
    order.push_back(4);
    done.Set();
  });
  clock.ScheduleAt(base + absl::Milliseconds(1), [&] { order.push_back(2); });
  clock.ScheduleAt(base + absl::Milliseconds(1), [&] { order.push_back(3); });
  clock.ScheduleAt(base, [&] { order.push_back(1); });
  done.Wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST(SteadyClockTest, ATimerInThePastRunsAtOnceOnAnotherThread) {
  SteadyClock clock;
  std::thread::id thread;
  Event done;
  clock.ScheduleAt(absl::InfinitePast(), [&] {
    thread = std::this_thread::get_id();
    done.Set();
  });
  done.Wait();
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(SteadyClockTest, ACancelledTimerDoesNotRun) {
  SteadyClock clock;
  std::atomic<bool> ran{false};
  const absl::Time due = clock.Now() + absl::Milliseconds(20);
  const Clock::TimerId id = clock.ScheduleAt(due, [&] { ran = true; });
  EXPECT_EQ(clock.pending_timers(), 1u);
  EXPECT_TRUE(clock.Cancel(id));
  EXPECT_FALSE(clock.Cancel(id));
  EXPECT_EQ(clock.pending_timers(), 0u);
  Event done;
  clock.ScheduleAt(due, [&] { done.Set(); });
  done.Wait();
  EXPECT_FALSE(ran);
}

TEST(SteadyClockTest, CancelOfATimerThatRanOrNeverWasReturnsFalse) {
  SteadyClock clock;
  Event done;
  const Clock::TimerId id = clock.ScheduleAt(clock.Now(), [&] { done.Set(); });
  done.Wait();
  EXPECT_FALSE(clock.Cancel(id));
  EXPECT_FALSE(clock.Cancel(0));
  EXPECT_FALSE(clock.Cancel(id + 1));
}

TEST(SteadyClockTest, ATimerMayScheduleAndCancelTimers) {
  SteadyClock clock;
  Event done;
  const Clock::TimerId victim = clock.ScheduleAt(clock.Now() + absl::Hours(1), [] {});
  clock.ScheduleAt(clock.Now(), [&] {
    EXPECT_TRUE(clock.Cancel(victim));
    clock.ScheduleAt(clock.Now(), [&] { done.Set(); });
  });
  done.Wait();
}

TEST(SteadyClockTest, BeyondItsLimitScheduleAtReturnsZero) {
  SteadyClock::Options options;
  options.max_pending_timers = 2;
  SteadyClock clock(options);
  const absl::Time later = clock.Now() + absl::Hours(1);
  const Clock::TimerId first = clock.ScheduleAt(later, [] {});
  EXPECT_NE(first, 0u);
  EXPECT_NE(clock.ScheduleAt(later, [] {}), 0u);
  EXPECT_EQ(clock.ScheduleAt(later, [] {}), 0u);
  EXPECT_TRUE(clock.Cancel(first));
  EXPECT_NE(clock.ScheduleAt(later, [] {}), 0u);
  EXPECT_EQ(clock.ScheduleAt(absl::InfiniteFuture(), [] {}), 0u);
}

TEST(SteadyClockTest, TheDestructorDropsPendingTimersWithoutRunningThem) {
  auto captured = std::make_shared<int>(0);
  std::atomic<bool> ran{false};
  {
    SteadyClock clock;
    clock.ScheduleAt(clock.Now() + absl::Hours(1), [captured, &ran] { ran = true; });
    EXPECT_EQ(captured.use_count(), 2);
  }
  EXPECT_EQ(captured.use_count(), 1);
  EXPECT_FALSE(ran);
}

TEST(SteadyClockTest, EachTimerEitherRunsOrIsCancelled) {
  SteadyClock clock;
  constexpr int kTimers = 2000;
  std::atomic<int> ran{0};
  int cancelled = 0;
  std::vector<Clock::TimerId> ids;
  const absl::Time base = clock.Now();
  for (int i = 0; i < kTimers; ++i) {
    ids.push_back(clock.ScheduleAt(base + absl::Microseconds(i * 5), [&] { ++ran; }));
  }
  for (const Clock::TimerId id : ids) cancelled += clock.Cancel(id) ? 1 : 0;
  testing::WaitUntil([&] { return ran + cancelled == kTimers; });
}

}  // namespace
}  // namespace troupe

#include <atomic>
#include <deque>
#include <functional>
#include <thread>
#include <utility>

#include "gtest/gtest.h"
#include "runtime/mutex.h"
#include "runtime/steady_clock.h"
#include "runtime/thread_pool.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe {
namespace {

using testing::Latch;
using testing::OneShot;
using testing::WaitUntil;

// A network that delivers functions.
class FakePoller : public IdlePoller {
 public:
  bool Poll(absl::Time deadline) override {
    EXPECT_EQ(inside_.fetch_add(1), 0) << "two workers poll";
    const bool handled = PollAlone(deadline);
    inside_.fetch_sub(1);
    return handled;
  }

  void Interrupt() override {
    MutexLock lock(&mu_);
    interrupted_ = true;
    changed_.Signal();
  }

  void Deliver(std::function<void()> fn) {
    MutexLock lock(&mu_);
    arrived_.push_back(std::move(fn));
    changed_.Signal();
  }

  bool waiting() const { return waiting_; }

 private:
  bool PollAlone(absl::Time deadline) {
    std::deque<std::function<void()>> arrived;
    {
      MutexLock lock(&mu_);
      while (arrived_.empty() && !interrupted_ && deadline == absl::InfiniteFuture()) {
        waiting_ = true;
        changed_.Wait(&mu_);
      }
      waiting_ = false;
      if (deadline == absl::InfiniteFuture()) interrupted_ = false;
      arrived.swap(arrived_);
    }
    for (auto& fn : arrived) fn();
    return !arrived.empty();
  }

  std::atomic<int> inside_{0};
  std::atomic<bool> waiting_{false};
  Mutex mu_;
  CondVar changed_;
  bool interrupted_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::function<void()>> arrived_ ABSL_GUARDED_BY(mu_);
};

ThreadPool::Options With(int threads, IdlePoller* poller) {
  ThreadPool::Options options;
  options.threads = threads;
  options.poller = poller;
  return options;
}

// The first work makes the first thread, which polls when it is done.
void StartPolling(ThreadPool& pool, FakePoller& poller) {
  Event begun;
  pool.Schedule(OneShot::Make([&] { begun.Set(); }));
  begun.Wait();
  WaitUntil([&] { return poller.waiting(); });
}

// Delivers `count` turns at once and waits for the last. Each calls `turn` with its number, from 1.
void DeliverTurns(ThreadPool& pool, FakePoller& poller, int count,
                  const std::function<void(int)>& turn) {
  int turns = 0;
  Event done;
  poller.Deliver([&] {
    for (int i = 0; i < count; ++i) {
      pool.Schedule(OneShot::Make([&] {
        const int number = ++turns;
        turn(number);
        if (number == count) done.Set();
      }));
    }
  });
  done.Wait();
}

TEST(ThreadPoolPollerTest, WhatArrivesRunsOnThePollingWorkerWithoutAWakeUp) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(2, &poller));
  StartPolling(pool, poller);
  const uint64_t wake_ups = pool.stats().wake_ups;
  std::thread::id polled, ran;
  Event done;
  poller.Deliver([&] {
    polled = std::this_thread::get_id();
    pool.Schedule(OneShot::Make([&] {
      ran = std::this_thread::get_id();
      done.Set();
    }));
  });
  done.Wait();
  EXPECT_EQ(polled, ran);
  EXPECT_EQ(pool.stats().wake_ups, wake_ups);
}

TEST(ThreadPoolPollerTest, WorkInterruptsThePollWhenNobodyElseIsThere) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(1, &poller));
  StartPolling(pool, poller);
  Event done;
  pool.Schedule(OneShot::Make([&] { done.Set(); }));
  done.Wait();
  EXPECT_GE(pool.stats().interrupts, 1u);
}

TEST(ThreadPoolPollerTest, AnotherWorkerPollsWhileTheFirstIsBlocked) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(1, &poller));
  Event arrived, done;
  pool.Schedule(OneShot::Make([&] {
    EXPECT_TRUE(pool.Await(arrived, absl::InfiniteFuture()));
    done.Set();
  }));
  WaitUntil([&] { return pool.stats().blocked == 1; });
  poller.Deliver([&] { arrived.Set(); });
  done.Wait();
}

TEST(ThreadPoolPollerTest, AnotherWorkerPollsWhileTheFirstIsStalled) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(1, &poller));
  Event arrived, done;
  pool.Schedule(OneShot::Make([&] {
    arrived.Wait();
    done.Set();
  }));
  poller.Deliver([&] { arrived.Set(); });
  done.Wait();
}

TEST(ThreadPoolPollerTest, AnotherWorkerPollsWhileTheOneThatPolledLastIsBusy) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(2, &poller));
  StartPolling(pool, poller);
  std::atomic<bool> busy{false}, stop{false};
  poller.Deliver([&] {
    pool.Schedule(OneShot::Make([&] {
      busy = true;
      while (!stop) std::this_thread::yield();
    }));
  });
  WaitUntil([&] { return busy.load(); });
  // A second worker comes to life, and has nothing else to do.
  pool.Schedule(OneShot::Make([] {}));
  poller.Deliver([&] { stop = true; });
  WaitUntil([&] { return stop.load(); });
  pool.Shutdown();
}

TEST(ThreadPoolPollerTest, BusyWorkersLookAtThePollerNowAndThen) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(1, &poller));
  std::atomic<bool> stop{false};
  Runnable* self = nullptr;
  testing::FunctionRunnable busy([&] {
    if (!stop) pool.Schedule(self);
  });
  self = &busy;
  pool.Schedule(&busy);
  poller.Deliver([&] { stop = true; });
  WaitUntil([&] { return stop.load(); });
  pool.Shutdown();
}

TEST(ThreadPoolPollerTest, AtMost122TurnsGoBetweenTwoLooksAtThePoller) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(1, &poller));
  StartPolling(pool, poller);
  int turns = 0;
  int turns_at_look = 0;
  DeliverTurns(pool, poller, 500, [&](int number) {
    turns = number;
    if (number == 1) poller.Deliver([&] { turns_at_look = turns; });
  });
  EXPECT_GT(turns_at_look, 0);
  EXPECT_LE(turns_at_look, 122);
}

TEST(ThreadPoolPollerTest, WhatWasLeftForLaterRunsBeforeALookBetweenTurns) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(1, &poller));
  StartPolling(pool, poller);
  constexpr int kTurns = 500;
  int turns = 0;
  bool later_ran = false;
  bool later_ran_at_look = false;
  int turns_at_look = kTurns;
  DeliverTurns(pool, poller, kTurns, [&](int number) {
    turns = number;
    if (number != 1) return;
    pool.ScheduleWhenDry(OneShot::Make([&] { later_ran = true; }));
    poller.Deliver([&] {
      later_ran_at_look = later_ran;
      turns_at_look = turns;
    });
  });
  EXPECT_TRUE(later_ran_at_look);
  EXPECT_LT(turns_at_look, kTurns);
}

TEST(ThreadPoolPollerTest, WhatALookBetweenTurnsLeavesForLaterRunsBeforeThePollWaits) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(1, &poller));
  Event done;
  pool.Schedule(OneShot::Make(
      [&] { poller.Deliver([&] { pool.ScheduleWhenDry(OneShot::Make([&] { done.Set(); })); }); }));
  done.Wait();
}

TEST(ThreadPoolPollerTest, WhatIsLeftForLaterRunsWithin200TurnsBesideABusyNetwork) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(1, &poller));
  std::atomic<bool> stop{false};
  int turns = 0;
  // So few of them go to a tick of the monitor that it keeps asking for a look at the poller.
  const auto long_turn = [&] {
    ++turns;
    const absl::Time end = clock.Now() + absl::Microseconds(300);
    while (clock.Now() < end) {
    }
  };
  Runnable* self = nullptr;
  testing::FunctionRunnable busy([&] {
    long_turn();
    if (!stop) pool.ScheduleLast(self);
  });
  self = &busy;
  std::function<void()> arrive = [&] {
    pool.Schedule(OneShot::Make(long_turn));
    if (!stop) poller.Deliver(arrive);
  };
  int turns_before = 0;
  Event done;
  pool.Schedule(OneShot::Make([&] {
    pool.Schedule(&busy);
    poller.Deliver(arrive);
    pool.ScheduleWhenDry(OneShot::Make([&] {
      turns_before = turns;
      done.Set();
    }));
  }));
  done.Wait();
  stop = true;
  pool.Shutdown();
  EXPECT_LE(turns_before, 200);
}

TEST(ThreadPoolPollerTest, ManyDeliveriesAndSchedulesAllRun) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(3, &poller));
  constexpr int kCount = testing::kSanitized ? 2'000 : 20'000;
  Latch latch(3 * kCount);
  std::thread network([&] {
    for (int i = 0; i < kCount; ++i) {
      poller.Deliver([&] {
        pool.Schedule(OneShot::Make([&] {
          latch.CountDown();
          pool.Schedule(OneShot::Make([&] { latch.CountDown(); }));
        }));
      });
    }
  });
  for (int i = 0; i < kCount; ++i) pool.Schedule(OneShot::Make([&] { latch.CountDown(); }));
  // A poller is only run by a pool that has run something.
  latch.Wait();
  network.join();
}

TEST(ThreadPoolPollerTest, ShutdownInterruptsThePoll) {
  SteadyClock clock;
  FakePoller poller;
  ThreadPool pool(&clock, With(2, &poller));
  StartPolling(pool, poller);
  pool.Shutdown();
  EXPECT_EQ(pool.stats().threads, 0);
}

}  // namespace
}  // namespace troupe

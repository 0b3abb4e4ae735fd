#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/run_queue.h"
#include "runtime/steady_clock.h"
#include "runtime/thread_pool.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe {
namespace {

using testing::Latch;
using testing::OneShot;

constexpr int kPerProducer = testing::kSanitized ? 50'000 : 1'000'000;
constexpr int kRounds = testing::kSanitized ? 3'000 : 30'000;

ThreadPool::Options WithThreads(int threads) {
  ThreadPool::Options options;
  options.threads = threads;
  return options;
}

class Counted final : public Runnable {
 public:
  std::atomic<int>* left = nullptr;
  Event* done = nullptr;
  int runs = 0;  // not atomic: the schedule must order its turns

  void Run() override {
    ++runs;
    if (left->fetch_sub(1) == 1) done->Set();
  }
};

TEST(ThreadPoolStressTest, FourProducersEverythingRunsExactlyOnce) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  constexpr int kProducers = 4;
  std::atomic<int> left{kProducers * kPerProducer};
  Event done;
  std::vector<Counted> all(kProducers * kPerProducer);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kPerProducer; ++i) {
        Counted& r = all[p * kPerProducer + i];
        r.left = &left;
        r.done = &done;
        pool.Schedule(&r);
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  done.Wait();
  pool.Shutdown();
  for (const Counted& r : all) ASSERT_EQ(r.runs, 1);
  EXPECT_EQ(pool.stats().turns, all.size());
}

// Splits itself in two until a depth is reached: everybody pushes, pops and steals.
class Splitter final : public Runnable {
 public:
  Splitter(Executor* executor, int depth, Latch* leaves)
      : executor_(executor), depth_(depth), leaves_(leaves) {}

  void Run() override {
    if (depth_ == 0) {
      leaves_->CountDown();
    } else {
      executor_->Schedule(new Splitter(executor_, depth_ - 1, leaves_));
      executor_->ScheduleLast(new Splitter(executor_, depth_ - 1, leaves_));
    }
    delete this;
  }

 private:
  Executor* const executor_;
  const int depth_;
  Latch* const leaves_;
};

TEST(ThreadPoolStressTest, ATreeOfTurnsOnFourThreadsLosesNothing) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(4));
  constexpr int kDepth = testing::kSanitized ? 14 : 18;
  Latch leaves(1 << kDepth);
  pool.Schedule(new Splitter(&pool, kDepth, &leaves));
  leaves.Wait();
}

// The pool falls asleep after each one: a lost wake-up would hang here.
TEST(ThreadPoolStressTest, NoWakeUpIsLostWhenWorkMeetsWorkersFallingAsleep) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(3));
  std::vector<std::thread> producers;
  for (int p = 0; p < 2; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kRounds; ++i) {
        Latch latch(3);
        pool.Schedule(OneShot::Make([&] {
          pool.Schedule(OneShot::Make([&] { latch.CountDown(); }));
          pool.Schedule(OneShot::Make([&] { latch.CountDown(); }));
          latch.CountDown();
        }));
        latch.Wait();
        for (int spin = 0; spin < (i * (7 + p)) % 200; ++spin) internal::CpuRelax();
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
}

TEST(ThreadPoolStressTest, BlockingTurnsThatAnswerEachOtherAlwaysFinish) {
  SteadyClock clock;
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(&clock, WithThreads(threads));
    constexpr int kAskers = 8;
    constexpr int kAsks = kRounds / 10;
    Latch finished(kAskers);
    for (int a = 0; a < kAskers; ++a) {
      pool.Schedule(OneShot::Make([&] {
        for (int i = 0; i < kAsks; ++i) {
          Event outer;
          pool.Schedule(OneShot::Make([&] {
            Event inner;
            pool.Schedule(OneShot::Make([&] { inner.Set(); }));
            pool.Await(inner, absl::InfiniteFuture());
            outer.Set();
          }));
          pool.Await(outer, absl::InfiniteFuture());
        }
        finished.CountDown();
      }));
    }
    finished.Wait();
    pool.Shutdown();
    EXPECT_EQ(pool.stats().blocked, 0);
    EXPECT_EQ(pool.stats().running, 0);
  }
}

TEST(ThreadPoolStressTest, AwaitsThatTimeOutRaceWithTheirEvents) {
  SteadyClock clock;
  ThreadPool pool(&clock, WithThreads(2));
  constexpr int kTurns = kRounds / 100;
  Latch finished(kTurns);
  for (int t = 0; t < kTurns; ++t) {
    pool.Schedule(OneShot::Make([&, t] {
      auto event = std::make_shared<Event>();
      clock.ScheduleAt(clock.Now() + absl::Microseconds(t % 300), [event] { event->Set(); });
      pool.Await(*event, clock.Now() + absl::Microseconds((t * 7) % 300));
      finished.CountDown();
    }));
  }
  finished.Wait();
}

TEST(ThreadPoolStressTest, StallsAndThreadEndsInAllOrders) {
  SteadyClock clock;
  ThreadPool::Options options = WithThreads(2);
  options.stall_threshold = absl::Microseconds(500);
  options.idle_thread_timeout = absl::Microseconds(200);
  ThreadPool pool(&clock, options);
  constexpr int kTurns = testing::kSanitized ? 200 : 1'000;
  Latch finished(3 * kTurns);
  for (int t = 0; t < kTurns; ++t) {
    pool.Schedule(OneShot::Make([&, t] {
      pool.Schedule(OneShot::Make([&] { finished.CountDown(); }));
      Event never;
      never.WaitFor(absl::Microseconds((t * 37) % 1500));  // plainly: the pool is not told
      pool.Schedule(OneShot::Make([&] { finished.CountDown(); }));
      finished.CountDown();
    }));
  }
  finished.Wait();
  pool.Shutdown();
  const ThreadPool::Stats stats = pool.stats();
  EXPECT_EQ(stats.turns, 3u * kTurns);
  EXPECT_EQ(stats.blocked, 0);
  EXPECT_EQ(stats.threads, 0);
}

TEST(ThreadPoolStressTest, ShutdownRacesWithSchedule) {
  SteadyClock clock;
  for (int round = 0; round < (testing::kSanitized ? 100 : 500); ++round) {
    ThreadPool pool(&clock, WithThreads(2));
    std::atomic<int> ran{0};
    std::thread producer([&] {
      for (int i = 0; i < 20; ++i) pool.Schedule(OneShot::Make([&] { ++ran; }));
    });
    pool.Shutdown();
    producer.join();
    EXPECT_EQ(ran, 20);
  }
}

TEST(RunQueueTest, OwnerAndThievesTakeEachEntryOnce) {
  internal::RunQueue queue;
  constexpr int kEntries = testing::kSanitized ? 100'000 : 2'000'000;
  std::vector<Counted> entries(kEntries);
  std::atomic<int> left{kEntries};
  Event done;
  for (Counted& entry : entries) {
    entry.left = &left;
    entry.done = &done;
  }
  std::vector<std::thread> thieves;
  for (int t = 0; t < 3; ++t) {
    thieves.emplace_back([&] {
      internal::RunQueue::Batch batch;
      while (!done.IsSet()) {
        const size_t count = queue.StealHalf(batch);
        for (size_t i = 0; i < count; ++i) batch[i]->Run();
      }
    });
  }
  const auto pop_one = [&queue] {
    if (Runnable* r = queue.Pop()) r->Run();
  };
  for (int i = 0; i < kEntries; ++i) {
    while (!queue.Push(&entries[i])) pop_one();
    if (i % 3 == 0) pop_one();
  }
  while (Runnable* r = queue.Pop()) r->Run();
  for (std::thread& thief : thieves) thief.join();
  for (const Counted& entry : entries) ASSERT_EQ(entry.runs, 1);
}

TEST(RunQueueTest, IsFirstInFirstOutAndBounded) {
  internal::RunQueue queue;
  std::vector<Counted> entries(internal::RunQueue::kCapacity + 1);
  for (size_t i = 0; i < internal::RunQueue::kCapacity; ++i) EXPECT_TRUE(queue.Push(&entries[i]));
  EXPECT_FALSE(queue.Push(&entries.back()));
  EXPECT_EQ(queue.Pop(), &entries[0]);
  internal::RunQueue::Batch batch;
  ASSERT_EQ(queue.StealHalf(batch), internal::RunQueue::kCapacity / 2);
  EXPECT_EQ(batch[0], &entries[1]);
  EXPECT_EQ(queue.Pop(), &entries[1 + internal::RunQueue::kCapacity / 2]);
  while (queue.Pop() != nullptr) {
  }
  EXPECT_TRUE(queue.Empty());
  EXPECT_EQ(queue.StealHalf(batch), 0u);
}

}  // namespace
}  // namespace troupe

#include "runtime/mutex.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/event.h"

namespace troupe {
namespace {

TEST(MutexTest, ManyThreadsTakeTurns) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 20'000;
  Mutex mu;
  int count = 0;  // guarded by mu
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        MutexLock lock(&mu);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kRounds);
}

// Longer than any spin: the waiter has to sleep, and to be woken.
TEST(MutexTest, AWaiterGetsALockThatIsHeldForLong) {
  Mutex mu;
  Event begun;
  bool done = false;  // guarded by mu
  mu.Lock();
  std::thread waiter([&] {
    begun.Set();
    MutexLock lock(&mu);
    done = true;
  });
  EXPECT_TRUE(begun.WaitFor(absl::InfiniteDuration()));
  for (int i = 0; i < 100'000; ++i) internal::CpuRelax();
  EXPECT_FALSE(done);
  mu.Unlock();
  waiter.join();
  EXPECT_TRUE(done);
}

TEST(MutexTest, TryLockOfATakenLockIsFalse) {
  Mutex mu;
  ASSERT_TRUE(mu.TryLock());
  std::thread([&] { EXPECT_FALSE(mu.TryLock()); }).join();
  mu.Unlock();
}

}  // namespace
}  // namespace troupe

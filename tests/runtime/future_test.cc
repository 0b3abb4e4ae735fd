#include "runtime/future.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

TEST(FutureTest, ADefaultMadeFutureIsNotValid) {
  Future<int> future;
  EXPECT_FALSE(future.valid());
  future = Future<int>::Ready(1);
  EXPECT_TRUE(future.valid());
}

TEST(FutureTest, ReadyGivesTheOutcomeAtOnce) {
  EXPECT_EQ(*Future<int>::Ready(7).Get(), 7);
  EXPECT_TRUE(Future<void>::Ready(absl::OkStatus()).Get().ok());
  const Future<int> failed = Future<int>::Ready(absl::AbortedError("no"));
  EXPECT_TRUE(failed.IsReady());
  EXPECT_EQ(failed.Get().status(), absl::AbortedError("no"));
}

TEST(FutureTest, APromisesResultIsReadByEveryCopyAsOftenAsWanted) {
  Promise<std::string> promise;
  Future<std::string> first = promise.future();
  Future<std::string> second = first;
  EXPECT_FALSE(first.IsReady());
  EXPECT_TRUE(promise.Set("text").ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*first.Get(), "text");
    EXPECT_EQ(*second.Get(), "text");
  }
  EXPECT_EQ(*std::move(second).Get(), "text");
  EXPECT_EQ(*first.Get(), "text");
  EXPECT_EQ(*promise.future().Get(), "text");
}

TEST(FutureTest, TheLastHandleMovesTheResultOut) {
  Promise<std::unique_ptr<int>> promise;
  Future<std::unique_ptr<int>> future = promise.future();
  EXPECT_TRUE(promise.Set(std::make_unique<int>(3)).ok());
  EXPECT_EQ(**std::move(future).Get(), 3);
}

TEST(FutureTest, AFutureOfAMoveOnlyTypeIsMoveOnly) {
  static_assert(!std::is_copy_constructible_v<Future<std::unique_ptr<int>>>);
  static_assert(std::is_copy_constructible_v<Future<int>>);
  static_assert(std::is_copy_constructible_v<Future<void>>);
  static_assert(std::is_nothrow_move_constructible_v<Future<int>>);
  Promise<std::unique_ptr<int>> promise;
  Future<std::unique_ptr<int>> future = promise.future();
  EXPECT_EQ(std::move(future).Get(absl::ZeroDuration()).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(future.valid()) << "a wait that gave up leaves the future";
  EXPECT_TRUE(promise.Set(std::make_unique<int>(4)).ok());
  EXPECT_EQ(**std::move(future).Get(), 4);
}

TEST(FutureTest, ASecondSetIsRefusedAndChangesNothing) {
  Promise<int> promise;
  const Future<int> future = promise.future();
  EXPECT_TRUE(promise.Set(1).ok());
  EXPECT_EQ(promise.Set(2), AlreadyFulfilledError());
  EXPECT_EQ(promise.SetError(absl::AbortedError("late")).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(*future.Get(), 1);
}

TEST(FutureTest, ADroppedPromiseFailsItsFuture) {
  Future<int> future;
  {
    Promise<int> promise;
    future = promise.future();
  }
  EXPECT_EQ(future.Get().status(), DroppedPromiseError());
}

TEST(FutureTest, AMovedPromiseKeepsItsFutureAndTheOldOneCanDoNothing) {
  Promise<int> promise;
  const Future<int> future = promise.future();
  Promise<int> other = std::move(promise);
  EXPECT_FALSE(promise.Set(1).ok());  // NOLINT(bugprone-use-after-move)
  EXPECT_FALSE(future.IsReady());
  Promise<int> third;
  const Future<int> thirds = third.future();
  third = std::move(other);
  EXPECT_EQ(thirds.Get().status(), DroppedPromiseError());
  EXPECT_TRUE(third.Set(2).ok());
  EXPECT_EQ(*future.Get(), 2);
}

TEST(FutureTest, CancelledFutureTellsItsPromise) {
  Promise<int> promise;
  const Future<int> future = promise.future();
  EXPECT_FALSE(promise.cancelled());
  EXPECT_TRUE(future.Cancel());
  EXPECT_TRUE(promise.cancelled());
  EXPECT_FALSE(future.Cancel());
  EXPECT_EQ(promise.Set(1), AlreadyFulfilledError());
  EXPECT_EQ(future.Get().status().code(), absl::StatusCode::kCancelled);
}

TEST(FutureTest, AFulfilledPromiseIsNotCancelled) {
  Promise<int> promise;
  const Future<int> future = promise.future();
  EXPECT_TRUE(promise.Set(1).ok());
  EXPECT_FALSE(promise.cancelled());
  EXPECT_FALSE(future.Cancel());
  EXPECT_FALSE(promise.cancelled());
}

TEST(FutureTest, GetWithATimeoutGivesUpAndCanBeAskedAgain) {
  ManualSystem manual;
  Promise<int> promise;
  const Future<int> future = promise.future();
  EXPECT_EQ(future.Get(absl::Seconds(3)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(manual.elapsed(), absl::Seconds(3));
  EXPECT_FALSE(future.Wait(absl::ZeroDuration()));
  EXPECT_FALSE(future.Wait(absl::Seconds(-1)));
  EXPECT_EQ(manual.elapsed(), absl::Seconds(3));
  EXPECT_TRUE(promise.Set(5).ok());
  EXPECT_EQ(*future.Get(absl::ZeroDuration()), 5);
}

TEST(FutureTest, SleepIsReadyAfterItsTimeAndNotBefore) {
  ManualSystem manual;
  const Future<void> sleep = manual.system.Sleep(absl::Seconds(10));
  EXPECT_FALSE(sleep.Wait(absl::Seconds(10) - absl::Nanoseconds(1)));
  EXPECT_TRUE(sleep.Get().ok());
  EXPECT_EQ(manual.elapsed(), absl::Seconds(10));
}

TEST(FutureTest, ManyThreadsWaitForOneResult) {
  Promise<std::string> promise;
  const Future<std::string> future = promise.future();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([mine = future, &right] { right += *mine.Get() == "result"; });
  }
  EXPECT_TRUE(promise.Set("result").ok());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right.load(), 8);
}

TEST(FutureTest, OfManyThatEndAFutureExactlyOneWins) {
  for (int round = 0; round < 200; ++round) {
    Promise<int> promise;
    const Future<int> future = promise.future();
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    threads.emplace_back([&] { winners += promise.Set(1).ok(); });
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([mine = future, &winners] { winners += mine.Cancel(); });
    }
    const absl::StatusOr<int> outcome = future.Get();
    EXPECT_TRUE(outcome.ok() ? *outcome == 1 : absl::IsCancelled(outcome.status()));
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners.load(), 1);
    EXPECT_EQ(future.Get().status(), outcome.status());
  }
}

TEST(FutureTest, WaitsThatGiveUpWhileTheResultComesAreSafe) {
  for (int round = 0; round < 500; ++round) {
    Promise<int> promise;
    const Future<int> future = promise.future();
    std::vector<std::thread> waiters;
    for (int i = 0; i < 2; ++i) {
      waiters.emplace_back([mine = future, round] {
        while (!mine.Wait(absl::Microseconds(1 + round % 50))) {
        }
        EXPECT_EQ(*mine.Get(), 9);
      });
    }
    EXPECT_TRUE(promise.Set(9).ok());
    for (std::thread& waiter : waiters) waiter.join();
  }
}

TEST(FutureTest, TheResultsObjectsAreDestroyedExactlyOnce) {
  const auto counted = std::make_shared<int>(1);
  {
    Promise<std::shared_ptr<int>> promise;
    Future<std::shared_ptr<int>> future = promise.future();
    EXPECT_TRUE(promise.Set(counted).ok());
    const Future<std::shared_ptr<int>> copy = future;
    EXPECT_EQ(*std::move(future).Get(), counted);
    EXPECT_EQ(*copy.Get(), counted);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

}  // namespace
}  // namespace troupe

#include "runtime/event.h"

#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe {
namespace {

TEST(EventTest, IsNotSetAtFirst) {
  Event event;
  EXPECT_FALSE(event.IsSet());
  EXPECT_FALSE(event.WaitFor(absl::ZeroDuration()));
  EXPECT_FALSE(event.WaitFor(-absl::InfiniteDuration()));
}

TEST(EventTest, StaysSetUntilReset) {
  Event event;
  event.Set();
  event.Set();
  EXPECT_TRUE(event.IsSet());
  EXPECT_TRUE(event.WaitFor(absl::InfiniteDuration()));
  event.Reset();
  EXPECT_FALSE(event.IsSet());
}

TEST(EventTest, WaitForGivesUpAfterItsTimeout) {
  Event event;
  EXPECT_FALSE(event.WaitFor(absl::Milliseconds(2)));
  EXPECT_FALSE(event.SleepFor(absl::Microseconds(100)));
}

TEST(EventTest, WakesAllWaiters) {
  Event event;
  int value = 0;
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.emplace_back([&, i] {
      if (i % 2 == 0) {
        event.Wait();
      } else {
        EXPECT_TRUE(event.WaitFor(absl::Hours(1)));
      }
      EXPECT_EQ(value, 1);
    });
  }
  value = 1;  // not atomic: Set publishes it
  event.Set();
  for (std::thread& waiter : waiters) waiter.join();
}

TEST(EventTest, MayBeDestroyedByItsWaiterAtOnce) {
  constexpr int kRounds = testing::kSanitized ? 2'000 : 20'000;
  std::atomic<Event*> handed{nullptr};
  std::thread setter([&] {
    for (int i = 0; i < kRounds; ++i) {
      Event* event = nullptr;
      testing::WaitUntil([&] { return (event = handed.exchange(nullptr)) != nullptr; });
      event->Set();
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    auto event = std::make_unique<Event>();
    handed = event.get();
    if (i % 2 == 0) {
      event->Wait();
    } else {
      event->SleepFor(absl::InfiniteDuration());
    }
  }
  setter.join();
}

TEST(SpinBudgetTest, ShrinksWhenInVainAndGrowsWhenWorthIt) {
  internal::SpinBudget budget;
  EXPECT_EQ(budget.spins(), internal::SpinBudget::kMaxSpins);
  for (int i = 1; i < internal::SpinBudget::kRetryInterval; ++i) budget.Report(false);
  EXPECT_EQ(budget.spins(), internal::SpinBudget::kMinSpins);
  budget.Report(false);  // tries the full budget again
  EXPECT_EQ(budget.spins(), internal::SpinBudget::kMaxSpins);
  budget.Report(false);
  budget.Report(true);
  EXPECT_EQ(budget.spins(), internal::SpinBudget::kMaxSpins);
}

}  // namespace
}  // namespace troupe

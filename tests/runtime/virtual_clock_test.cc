#include "runtime/testing/virtual_clock.h"

#include <vector>

#include "gtest/gtest.h"

namespace troupe {
namespace {

TEST(VirtualClockTest, StandsStillUntilAdvanced) {
  VirtualClock clock(absl::FromUnixSeconds(1000));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1000));
  clock.AdvanceBy(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1005));
  clock.AdvanceTo(absl::FromUnixSeconds(1));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1005));
}

TEST(VirtualClockTest, TimersRunInOrderAndSeeTheirOwnTime) {
  VirtualClock clock;
  const absl::Time start = clock.Now();
  std::vector<std::pair<int, absl::Duration>> ran;
  const auto note = [&](int name) { ran.emplace_back(name, clock.Now() - start); };
  clock.ScheduleAt(start + absl::Seconds(2), [&] { note(3); });
  clock.ScheduleAt(start + absl::Seconds(1), [&] {
    note(1);
    clock.ScheduleAt(clock.Now() + absl::Seconds(2), [&] { note(4); });
  });
  clock.ScheduleAt(start + absl::Seconds(1), [&] { note(2); });
  clock.ScheduleAt(start + absl::Seconds(9), [&] { note(5); });
  clock.AdvanceBy(absl::Seconds(3));
  EXPECT_EQ(ran, (std::vector<std::pair<int, absl::Duration>>{{1, absl::Seconds(1)},
                                                              {2, absl::Seconds(1)},
                                                              {3, absl::Seconds(2)},
                                                              {4, absl::Seconds(3)}}));
  EXPECT_EQ(clock.Now(), start + absl::Seconds(3));
  EXPECT_EQ(clock.NextTimer(), start + absl::Seconds(9));
}

TEST(VirtualClockTest, AdvanceToNextTimerStopsThere) {
  VirtualClock clock;
  int ran = 0;
  EXPECT_FALSE(clock.AdvanceToNextTimer());
  const absl::Time due = clock.Now() + absl::Hours(1);
  clock.ScheduleAt(due, [&] { ++ran; });
  EXPECT_TRUE(clock.AdvanceToNextTimer());
  EXPECT_EQ(clock.Now(), due);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(clock.NextTimer(), absl::InfiniteFuture());
}

TEST(VirtualClockTest, ACancelledTimerDoesNotRun) {
  VirtualClock clock;
  int ran = 0;
  const Clock::TimerId id = clock.ScheduleAt(clock.Now(), [&] { ++ran; });
  EXPECT_EQ(clock.pending_timers(), 1u);
  EXPECT_TRUE(clock.Cancel(id));
  EXPECT_FALSE(clock.Cancel(id));
  clock.AdvanceBy(absl::Seconds(1));
  EXPECT_EQ(ran, 0);
}

TEST(VirtualClockTest, WhatIsDueRunsOnAdvanceByNothing) {
  VirtualClock clock;
  int ran = 0;
  clock.ScheduleAt(clock.Now() - absl::Hours(1), [&] { ++ran; });
  EXPECT_EQ(ran, 0);
  clock.AdvanceBy(absl::ZeroDuration());
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace troupe

#include "node/pending_calls.h"

#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/random.h"

namespace troupe::internal {
namespace {

using ::testing::SizeIs;

// Never looked at.
Envelope* Fake(uintptr_t number) { return reinterpret_cast<Envelope*>(number * 64); }

TEST(PendingCallsTest, NumbersCountFromOneAndTheLastGivenBackComesFirst) {
  PendingCalls calls(10);
  EXPECT_EQ(calls.Add(Fake(1)), 1u);
  EXPECT_EQ(calls.Add(Fake(2)), 2u);
  EXPECT_EQ(calls.Add(Fake(3)), 3u);
  EXPECT_EQ(calls.Finish(1), Fake(1));
  EXPECT_EQ(calls.Finish(2), Fake(2));
  EXPECT_EQ(calls.Add(Fake(4)), 2u);
  EXPECT_EQ(calls.Add(Fake(5)), 1u);
  EXPECT_EQ(calls.Add(Fake(6)), 4u);
  EXPECT_EQ(calls.size(), 4u);
}

TEST(PendingCallsTest, ItIsFullAtItsLimit) {
  PendingCalls calls(2);
  (void)calls.Add(Fake(1));
  EXPECT_FALSE(calls.full());
  (void)calls.Add(Fake(2));
  EXPECT_TRUE(calls.full());
  (void)calls.Finish(1);
  EXPECT_FALSE(calls.full());
}

TEST(PendingCallsTest, ANumberOverALoweredLimitIsNotUsedAgain) {
  PendingCalls calls(10);
  for (uintptr_t i = 1; i <= 5; ++i) (void)calls.Add(Fake(i));
  calls.LowerLimit(3);
  calls.LowerLimit(8);  // no raising
  EXPECT_EQ(calls.limit(), 3u);
  for (uint32_t id = 1; id <= 5; ++id) EXPECT_EQ(calls.Finish(id), Fake(id));
  EXPECT_EQ(calls.size(), 0u);
  for (uintptr_t i = 1; i <= 3; ++i) EXPECT_LE(calls.Add(Fake(i)), 3u);
  EXPECT_TRUE(calls.full());
}

TEST(PendingCallsTest, ANumberWithoutAnOpenCallHasNoReply) {
  PendingCalls calls(10);
  EXPECT_FALSE(calls.Has(0));
  EXPECT_FALSE(calls.Has(1));
  (void)calls.Add(Fake(1));
  EXPECT_TRUE(calls.Has(1));
  EXPECT_FALSE(calls.Has(2));
  (void)calls.Finish(1);
  EXPECT_FALSE(calls.Has(1));
}

TEST(PendingCallsTest, AnAbandonedCallKeepsItsNumberUntilTheReply) {
  PendingCalls calls(10);
  (void)calls.Add(Fake(1));
  EXPECT_FALSE(calls.Abandon(1, Fake(2))) << "the number is another call's";
  EXPECT_TRUE(calls.Abandon(1, Fake(1)));
  EXPECT_FALSE(calls.Abandon(1, Fake(1)));
  EXPECT_FALSE(calls.Abandon(7, Fake(1)));
  EXPECT_EQ(calls.Add(Fake(2)), 2u);
  EXPECT_EQ(calls.Finish(1), nullptr);
  EXPECT_EQ(calls.Add(Fake(3)), 1u);
  EXPECT_EQ(calls.AbandonAny(1), Fake(3));
  EXPECT_EQ(calls.AbandonAny(1), nullptr);
}

TEST(PendingCallsTest, WhatIsLeftAtTheEndIsWhatSomebodyWaitsFor) {
  PendingCalls calls(10);
  for (uintptr_t i = 1; i <= 4; ++i) calls.SetBatch(calls.Add(Fake(i)), 10 + i);
  (void)calls.Finish(2);
  EXPECT_TRUE(calls.Abandon(3, Fake(3)));
  const std::vector<PendingCalls::Left> left = calls.TakeAll();
  ASSERT_THAT(left, SizeIs(2));
  EXPECT_EQ(left[0].envelope, Fake(1));
  EXPECT_EQ(left[0].batch, 11u);
  EXPECT_EQ(left[1].envelope, Fake(4));
  EXPECT_EQ(calls.size(), 0u);
  EXPECT_FALSE(calls.Has(1));
}

TEST(PendingCallsTest, NoNumberIsGivenTwiceAtATime) {
  RandomSource random(1);
  PendingCalls calls(50);
  std::set<uint32_t> open;
  for (int i = 0; i < 100'000; ++i) {
    if (random.NextBelow(2) == 0) {
      if (calls.full()) continue;
      ASSERT_TRUE(open.insert(calls.Add(Fake(1))).second);
    } else if (!open.empty()) {
      const uint32_t id = *open.begin();
      open.erase(id);
      ASSERT_EQ(calls.Finish(id), Fake(1));
    }
    ASSERT_EQ(calls.size(), open.size());
  }
}

}  // namespace
}  // namespace troupe::internal

// A failure that nobody ever looked at is logged; one that somebody looked at is not.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

constexpr char kUnread[] = "nobody read the failure of";

struct UnreadFailureTest : ::testing::Test {
  World world;
  const Ref<Recorder> ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  LogCapture log;
};

// First: the rate of these lines is limited.
TEST_F(UnreadFailureTest, AFutureThatIsDroppedUnreadIsLoggedWithWhatItWas) {
  (void)ref->Fail("something went wrong");
  world.Run();
  EXPECT_EQ(log.CountOf(kUnread), 1u);
  EXPECT_TRUE(log.Has("Recorder.Fail: INTERNAL: something went wrong"));
}

TEST_F(UnreadFailureTest, WhatWasReadIsNotLogged) {
  EXPECT_FALSE(ref->Fail("got").Get().ok());
  const auto then = ref->Fail("then").Then([](const absl::Status&) {});
  ref->Fail("on ready").OnReady([](const absl::Status&) {});
  const auto copy = ref->Fail("read through a copy");
  world.Run();
  const Future<void> other = copy;
  EXPECT_FALSE(other.Get().ok());
  EXPECT_TRUE(then.Get().ok());
  world.Run();
  EXPECT_EQ(log.CountOf(kUnread), 0u);
}

TEST_F(UnreadFailureTest, SuccessesCancelledCallsAndOneWayMessagesAreNotLogged) {
  (void)ref->Do("x");
  world.Run();
  {
    const auto cancelled = ref->Do("y");
    EXPECT_TRUE(cancelled.Cancel());
  }
  { Promise<void> dropped_with_its_only_future; }
  world.Run();
  EXPECT_EQ(log.CountOf(kUnread), 0u);
}

TEST_F(UnreadFailureTest, WhatACoroutineAwaitedIsNotLogged) {
  const auto wait = ref->Wait(world->Spawn<Recorder>(std::make_shared<Journal>(), "b")->Fail("x"));
  world.Run();
  EXPECT_EQ(wait.Get(), absl::InternalError("x"));
  EXPECT_EQ(log.CountOf(kUnread), 0u);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

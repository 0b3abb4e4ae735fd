// One-way messages that nobody handled are counted and logged, at a limited rate.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

// First: the rate is that of the process.
TEST(DeadLettersTest, TheLogSaysWhatAndWhereAndIsNotFlooded) {
  World world;
  LogCapture log;
  const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  EXPECT_TRUE(ref.Stop().Get().ok());
  for (int i = 0; i < 10'000; ++i) (void)ref.Tell<&Recorder::Do>("x");
  EXPECT_EQ(world->dead_letters(), 10'000u);
  EXPECT_TRUE(log.Has("dead letter 1: Do: NOT_FOUND: " + ref.ToString()));
  EXPECT_LT(log.CountOf("dead letter"), 5'000u);
}

TEST(DeadLettersTest, MessagesToAnActorThatIsGoneAreCounted) {
  World world;
  const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  EXPECT_TRUE(ref.Stop().Get().ok());
  EXPECT_EQ(world->dead_letters(), 0u);
  EXPECT_EQ(ref.Tell("x"), SendResult::kNotFound);
  EXPECT_EQ(ref.Tell<&Recorder::Do>("x"), SendResult::kNotFound);
  EXPECT_EQ(world->dead_letters(), 2u);
}

TEST(DeadLettersTest, QueuedMessagesBecomeDeadLettersWhenTheActorEnds) {
  InSeveralOrders([](World& world) {
    const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
    (void)ref.Stop();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(ref.Tell(i), SendResult::kSent);
    world.Run();
    EXPECT_EQ(world->dead_letters(), 10u);
  });
}

TEST(DeadLettersTest, AFullMailboxAndAPassedDeadlineMakeDeadLetters) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(SpawnOptions{.mailbox_capacity = 2}, journal, "a");
  EXPECT_EQ(ref.With({.deadline = absl::Seconds(1)}).Tell<&Recorder::Do>("in time?"),
            SendResult::kSent);
  EXPECT_EQ(ref.Tell("1"), SendResult::kSent);
  EXPECT_EQ(ref.Tell("2"), SendResult::kFull);
  EXPECT_EQ(world->dead_letters(), 1u);
  world.clock.AdvanceBy(absl::Seconds(2));
  world.Run();
  EXPECT_EQ(world->dead_letters(), 2u);
  EXPECT_FALSE(journal->Has("a.in time?"));
  EXPECT_TRUE(journal->Has("a.'1'"));
}

TEST(DeadLettersTest, CallsAndControlAreNoDeadLetters) {
  World world;
  const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  (void)ref.Stop();
  EXPECT_FALSE(ref->Do("x").Get().ok());
  EXPECT_FALSE(ref.Ask("x").Get().ok());
  EXPECT_FALSE(ref.Stop().Get().ok());
  (void)ref.WhenDown().Get();
  EXPECT_EQ(AnyRef().Tell("x"), SendResult::kNotFound) << "no system would count it";
  EXPECT_EQ(world->dead_letters(), 0u);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

// StopAll: the order, the deadline, the reports.

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(StopAllTest, TheLatestIsStoppedFirstAndEachBeforeTheNextIsAsked) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    std::vector<Ref<Recorder>> refs;
    for (int i = 0; i < 20; ++i) refs.push_back(world->Spawn<Recorder>(journal, absl::StrCat(i)));
    const std::vector<StopReport> reports = world->StopAll();
    ASSERT_THAT(reports, SizeIs(20));
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(reports[i].ref, refs[19 - i]);
      EXPECT_TRUE(reports[i].status.ok()) << reports[i].status;
    }
    for (int i = 1; i < 20; ++i) {
      EXPECT_TRUE(journal->Before(absl::StrCat(i, ".destroyed"), absl::StrCat(i - 1, ".stop")));
    }
    EXPECT_THAT(world->All(), IsEmpty());
  });
}

TEST(StopAllTest, OnlyWhatWasThereIsStoppedAndTheSystemGoesOn) {
  World world;
  EXPECT_THAT(world->StopAll(), IsEmpty());
  const auto journal = std::make_shared<Journal>();
  (void)world->Spawn<Recorder>(journal, "a");
  EXPECT_THAT(world->StopAll(), SizeIs(1));
  EXPECT_TRUE(world->Spawn<Recorder>(journal, "b")->Do("x").Get().ok());
}

TEST(StopAllTest, AnActorThatFailsInsteadIsGoneToo) {
  World world;
  const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  ref.Tell<&Recorder::Fail>("x");
  const auto reports = world->StopAll();
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_TRUE(reports[0].status.ok()) << reports[0].status;
}

TEST(StopAllTest, ABlockedActorUsesUpTheOneDeadlineAndIsReported) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto first = world->Spawn<Recorder>(journal, "first");
    const auto stuck = world->Spawn<Recorder>(journal, "stuck");
    const auto last = world->Spawn<Recorder>(journal, "last");
    Promise<void> gate;
    const auto blocks = stuck->Block(gate.future());
    const absl::Time start = world.clock.Now();
    const auto reports = world->StopAll(absl::Seconds(3));
    EXPECT_EQ(world.clock.Now() - start, absl::Seconds(3));
    ASSERT_THAT(reports, SizeIs(3));
    EXPECT_EQ(reports[0].ref, last);
    EXPECT_TRUE(reports[0].status.ok());
    EXPECT_EQ(reports[1].ref, stuck);
    EXPECT_EQ(reports[1].status.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(reports[2].ref, first);
    EXPECT_EQ(reports[2].status.code(), absl::StatusCode::kDeadlineExceeded)
        << "not reached in time";
    world.Run();
    EXPECT_TRUE(journal->Has("first.stop")) << "asked all the same";
    EXPECT_FALSE(journal->Has("stuck.stop"));
    ASSERT_TRUE(gate.Set().ok());
    world.Run();
    EXPECT_TRUE(blocks.Get().ok());
    EXPECT_TRUE(journal->Has("stuck.stop"));
    EXPECT_EQ(world->size(), 0u);
  });
}

TEST(StopAllTest, ASuspendedActorHoldsItUpLikewise) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(journal, "a");
  Promise<void> gate;
  const auto wait = ref->Wait(gate.future());
  world.Run();
  const auto reports = world->StopAll(absl::Seconds(1));
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(wait.IsReady());
  ASSERT_TRUE(gate.Set().ok());
  EXPECT_TRUE(wait.Get().ok());
}

TEST(StopAllTest, ChildrenAreStoppedOnceAndReported) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto parent = world->Spawn<Recorder>(journal, "parent");
  const auto child = *parent->MakeChild("child").Get();
  const auto reports = world->StopAll();
  ASSERT_THAT(reports, SizeIs(2));
  EXPECT_EQ(reports[0].ref, child);
  EXPECT_EQ(journal->Count("child.stop"), 1u);
}

TEST(StopAllTest, TwentyThousandActorsOnRealThreads) {
  ActorSystem system({.threads = 2});
  const auto journal = std::make_shared<Journal>();
  for (int i = 0; i < 20'000; ++i) (void)system.Spawn<Recorder>(journal, "a");
  const auto reports = system.StopAll();
  EXPECT_THAT(reports, SizeIs(20'000));
  for (const StopReport& report : reports) ASSERT_TRUE(report.status.ok()) << report.status;
  EXPECT_EQ(journal->Count("a.destroyed"), 20'000u);
}

TEST(StopAllTest, TwoAtTheSameTimeBothComeToAnEnd) {
  for (int round = 0; round < 20; ++round) {
    ActorSystem system({.threads = 2});
    const auto journal = std::make_shared<Journal>();
    for (int i = 0; i < 200; ++i) (void)system.Spawn<Recorder>(journal, "a");
    std::thread other([&system] {
      for (const StopReport& report : system.StopAll()) EXPECT_TRUE(report.status.ok());
    });
    for (const StopReport& report : system.StopAll()) EXPECT_TRUE(report.status.ok());
    other.join();
    EXPECT_EQ(journal->Count("a.stop"), 200u);
  }
}

}  // namespace
}  // namespace testing
}  // namespace troupe

// The probe of troupe/testing: records what it is sent and what ends.

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ProbeTest, RecordsTellsAndAsksInTheOrderOfHandling) {
  InSeveralOrders([](World& world) {
    Probe probe(*world.system);
    EXPECT_THAT(probe.messages(), IsEmpty());
    EXPECT_EQ(probe.ref().Tell(1), SendResult::kSent);
    const auto answer = probe.ref().Ask("two");
    EXPECT_EQ(probe.ref().Tell(Value{{"three", 3}}), SendResult::kSent);
    world.Run();
    EXPECT_THAT(probe.messages(), ElementsAre(Value(1), Value("two"), Value{{"three", 3}}));
    EXPECT_TRUE(answer.Get()->is_null());
  });
}

TEST(ProbeTest, AnswersInOrderAndThenWithNull) {
  World world;
  Probe probe(*world.system);
  probe.AnswerWith(Value(1));
  probe.AnswerWith(absl::NotFoundError("none"));
  EXPECT_EQ(*probe.ref().Ask("?").Get(), Value(1));
  EXPECT_EQ(probe.ref().Ask("?").Get().status(), absl::NotFoundError("none"));
  EXPECT_TRUE(probe.ref().Ask("?").Get()->is_null());
}

TEST(ProbeTest, WatchesForTheTest) {
  World world;
  Probe probe(*world.system);
  const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  probe.Watch(ref);
  EXPECT_TRUE(ref.Stop().Get().ok());
  world.Run();
  ASSERT_THAT(probe.downs(), SizeIs(1));
  EXPECT_EQ(probe.downs()[0].ref, ref);
}

TEST(ProbeTest, ItsActorStopsWithIt) {
  World world;
  std::optional<Probe> probe(std::in_place, *world.system);
  const AnyRef ref = probe->ref();
  EXPECT_EQ(world->size(), 1u);
  probe.reset();
  world.Run();
  EXPECT_EQ(world->size(), 0u);
  EXPECT_EQ(ref.Tell("x"), SendResult::kNotFound);
}

TEST(ProbeTest, MayOutliveWhatItsActorLivesIn) {
  LogCapture log;
  World world;
  Probe probe(*world.system);
  EXPECT_EQ(probe.ref().Tell(1), SendResult::kSent);
  world.system.reset();
  EXPECT_THAT(probe.messages(), ElementsAre(Value(1)));
  probe.Watch(AnyRef());
  EXPECT_THAT(probe.downs(), IsEmpty());
}

TEST(ProbeTest, AnErrorAnsweredToATellFailsIt) {
  World world;
  Probe probe(*world.system), observer(*world.system);
  observer.Watch(probe.ref());
  probe.AnswerWith(absl::InternalError("x"));
  world.Run();
  EXPECT_EQ(probe.ref().Tell(1), SendResult::kSent);
  world.Run();
  ASSERT_THAT(observer.downs(), SizeIs(1));
  EXPECT_EQ(observer.downs()[0].reason, DownReason::kFailed);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

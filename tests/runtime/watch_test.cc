// Watch and WhenDown: exactly one Down for each watch, with the right reason.

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(WatchTest, AStoppedActorIsDownAsStopped) {
  InSeveralOrders([](World& world) {
    Probe probe(*world.system);
    const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
    probe.Watch(ref);
    world.Run();
    EXPECT_THAT(probe.downs(), IsEmpty());
    (void)ref.Stop();
    world.Run();
    ASSERT_THAT(probe.downs(), SizeIs(1));
    EXPECT_EQ(probe.downs()[0].ref, ref);
    EXPECT_EQ(probe.downs()[0].reason, DownReason::kStopped);
    EXPECT_TRUE(probe.downs()[0].status.ok());
  });
}

TEST(WatchTest, AFailedActorIsDownAsFailedWithItsStatus) {
  InSeveralOrders([](World& world) {
    Probe probe(*world.system);
    const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
    probe.Watch(ref);
    world.Run();
    ref.Tell<&Recorder::Fail>("boom");
    world.Run();
    ASSERT_THAT(probe.downs(), SizeIs(1));
    EXPECT_EQ(probe.downs()[0].reason, DownReason::kFailed);
    EXPECT_EQ(probe.downs()[0].status, absl::InternalError("boom"));
  });
}

TEST(WatchTest, AnActorThatIsGoneAlreadyIsDownAtOnceAsNotFound) {
  World world;
  Probe probe(*world.system);
  const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  EXPECT_TRUE(ref.Stop().Get().ok());
  probe.Watch(ref);
  probe.Watch(AnyRef());
  world.Run();
  ASSERT_THAT(probe.downs(), SizeIs(2));
  EXPECT_EQ(probe.downs()[0].reason, DownReason::kNotFound);
  EXPECT_EQ(probe.downs()[0].ref, ref);
  EXPECT_THAT(probe.downs()[0].status.ToString(), HasSubstr(ref.ToString() + " not found"));
  EXPECT_EQ(probe.downs()[1].reason, DownReason::kNotFound);
  EXPECT_TRUE(probe.downs()[1].ref.is_null());
}

TEST(WatchTest, AWatchThatArrivesBehindTheStopIsToldTheRealReason) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(journal, "a");
    ref.Tell<&Recorder::Fail>("boom");
    const auto down = ref.WhenDown();
    const auto other = world->Spawn<Recorder>(journal, "b");
    (void)other.Stop();
    const auto other_down = other.WhenDown();
    world.Run();
    EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
    EXPECT_EQ(down.Get()->status, absl::InternalError("boom"));
    EXPECT_EQ(other_down.Get()->reason, DownReason::kStopped);
  });
}

TEST(WatchTest, WatchingTwiceIsWatchingOnce) {
  InSeveralOrders([](World& world) {
    Probe probe(*world.system);
    const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
    probe.Watch(ref);
    probe.Watch(ref);
    world.Run();
    (void)ref.Stop();
    world.Run();
    EXPECT_THAT(probe.downs(), SizeIs(1));
    probe.Watch(ref);
    world.Run();
    ASSERT_THAT(probe.downs(), SizeIs(2)) << "a new watch after the first one ended";
    EXPECT_EQ(probe.downs()[1].reason, DownReason::kNotFound);
  });
}

TEST(WatchTest, AfterUnwatchThereIsNoDownWhateverIsUnderWay) {
  InSeveralOrders(
      [](World& world) {
        const auto journal = std::make_shared<Journal>();
        const auto watcher = world->Spawn<Recorder>(journal, "w");
        const auto ref = world->Spawn<Recorder>(journal, "a");
        (void)watcher->WatchIt(ref);
        if (world->random().NextBelow(2) == 0) world.Run();
        (void)ref.Stop();
        world.executor.RunUntilIdle(world->random().NextBelow(6));
        const bool told = journal->Has("w.down: stopped");
        const auto unwatch = watcher->UnwatchIt(ref);
        world.Run();
        EXPECT_TRUE(unwatch.Get().ok());
        // Told before the request was handled, or never.
        if (!told && journal->Has("w.down: stopped")) {
          EXPECT_EQ(journal->Count("w.down: stopped"), 1u);
        }
      },
      40);
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto watcher = world->Spawn<Recorder>(journal, "w");
  const auto ref = world->Spawn<Recorder>(journal, "a");
  EXPECT_TRUE(watcher->WatchIt(ref).Get().ok());
  EXPECT_TRUE(watcher->UnwatchIt(ref).Get().ok());
  EXPECT_TRUE(watcher->UnwatchIt(ref).Get().ok());
  EXPECT_TRUE(ref.Stop().Get().ok());
  world.Run();
  EXPECT_FALSE(journal->Has("w.down: stopped"));
}

TEST(WatchTest, WatchUnwatchWatchIsOneWatch) {
  InSeveralOrders(
      [](World& world) {
        const auto journal = std::make_shared<Journal>();
        const auto watcher = world->Spawn<Recorder>(journal, "w");
        const auto ref = world->Spawn<Recorder>(journal, "a");
        (void)watcher->WatchIt(ref);
        (void)watcher->UnwatchIt(ref);
        const auto last = watcher->WatchIt(ref);
        world.executor.RunUntilIdle(world->random().NextBelow(8));
        (void)ref.Stop();
        world.Run();
        EXPECT_TRUE(last.Get().ok());
        const std::vector<std::string> lines = journal->lines();
        EXPECT_EQ(std::count_if(
                      lines.begin(), lines.end(),
                      [](const std::string& line) { return absl::StrContains(line, "w.down"); }),
                  1);
      },
      40);
}

TEST(WatchTest, AWatcherThatIsGoneIsForgotten) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(journal, "a");
    const auto watcher = world->Spawn<Recorder>(journal, "w");
    EXPECT_TRUE(watcher->WatchIt(ref).Get().ok());
    EXPECT_TRUE(watcher.Stop().Get().ok());
    world.Run();
    EXPECT_TRUE(watcher.recipient()->HasOneOwner()) << "the watched actor keeps nothing of it";
    EXPECT_TRUE(ref.Stop().Get().ok());
    world.Run();
    EXPECT_FALSE(journal->Has("w.down: stopped"));
  });
}

TEST(WatchTest, WatchingItselfAndEachOtherEndsWell) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto a = world->Spawn<Recorder>(journal, "a");
    const auto b = world->Spawn<Recorder>(journal, "b");
    (void)a->WatchIt(a);
    (void)a->WatchIt(b);
    (void)b->WatchIt(a);
    world.Run();
    (void)a.Stop();
    world.Run();
    EXPECT_EQ(journal->Count("b.down: stopped"), 1u);
    (void)b.Stop();
    world.Run();
    EXPECT_FALSE(journal->Has("a.down: stopped"));
    EXPECT_TRUE(a.recipient()->HasOneOwner());
    EXPECT_TRUE(b.recipient()->HasOneOwner());
  });
}

TEST(WatchTest, ARestartIsNoDown) {
  World world;
  Probe probe(*world.system);
  const auto ref = world->Spawn<Recorder>(SpawnOptions{.restart = {.max_restarts = 1}},
                                          std::make_shared<Journal>(), "a");
  probe.Watch(ref);
  ref.Tell<&Recorder::Fail>("x");
  world.RunFor(absl::Minutes(1));
  EXPECT_THAT(probe.downs(), IsEmpty());
  ref.Tell<&Recorder::Fail>("y");
  world.RunFor(absl::Minutes(1));
  ASSERT_THAT(probe.downs(), SizeIs(1));
  EXPECT_EQ(probe.downs()[0].status, absl::InternalError("y"));
}

TEST(WatchTest, AWatchersWatchesSurviveItsRestart) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(journal, "a");
  const auto watcher =
      world->Spawn<Recorder>(SpawnOptions{.restart = {.max_restarts = 1}}, journal, "w");
  EXPECT_TRUE(watcher->WatchIt(ref).Get().ok());
  watcher.Tell<&Recorder::Fail>("x");
  world.Run();
  EXPECT_TRUE(ref.Stop().Get().ok());  // while the watcher backs off
  world.RunFor(absl::Minutes(1));
  EXPECT_EQ(journal->Count("w.down: stopped"), 1u);
}

TEST(WatchTest, AThrowingOnDownFailsTheWatcher) {
  class Thrower : public Actor {
   public:
    explicit Thrower(AnyRef ref) : ref_(std::move(ref)) {}
    absl::Status OnStart() override {
      Watch(ref_);
      return absl::OkStatus();
    }
    void OnDown(const Down&) override { throw std::runtime_error("cannot live without it"); }

   private:
    const AnyRef ref_;
  };
  World world;
  const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  const auto watcher = world->Spawn<Thrower>(AnyRef(ref));
  const auto down = watcher.WhenDown();
  world.Run();
  (void)ref.Stop();
  EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
  EXPECT_THAT(down.Get()->status.ToString(), HasSubstr("cannot live without it"));
}

TEST(WatchTest, WhenDownFuturesOfManyThreadsAreEachFulfilledOnce) {
  ActorSystem system({.threads = 2});
  for (int round = 0; round < 20; ++round) {
    const auto ref = system.Spawn<Recorder>(std::make_shared<Journal>(), "a");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([ref, i] {
        if (i == 0) (void)ref.Stop();
        const auto down = ref.WhenDown().Get();
        ASSERT_TRUE(down.ok());
        EXPECT_TRUE(down->reason == DownReason::kStopped || down->reason == DownReason::kNotFound);
        EXPECT_EQ(down->ref, ref);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

TEST(WatchTest, WhenDownOfANullReferenceIsNotFound) {
  EXPECT_EQ(AnyRef().WhenDown().Get()->reason, DownReason::kNotFound);
}

TEST(WatchTest, TenThousandWatchersOfOneActorComeAndGo) {
  ActorSystem system({.threads = 2});
  const auto journal = std::make_shared<Journal>();
  const auto ref = system.Spawn<Recorder>(journal, "a");
  std::vector<Ref<Recorder>> watchers;
  for (int i = 0; i < 10'000; ++i) {
    watchers.push_back(system.Spawn<Recorder>(journal, "w"));
    watchers.back().Tell<&Recorder::WatchIt>(AnyRef(ref));
  }
  for (size_t i = 0; i < watchers.size(); i += 2) (void)watchers[i].Stop();
  for (const auto& watcher : watchers) (void)watcher->Do("nothing").Get();
  EXPECT_TRUE(ref.Stop().Get().ok());
  for (size_t i = 1; i < watchers.size(); i += 2)
    EXPECT_TRUE(watchers[i]->Do("nothing").Get().ok());
  EXPECT_EQ(journal->Count("w.down: stopped"), 5000u);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

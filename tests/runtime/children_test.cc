// Children end with their parent, and before it.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::IsEmpty;

class LateParent : public Recorder {
 public:
  using Recorder::Recorder;
  void OnStop() override {
    Note("stop");
    child_ = Spawn<Recorder>(journal_, "late");
    EXPECT_EQ(child_.Tell("x"), SendResult::kNotFound);
  }

 private:
  Ref<Recorder> child_;
};

// Makes a child in a callback that may come while the parent ends.
class CallbackParent : public Recorder {
 public:
  using Recorder::Recorder;
  void Attach(Future<void> future) {
    future.OnReady([this](const absl::Status&) { (void)Spawn<Recorder>(journal_, "late"); });
  }
};
TROUPE_ACTOR(CallbackParent, Attach)

TEST(ChildrenTest, ChildrenStopWithTheirParentAndBeforeIt) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto parent = world->Spawn<Recorder>(journal, "parent");
    std::vector<Ref<Recorder>> children;
    for (const char* name : {"1", "2", "3"}) children.push_back(*parent->MakeChild(name).Get());
    EXPECT_TRUE(parent.Stop().Get().ok());
    for (const char* name : {"1", "2", "3"}) {
      EXPECT_TRUE(journal->Before(absl::StrCat(name, ".destroyed"), "parent.stop"));
    }
    for (const auto& child : children) {
      EXPECT_EQ(child->Do("x").Get().code(), absl::StatusCode::kNotFound);
    }
    EXPECT_EQ(world->size(), 0u);
  });
}

TEST(ChildrenTest, WhatAChildHasQueuedIsFinishedBeforeItsParentStops) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto parent = world->Spawn<Recorder>(journal, "parent");
    const auto child = *parent->MakeChild("child").Get();
    const auto queued = child->Do("queued");
    EXPECT_TRUE(parent.Stop().Get().ok());
    EXPECT_TRUE(queued.Get().ok());
    EXPECT_TRUE(journal->Before("child.queued", "parent.stop"));
  });
}

TEST(ChildrenTest, ANestedFamilyEndsFromTheLeavesUp) {
  InSeveralOrders(
      [](World& world) {
        const auto journal = std::make_shared<Journal>();
        Ref<Recorder> parent = world->Spawn<Recorder>(journal, "0");
        const Ref<Recorder> root = parent;
        for (int depth = 1; depth < 20; ++depth) {
          parent = *parent->MakeChild(absl::StrCat(depth)).Get();
        }
        EXPECT_TRUE(root.Stop().Get().ok());
        for (int depth = 1; depth < 20; ++depth) {
          EXPECT_TRUE(
              journal->Before(absl::StrCat(depth, ".destroyed"), absl::StrCat(depth - 1, ".stop")));
        }
      },
      6);
}

TEST(ChildrenTest, AFailingParentTakesItsChildrenAlong) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto parent = world->Spawn<Recorder>(journal, "parent");
    const auto child = *parent->MakeChild("child").Get();
    const auto down = child.WhenDown();
    parent.Tell<&Recorder::Fail>("x");
    world.Run();
    EXPECT_EQ(down.Get()->reason, DownReason::kStopped);
    EXPECT_TRUE(journal->Before("child.stop", "parent.failure: x"));
  });
}

TEST(ChildrenTest, AChildThatStopsOrFailsLeavesItsParentAlone) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto parent = world->Spawn<Recorder>(journal, "parent");
    const auto stops = *parent->MakeChild("stops").Get();
    const auto fails = *parent->MakeChild("fails").Get();
    EXPECT_TRUE(stops.Stop().Get().ok());
    fails.Tell<&Recorder::Fail>("x");
    world.Run();
    EXPECT_TRUE(parent->Do("lives").Get().ok());
    EXPECT_EQ(world->size(), 1u);
    EXPECT_TRUE(parent.Stop().Get().ok());
  });
}

TEST(ChildrenTest, AChildIsAskedToStopOnlyOnceItsParentIsThrough) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto parent = world->Spawn<Recorder>(journal, "parent");
  const auto child = *parent->MakeChild("child").Get();
  Promise<void> gate;
  const auto wait = parent->Wait(gate.future());
  const auto stop = parent.Stop();
  world.Run();
  EXPECT_TRUE(child->Do("x").Get().ok());
  ASSERT_TRUE(gate.Set().ok());
  EXPECT_TRUE(stop.Get().ok());
  EXPECT_TRUE(wait.Get().ok());
}

TEST(ChildrenTest, WhileItWaitsForItsChildrenTheParentIsUnregisteredAndRefuses) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto parent = world->Spawn<Recorder>(SpawnOptions{.name = "it"}, journal, "parent");
  const auto child = *parent->MakeChild("child").Get();
  Promise<void> gate;
  const auto wait = child->Wait(gate.future());
  const auto stop = parent.Stop();
  world.Run();
  EXPECT_FALSE(stop.IsReady());
  EXPECT_FALSE(journal->Has("parent.stop"));
  EXPECT_EQ(parent.Tell("x"), SendResult::kNotFound);
  EXPECT_EQ(parent->Do("x").Get().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(world->Find("it").ok());
  const auto second_stop = parent.Stop();
  const auto down = parent.WhenDown();
  world.Run();
  EXPECT_FALSE(second_stop.IsReady());
  EXPECT_FALSE(down.IsReady());
  ASSERT_TRUE(gate.Set().ok());
  world.Run();
  EXPECT_TRUE(stop.Get().ok());
  EXPECT_TRUE(second_stop.Get().ok());
  EXPECT_EQ(down.Get()->reason, DownReason::kStopped);
  EXPECT_TRUE(wait.Get().ok());
}

TEST(ChildrenTest, TheUrnOfAnActorThatEndsMayBeAnothersAlready) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const Urn urn(1, 2);
  const auto spawn = [&](const char* name) {
    const auto ref = world->SpawnHosted(
        urn, internal::ClassInfoOf<Recorder>(),
        [=] { return std::make_unique<Recorder>(journal, name); }, {}, true);
    return ref.ok() ? *ref->As<Recorder>() : Ref<Recorder>();
  };
  const auto ends = spawn("ends");
  const auto child = *ends->MakeChild("child").Get();
  Promise<void> gate;
  const auto wait = child->Wait(gate.future());
  const auto stop = ends.Stop();
  world.Run();
  EXPECT_EQ(world->size(), 1u) << "the child";

  const auto next = spawn("next");
  EXPECT_EQ(*world->Find(urn), next);
  EXPECT_EQ(world->All().size(), 2u);
  EXPECT_EQ(world->size(), 2u);
  EXPECT_EQ(spawn("third"), Ref<Recorder>()) << "two that live";

  ASSERT_TRUE(gate.Set().ok());
  world.Run();
  EXPECT_TRUE(stop.Get().ok());
  EXPECT_TRUE(wait.Get().ok());
  EXPECT_EQ(*world->Find(urn), next);
  EXPECT_EQ(world->size(), 1u);
  EXPECT_TRUE(next->Do("x").Get().ok());
  EXPECT_TRUE(next.Stop().Get().ok());
  EXPECT_EQ(world->size(), 0u);
}

TEST(ChildrenTest, AChildThatIsSpawnedInOnStopNeverStarts) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto parent = world->Spawn<LateParent>(journal, "parent");
  EXPECT_TRUE(parent.Stop().Get().ok());
  world.Run();
  EXPECT_FALSE(journal->Has("late.made"));
  EXPECT_THAT(world->All(), IsEmpty());
}

TEST(ChildrenTest, AChildThatACallbackSpawnsWhileItsParentEndsNeverStarts) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto parent = world->Spawn<CallbackParent>(journal, "parent");
  const auto child = *Ref<Recorder>(parent.recipient())->MakeChild("child").Get();
  Promise<void> gate, childs_gate;
  EXPECT_TRUE(parent->Attach(gate.future()).Get().ok());
  const auto wait = child->Wait(childs_gate.future());
  const auto stop = parent.Stop();
  world.Run();
  ASSERT_TRUE(gate.Set().ok());
  world.Run();
  ASSERT_TRUE(childs_gate.Set().ok());
  world.Run();
  EXPECT_TRUE(stop.IsReady()) << "no child is left that nobody stops";
  EXPECT_TRUE(wait.Get().ok());
  EXPECT_FALSE(journal->Has("late.made"));
  EXPECT_THAT(world->All(), IsEmpty());
}

TEST(ChildrenTest, AThousandChildrenAcrossThreads) {
  ActorSystem system({.threads = 4});
  const auto journal = std::make_shared<Journal>();
  const auto parent = system.Spawn<Recorder>(journal, "parent");
  std::vector<Future<Ref<Recorder>>> made;
  for (int i = 0; i < 1000; ++i) made.push_back(parent->MakeChild("child"));
  const auto children = GetAll(std::move(made));
  ASSERT_TRUE(children.ok());
  for (size_t i = 0; i < children->size(); i += 3) (void)(*children)[i].Stop();
  EXPECT_TRUE(parent.Stop().Get().ok());
  EXPECT_EQ(journal->Count("child.stop"), 1000u);
  EXPECT_EQ(journal->lines().back(), "parent.destroyed");
  EXPECT_EQ(system.size(), 0u);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

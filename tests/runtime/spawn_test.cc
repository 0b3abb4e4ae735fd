// What Spawn takes, and what becomes of it.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Named : public Actor {
 public:
  explicit Named(std::string text) : text(std::move(text)) {}
  Named(absl::string_view a, const std::string& b) : text(absl::StrCat(a, "+", b)) {}
  std::string text;
};
TROUPE_ACTOR(Named, text)

class Keeper : public Actor {
 public:
  explicit Keeper(std::unique_ptr<int> kept) : kept_(std::move(kept)) {}
  int Look() { return *kept_; }

 private:
  const std::unique_ptr<int> kept_;
};
TROUPE_ACTOR(Keeper, Look)

class Unbuildable : public Actor {
 public:
  explicit Unbuildable(JournalPtr journal) {
    journal->Add("tried");
    throw std::runtime_error("no such thing");
  }
  void Do() {}
};
TROUPE_ACTOR(Unbuildable, Do)

class ThreadTeller : public Actor {
 public:
  uint64_t Thread() { return std::hash<std::thread::id>()(std::this_thread::get_id()); }
};
TROUPE_ACTOR(ThreadTeller, Thread)

TEST(SpawnTest, TextArgumentsAreCopiedBeforeSpawnReturns) {
  World world;
  Ref<Named> from_pointer, from_view, from_std_view, from_two;
  {
    std::string text = "a text that is long enough to live on the heap";
    const std::string second = "and a second one that lives on the heap, too";
    from_pointer = world->Spawn<Named>(text.c_str());
    from_view = world->Spawn<Named>(absl::string_view(text));
    from_std_view = world->Spawn<Named>(std::string_view(text));
    from_two = world->Spawn<Named>(absl::string_view(text), second);
    text.assign(text.size(), '#');
  }
  const std::string expected = "a text that is long enough to live on the heap";
  EXPECT_EQ(*from_pointer->text().Get(), expected);
  EXPECT_EQ(*from_view->text().Get(), expected);
  EXPECT_EQ(*from_std_view->text().Get(), expected);
  EXPECT_EQ(*from_two->text().Get(), expected + "+and a second one that lives on the heap, too");
  EXPECT_EQ(*world->Spawn<Named>("a literal")->text().Get(), "a literal");
}

TEST(SpawnTest, MoveOnlyArgumentsAreMovedIn) {
  World world;
  EXPECT_EQ(*world->Spawn<Keeper>(std::make_unique<int>(5))->Look().Get(), 5);
}

TEST(SpawnTest, ARestartPolicyWithMoveOnlyArgumentsFailsTheActorForGood) {
  World world;
  const auto ref =
      world->Spawn<Keeper>(SpawnOptions{.restart = {.max_restarts = 3}}, std::make_unique<int>(5));
  const auto look = ref->Look();
  const auto down = ref.WhenDown().Get();
  ASSERT_TRUE(down.ok());
  EXPECT_EQ(down->reason, DownReason::kFailed);
  EXPECT_EQ(down->status.code(), absl::StatusCode::kInvalidArgument) << down->status;
  EXPECT_EQ(look.Get().status().code(), absl::StatusCode::kNotFound) << look.Get().status();
  EXPECT_EQ(world->size(), 0u);
}

TEST(SpawnTest, SpawnDoesNotBuildTheObjectItself) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(journal, "a");
  EXPECT_THAT(journal->lines(), ElementsAre());
  EXPECT_EQ(world->size(), 1u);
  EXPECT_TRUE(world->Find(ref.urn()).ok());
  world.Run();
  EXPECT_THAT(journal->lines(), ElementsAre("a.made", "a.start"));
}

TEST(SpawnTest, AConstructorThatThrowsIsAFailureOfTheActor) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Unbuildable>(journal);
    const auto call = ref->Do();
    const auto down = ref.WhenDown();
    EXPECT_EQ(ref.Tell<&Unbuildable::Do>(), SendResult::kSent);
    world.Run();
    EXPECT_EQ(call.Get().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(call.Get().ToString(), HasSubstr("no such thing"));
    EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
    EXPECT_THAT(down.Get()->status.ToString(), HasSubstr("std::runtime_error: no such thing"));
    EXPECT_EQ(world->dead_letters(), 1u);
    EXPECT_EQ(world->size(), 0u);
    EXPECT_EQ(journal->Count("tried"), 1u);
  });
}

TEST(SpawnTest, ANameIsRegisteredBeforeTheActorStarts) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(SpawnOptions{.name = "it"}, journal, "a");
  EXPECT_EQ(*world->Find("it"), ref);
  EXPECT_EQ(*world->Find<Recorder>("it"), ref);
  EXPECT_EQ(world->Find<Named>("it").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SpawnTest, ANameThatIsTakenFailsTheActorAndNotTheOwnerOfTheName) {
  for (const int max_restarts : {0, 3}) {
    World world;
    const auto journal = std::make_shared<Journal>();
    const auto owner = world->Spawn<Recorder>(SpawnOptions{.name = "it"}, journal, "owner");
    const auto second = world->Spawn<Recorder>(
        SpawnOptions{.name = "it", .restart = {.max_restarts = max_restarts}}, journal, "second");
    const auto down = second.WhenDown().Get();
    EXPECT_EQ(down->reason, DownReason::kFailed);
    EXPECT_EQ(down->status.code(), absl::StatusCode::kAlreadyExists) << down->status;
    world.RunFor(absl::Minutes(1));
    EXPECT_FALSE(journal->Has("second.made")) << "restarts: " << max_restarts;
    EXPECT_EQ(*world->Find("it"), owner);
    EXPECT_EQ(world->size(), 1u);
  }
}

TEST(SpawnTest, TheMailboxCapacityIsTheOptionsOrElseTheSystems) {
  SystemOptions options;
  options.mailbox_capacity = 4;
  World world(0, options);
  const auto journal = std::make_shared<Journal>();
  const auto by_default = world->Spawn<Recorder>(journal, "a");
  const auto by_option = world->Spawn<Recorder>(SpawnOptions{.mailbox_capacity = 2}, journal, "b");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(by_default.Tell(i), SendResult::kSent);
  EXPECT_EQ(by_default.Tell(4), SendResult::kFull);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(by_option.Tell(i), SendResult::kSent);
  const auto refused = by_option.Ask(2);
  EXPECT_EQ(refused.Get().status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.Get().status().ToString(), HasSubstr("(2 messages)"));
  world.Run();
  EXPECT_EQ(by_option.Tell(3), SendResult::kSent);
}

TEST(SpawnTest, AReentrantActorHandlesOtherMessagesWhileAMethodIsSuspended) {
  for (const bool reentrant : {false, true}) {
    World world;
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(SpawnOptions{.reentrant = reentrant}, journal, "a");
    Promise<void> gate;
    const auto wait = ref->Wait(gate.future());
    const auto other = ref->Do("other");
    world.Run();
    EXPECT_EQ(other.IsReady(), reentrant);
    ASSERT_TRUE(gate.Set().ok());
    world.Run();
    EXPECT_TRUE(wait.Get().ok());
    EXPECT_TRUE(other.IsReady());
    EXPECT_EQ(journal->Before("a.other", "a.goes on"), reentrant);
  }
}

TEST(SpawnTest, OwnThreadGivesTheActorAThreadThatNothingElseUses) {
  ActorSystem system({.threads = 1});
  const auto own = system.Spawn<ThreadTeller>(SpawnOptions{.own_thread = true});
  const auto pooled = system.Spawn<ThreadTeller>();
  const uint64_t thread = *own->Thread().Get();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(*own->Thread().Get(), thread);
    EXPECT_NE(*pooled->Thread().Get(), thread);
  }
  EXPECT_TRUE(own.Stop().Get().ok());
  EXPECT_EQ(own->Thread().Get().status().code(), absl::StatusCode::kNotFound);
}

TEST(SpawnTest, AHundredActorsWithOwnThreadsComeAndGo) {
  ActorSystem system({.threads = 2});
  for (int round = 0; round < 10; ++round) {
    std::vector<Ref<ThreadTeller>> refs;
    for (int i = 0; i < 10; ++i) {
      refs.push_back(system.Spawn<ThreadTeller>(SpawnOptions{.own_thread = true}));
    }
    for (const auto& ref : refs) EXPECT_TRUE(ref->Thread().Get().ok());
    for (const auto& ref : refs) EXPECT_TRUE(ref.Stop().Get().ok());
  }
}

TEST(SpawnTest, OptionsAloneAreNoArgument) {
  World world;
  const auto ref = world->Spawn<ThreadTeller>(SpawnOptions{.name = "teller"});
  EXPECT_TRUE(ref->Thread().Get().ok());
  const SpawnOptions options{.name = "other"};
  EXPECT_TRUE(world->Spawn<Named>(options, "x")->text().Get().ok());
  EXPECT_TRUE(world->Find("other").ok());
}

}  // namespace
}  // namespace testing
}  // namespace troupe

// Restarts: what survives them, what does not, and when there is none.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SpawnOptions Restarts(int max_restarts, absl::Duration within = absl::InfiniteDuration()) {
  return {.restart = {.max_restarts = max_restarts,
                      .within = within,
                      .min_backoff = absl::Milliseconds(10),
                      .max_backoff = absl::Milliseconds(35)}};
}

// Fails in its constructor or in OnStart while `*bad` counts down.
class Moody : public Recorder {
 public:
  enum class Where { kConstructor, kOnStart };

  Moody(JournalPtr journal, std::shared_ptr<int> bad, Where where)
      : Recorder(std::move(journal), "m"), bad_(std::move(bad)), where_(where) {
    if (where_ == Where::kConstructor && (*bad_)-- > 0) throw std::runtime_error("bad mood");
  }
  absl::Status OnStart() override {
    Note("start");
    if (where_ == Where::kOnStart && (*bad_)-- > 0) return absl::InternalError("bad mood");
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<int> bad_;
  const Where where_;
};

// Uses up its argument.
class Consumer : public Actor {
 public:
  explicit Consumer(std::string text) : text_(std::move(text)) {}
  std::string Take() { return std::exchange(text_, "gone"); }
  absl::Status Fail() { return absl::InternalError("x"); }

 private:
  std::string text_;
};
TROUPE_ACTOR(Consumer, Take, Fail)

class Ticker : public Recorder {
 public:
  using Recorder::Recorder;
  absl::Status OnStart() override {
    Note("start");
    if (const bool first = name_ == "t"; first) {
      Every(absl::Milliseconds(40), [this] { Note("tick"); });
      After(absl::Milliseconds(25), [this] { Note("after"); });
    }
    return absl::OkStatus();
  }
};

// Attaches a callback that uses the object.
class Attacher : public Recorder {
 public:
  using Recorder::Recorder;
  void Attach(Future<void> future) {
    std::move(future).OnReady(
        [this, generation = std::string("one")](const absl::Status&) { Note(generation); });
  }
};
TROUPE_ACTOR(Attacher, Attach)

TEST(SupervisionTest, ByDefaultThereIsNoRestart) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(journal, "a");
  ref.Tell<&Recorder::Fail>("x");
  world.RunFor(absl::Hours(1));
  EXPECT_EQ(journal->Count("a.made"), 1u);
  EXPECT_EQ(world->size(), 0u);
}

TEST(SupervisionTest, ReferenceNameAndQueueSurviveARestart) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    SpawnOptions options = Restarts(1);
    options.name = "it";
    const auto ref = world->Spawn<Recorder>(options, journal, "a");
    ref.Tell<&Recorder::Fail>("x");
    const auto behind = ref->Do("behind");
    ref.Tell<&Recorder::Do>("and more");
    world.Run();
    EXPECT_FALSE(behind.IsReady());
    EXPECT_TRUE(world->Find("it").ok()) << "registered while it backs off";
    EXPECT_TRUE(world->Find(ref.urn()).ok());
    EXPECT_TRUE(behind.Get().ok());
    world.Run();
    EXPECT_THAT(journal->lines(), ElementsAre("a.made", "a.start", "a.failure: x", "a.destroyed",
                                              "a.made", "a.start", "a.behind", "a.and more"));
    EXPECT_EQ(*world->Find("it"), ref);
  });
}

TEST(SupervisionTest, TheObjectIsBuiltFromAFreshCopyOfItsArguments) {
  World world;
  const auto ref = world->Spawn<Consumer>(Restarts(2), "the argument");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*ref->Take().Get(), "the argument");
    EXPECT_EQ(*ref->Take().Get(), "gone");
    if (i < 2) ref.Tell<&Consumer::Fail>();
  }
}

TEST(SupervisionTest, BackoffDoublesUpToItsLimit) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(Restarts(4), journal, "a");
  for (const int backoff : {10, 20, 35, 35}) {
    world.Run();
    journal->Clear();
    ref.Tell<&Recorder::Fail>("x");
    world.RunFor(absl::Milliseconds(backoff) - absl::Nanoseconds(1));
    EXPECT_FALSE(journal->Has("a.made")) << backoff;
    world.RunFor(absl::Nanoseconds(1));
    EXPECT_TRUE(journal->Has("a.made")) << backoff;
  }
  ref.Tell<&Recorder::Fail>("the last");
  const auto down = ref.WhenDown();
  world.RunFor(absl::Hours(1));
  EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
  EXPECT_THAT(down.Get()->status.ToString(), HasSubstr("the last"));
}

TEST(SupervisionTest, OnlyRestartsWithinThePeriodCount) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(Restarts(2, absl::Minutes(1)), journal, "a");
  const auto down = ref.WhenDown();
  for (int i = 0; i < 20; ++i) {
    ref.Tell<&Recorder::Fail>("x");
    world.RunFor(absl::Seconds(31));
    ASSERT_FALSE(down.IsReady()) << i;
  }
  ref.Tell<&Recorder::Fail>("x");
  world.RunFor(absl::Seconds(1));
  EXPECT_FALSE(down.IsReady());
  ref.Tell<&Recorder::Fail>("once too often");
  world.RunFor(absl::Seconds(1));
  EXPECT_TRUE(down.IsReady());
  EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
}

TEST(SupervisionTest, FailuresOfConstructorAndOnStartCount) {
  for (const auto where : {Moody::Where::kConstructor, Moody::Where::kOnStart}) {
    World world;
    const auto journal = std::make_shared<Journal>();
    const auto recovers =
        world->Spawn<Moody>(Restarts(3), journal, std::make_shared<int>(3), where);
    EXPECT_TRUE(recovers.Ask("early").Get().ok());
    EXPECT_EQ(journal->Count("m.start"), where == Moody::Where::kOnStart ? 4u : 1u);
    const auto hopeless =
        world->Spawn<Moody>(Restarts(3), journal, std::make_shared<int>(4), where);
    const auto early = hopeless.Ask("early");
    EXPECT_EQ(hopeless.WhenDown().Get()->reason, DownReason::kFailed);
    EXPECT_EQ(early.Get().status().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(early.Get().status().ToString(), HasSubstr("bad mood"));
    EXPECT_EQ(world->size(), 1u);
  }
}

TEST(SupervisionTest, TimersOfTheOldObjectNeverFire) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Ticker>(Restarts(1), journal, "t");
    world.RunFor(absl::Milliseconds(20));
    Ref<Recorder>(ref.recipient()).Tell<&Recorder::Fail>("x");
    world.RunFor(absl::Milliseconds(10));
    EXPECT_EQ(journal->Count("t.start"), 2u);
    journal->Clear();
    world.RunFor(absl::Milliseconds(24));
    EXPECT_THAT(journal->lines(), ElementsAre()) << "the old After was due meanwhile";
    world.RunFor(absl::Milliseconds(16));
    EXPECT_THAT(journal->lines(), ElementsAre("t.after", "t.tick"));
  });
}

TEST(SupervisionTest, ACallbackOfTheOldObjectIsNotRunOnTheNewOne) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Attacher>(Restarts(2), journal, "a");
    Promise<void> gate, second;
    const auto attach = ref->Attach(gate.future());
    Ref<Recorder>(ref.recipient()).Tell<&Recorder::Fail>("x");
    const auto attach_again = ref->Attach(second.future());
    world.Run();
    ASSERT_TRUE(attach.IsReady());
    ASSERT_TRUE(gate.Set().ok());  // while it backs off, there is no object at all
    world.RunFor(absl::Seconds(1));
    ASSERT_TRUE(attach_again.IsReady());
    EXPECT_EQ(journal->Count("a.one"), 0u);
    ASSERT_TRUE(second.Set().ok());
    world.Run();
    EXPECT_EQ(journal->Count("a.one"), 1u);
  });
}

TEST(SupervisionTest, ChildrenAreGoneBeforeTheNewObjectIsBuilt) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(Restarts(1), journal, "a");
    const auto child = *ref->MakeChild("child").Get();
    Promise<void> gate;
    const auto wait = child->Wait(gate.future());
    ref.Tell<&Recorder::Fail>("x");
    world.RunFor(absl::Seconds(5));
    EXPECT_EQ(journal->Count("a.made"), 1u) << "the backoff is over, the child is not";
    ASSERT_TRUE(gate.Set().ok());
    world.Run();
    EXPECT_TRUE(wait.Get().ok());
    EXPECT_EQ(journal->Count("a.made"), 2u);
    EXPECT_TRUE(journal->Before("child.stop", "a.start") == false);
    const std::vector<std::string> lines = journal->lines();
    const auto stop = std::find(lines.begin(), lines.end(), "child.destroyed");
    EXPECT_EQ(std::find(stop, lines.end(), "a.made") != lines.end(), true);
  });
}

TEST(SupervisionTest, AStopWhileItBacksOffWaitsForTheQueueBeforeIt) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(Restarts(1), journal, "a");
    ref.Tell<&Recorder::Fail>("x");
    world.Run();
    const auto before = ref->Do("before");
    const auto stop = ref.Stop();
    const auto behind = ref->Do("behind");
    EXPECT_TRUE(stop.Get().ok());
    EXPECT_TRUE(before.Get().ok());
    EXPECT_EQ(behind.Get().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(journal->Count("a.made"), 2u);
  });
}

TEST(SupervisionTest, AnActorThatFailsWhileItStopsIsNotRestarted) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(
      SpawnOptions{.restart = {.max_restarts = 5}, .reentrant = true}, journal, "a");
  Promise<void> gate;
  ref.Tell<&Recorder::Wait>(gate.future());
  const auto stop = ref.Stop();
  const auto down = ref.WhenDown();
  world.Run();
  EXPECT_FALSE(stop.IsReady());
  ASSERT_TRUE(gate.SetError(absl::InternalError("meanwhile")).ok());
  world.RunFor(absl::Minutes(1));
  EXPECT_TRUE(stop.Get().ok());
  EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
  EXPECT_EQ(journal->Count("a.made"), 1u);
}

TEST(SupervisionTest, ASuspendedMethodEndsWithAnErrorWhenItsActorIsRestarted) {
  World world;
  const auto journal = std::make_shared<Journal>();
  SpawnOptions options = Restarts(1);
  options.reentrant = true;
  const auto ref = world->Spawn<Recorder>(options, journal, "a");
  Promise<void> gate;
  const auto wait = ref->Wait(gate.future());
  ref.Tell<&Recorder::Fail>("boom");
  world.RunFor(absl::Seconds(1));
  EXPECT_EQ(wait.Get().code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(wait.Get().ToString(), HasSubstr("failed while it handled Wait"));
  ASSERT_TRUE(gate.Set().ok());
  world.Run();
  EXPECT_FALSE(journal->Has("a.goes on"));
  EXPECT_TRUE(ref->Do("lives").Get().ok());
}

TEST(SupervisionTest, ACallThatFailsNeedsNoRestart) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(Restarts(1), journal, "a");
  EXPECT_FALSE(ref->Throw("x").Get().ok());
  world.RunFor(absl::Minutes(1));
  EXPECT_EQ(journal->Count("a.made"), 1u);
}

TEST(SupervisionTest, RestartsWorkOnRealThreads) {
  ActorSystem system({.threads = 2});
  const auto journal = std::make_shared<Journal>();
  const auto ref = system.Spawn<Recorder>(
      SpawnOptions{.restart = {.max_restarts = 100, .min_backoff = absl::ZeroDuration()}}, journal,
      "a");
  for (int i = 0; i < 100; ++i) {
    ref.Tell<&Recorder::Fail>("x");
    EXPECT_TRUE(ref->Do("alive").Get().ok());
  }
  EXPECT_EQ(journal->Count("a.made"), 101u);
  // Watched before: afterwards it may be gone already, and the reason would be kNotFound.
  const Future<Down> down = ref.WhenDown();
  ref.Tell<&Recorder::Fail>("the last");
  EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

// From OnStart to OnStop: when the hooks run, what is handled before and after, and who is told.

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

// Does in its hooks what the test tells it.
class Hooked : public Recorder {
 public:
  using Hook = std::function<absl::Status(Hooked&)>;
  struct Hooks {
    Hook start{}, stop{}, failure{};
  };

  Hooked(JournalPtr journal, Hooks hooks)
      : Recorder(std::move(journal), "a"), hooks_(std::move(hooks)) {}

  absl::Status OnStart() override {
    Note("start");
    return hooks_.start ? hooks_.start(*this) : absl::OkStatus();
  }
  void OnStop() override {
    Note("stop");
    if (hooks_.stop) (void)hooks_.stop(*this);
  }
  void OnFailure(const absl::Status& status) override {
    Recorder::OnFailure(status);
    if (hooks_.failure) (void)hooks_.failure(*this);
  }

  using Actor::self;
  using Actor::system;
  using Recorder::Note;
  using Recorder::Quit;

 private:
  const Hooks hooks_;
};

TEST(LifecycleTest, OnStartComesBeforeEarlyMessagesWhichKeepTheirOrder) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(journal, "a");
    ref.Tell<&Recorder::Do>("1");
    const auto second = ref->Do("2");
    ref.Tell(3);
    world.Run();
    EXPECT_TRUE(second.Get().ok());
    EXPECT_THAT(journal->lines(), ElementsAre("a.made", "a.start", "a.1", "a.2", "a.3"));
  });
}

TEST(LifecycleTest, AFailingOnStartFailsTheActorAndAnswersEarlyCallsNotFound) {
  for (const bool throws : {false, true}) {
    World world;
    const auto journal = std::make_shared<Journal>();
    const auto ref =
        world->Spawn<Hooked>(journal, Hooked::Hooks{.start = [throws](Hooked&) -> absl::Status {
                               if (throws) throw std::runtime_error("no start");
                               return absl::UnavailableError("no start");
                             }});
    const auto call = Ref<Recorder>(ref.recipient())->Do("1");
    const auto down = ref.WhenDown().Get();
    EXPECT_EQ(down->reason, DownReason::kFailed);
    EXPECT_THAT(down->status.ToString(), HasSubstr("no start"));
    EXPECT_EQ(down->status.code(),
              throws ? absl::StatusCode::kUnknown : absl::StatusCode::kUnavailable);
    EXPECT_EQ(call.Get().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(call.Get().ToString(), HasSubstr("no start"));
    EXPECT_EQ(journal->Count("a.1"), 0u);
    EXPECT_EQ(journal->Count("a.stop"), 0u);
    EXPECT_TRUE(journal->Before("a.start", journal->lines()[2])) << journal->lines()[2];
    EXPECT_THAT(journal->lines()[2], HasSubstr("a.failure: "));
  }
}

TEST(LifecycleTest, AnActorThatStopsItselfInOnStartHandlesNothing) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Hooked>(journal, Hooked::Hooks{.start = [](Hooked& a) {
                                          a.Quit();
                                          return absl::OkStatus();
                                        }});
  const auto call = Ref<Recorder>(ref.recipient())->Do("1");
  EXPECT_EQ(ref.WhenDown().Get()->reason, DownReason::kStopped);
  EXPECT_EQ(call.Get().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(journal->lines(), ElementsAre("a.made", "a.start", "a.stop", "a.destroyed"));
}

TEST(LifecycleTest, InOnStartTheActorIsReachableByItselfAndOthers) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Hooked>(SpawnOptions{.name = "it"}, journal,
                                        Hooked::Hooks{.start = [](Hooked& a) {
                                          EXPECT_TRUE(a.system().Find("it").ok());
                                          EXPECT_TRUE(a.system().Find(a.self().urn()).ok());
                                          a.self().Tell("from OnStart");
                                          return absl::OkStatus();
                                        }});
  ref.Tell("early");
  world.Run();
  EXPECT_THAT(journal->lines(), ElementsAre("a.made", "a.start", "a.'early'", "a.'from OnStart'"));
}

TEST(LifecycleTest, StopLetsWhatIsBeforeItFinishAndRefusesWhatIsBehind) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(journal, "a");
    const auto before = ref->Do("before");
    const auto stop = ref.Stop();
    const auto behind = ref->Do("behind");
    EXPECT_EQ(ref.Tell<&Recorder::Do>("behind"), SendResult::kSent);
    world.Run();
    EXPECT_TRUE(before.Get().ok());
    EXPECT_TRUE(stop.Get().ok());
    EXPECT_EQ(behind.Get().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(behind.Get().message(), ref.ToString() + " not found");
    EXPECT_EQ(world->dead_letters(), 1u);
    EXPECT_THAT(journal->lines(),
                ElementsAre("a.made", "a.start", "a.before", "a.stop", "a.destroyed"));
  });
}

TEST(LifecycleTest, StopIsFulfilledAfterOnStopHasReturned) {
  ActorSystem system({.threads = 2});
  for (int i = 0; i < 200; ++i) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = system.Spawn<Hooked>(journal, Hooked::Hooks{.stop = [](Hooked& a) {
                                            a.Note("stopping");
                                            return absl::OkStatus();
                                          }});
    EXPECT_TRUE(ref.Stop().Get().ok());
    EXPECT_TRUE(journal->Has("a.stopping"));
    EXPECT_TRUE(journal->Has("a.destroyed"));
    EXPECT_EQ(system.Find(ref.urn()).status().code(), absl::StatusCode::kNotFound);
  }
}

TEST(LifecycleTest, ASecondStopEndsWithTheFirstOrFindsNobody) {
  InSeveralOrders([](World& world) {
    const auto ref = world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
    const auto first = ref.Stop();
    const auto second = ref.Stop();
    world.Run();
    EXPECT_TRUE(first.Get().ok());
    EXPECT_TRUE(second.Get().ok()) << "the actor is gone, as wanted";
    EXPECT_EQ(ref.Stop().Get().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(AnyRef().Stop().Get().code(), absl::StatusCode::kNotFound);
  });
}

TEST(LifecycleTest, AnActorThatStopsItselfEndsAfterTheMessage) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(journal, "a");
    const auto quit = ref->Quit();
    const auto behind = ref->Do("behind");
    world.Run();
    EXPECT_TRUE(quit.Get().ok());
    EXPECT_EQ(behind.Get().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ref.WhenDown().Get()->reason, DownReason::kNotFound);
  });
}

TEST(LifecycleTest, AtOnStopAndOnFailureTheActorIsUnregistered) {
  for (const bool fails : {false, true}) {
    World world;
    const auto journal = std::make_shared<Journal>();
    const Hooked::Hook look = [](Hooked& a) {
      EXPECT_FALSE(a.system().Find(a.self().urn()).ok());
      EXPECT_FALSE(a.system().Find("it").ok());
      EXPECT_EQ(a.system().size(), 0u);
      EXPECT_EQ(a.self().Tell("too late"), SendResult::kNotFound);
      EXPECT_EQ(a.self().Ask("too late").Get().status().code(), absl::StatusCode::kNotFound);
      EXPECT_TRUE(a.system().Register("it", AnyRef()).code() == absl::StatusCode::kNotFound);
      a.Note("looked");
      return absl::OkStatus();
    };
    const auto ref = world->Spawn<Hooked>(SpawnOptions{.name = "it"}, journal,
                                          Hooked::Hooks{.stop = look, .failure = look});
    if (fails) {
      Ref<Recorder>(ref.recipient()).Tell<&Recorder::Fail>("x");
    } else {
      (void)ref.Stop();
    }
    world.Run();
    EXPECT_EQ(journal->Count("a.looked"), 1u);
  }
}

TEST(LifecycleTest, WhatAHookThrowsIsLoggedAndChangesNothing) {
  const Hooked::Hook throws = [](Hooked&) -> absl::Status {
    throw std::runtime_error("hook gone bad");
  };
  for (const bool fails : {false, true}) {
    World world;
    LogCapture log;
    const auto journal = std::make_shared<Journal>();
    const auto ref =
        world->Spawn<Hooked>(journal, Hooked::Hooks{.stop = throws, .failure = throws});
    const auto down = ref.WhenDown();
    if (fails) Ref<Recorder>(ref.recipient()).Tell<&Recorder::Fail>("x");
    const auto stop = ref.Stop();
    world.Run();
    EXPECT_TRUE(stop.Get().ok());
    EXPECT_EQ(down.Get()->reason, fails ? DownReason::kFailed : DownReason::kStopped);
    EXPECT_TRUE(log.Has(fails ? "OnFailure threw std::runtime_error: hook gone bad"
                              : "OnStop threw std::runtime_error: hook gone bad"));
    EXPECT_TRUE(journal->Has("a.destroyed"));
  }
}

TEST(LifecycleTest, StopWaitsForASuspendedMethodAndForNothingBehindIt) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(journal, "a");
    Promise<void> gate;
    const auto wait = ref->Wait(gate.future());
    const auto stop = ref.Stop();
    const auto behind = ref->Do("behind");
    world.Run();
    EXPECT_FALSE(stop.IsReady());
    EXPECT_FALSE(behind.IsReady());
    ASSERT_TRUE(gate.Set().ok());
    world.Run();
    EXPECT_TRUE(wait.Get().ok());
    EXPECT_TRUE(stop.Get().ok());
    EXPECT_EQ(behind.Get().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(journal->lines(),
                ElementsAre("a.made", "a.start", "a.waits", "a.goes on", "a.stop", "a.destroyed"));
  });
}

TEST(LifecycleTest, AReentrantActorStopsOnceAllItsSuspendedMethodsAreDone) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(SpawnOptions{.reentrant = true}, journal, "a");
    Promise<void> gates[3];
    std::vector<Future<void>> waits;
    for (auto& gate : gates) waits.push_back(ref->Wait(gate.future()));
    const auto stop = ref.Stop();
    world.Run();
    EXPECT_EQ(journal->Count("a.waits"), 3u);
    for (const int i : {1, 0, 2}) {
      EXPECT_FALSE(stop.IsReady());
      ASSERT_TRUE(gates[i].Set().ok());
      world.Run();
      EXPECT_TRUE(waits[i].Get().ok());
    }
    EXPECT_TRUE(stop.Get().ok());
  });
}

TEST(LifecycleTest, AnErrorInACallGoesToTheCallerAndTheActorLivesOn) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(journal, "a");
  EXPECT_EQ(ref->Fail("x").Get(), absl::InternalError("x"));
  EXPECT_THAT(ref->Throw("y").Get().ToString(), HasSubstr("std::runtime_error: y"));
  EXPECT_TRUE(ref->Do("lives").Get().ok());
}

TEST(LifecycleTest, AnErrorInAOneWayMessageFailsTheActor) {
  for (const bool throws : {false, true}) {
    InSeveralOrders(
        [throws](World& world) {
          LogCapture log;
          const auto journal = std::make_shared<Journal>();
          const auto ref = world->Spawn<Recorder>(journal, "a");
          const auto down = ref.WhenDown();
          if (throws) {
            ref.Tell<&Recorder::Throw>("oh no");
          } else {
            ref.Tell<&Recorder::Fail>("oh no");
          }
          const auto behind = ref->Do("behind");
          world.Run();
          EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
          EXPECT_THAT(down.Get()->status.ToString(), HasSubstr("oh no"));
          EXPECT_EQ(behind.Get().code(), absl::StatusCode::kNotFound);
          EXPECT_THAT(behind.Get().ToString(), HasSubstr("oh no"));
          EXPECT_EQ(journal->Count("a.stop"), 0u);
          EXPECT_TRUE(log.Has("Recorder (" + ref.urn().ToString() + ") failed: "));
        },
        4);
  }
}

TEST(LifecycleTest, AFailureEndsSuspendedMethodsOfAReentrantActorWithAnError) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(SpawnOptions{.reentrant = true}, journal, "a");
  Promise<void> gate;
  const auto wait = ref->Wait(gate.future());
  ref.Tell<&Recorder::Fail>("boom");
  world.Run();
  EXPECT_EQ(wait.Get().code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(wait.Get().ToString(), HasSubstr("boom"));
  EXPECT_TRUE(gate.Set().ok());
  world.Run();
  EXPECT_EQ(journal->Count("a.goes on"), 0u);
}

TEST(LifecycleTest, AStopAndAFailureInOneMessageAreAFailure) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Hooked>(journal, Hooked::Hooks{.start = [](Hooked& a) {
                                          a.Quit();
                                          return absl::InternalError("both");
                                        }});
  EXPECT_EQ(ref.WhenDown().Get()->reason, DownReason::kFailed);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

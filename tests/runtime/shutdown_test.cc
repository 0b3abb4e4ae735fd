// The end of a system: everything that is under way comes to an end, with an outcome.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

class Forwarder : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  Future<int> Pass(Future<int> future) { return future; }
};
TROUPE_ACTOR(Forwarder, Pass)

// Spawns another one of its kind when it stops and when it is called.
class Breeder : public Actor {
 public:
  explicit Breeder(JournalPtr journal) : journal_(std::move(journal)) { journal_->Add("made"); }
  void OnStop() override {
    auto late = system().Spawn<Breeder>(journal_);
    journal_->Add(late.Tell("x") == SendResult::kNotFound ? "late is gone" : "late lives");
  }
  void Breed() { (void)system().Spawn<Breeder>(journal_); }

 private:
  const JournalPtr journal_;
};
TROUPE_ACTOR(Breeder, Breed)

TEST(ShutdownTest, TenThousandActorsWithFuturesPendingAllGetAnOutcome) {
  const auto journal = std::make_shared<Journal>();
  std::vector<Future<void>> calls;
  std::vector<Promise<void>> gates(100);
  {
    ActorSystem system({.threads = 2, .shutdown_deadline = absl::Milliseconds(50)});
    for (int i = 0; i < 10'000; ++i) {
      const auto ref = system.Spawn<Recorder>(journal, "a");
      calls.push_back(i % 100 == 0 ? ref->Wait(gates[i / 100].future()) : ref->Do("x"));
      calls.push_back(ref->Do("behind"));
      (void)ref.Tell<&Recorder::Do>("one-way");
    }
  }
  EXPECT_EQ(journal->Count("a.made"), 10'000u);
  EXPECT_EQ(journal->Count("a.destroyed"), 10'000u);
  for (const Future<void>& call : calls) {
    ASSERT_TRUE(call.IsReady());
    const absl::Status status = call.Get();
    ASSERT_TRUE(status.ok() || status.code() == absl::StatusCode::kNotFound) << status;
  }
}

TEST(ShutdownTest, WhatIsQueuedIsFinishedIfThereIsTime) {
  InSeveralOrders(
      [](World& world) {
        const auto journal = std::make_shared<Journal>();
        std::vector<Future<void>> calls;
        for (int i = 0; i < 100; ++i) {
          const auto ref = world->Spawn<Recorder>(journal, "a");
          for (int j = 0; j < 10; ++j) calls.push_back(ref->Do("x"));
        }
        world.system.reset();
        for (const auto& call : calls) EXPECT_TRUE(call.Get().ok());
        EXPECT_EQ(journal->Count("a.stop"), 100u);
      },
      4);
}

TEST(ShutdownTest, ASuspendedMethodThatNobodyResumesEndsWithAnError) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    const auto ref = world->Spawn<Recorder>(journal, "a");
    Promise<void> gate;  // never fulfilled while the system lives
    const auto wait = ref->Wait(gate.future());
    (void)ref.Tell<&Recorder::Wait>(gate.future());
    world.system.reset();
    ASSERT_TRUE(wait.IsReady());
    EXPECT_EQ(wait.Get().code(), absl::StatusCode::kNotFound);
    EXPECT_FALSE(journal->Has("a.goes on"));
    EXPECT_EQ(journal->Count("a.stop"), 1u);
    EXPECT_EQ(journal->Count("a.destroyed"), 1u);
    EXPECT_TRUE(gate.Set().ok());
  });
}

TEST(ShutdownTest, AMethodThatBlocksOnAPromiseNobodyFulfilsIsLetGo) {
  for (const bool own_thread : {false, true}) {
    const auto journal = std::make_shared<Journal>();
    Promise<void> gate;
    const Future<void> open = gate.future();
    Future<void> block, behind;
    {
      ActorSystem system({.threads = 1, .shutdown_deadline = absl::Milliseconds(10)});
      const auto ref = system.Spawn<Recorder>(SpawnOptions{.own_thread = own_thread}, journal, "a");
      block = ref->Block(open);
      behind = ref->Do("behind");
      // It blocks once it is there; others go on.
      EXPECT_TRUE(system.Spawn<Recorder>(journal, "b")->Do("x").Get().ok());
    }
    EXPECT_FALSE(block.Get().ok());
    ASSERT_TRUE(behind.IsReady());  // handled or refused, as its turn has it
    EXPECT_EQ(behind.Get().ok(), journal->Has("a.behind"));
    EXPECT_TRUE(journal->Has("a.unblocked"));
    EXPECT_TRUE(journal->Has("a.destroyed"));
    EXPECT_FALSE(open.IsReady()) << "waiting was given up, not the future";
    EXPECT_TRUE(gate.Set().ok());
  }
}

TEST(ShutdownTest, AnOnStopThatBlocksOnAPromiseNobodyFulfilsIsLetGo) {
  class Stubborn : public Actor {
   public:
    Stubborn(JournalPtr journal, Future<void> gate) : journal_(journal), gate_(gate) {}
    void OnStop() override {
      journal_->Add("blocks");
      journal_->Add(gate_.Get().ok() ? "fulfilled" : "let go");
    }

   private:
    const JournalPtr journal_;
    const Future<void> gate_;
  };
  const auto journal = std::make_shared<Journal>();
  Promise<void> gate;
  {
    ActorSystem system({.threads = 1, .shutdown_deadline = absl::Milliseconds(10)});
    (void)system.Spawn<Stubborn>(journal, gate.future());
  }
  EXPECT_THAT(journal->lines(), ::testing::ElementsAre("blocks", "let go"));
}

TEST(ShutdownTest, BlockedMethodsOnAnExecutorThatIsSteppedByHandAreLetGo) {
  InSeveralOrders([](World& world) {
    const auto journal = std::make_shared<Journal>();
    Promise<void> gate;
    const auto a = world->Spawn<Recorder>(journal, "a");
    const auto b = world->Spawn<Recorder>(journal, "b");
    const auto block = a->Block(gate.future());
    const auto chained = b->Block(block);
    world.Run();
    world.system.reset();
    EXPECT_FALSE(block.Get().ok());
    EXPECT_FALSE(chained.Get().ok());
    EXPECT_TRUE(journal->Has("a.destroyed"));
    EXPECT_TRUE(journal->Has("b.destroyed"));
  });
}

TEST(ShutdownTest, AnActorInItsBackoffEnds) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(SpawnOptions{.restart = {.max_restarts = 5,
                                                                   .min_backoff = absl::Hours(1),
                                                                   .max_backoff = absl::Hours(1)}},
                                          journal, "a");
  ref.Tell<&Recorder::Fail>("x");
  const auto queued = ref->Do("queued");
  const auto down = ref.WhenDown();
  world.Run();
  world.system.reset();
  EXPECT_EQ(queued.Get().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(journal->Count("a.made"), 1u);
  ASSERT_TRUE(down.IsReady());
  world.clock.AdvanceBy(absl::Hours(2));
  EXPECT_EQ(journal->Count("a.made"), 1u) << "its timer finds nobody";
}

TEST(ShutdownTest, ActorsSpawnedDuringShutdownNeverStart) {
  const auto journal = std::make_shared<Journal>();
  {
    ActorSystem system({.threads = 2});
    for (int i = 0; i < 100; ++i) (void)system.Spawn<Breeder>(journal).Tell<&Breeder::Breed>();
  }
  EXPECT_GE(journal->Count("made"), 100u);
  EXPECT_EQ(journal->Count("late lives"), 0u);
  EXPECT_EQ(journal->Count("late is gone"), journal->Count("made"));
}

TEST(ShutdownTest, ActorsOnOwnThreadsEndToo) {
  const auto journal = std::make_shared<Journal>();
  std::vector<Future<void>> calls;
  {
    ActorSystem system({.threads = 1});
    for (int i = 0; i < 50; ++i) {
      const auto ref = system.Spawn<Recorder>(SpawnOptions{.own_thread = true}, journal, "a");
      calls.push_back(ref->Do("x"));
    }
  }
  for (const auto& call : calls) EXPECT_TRUE(call.Get().ok());
  EXPECT_EQ(journal->Count("a.destroyed"), 50u);
}

TEST(ShutdownTest, ReferencesThatOutliveTheirSystemFindNobody) {
  for (const bool own_parts : {true, false}) {
    std::optional<World> world;
    std::optional<ActorSystem> system;
    Ref<Recorder> ref;
    if (own_parts) {
      system.emplace(SystemOptions{.threads = 1, .default_deadline = absl::Seconds(5)});
      ref = system->Spawn<Recorder>(std::make_shared<Journal>(), "a");
      system.reset();
    } else {
      world.emplace(1, SystemOptions{.default_deadline = absl::Seconds(5)});
      ref = world->system->Spawn<Recorder>(std::make_shared<Journal>(), "a");
      world.reset();  // with its executor and its clock
    }
    EXPECT_EQ(ref->Do("x").Get().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ref.With({.deadline = absl::Seconds(1)})->Do("x").Get().code(),
              absl::StatusCode::kNotFound);
    EXPECT_EQ(ref.Tell("x"), SendResult::kNotFound);
    EXPECT_EQ(ref.Tell<&Recorder::Do>("x"), SendResult::kNotFound);
    EXPECT_EQ(ref.Ask("x").Get().status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ref.Stop().Get().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ref.WhenDown().Get()->reason, DownReason::kNotFound);
  }
}

TEST(ShutdownTest, FuturesThatOutliveTheirSystemMayComeToTheirOutcomeLater) {
  Promise<int> promise;
  Future<int> passed, dropped;
  Promise<int> never;
  {
    ActorSystem system({.threads = 1});
    const auto ref = system.Spawn<Forwarder>();
    passed = ref.With({.deadline = absl::Hours(1)})->Pass(promise.future());
    dropped = ref.With({.deadline = absl::Hours(1)})->Pass(never.future());
  }
  EXPECT_FALSE(passed.IsReady());
  EXPECT_TRUE(promise.Set(5).ok());
  EXPECT_EQ(*passed.Get(), 5);
  EXPECT_TRUE(dropped.Cancel());
}

TEST(ShutdownTest, SleepsThatAreNotOverEndWithAnError) {
  Future<void> sleep;
  {
    ActorSystem system({.threads = 1});
    sleep = system.Sleep(absl::Hours(1));
  }
  ASSERT_TRUE(sleep.IsReady());
  EXPECT_FALSE(sleep.Get().ok());
}

TEST(ShutdownTest, CallsFromOtherThreadsMayBeUnderWay) {
  for (int round = 0; round < 30; ++round) {
    auto system = std::make_unique<ActorSystem>(
        SystemOptions{.threads = 2, .default_deadline = absl::Seconds(30)});
    const auto journal = std::make_shared<Journal>();
    std::vector<Ref<Recorder>> refs;
    for (int i = 0; i < 8; ++i) refs.push_back(system->Spawn<Recorder>(journal, "a"));
    std::atomic<int> started{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 3; ++t) {
      callers.emplace_back([refs, &started, t] {
        started.fetch_add(1);
        // Until the system is gone: kNotFound.
        for (size_t i = t;; ++i) {
          const auto& ref = refs[i % refs.size()];
          const absl::Status status = ref->Do("x").Get();
          (void)ref.Tell<&Recorder::Do>("y");
          if (i % 7 == 0) (void)ref.WhenDown();
          if (status.ok()) continue;
          EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
          if (i > 50) break;
        }
      });
    }
    while (started.load() < 3) std::this_thread::yield();
    system.reset();
    for (std::thread& caller : callers) caller.join();
  }
}

TEST(ShutdownTest, AnExecutorOfTheCallersIsLeftAloneAndTakesTheNextSystem) {
  VirtualClock clock;
  ManualExecutor executor({.clock = &clock});
  const auto journal = std::make_shared<Journal>();
  for (int i = 0; i < 5; ++i) {
    ActorSystem system({.executor = &executor, .clock = &clock});
    const auto own = system.Spawn<Recorder>(SpawnOptions{.own_thread = true}, journal, "own");
    EXPECT_TRUE(system.Spawn<Recorder>(journal, "a")->Do("x").Get().ok());
  }
  executor.RunUntilIdle();
  EXPECT_EQ(journal->Count("a.destroyed"), 5u);
  EXPECT_EQ(journal->Count("own.destroyed"), 5u);
  EXPECT_EQ(executor.pending(), 0u);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

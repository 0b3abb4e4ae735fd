// After, Every, Sleep and deadlines on virtual time, and what they must not do on real threads.

#include <atomic>
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

// Runs what a test gives it inside a turn.
class Host : public Recorder {
 public:
  static constexpr bool kLocalOnly = true;
  using Body = std::function<void(Host&)>;

  using Recorder::Recorder;

  void In(Body body) { body(*this); }
  Task<void> Nap(absl::Duration delay) {
    Note("naps");
    co_await Sleep(delay);
    Note("wakes");
  }

  using Actor::After;
  using Actor::CancelTimer;
  using Actor::Every;
  using Actor::Sleep;
  using Actor::TimerId;
  using Recorder::Note;
  using Recorder::Quit;
};
TROUPE_ACTOR(Host, In, Nap, Wait, Do, Fail)

struct TimerTest : ::testing::Test {
  Ref<Host> Spawn(SpawnOptions options = {}) { return world->Spawn<Host>(options, journal, "a"); }
  void In(const Ref<Host>& ref, Host::Body body) {
    ASSERT_TRUE(ref->In(std::move(body)).Get().ok());
  }

  World world;
  const JournalPtr journal = std::make_shared<Journal>();
};

TEST_F(TimerTest, AfterRunsOnceAtItsTime) {
  const auto ref = Spawn();
  In(ref, [](Host& a) {
    a.After(absl::Seconds(2), [&a] { a.Note("2"); });
    a.After(absl::Seconds(1), [&a] { a.Note("1"); });
    a.After(absl::ZeroDuration(), [&a] { a.Note("0"); });
    a.Note("set");
  });
  journal->Clear();
  world.Run();
  EXPECT_THAT(journal->lines(), ElementsAre("a.0"));
  world.RunFor(absl::Seconds(2) - absl::Nanoseconds(1));
  EXPECT_THAT(journal->lines(), ElementsAre("a.0", "a.1"));
  world.RunFor(absl::Nanoseconds(1));
  EXPECT_THAT(journal->lines(), ElementsAre("a.0", "a.1", "a.2"));
  world.RunFor(absl::Hours(1));
  EXPECT_EQ(journal->lines().size(), 3u);
  EXPECT_EQ(world.clock.pending_timers(), 0u);
}

TEST_F(TimerTest, EveryRunsAgainAndAgainUntilCancelled) {
  const auto ref = Spawn();
  Host::TimerId id = 0;
  In(ref, [&id](Host& a) { id = a.Every(absl::Seconds(1), [&a] { a.Note("tick"); }); });
  EXPECT_NE(id, 0u);
  world.RunFor(absl::Seconds(10));
  EXPECT_EQ(journal->Count("a.tick"), 10u);
  In(ref, [id](Host& a) {
    a.CancelTimer(id);
    a.CancelTimer(id);
    a.CancelTimer(0);
    a.CancelTimer(12345);
  });
  world.RunFor(absl::Seconds(10));
  EXPECT_EQ(journal->Count("a.tick"), 10u);
  EXPECT_EQ(world.clock.pending_timers(), 0u);
}

TEST_F(TimerTest, ACallbackMayCancelItselfAndSetOthers) {
  const auto ref = Spawn();
  In(ref, [](Host& a) {
    auto id = std::make_shared<Host::TimerId>();
    *id = a.Every(absl::Seconds(1), [&a, id] {
      a.Note("tick");
      for (int i = 0; i < 50; ++i) a.After(absl::Seconds(1), [&a] { a.Note("more"); });
      a.CancelTimer(*id);
    });
  });
  world.RunFor(absl::Minutes(1));
  EXPECT_EQ(journal->Count("a.tick"), 1u);
  EXPECT_EQ(journal->Count("a.more"), 50u);
}

TEST_F(TimerTest, ATimerCancelledAfterItFellDueDoesNotRun) {
  const auto ref = Spawn();
  Promise<void> gate;
  Host::TimerId id = 0;
  In(ref, [&id](Host& a) { id = a.After(absl::Seconds(1), [&a] { a.Note("late"); }); });
  const auto wait = ref->Wait(gate.future());
  const auto cancel =
      ref.With({.priority = Priority::kHigh})->In([&id](Host& a) { a.CancelTimer(id); });
  world.RunFor(absl::Seconds(2));
  ASSERT_TRUE(gate.Set().ok());
  world.Run();
  EXPECT_TRUE(wait.Get().ok());
  EXPECT_TRUE(cancel.Get().ok());
  EXPECT_FALSE(journal->Has("a.late"));
}

TEST_F(TimerTest, TimersEndWithTheirActor) {
  const auto ref = Spawn();
  In(ref, [](Host& a) {
    a.Every(absl::Seconds(1), [&a] { a.Note("tick"); });
    a.After(absl::Seconds(1), [&a] { a.Note("after"); });
  });
  EXPECT_EQ(world.clock.pending_timers(), 2u);
  EXPECT_TRUE(ref.Stop().Get().ok());
  EXPECT_EQ(world.clock.pending_timers(), 0u);
  world.RunFor(absl::Minutes(1));
  EXPECT_FALSE(journal->Has("a.tick"));
}

TEST_F(TimerTest, ACallbackThatThrowsFailsTheActor) {
  const auto ref = Spawn();
  In(ref, [](Host& a) {
    a.Every(absl::Seconds(1), []() -> void { throw std::runtime_error("bad timer"); });
  });
  const auto down = ref.WhenDown();
  world.RunFor(absl::Minutes(1));
  EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
  EXPECT_THAT(down.Get()->status.ToString(), HasSubstr("bad timer"));
  EXPECT_EQ(world.clock.pending_timers(), 0u);
}

TEST_F(TimerTest, ACallbackMayStopTheActor) {
  const auto ref = Spawn();
  In(ref, [](Host& a) {
    a.Every(absl::Seconds(1), [&a] {
      a.Note("tick");
      a.Quit();
    });
  });
  world.RunFor(absl::Minutes(1));
  EXPECT_EQ(journal->Count("a.tick"), 1u);
  EXPECT_TRUE(journal->Has("a.stop"));
}

TEST_F(TimerTest, TimersWaitWhileAMethodIsSuspended) {
  const auto ref = Spawn();
  In(ref, [](Host& a) { a.Every(absl::Seconds(1), [&a] { a.Note("tick"); }); });
  const auto nap = ref->Nap(absl::Seconds(10));
  world.RunFor(absl::Seconds(10) - absl::Milliseconds(1));
  EXPECT_TRUE(journal->Has("a.naps"));
  EXPECT_FALSE(journal->Has("a.tick"));
  world.RunFor(absl::Milliseconds(1));
  EXPECT_TRUE(nap.IsReady());
  EXPECT_TRUE(journal->Before("a.wakes", "a.tick"));
  EXPECT_EQ(journal->Count("a.tick"), 1u) << "one tick was due and waited; none is made up for";
}

TEST_F(TimerTest, SleepIsOnVirtualTimeAndCanBeAwaitedFromOutside) {
  const absl::Time start = world.clock.Now();
  EXPECT_TRUE(world->Sleep(absl::Hours(100)).Get().ok());
  EXPECT_EQ(world.clock.Now() - start, absl::Hours(100));
  const auto ref = Spawn();
  EXPECT_TRUE(ref->Nap(absl::Hours(3)).Get().ok());
  EXPECT_EQ(world.clock.Now() - start, absl::Hours(103));
  EXPECT_TRUE(world->Sleep(-absl::Hours(1)).Get().ok());
  EXPECT_EQ(world.clock.Now() - start, absl::Hours(103));
}

TEST_F(TimerTest, AThousandSleepersWakeInTheOrderOfTheirTimes) {
  std::vector<Future<void>> naps;
  for (int i = 0; i < 1000; ++i) {
    const auto ref = world->Spawn<Host>(journal, absl::StrCat(1000 + (i * 7919) % 1000));
    naps.push_back(ref->Nap(absl::Milliseconds((i * 7919) % 1000)));
  }
  for (const auto& nap : naps) EXPECT_TRUE(nap.Get().ok());
  std::vector<std::string> woken;
  for (const std::string& line : journal->lines()) {
    if (absl::StrContains(line, ".wakes")) woken.push_back(line);
  }
  EXPECT_EQ(woken.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(woken.begin(), woken.end()));
}

TEST(TimerThreadTest, TimersRunInTheActorsTurnsOnRealThreads) {
  ActorSystem system({.threads = 2});
  const auto journal = std::make_shared<Journal>();
  Promise<void> done;
  const auto finished = done.future();
  const auto ref = system.Spawn<Host>(journal, "a");
  auto count = std::make_shared<int>(0);
  auto shared_done = std::make_shared<Promise<void>>(std::move(done));
  ASSERT_TRUE(ref->In([count, shared_done](Host& a) {
                   a.Every(absl::Microseconds(100), [count, shared_done] {
                     if (++*count == 50) (void)shared_done->Set();
                   });
                 })
                  .Get()
                  .ok());
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(ref->In([count](Host&) { ++*count, --*count; }).Get().ok());
  }
  EXPECT_TRUE(finished.Get().ok());
}

// A callback of a future that the clock makes ready may block: on time going on, for example.
TEST(TimerThreadTest, CallbacksNeverRunOnTheClocksThread) {
  ActorSystem system({.threads = 1});
  const auto nested = system.Sleep(absl::Milliseconds(1)).Then([&system](const absl::Status&) {
    return system.Sleep(absl::Milliseconds(1)).Get();
  });
  EXPECT_TRUE(nested.Get().ok());

  const auto ref = system.Spawn<Host>(std::make_shared<Journal>(), "a");
  Promise<void> gate;
  const auto late = ref.With({.deadline = absl::Milliseconds(1)})
                        ->Wait(gate.future())
                        .Then([&system](const absl::Status& status) {
                          EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
                          return system.Sleep(absl::Milliseconds(1)).Get();
                        });
  EXPECT_TRUE(late.Get().ok());
}

}  // namespace
}  // namespace testing
}  // namespace troupe

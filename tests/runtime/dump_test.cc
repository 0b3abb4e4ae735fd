// What Dump says of busy actors, and SIGUSR1.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Relay : public Actor {
 public:
  explicit Relay(Ref<Recorder> next) : next_(std::move(next)) {}
  absl::Status Blocking() { return next_->Do("x").Get(); }
  Task<void> Suspending() { co_await next_->Do("x"); }

 private:
  const Ref<Recorder> next_;
};
TROUPE_ACTOR(Relay, Blocking, Suspending)

class SlowStarter : public Actor {
 public:
  explicit SlowStarter(Future<void> gate) : gate_(std::move(gate)) {}
  absl::Status OnStart() override { return gate_.Get(); }
  void OnStop() override { (void)gate_.Get(); }

 private:
  const Future<void> gate_;
};

TEST(DumpTest, AnIdleSystemHasNoBusyActors) {
  World world;
  (void)world->Spawn<Recorder>(std::make_shared<Journal>(), "a");
  world.Run();
  EXPECT_EQ(world->Dump(), "1 actors, 0 busy, 0 dead letters\n");
}

TEST(DumpTest, BlockedAndSuspendedActorsSayWhatTheyDoSinceWhenAndWhomTheyWaitFor) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto stuck = world->Spawn<Recorder>(journal, "stuck");
  const auto blocks = world->Spawn<Relay>(stuck);
  const auto suspends = world->Spawn<Relay>(stuck);
  Promise<void> gate;
  const auto wait = stuck->Wait(gate.future());
  world.Run();
  world.clock.AdvanceBy(absl::Seconds(2));
  const auto blocking = blocks->Blocking();
  world.Run();
  world.clock.AdvanceBy(absl::Milliseconds(1500));
  const auto suspending = suspends->Suspending();
  world.Run();
  world.clock.AdvanceBy(absl::Seconds(1));
  const std::string dump = world->Dump();
  EXPECT_THAT(dump, StartsWith("3 actors, 3 busy, 0 dead letters\n"));
  EXPECT_THAT(dump, HasSubstr(stuck.ToString() + " in Wait for 4.5s, 3 in the mailbox\n"));
  EXPECT_THAT(dump, HasSubstr(blocks.ToString() + " in Blocking for 2.5s, waits for " +
                              stuck.ToString() + ", 1 in the mailbox\n"));
  EXPECT_THAT(dump, HasSubstr(suspends.ToString() + " in Suspending for 1s, waits for " +
                              stuck.ToString() + ", 1 in the mailbox\n"));
  ASSERT_TRUE(gate.Set().ok());
  world.Run();
  EXPECT_TRUE(wait.Get().ok() && blocking.Get().ok() && suspending.Get().ok());
  EXPECT_EQ(world->Dump(), "3 actors, 0 busy, 0 dead letters\n");
}

TEST(DumpTest, ACallbackDoesNotMakeASuspendedMethodYounger) {
  class Host : public Recorder {
   public:
    using Recorder::Recorder;
    absl::Status OnStart() override {
      system().Sleep(absl::Seconds(3)).OnReady([this](const absl::Status&) { Note("callback"); });
      return absl::OkStatus();
    }
  };
  World world;
  const auto journal = std::make_shared<Journal>();
  const Ref<Recorder> ref(world->Spawn<Host>(journal, "a").recipient());
  Promise<void> gate;
  const auto wait = ref->Wait(gate.future());
  world.RunFor(absl::Seconds(4));
  EXPECT_TRUE(journal->Has("a.callback"));
  EXPECT_THAT(world->Dump(), HasSubstr(" in Wait for 4s"));
  ASSERT_TRUE(gate.Set().ok());
  EXPECT_TRUE(wait.Get().ok());
}

TEST(DumpTest, HooksAreNamedAlsoOfActorsThatEnd) {
  World world;
  Promise<void> gate;
  const auto starts = world->Spawn<SlowStarter>(gate.future());
  world.Run();
  EXPECT_THAT(world->Dump(), HasSubstr(starts.ToString() + " in OnStart for 0"));
  ASSERT_TRUE(gate.Set().ok());
  world.Run();

  class Stopper : public Actor {
   public:
    explicit Stopper(Future<void> gate) : gate_(std::move(gate)) {}
    void OnStop() override { (void)gate_.Get(); }

   private:
    const Future<void> gate_;
  };
  Promise<void> second;
  const auto stops = world->Spawn<Stopper>(second.future());
  (void)stops.Stop();
  world.Run();
  EXPECT_THAT(world->Dump(), HasSubstr(stops.ToString() + " in OnStop for 0"));
  ASSERT_TRUE(second.Set().ok());
}

TEST(DumpTest, ADumpWhileActorsRunIsSafe) {
  ActorSystem system({.threads = 2});
  const auto journal = std::make_shared<Journal>();
  std::atomic<bool> done{false};
  std::thread dumper([&] {
    while (!done.load()) EXPECT_THAT(system.Dump(), HasSubstr(" dead letters\n"));
  });
  for (int i = 0; i < 300; ++i) {
    const auto last = system.Spawn<Recorder>(journal, "a");
    const auto relay = system.Spawn<Relay>(last);
    EXPECT_TRUE(relay->Blocking().Get().ok());
    EXPECT_TRUE(relay->Suspending().Get().ok());
    (void)last.Stop();
    (void)relay.Stop();
  }
  done.store(true);
  dumper.join();
}

// Runs in a process of its own.
void DumpOnSignal() {
  ActorSystem system({.threads = 1, .dump_on_sigusr1 = true});
  Promise<void> gate;
  const auto ref = system.Spawn<Recorder>(std::make_shared<Journal>(), "a");
  const auto wait = ref->Wait(gate.future());
  int ends[2];
  if (pipe(ends) != 0) _exit(3);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  // Until it waits: a journal would tell the same, the dump is what is tested.
  while (!absl::StrContains(system.Dump(), "in Wait")) std::this_thread::yield();
  raise(SIGUSR1);
  std::string text;
  char byte;
  while (text.find("mailbox\n") == std::string::npos && read(ends[0], &byte, 1) == 1) text += byte;
  dup2(saved, STDERR_FILENO);
  (void)!write(STDERR_FILENO, text.data(), text.size());
  (void)gate.Set();
  _exit(wait.Get().ok() ? 0 : 1);
}

TEST(DumpSignalTest, Sigusr1WritesTheDumpToStandardError) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(DumpOnSignal(), ::testing::ExitedWithCode(0),
              "1 actors, 1 busy.*\n.*Recorder.* in Wait for");
}

TEST(DumpSignalTest, TheHandlerGoesWithTheSystemAndASecondSystemIsTold) {
  struct sigaction before, during, after;
  sigaction(SIGUSR1, nullptr, &before);
  {
    LogCapture log;
    ActorSystem system({.threads = 1, .dump_on_sigusr1 = true});
    sigaction(SIGUSR1, nullptr, &during);
    EXPECT_NE(during.sa_handler, before.sa_handler);
    { ActorSystem second({.threads = 1, .dump_on_sigusr1 = true}); }
    EXPECT_TRUE(log.Has("another system of this process has it"));
    sigaction(SIGUSR1, nullptr, &after);
    EXPECT_EQ(after.sa_handler, during.sa_handler);
  }
  sigaction(SIGUSR1, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
  { ActorSystem third({.threads = 1, .dump_on_sigusr1 = true}); }
}

}  // namespace
}  // namespace testing
}  // namespace troupe

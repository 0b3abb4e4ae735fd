// Deadlines and cancellation, end to end across nodes.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Journal {
  std::vector<std::string> lines;
  absl::Duration left = absl::InfiniteDuration();
};

class Worker : public Actor {
 public:
  explicit Worker(std::shared_ptr<Journal> journal) : journal_(std::move(journal)) {}

  Task<void> Work(std::string name, absl::Duration time) {
    journal_->lines.push_back(name + " begins");
    journal_->left = context().deadline() - system().clock().Now();
    const absl::Status status = co_await AsStatusOr(Sleep(time));
    journal_->lines.push_back(
        name +
        (status.ok() ? " ends" : absl::StrCat(" ", absl::StatusCodeToString(status.code()))));
    co_return;
  }
  void Take(const std::string& bytes) {
    journal_->lines.push_back(absl::StrCat("took ", bytes.size()));
  }

 private:
  const std::shared_ptr<Journal> journal_;
};
TROUPE_ACTOR(Worker, Work, Take)

// Calls another one for its caller.
class Middle : public Actor {
 public:
  explicit Middle(Ref<Worker> worker) : worker_(std::move(worker)) {}
  Task<void> Work(std::string name, absl::Duration time) { co_await worker_->Work(name, time); }

 private:
  const Ref<Worker> worker_;
};
TROUPE_ACTOR(Middle, Work)

class RemoteCancelTest : public ::testing::Test {
 protected:
  RemoteCancelTest() {
    cluster.Add();
    cluster.Add();
    (void)cluster[1].Spawn<Worker>(SpawnOptions{.name = "worker"}, journal);
    worker = *cluster.Await(cluster[0].At(cluster.address(1)).Find<Worker>("worker"));
  }
  // Without a connection, so that what is sent stays in the outbox.
  void Cut() {
    cluster.network.CutOff(cluster.address(0), cluster.address(1));
    cluster.network.BreakAll();
    Run();
  }
  void Heal() { cluster.network.Heal(cluster.address(0), cluster.address(1)); }
  void Run() { cluster.RunFor(absl::Milliseconds(20)); }

  SimCluster cluster;
  std::shared_ptr<Journal> journal = std::make_shared<Journal>();
  Ref<Worker> worker;
};

TEST_F(RemoteCancelTest, ARunningCoroutineIsCancelled) {
  const auto call = worker->Work("a", absl::Hours(1));
  Run();
  EXPECT_TRUE(call.Cancel());
  EXPECT_TRUE(absl::IsCancelled(call.Get()));
  Run();
  EXPECT_THAT(journal->lines, ElementsAre("a begins", "a CANCELLED"));
  EXPECT_TRUE(cluster.Await(worker->Work("b", absl::ZeroDuration())).ok());
}

TEST_F(RemoteCancelTest, WhatWaitsInTheMailboxThereIsNotStarted) {
  const auto first = worker->Work("a", absl::Seconds(1));
  const auto second = worker->Work("b", absl::Seconds(1));
  const auto third = worker->Work("c", absl::ZeroDuration());
  Run();
  EXPECT_TRUE(second.Cancel());
  EXPECT_TRUE(cluster.Await(third).ok());
  EXPECT_THAT(journal->lines, ElementsAre("a begins", "a ends", "c begins", "c ends"));
}

TEST_F(RemoteCancelTest, WhatIsCancelledInTheOutboxIsNotStarted) {
  Cut();
  const auto call = worker->Work("a", absl::Seconds(1));
  cluster.RunFor(absl::Seconds(1));
  EXPECT_TRUE(call.Cancel());
  Heal();
  cluster.RunFor(absl::Seconds(3));
  EXPECT_THAT(journal->lines, IsEmpty());
  EXPECT_EQ(cluster[0].Peers()[0].calls, 0u);
}

TEST_F(RemoteCancelTest, WhatIsCancelledAtOnceIsNotStarted) {
  EXPECT_TRUE(worker->Work("a", absl::Seconds(1)).Cancel());
  Run();
  EXPECT_THAT(journal->lines, IsEmpty());
}

TEST_F(RemoteCancelTest, ALargeCallThatIsCancelledOnItsWayIsNotStartedAndTheSessionLives) {
  for (int i = 0; i < 30; ++i) {
    const auto call = worker->Take(std::string(3 << 20, 'x'));
    const auto behind = worker->Take("1");
    cluster.RunFor(absl::Microseconds(100 * i));
    const bool cancelled = call.Cancel();
    EXPECT_TRUE(behind.IsReady() || behind.Cancel());
    Run();
    EXPECT_TRUE(cancelled || call.Get().ok());
    cluster.RunFor(absl::Seconds(2));
    for (const PeerInfo& peer : cluster[0].Peers()) EXPECT_EQ(peer.calls, 0u);
  }
  EXPECT_EQ(cluster.network.counters().connections, 1u);
  journal->lines.clear();
  const auto call = worker->Take(std::string(3 << 20, 'x'));
  EXPECT_TRUE(call.Cancel());
  cluster.RunFor(absl::Seconds(1));
  EXPECT_THAT(journal->lines, IsEmpty());
}

TEST_F(RemoteCancelTest, TheRemainingTimeTravels) {
  const auto call = worker.With({.deadline = absl::Seconds(10)})->Work("a", absl::ZeroDuration());
  EXPECT_TRUE(cluster.Await(call).ok());
  EXPECT_LE(journal->left, absl::Seconds(10));
  EXPECT_GT(journal->left, absl::Seconds(9.9));
}

TEST_F(RemoteCancelTest, ADeadlinePassesHereAndThere) {
  const auto call = worker.With({.deadline = absl::Seconds(1)})->Work("a", absl::Hours(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(cluster.Await(call)));
  Run();
  EXPECT_EQ(journal->lines.size(), 2u);
  EXPECT_EQ(cluster[0].Peers()[0].calls, 0u);
}

TEST_F(RemoteCancelTest, ADeadlineThatPassesInTheOutboxEndsTheCallAndNothingStarts) {
  Cut();
  const auto call = worker.With({.deadline = absl::Seconds(1)})->Work("a", absl::Hours(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(cluster.Await(call)));
  Heal();
  cluster.RunFor(absl::Seconds(3));
  EXPECT_THAT(journal->lines, IsEmpty());
}

TEST_F(RemoteCancelTest, ADeadlineIsInheritedThroughAThirdNode) {
  cluster.Add();
  NodeRef third = cluster[2].At(cluster.address(0));
  (void)cluster[0].Spawn<Middle>(SpawnOptions{.name = "middle"}, worker);
  const auto middle = *cluster.Await(third.Find<Middle>("middle"));
  const auto call = middle.With({.deadline = absl::Seconds(10)})->Work("a", absl::ZeroDuration());
  EXPECT_TRUE(cluster.Await(call).ok());
  EXPECT_LE(journal->left, absl::Seconds(10));
  const auto cancelled = middle->Work("b", absl::Hours(1));
  Run();
  EXPECT_TRUE(cancelled.Cancel());
  Run();
  EXPECT_EQ(journal->lines.back(), "b CANCELLED");
}

TEST_F(RemoteCancelTest, EveryCancelledCallEndsOnceWhateverItMeets) {
  ForSeeds(300, [](uint64_t seed) {
    SimCluster sim(seed, {.break_probability = 0.05});
    NodeOptions options;
    options.limits.batch_bytes = 4096;
    sim.Add(options);
    sim.Add(options);
    const auto lines = std::make_shared<Journal>();
    (void)sim[1].Spawn<Worker>(SpawnOptions{.name = "worker", .reentrant = true}, lines);
    sim.Connect(sim[0], sim[1]);
    const auto found = *sim.Await(sim[0].At(sim.address(1)).Find<Worker>("worker"));
    std::vector<Future<void>> calls;
    for (int i = 0; i < 100; ++i) {
      if (sim.Below(2) == 0) {
        calls.push_back(found->Work("a", sim.RandomTime(absl::Milliseconds(20))));
      } else {
        calls.push_back(found->Take(std::string(sim.Below(3) * 6000, 'x')));
      }
      if (sim.Below(2) == 0) (void)calls[sim.Below(calls.size())].Cancel();
      sim.RunFor(sim.RandomTime(absl::Milliseconds(2)));
    }
    sim.RunFor(absl::Seconds(5));
    for (const auto& call : calls) {
      ASSERT_TRUE(call.IsReady());
      const absl::Status status = call.Get();
      ASSERT_TRUE(status.ok() || absl::IsCancelled(status)) << status;
    }
    for (const PeerInfo& peer : sim[0].Peers()) EXPECT_EQ(peer.calls, 0u);
    for (const PeerInfo& peer : sim[1].Peers()) EXPECT_EQ(peer.calls, 0u);
  });
}

}  // namespace
}  // namespace testing
}  // namespace troupe

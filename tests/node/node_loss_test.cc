// A node dies, or is out of reach for too long: every call ends, with the truth; watchers are told.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/sim_traffic.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class Waiting : public Actor {
 public:
  explicit Waiting(std::shared_ptr<int> stage) : stage_(std::move(stage)) {}
  Task<void> Wait() {
    *stage_ = 1;
    const absl::Status status = co_await AsStatusOr(Sleep(absl::Hours(1)));
    *stage_ = absl::IsCancelled(status) ? 2 : 3;
    co_return;
  }

 private:
  const std::shared_ptr<int> stage_;
};
TROUPE_ACTOR(Waiting, Wait)

struct Loss {
  enum Kind { kKilled, kRestarted, kCutOff, kFrozen, kShutDown, kKinds };

  // `node` is as good as dead then; with kRestarted another one is there in its place.
  static void Happen(SimCluster& cluster, Kind kind, size_t node) {
    const std::string address = cluster.address(node);
    switch (kind) {
      case kKilled:
        cluster.network.Kill(address);
        break;
      case kRestarted:
        cluster.network.Kill(address);
        cluster.RunFor(cluster.RandomTime(absl::Seconds(2)));
        cluster.Add({.listen = address});
        break;
      case kCutOff:
        for (const auto& other : cluster.nodes) {
          if (other->address() != address) cluster.network.CutOff(address, other->address());
        }
        break;
      case kFrozen:
        cluster.network.Freeze(address);
        break;
      default:
        cluster[node].Shutdown();
        break;
    }
  }
};

TEST(NodeLossTest, EveryCallEndsAndNotSentIsNeverSaidOfWhatWasHandled) {
  ForSeeds(1000, [](uint64_t seed) {
    SimCluster cluster(seed, {.break_probability = seed % 2 == 0 ? 0.02 : 0});
    cluster.Add();
    cluster.Add();
    TrafficWorld world(cluster, 2, seed % 4 == 0 ? 400'000 : 0);
    const auto kind = static_cast<Loss::Kind>(seed % Loss::kKinds);
    Future<NodeDown> down = cluster[0].At(cluster.address(1)).WhenDown();
    for (int round = 0; round < 10; ++round) {
      for (uint64_t i = cluster.Below(4); i > 0; --i) world.SendSome(20);
      cluster.RunFor(cluster.RandomTime(absl::Milliseconds(3)));
    }
    EXPECT_FALSE(down.IsReady());
    Loss::Happen(cluster, kind, 1);
    for (int round = 0; round < 10; ++round) {
      // Those of the other one are dead, or do not hear anything.
      for (size_t sender = 0; sender < 2; ++sender) {
        world.senders[sender].Tell<&Sender::SendTo>(world.refs[{sender, 2}], 2, 3);
      }
      cluster.RunFor(cluster.RandomTime(absl::Seconds(1)));
    }
    cluster.RunFor(absl::Seconds(20));
    EXPECT_TRUE(down.IsReady());
    world.traffic->ExpectHonest(kind == Loss::kShutDown ? 2 : 4);
  });
}

TEST(NodeLossTest, WatchersAreToldOnceThatTheNodeIsLost) {
  ForSeeds(200, [](uint64_t seed) {
    SimCluster cluster(seed);
    cluster.Add();
    cluster.Add();
    TrafficWorld world(cluster, 2);
    Probe probe(cluster[0].system());
    for (size_t sink = 2; sink < 4; ++sink) probe.Watch(world.refs[{0, sink}]);
    Future<Down> asked = world.refs[{0, 2}].WhenDown();
    cluster.RunFor(absl::Milliseconds(20));
    Loss::Happen(cluster, static_cast<Loss::Kind>(seed % Loss::kShutDown), 1);
    cluster.RunFor(absl::Seconds(20));
    ASSERT_THAT(probe.downs(), SizeIs(2));
    for (const Down& down : probe.downs()) EXPECT_EQ(down.reason, DownReason::kNodeLost);
    EXPECT_EQ(cluster.Await(asked)->reason, DownReason::kNodeLost);
    if (seed % Loss::kShutDown == Loss::kCutOff) {
      cluster.network.Heal(cluster.address(0), cluster.address(1));
      cluster.RunFor(absl::Seconds(20));
      EXPECT_THAT(probe.downs(), SizeIs(2)) << "not once more when it comes back";
      EXPECT_TRUE(cluster.Await(world.refs[{0, 2}]->Take(100, 1)).ok()) << "and it can be called";
    }
  });
}

TEST(NodeLossTest, AfterARestartOldReferencesStayDeadAndNewLookUpsWork) {
  ForSeeds(200, [](uint64_t seed) {
    SimCluster cluster(seed);
    cluster.Add();
    cluster.Add();
    TrafficWorld world(cluster, 1);
    const Ref<Sink> old = world.refs[{0, 1}];
    EXPECT_TRUE(cluster.Await(old->Take(100, 1)).ok());
    Loss::Happen(cluster, Loss::kRestarted, 1);
    EXPECT_NE(cluster[1].incarnation(), cluster[2].incarnation());
    EXPECT_EQ(cluster[1].address(), cluster[2].address());
    const auto now = cluster[2].Spawn<Sink>(SpawnOptions{.name = "sink 1"}, 1, world.traffic);
    NodeRef there = cluster[0].At(cluster.address(2));
    absl::StatusOr<Ref<Sink>> found = cluster.Await(there.Find<Sink>("sink 1"));
    // The request may have been the one that noticed.
    if (!found.ok()) found = cluster.Await(there.Find<Sink>("sink 1"));
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, now);
    EXPECT_TRUE(cluster.Await((*found)->Take(100, 1)).ok());
    const absl::Status status = cluster.Await(old->Take(100, 2)).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(status.ToString(), HasSubstr(old.ToString() + " not found"));
    EXPECT_EQ(cluster.Await(old.WhenDown())->reason, DownReason::kNotFound);
  });
}

TEST(NodeLossTest, WhereNobodyListensCallsFailSoonAndWorkOnceTheNodeIsThere) {
  SimCluster cluster;
  cluster.Add();
  NodeRef there = cluster[0].At("node-1:7000");
  const absl::Time before = cluster.clock.Now();
  const absl::Status status = cluster.Await(there.All()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(DeliveryOf(status), Delivery::kNotSent);
  EXPECT_THAT(status.ToString(), HasSubstr("node-1:7000"));
  EXPECT_LT(cluster.clock.Now() - before, absl::Seconds(1));
  for (int i = 0; i < 20; ++i) (void)cluster.Await(there.All());
  EXPECT_LT(cluster.clock.Now() - before, absl::Seconds(30));
  cluster.Add();
  EXPECT_TRUE(cluster.Await(there.All()).ok());
}

TEST(NodeLossTest, ACallIntoACutEndsAsNotSentIfTheNodeNeverAnswered) {
  SimCluster cluster;
  cluster.Add();
  cluster.Add();
  cluster.network.CutOff(cluster.address(0), cluster.address(1));
  const absl::Status status = cluster.Await(cluster[0].At(cluster.address(1)).All()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(DeliveryOf(status), Delivery::kNotSent);
  cluster.network.Heal(cluster.address(0), cluster.address(1));
  EXPECT_TRUE(cluster.Await(cluster[0].At(cluster.address(1)).All()).ok());
}

TEST(NodeLossTest, WhatIsSentDuringACutOfALivingSessionIsToldNotSentWhenTheNodeIsDown) {
  SimCluster cluster;
  cluster.Add();
  cluster.Add();
  TrafficWorld world(cluster, 1);
  cluster.network.Kill(cluster.address(1));
  cluster.RunFor(absl::Milliseconds(10));  // noticed: nothing can be written
  const absl::Status status = cluster.Await(world.refs[{0, 1}]->Take(100, 1)).status();
  EXPECT_EQ(DeliveryOf(status), Delivery::kNotSent) << status;
}

TEST(NodeLossTest, WhatWorksForALostCallerIsCancelled) {
  SimCluster cluster;
  cluster.Add();
  cluster.Add();
  const auto stage = std::make_shared<int>(0);
  (void)cluster[1].Spawn<Waiting>(SpawnOptions{.name = "waiting"}, stage);
  const auto waiting = cluster.Await(cluster[0].At(cluster.address(1)).Find<Waiting>("waiting"));
  Future<void> call = (*waiting)->Wait();
  cluster.RunFor(absl::Milliseconds(20));
  EXPECT_EQ(*stage, 1);
  cluster.network.Kill(cluster.address(0));
  cluster.RunFor(absl::Seconds(10));
  EXPECT_EQ(*stage, 2);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

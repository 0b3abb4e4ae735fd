// Between nodes that live, broken connections lose nothing, repeat nothing and keep the order.

#include "gtest/gtest.h"
#include "tests/node/sim_traffic.h"

namespace troupe {
namespace testing {
namespace {

// Much shorter than down_after, together with a heartbeat before.
constexpr absl::Duration kLongestFault = absl::Seconds(3);

void InjectFault(SimCluster& cluster) {
  const std::string& a = cluster.address(cluster.Below(cluster.nodes.size()));
  const std::string& b = cluster.address(cluster.Below(cluster.nodes.size()));
  switch (cluster.Below(8)) {
    case 0:
      cluster.network.BreakAll();
      break;
    case 1:
      cluster.network.Break(a, b);
      break;
    case 2:
      cluster.network.CutOff(a, b);
      cluster.RunFor(cluster.RandomTime(kLongestFault));
      cluster.network.Heal(a, b);
      cluster.RunFor(absl::Milliseconds(1200));
      break;
    case 3:
      cluster.network.Freeze(a);
      cluster.RunFor(cluster.RandomTime(kLongestFault));
      cluster.network.Thaw(a);
      cluster.RunFor(absl::Milliseconds(1200));
      break;
    default:
      break;
  }
}

void RunTraffic(SimCluster& cluster, TrafficWorld& world, int rounds, int64_t most) {
  for (int round = 0; round < rounds; ++round) {
    for (uint64_t i = cluster.Below(4); i > 0; --i) world.SendSome(most);
    cluster.RunFor(cluster.RandomTime(absl::Milliseconds(3)));
    InjectFault(cluster);
  }
  cluster.RunFor(absl::Seconds(20));
  EXPECT_EQ(world.traffic->unsent, 0u);
  world.traffic->ExpectAllArrivedInOrder();
  for (const auto& node : cluster.nodes) {
    for (const PeerInfo& peer : node->Peers()) {
      EXPECT_EQ(peer.calls, 0u);
      EXPECT_EQ(peer.outbox_bytes, 0u);
      EXPECT_EQ(peer.inbound_bytes, 0u);
    }
  }
}

TEST(SessionFaultsTest, BreaksCutsAndFreezesLoseNothingBetweenTwoNodes) {
  ForSeeds(1000, [](uint64_t seed) {
    SimCluster cluster(seed);
    cluster.Add();
    cluster.Add();
    TrafficWorld world(cluster, 2);
    RunTraffic(cluster, world, 20, 20);
  });
}

TEST(SessionFaultsTest, ConnectionsThatBreakAllTheTimeLoseNothing) {
  ForSeeds(500, [](uint64_t seed) {
    SimCluster cluster(seed, {.break_probability = 0.05, .close_loss_probability = 0.5});
    cluster.Add();
    cluster.Add();
    TrafficWorld world(cluster, 2);
    RunTraffic(cluster, world, 20, 20);
  });
}

TEST(SessionFaultsTest, NothingIsLostBetweenThreeNodesWithSlowConnections) {
  ForSeeds(300, [](uint64_t seed) {
    SimCluster cluster(seed, {.max_delay = absl::Milliseconds(50),
                              .mean_lifetime = absl::Milliseconds(500),
                              .window_bytes = 1024});
    for (int i = 0; i < 3; ++i) cluster.Add();
    TrafficWorld world(cluster, 1);
    RunTraffic(cluster, world, 20, 20);
  });
}

TEST(SessionFaultsTest, LargeMessagesBesideSmallOnesKeepTheOrder) {
  ForSeeds(150, [](uint64_t seed) {
    SimCluster cluster(seed, {.break_probability = 0.02});
    NodeOptions options;
    options.limits.batch_bytes = 4096;
    options.limits.message_bytes = 1 << 20;
    cluster.Add(options);
    cluster.Add(options);
    TrafficWorld world(cluster, 2, 60'000);
    RunTraffic(cluster, world, 15, 8);
  });
}

TEST(SessionFaultsTest, MessagesOfMegabytesKeepTheOrder) {
  ForSeeds(8, [](uint64_t seed) {
    SimCluster cluster(seed);
    cluster.Add();
    cluster.Add();
    TrafficWorld world(cluster, 1, 8 << 20);
    RunTraffic(cluster, world, 10, 4);
  });
}

TEST(SessionFaultsTest, TheSameSeedGivesTheSameRun) {
  const auto run = [](uint64_t seed) {
    SimCluster cluster(seed, {.break_probability = 0.02});
    cluster.Add();
    cluster.Add();
    TrafficWorld world(cluster, 2);
    for (int i = 0; i < 20; ++i) {
      world.SendSome(10);
      cluster.RunFor(absl::Milliseconds(1));
      InjectFault(cluster);
    }
    cluster.RunFor(absl::Seconds(5));
    return world.traffic->arrived;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

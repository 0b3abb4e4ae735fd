// Sessions with little to do: they are kept, at few messages.

#include <cstdint>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"

namespace troupe {
namespace testing {
namespace {

class Slow : public Actor {
 public:
  Task<int> After(absl::Duration delay) {
    co_await Sleep(delay);
    co_return 1;
  }
  void Note() {}
};
TROUPE_ACTOR(Slow, After, Note)

constexpr char kName[] = "slow";

// A node with an actor, and what calls it; both look for life so many times in `down_after`.
struct World {
  World(uint64_t seed, int heartbeats) : cluster(seed) {
    const absl::Duration down_after = heartbeats * absl::Seconds(1);
    cluster.Add({.down_after = down_after}).Spawn<Slow>(SpawnOptions{.name = kName});
    cluster.RunFor(cluster.RandomTime(absl::Seconds(1)));
    client = cluster.NewClient("client", {.down_after = down_after});
    ref = *cluster.Await(client->At(cluster.address(0)).Find<Slow>(kName));
  }
  uint64_t connections() const { return cluster.network.counters().connections; }
  uint64_t messages() const { return cluster.network.counters().messages; }

  SimCluster cluster;
  std::unique_ptr<Client> client;
  Ref<Slow> ref;
};

TEST(HeartbeatTest, AnIdleSessionKeepsItsConnection) {
  ForSeeds(20, [](uint64_t seed) {
    for (int heartbeats = 2; heartbeats <= 8; ++heartbeats) {
      World world(seed, heartbeats);
      Future<NodeDown> down = world.client->At(world.cluster.address(0)).WhenDown();
      world.cluster.RunFor(absl::Minutes(1));
      EXPECT_EQ(world.connections(), 1) << heartbeats;
      EXPECT_FALSE(down.IsReady()) << heartbeats;
      EXPECT_EQ(world.cluster[0].Peers().size(), 1) << heartbeats;
    }
  });
}

TEST(HeartbeatTest, AnIdleSessionNeedsAMessageInTwoSecondsEachWay) {
  World world(1, 5);
  world.cluster.RunFor(absl::Seconds(5));
  const uint64_t before = world.messages();
  world.cluster.RunFor(absl::Minutes(1));
  EXPECT_LE(world.messages() - before, 62);
}

TEST(HeartbeatTest, SparseTrafficKeepsItsConnection) {
  ForSeeds(100, [](uint64_t seed) {
    World world(seed, 2 + seed % 5);
    std::vector<Future<int>> replies;
    for (int i = 0; i < 60; ++i) {
      if (world.cluster.Below(2) == 0) {
        replies.push_back(world.ref->After(world.cluster.RandomTime(absl::Seconds(5))));
      } else if (world.cluster.Below(2) == 0) {
        (void)world.ref.Tell<&Slow::Note>();
      }
      world.cluster.RunFor(world.cluster.RandomTime(absl::Seconds(4)));
    }
    EXPECT_EQ(world.connections(), 1);
    for (const Future<int>& reply : replies) EXPECT_TRUE(world.cluster.Await(reply).ok());
  });
}

TEST(HeartbeatTest, AnIdleNodeHearsFromAllWhoCallItAtTheSameTime) {
  World world(1, 5);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) {
    world.cluster.RunFor(world.cluster.RandomTime(absl::Seconds(1)));
    clients.push_back(world.cluster.NewClient(absl::StrCat("client-", i)));
    EXPECT_TRUE(world.cluster.Await(clients.back()->At(world.cluster.address(0)).All()).ok());
  }
  world.cluster.RunFor(absl::Seconds(5));
  int busy = 0;  // of 600 times 50 ms
  for (int i = 0; i < 600; ++i) {
    const uint64_t before = world.messages();
    world.cluster.RunFor(absl::Milliseconds(50));
    if (world.messages() != before) ++busy;
  }
  EXPECT_LE(busy, 60);  // a heartbeat a second, perhaps over the end of a slice
}

TEST(HeartbeatTest, AFrozenCallerIsStillNoticed) {
  World world(1, 5);
  world.cluster.RunFor(absl::Seconds(5));
  world.cluster.network.Freeze("client");
  world.cluster.RunFor(absl::Seconds(2));
  EXPECT_EQ(world.cluster[0].Peers().size(), 1);
  world.cluster.RunFor(absl::Seconds(6));
  EXPECT_EQ(world.cluster[0].Peers().size(), 0);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

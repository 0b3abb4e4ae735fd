// Goodbye, Drain, Shutdown and destruction, in whatever order.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"

namespace troupe {
namespace testing {
namespace {

class Echo : public Actor {
 public:
  int64_t Say(int64_t number) { return number; }
  Task<int64_t> SayLater(int64_t number, absl::Duration time) {
    co_await Sleep(time);
    co_return number;
  }
  std::string Give(int64_t bytes) { return std::string(static_cast<size_t>(bytes), 'x'); }
  absl::StatusOr<Value> Receive(Value message) override { return message; }
};
TROUPE_ACTOR(Echo, Say, SayLater, Give)

struct World {
  explicit World(uint64_t seed = 1) : cluster(seed) {
    for (int i = 0; i < 2; ++i) (void)cluster.Add().Spawn<Echo>(SpawnOptions{.name = "echo"});
    for (int i = 0; i < 2; ++i) {
      echoes.push_back(*cluster.Await(cluster[i].At(cluster.address(1 - i)).Find<Echo>("echo")));
    }
  }
  SimCluster cluster;
  std::vector<Ref<Echo>> echoes;  // the other one's, as each sees it
};

TEST(NodeShutdownTest, DrainAnswersWhatIsThereAndRefusesWhatComes) {
  World world;
  const auto before = world.echoes[0]->SayLater(1, absl::Seconds(1));
  world.cluster.RunFor(absl::Milliseconds(20));
  EXPECT_TRUE(world.cluster[1].Drain(absl::Seconds(5)).ok());
  EXPECT_EQ(*world.cluster.Await(before), 1);
  const absl::Status status = world.cluster.Await(world.echoes[0]->Say(2)).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(DeliveryOf(status), Delivery::kNotSent);
  EXPECT_EQ(*world.cluster.Await(world.echoes[1]->Say(3)), 3) << "it may still call others";
}

TEST(NodeShutdownTest, DrainGivesUpAtItsDeadline) {
  World world;
  const auto call = world.echoes[0]->SayLater(1, absl::Minutes(1));
  world.cluster.RunFor(absl::Milliseconds(20));
  EXPECT_TRUE(absl::IsDeadlineExceeded(world.cluster[1].Drain(absl::Seconds(5))));
  EXPECT_FALSE(call.IsReady());
}

TEST(NodeShutdownTest, ShutdownAnswersWhatWasQueuedEvenWhatIsLarge) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    World world(seed);
    const auto slow = world.echoes[0]->SayLater(1, absl::Seconds(1));
    const auto queued = world.echoes[0]->Say(2);
    const auto large = world.echoes[0]->Give(5 << 20);
    world.cluster.RunFor(absl::Milliseconds(20));
    world.cluster[1].Shutdown();
    EXPECT_EQ(world.cluster.Await(slow).value_or(-1), 1);
    EXPECT_EQ(world.cluster.Await(queued).value_or(-1), 2);
    EXPECT_EQ(world.cluster.Await(large).value_or("").size(), size_t{5} << 20);
  }
}

TEST(NodeShutdownTest, TheOthersLearnAtOnce) {
  World world;
  Future<NodeDown> down = world.cluster[0].At(world.cluster.address(1)).WhenDown();
  Future<Down> actor = world.echoes[0].WhenDown();
  world.cluster.RunFor(absl::Milliseconds(20));
  world.cluster[1].Shutdown();
  world.cluster.RunFor(absl::Milliseconds(50));
  ASSERT_TRUE(down.IsReady());
  EXPECT_EQ(down.Get()->address, world.cluster.address(1));
  ASSERT_TRUE(actor.IsReady());
  // It was stopped before its node went.
  EXPECT_EQ(actor.Get()->reason, DownReason::kStopped);
}

TEST(NodeShutdownTest, AnOutgoingMessageThatIsQueuedIsSentBeforeTheGoodbye) {
  World world;
  const auto far = world.cluster[1].Spawn<Echo>(SpawnOptions{.name = "far"});
  for (int i = 0; i < 10; ++i) world.echoes[0].Tell<&Echo::Say>(i);
  std::vector<Future<std::string>> calls;
  world.cluster[0].Shutdown();
  world.cluster.RunFor(absl::Seconds(1));
  EXPECT_EQ(*world.cluster.Await(far->Say(1)), 1);
}

TEST(NodeShutdownTest, AReferenceThatOutlivesItsNodeIsDead) {
  World world;
  world.cluster[0].Shutdown();
  const absl::Status status = world.cluster.Await(world.echoes[0]->Say(1)).status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(world.echoes[0].Tell<&Echo::Say>(1), SendResult::kSent);
  world.cluster.nodes[0].reset();
  EXPECT_FALSE(world.cluster.Await(world.echoes[0]->Say(1)).ok());
  EXPECT_FALSE(world.cluster.Await(world.echoes[0].Stop()).ok());
  EXPECT_TRUE(world.cluster.Await(world.echoes[0].WhenDown()).ok());
  world.cluster.nodes[1].reset();
  const Ref<Echo> copy = world.echoes[0];
  world.echoes.clear();
  EXPECT_FALSE(copy.is_null());
}

TEST(NodeShutdownTest, ANodeRefThatOutlivesItsNodeFails) {
  World world;
  NodeRef there = world.cluster[0].At(world.cluster.address(1));
  NodeRef itself = world.cluster[0].At(world.cluster.address(0));
  world.cluster[0].Shutdown();
  EXPECT_FALSE(world.cluster.Await(there.All()).ok());
  EXPECT_FALSE(world.cluster.Await(itself.All()).ok());
  EXPECT_FALSE(world.cluster.Await(there.Register("a", world.echoes[0])).ok());
  EXPECT_FALSE(world.cluster.Await(there.Spawn<Echo>()->Say(1)).ok());
  (void)world.cluster.Await(there.WhenDown());
  (void)world.cluster.Await(itself.WhenDown());
}

TEST(NodeShutdownTest, WhenDownOfTheNodeItselfIsItsShutdown) {
  World world;
  Future<NodeDown> down = world.cluster[0].At(world.cluster.address(0)).WhenDown();
  world.cluster.RunFor(absl::Seconds(20));
  EXPECT_FALSE(down.IsReady());
  world.cluster[0].Shutdown();
  EXPECT_TRUE(down.IsReady());
}

TEST(NodeShutdownTest, ANodeAtItsOwnAddressIsItself) {
  World world;
  NodeRef itself = world.cluster[0].At(world.cluster.address(0));
  const auto spawned = itself.Spawn<Echo>(SpawnOptions{.name = "own"});
  EXPECT_EQ(*world.cluster.Await(spawned->Say(1)), 1);
  EXPECT_EQ(*world.cluster.Await(itself.Find<Echo>("own")), spawned);
  EXPECT_EQ(world.cluster.Await(itself.All())->size(), 2u);
  EXPECT_EQ(world.cluster.Await(itself.FindAll<Echo>())->size(), 2u);
  EXPECT_TRUE(world.cluster.Await(itself.Register("alias", spawned)).ok());
  EXPECT_EQ(*world.cluster.Await(itself.Find<Echo>("alias")), spawned);
  EXPECT_TRUE(world.cluster.Await(itself.Unregister("alias")).ok());
  EXPECT_EQ(*world.cluster.Await(itself.Broadcast(Value(1))), 2u);
}

TEST(NodeShutdownTest, AClientCallsAndHostsNothing) {
  World world;
  auto client = world.cluster.NewClient("client");
  const auto echo = *world.cluster.Await(client->At(world.cluster.address(0)).Find<Echo>("echo"));
  EXPECT_EQ(*world.cluster.Await(echo->Say(1)), 1);
  const auto own = client->system().Spawn<Echo>();
  EXPECT_EQ(*world.cluster.Await(own->Say(1)), 1);
  const absl::Status status = world.cluster.Await(echo.Ask(Value(AnyRef(own)))).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  Future<NodeDown> down = client->At(world.cluster.address(0)).WhenDown();
  const auto open = echo->SayLater(1, absl::Hours(1));
  world.cluster.RunFor(absl::Milliseconds(20));
  client.reset();
  EXPECT_TRUE(open.IsReady());
  EXPECT_TRUE(down.IsReady());
  world.cluster.RunFor(absl::Milliseconds(100));
  for (const PeerInfo& peer : world.cluster[0].Peers()) EXPECT_NE(peer.name, "client");
}

TEST(NodeShutdownTest, DestructionInAnyOrderEndsEveryCall) {
  ForSeeds(300, [](uint64_t seed) {
    World world(seed);
    std::vector<Future<int64_t>> calls;
    std::vector<Future<std::string>> large;
    for (int i = 0; i < 20; ++i) {
      const Ref<Echo>& echo = world.echoes[world.cluster.Below(2)];
      calls.push_back(echo->Say(i));
      calls.push_back(echo->SayLater(i, world.cluster.RandomTime(absl::Seconds(2))));
      if (i % 5 == 0) large.push_back(echo->Give(600'000));
      world.cluster.RunFor(world.cluster.RandomTime(absl::Milliseconds(1)));
    }
    const size_t first = world.cluster.Below(2);
    switch (world.cluster.Below(4)) {
      case 0:
        (void)world.cluster[first].Drain(world.cluster.RandomTime(absl::Seconds(3)));
        break;
      case 1:
        world.cluster[1 - first].Shutdown();
        break;
      case 2:
        world.cluster.network.BreakAll();
        break;
      default:
        break;
    }
    world.cluster.nodes[first].reset();
    world.cluster.nodes[1 - first].reset();
    for (const auto& call : calls) ASSERT_TRUE(call.IsReady());
    for (const auto& call : large) ASSERT_TRUE(call.IsReady());
  });
}

}  // namespace
}  // namespace testing
}  // namespace troupe

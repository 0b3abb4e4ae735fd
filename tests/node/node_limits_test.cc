// Every limit of NodeLimits: its error, its text, and that the connection lives on.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::HasSubstr;

class Store : public Actor {
 public:
  int64_t Put(const std::string& bytes) {
    ++puts;
    return static_cast<int64_t>(bytes.size());
  }
  std::string Give(int64_t bytes) { return std::string(static_cast<size_t>(bytes), 'x'); }
  absl::Status Fail(int64_t bytes) {
    return absl::InternalError(std::string(static_cast<size_t>(bytes), 'e'));
  }
  Task<void> Wait(absl::Duration time) { co_await Sleep(time); }
  int64_t puts = 0;
};
TROUPE_ACTOR(Store, Put, Give, Fail, Wait, puts)

// Node 1 has the limits that are tested and a Store, which node 0 sees.
struct World {
  explicit World(const NodeLimits& limits, const NodeLimits& caller_limits = {}) {
    NodeOptions caller;
    caller.limits = caller_limits;
    cluster.Add(caller);
    NodeOptions options;
    options.limits = limits;
    cluster.Add(options);
    local = cluster[1].Spawn<Store>(SpawnOptions{.name = "store"});
  }
  Ref<Store> Find(const std::string& name = "store") {
    auto found = cluster.Await(cluster[0].At(cluster.address(1)).Find<Store>(name));
    CHECK(found.ok()) << found.status();
    return *found;
  }
  size_t connections() { return cluster.network.counters().connections; }

  SimCluster cluster;
  Ref<Store> local;
};

void ExpectExhausted(const absl::Status& status, const std::string& text) {
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(status.ToString(), HasSubstr(text));
}

TEST(NodeLimitsTest, AMessageOverTheOtherNodesLimitFailsAtTheSender) {
  World world({.message_bytes = 10'000});
  const Ref<Store> store = world.Find();
  EXPECT_EQ(*world.cluster.Await(store->Put(std::string(9'900, 'x'))), 9'900);
  const auto call = store->Put(std::string(10'001, 'x'));
  EXPECT_TRUE(call.IsReady()) << "nothing is sent";
  ExpectExhausted(call.Get().status(), "over the limit of 10000");
  EXPECT_EQ(store.Tell<&Store::Put>(std::string(10'001, 'x')), SendResult::kBadArguments);
  EXPECT_EQ(*world.cluster.Await(store->puts()), 1);
  EXPECT_EQ(world.connections(), 1u);
}

TEST(NodeLimitsTest, AMessageThatWasQueuedBeforeTheLimitWasKnownIsRefusedAlone) {
  for (const size_t bytes : {20'000u, 1'000'000u}) {
    NodeOptions options;
    SimCluster cluster;
    cluster.Add();
    options.limits.message_bytes = 10'000;
    options.classes = {Hosts<Store>()};
    cluster.Add(options);
    const auto store = cluster[0].At(cluster.address(1)).Spawn<Store>();
    const auto before = store->Put("1");
    const auto large = store->Put(std::string(bytes, 'x'));
    EXPECT_EQ(store.Tell<&Store::Put>(std::string(bytes, 'x')), SendResult::kSent);
    const auto after = store->Put("2");
    EXPECT_TRUE(cluster.Await(before).ok());
    ExpectExhausted(cluster.Await(large).status(), "10000");
    EXPECT_TRUE(cluster.Await(after).ok()) << cluster.Await(after).status();
    EXPECT_EQ(*cluster.Await(store->puts()), 2);
    EXPECT_EQ(cluster.network.counters().connections, 1u);
  }
}

TEST(NodeLimitsTest, AResultOverEitherSidesLimitIsAnError) {
  for (const bool callers : {false, true}) {
    const NodeLimits small = {.message_bytes = 10'000};
    World world(callers ? NodeLimits() : small, callers ? small : NodeLimits());
    const Ref<Store> store = world.Find();
    EXPECT_EQ(world.cluster.Await(store->Give(9'900))->size(), 9'900u);
    ExpectExhausted(world.cluster.Await(store->Give(10'001)).status(), "limit of 10000");
    EXPECT_EQ(world.cluster.Await(store->Give(5))->size(), 5u);
    EXPECT_EQ(world.connections(), 1u);
  }
}

TEST(NodeLimitsTest, ALargeErrorTravelsUpToTheSameLimit) {
  World world({.message_bytes = 4 << 20});
  const Ref<Store> store = world.Find();
  const absl::Status large = world.cluster.Await(store->Fail(3 << 20));
  EXPECT_TRUE(absl::IsInternal(large));
  EXPECT_EQ(large.message().size(), size_t{3} << 20);
  ExpectExhausted(world.cluster.Await(store->Fail(5 << 20)), "the error");
  EXPECT_EQ(world.connections(), 1u);
}

TEST(NodeLimitsTest, AMethodNameOfAnyLengthIsRefusedOrUnknown) {
  World world({.message_bytes = 4 << 20});
  const Ref<Store> store = world.Find();
  for (const size_t bytes : {100u, 70'000u, 500'000u, 3'000'000u}) {
    const absl::Status status =
        world.cluster.Await(store.CallByName(std::string(bytes, 'm'), {})).status();
    EXPECT_TRUE(absl::IsUnimplemented(status)) << status.code();
  }
  ExpectExhausted(world.cluster.Await(store.CallByName(std::string(5 << 20, 'm'), {})).status(),
                  "limit");
  EXPECT_EQ(*world.cluster.Await(store->puts()), 0);
  EXPECT_EQ(world.connections(), 1u);
}

TEST(NodeLimitsTest, AFullOutboxRefusesAndTakesMoreWhenItIsEmptyAgain) {
  World world({}, {.message_bytes = 10'000, .outbox_bytes = 50'000});
  const Ref<Store> store = world.Find();
  world.cluster.network.CutOff(world.cluster.address(0), world.cluster.address(1));
  std::vector<Future<int64_t>> calls;
  while (calls.size() < 100) {
    calls.push_back(store->Put(std::string(9'000, 'x')));
    if (calls.back().IsReady()) break;
  }
  EXPECT_EQ(calls.size(), 6u);
  ExpectExhausted(calls.back().Get().status(), "is full (50000 bytes)");
  EXPECT_EQ(store.Tell<&Store::Put>(std::string(9'000, 'x')), SendResult::kFull);
  calls.pop_back();
  world.cluster.RunFor(absl::Seconds(1));
  world.cluster.network.Heal(world.cluster.address(0), world.cluster.address(1));
  for (const auto& call : calls) EXPECT_TRUE(world.cluster.Await(call).ok());
  EXPECT_TRUE(world.cluster.Await(store->Put(std::string(9'000, 'x'))).ok());
}

TEST(NodeLimitsTest, ASmallOutboxDoesNotWaitForHeartbeatsToBeEmptied) {
  const NodeLimits limits = {.message_bytes = 10'000, .outbox_bytes = 50'000};
  World world(limits, limits);
  const Ref<Store> store = world.Find();
  const absl::Time before = world.cluster.clock.Now();
  int refused = 0;
  for (int i = 0; i < 500; ++i) {
    refused += store.Tell<&Store::Put>(std::string(2'000, 'x')) != SendResult::kSent;
    world.cluster.RunFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(refused, 0) << "in " << world.cluster.clock.Now() - before;
}

TEST(NodeLimitsTest, CallsOverThePendingLimitAreRefusedHere) {
  World world({.pending_calls = 5});
  const Ref<Store> store = world.Find();
  std::vector<Future<void>> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(store->Wait(absl::Seconds(1)));
  const auto refused = store->puts();
  ASSERT_TRUE(refused.IsReady());
  ExpectExhausted(refused.Get().status(), "too many answers already (5 calls)");
  for (const auto& call : calls) EXPECT_TRUE(world.cluster.Await(call).ok());
  EXPECT_TRUE(world.cluster.Await(store->puts()).ok());
}

TEST(NodeLimitsTest, CallsFromBeforeTheLimitWasKnownAreRefusedThereAndTheNumbersNotUsedAgain) {
  NodeOptions options;
  SimCluster cluster;
  cluster.Add();
  options.limits.pending_calls = 5;
  options.classes = {Hosts<Store>()};
  cluster.Add(options);
  const auto store = cluster[0].At(cluster.address(1)).Spawn<Store>();
  std::vector<Future<int64_t>> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(store->puts());
  EXPECT_TRUE(calls[15].Cancel());
  int ok = 0;
  for (int i = 0; i < 20; ++i) {
    const auto outcome = cluster.Await(calls[i]);
    ok += outcome.ok();
    if (!outcome.ok() && i != 15) ExpectExhausted(outcome.status(), "(5 calls)");
  }
  EXPECT_GE(ok, 4);
  for (int round = 0; round < 20; ++round) EXPECT_TRUE(cluster.Await(store->puts()).ok());
  EXPECT_EQ(cluster.network.counters().connections, 1u);
}

class Gate : public Actor {
 public:
  explicit Gate(std::shared_ptr<int64_t> taken) : taken_(std::move(taken)) {}
  Task<void> Take(std::string bytes) {
    co_await Sleep(absl::Seconds(1));
    *taken_ += static_cast<int64_t>(bytes.size());
  }

 private:
  const std::shared_ptr<int64_t> taken_;
};
TROUPE_ACTOR(Gate, Take)

TEST(NodeLimitsTest, WhatWaitsForASlowActorIsBoundedAndTheSenderLearnsIt) {
  World world({.inbound_bytes = 100'000}, {.message_bytes = 10'000, .outbox_bytes = 200'000});
  const auto taken = std::make_shared<int64_t>(0);
  (void)world.cluster[1].Spawn<Gate>(SpawnOptions{.name = "gate"}, taken);
  const Ref<Store> store = world.Find();
  const auto gate =
      *world.cluster.Await(world.cluster[0].At(world.cluster.address(1)).Find<Gate>("gate"));
  int64_t full = 0;
  size_t most = 0;
  for (int i = 0; i < 3'000; ++i) {
    full += gate.Tell<&Gate::Take>(std::string(1'000, 'x')) == SendResult::kFull;
    world.cluster.RunFor(absl::Milliseconds(1));
    for (const PeerInfo& peer : world.cluster[1].Peers()) most = std::max(most, peer.inbound_bytes);
  }
  EXPECT_GT(full, 0);
  // A batch may be over it.
  EXPECT_LE(most, 100'000u + 300'000u);
  // Others go on, at the latest when the window has been refusing for a while.
  absl::StatusOr<int64_t> other = absl::UnknownError("");
  for (int i = 0; i < 300 && !other.ok(); ++i) {
    other = world.cluster.Await(store->puts());
    if (!other.ok()) ExpectExhausted(other.status(), "bytes)");
    world.cluster.RunFor(absl::Seconds(1));
  }
  EXPECT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(world.connections(), 1u);
}

TEST(NodeLimitsTest, RepliesComeWhileAWindowIsFull) {
  // An actor that waits for an answer of the node whose messages fill its own node's window.
  World world({.inbound_bytes = 50'000}, {.message_bytes = 10'000});
  const auto taken = std::make_shared<int64_t>(0);
  (void)world.cluster[1].Spawn<Gate>(SpawnOptions{.name = "gate"}, taken);
  const auto gate =
      *world.cluster.Await(world.cluster[0].At(world.cluster.address(1)).Find<Gate>("gate"));
  (void)world.cluster[0].Spawn<Store>(SpawnOptions{.name = "back"});
  const auto back =
      *world.cluster.Await(world.cluster[1].At(world.cluster.address(0)).Find<Store>("back"));
  for (int i = 0; i < 20; ++i) gate.Tell<&Gate::Take>(std::string(9'000, 'x'));
  world.cluster.RunFor(absl::Milliseconds(100));
  const absl::Time before = world.cluster.clock.Now();
  EXPECT_TRUE(world.cluster.Await(back->puts()).ok());
  EXPECT_LT(world.cluster.clock.Now() - before, absl::Milliseconds(500));
}

TEST(NodeLimitsTest, MoreActorsThanTheDictionaryHoldsAreStillTheRightOnes) {
  for (const uint32_t dictionary : {0u, 1u, 3u}) {
    World world({.dictionary = dictionary});
    std::vector<Ref<Store>> stores;
    for (int i = 0; i < 10; ++i) {
      const std::string name = absl::StrCat("store ", i);
      (void)world.cluster[1].Spawn<Store>(SpawnOptions{.name = name});
      stores.push_back(world.Find(name));
    }
    for (int64_t round = 0; round < 5; ++round) {
      for (int64_t i = 0; i < 10; ++i) (void)stores[i]->puts(100 * i + round);
      for (int64_t i = 0; i < 10; ++i) {
        EXPECT_EQ(*world.cluster.Await(stores[i]->puts()), 100 * i + round);
        EXPECT_EQ(*world.cluster.Await(stores[i]->Put("x")), 1);
      }
    }
    EXPECT_EQ(world.connections(), 1u);
  }
}

TEST(NodeLimitsTest, PiecesAreAsLargeAsABatch) {
  World world({.batch_bytes = 4096}, {.batch_bytes = 4096});
  const Ref<Store> store = world.Find();
  const auto before = world.cluster.network.counters();
  EXPECT_EQ(*world.cluster.Await(store->Put(std::string(100'000, 'x'))), 100'000);
  EXPECT_EQ(world.cluster.Await(store->Give(100'000))->size(), 100'000u);
  const auto after = world.cluster.network.counters();
  EXPECT_GE(after.messages - before.messages, 2 * 100'000u / 4096);
  EXPECT_LE(after.messages - before.messages, 2 * 100'000u / 4096 + 20);
}

TEST(NodeLimitsTest, OneConnectionTooManyIsRefusedWithTheReason) {
  World world({.connections = 2});
  const std::string address = world.cluster.address(1);
  auto one = world.cluster.NewClient("one");
  auto two = world.cluster.NewClient("two");
  auto three = world.cluster.NewClient("three");
  EXPECT_TRUE(world.cluster.Await(one->At(address).All()).ok());
  EXPECT_TRUE(world.cluster.Await(two->At(address).All()).ok());
  ExpectExhausted(world.cluster.Await(three->At(address).All()).status(), "2 connections");
  EXPECT_TRUE(world.cluster.Await(one->At(address).All()).ok());
  two.reset();
  world.cluster.RunFor(absl::Seconds(10));
  EXPECT_TRUE(world.cluster.Await(three->At(address).All()).ok());
}

TEST(NodeLimitsTest, ConnectionsThatDoNotIntroduceThemselvesAreBoundedAndClosed) {
  class Silent : public internal::ConnectionHandler {
   public:
    bool OnMessage(absl::string_view) override { return true; }
    void OnWritten() override {}
    void OnClosed(const absl::Status& reason) override { closed = reason; }
    absl::Status closed;
  };
  World world({.handshakes = 3});
  const std::string address = world.cluster.address(1);
  auto transport = world.cluster.network.NewTransport("silent");
  std::vector<std::shared_ptr<Silent>> silent;
  std::vector<std::shared_ptr<internal::Connection>> connections;
  for (int i = 0; i < 5; ++i) {
    silent.push_back(std::make_shared<Silent>());
    connections.push_back(transport->Connect(address, silent.back()));
    world.cluster.RunFor(absl::Milliseconds(20));
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(silent[i]->closed.ok());
  for (int i = 3; i < 5; ++i) EXPECT_TRUE(absl::IsResourceExhausted(silent[i]->closed));
  world.cluster.RunFor(absl::Seconds(10));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(silent[i]->closed)) << silent[i]->closed;
  }
  EXPECT_TRUE(world.cluster.Await(world.cluster[0].At(address).All()).ok());
  connections.clear();
  transport->Shutdown();
}

TEST(NodeLimitsTest, NodesBeyondThePeersLimitAreRefusedUnlessOthersAreDoneWith) {
  SimCluster cluster;
  NodeOptions options;
  options.limits.peers = 2;
  cluster.Add(options);
  for (int i = 0; i < 3; ++i) {
    cluster.Add();
    (void)cluster[i + 1].Spawn<Store>(SpawnOptions{.name = "store"});
  }
  auto one = cluster.Await(cluster[0].At(cluster.address(1)).Find<Store>("store"));
  auto two = cluster.Await(cluster[0].At(cluster.address(2)).Find<Store>("store"));
  ASSERT_TRUE(one.ok() && two.ok());
  ExpectExhausted(cluster.Await(cluster[0].At(cluster.address(3)).All()).status(), "2");
  EXPECT_TRUE(cluster.Await((*one)->puts()).ok());
  // Its node is gone, so is its session; and nobody has a reference to it.
  cluster[2].Shutdown();
  two = absl::UnknownError("");
  cluster.RunFor(absl::Seconds(10));
  EXPECT_TRUE(cluster.Await(cluster[0].At(cluster.address(3)).All()).ok());
}

TEST(NodeLimitsTest, LimitsThatCannotBeAreRefusedWhenTheNodeIsMade) {
  SimCluster cluster;
  for (const NodeLimits& limits :
       {NodeLimits{.batch_bytes = 10}, NodeLimits{.message_bytes = 0},
        NodeLimits{.outbox_bytes = 5}, NodeLimits{.pending_calls = 0}, NodeLimits{.peers = 0}}) {
    NodeOptions options;
    options.limits = limits;
    options.system.executor = &cluster.executor;
    options.system.clock = &cluster.clock;
    const auto node = Node::Create(options, cluster.network.NewTransport());
    EXPECT_TRUE(absl::IsInvalidArgument(node.status())) << node.status();
  }
}

TEST(NodeLimitsTest, ManyLargeResultsAtOnceAreAnErrorEachAndNotTheSessionsEnd) {
  World world({.message_bytes = 100'000, .outbox_bytes = 200'000});
  const Ref<Store> store = world.Find();
  std::vector<Future<std::string>> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(store->Give(90'000));
  int ok = 0;
  for (const auto& call : calls) {
    const auto result = world.cluster.Await(call);
    ok += result.ok();
    if (!result.ok()) ExpectExhausted(result.status(), "200000");
  }
  EXPECT_GE(ok, 3);
  EXPECT_TRUE(world.cluster.Await(store->Give(90'000)).ok());
  EXPECT_EQ(world.connections(), 1u);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

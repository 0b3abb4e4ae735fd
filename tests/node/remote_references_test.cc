// References are values: they travel anywhere, are equal to their originals, and local at home.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"

namespace troupe {
namespace testing {
namespace {

class Counter : public Actor {
 public:
  int64_t Add(int64_t number) { return total += number; }
  int64_t total = 0;
};
TROUPE_ACTOR(Counter, Add, total)

class Keeper : public Actor {
 public:
  Keeper() = default;
  explicit Keeper(Ref<Counter> counter) : counter_(std::move(counter)) {}
  Ref<Counter> Echo(Ref<Counter> counter) { return counter; }
  std::vector<Ref<Counter>> EchoAll(std::vector<Ref<Counter>> counters) { return counters; }
  bool IsLocal(const Ref<Counter>& counter) {
    return counter.recipient() != nullptr && counter.recipient()->local_cell() != nullptr;
  }
  bool IsNull(const Ref<Counter>& counter) { return counter.is_null(); }
  Task<int64_t> AddTo(Ref<Counter> counter, int64_t number) {
    co_return co_await counter->Add(number);
  }
  Task<int64_t> AddToOwn(int64_t number) { co_return co_await counter_->Add(number); }
  void Keep(Ref<Counter> counter) { counter_ = std::move(counter); }
  Ref<Counter> Kept() { return counter_; }
  absl::StatusOr<Value> Receive(Value message) override { return message; }

 private:
  Ref<Counter> counter_;
};
TROUPE_ACTOR(Keeper, Echo, EchoAll, IsLocal, IsNull, AddTo, AddToOwn, Keep, Kept)

// Three nodes with a Keeper each; Of(i, j) is that of node j as node i sees it.
class RemoteReferencesTest : public ::testing::Test {
 protected:
  RemoteReferencesTest() {
    for (int i = 0; i < 3; ++i) {
      NodeOptions options;
      options.classes = {Hosts<Keeper>(), Hosts<Keeper, Ref<Counter>>(), Hosts<Counter>()};
      (void)cluster.Add(options).Spawn<Keeper>(SpawnOptions{.name = "keeper"});
    }
    counter = cluster[0].Spawn<Counter>();
  }
  Ref<Keeper> Of(size_t here, size_t there) {
    return *cluster.Await(cluster[here].At(cluster.address(there)).Find<Keeper>("keeper"));
  }

  SimCluster cluster;
  Ref<Counter> counter;
};

TEST_F(RemoteReferencesTest, ARoundTripGivesAnEqualReferenceThatIsLocalAgain) {
  const auto back = cluster.Await(Of(0, 1)->Echo(counter));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, counter);
  EXPECT_EQ(back->recipient().get(), counter.recipient().get());
  EXPECT_EQ(back->ToString(), counter.ToString());
  EXPECT_FALSE(*cluster.Await(Of(0, 1)->IsLocal(counter)));
  EXPECT_TRUE(*cluster.Await(Of(0, 0)->IsLocal(counter)));
}

TEST_F(RemoteReferencesTest, AThirdNodeConnectsByItself) {
  EXPECT_TRUE(cluster.Await(Of(0, 1)->Keep(counter)).ok());
  const auto seen = cluster.Await(Of(2, 1)->Kept());
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(*seen, counter);
  for (const PeerInfo& peer : cluster[2].Peers()) EXPECT_NE(peer.calls, 1u);
  EXPECT_EQ(*cluster.Await((*seen)->Add(5)), 5);
  EXPECT_EQ(*cluster.Await(counter->total()), 5);
  EXPECT_EQ(*cluster.Await(Of(2, 1)->AddTo(*seen, 2)), 7);
}

TEST_F(RemoteReferencesTest, TheyTravelInVectorsAndValues) {
  const auto other = cluster[0].Spawn<Counter>();
  const auto back = cluster.Await(Of(0, 1)->EchoAll({counter, other, counter, Ref<Counter>()}));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, (std::vector<Ref<Counter>>{counter, other, counter, Ref<Counter>()}));
  const Value value(Value::Map{{"counter", Value(AnyRef(counter))},
                               {"list", Value(Value::List{1, Value(AnyRef(other))})}});
  const auto echoed = cluster.Await(Of(0, 1).Ask(value));
  ASSERT_TRUE(echoed.ok()) << echoed.status();
  EXPECT_EQ(*echoed, value);
}

TEST_F(RemoteReferencesTest, TheyTravelInConstructorArguments) {
  const auto keeper = cluster[0].At(cluster.address(2)).Spawn<Keeper>(counter);
  EXPECT_EQ(*cluster.Await(keeper->AddToOwn(3)), 3);
  EXPECT_EQ(*cluster.Await(counter->total()), 3);
}

TEST_F(RemoteReferencesTest, ANullReferenceStaysNull) {
  EXPECT_TRUE(*cluster.Await(Of(0, 1)->IsNull(Ref<Counter>())));
  EXPECT_TRUE(cluster.Await(Of(0, 1)->Echo(Ref<Counter>()))->is_null());
  const absl::Status status = cluster.Await(Of(0, 1)->AddTo(Ref<Counter>(), 1)).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
}

TEST_F(RemoteReferencesTest, AReferenceToAnActorThatIsGoneIsAnsweredNotFoundEverywhere) {
  EXPECT_TRUE(cluster.Await(counter.Stop()).ok());
  for (size_t there = 0; there < 3; ++there) {
    const absl::Status status = cluster.Await(Of(0, there)->AddTo(counter, 1)).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(counter.ToString()));
  }
  const auto back = cluster.Await(Of(0, 1)->Echo(counter));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, counter);
  EXPECT_TRUE(absl::IsNotFound(cluster.Await((*back)->Add(1)).status()));
}

TEST_F(RemoteReferencesTest, StopAndFieldsAndNamesWorkFromElsewhere) {
  EXPECT_TRUE(cluster.Await(Of(0, 1)->Keep(counter)).ok());
  const auto seen = *cluster.Await(Of(2, 1)->Kept());
  EXPECT_TRUE(cluster.Await(seen->total(41)).ok());
  EXPECT_EQ(*cluster.Await(seen.CallByName("Add", {Value(1)})), Value(42));
  EXPECT_TRUE(absl::IsUnimplemented(cluster.Await(seen.CallByName("Nope", {})).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(cluster.Await(seen.CallByName("Add", {})).status()));
  Future<Down> down = seen.WhenDown();
  EXPECT_TRUE(cluster.Await(seen.Stop()).ok());
  EXPECT_EQ(cluster.Await(down)->reason, DownReason::kStopped);
  EXPECT_TRUE(absl::IsNotFound(cluster.Await(seen.Stop())));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

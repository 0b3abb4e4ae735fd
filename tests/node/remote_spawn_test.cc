// Spawning on another node, and its registry.

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::HasSubstr;

class Named : public Actor {
 public:
  Named() = default;
  explicit Named(std::string name) : name(std::move(name)) {}
  Named(std::string name, int64_t times) : name("") {
    for (int64_t i = 0; i < times; ++i) this->name += name;
  }
  explicit Named(int64_t number) : name(std::to_string(number)) {}  // not hosted
  void Fail() { throw std::runtime_error("boom"); }
  absl::StatusOr<Value> Receive(Value message) override {
    name = "received";
    return message;
  }
  std::string name = "none";
};
TROUPE_ACTOR(Named, Fail, name)

class Failing : public Actor {
 public:
  explicit Failing(bool in_constructor) : in_constructor_(in_constructor) {
    if (in_constructor) throw std::runtime_error("not today");
  }
  absl::Status OnStart() override { return absl::InternalError("not this way"); }
  int64_t Get() { return in_constructor_; }

 private:
  const bool in_constructor_;
};
TROUPE_ACTOR(Failing, Get)

class Unhosted : public Actor {
 public:
  int64_t Get() { return 1; }
};
TROUPE_ACTOR(Unhosted, Get)

class RemoteSpawnTest : public ::testing::Test {
 protected:
  RemoteSpawnTest() {
    NodeOptions options;
    options.classes = {Hosts<Named>(), Hosts<Named, std::string>(),
                       Hosts<Named, std::string, int64_t>(), Hosts<Failing, bool>()};
    cluster.Add();
    cluster.Add(options);
  }
  NodeRef there() { return cluster[0].At(cluster.address(1)); }

  SimCluster cluster;
};

TEST_F(RemoteSpawnTest, TheConstructorIsTheOneThatTakesTheArguments) {
  EXPECT_EQ(*cluster.Await(there().Spawn<Named>()->name()), "none");
  EXPECT_EQ(*cluster.Await(there().Spawn<Named>("a")->name()), "a");
  EXPECT_EQ(*cluster.Await(there().Spawn<Named>("a", int64_t{3})->name()), "aaa");
  EXPECT_EQ(cluster.Await(there().FindAll<Named>())->size(), 3u);
}

TEST_F(RemoteSpawnTest, ALargeArgumentKeepsTheCallsBehindIt) {
  const auto spawned = there().Spawn<Named>(std::string(2 << 20, 'x'));
  const auto name = spawned->name();
  EXPECT_EQ(cluster.Await(name)->size(), size_t{2} << 20);
}

TEST_F(RemoteSpawnTest, OfAClassThatIsNotHostedCallsLearnTheReason) {
  const auto spawned = there().Spawn<Unhosted>();
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = cluster.Await(spawned->Get()).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("hosts no actors of class"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("Unhosted"));
  }
  EXPECT_EQ(cluster.Await(spawned.WhenDown())->reason, DownReason::kNotFound);
}

TEST_F(RemoteSpawnTest, ArgumentsThatFitNoConstructorAreAReason) {
  const auto spawned = there().Spawn<Named>(int64_t{7});
  const absl::Status status = cluster.Await(spawned->name()).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("not spawned"));
}

TEST_F(RemoteSpawnTest, AFailingConstructorOrStartFailsTheActor) {
  for (const bool in_constructor : {true, false}) {
    const auto spawned = there().Spawn<Failing>(in_constructor);
    Future<Down> down = spawned.WhenDown();
    const absl::Status status = cluster.Await(spawned->Get()).status();
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(cluster.Await(down)->reason, DownReason::kFailed);
    EXPECT_THAT(std::string(cluster.Await(down)->status.message()),
                HasSubstr(in_constructor ? "not today" : "not this way"));
  }
  EXPECT_EQ(cluster.Await(there().All())->size(), 0u);
}

TEST_F(RemoteSpawnTest, ANameThatIsTakenFailsTheSecondOne) {
  const auto first = there().Spawn<Named>(SpawnOptions{.name = "name"}, "first");
  const auto second = there().Spawn<Named>(SpawnOptions{.name = "name"}, "second");
  EXPECT_EQ(*cluster.Await(first->name()), "first");
  EXPECT_FALSE(cluster.Await(second->name()).ok());
  EXPECT_EQ(*cluster.Await(there().Find<Named>("name")), first);
  EXPECT_EQ(cluster.Await(there().All())->size(), 1u);
}

TEST_F(RemoteSpawnTest, OptionsTravel) {
  const auto restarted = there().Spawn<Named>(
      SpawnOptions{.name = "restarted", .restart = {.max_restarts = 3}}, "again");
  restarted.Tell(Value(1));
  EXPECT_EQ(*cluster.Await(restarted->name()), "received");
  restarted.Tell<&Named::Fail>();
  EXPECT_EQ(*cluster.Await(restarted->name()), "again");
  const auto small = there().Spawn<Named>(SpawnOptions{.mailbox_capacity = 1});
  EXPECT_TRUE(cluster.Await(small->name()).ok());
}

TEST_F(RemoteSpawnTest, NamesOfTheRegistryThere) {
  const auto here = cluster[0].Spawn<Named>("here");
  const auto spawned = there().Spawn<Named>("there");
  EXPECT_TRUE(cluster.Await(there().Register("here", here)).ok());
  EXPECT_TRUE(cluster.Await(there().Register("there", spawned)).ok());
  EXPECT_EQ(*cluster.Await(there().Find<Named>("here")), here);
  EXPECT_EQ(cluster.Await(there().Find<Named>("here"))->recipient()->local_cell(),
            here.recipient()->local_cell());
  EXPECT_EQ(*cluster.Await(there().Find<Named>("there")), spawned);
  EXPECT_TRUE(absl::IsAlreadyExists(cluster.Await(there().Register("here", spawned))));
  EXPECT_TRUE(absl::IsNotFound(cluster.Await(there().Find("nobody")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(cluster.Await(there().Find<Unhosted>("there")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(cluster.Await(there().Register("", spawned))));
  EXPECT_TRUE(absl::IsNotFound(cluster.Await(there().Register("null", AnyRef()))));
  EXPECT_TRUE(cluster.Await(there().Unregister("here")).ok());
  EXPECT_TRUE(cluster.Await(there().Unregister("here")).ok());
  EXPECT_TRUE(absl::IsNotFound(cluster.Await(there().Find("here")).status()));
  EXPECT_TRUE(cluster.Await(spawned.Stop()).ok());
  EXPECT_TRUE(absl::IsNotFound(cluster.Await(there().Find("there")).status()));
}

TEST_F(RemoteSpawnTest, ABroadcastReachesThoseOfTheClass) {
  const auto one = there().Spawn<Named>("one");
  const auto two = cluster[1].Spawn<Unhosted>();
  EXPECT_EQ(*cluster.Await(there().Broadcast<Named>(Value(1))), 1u);
  EXPECT_EQ(*cluster.Await(one->name()), "received");
  EXPECT_EQ(*cluster.Await(there().Broadcast<Failing>(Value(1))), 0u);
  EXPECT_EQ(cluster.Await(there().All())->size(), 2u);
  EXPECT_EQ(cluster.Await(there().FindAll<Unhosted>())->at(0), two);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

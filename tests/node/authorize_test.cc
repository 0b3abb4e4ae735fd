// The authorization hook is asked about everything, and whom it refuses learns nothing else.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::Contains;

class Door : public Actor {
 public:
  explicit Door(std::shared_ptr<int> opened) : opened_(std::move(opened)) {}
  Door() = default;
  int64_t Open(int64_t number) {
    if (opened_ != nullptr) ++*opened_;
    return number;
  }
  absl::StatusOr<Value> Receive(Value message) override {
    if (opened_ != nullptr) ++*opened_;
    return message;
  }
  int64_t field = 0;

 private:
  std::shared_ptr<int> opened_;
};
TROUPE_ACTOR(Door, Open, field)

class AuthorizeTest : public ::testing::Test {
 protected:
  AuthorizeTest() {
    NodeOptions caller;
    caller.name = "caller";
    cluster.Add(caller);
    NodeOptions options;
    options.classes = {Hosts<Door>()};
    options.authorize = [this](const Caller& who, absl::string_view interface,
                               absl::string_view method) -> absl::Status {
      EXPECT_EQ(who.node_name, "caller");
      EXPECT_FALSE(who.authenticated);
      asked.push_back(absl::StrCat(interface, ".", method));
      return refuse.contains("*") || refuse.contains(asked.back())
                 ? absl::InternalError("a secret reason")
                 : absl::OkStatus();
    };
    cluster.Add(options);
    (void)cluster[1].Spawn<Door>(SpawnOptions{.name = "door"}, opened);
    door = *cluster.Await(there().Find<Door>("door"));
    asked.clear();
  }
  NodeRef there() { return cluster[0].At(cluster.address(1)); }

  SimCluster cluster;
  std::shared_ptr<int> opened = std::make_shared<int>(0);
  std::vector<std::string> asked;
  std::set<std::string> refuse;
  Ref<Door> door;
};

TEST_F(AuthorizeTest, EveryKindOfMessageIsAskedAbout) {
  (void)cluster.Await(door->Open(1));
  (void)cluster.Await(door->field());
  (void)cluster.Await(door->field(2));
  (void)cluster.Await(door.CallByName("Open", {Value(1)}));
  (void)cluster.Await(door.Ask(Value(1)));
  door.Tell<&Door::Open>(1);
  door.Tell(Value(1));
  Future<Down> down = door.WhenDown();
  (void)cluster.Await(door.Stop());
  EXPECT_EQ(asked, (std::vector<std::string>{"Door.Open", "Door.field", "Door.field", "Door.Open",
                                             "Door.Receive", "Door.Open", "Door.Receive",
                                             "Door.Watch", "Door.Stop"}));
  EXPECT_TRUE(down.IsReady());
  asked.clear();
  (void)cluster.Await(there().Find<Door>("door"));
  (void)cluster.Await(there().All());
  (void)cluster.Await(there().Register("a", door));
  (void)cluster.Await(there().Unregister("a"));
  (void)cluster.Await(there().Broadcast(Value(1)));
  (void)there().Spawn<Door>();
  cluster.RunFor(absl::Milliseconds(20));
  const std::string spawn = asked.back();
  asked.pop_back();
  EXPECT_EQ(asked, (std::vector<std::string>{"Node.find", "Node.list", "Node.register",
                                             "Node.unregister", "Node.broadcast"}));
  EXPECT_THAT(spawn, ::testing::MatchesRegex("Node.spawn:.*Door"));
}

TEST_F(AuthorizeTest, ARefusedCallerLearnsNothingElse) {
  const auto gone = cluster[1].Spawn<Door>(SpawnOptions{.name = "gone"}, opened);
  const auto gone_there = *cluster.Await(there().Find<Door>("gone"));
  EXPECT_TRUE(cluster.Await(gone.Stop()).ok());
  refuse = {"*"};
  std::vector<absl::Status> answers = {
      cluster.Await(door->Open(1)).status(),
      cluster.Await(door->field()).status(),
      cluster.Await(door->field(2)),
      cluster.Await(door.CallByName("Open", {Value(1)})).status(),
      cluster.Await(door.CallByName("Open", {Value("no number")})).status(),
      cluster.Await(door.CallByName("NoMethod", {})).status(),
      cluster.Await(door.Ask(Value(1))).status(),
      cluster.Await(door.Stop()),
      cluster.Await(gone_there->Open(1)).status(),
      cluster.Await(gone_there.Ask(Value(1))).status(),
      cluster.Await(gone_there.Stop()),
      cluster.Await(there().Find<Door>("door")).status(),
      cluster.Await(there().Find<Door>("nobody")).status(),
      cluster.Await(there().All()).status(),
      cluster.Await(there().Register("a", door)),
      cluster.Await(there().Unregister("a")),
      cluster.Await(there().Broadcast(Value(1))).status(),
      cluster.Await(gone_there.WhenDown())->status,
      cluster.Await(door.WhenDown())->status,
  };
  for (const absl::Status& answer : answers) {
    EXPECT_EQ(answer, PermissionDeniedError()) << answer;
  }
  door.Tell<&Door::Open>(1);
  door.Tell(Value(1));
  cluster.RunFor(absl::Milliseconds(20));
  EXPECT_EQ(*opened, 0);
  refuse.clear();
  EXPECT_TRUE(cluster.Await(door->Open(1)).ok()) << "the session lives";
}

TEST_F(AuthorizeTest, ASpawnThatIsRefusedLeavesNothingBehind) {
  refuse = {"*"};
  const auto spawned = there().Spawn<Door>();
  EXPECT_EQ(cluster.Await(spawned->Open(1)).status(), PermissionDeniedError());
  refuse.clear();
  EXPECT_EQ(cluster.Await(there().All())->size(), 1u);
  EXPECT_TRUE(absl::IsNotFound(cluster.Await(spawned->Open(1)).status()));
}

TEST_F(AuthorizeTest, OneMethodMayBeRefusedAndAnotherNot) {
  refuse = {"Door.field"};
  EXPECT_EQ(cluster.Await(door.CallByName("field", {})).status(), PermissionDeniedError());
  EXPECT_EQ(cluster.Await(door->field()).status(), PermissionDeniedError());
  EXPECT_TRUE(cluster.Await(door->Open(1)).ok());
}

}  // namespace
}  // namespace testing
}  // namespace troupe

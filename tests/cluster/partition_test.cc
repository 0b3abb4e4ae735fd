// Two machines, as far as the network goes: the test and a test_node, in a network namespace each,
// joined by a pair of virtual devices that iptables cuts. The namespaces have no names: they end
// with their processes, and the devices and rules with them, however the test ends.

#include <sched.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::IsEmpty;

bool Succeeds(const std::string& command) {
  return std::system(absl::StrCat(command, " >/dev/null 2>&1").c_str()) == 0;
}
void Execute(const std::string& command) { CHECK_EQ(std::system(command.c_str()), 0) << command; }

// Puts this process into a namespace of its own; false where that cannot be. Before there are other
// threads, which would stay outside.
bool EnterOwnNetwork() {
  setenv("PATH", absl::StrCat(getenv("PATH"), ":/usr/sbin:/sbin").c_str(), 1);
  return unshare(CLONE_NEWNET) == 0 && Succeeds("ip link set lo up") && Succeeds("iptables -L") &&
         Succeeds("iptables -A INPUT -p tcp --dport 1 -j REJECT --reject-with tcp-reset") &&
         Succeeds("nsenter --version");
}

// The other machine, and the cable to it.
class Machines {
 public:
  explicit Machines(const std::string& down_after)
      : number_(++made_),
        other_({"--own_network", "--insecure", "--listen=0.0.0.0:0",
                absl::StrCat("--advertise=10.77.", number_, ".2:0"),
                "--down_after=" + down_after}) {
    const std::string ip_there = absl::StrCat("nsenter --net --target ", other_.pid(), " ip ");
    Execute(
        absl::StrCat("ip link add ", device(), " type veth peer name far netns ", other_.pid()));
    Execute(absl::StrCat("ip address add 10.77.", number_, ".1/24 dev ", device()));
    Execute(absl::StrCat("ip link set ", device(), " up"));
    Execute(ip_there + absl::StrCat("address add 10.77.", number_, ".2/24 dev far"));
    Execute(ip_there + "link set far up");
    NodeOptions options = QuickOptions();
    options.listen = "0.0.0.0:0";
    options.advertise = absl::StrCat("10.77.", number_, ".1:0");
    options.insecure = true;
    CHECK(absl::ParseDuration(down_after, &options.down_after));
    node_ = MakeNode(std::move(options));
    // The devices may need a moment.
    while (!Await(there().Find<Worker>("worker")).ok()) {
    }
  }

  enum class Cut { kDrop, kDropToHere, kDropToThere, kReset };
  void Disconnect(Cut cut) {
    const bool reset = cut == Cut::kReset;
    const std::string what = reset ? "-p tcp -j REJECT --reject-with tcp-reset" : "-j DROP";
    if (cut != Cut::kDropToThere) {
      Execute(absl::StrCat("iptables -A INPUT -i ", device(), " ", what));
    }
    if (cut != Cut::kDropToHere) {
      Execute(absl::StrCat("iptables -A OUTPUT -o ", device(), " ", what));
    }
  }
  void Heal() { Execute("iptables -F"); }
  void Sleep(absl::Duration time) { EXPECT_TRUE(Await(node_->system().Sleep(time)).ok()); }

  Node& here() { return *node_; }
  NodeRef there() { return node_->At(other_.address()); }

 private:
  std::string device() const { return absl::StrCat("near", number_); }

  static int made_;
  const int number_;
  TestNode other_;
  std::unique_ptr<Node> node_;
};
int Machines::made_ = 0;

class PartitionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { possible_ = EnterOwnNetwork(); }
  void SetUp() override {
    if (!possible_) {
      GTEST_SKIP() << "needs root (or CAP_NET_ADMIN, CAP_SYS_ADMIN), and the programs ip, iptables "
                      "and nsenter";
    }
  }

 private:
  static bool possible_;
};
bool PartitionTest::possible_ = false;

TEST_F(PartitionTest, CutsLoseAndRepeatNothingOf100000MessagesEachWay) {
  using Cut = Machines::Cut;
  struct Stage {
    Cut cut;
    absl::Duration duration;
  };
  // The longest one is longer than a session stays with a silent connection (half of down_after).
  const std::vector<Stage> stages = {
      {Cut::kDrop, absl::Milliseconds(300)},
      {Cut::kReset, absl::Milliseconds(100)},
      {Cut::kDropToHere, absl::Milliseconds(500)},
      {Cut::kReset, absl::Seconds(1)},
      {Cut::kDropToThere, absl::Milliseconds(500)},
      {Cut::kReset, absl::ZeroDuration()},
      {Cut::kDrop, absl::Seconds(6)},
      {Cut::kReset, absl::Milliseconds(300)},
      {Cut::kDropToHere, absl::Seconds(1)},
      {Cut::kDropToThere, absl::Seconds(1)},
  };
  Machines machines("10s");
  const Ref<Sink> sink_here = machines.here().Spawn<Sink>();
  const Ref<Sink> sink_there = machines.there().Spawn<Sink>();
  const Ref<Source> source_here = machines.here().Spawn<Source>();
  const Ref<Source> source_there = machines.there().Spawn<Source>();
  constexpr int64_t kCount = 100'000;
  const int64_t share = kCount / static_cast<int64_t>(stages.size());
  for (const Stage& stage : stages) {
    Future<int64_t> from_here = source_here->Send(sink_there, share, 500);
    Future<int64_t> from_there = source_there->Send(sink_here, share, 500);
    machines.Sleep(absl::Milliseconds(5));
    machines.Disconnect(stage.cut);
    machines.Sleep(stage.duration);
    machines.Heal();
    const absl::StatusOr<int64_t> wrong_here = Await(from_here);
    ASSERT_TRUE(wrong_here.ok()) << wrong_here.status();
    EXPECT_EQ(*wrong_here, 0);
    const absl::StatusOr<int64_t> wrong_there = Await(from_there);
    ASSERT_TRUE(wrong_there.ok()) << wrong_there.status();
    EXPECT_EQ(*wrong_there, 0);
  }
  for (const Ref<Sink>& sink : {sink_here, sink_there}) {
    EXPECT_EQ(*Await(sink->taken()), kCount);
    EXPECT_EQ(*Await(sink->next()), kCount);
    EXPECT_THAT(*Await(sink->disorder()), IsEmpty());
  }
}

TEST_F(PartitionTest, BothSidesNoticeACutThatLastsAndWorkAgainAfterIt) {
  Machines machines("1s");
  const Ref<Worker> worker_here = machines.here().Spawn<Worker>();
  const Ref<Worker> worker_there = machines.there().Spawn<Worker>();
  const Ref<Inbox> inbox_there = machines.there().Spawn<Inbox>();
  const Ref<Guard> guard_there = machines.there().Spawn<Guard>(inbox_there);
  for (const Machines::Cut cut : {Machines::Cut::kDrop, Machines::Cut::kDropToHere}) {
    ASSERT_TRUE(Await(guard_there->WatchIt(worker_here)).ok());
    // The watch goes its own way: an answer on that way says that it has arrived.
    ASSERT_TRUE(Await(worker_there->AddAsTask(Ref<Summing>(worker_here), 1, 2)).ok());
    Future<Down> down = worker_there.WhenDown();
    Future<void> call = worker_there->Hold(machines.here().Spawn<Gate>());
    ASSERT_TRUE(Await(machines.there().Spawn<Worker>()->Add(1, 2)).ok());
    machines.Disconnect(cut);
    ASSERT_TRUE(Await(down).ok());
    EXPECT_EQ(Await(down)->reason, DownReason::kNodeLost);
    EXPECT_EQ(Await(call).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(DeliveryOf(Await(call)), Delivery::kOutcomeUnknown);
    // The other side needs as long.
    machines.Sleep(absl::Seconds(2));
    machines.Heal();
    for (;;) {
      const absl::StatusOr<int64_t> sum = Await(worker_there->Add(3, 4));
      if (sum.ok()) break;
      ASSERT_EQ(sum.status().code(), absl::StatusCode::kUnavailable) << sum.status();
    }
  }
  const absl::StatusOr<std::vector<Value>> downs = Await(inbox_there->AtLeast(2));
  ASSERT_TRUE(downs.ok()) << downs.status();
  for (const Value& down : *downs) {
    EXPECT_EQ(down["ref"], Value(worker_here));
    EXPECT_EQ(down["reason"], Value(static_cast<int>(DownReason::kNodeLost)));
  }
  for (;;) {
    const auto sum = Await(worker_there->AddAsTask(Ref<Summing>(worker_here), 3, 4));
    if (sum.ok()) break;
    ASSERT_EQ(sum.status().code(), absl::StatusCode::kUnavailable) << sum.status();
  }
}

}  // namespace
}  // namespace testing
}  // namespace troupe

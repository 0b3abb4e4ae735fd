// What a network in memory can do to those who use it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/testing/memory_transport.h"
#include "runtime/testing/virtual_clock.h"
#include "tests/node/memory_transport_test_util.h"

namespace troupe::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using MemoryTransportFaultsTest = MemoryTransportTest;

TEST_F(MemoryTransportFaultsTest, BreakLosesWhatIsOnItsWay) {
  const auto initiator = Connect();
  initiator->Send("arrives");
  Run();
  initiator->Send("lost");
  accepted().Send("lost");
  network_->BreakAll();
  Run();
  EXPECT_THAT(accepted().messages(), ElementsAre("arrives"));
  EXPECT_THAT(initiator->messages(), IsEmpty());
  EXPECT_EQ(accepted().reason().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(initiator->reason().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(network_->counters().broken, 1u);
}

TEST_F(MemoryTransportFaultsTest, BreakBetweenTwoLeavesTheOthers) {
  const auto first = Connect();
  client_.swap(other_client_);
  const auto second = Connect();
  Run();
  network_->Break("other client", address_);
  Run();
  EXPECT_FALSE(first->closed());
  EXPECT_TRUE(second->closed());
}

TEST_F(MemoryTransportFaultsTest, MessagesBreakConnectionsAtRandom) {
  MemoryNetwork::Options options = DefaultOptions();
  options.break_probability = 0.1;
  Begin(options);
  int broken = 0;
  size_t arrived = 0;
  for (int round = 0; round < 50; ++round) {
    const auto initiator = Connect();
    Run();
    for (const std::string& number : Numbers(20)) initiator->Send(number);
    Run();
    const std::vector<std::string>& messages = listener_->accepted.back()->messages();
    const std::vector<std::string> all = Numbers(20);
    EXPECT_EQ(messages,
              std::vector<std::string>(all.begin(),
                                       all.begin() + static_cast<std::ptrdiff_t>(messages.size())));
    broken += initiator->closed() ? 1 : 0;
    arrived += messages.size();
    EXPECT_EQ(initiator->closed(), listener_->accepted.back()->closed());
  }
  EXPECT_GT(broken, 20);
  EXPECT_LT(broken, 50);
  EXPECT_GT(arrived, 100u);
  EXPECT_EQ(network_->counters().broken, static_cast<uint64_t>(broken));
}

TEST_F(MemoryTransportFaultsTest, ConnectionsEndAfterARandomLifetime) {
  MemoryNetwork::Options options = DefaultOptions();
  options.mean_lifetime = absl::Seconds(1);
  Begin(options);
  for (int i = 0; i < 20; ++i) Connect();
  Run();
  clock_.AdvanceBy(absl::Minutes(1));
  for (const auto& recorder : recorders_) EXPECT_TRUE(recorder->closed());
}

TEST_F(MemoryTransportFaultsTest, CutHoldsBackUntilHealed) {
  const auto initiator = Connect();
  Run();
  initiator->Send("before");
  network_->CutOff(address_, "client");
  initiator->Send("during");
  accepted().Send("back");
  Run();
  EXPECT_THAT(accepted().messages(), IsEmpty());
  EXPECT_THAT(initiator->messages(), IsEmpty());
  EXPECT_EQ(initiator->written(), 2u);
  network_->Heal("client", address_);
  Run();
  EXPECT_THAT(accepted().messages(), ElementsAre("before", "during"));
  EXPECT_THAT(initiator->messages(), ElementsAre("back"));
}

TEST_F(MemoryTransportFaultsTest, AttemptsHangWhileCut) {
  network_->CutOff(address_, "client");
  const auto waits = Connect();
  waits->Send("hello");
  const auto gives_up = Connect();
  Run();
  EXPECT_FALSE(waits->closed());
  EXPECT_EQ(waits->written(), 0u);
  gives_up->connection->Close(absl::CancelledError("too long"));
  Run();
  EXPECT_EQ(gives_up->reason(), absl::CancelledError("too long"));
  network_->Heal(address_, "client");
  Run();
  ASSERT_THAT(listener_->accepted, SizeIs(1));
  EXPECT_THAT(accepted().messages(), ElementsAre("hello"));
}

TEST_F(MemoryTransportFaultsTest, CloseDuringACutArrivesAfterIt) {
  const auto initiator = Connect();
  Run();
  network_->CutOff(address_, "client");
  initiator->connection->Close(absl::OkStatus());
  Run();
  EXPECT_TRUE(initiator->closed());
  EXPECT_FALSE(accepted().closed());
  network_->Heal(address_, "client");
  Run();
  EXPECT_TRUE(accepted().closed());
}

TEST_F(MemoryTransportFaultsTest, PausedReaderIsToldOfABreak) {
  const auto initiator = Connect();
  Run();
  accepted().RefuseAfter(1);
  initiator->Send("1");
  initiator->Send("2");
  Run();
  network_->BreakAll();
  Run();
  EXPECT_THAT(accepted().messages(), ElementsAre("1"));
  EXPECT_TRUE(accepted().closed());
}

TEST_F(MemoryTransportFaultsTest, FrozenNodeHearsNothingUntilThawed) {
  const auto initiator = Connect();
  Run();
  network_->Freeze(address_);
  initiator->Send("1");
  accepted().Send("out");
  const auto second = Connect();
  Run();
  EXPECT_THAT(accepted().messages(), IsEmpty());
  EXPECT_EQ(accepted().written(), 0u);
  EXPECT_THAT(initiator->messages(), ElementsAre("out"));
  EXPECT_THAT(listener_->accepted, SizeIs(1));
  network_->BreakAll();
  Run();
  EXPECT_TRUE(initiator->closed());
  EXPECT_FALSE(accepted().closed());
  network_->Thaw(address_);
  Run();
  EXPECT_TRUE(accepted().closed());
  EXPECT_THAT(accepted().messages(), IsEmpty());
}

TEST_F(MemoryTransportFaultsTest, KilledNodeIsGoneAndItsAddressFree) {
  const auto initiator = Connect();
  Run();
  accepted().Send("lost");
  network_->Kill(address_);
  const auto second = Connect();
  Run();
  EXPECT_EQ(initiator->reason().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(initiator->messages(), IsEmpty());
  EXPECT_EQ(second->reason().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(accepted().closed());

  const auto again = network_->NewTransport();
  RecordingAcceptor listener(&clock_);
  ASSERT_TRUE(again->Listen(address_, &listener).ok());
  const auto third = Connect();
  third->Send("welcome back");
  Run();
  ASSERT_THAT(listener.accepted, SizeIs(1));
  EXPECT_THAT(listener.accepted[0]->messages(), ElementsAre("welcome back"));
  again->Shutdown();
  listener.accepted[0]->connection = nullptr;
}

// All that happens, with its times.
std::string Story(uint64_t seed) {
  VirtualClock clock;
  MemoryNetwork::Options options;
  options.clock = &clock;
  options.seed = seed;
  options.break_probability = 0.01;
  MemoryNetwork network(options);
  RecordingAcceptor listener(&clock);
  const auto server = network.NewTransport();
  const std::string address = server->Listen("node:0", &listener).value();
  const auto client = network.NewTransport();
  std::vector<std::shared_ptr<ConnectionRecorder>> recorders;
  for (int i = 0; i < 10; ++i) {
    recorders.push_back(std::make_shared<ConnectionRecorder>(&clock));
    recorders.back()->connection = client->Connect(address, recorders.back());
    for (const std::string& number : Numbers(30)) recorders.back()->Send(number);
  }
  clock.AdvanceBy(absl::Seconds(1));
  std::string story;
  recorders.insert(recorders.end(), listener.accepted.begin(), listener.accepted.end());
  for (const auto& recorder : recorders) {
    for (const absl::Time time : recorder->times()) {
      absl::StrAppend(&story, absl::ToUnixNanos(time), " ");
    }
    absl::StrAppend(&story, recorder->messages().size(), recorder->reason().ToString(), "\n");
  }
  client->Shutdown();
  server->Shutdown();
  for (const auto& recorder : recorders) recorder->connection = nullptr;
  return story;
}

TEST(MemoryTransportFaultsSeedTest, SameSeedGivesTheSameStory) {
  EXPECT_EQ(Story(7), Story(7));
  EXPECT_NE(Story(7), Story(8));
}

}  // namespace
}  // namespace troupe::internal

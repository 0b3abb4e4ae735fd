#include "node/testing/memory_transport.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/event.h"
#include "runtime/mutex.h"
#include "runtime/steady_clock.h"
#include "tests/node/memory_transport_test_util.h"

namespace troupe::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(MemoryTransportTest, MessagesArriveInOrderInBothDirections) {
  const auto initiator = Connect();
  for (const std::string& number : Numbers(100)) initiator->Send(number);
  EXPECT_THAT(listener_->accepted, IsEmpty());
  Run();
  ASSERT_THAT(listener_->accepted, SizeIs(1));
  for (const std::string& number : Numbers(100)) accepted().Send(number);
  Run();
  EXPECT_EQ(accepted().messages(), Numbers(100));
  EXPECT_EQ(initiator->messages(), Numbers(100));
  EXPECT_EQ(initiator->written(), 100u);
  EXPECT_EQ(network_->counters().connections, 1u);
  EXPECT_EQ(network_->counters().messages, 200u);
  EXPECT_EQ(network_->counters().bytes, 2u * (10 + 2 * 90));
}

TEST_F(MemoryTransportTest, NothingIsCalledFromInsideACall) {
  const auto initiator = Connect();
  initiator->Send("a");
  initiator->connection->Close(absl::OkStatus());
  EXPECT_EQ(initiator->written(), 0u);
  EXPECT_FALSE(initiator->closed());
  Run();
  EXPECT_TRUE(initiator->closed());
}

TEST_F(MemoryTransportTest, AddressesAreNames) {
  EXPECT_NE(address_, "node:0");
  const auto other = network_->NewTransport();
  EXPECT_EQ(other->Listen(address_, listener_.get()).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(other->Listen("nonsense", listener_.get()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*other->Listen("unix:/x", listener_.get()), "unix:/x");
  other->Shutdown();
}

TEST_F(MemoryTransportTest, ConnectingToNobodyIsRefused) {
  address_ = "nobody:1";
  const auto initiator = Connect();
  initiator->Send("lost");
  Run();
  EXPECT_EQ(initiator->reason().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(initiator->written(), 0u);
  EXPECT_EQ(network_->counters().refused, 1u);
}

TEST_F(MemoryTransportTest, RefusedConnectionIsToldSo) {
  listener_->refuse = true;
  const auto initiator = Connect();
  Run();
  EXPECT_EQ(initiator->reason().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(MemoryTransportTest, StoppedListenerTakesNoMoreConnections) {
  const auto first = Connect();
  Run();
  server_->StopListening();
  const auto second = Connect();
  first->Send("still there");
  Run();
  EXPECT_EQ(second->reason().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(accepted().messages(), ElementsAre("still there"));
}

TEST_F(MemoryTransportTest, AcceptorsReasonArrivesAfterItsMessages) {
  const auto initiator = Connect();
  Run();
  accepted().Send("last words");
  accepted().connection->Close(absl::PermissionDeniedError("go away"));
  Run();
  EXPECT_THAT(initiator->messages(), ElementsAre("last words"));
  EXPECT_EQ(initiator->reason(), absl::PermissionDeniedError("go away"));
  EXPECT_EQ(accepted().reason(), absl::PermissionDeniedError("go away"));
}

TEST_F(MemoryTransportTest, InitiatorsCloseArrivesAsUnavailable) {
  const auto initiator = Connect();
  initiator->Send("last words");
  Run();
  initiator->connection->Close(absl::CancelledError("enough"));
  Run();
  EXPECT_THAT(accepted().messages(), ElementsAre("last words"));
  EXPECT_EQ(accepted().reason().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(initiator->reason(), absl::CancelledError("enough"));
  initiator->connection->Close(absl::OkStatus());
  initiator->connection->Write(Bytes("ignored"));
  Run();
  EXPECT_THAT(accepted().messages(), SizeIs(1));
}

TEST_F(MemoryTransportTest, SlowReaderSlowsTheWriterDown) {
  const auto initiator = Connect();
  Run();
  accepted().RefuseAfter(1);
  const std::string message(100 << 10, 'x');
  for (int i = 0; i < 10; ++i) initiator->Send(message);
  Run();
  EXPECT_THAT(accepted().messages(), SizeIs(1));
  // One was taken, two fit, the one after that is over the window.
  EXPECT_EQ(initiator->written(), 3u);
  accepted().RefuseAfter(2);
  accepted().connection->ResumeReading();
  Run();
  EXPECT_THAT(accepted().messages(), SizeIs(3));
  EXPECT_EQ(initiator->written(), 5u);
  accepted().connection->ResumeReading();
  Run();
  EXPECT_THAT(accepted().messages(), SizeIs(10));
  EXPECT_EQ(initiator->written(), 10u);
}

TEST_F(MemoryTransportTest, MessageLargerThanTheWindowIsWrittenOnceItIsTaken) {
  const auto initiator = Connect();
  Run();
  accepted().RefuseAfter(1);
  initiator->Send("small");
  initiator->Send(std::string(1 << 20, 'x'));
  Run();
  EXPECT_EQ(initiator->written(), 1u);
  accepted().connection->ResumeReading();
  Run();
  EXPECT_THAT(accepted().messages(), SizeIs(2));
  EXPECT_EQ(initiator->written(), 2u);
}

TEST_F(MemoryTransportTest, ShutdownClosesEveryConnectionBeforeItReturns) {
  const auto made = Connect();
  Run();
  const auto attempt = Connect();
  client_->Shutdown();
  client_.reset();
  EXPECT_TRUE(made->closed());
  EXPECT_TRUE(attempt->closed());
  EXPECT_FALSE(accepted().closed());
  Run();
  EXPECT_EQ(accepted().reason().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(listener_->accepted, SizeIs(1));
}

TEST_F(MemoryTransportTest, HandlerIsReleasedAfterItsEnd) {
  auto recorder = std::make_shared<ConnectionRecorder>(&clock_);
  const std::weak_ptr<ConnectionRecorder> weak = recorder;
  const std::shared_ptr<Connection> connection = client_->Connect(address_, recorder);
  recorder = nullptr;
  Run();
  EXPECT_FALSE(weak.expired());
  connection->Close(absl::OkStatus());
  Run();
  EXPECT_TRUE(weak.expired());
}

// Answers each message with the next number until there were enough.
class Player : public ConnectionHandler {
 public:
  explicit Player(int last) : last_(last) {}

  bool OnMessage(absl::string_view message) override {
    std::shared_ptr<Connection> connection;
    {
      MutexLock lock(&mu_);
      received_ = static_cast<int>(message.size());
      connection = connection_;
    }
    if (static_cast<int>(message.size()) >= last_) {
      done.Set();
    } else {
      connection->Write(Bytes(absl::StrCat(message, "x")));
    }
    return true;
  }
  void OnWritten() override {}
  void OnClosed(const absl::Status&) override { closed.Set(); }
  void Use(std::shared_ptr<Connection> connection) {
    MutexLock lock(&mu_);
    connection_ = std::move(connection);
  }

  Event done;
  Event closed;

 private:
  const int last_;
  Mutex mu_;
  std::shared_ptr<Connection> connection_ ABSL_GUARDED_BY(mu_);
  int received_ ABSL_GUARDED_BY(mu_) = 0;
};

class PlayerListener : public Acceptor {
 public:
  std::shared_ptr<ConnectionHandler> OnConnection(std::shared_ptr<Connection> connection) override {
    player->Use(std::move(connection));
    return player;
  }
  const std::shared_ptr<Player> player = std::make_shared<Player>(1000);
};

TEST(MemoryTransportThreadTest, RealClockDrivesItFromItsOwnThread) {
  SteadyClock clock;
  MemoryNetwork::Options options;
  options.clock = &clock;
  options.min_delay = options.max_delay = absl::ZeroDuration();
  MemoryNetwork network(options);
  PlayerListener listener;
  const auto server = network.NewTransport();
  const auto client = network.NewTransport();
  const std::string address = server->Listen("node:0", &listener).value();
  const auto player = std::make_shared<Player>(101);
  const std::shared_ptr<Connection> connection = client->Connect(address, player);
  player->Use(connection);
  connection->Write(Bytes(""));
  player->done.Wait();
  client->Shutdown();
  EXPECT_TRUE(player->closed.IsSet());
  server->Shutdown();
  EXPECT_TRUE(listener.player->closed.IsSet());
  player->Use(nullptr);
  listener.player->Use(nullptr);
}

}  // namespace
}  // namespace troupe::internal

#include "node/grpc_transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "gtest/gtest.h"
#include "node/address.h"
#include "runtime/thread_pool.h"
#include "tests/node/grpc_test_util.h"
#include "tests/node/socket_folder.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe::internal {
namespace {

using Code = absl::StatusCode;

std::string SocketPath() {
  static std::atomic<int> counter{0};
  return absl::StrCat("unix:", testing::SocketFolder(), "/", counter++);
}

// A plain TCP connection that knows nothing of gRPC.
FileDescriptor RawConnection(const std::string& address) {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_port = htons(Address::Parse(address)->port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket.get(), reinterpret_cast<sockaddr*>(&where), sizeof(where)), 0);
  return socket;
}

// The system takes connections for it, and nobody says a word on them: gRPC waits for its greeting.
FileDescriptor SilentListener(std::string* address) {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(where);
  EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&where), size), 0);
  EXPECT_EQ(listen(socket.get(), SOMAXCONN), 0);
  EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&where), &size), 0);
  *address = absl::StrCat("127.0.0.1:", ntohs(where.sin_port));
  return socket;
}

class GrpcTransportTest : public ::testing::TestWithParam<bool> {
 protected:
  std::string Anywhere() const { return GetParam() ? SocketPath() : "127.0.0.1:0"; }
};

INSTANTIATE_TEST_SUITE_P(TcpAndUnix, GrpcTransportTest, ::testing::Bool(), [](const auto& info) {
  return info.param ? std::string("Unix") : std::string("Tcp");
});

TEST_P(GrpcTransportTest, MessagesGoThereAndBack) {
  TestSide server({}, TestSide::Makes<Echo>());
  TestSide client;
  auto a = client.Connect(server.Listen(Anywhere()));
  a->Send("hello");
  a->Send("");
  a->Send(std::string(100'000, 'x'));
  a->WaitForMessages(3);
  EXPECT_EQ(a->messages(), (std::vector<std::string>{"hello", "", std::string(100'000, 'x')}));
}

TEST_P(GrpcTransportTest, OrderIsKept) {
  constexpr int kCount = testing::kSanitized ? 5'000 : 100'000;
  TestSide server;
  TestSide client;
  auto a = client.Connect(server.Listen(Anywhere()));
  for (int i = 0; i < kCount; ++i) a->Send(std::to_string(i));
  auto b = server.acceptor().handler(0);
  b->WaitForMessages(kCount);
  const std::vector<std::string> messages = b->messages();
  ASSERT_EQ(messages.size(), static_cast<size_t>(kCount));
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(messages[i], std::to_string(i));
}

TEST_P(GrpcTransportTest, LargeMessagesArriveWhole) {
  TestSide server({}, TestSide::Makes<Echo>());
  TestSide client;
  auto a = client.Connect(server.Listen(Anywhere()));
  std::string large(size_t{64} << 20, 'a');
  for (size_t i = 0; i < large.size(); i += 4099) large[i] = static_cast<char>(i);
  a->Send(large);
  a->WaitForMessages(1);
  EXPECT_TRUE(a->messages() == std::vector<std::string>{large});
}

TEST_P(GrpcTransportTest, AMessageOverTheLimitEndsTheConnection) {
  GrpcTransportOptions options;
  options.max_message_bytes = 1000;
  TestSide server(options);
  TestSide client;
  auto a = client.Connect(server.Listen(Anywhere()));
  a->Send(std::string(2000, 'x'));
  EXPECT_EQ(a->ClosedWith().code(), Code::kResourceExhausted);
  EXPECT_FALSE(server.acceptor().handler(0)->ClosedWith().ok());
}

TEST_P(GrpcTransportTest, AReaderThatPausesPushesBackOnTheWriter) {
  TestSide server({}, [] {
    auto recorder = std::make_shared<Recorder>();
    recorder->set_reading(false);
    return recorder;
  });
  TestSide client;
  auto a = client.Connect(server.Listen(Anywhere()));
  constexpr size_t kCount = 64;
  const SharedBytes message = Bytes(std::string(1 << 20, 'x'));
  for (size_t i = 0; i < kCount; ++i) a->Send(message);
  auto b = server.acceptor().handler(0);
  b->WaitForMessages(1);
  EXPECT_EQ(b->count(), 1u);
  EXPECT_LT(a->written(), kCount);
  // One at a time, then without pause.
  b->Resume();
  b->WaitForMessages(2);
  EXPECT_EQ(b->count(), 2u);
  b->set_reading(true);
  b->Resume();
  b->WaitForMessages(kCount);
  a->WaitForWritten(kCount);
}

TEST_P(GrpcTransportTest, TheAcceptorsReasonReachesTheInitiatorBehindItsMessages) {
  TestSide server;
  TestSide client;
  auto a = client.Connect(server.Listen(Anywhere()));
  auto b = server.acceptor().handler(0);
  b->Send("last words");
  b->WaitForWritten(1);
  b->Close(absl::PermissionDeniedError("not you"));
  const absl::Status reason = a->ClosedWith();
  EXPECT_EQ(reason.code(), Code::kPermissionDenied);
  EXPECT_TRUE(absl::StrContains(reason.message(), "not you")) << reason;
  EXPECT_EQ(a->messages(), std::vector<std::string>{"last words"});
  EXPECT_EQ(b->ClosedWith().code(), Code::kPermissionDenied);
}

TEST_P(GrpcTransportTest, WhatTheInitiatorWroteArrivesBeforeItsClose) {
  TestSide server;
  TestSide client;
  const std::string address = server.Listen(Anywhere());
  for (size_t i = 0; i < 20; ++i) {
    auto a = client.Connect(address);
    a->Send("last words");
    a->WaitForWritten(1);
    a->Close(absl::CancelledError("enough"));
    EXPECT_EQ(a->ClosedWith().code(), Code::kCancelled);
    auto b = server.acceptor().handler(i);
    EXPECT_EQ(b->ClosedWith().code(), Code::kUnavailable);
    EXPECT_EQ(b->messages(), std::vector<std::string>{"last words"});
  }
}

TEST_P(GrpcTransportTest, ClosingWithAPausedReaderComesToAnEnd) {
  TestSide server({}, [] {
    auto recorder = std::make_shared<Recorder>();
    recorder->set_reading(false);
    return recorder;
  });
  TestSide client;
  const std::string address = server.Listen(Anywhere());
  for (const bool by_acceptor : {false, true}) {
    auto a = client.Connect(address);
    for (int i = 0; i < 20; ++i) a->Send(std::string(1 << 20, 'x'));
    auto b = server.acceptor().handler(by_acceptor ? 1 : 0);
    b->WaitForMessages(1);
    (by_acceptor ? b : a)->Close(absl::CancelledError("enough"));
    a->WaitForClosed();
    // A paused reader need not notice before it goes on.
    if (!by_acceptor) {
      b->set_reading(true);
      b->Resume();
    }
    b->WaitForClosed();
  }
}

TEST_P(GrpcTransportTest, ANullHandlerRefusesTheConnection) {
  TestSide server({}, [] { return nullptr; });
  TestSide client;
  const absl::Status reason = client.Connect(server.Listen(Anywhere()))->ClosedWith();
  EXPECT_EQ(reason.code(), Code::kResourceExhausted) << reason;
}

TEST_P(GrpcTransportTest, ManyConnectionsAtATime) {
  // Each has to be made within gRPC's limit for a handshake, however slow the machine is.
  constexpr int kConnections = testing::kSanitized ? 20 : 100;
  TestSide server({}, TestSide::Makes<Echo>());
  TestSide client;
  const std::string address = server.Listen(Anywhere());
  std::vector<std::shared_ptr<Recorder>> recorders;
  for (int i = 0; i < kConnections; ++i) {
    recorders.push_back(client.Connect(address));
    recorders.back()->Send(std::to_string(i));
  }
  for (int i = 0; i < kConnections; ++i) {
    recorders[i]->WaitForMessages(1);
    EXPECT_EQ(recorders[i]->messages(), std::vector<std::string>{std::to_string(i)});
  }
}

TEST_P(GrpcTransportTest, ShutdownWhileBothSidesWrite) {
  for (int round = 0; round < 10; ++round) {
    auto server = std::make_unique<TestSide>(GrpcTransportOptions{}, TestSide::Makes<Echo>());
    auto client = std::make_unique<TestSide>();
    const std::string address = server->Listen(Anywhere());
    std::vector<std::shared_ptr<Recorder>> recorders;
    for (int i = 0; i < 5; ++i) {
      recorders.push_back(client->Connect(address));
      for (int j = 0; j < 1000; ++j) recorders.back()->Send(std::string(1000, 'x'));
    }
    recorders[0]->WaitForMessages(10);
    (round % 2 == 0 ? server : client) = nullptr;
    for (const auto& recorder : recorders) recorder->WaitForClosed();
  }
}

TEST_P(GrpcTransportTest, StopListeningLeavesConnectionsAlone) {
  TestSide server({}, TestSide::Makes<Echo>());
  TestSide client;
  const std::string address = server.Listen(Anywhere());
  auto a = client.Connect(address);
  a->Send("one");
  a->WaitForMessages(1);
  server.transport().StopListening();
  a->Send("two");
  a->WaitForMessages(2);
  EXPECT_EQ(client.Connect(address)->ClosedWith().code(), Code::kUnavailable);
  EXPECT_FALSE(a->closed());
}

TEST_P(GrpcTransportTest, ABusyAddressIsAnError) {
  TestSide one, two;
  const std::string address = one.Listen(Anywhere());
  const auto got = two.transport().Listen(address, &two.acceptor());
  EXPECT_EQ(got.status().code(), Code::kUnavailable) << got.status();
  EXPECT_TRUE(absl::StrContains(got.status().message(), address)) << got.status();
}

TEST_P(GrpcTransportTest, IdleWorkersOfAPoolServeTheConnections) {
  SteadyClock clock;
  GrpcTransportOptions options;
  options.clock = &clock;
  auto transport = *GrpcTransport::Create(options);
  ThreadPool::Options pool_options;
  pool_options.threads = 2;
  pool_options.poller = transport->poller();
  ThreadPool pool(&clock, pool_options);
  Event begun;
  pool.Schedule(testing::OneShot::Make([&] { begun.Set(); }));
  begun.Wait();
  TestAcceptor acceptor(TestSide::Makes<Echo>());
  const auto address = transport->Listen(Anywhere(), &acceptor);
  ASSERT_TRUE(address.ok()) << address.status();
  auto recorder = std::make_shared<Recorder>();
  recorder->set_connection(transport->Connect(*address, recorder));
  for (int i = 0; i < 1000; ++i) {
    recorder->Send("ping");
    recorder->WaitForMessages(i + 1);
    testing::Latch latch(1);
    pool.Schedule(testing::OneShot::Make([&] { latch.CountDown(); }));
    latch.Wait();
  }
  transport->Shutdown();
  EXPECT_TRUE(recorder->closed());
  Event after;
  pool.Schedule(testing::OneShot::Make([&] { after.Set(); }));
  after.Wait();
  pool.Shutdown();
}

TEST(GrpcTransportAloneTest, NobodyListens) {
  std::string address;
  {
    TestSide server;
    address = server.Listen();
  }
  TestSide client;
  auto a = client.Connect(address);
  a->Send("legal before the connection is made");
  const absl::Status reason = a->ClosedWith();
  EXPECT_EQ(reason.code(), Code::kUnavailable);
  EXPECT_EQ(reason.message(), absl::StrCat(address, ": connection refused"));
  const absl::Status unix_reason = client.Connect(SocketPath())->ClosedWith();
  EXPECT_EQ(unix_reason.code(), Code::kUnavailable);
  EXPECT_TRUE(absl::StrContains(unix_reason.message(), "o such file")) << unix_reason;
}

TEST(GrpcTransportAloneTest, ABadAddressClosesTheConnection) {
  TestSide client;
  EXPECT_EQ(client.Connect("nonsense")->ClosedWith().code(), Code::kInvalidArgument);
  EXPECT_EQ(client.transport().Listen("nonsense", &client.acceptor()).status().code(),
            Code::kInvalidArgument);
}

TEST(GrpcTransportAloneTest, CloseBeforeTheConnectionIsMade) {
  std::string address;
  const FileDescriptor silent = SilentListener(&address);
  TestSide client;
  for (int i = 0; i < 100; ++i) {
    auto a = client.Connect(address);
    a->Send("x");
    a->Close(absl::DeadlineExceededError("too slow"));
    EXPECT_EQ(a->ClosedWith().code(), Code::kDeadlineExceeded);
  }
}

TEST(GrpcTransportAloneTest, ASocketFileThatNobodyListensAtIsReplaced) {
  const std::string address = SocketPath();
  auto left = GrpcListener::Listen(*Address::Parse(address));
  ASSERT_TRUE(left.ok()) << left.status();
  ASSERT_EQ(rename(address.substr(5).c_str(), absl::StrCat(address.substr(5), "x").c_str()), 0);
  *left = nullptr;
  ASSERT_EQ(rename(absl::StrCat(address.substr(5), "x").c_str(), address.substr(5).c_str()), 0);
  TestSide server({}, TestSide::Makes<Echo>());
  TestSide client;
  auto a = client.Connect(server.Listen(address));
  a->Send("x");
  a->WaitForMessages(1);
}

TEST(GrpcTransportAloneTest, ConnectionsThatSendNothingOrGarbageDoNotStopOthers) {
  TestSide server({}, TestSide::Makes<Echo>());
  TestSide client;
  const std::string address = server.Listen();
  std::vector<FileDescriptor> silent;
  for (int i = 0; i < 300; ++i) {
    silent.push_back(RawConnection(address));
    const std::string garbage(i, static_cast<char>(i * 37));
    if (i % 3 == 1) {
      EXPECT_GE(send(silent.back().get(), garbage.data(), garbage.size(), MSG_NOSIGNAL), 0);
    }
    if (i % 3 == 2) {
      const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
      EXPECT_GE(send(silent.back().get(), preface.data(), preface.size(), MSG_NOSIGNAL), 0);
    }
  }
  for (int i = 0; i < 5; ++i) {
    auto a = client.Connect(address);
    a->Send("x");
    a->WaitForMessages(1);
  }
}

TEST(GrpcTransportAloneTest, HandlersAreReleasedAfterOnClosed) {
  std::weak_ptr<Recorder> a, b;
  TestSide server;
  TestSide client;
  {
    auto strong = client.Connect(server.Listen());
    a = strong;
    b = server.acceptor().handler(0);
    strong->Close(absl::OkStatus());
    strong->WaitForClosed();
  }
  testing::WaitUntil([&] { return a.expired() && b.use_count() == 1; });
}

TEST(GrpcTransportAloneTest, ConnectAfterShutdownDropsTheHandler) {
  TestSide client;
  client.transport().Shutdown();
  auto recorder = std::make_shared<Recorder>();
  auto connection = client.transport().Connect("127.0.0.1:1", recorder);
  EXPECT_EQ(recorder.use_count(), 1);
  connection->Write(Bytes("x"));
  connection->Close(absl::OkStatus());
}

}  // namespace
}  // namespace troupe::internal

// Feeds bytes to both sides of a session, as a hostile peer would: to a node that accepts a
// connection, and to one that has begun one and has calls under way. The first byte says to which;
// the rest is messages, each with two bytes of length before it. Whatever they are, the node lives,
// its calls end, and another client is served.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "node/frames.h"
#include "node/testing/memory_transport.h"
#include "node/transport.h"
#include "proto/wire.pb.h"
#include "troupe.h"
#include "troupe_testing.h"

namespace troupe {
namespace {

using internal::Connection;
using internal::ConnectionHandler;
using internal::MemoryNetwork;

constexpr char kNode[] = "node:1";
constexpr char kPeer[] = "peer:1";

void Require(bool condition) {
  if (!condition) std::abort();
}

class Target : public Actor {
 public:
  int64_t Add(int64_t number) { return total += number; }
  std::string Text(const std::string& text) { return text; }
  Task<void> Wait() { co_await Sleep(absl::Seconds(1)); }
  Stream<int64_t> Count() {
    for (int64_t i = 0;; ++i) co_yield i;
  }
  absl::StatusOr<Value> Receive(Value message) override { return message; }
  int64_t total = 0;
};
TROUPE_ACTOR(Target, Add, Text, Wait, Count, total)

// The peer: writes the messages one after another, and reads what comes.
class Peer : public ConnectionHandler {
 public:
  explicit Peer(std::vector<std::string> messages) : messages_(std::move(messages)) {}

  bool OnMessage(absl::string_view) override { return true; }
  void OnWritten() override { WriteNext(); }
  void OnClosed(const absl::Status&) override { connection = nullptr; }
  void WriteNext() {
    if (connection == nullptr || next_ == messages_.size()) return;
    connection->Write(std::make_shared<const std::string>(messages_[next_++]));
  }

  std::shared_ptr<Connection> connection;

 private:
  const std::vector<std::string> messages_;
  size_t next_ = 0;
};

class PeersAcceptor : public internal::Acceptor {
 public:
  // The first message of each connection is a Hello that answers the one of the node, for those
  // inputs that have none of their own.
  explicit PeersAcceptor(std::vector<std::string> messages) : messages_(std::move(messages)) {}

  std::shared_ptr<ConnectionHandler> OnConnection(std::shared_ptr<Connection> connection) override {
    auto answering = std::make_shared<Answering>(messages_);
    answering->connection = std::move(connection);
    return answering;
  }

 private:
  class Answering final : public Peer {
   public:
    explicit Answering(std::vector<std::string> messages) : Peer(std::move(messages)) {}
    bool OnMessage(absl::string_view message) override {
      if (answered_) return true;
      answered_ = true;
      const auto batch = internal::ReadBatchHeader(message);
      wire::Hello hello;
      Require(batch.ok() && batch->has_hello &&
              hello.ParseFromArray(batch->hello.data(), static_cast<int>(batch->hello.size())));
      hello.set_incarnation(7);
      hello.set_received(0);
      if (connection != nullptr) {
        connection->Write(std::make_shared<const std::string>(internal::EncodeHelloBatch(hello)));
      }
      return true;
    }

   private:
    bool answered_ = false;
  };

  const std::vector<std::string> messages_;
};

std::vector<std::string> Split(absl::string_view bytes) {
  std::vector<std::string> messages;
  while (bytes.size() >= 2) {
    const size_t size = static_cast<uint8_t>(bytes[0]) | static_cast<uint8_t>(bytes[1]) << 8;
    messages.emplace_back(bytes.substr(2, size));
    bytes.remove_prefix(std::min(bytes.size(), 2 + size));
  }
  return messages;
}

struct World {
  World() : executor({.clock = &clock}), network({.clock = &clock}) {
    NodeOptions options;
    options.listen = kNode;
    options.classes = {Hosts<Target>()};
    options.limits.message_bytes = 1 << 20;
    options.limits.outbox_bytes = 1 << 20;
    options.limits.inbound_bytes = 1 << 20;
    options.system.executor = &executor;
    options.system.clock = &clock;
    options.system.seed = 1;
    auto created = Node::Create(options, network.NewTransport());
    Require(created.ok());
    node = *std::move(created);
    const Urn urn = *Urn::FromBytes("0123456789abcdef");
    Require(node->system()
                .SpawnHosted(urn, internal::ClassInfoOf<Target>(),
                             internal::MakeFactory<Target>(false), {.name = "target"}, true)
                .ok());
  }

  VirtualClock clock;
  ManualExecutor executor;
  MemoryNetwork network;
  std::unique_ptr<Node> node;
};

void RequireServed(World& world) {
  auto options = ClientOptions();
  options.system.executor = &world.executor;
  options.system.clock = &world.clock;
  auto client = Client::Create(options, world.network.NewTransport());
  Require(client.ok());
  const auto all = (*client)->At(kNode).All();
  Require(all.Wait(absl::Seconds(20)) && all.Get().ok());
}

// The node accepts.
void TryAcceptor(const std::vector<std::string>& messages) {
  World world;
  auto transport = world.network.NewTransport("peer");
  auto peer = std::make_shared<Peer>(messages);
  peer->connection = transport->Connect(kNode, peer);
  peer->WriteNext();
  world.executor.RunFor(absl::Seconds(3));
  RequireServed(world);
  world.executor.RunFor(absl::Seconds(10));
  for (const PeerInfo& info : world.node->Peers()) Require(info.outbox_bytes <= size_t{4} << 20);
  world.node.reset();
  transport->Shutdown();
  peer->connection = nullptr;
}

// The node calls.
void TryInitiator(const std::vector<std::string>& messages) {
  World world;
  PeersAcceptor acceptor(messages);
  auto transport = world.network.NewTransport();
  Require(transport->Listen(kPeer, &acceptor).ok());
  const auto there = world.node->At(kPeer).Spawn<Target>();
  auto add = there->Add(1);
  auto text = there->Text("text");
  auto ask = there.Ask(Value(1));
  auto all = world.node->At(kPeer).All();
  auto found = world.node->At(kPeer).Find<Target>("target");
  auto down = there.WhenDown();
  world.executor.RunFor(absl::Seconds(3));
  RequireServed(world);
  world.network.Kill(kPeer);
  // A call ends by what was answered, or because the peer is gone.
  world.executor.RunFor(absl::Seconds(20));
  Require(add.IsReady() && text.IsReady() && ask.IsReady() && all.IsReady() && found.IsReady() &&
          down.IsReady());
  world.node.reset();
  transport->Shutdown();
}

}  // namespace
}  // namespace troupe

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool quiet = [] {
    FLAGS_minloglevel = google::GLOG_FATAL;
    return true;
  }();
  if (!quiet || size == 0) return 0;
  const std::vector<std::string> messages =
      troupe::Split({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (data[0] % 2 == 0) {
    troupe::TryAcceptor(messages);
  } else {
    troupe::TryInitiator(messages);
  }
  return 0;
}

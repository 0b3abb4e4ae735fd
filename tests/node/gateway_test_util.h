#ifndef TROUPE_TESTS_NODE_GATEWAY_TEST_UTIL_H_
#define TROUPE_TESTS_NODE_GATEWAY_TEST_UTIL_H_

// The actors that the tests of the gateway call, and the nodes that these live on.

#include <glog/logging.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/wrappers.pb.h"
#include "runtime/mutex.h"
#include "tests/node/gateway.troupe.h"
#include "tests/node/gateway_client.h"
#include "troupe.h"

namespace troupe {
namespace testing {

// What the parrots have done. Any thread.
class Events {
 public:
  void Add(const std::string& event) {
    MutexLock lock(&mu_);
    ++counts_[event];
    changed_.SignalAll();
  }
  // Waits until it has happened so often.
  void Await(const std::string& event, int count = 1) {
    MutexLock lock(&mu_);
    while (counts_[event] < count) changed_.Wait(&mu_);
  }
  int Count(const std::string& event) {
    MutexLock lock(&mu_);
    return counts_[event];
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::map<std::string, int> counts_ ABSL_GUARDED_BY(mu_);
};

// Adds an event when it is destroyed.
class AtEnd {
 public:
  AtEnd(std::shared_ptr<Events> events, std::string event)
      : events_(std::move(events)), event_(std::move(event)) {}
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;
  ~AtEnd() { events_->Add(event_); }

 private:
  const std::shared_ptr<Events> events_;
  const std::string event_;
};

inline absl::Status StatusOf(const gateway::Failure& failure) {
  absl::Status status(static_cast<absl::StatusCode>(failure.code()), failure.message());
  if (!failure.detail().empty()) {
    google::protobuf::StringValue value;
    value.set_value(failure.detail());
    status.SetPayload("type.googleapis.com/google.protobuf.StringValue",
                      absl::Cord(value.SerializeAsString()));
  }
  return status;
}

class Parrot : public Actor, public gateway::actors::Parrot {
 public:
  using Implements = Interfaces<gateway::actors::Parrot>;

  explicit Parrot(std::shared_ptr<Events> events) : events_(std::move(events)) {}
  Parrot() : Parrot(std::make_shared<Events>()) {}

  Task<gateway::Text> Say(gateway::Text request) override {
    events_->Add("say");
    return request;
  }
  Task<gateway::Blob> Resize(gateway::Blob request) override {
    gateway::Blob reply;
    reply.set_data(std::string(request.reply_bytes(), 'x'));
    reply.set_reply_bytes(static_cast<int64_t>(request.data().size()));
    return reply;
  }
  Task<gateway::Text> Fail(gateway::Failure request) override { return StatusOf(request); }
  Task<gateway::Text> Hang(gateway::Text request) override {
    const AtEnd end(events_, "hung");
    events_->Add("hanging");
    co_await Sleep(absl::Hours(1));
    co_return request;
  }
  Task<gateway::Seen> Look(gateway::Text request) override {
    context().AddInitialMetadata("seen-initial", request.text());
    context().AddTrailingMetadata("seen-trailing-bin", "\x01\x02");
    context().AddTrailingMetadata("Not A Key", "x");
    context().AddTrailingMetadata("not-a-value", "\n");
    context().AddTrailingMetadata("grpc-status", "13");
    // Still there after a suspension.
    co_await Sleep(absl::Milliseconds(1));
    co_return See();
  }
  Stream<gateway::Text> Count(gateway::Range request) override {
    const AtEnd end(events_, "count ended");
    for (int64_t i = 0; i != request.count(); ++i) {
      gateway::Text item;
      item.set_text(std::to_string(i));
      if (request.bytes() > 0) item.mutable_text()->resize(request.bytes(), ' ');
      events_->Add("counted");
      co_yield item;
    }
    if (request.has_failure()) co_await StatusOf(request.failure());
  }
  Stream<gateway::Text> HangAfterOne(gateway::Text request) override {
    const AtEnd end(events_, "stream hung");
    co_yield request;
    events_->Add("stream hanging");
    co_await Sleep(absl::Hours(1));
  }
  Stream<gateway::Seen> LookStreaming(gateway::Text) override {
    context().AddInitialMetadata("seen-initial", "streaming");
    context().AddTrailingMetadata("seen-trailing", "streaming");
    gateway::Seen seen = See();
    co_yield seen;
  }

 private:
  gateway::Seen See() const {
    gateway::Seen seen;
    seen.set_has_deadline(context().deadline() != absl::InfiniteFuture());
    const ClientInfo* const client = context().client();
    seen.set_has_client(client != nullptr);
    if (client == nullptr) return seen;
    seen.set_peer(client->caller.transport_address);
    seen.set_common_name(client->caller.common_name);
    for (const auto& [key, value] : client->metadata) {
      seen.add_metadata(absl::StrCat(key, "=", value));
    }
    return seen;
  }

  const std::shared_ptr<Events> events_;
};
TROUPE_ACTOR(Parrot)

class OtherActor : public Actor, public gateway::actors::Other {
 public:
  using Implements = Interfaces<gateway::actors::Other>;
  Task<gateway::Text> Say(gateway::Text) override {
    gateway::Text reply;
    reply.set_text("other");
    return reply;
  }
};
TROUPE_ACTOR(OtherActor)

inline std::unique_ptr<Node> MakeGatewayNode(NodeOptions options = {}) {
  options.system.threads = 2;
  absl::StatusOr<std::unique_ptr<Node>> node = Node::Create(std::move(options));
  CHECK(node.ok()) << node.status();
  return *std::move(node);
}

// A node with a parrot, and a client of it.
struct Aviary {
  explicit Aviary(NodeOptions options = {})
      : node(MakeGatewayNode(std::move(options))),
        parrot(node->Spawn<Parrot>(SpawnOptions{.name = "polly"}, events)),
        client(node->address()) {}

  const std::shared_ptr<Events> events = std::make_shared<Events>();
  const std::unique_ptr<Node> node;
  const Ref<Parrot> parrot;
  stock::Client client;
};

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_NODE_GATEWAY_TEST_UTIL_H_

#ifndef TROUPE_TESTS_NODE_SIM_CLUSTER_H_
#define TROUPE_TESTS_NODE_SIM_CLUSTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "gtest/gtest.h"
#include "node/testing/memory_transport.h"
#include "runtime/random.h"
#include "troupe.h"
#include "troupe_testing.h"

namespace troupe {
namespace testing {

using internal::MemoryNetwork;

// Several nodes on one network in memory, one executor that is stepped by hand, and one virtual
// clock: the same seed gives the same run. Owned by the test, used by its thread only.
class SimCluster {
 public:
  explicit SimCluster(uint64_t seed = 1, MemoryNetwork::Options network = {})
      : executor({.seed = seed, .order = ManualExecutor::Order::kSeeded, .clock = &clock}),
        random(seed + 1),
        network(WithSeams(network, seed)) {}

  // A node at `options.listen`, which is "node-N:7000" unless it says something else.
  Node& Add(NodeOptions options = {}) {
    if (options.listen == NodeOptions().listen) {
      options.listen = absl::StrCat("node-", nodes.size(), ":7000");
    }
    SetSeams(&options.system);
    absl::StatusOr<std::unique_ptr<Node>> node =
        Node::Create(std::move(options), network.NewTransport());
    CHECK(node.ok()) << node.status();
    nodes.push_back(*std::move(node));
    return *nodes.back();
  }
  std::unique_ptr<Client> NewClient(const std::string& name, ClientOptions options = {}) {
    SetSeams(&options.system);
    options.name = name;
    absl::StatusOr<std::unique_ptr<Client>> client =
        Client::Create(std::move(options), network.NewTransport(name));
    CHECK(client.ok()) << client.status();
    return *std::move(client);
  }

  // Nothing takes longer than this, whatever fails: an outcome that is not there then, never comes.
  static constexpr absl::Duration kLongest = absl::Seconds(30);
  template <typename T>
  Outcome<T> Await(const Future<T>& future) {
    EXPECT_TRUE(future.Wait(kLongest)) << "no outcome";
    return future.Get(absl::ZeroDuration());
  }

  Node& operator[](size_t index) { return *nodes[index]; }
  const std::string& address(size_t index) { return nodes[index]->address(); }

  void RunFor(absl::Duration duration) { executor.RunFor(duration); }
  uint64_t Below(uint64_t end) { return random.NextBelow(end); }
  absl::Duration RandomTime(absl::Duration most) {
    return most * (static_cast<double>(random.NextBelow(1000)) / 1000);
  }
  // Until `from` has a session with `to`, however often connections break meanwhile.
  void Connect(Node& from, const Node& to) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      if (Await(from.At(to.address()).All()).ok()) return;
    }
    FAIL() << "no session with " << to.address();
  }
  void ConnectAll() {
    for (const auto& from : nodes) {
      for (const auto& to : nodes) {
        if (from != to) Connect(*from, *to);
      }
    }
  }

  VirtualClock clock;
  ManualExecutor executor;
  RandomSource random;
  MemoryNetwork network;
  std::vector<std::unique_ptr<Node>> nodes;

 private:
  MemoryNetwork::Options WithSeams(MemoryNetwork::Options options, uint64_t seed) {
    options.clock = &clock;
    options.seed = seed + 2;
    return options;
  }
  void SetSeams(SystemOptions* options) {
    options->executor = &executor;
    options->clock = &clock;
    options->seed = random.Next() | 1;
  }
};

inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& outcome) {
  return outcome.status();
}

// Runs `body` once for each seed, and stops after the first that fails.
inline void ForSeeds(uint64_t seeds, const std::function<void(uint64_t)>& body) {
  for (uint64_t seed = 1; seed <= seeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    body(seed);
  }
}

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_NODE_SIM_CLUSTER_H_

// Sessions on real threads: the same promises while several threads send, answer, cancel and lose
// connections at the same time.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "gtest/gtest.h"
#include "node/testing/memory_transport.h"
#include "runtime/random.h"
#include "runtime/steady_clock.h"
#include "troupe.h"

namespace troupe {
namespace testing {
namespace {

constexpr int kSenders = 3;
constexpr int64_t kMessages = 2'000;

class Sink : public Actor {
 public:
  // How many of each sender have come. Anything but the next number is an error that stays.
  int64_t Take(int64_t sender, int64_t number) {
    if (number != next_[static_cast<size_t>(sender)]) ++errors_;
    next_[static_cast<size_t>(sender)] = number + 1;
    return number;
  }
  int64_t TakeBytes(int64_t sender, int64_t number, const std::string& bytes) {
    (void)bytes;
    return Take(sender, number);
  }
  Task<int64_t> Wait(int64_t millis) {
    co_await Sleep(absl::Milliseconds(millis));
    co_return millis;
  }
  std::vector<int64_t> Next() { return next_; }
  int64_t Errors() { return errors_; }

 private:
  std::vector<int64_t> next_ = std::vector<int64_t>(kSenders, 0);
  int64_t errors_ = 0;
};
TROUPE_ACTOR(Sink, Take, TakeBytes, Wait, Next, Errors)

struct Cluster {
  explicit Cluster(internal::MemoryNetwork::Options network_options)
      : network([&] {
          network_options.clock = &clock;
          return network_options;
        }()) {
    for (int i = 0; i < 2; ++i) {
      NodeOptions options;
      options.listen = absl::StrCat("node-", i, ":1");
      options.limits.batch_bytes = 4096;
      options.system.threads = 2;
      options.system.clock = &clock;
      // Longer than any machine is slow.
      options.down_after = absl::Minutes(5);
      auto node = Node::Create(options, network.NewTransport());
      CHECK(node.ok()) << node.status();
      nodes.push_back(*std::move(node));
    }
    (void)nodes[1]->Spawn<Sink>(SpawnOptions{.name = "sink"});
    absl::StatusOr<Ref<Sink>> found = absl::UnknownError("");
    while (!found.ok()) found = nodes[0]->At("node-1:1").Find<Sink>("sink").Get();
    sink = *found;
  }

  SteadyClock clock;
  internal::MemoryNetwork network;
  std::vector<std::unique_ptr<Node>> nodes;
  Ref<Sink> sink;
};

TEST(SessionThreadsTest, NothingIsLostWhileConnectionsBreakUnderSeveralSenders) {
  Cluster cluster(
      {.seed = 1, .min_delay = absl::Microseconds(10), .max_delay = absl::Microseconds(200)});
  std::vector<std::thread> senders;
  std::atomic<int> failures{0};
  for (int64_t sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      RandomSource random(static_cast<uint64_t>(sender) + 1);
      std::vector<Future<int64_t>> calls;
      for (int64_t i = 0; i < kMessages; ++i) {
        switch (random.NextBelow(4)) {
          case 0:
            failures += cluster.sink.Tell<&Sink::Take>(sender, i) != SendResult::kSent;
            break;
          case 1:
            calls.push_back(
                cluster.sink->TakeBytes(sender, i, std::string(random.NextBelow(10'000), 'x')));
            break;
          default:
            calls.push_back(cluster.sink->Take(sender, i));
            break;
        }
        if (i % 200 == 0) cluster.network.BreakAll();
        if (calls.size() == 100) {
          for (const auto& call : calls) failures += !call.Get().ok();
          calls.clear();
        }
      }
      for (const auto& call : calls) failures += !call.Get().ok();
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(cluster.sink->Errors().Get().value_or(-1), 0);
  EXPECT_EQ(cluster.sink->Next().Get().value_or(std::vector<int64_t>()),
            std::vector<int64_t>(kSenders, kMessages));
}

TEST(SessionThreadsTest, CancelledCallsEndWhileRepliesCome) {
  Cluster cluster(
      {.seed = 1, .min_delay = absl::Microseconds(1), .max_delay = absl::Microseconds(50)});
  const auto other =
      cluster.nodes[1]->Spawn<Sink>(SpawnOptions{.name = "other", .reentrant = true});
  const auto there = *cluster.nodes[0]->At("node-1:1").Find<Sink>("other").Get();
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (uint64_t caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&, caller] {
      RandomSource random(caller + 1);
      for (int i = 0; i < 1'000; ++i) {
        auto call = there->Wait(static_cast<int64_t>(random.NextBelow(2)));
        if (random.NextBelow(2) == 0) std::this_thread::yield();
        (void)call.Cancel();
        const absl::Status status = call.Get().status();
        wrong += !status.ok() && !absl::IsCancelled(status);
        if (i % 300 == 0) cluster.network.BreakAll();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(there->Errors().Get().ok());
}

TEST(SessionThreadsTest, NodesEndWhileOthersCallThem) {
  for (uint64_t round = 0; round < 20; ++round) {
    Cluster cluster({.seed = round + 1,
                     .min_delay = absl::Microseconds(1),
                     .max_delay = absl::Microseconds(50)});
    std::atomic<bool> stop{false};
    std::vector<std::thread> callers;
    for (int64_t caller = 0; caller < 2; ++caller) {
      callers.emplace_back([&, caller] {
        while (!stop) {
          auto call = cluster.sink->TakeBytes(caller, 0, std::string(6'000, 'x'));
          cluster.sink.Tell<&Sink::Take>(caller, 0);
          (void)call.Get();  // that it ends is the point
        }
      });
    }
    for (int i = 0; i < 20; ++i) (void)cluster.sink->Errors().Get();
    cluster.nodes[round % 2]->Shutdown();
    stop = true;
    for (std::thread& caller : callers) caller.join();
  }
}

}  // namespace
}  // namespace testing
}  // namespace troupe

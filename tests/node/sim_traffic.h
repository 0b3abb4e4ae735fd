#ifndef TROUPE_TESTS_NODE_SIM_TRAFFIC_H_
#define TROUPE_TESTS_NODE_SIM_TRAFFIC_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"
#include "troupe.h"

namespace troupe {
namespace testing {

// What all senders sent and all sinks saw. One thread.
struct Traffic {
  using Pair = std::pair<int64_t, int64_t>;  // sender, sink

  std::map<Pair, int64_t> sent;                  // how many
  std::map<Pair, std::vector<int64_t>> arrived;  // their numbers, from 0 on
  // Of calls: the number, and how it ended.
  std::map<Pair, std::map<int64_t, std::vector<absl::Status>>> outcomes;
  std::map<Pair, size_t> calls;
  size_t unsent = 0;  // refused when they were sent

  void ExpectAllArrivedInOrder() const {
    for (const auto& [pair, count] : sent) {
      const auto numbers = arrived.find(pair);
      ASSERT_TRUE(numbers != arrived.end()) << pair.first << " to " << pair.second;
      std::vector<int64_t> expected;
      for (int64_t i = 0; i < count; ++i) expected.push_back(i);
      ASSERT_EQ(numbers->second, expected) << pair.first << " to " << pair.second;
    }
    for (const auto& [pair, calls_of_pair] : outcomes) {
      for (const auto& [number, statuses] : calls_of_pair) {
        ASSERT_EQ(statuses.size(), 1u);
        ASSERT_TRUE(statuses[0].ok()) << number << ": " << statuses[0];
      }
    }
    for (const auto& [pair, count] : calls) EXPECT_EQ(Ended(pair), count);
  }
  // What arrived is in order and not twice; what a call was told agrees with it, and each was told
  // something whose sender is below `senders` (nothing runs for an actor that is gone).
  void ExpectHonest(int64_t senders) const {
    for (const auto& [pair, numbers] : arrived) {
      for (size_t i = 1; i < numbers.size(); ++i) ASSERT_LT(numbers[i - 1], numbers[i]);
    }
    for (const auto& [pair, calls_of_pair] : outcomes) {
      const auto seen = arrived.find(pair);
      std::set<int64_t> handled;
      if (seen != arrived.end()) handled.insert(seen->second.begin(), seen->second.end());
      for (const auto& [number, statuses] : calls_of_pair) {
        ASSERT_EQ(statuses.size(), 1u);
        const absl::Status& status = statuses[0];
        EXPECT_TRUE(!status.ok() || handled.contains(number));
        if (absl::IsUnavailable(status)) {
          ASSERT_TRUE(DeliveryOf(status).has_value()) << status;
          if (DeliveryOf(status) == Delivery::kNotSent) {
            EXPECT_FALSE(handled.contains(number)) << number << ": " << status;
          }
        }
      }
    }
    for (const auto& [pair, count] : calls) {
      EXPECT_TRUE(pair.first >= senders || Ended(pair) == count)
          << count - Ended(pair) << " calls did not end";
    }
  }
  size_t Ended(const Pair& pair) const {
    const auto ended = outcomes.find(pair);
    return ended != outcomes.end() ? ended->second.size() : 0;
  }
};

class Sink : public Actor {
 public:
  Sink(int64_t number, std::shared_ptr<Traffic> traffic)
      : number_(number), traffic_(std::move(traffic)) {}
  int64_t Take(int64_t sender, int64_t number) {
    traffic_->arrived[{sender, number_}].push_back(number);
    return number;
  }
  int64_t TakeBytes(int64_t sender, int64_t number, const std::string& bytes) {
    EXPECT_EQ(bytes, std::string(bytes.size(), static_cast<char>(number)));
    return Take(sender, number);
  }
  Task<int64_t> TakeSlowly(int64_t sender, int64_t number) {
    Take(sender, number);
    co_await Sleep(absl::Milliseconds(1));
    co_return number;
  }

 private:
  const int64_t number_;
  const std::shared_ptr<Traffic> traffic_;
};
TROUPE_ACTOR(Sink, Take, TakeBytes, TakeSlowly)

class Sender : public Actor {
 public:
  // `large`: that many bytes, for one message in four.
  Sender(int64_t number, uint64_t seed, size_t large, std::shared_ptr<Traffic> traffic)
      : number_(number), random_(seed), large_(large), traffic_(std::move(traffic)) {}

  void SendTo(Ref<Sink> sink, int64_t sink_number, int64_t count) {
    const Traffic::Pair pair(number_, sink_number);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t number = traffic_->sent[pair]++;
      const std::string bytes(Size(), static_cast<char>(number));
      switch (random_.NextBelow(4)) {
        case 0:
          Note(sink.Tell<&Sink::Take>(number_, number));
          break;
        case 1:
          Note(bytes.empty() ? sink.Tell<&Sink::Take>(number_, number)
                             : sink.Tell<&Sink::TakeBytes>(number_, number, bytes));
          break;
        case 2:
          Follow(pair, number,
                 bytes.empty() ? sink->Take(number_, number)
                               : sink->TakeBytes(number_, number, bytes));
          break;
        default:
          Follow(pair, number, sink->TakeSlowly(number_, number));
          break;
      }
    }
  }

 private:
  size_t Size() { return large_ == 0 || random_.NextBelow(2) == 0 ? 0 : random_.NextBelow(large_); }
  void Note(SendResult result) { traffic_->unsent += result != SendResult::kSent; }
  void Follow(const Traffic::Pair& pair, int64_t number, const Future<int64_t>& call) {
    ++traffic_->calls[pair];
    call.OnReady([traffic = traffic_, pair, number](const absl::StatusOr<int64_t>& outcome) {
      EXPECT_EQ(outcome.value_or(number), number);
      traffic->outcomes[pair][number].push_back(outcome.status());
    });
  }

  const int64_t number_;
  RandomSource random_;
  const size_t large_;
  const std::shared_ptr<Traffic> traffic_;
};
TROUPE_ACTOR(Sender, SendTo)

// Senders and sinks, one or more of each on each node; every sender has a reference to every sink.
struct TrafficWorld {
  TrafficWorld(SimCluster& sim, int each, size_t large = 0) : cluster(sim) {
    for (size_t node = 0; node < cluster.nodes.size(); ++node) {
      for (int i = 0; i < each; ++i) {
        const auto number = static_cast<int64_t>(sinks.size());
        sinks.push_back(cluster[node].Spawn<Sink>(
            SpawnOptions{.name = absl::StrCat("sink ", number)}, number, traffic));
        senders.push_back(
            cluster[node].Spawn<Sender>(number, cluster.random.Next(), large, traffic));
        node_of.push_back(node);
      }
    }
    cluster.ConnectAll();
    for (size_t sender = 0; sender < senders.size(); ++sender) {
      const Node& home = cluster[node_of[sender]];
      for (size_t sink = 0; sink < sinks.size(); ++sink) {
        NodeRef there = home.At(cluster.address(node_of[sink]));
        const std::string name = absl::StrCat("sink ", sink);
        absl::StatusOr<Ref<Sink>> found = cluster.Await(there.Find<Sink>(name));
        for (int i = 0; i < 100 && !found.ok(); ++i) {
          found = cluster.Await(there.Find<Sink>(name));
        }
        CHECK(found.ok()) << found.status();
        refs[{sender, sink}] = *found;
      }
    }
  }

  void SendSome(int64_t most) {
    const size_t sender = cluster.Below(senders.size());
    const size_t sink = cluster.Below(sinks.size());
    senders[sender].Tell<&Sender::SendTo>(refs[{sender, sink}], static_cast<int64_t>(sink),
                                          1 + static_cast<int64_t>(cluster.Below(most)));
  }

  SimCluster& cluster;
  std::shared_ptr<Traffic> traffic = std::make_shared<Traffic>();
  std::vector<Ref<Sink>> sinks;
  std::vector<Ref<Sender>> senders;
  std::vector<size_t> node_of;
  std::map<std::pair<size_t, size_t>, Ref<Sink>> refs;  // as the sender's node sees the sink
};

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_NODE_SIM_TRAFFIC_H_

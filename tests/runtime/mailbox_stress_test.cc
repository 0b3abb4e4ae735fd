#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/event.h"
#include "runtime/mailbox.h"
#include "tests/runtime/whole_mailbox.h"

namespace troupe::internal {
namespace {

using Push = Inbox::Push;
using Take = Mailbox::Take;

constexpr int kProducers = 4;
constexpr int kPerProducer = 20'000;

struct alignas(kBlockAlignment) StressNode final : MailboxNode {
  int producer = 0;
  int number = 0;
  int payload = 0;  // not atomic: ThreadSanitizer sees whether pushing publishes it
};

using Nodes = std::vector<std::unique_ptr<StressNode[]>>;

Nodes MakeNodes(int per_producer) {
  Nodes nodes;
  for (int p = 0; p < kProducers; ++p) {
    nodes.push_back(std::make_unique<StressNode[]>(per_producer));
    for (int i = 0; i < per_producer; ++i) {
      nodes[p][i].producer = p;
      nodes[p][i].number = i;
    }
  }
  return nodes;
}

// Hands the consumer's role from push to turn, as the executor does, and checks that only one has
// it.
class Consumer {
 public:
  explicit Consumer(WholeMailbox& mailbox) : mailbox_(mailbox) {}

  // Of the creator, or after kPushedAndWake: the calling thread runs the turn.
  template <typename Handle>
  void RunTurn(Take take, Handle handle) {
    EXPECT_FALSE(running_.exchange(true)) << "two consumers at once";
    for (;;) {
      if (MailboxNode* node = mailbox_.Next(take)) {
        const bool counted = node->counted;
        handle(*static_cast<StressNode*>(node));
        if (counted) mailbox_.Handled();
        continue;
      }
      // Cleared before the attempt: after a success the next turn may begin at once.
      running_.store(false);
      if (mailbox_.TryRest(take)) return;
      EXPECT_FALSE(running_.exchange(true)) << "two consumers at once";
    }
  }

 private:
  WholeMailbox& mailbox_;
  std::atomic<bool> running_{false};
};

TEST(MailboxStressTest, EachPushIsTakenOnceAndInItsProducersOrder) {
  Nodes nodes = MakeNodes(kPerProducer);
  WholeMailbox mailbox(kProducers * kPerProducer);
  Consumer consumer(mailbox);
  std::vector<int> next(kProducers, 0);  // only the one consumer of the moment touches it
  int taken = 0;
  const auto handle = [&](StressNode& node) {
    EXPECT_EQ(node.number, next[node.producer]++);
    EXPECT_EQ(node.payload, node.number * 3);
    ++taken;
  };
  consumer.RunTurn(Take::kAll, handle);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kPerProducer; ++i) {
        nodes[p][i].payload = i * 3;
        const Push pushed = mailbox.PushNode(&nodes[p][i]);
        ASSERT_TRUE(pushed == Push::kPushed || pushed == Push::kPushedAndWake);
        if (pushed == Push::kPushedAndWake) consumer.RunTurn(Take::kAll, handle);
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(taken, kProducers * kPerProducer);
  EXPECT_EQ(mailbox.count(), 0u);
}

TEST(MailboxStressTest, TheCapacityIsNeverExceededAndNothingRefusedIsHandled) {
  constexpr uint32_t kCapacity = 7;
  Nodes nodes = MakeNodes(kPerProducer);
  WholeMailbox mailbox(kCapacity);
  Consumer consumer(mailbox);
  std::atomic<int64_t> refused{0};
  int64_t taken = 0;
  std::vector<int> last(kProducers, -1);
  const auto handle = [&](StressNode& node) {
    EXPECT_LE(mailbox.count(), kCapacity);
    EXPECT_GT(node.number, last[node.producer]);
    last[node.producer] = node.number;
    ++taken;
  };
  consumer.RunTurn(Take::kAll, handle);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kPerProducer; ++i) {
        const Push pushed = mailbox.PushNode(&nodes[p][i]);
        if (pushed == Push::kFull) ++refused;
        if (pushed == Push::kPushedAndWake) consumer.RunTurn(Take::kAll, handle);
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(taken + refused.load(), int64_t{kProducers} * kPerProducer);
  EXPECT_EQ(mailbox.count(), 0u);
}

TEST(MailboxStressTest, ClosingAgainstPushesLosesNothingAndAnswersNothingTwice) {
  constexpr int kRounds = 300;
  constexpr int kMessages = 50;
  for (int round = 0; round < kRounds; ++round) {
    Nodes nodes = MakeNodes(kMessages);
    WholeMailbox mailbox(1'000'000);
    std::atomic<int> accepted{0}, refused{0};
    std::vector<std::thread> producers;
    Event go;
    for (int p = 0; p < kProducers; ++p) {
      producers.emplace_back([&, p] {
        go.Wait();
        for (int i = 0; i < kMessages; ++i) {
          ++(mailbox.PushNode(&nodes[p][i]) == Push::kClosed ? refused : accepted);
        }
      });
    }
    go.Set();
    // In kRunning from the start, so no push wakes: this thread is the consumer.
    int taken = 0;
    for (int i = 0; i < round % 100; ++i) {
      if (mailbox.Next(Take::kAll) != nullptr) ++taken;
    }
    NodeList rest = round % 2 == 0 ? mailbox.CloseToMessages() : mailbox.Close();
    while (rest.PopFront() != nullptr) ++taken;
    for (std::thread& producer : producers) producer.join();
    EXPECT_EQ(taken, accepted.load());
    EXPECT_EQ(accepted.load() + refused.load(), kProducers * kMessages);
    rest = mailbox.Close();
    EXPECT_EQ(rest.PopFront(), nullptr);
  }
}

TEST(MailboxStressTest, AnUrgentPushWakesAWaitingConsumerExactlyOnce) {
  constexpr int kControls = 5'000;
  Nodes nodes = MakeNodes(2 * kControls);
  WholeMailbox mailbox(1'000'000);
  Consumer consumer(mailbox);
  int urgent = 0;
  const auto handle = [&](StressNode&) { ++urgent; };
  consumer.RunTurn(Take::kUrgentOnly, handle);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < 2 * kControls; ++i) {
        StressNode& node = nodes[p][i];
        if (i % 2 == 0) {
          node.lane = Lane::kUrgent;
          node.counted = false;
        }
        const Push pushed = mailbox.PushNode(&node);
        ASSERT_NE(pushed, Push::kFull);
        if (pushed == Push::kPushedAndWake) {
          ASSERT_EQ(node.lane, Lane::kUrgent);
          consumer.RunTurn(Take::kUrgentOnly, handle);
        }
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(urgent, kProducers * kControls);
  EXPECT_EQ(mailbox.count(), uint64_t{kProducers} * kControls);
}

}  // namespace
}  // namespace troupe::internal

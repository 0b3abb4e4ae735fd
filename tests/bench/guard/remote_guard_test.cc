// What messages between two nodes cost in counts that are the same on every machine: allocations,
// system calls, wake-ups, bytes. Both nodes are in this process, over loopback TCP, so the counts
// are of both sides together. Each has one worker: what one turn sends then leaves in one batch,
// however the threads are scheduled.

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/bench/guard/counts.h"
#include "troupe.h"

namespace troupe {
namespace {

using testing::Count;
using testing::CountProcess;
using testing::Counts;

constexpr int64_t kBurst = 1000;
constexpr int64_t kBursts = 20;
constexpr int64_t kMessages = kBurst * kBursts;
constexpr size_t kBytes = 64;
constexpr int64_t kLargeBurst = 16;
constexpr int64_t kLargeBytes = 128 << 10;

class Echo : public Actor {
 public:
  std::string Ask(std::string text) { return text; }
  void Tell(std::string text) { bytes_ += static_cast<int64_t>(text.size()); }
  int64_t Take() { return std::exchange(bytes_, 0); }

 private:
  int64_t bytes_ = 0;
};
TROUPE_ACTOR(Echo, Ask, Tell, Take)

// Sends a burst in one turn.
class Sender : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  explicit Sender(Ref<Echo> echo) : echo_(std::move(echo)), text_(kBytes, 'x') {}
  // How many bytes have arrived.
  Task<int64_t> TellBurst() {
    for (int64_t i = 0; i < kBurst; ++i) (void)echo_.Tell<&Echo::Tell>(text_);
    const int64_t bytes = co_await echo_->Take();
    co_return bytes;
  }
  Task<int64_t> TellLargeBurst() {
    const std::string text(kLargeBytes, 'x');
    for (int64_t i = 0; i < kLargeBurst; ++i) (void)echo_.Tell<&Echo::Tell>(text);
    const int64_t bytes = co_await echo_->Take();
    co_return bytes;
  }
  // How many bytes have come back.
  Task<int64_t> AskBurst() {
    calls_.clear();
    for (int64_t i = 0; i < kBurst; ++i) calls_.push_back(echo_->Ask(text_));
    int64_t bytes = 0;
    for (const Future<std::string>& call : calls_) {
      const std::string answer = co_await call;
      bytes += static_cast<int64_t>(answer.size());
    }
    co_return bytes;
  }

 private:
  const Ref<Echo> echo_;
  const std::string text_;
  std::vector<Future<std::string>> calls_;
};
TROUPE_ACTOR(Sender, TellBurst, TellLargeBurst, AskBurst)

std::unique_ptr<Node> NewNode() {
  SystemOptions system;
  system.threads = 1;
  absl::StatusOr<std::unique_ptr<Node>> node =
      Node::Create({.classes = {Hosts<Echo>()}, .system = system});
  EXPECT_TRUE(node.ok()) << node.status();
  return *std::move(node);
}

class RemoteGuardTest : public ::testing::Test {
 protected:
  RemoteGuardTest()
      : there_(NewNode()),
        here_(NewNode()),
        sender_(here_->Spawn<Sender>(here_->At(there_->address()).Spawn<Echo>())) {}

  // Of kMessages, after as many that make everything warm.
  template <typename Burst>
  Counts CountBursts(Burst burst) {
    const auto bursts = [&burst] {
      for (int64_t i = 0; i < kBursts; ++i) {
        const absl::StatusOr<int64_t> bytes = burst();
        ASSERT_TRUE(bytes.ok()) << bytes.status();
        ASSERT_EQ(*bytes, kBurst * static_cast<int64_t>(kBytes));
      }
    };
    bursts();
    const Counts counts = CountProcess(bursts);
    // It is gRPC, a shared library, that sends: this says that its calls are counted.
    EXPECT_GE(counts[Count::kSentBytes], kMessages * static_cast<int64_t>(kBytes));
    std::cout << counts << " for " << kMessages << " messages\n";  // how much room there is
    return counts;
  }

  // About seven transfers were seen for a burst, four polls and one wake-up. The bounds are for
  // arrival in pieces, for looking on when a worker has nothing to do (it looks up to fifty times,
  // then sleeps), and for a machine so busy that heartbeats come between.
  static void ExpectFewSystemCalls(const Counts& counts) {
    EXPECT_LE(counts.Each(Count::kTransfers, kMessages), 40.0 / kBurst) << counts;
    EXPECT_LE(counts.Each(Count::kPolls, kMessages), 400.0 / kBurst) << counts;
    EXPECT_LE(counts.Each(Count::kWakeUps, kMessages), 20.0 / kBurst) << counts;
  }

  const std::unique_ptr<Node> there_;
  const std::unique_ptr<Node> here_;
  const Ref<Sender> sender_;
};

TEST_F(RemoteGuardTest, AOneWayMessageIsCheap) {
  const Counts counts = CountBursts([this] { return sender_->TellBurst().Get(); });
  // The copy of the text that is sent, and the text that arrives.
  EXPECT_LE(counts.Each(Count::kAllocations, kMessages), 2.2) << counts;
  EXPECT_LE(counts.Each(Count::kSentBytes, kMessages), kBytes + 16) << counts;
  ExpectFewSystemCalls(counts);
}

TEST_F(RemoteGuardTest, ACallAndItsAnswerAreCheap) {
  const Counts counts = CountBursts([this] { return sender_->AskBurst().Get(); });
  // The text's copy and arrival, there and back.
  EXPECT_LE(counts.Each(Count::kAllocations, kMessages), 4.3) << counts;
  EXPECT_LE(counts.Each(Count::kSentBytes, kMessages), 2 * (kBytes + 18)) << counts;
  ExpectFewSystemCalls(counts);
}

// The kernel gives a page when it is first used; on some virtual machines that takes longer than
// sending what is in it.
TEST_F(RemoteGuardTest, LargeMessagesTakeFewFreshPages) {
  const auto bursts = [this] {
    for (int64_t i = 0; i < kBursts; ++i) {
      const absl::StatusOr<int64_t> bytes = sender_->TellLargeBurst().Get();
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      ASSERT_EQ(*bytes, kLargeBurst * kLargeBytes);
    }
  };
  const auto page_faults = [] {
    rusage usage;
    EXPECT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
    return static_cast<int64_t>(usage.ru_minflt);
  };
  bursts();
  const int64_t before = page_faults();
  bursts();
  const int64_t fresh = page_faults() - before;
  const int64_t pages = kBursts * kLargeBurst * kLargeBytes / sysconf(_SC_PAGESIZE);
  std::cout << fresh << " page faults for messages of " << pages << " pages\n";
  EXPECT_LE(fresh, pages / 4);
}

}  // namespace
}  // namespace troupe

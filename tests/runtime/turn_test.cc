// How long an actor goes on while others wait for their turn.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::ElementsAre;

struct Journal {
  VirtualClock* clock = nullptr;
  absl::Duration each;  // that one message takes
  std::vector<std::string> turns;
};

class Worker : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  Worker(std::string name, std::shared_ptr<Journal> journal)
      : name_(std::move(name)), journal_(std::move(journal)) {}
  void Work() {
    journal_->clock->AdvanceBy(journal_->each);
    if (journal_->turns.empty() || journal_->turns.back() != name_) {
      journal_->turns.push_back(name_);
    }
  }

 private:
  const std::string name_;
  const std::shared_ptr<Journal> journal_;
};
TROUPE_ACTOR(Worker, Work)

// The turns of two actors with `messages` each.
std::vector<std::string> Turns(int messages, absl::Duration each) {
  VirtualClock clock;
  ManualExecutor executor({.order = ManualExecutor::Order::kFifo, .clock = &clock});
  ActorSystem system({.executor = &executor, .clock = &clock});
  auto journal = std::make_shared<Journal>(Journal{&clock, each, {}});
  const auto a = system.Spawn<Worker>("a", journal);
  const auto b = system.Spawn<Worker>("b", journal);
  executor.RunUntilIdle();
  for (int i = 0; i < messages; ++i) {
    (void)a.Tell<&Worker::Work>();
    (void)b.Tell<&Worker::Work>();
  }
  executor.RunUntilIdle();
  return journal->turns;
}

TEST(TurnTest, LongMessagesGiveUpTheTurnAfterAFew) {
  EXPECT_THAT(Turns(8, absl::Microseconds(40)), ElementsAre("a", "b", "a", "b"));
  EXPECT_THAT(Turns(8, absl::Seconds(1)), ElementsAre("a", "b", "a", "b"));
}

TEST(TurnTest, ShortMessagesShareATurnUpToALimitOfTheirOwn) {
  EXPECT_THAT(Turns(2000, absl::Nanoseconds(10)), ElementsAre("a", "b"));
  EXPECT_THAT(Turns(6000, absl::Nanoseconds(1)), ElementsAre("a", "b", "a", "b"));
}

TEST(TurnTest, WhereTimeStandsStillATurnHasAHundredAndTwentyEightMessages) {
  EXPECT_THAT(Turns(129, absl::ZeroDuration()), ElementsAre("a", "b", "a", "b"));
  EXPECT_THAT(Turns(128, absl::ZeroDuration()), ElementsAre("a", "b"));
}

class Log : public Actor {
 public:
  void Note(int64_t n) {
    if (n == 0) seen_at = handled;
    ++handled;
    // Sent while the turn goes on, behind a thousand others.
    if (n == 1) (void)self<Log>().With({.priority = Priority::kHigh}).Tell<&Log::Note>(0);
  }
  int64_t handled = 0;
  int64_t seen_at = -1;
};
TROUPE_ACTOR(Log, Note, handled, seen_at)

TEST(TurnTest, AHighPriorityMessageOvertakesWithinALongTurn) {
  VirtualClock clock;
  ManualExecutor executor({.clock = &clock});
  ActorSystem system({.executor = &executor, .clock = &clock});
  const auto log = system.Spawn<Log>();
  for (int i = 0; i < 1000; ++i) (void)log.Tell<&Log::Note>(i == 0 ? 1 : 2);
  executor.RunUntilIdle();
  const Future<int64_t> seen = log->seen_at();
  executor.RunUntilIdle();
  EXPECT_LE(*seen.Get(), 128);
}

// Takes up its mailbox's room itself.
class Refilled : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  explicit Refilled(VirtualClock* clock) : clock_(clock) {}
  void Take(int64_t n) {
    clock_->AdvanceBy(absl::Nanoseconds(10));  // or the turn would be a short one
    if (n == 400) refilled = self<Refilled>().Tell<&Refilled::Take>(0) == SendResult::kSent;
  }
  bool refilled = false;

 private:
  VirtualClock* const clock_;
};
TROUPE_ACTOR(Refilled, Take, refilled)

TEST(TurnTest, TheRoomOfWhatWasHandledIsGivenBackWithinALongTurn) {
  VirtualClock clock;
  ManualExecutor executor({.clock = &clock});
  ActorSystem system({.executor = &executor, .clock = &clock});
  const auto actor = system.Spawn<Refilled>(SpawnOptions{.mailbox_capacity = 500}, &clock);
  executor.RunUntilIdle();
  for (int i = 1; i <= 500; ++i) EXPECT_EQ(actor.Tell<&Refilled::Take>(i), SendResult::kSent);
  EXPECT_EQ(actor.Tell<&Refilled::Take>(0), SendResult::kFull);
  executor.RunUntilIdle();
  const Future<bool> refilled = actor->refilled();
  executor.RunUntilIdle();
  EXPECT_TRUE(*refilled.Get());
}

}  // namespace
}  // namespace troupe

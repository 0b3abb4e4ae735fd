// The credit of one-way messages from elsewhere goes back in one piece, and not too late.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/inbound_one_way.h"
#include "runtime/turn.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using internal::InboundCredit;
using internal::Turn;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Returns final : public internal::InboundBudget {
 public:
  void Return(size_t bytes) override { each.push_back(bytes); }
  std::vector<size_t> each;
};

void ReturnLater(Turn* turn, Returns* returns, size_t bytes) {
  InboundCredit credit(returns, bytes);
  turn->ReturnLater(credit);
}

TEST(TurnCreditTest, CreditsOfOneBudgetAreReturnedTogetherAtTheEnd) {
  Returns returns;
  {
    Turn turn(nullptr);
    ReturnLater(&turn, &returns, 1);
    ReturnLater(&turn, &returns, 20);
    ReturnLater(&turn, &returns, 300);
    EXPECT_THAT(returns.each, IsEmpty());
  }
  EXPECT_THAT(returns.each, ElementsAre(321));
}

TEST(TurnCreditTest, CreditsOfTwoBudgetsStayApart) {
  Returns first;
  Returns second;
  {
    Turn turn(nullptr);
    ReturnLater(&turn, &first, 1);
    ReturnLater(&turn, &second, 20);
    EXPECT_THAT(first.each, ElementsAre(1));
    ReturnLater(&turn, &second, 300);
    ReturnLater(&turn, &first, 4000);
    EXPECT_THAT(second.each, ElementsAre(320));
  }
  EXPECT_THAT(first.each, ElementsAre(1, 4000));
}

TEST(TurnCreditTest, MuchIsReturnedAtOnce) {
  Returns returns;
  Turn turn(nullptr);
  ReturnLater(&turn, &returns, 8000);
  ReturnLater(&turn, &returns, 8000);
  EXPECT_THAT(returns.each, ElementsAre(16000));
  ReturnLater(&turn, &returns, 1);
  turn.ReturnCredits();
  EXPECT_THAT(returns.each, ElementsAre(16000, 1));
}

TEST(TurnCreditTest, AMessageWithoutCreditChangesNothing) {
  Returns returns;
  Turn turn(nullptr);
  ReturnLater(&turn, &returns, 1);
  InboundCredit none;
  turn.ReturnLater(none);
  EXPECT_THAT(returns.each, IsEmpty());
}

class Other : public Actor {
 public:
  explicit Other(const Returns* returns) : returns_(returns) {}
  size_t Returned() { return returns_->each.size(); }

 private:
  const Returns* const returns_;
};
TROUPE_ACTOR(Other, Returned)

class Blocker : public Actor {
 public:
  void Note(const std::string& text) { notes += text; }
  void Block(Ref<Other> other) { seen = *other->Returned().Get(); }
  std::string notes;
  size_t seen = 99;
};
TROUPE_ACTOR(Blocker, Note, Block, notes, seen)

TEST(TurnCreditTest, ItIsReturnedBeforeTheActorBlocks) {
  Returns returns;
  World world;
  const Ref<Blocker> blocker = world->Spawn<Blocker>();
  const Ref<Other> other = world->Spawn<Other>(&returns);
  world.Run();
  const internal::MethodInfo& note = *internal::ClassInfoOf<Blocker>().FindMethod("Note");
  for (int i = 0; i < 3; ++i) {
    std::string arguments;
    ASSERT_TRUE(internal::EncodeArguments({}, &arguments, std::string("n")).ok());
    ASSERT_TRUE(note.receive_one_way({blocker.recipient().get(), nullptr}, {}, {}, arguments,
                                     InboundCredit(&returns, 10))
                    .ok());
  }
  EXPECT_EQ(blocker.Tell<&Blocker::Block>(other), SendResult::kSent);
  world.Run();
  EXPECT_EQ(*blocker->notes().Get(), "nnn");
  EXPECT_EQ(*blocker->seen().Get(), 1);
  EXPECT_THAT(returns.each, ElementsAre(30));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

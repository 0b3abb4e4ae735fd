#include "runtime/mailbox.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/whole_mailbox.h"

namespace troupe::internal {
namespace {

using Push = Inbox::Push;
using Take = Mailbox::Take;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct alignas(kBlockAlignment) TestNode final : MailboxNode {
  TestNode(int number, Lane where, bool is_counted) : id(number) {
    lane = where;
    counted = is_counted;
  }
  int id;
};

class MailboxTest : public ::testing::Test {
 protected:
  TestNode* Node(int id, Lane lane = Lane::kNormal, bool counted = true) {
    nodes_.push_back(std::make_unique<TestNode>(id, lane, counted));
    return nodes_.back().get();
  }
  TestNode* Control(int id, Lane lane = Lane::kUrgent) { return Node(id, lane, false); }

  static std::vector<int> Drain(WholeMailbox& mailbox, Take take = Take::kAll) {
    std::vector<int> ids;
    while (MailboxNode* node = mailbox.Next(take)) {
      ids.push_back(static_cast<TestNode*>(node)->id);
      if (node->counted) mailbox.Handled();
    }
    return ids;
  }
  static std::vector<int> Ids(NodeList list) {
    std::vector<int> ids;
    while (MailboxNode* node = list.PopFront()) ids.push_back(static_cast<TestNode*>(node)->id);
    return ids;
  }

 private:
  std::vector<std::unique_ptr<TestNode>> nodes_;
};

TEST_F(MailboxTest, ANewMailboxIsRunningSoThatAPushDoesNotWake) {
  WholeMailbox mailbox(10);
  EXPECT_EQ(mailbox.PushNode(Node(1)), Push::kPushed);
  EXPECT_EQ(mailbox.count(), 1u);
}

TEST_F(MailboxTest, ExactlyTheFirstPushOfARestingMailboxWakes) {
  WholeMailbox mailbox(10);
  ASSERT_TRUE(mailbox.TryRest(Take::kAll));
  EXPECT_EQ(mailbox.PushNode(Node(1)), Push::kPushedAndWake);
  EXPECT_EQ(mailbox.PushNode(Node(2)), Push::kPushed);
  EXPECT_THAT(Drain(mailbox), ElementsAre(1, 2));
  ASSERT_TRUE(mailbox.TryRest(Take::kAll));
  EXPECT_EQ(mailbox.PushNode(Control(3)), Push::kPushedAndWake);
}

TEST_F(MailboxTest, NodesOfOneLaneComeInTheOrderPushedAlsoAcrossRefreshes) {
  WholeMailbox mailbox(100);
  std::vector<int> taken;
  int next = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < round + 1; ++i) mailbox.PushNode(Node(next++));
    mailbox.Refresh();
    if (MailboxNode* node = mailbox.Next(Take::kAll))
      taken.push_back(static_cast<TestNode*>(node)->id);
  }
  for (int id : Drain(mailbox)) taken.push_back(id);
  ASSERT_EQ(taken.size(), 15u);
  for (int i = 0; i < 15; ++i) EXPECT_EQ(taken[i], i);
}

TEST_F(MailboxTest, NodesThatAreGoneOrFarAwayDoNotDisturbLaterOnes) {
  std::optional<WholeMailbox> mailbox;
  for (int round = 0; round < 3; ++round) {
    mailbox.emplace(100);  // where the last one was, too
    TestNode on_the_stack[] = {{1, Lane::kNormal, true}, {3, Lane::kNormal, true}};
    std::vector<std::unique_ptr<TestNode>> on_the_heap;
    std::vector<int> expected;
    for (int i = 0; i < 40; ++i) {
      TestNode* node = i < 2 ? &on_the_stack[i] : nullptr;
      if (node == nullptr) {
        on_the_heap.push_back(std::make_unique<TestNode>(10 + i, Lane::kNormal, true));
        node = on_the_heap.back().get();
      }
      EXPECT_EQ(mailbox->PushNode(node), Push::kPushed);
      expected.push_back(node->id);
    }
    EXPECT_EQ(Drain(*mailbox), expected);
  }
}

TEST_F(MailboxTest, UrgentOvertakesHighAndHighOvertakesNormal) {
  WholeMailbox mailbox(10);
  mailbox.PushNode(Node(1));
  mailbox.PushNode(Node(2, Lane::kHigh));
  mailbox.PushNode(Control(3));
  mailbox.PushNode(Node(4));
  mailbox.PushNode(Node(5, Lane::kHigh));
  mailbox.PushNode(Control(6));
  EXPECT_THAT(Drain(mailbox), ElementsAre(3, 6, 2, 5, 1, 4));
}

TEST_F(MailboxTest, PushBeyondTheCapacityReturnsFullAndLeavesTheNodeAlone) {
  WholeMailbox mailbox(2);
  EXPECT_EQ(mailbox.PushNode(Node(1)), Push::kPushed);
  EXPECT_EQ(mailbox.PushNode(Node(2, Lane::kHigh)), Push::kPushed);
  EXPECT_EQ(mailbox.PushNode(Node(3)), Push::kFull);
  EXPECT_EQ(mailbox.PushNode(Node(4, Lane::kUrgent)), Push::kFull);
  EXPECT_EQ(mailbox.count(), 2u);
  EXPECT_THAT(Drain(mailbox), ElementsAre(2, 1));
}

TEST_F(MailboxTest, ControlNodesAreNeverTooMany) {
  WholeMailbox mailbox(1);
  EXPECT_EQ(mailbox.PushNode(Node(1)), Push::kPushed);
  for (int i = 2; i < 100; ++i) EXPECT_EQ(mailbox.PushNode(Control(i)), Push::kPushed);
  EXPECT_EQ(mailbox.count(), 1u);
  EXPECT_EQ(Drain(mailbox).size(), 99u);
}

TEST_F(MailboxTest, TakenButUnhandledNodesStillCount) {
  WholeMailbox mailbox(2);
  mailbox.PushNode(Node(1));
  mailbox.PushNode(Node(2));
  EXPECT_NE(mailbox.Next(Take::kAll), nullptr);
  EXPECT_EQ(mailbox.PushNode(Node(3)), Push::kFull);
  mailbox.Handled();
  mailbox.PublishHandled();
  EXPECT_EQ(mailbox.PushNode(Node(4)), Push::kPushed);
  EXPECT_EQ(mailbox.PushNode(Node(5)), Push::kFull);
}

TEST_F(MailboxTest, AFullRestingMailboxHasRoomAgainAfterItsMessagesWereHandled) {
  WholeMailbox mailbox(1);
  for (int i = 0; i < 50; ++i) {
    EXPECT_NE(mailbox.PushNode(Node(i)), Push::kFull);
    EXPECT_EQ(mailbox.PushNode(Node(-i)), Push::kFull);
    EXPECT_THAT(Drain(mailbox), ElementsAre(i));
    ASSERT_TRUE(mailbox.TryRest(Take::kAll));
    EXPECT_EQ(mailbox.count(), 0u);
  }
}

TEST_F(MailboxTest, ItDoesNotRestWhileThereIsSomethingToTake) {
  WholeMailbox mailbox(10);
  mailbox.PushNode(Node(1));
  EXPECT_FALSE(mailbox.TryRest(Take::kAll));
  mailbox.PushNode(Control(2));
  EXPECT_FALSE(mailbox.TryRest(Take::kUrgentOnly));
  EXPECT_THAT(Drain(mailbox), ElementsAre(2, 1));
  EXPECT_TRUE(mailbox.TryRest(Take::kAll));
}

TEST_F(MailboxTest, WhileItWaitsOnlyUrgentNodesWake) {
  WholeMailbox mailbox(10);
  mailbox.PushNode(Node(1));
  EXPECT_EQ(mailbox.Next(Take::kUrgentOnly), nullptr);
  ASSERT_TRUE(mailbox.TryRest(Take::kUrgentOnly));
  EXPECT_EQ(mailbox.PushNode(Node(2)), Push::kPushed);
  EXPECT_EQ(mailbox.PushNode(Node(3, Lane::kHigh)), Push::kPushed);
  EXPECT_EQ(mailbox.PushNode(Control(4)), Push::kPushedAndWake);
  EXPECT_EQ(mailbox.PushNode(Control(5)), Push::kPushed);
  EXPECT_THAT(Drain(mailbox, Take::kUrgentOnly), ElementsAre(4, 5));
  EXPECT_THAT(Drain(mailbox), ElementsAre(3, 1, 2));
}

TEST_F(MailboxTest, MessagesKeepTheirOrderAcrossAWait) {
  WholeMailbox mailbox(10);
  mailbox.PushNode(Node(1));
  mailbox.Refresh();
  ASSERT_TRUE(mailbox.TryRest(Take::kUrgentOnly));
  mailbox.PushNode(Node(2));
  mailbox.PushNode(Control(100));
  mailbox.PushNode(Node(3));
  mailbox.Refresh();
  EXPECT_THAT(Drain(mailbox), ElementsAre(100, 1, 2, 3));
}

TEST_F(MailboxTest, PushAfterCloseReturnsClosed) {
  WholeMailbox mailbox(10);
  EXPECT_THAT(Ids(mailbox.Close()), IsEmpty());
  EXPECT_EQ(mailbox.PushNode(Node(1)), Push::kClosed);
  EXPECT_EQ(mailbox.PushNode(Control(2)), Push::kClosed);
  EXPECT_EQ(mailbox.count(), 0u);
}

TEST_F(MailboxTest, CloseGivesEverythingThatWasQueuedExactlyOnce) {
  WholeMailbox mailbox(10);
  mailbox.PushNode(Node(1));
  mailbox.PushNode(Node(2, Lane::kHigh));
  mailbox.Refresh();
  mailbox.PushNode(Control(3));
  mailbox.PushNode(Node(4));
  EXPECT_THAT(Ids(mailbox.Close()), ElementsAre(3, 2, 1, 4));
  EXPECT_THAT(Ids(mailbox.Close()), IsEmpty());
}

TEST_F(MailboxTest, ClosedToMessagesStillTakesControlNodes) {
  WholeMailbox mailbox(10);
  mailbox.PushNode(Node(1));
  mailbox.PushNode(Control(2, Lane::kNormal));
  mailbox.PushNode(Node(3, Lane::kHigh));
  mailbox.PushNode(Control(4));
  EXPECT_FALSE(mailbox.closed_to_messages());
  EXPECT_THAT(Ids(mailbox.CloseToMessages()), ElementsAre(3, 1));
  EXPECT_TRUE(mailbox.closed_to_messages());
  EXPECT_EQ(mailbox.PushNode(Node(5)), Push::kClosed);
  EXPECT_EQ(mailbox.PushNode(Control(6)), Push::kPushed);
  mailbox.Refresh();
  EXPECT_THAT(Drain(mailbox), ElementsAre(4, 6, 2));
  ASSERT_TRUE(mailbox.TryRest(Take::kUrgentOnly));
  EXPECT_EQ(mailbox.PushNode(Node(7)), Push::kClosed);
  EXPECT_EQ(mailbox.PushNode(Control(8)), Push::kPushedAndWake);
  EXPECT_THAT(Ids(mailbox.Close()), ElementsAre(8));
}

TEST_F(MailboxTest, HandledMessagesDoNotReopenAMailboxThatIsClosedToMessages) {
  WholeMailbox mailbox(10);
  mailbox.PushNode(Node(1));
  mailbox.PushNode(Node(2));
  ASSERT_NE(mailbox.Next(Take::kAll), nullptr);
  mailbox.CloseToMessages();
  mailbox.Handled();
  mailbox.PublishHandled();
  mailbox.PushNode(Control(3));
  mailbox.Handled();
  mailbox.Refresh();
  EXPECT_TRUE(mailbox.closed_to_messages());
  EXPECT_EQ(mailbox.PushNode(Node(4)), Push::kClosed);
}

TEST_F(MailboxTest, TheCapacityIsKeptWithinWhatTheWordCanCount) {
  EXPECT_EQ(Inbox(0).capacity(), 1u);
  EXPECT_EQ(Inbox(7).capacity(), 7u);
  EXPECT_LE(Inbox(0xffffffffu).capacity(), Inbox::kMaxCapacity);
  EXPECT_GE(Inbox::kMaxCapacity, 1'048'576u);
}

TEST_F(MailboxTest, AMillionMessagesFitIntoTheDefaultMailboxAndNoneMore) {
  constexpr uint32_t kCapacity = 1'048'576;
  std::vector<TestNode> nodes;
  nodes.reserve(kCapacity + 1);
  for (uint32_t i = 0; i <= kCapacity; ++i) nodes.emplace_back(i, Lane::kNormal, true);
  WholeMailbox mailbox(kCapacity);
  for (uint32_t i = 0; i < kCapacity; ++i) ASSERT_EQ(mailbox.PushNode(&nodes[i]), Push::kPushed);
  EXPECT_EQ(mailbox.PushNode(&nodes[kCapacity]), Push::kFull);
  EXPECT_EQ(mailbox.count(), kCapacity);
  for (uint32_t i = 0; i < kCapacity; ++i) ASSERT_EQ(mailbox.Next(Take::kAll), &nodes[i]);
  EXPECT_EQ(mailbox.Next(Take::kAll), nullptr);
}

}  // namespace
}  // namespace troupe::internal

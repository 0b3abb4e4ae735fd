#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Store : public Actor {
 public:
  absl::StatusOr<Value> Receive(Value message) override {
    if (message == Value("throw")) throw std::runtime_error("unwanted");
    if (message == Value("refuse")) return absl::PermissionDeniedError("no");
    if (message["command"] == Value("get")) return Value(stored_);
    stored_.push_back(std::move(message));
    return Value(static_cast<int64_t>(stored_.size()));
  }

 private:
  Value::List stored_;
};

class Deaf : public Actor {};

class PlainMessageTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Store> ref_ = manual_.system.Spawn<Store>();
};

TEST_F(PlainMessageTest, AnActorWithoutExportsTakesPlainMessages) {
  EXPECT_EQ(ref_.Tell({{"no", "Norway"}, {"se", "Sweden"}}), SendResult::kSent);
  EXPECT_EQ(ref_.Tell({{"a", 3}}), SendResult::kSent);
  EXPECT_EQ(ref_.Ask({{"command", "get"}}).Get()->ToString(),
            "[{'no': 'Norway', 'se': 'Sweden'}, {'a': 3}]");
}

TEST_F(PlainMessageTest, AskGivesWhatReceiveReturns) {
  EXPECT_EQ(*ref_.Ask(7).Get(), Value(1));
  EXPECT_EQ(*ref_.Ask("text").Get(), Value(2));
  EXPECT_EQ(ref_.Ask("refuse").Get().status(), absl::PermissionDeniedError("no"));
  EXPECT_EQ(ref_.Ask("throw").Get().status(), absl::UnknownError("std::runtime_error: unwanted"));
  EXPECT_EQ(*ref_.Ask(nullptr).Get(), Value(3)) << "errors of an Ask leave the actor alone";
}

TEST_F(PlainMessageTest, AnErrorOfATellIsTheActorsFailure) {
  const Future<Down> down = ref_.WhenDown();
  EXPECT_EQ(ref_.Tell("refuse"), SendResult::kSent);
  EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
  EXPECT_EQ(down.Get()->status, absl::PermissionDeniedError("no"));
  EXPECT_EQ(ref_.Tell(1), SendResult::kNotFound);
}

TEST_F(PlainMessageTest, WithoutReceiveAskIsUnimplementedAndTellFailsTheActor) {
  const Ref<Deaf> deaf = manual_.system.Spawn<Deaf>();
  const absl::Status status = deaf.Ask(1).Get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Deaf"));
  EXPECT_EQ(deaf.Tell(1), SendResult::kSent);
  EXPECT_EQ(deaf.WhenDown().Get()->reason, DownReason::kFailed);
}

TEST_F(PlainMessageTest, ReferencesTravelInMessagesAndStayEqual) {
  ASSERT_TRUE(ref_.Ask(Value(ref_)).Get().ok());
  const Value::List stored = *ref_.Ask({{"command", "get"}}).Get()->AsList();
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(*stored[0].AsRef(), ref_);
  EXPECT_EQ(*stored[0].AsRef()->As<Store>(), ref_);
}

TEST_F(PlainMessageTest, AProbeRecordsInOrderAndAnswers) {
  Probe probe(manual_.system);
  probe.AnswerWith(Value("first"));
  probe.AnswerWith(absl::AbortedError("second"));
  EXPECT_EQ(probe.ref().Tell(0), SendResult::kSent);
  EXPECT_EQ(probe.ref().Ask(1).Get().status(), absl::AbortedError("second"))
      << "a Tell uses up an answer, too";
  EXPECT_EQ(*probe.ref().Ask(2).Get(), Value());
  EXPECT_THAT(probe.messages(), ElementsAre(Value(0), Value(1), Value(2)));
}

TEST_F(PlainMessageTest, OptionsHoldForThemToo) {
  EXPECT_EQ(ref_.AnyRef::With({.deadline = absl::Seconds(1)}).Tell(1), SendResult::kSent);
  EXPECT_EQ(ref_.With({.priority = Priority::kHigh}).Tell(2), SendResult::kSent);
  EXPECT_EQ(*ref_.With({.deadline = absl::Seconds(1)}).Ask({{"command", "get"}}).Get(),
            Value(Value::List{2, 1}));
}

}  // namespace
}  // namespace troupe

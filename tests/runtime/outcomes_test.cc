// One test for each row of the table in runtime/errors.h that one process can produce.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/errors.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class Subject : public Actor {
 public:
  int64_t Answer(int64_t i) {
    ++handled;
    return i;
  }
  Task<void> Slow() { co_await Sleep(absl::Seconds(60)); }
  void Throw() { throw std::logic_error("thrown"); }
  absl::Status Own() {
    absl::Status status = absl::UnauthenticatedError("own");
    status.SetPayload("type.example/p", absl::Cord("payload"));
    return status;
  }
  Task<void> CallBack(AnyRef me);
  void Fail() { throw std::logic_error("failing"); }
  Future<int64_t> Dropped() { return Promise<int64_t>().future(); }
  int64_t handled = 0;
};
TROUPE_ACTOR(Subject, Answer, Slow, Throw, Own, CallBack, Fail, Dropped, handled)
Task<void> Subject::CallBack(AnyRef me) {
  const Ref<Subject> to = *me.As<Subject>();
  co_await to->Answer(1);
}

class OutcomeTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Subject> ref_ = manual_.system.Spawn<Subject>();
};

TEST_F(OutcomeTest, OfAnActorThatStoppedIsNotFound) {
  ASSERT_TRUE(ref_.Stop().Get().ok());
  const absl::Status expected = absl::NotFoundError(ref_.ToString() + " not found");
  EXPECT_EQ(ref_->Answer(1).Get().status(), expected);
  EXPECT_EQ(ref_.Stop().Get(), expected);
  EXPECT_EQ(ref_.Tell<&Subject::Throw>(), SendResult::kNotFound);
  EXPECT_EQ(manual_.system.dead_letters(), 1u);
}

TEST_F(OutcomeTest, OfAnActorThatNeverExistedIsNotFound) {
  const AnyRef null;
  EXPECT_EQ(null.Ask(1).Get().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(manual_.system.Find(Urn::Random(manual_.system.random())).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(manual_.system.Find("nobody").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(OutcomeTest, OfACallQueuedBehindAStopIsNotFound) {
  const auto before = ref_->Answer(1);
  const auto stop = ref_.Stop();
  const auto behind = ref_->Answer(2);
  EXPECT_EQ(*before.Get(), 1);
  EXPECT_TRUE(stop.Get().ok());
  EXPECT_EQ(behind.Get().status(), absl::NotFoundError(ref_.ToString() + " not found"));
}

TEST_F(OutcomeTest, OfACallPastItsDeadlineIsDeadlineExceeded) {
  const auto slow = ref_.With({.deadline = absl::Seconds(1)})->Slow();
  const auto queued = ref_.With({.deadline = absl::Seconds(1)})->Answer(1);
  EXPECT_EQ(slow.Get(), absl::DeadlineExceededError("the deadline of Subject.Slow has passed"));
  EXPECT_EQ(queued.Get().status(),
            absl::DeadlineExceededError("the deadline of Subject.Answer has passed"));
  EXPECT_EQ(*ref_->handled().Get(), 0) << "queued work that nobody waits for is not started";
}

TEST_F(OutcomeTest, OfAWaitThatGaveUpIsDeadlineExceededAndTheCallGoesOn) {
  const auto slow = ref_->Slow();
  const absl::Status gave_up = slow.Get(absl::Seconds(1));
  EXPECT_EQ(gave_up, GaveUpWaitingError(absl::Seconds(1), "Subject.Slow"));
  EXPECT_EQ(gave_up.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(slow.Get().ok());
}

TEST_F(OutcomeTest, OfACancelledCallIsCancelled) {
  const auto slow = ref_->Slow();
  const auto queued = ref_->Answer(1);
  EXPECT_TRUE(queued.Cancel());
  EXPECT_TRUE(slow.Cancel());
  EXPECT_EQ(slow.Get(), absl::CancelledError("Subject.Slow was cancelled"));
  EXPECT_EQ(queued.Get().status(), absl::CancelledError("Subject.Answer was cancelled"));
  EXPECT_EQ(*ref_->handled().Get(), 0);
}

TEST_F(OutcomeTest, OfAFullMailboxIsResourceExhaustedWithTheLimit) {
  const auto small = manual_.system.Spawn<Subject>(SpawnOptions{.mailbox_capacity = 2});
  const auto first = small->Answer(1);
  EXPECT_EQ(small.Tell<&Subject::Answer>(2), SendResult::kSent);
  const auto third = small->Answer(3);
  EXPECT_TRUE(third.IsReady()) << "at once";
  EXPECT_EQ(
      third.Get().status(),
      absl::ResourceExhaustedError("the mailbox of " + small.ToString() + " is full (2 messages)"));
  EXPECT_EQ(small.Tell<&Subject::Answer>(4), SendResult::kFull);
  EXPECT_EQ(manual_.system.dead_letters(), 1u);
  EXPECT_EQ(*first.Get(), 1);
  EXPECT_EQ(*small->handled().Get(), 2) << "there is room again";
}

TEST_F(OutcomeTest, OfAnUnknownMethodIsUnimplementedAndNamesIt) {
  EXPECT_EQ(ref_.CallByName("Nope", {}).Get().status(),
            absl::UnimplementedError("Subject exports no method or field named \"Nope\""));
}

TEST_F(OutcomeTest, OfAPlainMessageWithoutReceiveIsUnimplemented) {
  EXPECT_EQ(ref_.Ask(1).Get().status(), NoReceiveError("Subject"));
  EXPECT_EQ(ref_.Ask(1).Get().status().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(OutcomeTest, OfWrongArgumentsIsInvalidArgumentAndTheActorIsUntouched) {
  for (const auto& arguments :
       {std::vector<Value>{}, std::vector<Value>{1, 2}, std::vector<Value>{"x"}}) {
    const absl::Status status = ref_.CallByName("Answer", arguments).Get().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("Answer"));
  }
  EXPECT_EQ(*ref_->handled().Get(), 0);
}

TEST_F(OutcomeTest, OfAnExceptionIsUnknownWithItsTypeAndText) {
  EXPECT_EQ(ref_->Throw().Get(), absl::UnknownError("std::logic_error: thrown"));
  EXPECT_EQ(*ref_->Answer(1).Get(), 1) << "the actor lives on";
}

TEST_F(OutcomeTest, AMethodsOwnStatusPassesUnchangedWithPayloads) {
  const absl::Status status = ref_->Own().Get();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(status.message(), "own");
  EXPECT_EQ(status.GetPayload("type.example/p"), absl::Cord("payload"));
}

TEST_F(OutcomeTest, OfACallWhoseActorFailedMeanwhileIsUnknown) {
  const auto reentrant = manual_.system.Spawn<Subject>(SpawnOptions{.reentrant = true});
  const auto slow = reentrant->Slow();
  EXPECT_EQ(reentrant.Tell<&Subject::Fail>(), SendResult::kSent);
  const absl::Status status = slow.Get();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(std::string(status.message()), HasSubstr("failed while it handled Slow"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("std::logic_error: failing"));
}

TEST_F(OutcomeTest, OfAnActorThatFailedIsNotFoundAndSaysWhy) {
  EXPECT_EQ(ref_.Tell<&Subject::Fail>(), SendResult::kSent);
  const auto behind = ref_->Answer(1);
  const absl::Status status = behind.Get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("std::logic_error: failing"));
}

TEST_F(OutcomeTest, OfADroppedPromiseIsUnknown) {
  EXPECT_EQ(ref_->Dropped().Get().status(),
            absl::UnknownError("the promise was dropped without a result"));
}

TEST_F(OutcomeTest, OfASecondSetIsFailedPrecondition) {
  Promise<int> promise;
  const auto future = promise.future();
  EXPECT_TRUE(promise.Set(1).ok());
  EXPECT_EQ(promise.Set(2).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(*future.Get(), 1);
}

TEST_F(OutcomeTest, OfAChainThatComesBackIsFailedPreconditionWithThePath) {
  const absl::Status status = ref_->CallBack(ref_).Get();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), EndsWith("Subject.CallBack -> Subject.Answer"));
  EXPECT_EQ(manual_.elapsed(), absl::ZeroDuration()) << "at once";
}

TEST_F(OutcomeTest, OfATakenNameIsAlreadyExists) {
  ASSERT_TRUE(manual_.system.Register("name", ref_).ok());
  const auto other = manual_.system.Spawn<Subject>();
  EXPECT_EQ(manual_.system.Register("name", other), NameTakenError("name"));
  EXPECT_EQ(NameTakenError("name").code(), absl::StatusCode::kAlreadyExists);
}

TEST(OutcomeAtTheEndTest, EveryPendingCallOfASystemThatEndsHasOne) {
  Future<void> suspended;
  Future<int64_t> queued;
  {
    ManualSystem manual;
    const auto ref = manual.system.Spawn<Subject>();
    suspended = ref->Slow();
    queued = ref->Answer(1);
    manual.Run();
  }
  EXPECT_EQ(suspended.Get().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(queued.Get().status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace troupe

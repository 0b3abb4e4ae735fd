#include "runtime/call.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct NotAnException {};

class Callee : public Actor {
 public:
  int64_t Plain(int64_t i) { return i + 1; }
  int64_t Const(int64_t i) const { return i + base_; }
  int64_t NoThrow(int64_t i) noexcept { return i + 3; }
  int64_t ConstNoThrow(int64_t i) const noexcept { return i + 4; }
  void Nothing() { ++handled_; }
  absl::Status Status(bool ok) {
    if (ok) return absl::OkStatus();
    absl::Status status = absl::PermissionDeniedError("mine");
    status.SetPayload("type.example/x", absl::Cord("payload"));
    return status;
  }
  absl::StatusOr<std::string> StatusOr(bool ok) {
    if (ok) return "fine";
    return absl::OutOfRangeError("not fine");
  }
  Task<std::string> Coroutine(std::string text) {
    co_await Sleep(absl::Seconds(1));
    co_return text + "!";
  }
  Future<std::string> Later(std::string text) {
    return Sleep(absl::Seconds(1)).Map([text] { return text + "?"; });
  }
  Future<int64_t> NoFuture() { return {}; }
  std::string Texts(const std::string& a, std::string b, std::string&& c) {
    return a + std::move(b) + std::move(c);
  }
  int64_t Throw(int kind) {
    if (kind == 0) throw std::out_of_range("thrown");
    if (kind == 1) throw 17;
    throw NotAnException();
  }
  int64_t handled() const { return handled_; }

 private:
  const int64_t base_ = 2;
  int64_t handled_ = 0;
};
TROUPE_ACTOR(Callee, Plain, Const, NoThrow, ConstNoThrow, Nothing, Status, StatusOr, Coroutine,
             Later, NoFuture, Texts, Throw, handled)

class NothingExported : public Actor {};
TROUPE_ACTOR(NothingExported)

class CallTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Callee> ref_ = manual_.system.Spawn<Callee>();
};

TEST_F(CallTest, EveryKindOfMethodIsCalled) {
  EXPECT_EQ(*ref_->Plain(1).Get(), 2);
  EXPECT_EQ(*ref_->Const(1).Get(), 3);
  EXPECT_EQ(*ref_->NoThrow(1).Get(), 4);
  EXPECT_EQ(*ref_->ConstNoThrow(1).Get(), 5);
  EXPECT_TRUE(ref_->Nothing().Get().ok());
}

TEST_F(CallTest, ACallReturnsBeforeTheMethodRuns) {
  const Future<int64_t> future = ref_->Plain(1);
  EXPECT_FALSE(future.IsReady());
  manual_.Run();
  EXPECT_TRUE(future.IsReady());
}

TEST_F(CallTest, TheCallerSeesAFutureOfTheValueWhateverTheMethodReturns) {
  static_assert(std::is_same_v<decltype(ref_->Status(true)), Future<void>>);
  static_assert(std::is_same_v<decltype(ref_->StatusOr(true)), Future<std::string>>);
  static_assert(std::is_same_v<decltype(ref_->Coroutine("")), Future<std::string>>);
  static_assert(std::is_same_v<decltype(ref_->Later("")), Future<std::string>>);
  EXPECT_TRUE(ref_->Status(true).Get().ok());
  EXPECT_EQ(*ref_->StatusOr(true).Get(), "fine");
  EXPECT_EQ(*ref_->Coroutine("c").Get(), "c!");
  EXPECT_EQ(*ref_->Later("f").Get(), "f?");
}

TEST_F(CallTest, AMethodsOwnStatusPassesUnchangedWithItsPayloads) {
  const absl::Status status = ref_->Status(false).Get();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message(), "mine");
  EXPECT_EQ(status.GetPayload("type.example/x"), absl::Cord("payload"));
  EXPECT_EQ(ref_->StatusOr(false).Get().status(), absl::OutOfRangeError("not fine"));
}

TEST_F(CallTest, AnExceptionGoesToTheCallerAndTheActorLivesOn) {
  EXPECT_EQ(ref_->Throw(0).Get().status(), absl::UnknownError("std::out_of_range: thrown"));
  EXPECT_EQ(ref_->Throw(1).Get().status(), absl::UnknownError("exception of type int"));
  EXPECT_THAT(std::string(ref_->Throw(2).Get().status().message()), HasSubstr("NotAnException"));
  EXPECT_EQ(*ref_->Plain(1).Get(), 2);
}

TEST_F(CallTest, AMethodThatGivesAFutureLeavesItsActorFree) {
  const auto later = ref_->Later("x");
  const auto next = ref_->Plain(1);
  manual_.Run();
  EXPECT_FALSE(later.IsReady());
  EXPECT_TRUE(next.IsReady());
  EXPECT_EQ(*later.Get(), "x?");
}

TEST_F(CallTest, AMethodThatGivesAnInvalidFutureFailsTheCall) {
  EXPECT_FALSE(ref_->NoFuture().Get().ok());
  EXPECT_EQ(*ref_->Plain(1).Get(), 2);
}

TEST_F(CallTest, ArgumentsByValueConstReferenceAndRvalueReference) {
  std::string mine = "mine";
  EXPECT_EQ(*ref_->Texts(mine, mine, "new").Get(), "mineminenew");
  EXPECT_EQ(mine, "mine");
}

TEST_F(CallTest, CallIsTheSameAsTheArrow) {
  EXPECT_EQ(*ref_.Call<&Callee::Plain>(4).Get(), 5);
  EXPECT_EQ(*ref_.With({.priority = Priority::kHigh}).Call<&Callee::Plain>(4).Get(), 5);
}

TEST_F(CallTest, TellIsOneWay) {
  EXPECT_EQ(ref_.Tell<&Callee::Nothing>(), SendResult::kSent);
  EXPECT_EQ(ref_.With({.priority = Priority::kHigh}).Tell<&Callee::Nothing>(), SendResult::kSent);
  EXPECT_EQ(*ref_->handled().Get(), 2);
}

TEST_F(CallTest, ANullReferenceAnswersNotFound) {
  const Ref<Callee> null;
  EXPECT_TRUE(null.is_null());
  EXPECT_FALSE(static_cast<bool>(null));
  EXPECT_EQ(null->Plain(1).Get().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(null.Tell<&Callee::Nothing>(), SendResult::kNotFound);
  EXPECT_EQ(null.Stop().Get().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(null.WhenDown().Get()->reason, DownReason::kNotFound);
  EXPECT_EQ(null.Ask(1).Get().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(null.Tell(1), SendResult::kNotFound);
  EXPECT_EQ(null.CallByName("Plain", {1}).Get().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(null.TellByName("Plain", {1}), SendResult::kNotFound);
  EXPECT_EQ(null, AnyRef());
  EXPECT_EQ(null.ToString(), "(null)");
}

TEST_F(CallTest, AFailureThatNobodyReadsHarmsNobody) {
  (void)ref_->Throw(0);
  manual_.Run();
  EXPECT_EQ(*ref_->Plain(1).Get(), 2);
}

TEST_F(CallTest, ReferencesAreValues) {
  const Ref<Callee> other = manual_.system.Spawn<Callee>();
  Ref<Callee> copy = ref_;
  EXPECT_EQ(copy, ref_);
  EXPECT_NE(copy, other);
  EXPECT_TRUE((copy < other) != (other < copy));
  absl::flat_hash_set<AnyRef> set = {ref_, copy, other};
  EXPECT_EQ(set.size(), 2u);
  EXPECT_EQ(copy.urn(), ref_.urn());
  EXPECT_THAT(copy.ToString(), StartsWith("Callee (urn:uuid:"));
  copy = other;
  EXPECT_EQ(copy, other);
}

TEST_F(CallTest, AClassThatExportsNothingCanStillBeSpawnedAndStopped) {
  const Ref<NothingExported> ref = manual_.system.Spawn<NothingExported>();
  EXPECT_TRUE(ref.Stop().Get().ok());
}

class Recorder : public Actor {
 public:
  void Note(int64_t i) { noted.push_back(i); }
  std::vector<int64_t> noted;
};
TROUPE_ACTOR(Recorder, Note, noted)

// Each call makes the next one and does not wait for it.
class Endless : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  void Again(int64_t left, std::shared_ptr<int> held);
};
TROUPE_ACTOR(Endless, Again)
void Endless::Again(int64_t left, std::shared_ptr<int> held) {
  if (left > 0) self<Endless>()->Again(left - 1, held);
}

TEST_F(CallTest, ACallDoesNotKeepTheCallsThatItMade) {
  const auto endless = manual_.system.Spawn<Endless>();
  const auto held = std::make_shared<int>(1);
  const auto first = endless->Again(200'000, held);
  manual_.Run();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_TRUE(first.Get().ok());
}

TEST_F(CallTest, HighPriorityOvertakesAndEachPriorityKeepsItsOrder) {
  const auto recorder = manual_.system.Spawn<Recorder>();
  for (int64_t i = 0; i < 6; ++i) {
    recorder.With({.priority = i % 2 == 0 ? Priority::kNormal : Priority::kHigh})->Note(i);
  }
  EXPECT_THAT(*recorder->noted().Get(), ElementsAre(1, 3, 5, 0, 2, 4));
}

}  // namespace
}  // namespace troupe

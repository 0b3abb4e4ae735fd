#include "runtime/task.h"

#include <functional>
#include <memory>
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

// Counts how often an object that lives across awaits is made and destroyed.
struct Lives {
  int made = 0;
  int destroyed = 0;
};
class Local {
 public:
  explicit Local(Lives& lives) : lives_(&lives) { ++lives_->made; }
  Local(const Local& other) : lives_(other.lives_) { ++lives_->made; }
  ~Local() { ++lives_->destroyed; }
  int value() const { return 1; }

 private:
  Lives* lives_;
};

class Source : public Actor {
 public:
  int64_t Next() { return ++last_; }
  Task<int64_t> NextSlowly() {
    co_await Sleep(absl::Milliseconds(1));
    co_return ++last_;
  }
  absl::StatusOr<int64_t> Fail(std::string text) { return absl::DataLossError(text); }
  std::string Text() { return "text"; }
  void Nothing() {}

 private:
  int64_t last_ = 0;
};
TROUPE_ACTOR(Source, Next, NextSlowly, Fail, Text, Nothing)

class Awaiter : public Actor {
 public:
  static constexpr bool kLocalOnly = true;

  Awaiter(Ref<Source> source, std::reference_wrapper<Lives> lives)
      : source_(std::move(source)), lives_(lives) {}

  Task<std::string> InConditionsAndLoops() {
    std::string text;
    while (co_await source_->Next() < 3) text += "w";
    for (int64_t i = co_await source_->NextSlowly(); i < 7; i = co_await source_->NextSlowly()) {
      text += std::to_string(i);
    }
    do {
      text += "d";
    } while (co_await source_->Next() < 10);
    if (const std::string got = co_await source_->Text();
        got == "text" && co_await source_->Next() > 0) {
      text += got;
    }
    // Not `? co_await ... : ...` for class types: g++ 12 destroys the chosen operand twice.
    if (co_await source_->Next() % 2 == 0) text += co_await source_->Text();
    switch (co_await source_->Next()) {
      case 13:
        co_return text + "13";
      default:
        co_return text + "default";
    }
  }

  Task<int64_t> WithTemporaries() {
    const int64_t a = Add(Local(lives_), co_await source_->NextSlowly());
    const int64_t b =
        Add(Local(lives_), co_await source_->Next()) + (co_await source_->NextSlowly());
    std::vector<Local> locals(3, Local(lives_));
    int64_t sum = a + b;
    for (const Local& local : locals) sum += local.value() + co_await source_->NextSlowly();
    co_await source_->Nothing();
    co_return sum;
  }

  Task<void> ErrorWithLocals() {
    const Local outer(lives_);
    {
      std::vector<Local> inner(2, Local(lives_));
      (void)Add(Local(lives_), co_await source_->Fail("lost"));
    }
    ADD_FAILURE() << "an error ends the coroutine";
  }
  Task<void> NestedErrorWithLocals() {
    const Local outer(lives_);
    co_await ErrorWithLocals();
    ADD_FAILURE() << "an error ends the outer coroutine, too";
  }
  Task<std::string> NestedErrorCaught() {
    const Local outer(lives_);
    const absl::Status first = co_await AsStatusOr(NestedErrorWithLocals());
    const absl::Status second = co_await AsStatusOr(NestedThrow(3));
    const absl::StatusOr<int64_t> third = co_await AsStatusOr(source_->Fail("again"));
    co_return first.ToString() + second.ToString() + third.status().ToString();
  }
  Task<void> NestedThrow(int depth) {
    const Local local(lives_);
    if (depth == 0) throw std::runtime_error("deep");
    co_await NestedThrow(depth - 1);
    ADD_FAILURE() << "an exception ends the outer coroutines, too";
  }
  Task<void> ThrowAfterAwait() {
    const Local local(lives_);
    co_await source_->NextSlowly();
    throw std::runtime_error("late");
  }
  Task<std::string> CatchesItsOwn() {
    try {
      const Local local(lives_);
      co_await source_->NextSlowly();
      throw std::runtime_error("own");
    } catch (const std::exception& e) {
      co_return e.what();
    }
  }

  Task<int64_t> SumTo(int64_t n) {
    if (n == 0) co_return 0;
    co_return n + co_await SumTo(n - 1);
  }
  Task<int64_t> OfManyDone(int64_t n) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += co_await Future<int64_t>::Ready(1);
    co_return sum;
  }
  Task<int64_t> OfManyTasks(int64_t n) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += co_await SumTo(1);
    co_return sum;
  }
  Task<std::unique_ptr<int>> MoveOnly(std::unique_ptr<int> given) {
    std::unique_ptr<int> next = co_await MakePointer(*given + 1);
    co_return std::make_unique<int>(*next + 1);
  }
  Task<std::unique_ptr<int>> MakePointer(int value) {
    co_await source_->NextSlowly();
    co_return std::make_unique<int>(value);
  }
  Task<int64_t> NeverAwaited() {
    (void)SumTo(5);
    const Task<void> unused = ErrorWithLocals();
    co_return 1;
  }
  Task<int64_t> OfStatus(bool fail) {
    // Not `co_await (fail ? ... : ...)`, which g++ 12 destroys twice as well.
    absl::Status status;
    if (fail) status = absl::AbortedError("status");
    co_await status;
    const absl::StatusOr<int64_t> some = 5;
    co_return co_await some;
  }
  Task<absl::StatusOr<int64_t>> StatusOrResult(bool fail) {
    if (fail) co_return absl::OutOfRangeError("range");
    co_return co_await source_->Next();
  }
  Task<absl::Status> StatusResult(bool fail) {
    if (fail) co_return absl::OutOfRangeError("range");
    co_await StatusResult(true);
    co_return absl::OkStatus();
  }
  Task<int64_t> ReturnsAnError() { co_return absl::NotFoundError("none"); }
  Task<int64_t> ReturnsOkForAValue() { co_return absl::OkStatus(); }
  Task<void> Forever() {
    const Local local(lives_);
    co_await NestedForever();
  }
  Task<void> NestedForever() {
    const Local local(lives_);
    co_await Future<void>(never_.future());
  }

 private:
  static int64_t Add(const Local& local, int64_t n) { return local.value() + n; }

  const Ref<Source> source_;
  Lives& lives_;
  Promise<void> never_;
};
TROUPE_ACTOR(Awaiter, InConditionsAndLoops, WithTemporaries, ErrorWithLocals, NestedErrorWithLocals,
             NestedErrorCaught, NestedThrow, ThrowAfterAwait, CatchesItsOwn, SumTo, OfManyDone,
             OfManyTasks, MoveOnly, NeverAwaited, OfStatus, StatusOrResult, StatusResult,
             ReturnsAnError, ReturnsOkForAValue, Forever)

class TaskTest : public ::testing::Test {
 protected:
  ~TaskTest() override { EXPECT_EQ(lives_.made, lives_.destroyed); }

  Lives lives_;
  ManualSystem manual_;
  const Ref<Source> source_ = manual_.system.Spawn<Source>();
  const Ref<Awaiter> awaiter_ = manual_.system.Spawn<Awaiter>(source_, std::ref(lives_));
};

TEST_F(TaskTest, AwaitsInConditionsAndLoopsSeeEachValueOnce) {
  EXPECT_EQ(*awaiter_->InConditionsAndLoops().Get(), "ww456dddtexttext13");
}

TEST_F(TaskTest, TemporariesAcrossAwaitsLiveAndDieOnce) {
  EXPECT_EQ(*awaiter_->WithTemporaries().Get(),
            (1 + 1) + (1 + 2 + 3) + (1 + 4) + (1 + 5) + (1 + 6));
  EXPECT_GT(lives_.made, 0);
  EXPECT_EQ(lives_.made, lives_.destroyed);
}

TEST_F(TaskTest, AnErrorEndsTheCoroutineAndDestroysItsLocalsOnce) {
  EXPECT_EQ(awaiter_->ErrorWithLocals().Get(), absl::DataLossError("lost"));
  EXPECT_EQ(lives_.made, lives_.destroyed);
  EXPECT_GT(lives_.made, 3);
}

TEST_F(TaskTest, AnErrorEndsTheOuterCoroutinesToo) {
  EXPECT_EQ(awaiter_->NestedErrorWithLocals().Get(), absl::DataLossError("lost"));
  EXPECT_EQ(lives_.made, lives_.destroyed);
}

TEST_F(TaskTest, AsStatusOrStopsAnErrorOnItsWayOut) {
  EXPECT_EQ(*awaiter_->NestedErrorCaught().Get(),
            "DATA_LOSS: lostUNKNOWN: std::runtime_error: deepDATA_LOSS: again");
  EXPECT_EQ(lives_.made, lives_.destroyed);
}

TEST_F(TaskTest, ExceptionsPassThroughNestedTasks) {
  EXPECT_EQ(awaiter_->NestedThrow(0).Get(), absl::UnknownError("std::runtime_error: deep"));
  EXPECT_EQ(awaiter_->NestedThrow(10).Get(), absl::UnknownError("std::runtime_error: deep"));
  EXPECT_EQ(awaiter_->ThrowAfterAwait().Get(), absl::UnknownError("std::runtime_error: late"));
  EXPECT_EQ(*awaiter_->CatchesItsOwn().Get(), "own");
}

TEST_F(TaskTest, NestedTasksGiveTheirValues) {
  EXPECT_EQ(*awaiter_->SumTo(100).Get(), 5050);
  EXPECT_EQ(**awaiter_->MoveOnly(std::make_unique<int>(1)).Get(), 3);
}

TEST_F(TaskTest, ALoopOverReadyFuturesNeedsNoStack) {
  EXPECT_EQ(*awaiter_->OfManyDone(300'000).Get(), 300'000);
}

TEST_F(TaskTest, ALoopOverTasksThatNeverSuspendNeedsNoStack) {
  EXPECT_EQ(*awaiter_->OfManyTasks(300'000).Get(), 300'000);
}

TEST_F(TaskTest, ATaskThatNobodyAwaitsNeverRuns) { EXPECT_EQ(*awaiter_->NeverAwaited().Get(), 1); }

TEST_F(TaskTest, StatusAndStatusOrCanBeAwaited) {
  EXPECT_EQ(*awaiter_->OfStatus(false).Get(), 5);
  EXPECT_EQ(awaiter_->OfStatus(true).Get().status(), absl::AbortedError("status"));
}

TEST_F(TaskTest, ATaskOfStatusOrEndsWithWhatItReturns) {
  EXPECT_EQ(*awaiter_->StatusOrResult(false).Get(), 1);
  EXPECT_EQ(awaiter_->StatusOrResult(true).Get().status(), absl::OutOfRangeError("range"));
  EXPECT_EQ(awaiter_->StatusResult(true).Get(), absl::OutOfRangeError("range"));
  EXPECT_EQ(awaiter_->StatusResult(false).Get(), absl::OutOfRangeError("range"));
  EXPECT_EQ(awaiter_->ReturnsAnError().Get().status(), absl::NotFoundError("none"));
  EXPECT_THAT(awaiter_->ReturnsOkForAValue().Get().status().code(), absl::StatusCode::kInternal);
}

TEST_F(TaskTest, ASuspendedCoroutineThatIsCancelledDestroysItsLocalsOnce) {
  const Future<void> call = awaiter_->Forever();
  manual_.Run();
  EXPECT_EQ(lives_.made, 2);
  EXPECT_EQ(lives_.destroyed, 0);
  EXPECT_TRUE(call.Cancel());
  manual_.Run();
  EXPECT_EQ(lives_.destroyed, 2);
  EXPECT_EQ(*awaiter_->SumTo(2).Get(), 3) << "the actor goes on";
}

TEST_F(TaskTest, OneThatIsSuspendedWhenTheSystemEndsIsDestroyedOnce) {
  Future<void> call;
  {
    ManualSystem other;
    const auto source = other.system.Spawn<Source>();
    call = other.system.Spawn<Awaiter>(source, std::ref(lives_))->Forever();
    other.Run();
    EXPECT_EQ(lives_.made - lives_.destroyed, 2);
  }
  EXPECT_EQ(call.Get().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(lives_.made, lives_.destroyed);
}

TEST(TaskOrderTest, NothingElseRunsWhileAMethodIsSuspended) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ManualSystem manual(seed);
    const auto source = manual.system.Spawn<Source>();
    std::vector<Future<int64_t>> all;
    for (int i = 0; i < 5; ++i) {
      all.push_back(source->NextSlowly());
      all.push_back(source->Next());
    }
    EXPECT_THAT(*GetAll(all), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  }
}

}  // namespace
}  // namespace troupe

// Methods that say Task and are no coroutines, and what co_return takes.

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/task.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

struct Pair {
  int64_t first = 0;
  int64_t second = 0;
};

class Plain : public Actor {
 public:
  static constexpr bool kLocalOnly = true;

  Task<int64_t> Value() { return 5; }
  Task<std::string> Text(std::string text) { return text; }
  Task<Pair> Struct() {
    Pair pair{1, 2};
    return pair;
  }
  Task<std::unique_ptr<int>> Pointer() {
    auto pointer = std::make_unique<int>(6);
    return pointer;
  }
  Task<int64_t> Error() { return absl::NotFoundError("nothing"); }
  Task<int64_t> Either(bool fail) { return Make(fail); }
  Task<absl::StatusOr<int64_t>> EitherInside(bool fail) { return Make(fail); }
  Task<void> Nothing(bool fail) { return fail ? absl::AbortedError("no") : absl::OkStatus(); }
  Task<absl::Status> NothingInside(bool fail) { return Make(fail).status(); }
  Task<int64_t> OkForAValue() { return absl::OkStatus(); }
  Task<int64_t> HandsOn() { return Awaits(); }
  Task<int64_t> Throws() { throw std::runtime_error("no coroutine"); }
  Task<int64_t> Awaits() {
    int64_t sum = co_await Value();
    sum += co_await Either(false);
    const absl::StatusOr<int64_t> error = co_await AsStatusOr(Error());
    co_return error.ok() ? 0 : sum;
  }
  Task<int64_t> EndsAtAnError() {
    co_await Nothing(true);
    co_return 0;
  }
  Task<int64_t> ReturnsEither(bool fail) { co_return Make(fail); }
  Task<Pair> ReturnsBraces() { co_return {3, 4}; }

 private:
  static absl::StatusOr<int64_t> Make(bool fail) {
    if (fail) return absl::AbortedError("no");
    return 8;
  }
};
TROUPE_ACTOR(Plain, Value, Text, Struct, Pointer, Error, Either, EitherInside, Nothing,
             NothingInside, OkForAValue, HandsOn, Throws, Awaits, EndsAtAnError, ReturnsEither,
             ReturnsBraces)

class PlainTaskTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Plain> plain_ = manual_.system.Spawn<Plain>();
};

TEST_F(PlainTaskTest, GivesTheValueThatTheMethodReturns) {
  EXPECT_EQ(*plain_->Value().Get(), 5);
  EXPECT_EQ(*plain_->Text("text").Get(), "text");
  EXPECT_EQ(plain_->Struct().Get()->second, 2);
  EXPECT_EQ(**plain_->Pointer().Get(), 6);
  EXPECT_EQ(*plain_->Either(false).Get(), 8);
  EXPECT_EQ(*plain_->EitherInside(false).Get(), 8);
  EXPECT_EQ(plain_->Nothing(false).Get(), absl::OkStatus());
  EXPECT_EQ(plain_->NothingInside(false).Get(), absl::OkStatus());
}

TEST_F(PlainTaskTest, GivesTheErrorThatTheMethodReturns) {
  EXPECT_EQ(plain_->Error().Get().status(), absl::NotFoundError("nothing"));
  EXPECT_EQ(plain_->Either(true).Get().status(), absl::AbortedError("no"));
  EXPECT_EQ(plain_->EitherInside(true).Get().status(), absl::AbortedError("no"));
  EXPECT_EQ(plain_->Nothing(true).Get(), absl::AbortedError("no"));
  EXPECT_EQ(plain_->NothingInside(true).Get(), absl::AbortedError("no"));
  EXPECT_EQ(plain_->OkForAValue().Get().status().code(), absl::StatusCode::kInternal);
}

TEST_F(PlainTaskTest, AnExceptionBeforeThereIsATaskGoesToTheCaller) {
  EXPECT_EQ(plain_->Throws().Get().status(),
            absl::UnknownError("std::runtime_error: no coroutine"));
}

TEST_F(PlainTaskTest, CanBeAwaitedAndHandedOn) {
  EXPECT_EQ(*plain_->Awaits().Get(), 13);
  EXPECT_EQ(*plain_->HandsOn().Get(), 13);
  EXPECT_EQ(plain_->EndsAtAnError().Get().status(), absl::AbortedError("no"));
}

TEST_F(PlainTaskTest, CoReturnTakesAStatusOr) {
  EXPECT_EQ(*plain_->ReturnsEither(false).Get(), 8);
  EXPECT_EQ(plain_->ReturnsEither(true).Get().status(), absl::AbortedError("no"));
  EXPECT_EQ(plain_->ReturnsBraces().Get()->first, 3);
}

}  // namespace
}  // namespace troupe

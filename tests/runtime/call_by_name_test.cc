#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

enum class Color : int { kRed, kBlue };
struct Point {
  int64_t x = 0;
  double y = 0;
};

class Named : public Actor {
 public:
  int64_t Add(int64_t a, int32_t b) {
    ++calls;
    return a + b;
  }
  std::string Describe(const std::string& text, std::optional<bool> loud) const {
    return loud.value_or(false) ? text + "!" : text;
  }
  double Length(Point p) { return static_cast<double>(p.x) + p.y; }
  Task<std::vector<int64_t>> Slow(int64_t n) {
    co_await Sleep(absl::Seconds(1));
    co_return std::vector<int64_t>(static_cast<size_t>(n), 7);
  }
  void Nothing() {}
  absl::Status Fail() { return absl::DataLossError("lost"); }
  Ref<Named> Me(Ref<Named> me) { return me; }
  int64_t calls = 0;
  const int64_t fixed = 3;

 private:
  void Hidden() { calls = -1; }
};
TROUPE_ACTOR(Named, Add, Describe, Length, Slow, Nothing, Fail, Me, calls, fixed)

class Local : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  int64_t Take(std::unique_ptr<int64_t> p) { return *p; }
  int64_t Plain(int64_t i) { return i; }
};
TROUPE_ACTOR(Local, Take, Plain)

class CallByNameTest : public ::testing::Test {
 protected:
  absl::Status ErrorOf(absl::string_view name, std::vector<Value> arguments) {
    return any_.CallByName(name, std::move(arguments)).Get().status();
  }

  ManualSystem manual_;
  const Ref<Named> ref_ = manual_.system.Spawn<Named>();
  const AnyRef any_ = ref_;
};

TEST_F(CallByNameTest, CallsTheMethodAndGivesItsResultAsAValue) {
  EXPECT_EQ(*any_.CallByName("Add", {1, 2}).Get(), Value(3));
  EXPECT_EQ(*any_.CallByName("Describe", {"x", true}).Get(), Value("x!"));
  EXPECT_EQ(*any_.CallByName("Describe", {"x", nullptr}).Get(), Value("x"));
  EXPECT_EQ(*any_.CallByName("Slow", {2}).Get(), Value(Value::List{7, 7}));
  EXPECT_EQ(*any_.CallByName("Nothing", {}).Get(), Value());
  EXPECT_EQ(*any_.CallByName("Me", {ref_}).Get(), Value(ref_));
  EXPECT_EQ(ErrorOf("Fail", {}), absl::DataLossError("lost"));
}

TEST_F(CallByNameTest, AnIntegralDoubleIsAnInteger) {
  EXPECT_EQ(*any_.CallByName("Add", {1.0, 2}).Get(), Value(3));
  EXPECT_EQ(*any_.CallByName("Length", {Value(Value::List{1, 2})}).Get(), Value(3.0));
}

TEST_F(CallByNameTest, FieldsAreReadAndWritten) {
  EXPECT_EQ(*any_.CallByName("calls", {}).Get(), Value(0));
  EXPECT_EQ(*any_.CallByName("calls", {5}).Get(), Value());
  EXPECT_EQ(*ref_->calls().Get(), 5);
  EXPECT_EQ(*any_.CallByName("fixed", {}).Get(), Value(3));
  EXPECT_EQ(ErrorOf("fixed", {4}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf("calls", {4, 5}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf("calls", {"x"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*ref_->calls().Get(), 5);
}

TEST_F(CallByNameTest, AnUnknownNameIsUnimplementedAndNamesIt) {
  for (const char* name : {"Hidden", "OnStart", "Receive", "add", "Add ", "", "~Named"}) {
    EXPECT_EQ(ErrorOf(name, {}).code(), absl::StatusCode::kUnimplemented) << name;
  }
  EXPECT_THAT(ErrorOf("Nope", {}).ToString(), AllOf(HasSubstr("Named"), HasSubstr("\"Nope\"")));
}

TEST_F(CallByNameTest, WrongArgumentsAreInvalidAndTheActorIsUntouched) {
  EXPECT_EQ(ErrorOf("Add", {}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf("Add", {1}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf("Add", {1, 2, 3}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf("Add", {1, "two"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf("Add", {1, int64_t{1} << 40}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf("Add", {1.5, 1}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf("Me", {AnyRef(manual_.system.Spawn<Local>())}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(ErrorOf("Add", {1, "two"}).ToString(), HasSubstr("Add"));
  EXPECT_EQ(*ref_->calls().Get(), 0);
}

TEST_F(CallByNameTest, TellByNameSaysAtOnceWhatDoesNotFit) {
  EXPECT_EQ(any_.TellByName("Add", {1, 2}), SendResult::kSent);
  EXPECT_EQ(any_.TellByName("Add", {1}), SendResult::kBadArguments);
  EXPECT_EQ(any_.TellByName("Nope", {}), SendResult::kBadArguments);
  EXPECT_EQ(any_.TellByName("calls", {9}), SendResult::kSent);
  EXPECT_EQ(*ref_->calls().Get(), 9);
  EXPECT_EQ(AnyRef().TellByName("Add", {1, 2}), SendResult::kNotFound);
}

TEST_F(CallByNameTest, KeepsItsPlaceAmongTypedCalls) {
  for (int64_t i = 0; i < 10; ++i) {
    ref_->Add(0, 0);
    const auto seen = any_.CallByName("calls", {});
    ref_->calls(100 * i);
    EXPECT_EQ(*seen.Get(), Value(i == 0 ? 1 : 100 * (i - 1) + 1));
  }
}

TEST_F(CallByNameTest, OptionsAndCancellationHold) {
  const auto slow = any_.With({.deadline = absl::Milliseconds(10)}).CallByName("Slow", {1});
  EXPECT_EQ(slow.Get().status().code(), absl::StatusCode::kDeadlineExceeded);
  const auto cancelled = any_.CallByName("Slow", {1});
  EXPECT_TRUE(cancelled.Cancel());
  EXPECT_EQ(cancelled.Get().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(CallByNameTest, OfALocalOnlyClassOnlyWhatTravelsHasAName) {
  const AnyRef local = manual_.system.Spawn<Local>();
  EXPECT_EQ(*local.CallByName("Plain", {4}).Get(), Value(4));
  EXPECT_EQ(local.CallByName("Take", {4}).Get().status().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(CallByNameTest, OnAStoppedActorIsNotFound) {
  ASSERT_TRUE(ref_.Stop().Get().ok());
  EXPECT_EQ(ErrorOf("Add", {1, 2}).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(any_.TellByName("Add", {1, 2}), SendResult::kNotFound);
}

}  // namespace
}  // namespace troupe

// Every kind of argument and result, through a real local call.

#include <array>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/cord.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

enum class Color : uint8_t { kRed, kBlue = 7 };
struct Plain {
  int64_t number = 0;
  std::vector<std::string> words;
  friend bool operator==(const Plain&, const Plain&) = default;
};
class WithMacro {
 public:
  WithMacro() = default;
  explicit WithMacro(int64_t v) : value(v) {}
  int64_t value = 0;
  friend bool operator==(const WithMacro&, const WithMacro&) = default;
};
TROUPE_STRUCT(WithMacro, value)

// A method that gives back what it gets, for each type.
class Echo : public Actor {
 public:
  int8_t Int8(int8_t v) { return v; }
  uint64_t UInt64(uint64_t v) { return v; }
  int64_t Int64(int64_t v) { return v; }
  bool Bool(bool v) { return v; }
  float Float(float v) { return v; }
  double Double(double v) { return v; }
  Color Enum(Color v) { return v; }
  std::string Text(const std::string& v) { return v; }
  Bytes Data(Bytes v) { return v; }
  absl::Cord Cord(absl::Cord v) { return v; }
  std::optional<std::string> Optional(std::optional<std::string> v) { return v; }
  std::pair<int64_t, std::string> Pair(std::pair<int64_t, std::string> v) { return v; }
  std::tuple<int64_t, bool, double> Tuple(std::tuple<int64_t, bool, double> v) { return v; }
  std::variant<int64_t, std::string> Variant(std::variant<int64_t, std::string> v) { return v; }
  std::vector<std::vector<int64_t>> Vector(std::vector<std::vector<int64_t>> v) { return v; }
  std::vector<bool> Bools(std::vector<bool> v) { return v; }
  std::list<int64_t> List(std::list<int64_t> v) { return v; }
  std::array<int64_t, 3> Array(std::array<int64_t, 3> v) { return v; }
  std::map<std::string, int64_t> Map(std::map<std::string, int64_t> v) { return v; }
  absl::flat_hash_map<int64_t, bool> HashMap(absl::flat_hash_map<int64_t, bool> v) { return v; }
  std::set<std::string> Set(std::set<std::string> v) { return v; }
  absl::Time Time(absl::Time v) { return v; }
  absl::Duration Duration(absl::Duration v) { return v; }
  google::protobuf::Timestamp Message(google::protobuf::Timestamp v) { return v; }
  Value AValue(Value v) { return v; }
  Plain Aggregate(Plain v) { return v; }
  WithMacro Macro(WithMacro v) { return v; }
  std::tuple<> Empty(std::tuple<> v) { return v; }
  int64_t Three(int64_t a, std::string b, Plain c) {
    return a + static_cast<int64_t>(b.size()) + c.number;
  }
};
TROUPE_ACTOR(Echo, Int8, UInt64, Int64, Bool, Float, Double, Enum, Text, Data, Cord, Optional, Pair,
             Tuple, Variant, Vector, Bools, List, Array, Map, HashMap, Set, Time, Duration, Message,
             AValue, Aggregate, Macro, Empty, Three)

// An argument, or the inside, of a status is not unwrapped; a result is.
class Statuses : public Actor {
 public:
  std::string Describe(absl::Status status) { return status.ToString(); }
  int64_t ValueOr(absl::StatusOr<int64_t> v, int64_t other) { return v.ok() ? *v : other; }
  std::vector<absl::Status> All(std::vector<absl::Status> v) { return v; }
};
TROUPE_ACTOR(Statuses, Describe, ValueOr, All)

class Refs : public Actor {
 public:
  explicit Refs(Ref<Echo> echo) : echo_(std::move(echo)) {}
  Ref<Echo> GetEcho() { return echo_; }
  bool IsEcho(Ref<Echo> other) { return other == echo_; }
  AnyRef Any(AnyRef ref) { return ref; }
  std::map<std::string, Ref<Echo>> Named(std::map<std::string, Ref<Echo>> v) { return v; }
  std::optional<Ref<Echo>> Maybe(std::optional<Ref<Echo>> v) { return v; }
  Task<int64_t> CallThrough(Ref<Echo> echo, int64_t v) { co_return co_await echo->Int64(v); }
  AnyRef Me() { return self(); }

 private:
  const Ref<Echo> echo_;
};
TROUPE_ACTOR(Refs, GetEcho, IsEcho, Any, Named, Maybe, CallThrough, Me)

struct Immovable {
  explicit Immovable(int64_t v) : value(v) {}
  Immovable(const Immovable&) = delete;
  const int64_t value;
};
class LocalOnly : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  explicit LocalOnly(std::unique_ptr<int64_t> own) : own_(std::move(own)) {}
  int64_t Take(std::unique_ptr<int64_t> v) { return *v + *own_; }
  std::unique_ptr<int64_t> Give(int64_t v) { return std::make_unique<int64_t>(v); }
  Task<std::unique_ptr<int64_t>> GiveSlowly(std::unique_ptr<int64_t> v) {
    co_await Sleep(absl::Seconds(1));
    co_return v;
  }
  std::shared_ptr<Immovable> Shared(std::shared_ptr<Immovable> v) { return v; }
  int64_t Read(const Immovable* v) { return v->value; }

 private:
  const std::unique_ptr<int64_t> own_;
};
TROUPE_ACTOR(LocalOnly, Take, Give, GiveSlowly, Shared, Read)

class TravelTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Echo> echo_ = manual_.system.Spawn<Echo>();
};

TEST_F(TravelTest, Scalars) {
  EXPECT_EQ(*echo_->Int8(-128).Get(), -128);
  EXPECT_EQ(*echo_->UInt64(std::numeric_limits<uint64_t>::max()).Get(), UINT64_MAX);
  EXPECT_EQ(*echo_->Int64(INT64_MIN).Get(), INT64_MIN);
  EXPECT_EQ(*echo_->Bool(true).Get(), true);
  EXPECT_EQ(*echo_->Float(1.5f).Get(), 1.5f);
  EXPECT_EQ(*echo_->Double(-0.1).Get(), -0.1);
  EXPECT_EQ(*echo_->Enum(Color::kBlue).Get(), Color::kBlue);
}

TEST_F(TravelTest, TextBytesAndCord) {
  const std::string with_zero("a\0b", 3);
  EXPECT_EQ(*echo_->Text(with_zero).Get(), with_zero);
  EXPECT_EQ(*echo_->Data({"\xff"}).Get(), Bytes{"\xff"});
  EXPECT_EQ(*echo_->Cord(absl::Cord("cord")).Get(), absl::Cord("cord"));
  const std::string large(10'000'000, 'x');
  EXPECT_EQ(*echo_->Text(large).Get(), large);
}

TEST_F(TravelTest, OptionalPairTupleVariant) {
  EXPECT_EQ(*echo_->Optional(std::nullopt).Get(), std::nullopt);
  EXPECT_EQ(*echo_->Optional("x").Get(), "x");
  EXPECT_EQ(*echo_->Pair({1, "one"}).Get(), std::make_pair(int64_t{1}, std::string("one")));
  EXPECT_EQ(*echo_->Tuple({1, true, 2.5}).Get(), std::make_tuple(int64_t{1}, true, 2.5));
  EXPECT_EQ(std::get<std::string>(*echo_->Variant("v").Get()), "v");
  EXPECT_TRUE(echo_->Empty({}).Get().ok());
}

TEST_F(TravelTest, Containers) {
  EXPECT_EQ(*echo_->Vector({{}, {1, 2}}).Get(), (std::vector<std::vector<int64_t>>{{}, {1, 2}}));
  EXPECT_EQ(*echo_->Bools({true, false}).Get(), (std::vector<bool>{true, false}));
  EXPECT_EQ(*echo_->List({1, 2}).Get(), (std::list<int64_t>{1, 2}));
  EXPECT_EQ(*echo_->Array({1, 2, 3}).Get(), (std::array<int64_t, 3>{1, 2, 3}));
  EXPECT_EQ(*echo_->Map({{"a", 1}}).Get(), (std::map<std::string, int64_t>{{"a", 1}}));
  EXPECT_EQ(*echo_->HashMap({{1, true}}).Get(), (absl::flat_hash_map<int64_t, bool>{{1, true}}));
  EXPECT_EQ(*echo_->Set({"a", "b"}).Get(), (std::set<std::string>{"a", "b"}));
}

TEST_F(TravelTest, TimeMessagesAndValues) {
  EXPECT_EQ(*echo_->Time(absl::InfiniteFuture()).Get(), absl::InfiniteFuture());
  EXPECT_EQ(*echo_->Duration(absl::Nanoseconds(-1)).Get(), absl::Nanoseconds(-1));
  google::protobuf::Timestamp message;
  message.set_seconds(12);
  EXPECT_EQ(echo_->Message(message).Get()->seconds(), 12);
  const Value value = {{"k", Value(Value::List{1, nullptr, "x"})}};
  EXPECT_EQ(*echo_->AValue(value).Get(), value);
}

TEST_F(TravelTest, Aggregates) {
  const Plain plain = {3, {"a", "b"}};
  EXPECT_EQ(*echo_->Aggregate(plain).Get(), plain);
  EXPECT_EQ(*echo_->Macro(WithMacro(4)).Get(), WithMacro(4));
  EXPECT_EQ(*echo_->Three(1, "22", plain).Get(), 6);
}

TEST_F(TravelTest, StatusesAsArguments) {
  const auto ref = manual_.system.Spawn<Statuses>();
  EXPECT_EQ(*ref->Describe(absl::AbortedError("x")).Get(), "ABORTED: x");
  EXPECT_EQ(*ref->Describe(absl::OkStatus()).Get(), "OK");
  EXPECT_EQ(*ref->ValueOr(5, 1).Get(), 5);
  EXPECT_EQ(*ref->ValueOr(absl::AbortedError("x"), 1).Get(), 1);
  EXPECT_EQ(ref->All({absl::OkStatus(), absl::AbortedError("y")}).Get()->at(1),
            absl::AbortedError("y"));
}

TEST_F(TravelTest, ReferencesAreArgumentsResultsAndConstructorArguments) {
  const auto refs = manual_.system.Spawn<Refs>(echo_);
  EXPECT_EQ(*refs->GetEcho().Get(), echo_);
  EXPECT_TRUE(*refs->IsEcho(echo_).Get());
  EXPECT_FALSE(*refs->IsEcho(manual_.system.Spawn<Echo>()).Get());
  EXPECT_EQ(*refs->Any(refs).Get(), refs);
  EXPECT_EQ(*refs->Me().Get(), refs);
  EXPECT_TRUE(refs->Any(AnyRef()).Get()->is_null());
  EXPECT_EQ(refs->Named({{"e", echo_}}).Get()->at("e"), echo_);
  EXPECT_EQ(*refs->Maybe(echo_).Get(), echo_);
  EXPECT_EQ(*refs->CallThrough(echo_, 9).Get(), 9);
  EXPECT_EQ(*(*refs->GetEcho().Get())->Int64(4).Get(), 4);
}

TEST_F(TravelTest, AnythingMovableInALocalOnlyClass) {
  const auto ref = manual_.system.Spawn<LocalOnly>(std::make_unique<int64_t>(10));
  EXPECT_EQ(*ref->Take(std::make_unique<int64_t>(1)).Get(), 11);
  EXPECT_EQ(**ref->Give(2).Get(), 2);
  EXPECT_EQ(**ref->GiveSlowly(std::make_unique<int64_t>(3)).Get(), 3);
  EXPECT_EQ(ref.Tell<&LocalOnly::Take>(std::make_unique<int64_t>(1)), SendResult::kSent);
  EXPECT_EQ(*ref.Call<&LocalOnly::Take>(std::make_unique<int64_t>(2)).Get(), 12);
  const auto shared = std::make_shared<Immovable>(4);
  EXPECT_EQ(*ref->Shared(shared).Get(), shared);
  EXPECT_EQ(*ref->Read(shared.get()).Get(), 4);
}

TEST_F(TravelTest, WhatACallerChangesAfterwardsDoesNotReachTheActor) {
  Plain plain = {1, {"before"}};
  const auto call = echo_->Aggregate(plain);
  plain.words[0] = "after";
  EXPECT_EQ(call.Get()->words[0], "before");
}

}  // namespace
}  // namespace troupe

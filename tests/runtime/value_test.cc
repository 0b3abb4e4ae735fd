#include "runtime/value.h"

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "tests/runtime/codec_test_types.h"

namespace troupe {
namespace {

Value Same(Value value) { return value; }

TEST(ValueTest, EveryKindIsMadeFromItsOwnType) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(nullptr).is_null());
  EXPECT_TRUE(Value(false).is_bool());
  EXPECT_TRUE(Value(1).is_int());
  EXPECT_TRUE(Value(uint8_t{200}).is_int());
  EXPECT_TRUE(Value(size_t{5}).is_int());
  EXPECT_TRUE(Value(1.0f).is_double());
  EXPECT_TRUE(Value("text").is_text());
  EXPECT_TRUE(Value(std::string("text")).is_text());
  EXPECT_TRUE(Value(absl::string_view("text")).is_text());
  EXPECT_TRUE(Value(std::string_view("text")).is_text());
  EXPECT_TRUE(Value(Bytes{"x"}).is_bytes());
  EXPECT_TRUE(Value(Value::List{1, "two"}).is_list());
  EXPECT_TRUE(Value(Value::Map{{"a", 1}}).is_map());
  EXPECT_TRUE(Value(AnyRef()).is_ref());
  EXPECT_TRUE(Value(google::protobuf::Timestamp()).is_message());
}

TEST(ValueTest, BracesWithPairsAreAMap) {
  const Value one{{"command", "print"}};
  ASSERT_TRUE(one.is_map());
  EXPECT_EQ(one["command"], Value("print"));
  const Value two = {{"a", 1}, {"b", {{"c", 2}}}};
  EXPECT_EQ(two["b"]["c"], Value(2));
  EXPECT_EQ(Same({{"a", 1}})["a"], Value(1));
  EXPECT_EQ(Value({{"a", 1}}), (Value{{"a", 1}}));
  EXPECT_TRUE(Value{}.is_null());
  EXPECT_TRUE(Value{1}.is_int());
  EXPECT_TRUE(Value{"a"}.is_text());
  EXPECT_TRUE(Value{Value::List{}}.is_list());
  EXPECT_EQ(Value{two}, two);
}

TEST(ValueTest, ListOfNestsTheSameWithEveryCompiler) {
  EXPECT_EQ(Value::ListOf(Value::ListOf(1)).ToString(), "[[1]]");
  EXPECT_EQ(Value::ListOf(Value::ListOf()).ToString(), "[[]]");
  EXPECT_EQ(Value::ListOf(1, "two", Value::List{3, 4}).ToString(), "[1, 'two', [3, 4]]");
}

TEST(ValueTest, LargeUnsignedIntegersBecomeText) {
  EXPECT_EQ(Value(uint64_t{INT64_MAX}), Value(INT64_MAX));
  EXPECT_EQ(Value(UINT64_MAX), Value("18446744073709551615"));
}

TEST(ValueTest, ReadingWhatIsNotThereGivesNull) {
  const Value value{{"list", Value::ListOf(1, 2)}};
  EXPECT_TRUE(value["missing"]["deeper"][3].is_null());
  EXPECT_TRUE(value["list"][2].is_null());
  EXPECT_TRUE(value[0].is_null());
  EXPECT_EQ(value["list"][1], Value(2));
  EXPECT_EQ(value.Find("missing"), nullptr);
  EXPECT_EQ(Value(1).Find("x"), nullptr);
  EXPECT_EQ(Value(1).text(), nullptr);
  EXPECT_EQ(Value(1).size(), 0u);
  EXPECT_EQ(value["list"].size(), 2u);
}

TEST(ValueTest, WrongKindIsAnInvalidArgumentThatSaysWhatIsThere) {
  EXPECT_EQ(Value("x").AsInt().status(),
            absl::InvalidArgumentError("expected an integer, got text 'x'"));
  EXPECT_EQ(Value(1.5).AsInt().status(),
            absl::InvalidArgumentError("expected an integer, got a number 1.5"));
  EXPECT_EQ(Value(std::string(100, 'x')).AsBool().status(),
            absl::InvalidArgumentError("expected a boolean, got text of 100 bytes"));
  EXPECT_EQ(Value().AsText().status(), absl::InvalidArgumentError("expected text, got null"));
  EXPECT_EQ(Value::ListOf().AsMap().status(),
            absl::InvalidArgumentError("expected a map, got a list"));
  EXPECT_EQ(Value(1).AsList().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Value(1).AsBytes().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Value(1).AsRef().status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ValueTest, NumbersAreConvertedOnlyWhereNothingIsLost) {
  EXPECT_EQ(Value(3.0).AsInt().value(), 3);
  EXPECT_EQ(Value(-9223372036854775808.0).AsInt().value(), INT64_MIN);
  EXPECT_FALSE(Value(9223372036854775808.0).AsInt().ok());
  EXPECT_FALSE(Value(std::numeric_limits<double>::infinity()).AsInt().ok());
  EXPECT_FALSE(Value(std::numeric_limits<double>::quiet_NaN()).AsInt().ok());
  EXPECT_EQ(Value(3).AsDouble().value(), 3.0);
  EXPECT_EQ(Value(INT64_MIN).AsDouble().value(), -9223372036854775808.0);
  EXPECT_FALSE(Value(INT64_MAX).AsDouble().ok());
  EXPECT_FALSE(Value((int64_t{1} << 53) + 1).AsDouble().ok());
}

TEST(ValueTest, EqualityIsStrict) {
  EXPECT_EQ(Value(1), Value(1));
  EXPECT_FALSE(Value(1) == Value(1.0));
  EXPECT_FALSE(Value("x") == Value(Bytes{"x"}));
  EXPECT_EQ((Value{{"a", 1}, {"b", 2}}), (Value{{"b", 2}, {"a", 1}}));
  EXPECT_EQ(Value(google::protobuf::Timestamp()), Value(google::protobuf::Timestamp()));
  EXPECT_FALSE(Value(0) == Value());
  EXPECT_EQ(Value(MakeFakeRef(1)), Value(MakeFakeRef(1)));
}

TEST(ValueTest, PrintsLikePython) {
  const Value store =
      Value::ListOf(Value{{"no", "Norway"}, {"se", "Sweden"}}, Value{{"a", 3}, {"b", 4}, {"c", 5}});
  std::ostringstream out;
  out << store;
  EXPECT_EQ(out.str(), "[{'no': 'Norway', 'se': 'Sweden'}, {'a': 3, 'b': 4, 'c': 5}]");
  EXPECT_EQ(Value::ListOf(nullptr, true, false, -1, 2.0, 0.1, 1e300).ToString(),
            "[None, True, False, -1, 2.0, 0.1, 1e+300]");
  EXPECT_EQ(Value::ListOf().ToString(), "[]");
  EXPECT_EQ(Value(Value::Map()).ToString(), "{}");
  EXPECT_EQ(Value("it's").ToString(), "\"it's\"");
  EXPECT_EQ(Value("'\"").ToString(), "'\\'\"'");
  EXPECT_EQ(Value("a\n\t\\\x01 \xc3\xa4").ToString(), "'a\\n\\t\\\\\\x01 \xc3\xa4'");
  EXPECT_EQ(Value(Bytes{"a\xff"}).ToString(), "b'a\\xff'");
  EXPECT_EQ(Value(std::numeric_limits<double>::infinity()).ToString(), "inf");
  EXPECT_EQ(Value(-std::numeric_limits<double>::quiet_NaN()).ToString(), "nan");
  EXPECT_EQ(Value(MakeFakeRef(1)).ToString(), MakeFakeRef(1).ToString());
  google::protobuf::Timestamp message;
  message.set_seconds(1);
  EXPECT_EQ(Value(message).ToString(), "<google.protobuf.Timestamp, 2 bytes>");
}

TEST(ValueTest, MessagesComeBackOnlyAsTheirOwnType) {
  google::protobuf::Timestamp message;
  message.set_seconds(77);
  const Value value(message);
  EXPECT_EQ(value.AsMessage<google::protobuf::Timestamp>()->seconds(), 77);
  EXPECT_EQ(
      Value(PackedMessage{"other.Type", ""}).AsMessage<google::protobuf::Timestamp>().status(),
      absl::InvalidArgumentError("expected a google.protobuf.Timestamp, got a other.Type"));
  EXPECT_EQ(Value(PackedMessage{"google.protobuf.Timestamp", "\xff"})
                .AsMessage<google::protobuf::Timestamp>()
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(Value(1).AsMessage<google::protobuf::Timestamp>().ok());
}

TEST(ValueTest, SetAndAppendMakeMapsAndLists) {
  Value value;
  value.Set("a", 1).Set("b", Value().Append(1).Append("x")).Set("a", 2);
  EXPECT_EQ(value.ToString(), "{'a': 2, 'b': [1, 'x']}");
  value.mutable_map()->erase("a");
  EXPECT_EQ(value.size(), 1u);
  EXPECT_EQ(Value(5).mutable_map(), nullptr);
}

TEST(ValueTest, MovingAListOrMapCopiesNothing) {
  Value list{Value::List(1000, Value("some text that is long enough for the heap"))};
  const Value* const first = &(*list.list())[0];
  Value moved = std::move(list);
  EXPECT_EQ(&(*moved.list())[0], first);
  const Value::List taken = std::move(moved).AsList().value();
  EXPECT_EQ(&taken[0], first);

  Value map{{"key", "value"}};
  const Value::Map* const entries = map.map();
  Value other = std::move(map);
  EXPECT_EQ(other.map(), entries);
}

TEST(ValueTest, MovedFromValuesCanBeUsedAgain) {
  Value map{{"a", 1}};
  const Value taken = std::move(map);
  EXPECT_EQ(map.ToString(), map.ToString());  // NOLINT(bugprone-use-after-move): what is tested
  map.Set("b", 2);
  EXPECT_EQ(map["b"], Value(2));
  Value message{google::protobuf::Timestamp()};
  const Value other = std::move(message);
  EXPECT_TRUE(message == message);  // NOLINT(bugprone-use-after-move)
  const Value copy = map;
  EXPECT_EQ(copy, map);
  EXPECT_EQ(taken["a"], Value(1));
}

TEST(ValueTest, CopiesAreIndependent) {
  Value value{{"list", Value::ListOf(1)}};
  Value copy = value;
  copy.mutable_map()->at("list").Append(2);
  EXPECT_EQ(value["list"].size(), 1u);
  const Value& same = copy;
  copy = same;
  EXPECT_EQ(copy["list"].size(), 2u);
  value = value["list"];
  EXPECT_EQ(value, Value::ListOf(1));
}

TEST(ValueTest, IsSmall) {
  EXPECT_LE(sizeof(Value), 40u);
  static_assert(std::is_nothrow_move_constructible_v<Value>);
  static_assert(!std::is_constructible_v<Value, int*> && !std::is_constructible_v<Value, void*>);
}

}  // namespace
}  // namespace troupe

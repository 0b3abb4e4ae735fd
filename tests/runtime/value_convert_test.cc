#include "runtime/value_convert.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "tests/runtime/codec_test_types.h"

namespace troupe {
namespace {

// Round trips of every type are in codec_test.cc.

template <typename T>
std::string ErrorOf(const Value& value) {
  const absl::StatusOr<T> result = value.As<T>();
  if (result.ok()) return "no error";
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(result.status().message());
}

TEST(ValueConvertTest, TypesBecomeTheKindsOfTheTable) {
  EXPECT_EQ(Value::From(shop::Color::kBlue), Value(5));
  EXPECT_EQ(Value::From(std::string("\xff")), Value(Bytes{"\xff"}));
  EXPECT_EQ(Value::From(std::string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")).kind(),
            Value::Kind::kText);
  for (const char* wrong :
       {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xe0\x80\x80"}) {
    EXPECT_TRUE(Value::From(std::string(wrong)).is_bytes());
  }
  EXPECT_EQ(Value::From(absl::Seconds(90)), Value("1m30s"));
  EXPECT_EQ(Value::From(absl::UnixEpoch()), Value("1970-01-01T00:00:00+00:00"));
  EXPECT_EQ(Value::From(std::map<int, bool>{{1, true}}), Value::ListOf(Value::ListOf(1, true)));
  EXPECT_EQ(Value::From(std::map<std::string, int>{{"a", 1}}), (Value{{"a", 1}}));
  EXPECT_EQ(Value::From(shop::Tree{1, {{2, {}}}}),
            Value::ListOf(1, Value::ListOf(Value::ListOf(2, Value::ListOf()))));
  EXPECT_EQ(Value::From(shop::Point(1, 2.5)),
            (Value{{"id", 0}, {"x", 1}, {"y", 2.5}, {"label", nullptr}}));
  EXPECT_EQ(Value::From(std::monostate()), Value());
  EXPECT_EQ(Value::From(shop::Url("x")), Value("x"));
  EXPECT_EQ(Value::From(absl::StatusOr<int>(1)), (Value{{"value", 1}}));
  EXPECT_EQ(Value::From(absl::NotFoundError("gone")),
            (Value{{"code", 5}, {"message", "gone"}, {"payloads", Value::Map()}}));
}

TEST(ValueConvertTest, ArgumentsAreCheckedForNumberAndTypes) {
  const auto good = internal::ArgumentsFromValues<int, std::string>({Value(1.0), Value("x")});
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, (std::tuple<int, std::string>(1, "x")));
  EXPECT_TRUE(internal::ArgumentsFromValues<>({}).ok());
  EXPECT_EQ((internal::ArgumentsFromValues<int, int>({Value("x"), Value(1)}).status()),
            absl::InvalidArgumentError("argument 1: expected an integer, got text 'x'"));
  EXPECT_EQ((internal::ArgumentsFromValues<int, int>({Value(1)}).status()),
            absl::InvalidArgumentError("expected 2 arguments, got 1"));
  EXPECT_EQ(
      (internal::ArgumentsFromValues<int, std::vector<bool>>({Value(1), Value::ListOf(true, 2)}))
          .status(),
      absl::InvalidArgumentError("argument 2: element 2: expected a boolean, got an integer 2"));
}

TEST(ValueConvertTest, NumbersMustFit) {
  EXPECT_EQ(ErrorOf<int8_t>(200), "200 is out of the range -128 to 127");
  EXPECT_EQ(ErrorOf<uint64_t>(-1), "-1 is out of the range 0 to 18446744073709551615");
  EXPECT_EQ(ErrorOf<uint8_t>(256), "256 is out of the range 0 to 255");
  EXPECT_EQ(ErrorOf<uint64_t>("12"), "expected an integer, got text '12'");
  EXPECT_EQ(ErrorOf<int>(1.5), "expected an integer, got a number 1.5");
  EXPECT_EQ(ErrorOf<float>(1e300), "1e+300 is out of the range of a float");
  EXPECT_EQ(ErrorOf<bool>(1), "expected a boolean, got an integer 1");
  EXPECT_EQ(Value(3).As<double>().value(), 3.0);
  EXPECT_EQ(Value(3).As<float>().value(), 3.0f);
}

TEST(ValueConvertTest, StructsComeFromMapsByNameAndFromLists) {
  shop::Point expected(3, 0);
  expected.label = "l";
  EXPECT_EQ((Value{{"x", 3}, {"label", "l"}}).As<shop::Point>().value(), expected);
  EXPECT_EQ(Value::ListOf(0, 3, 0, "l").As<shop::Point>().value(), expected);
  EXPECT_EQ(ErrorOf<shop::Point>(Value{{"z", 3}}), "Point has no field 'z'");
  EXPECT_EQ(ErrorOf<shop::Point>(Value{{"x", "a"}}),
            "field 'x': expected an integer, got text 'a'");
  EXPECT_EQ(ErrorOf<shop::Tree>(Value::ListOf(1)), "expected a list of 2, got one of 1");
  EXPECT_EQ(ErrorOf<shop::Tree>(Value::ListOf(1, 2)), "field 2: expected a list, got an integer 2");
  EXPECT_EQ(ErrorOf<shop::Tree>(1), "expected a list of 2, got an integer 1");
}

TEST(ValueConvertTest, ErrorsNameThePlaceAndTheType) {
  using Numbers = std::map<std::string, std::vector<int>>;
  EXPECT_EQ(ErrorOf<Numbers>(Value{{"a", Value::ListOf(1, nullptr)}}),
            "key 'a': element 2: expected an integer, got null");
  using Variant = std::variant<int, std::string>;
  EXPECT_EQ(ErrorOf<Variant>(1.5), "expected one of (int32, text), got a number 1.5");
  EXPECT_EQ(ErrorOf<std::optional<int>>("x"), "expected an integer, got text 'x'");
  EXPECT_EQ(ErrorOf<absl::Duration>("soon"),
            "expected a duration ('1.5s', or a number of seconds), got text 'soon'");
  EXPECT_EQ(ErrorOf<absl::Time>(true),
            "expected a time (2026-01-02T03:04:05Z, or seconds since 1970), got a boolean True");
  EXPECT_EQ(ErrorOf<shop::Url>("a b"), "no url: a b");
  EXPECT_EQ(ErrorOf<absl::StatusOr<int>>(1),
            "expected a map with 'value' or 'status' alone, got an integer 1");
  EXPECT_EQ(ErrorOf<absl::StatusOr<int>>(Value{{"status", Value::From(absl::OkStatus())}}),
            "status: expected an error, got OK");
  EXPECT_EQ(ErrorOf<std::monostate>(1), "expected null, got an integer 1");
  EXPECT_EQ(ErrorOf<AnyRef>("x"), "expected a reference, got text 'x'");
}

TEST(ValueConvertTest, TimesMayBeNumbersOfSeconds) {
  EXPECT_EQ(Value(90).As<absl::Duration>().value(), absl::Seconds(90));
  EXPECT_EQ(Value(0.5).As<absl::Duration>().value(), absl::Milliseconds(500));
  EXPECT_EQ(Value(1).As<absl::Time>().value(), absl::FromUnixSeconds(1));
  EXPECT_EQ(Value("2026-01-02T03:04:05Z").As<absl::Time>().value(),
            absl::FromUnixSeconds(1767323045));
}

}  // namespace
}  // namespace troupe

#include "runtime/codec.h"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "runtime/value.h"
#include "runtime/value_convert.h"
#include "tests/runtime/codec_test_types.h"

namespace troupe {
namespace {

using ::testing::HasSubstr;

template <typename T>
using Limits = std::numeric_limits<T>;

// Encoded and decoded; by way of a Value; and every beginning of the bytes: refused, never worse.
template <typename T>
void ExpectRoundTrip(const T& original) {
  SCOPED_TRACE(internal::TypeName<T>());
  static_assert(Encodable<T>);
  const std::string bytes = Encode(original, int64_t{1});
  absl::StatusOr<std::tuple<T, int64_t>> decoded = Decode<T, int64_t>(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(std::get<0>(*decoded) == original);
  absl::StatusOr<T> from_value = Value::From(original).template As<T>();
  ASSERT_TRUE(from_value.ok()) << from_value.status() << " " << Value::From(original);
  EXPECT_TRUE(*from_value == original) << Value::From(original);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    EXPECT_EQ((Decode<T, int64_t>(cut).status().code()), absl::StatusCode::kInvalidArgument)
        << size;
  }
}

template <typename T>
void ExpectIntegerRoundTrip() {
  for (T value : {T{0}, T{1}, T{100}, Limits<T>::min(), Limits<T>::max()}) ExpectRoundTrip(value);
}

TEST(CodecTest, IntegersOfEveryWidthRoundTrip) {
  ExpectIntegerRoundTrip<int8_t>();
  ExpectIntegerRoundTrip<int16_t>();
  ExpectIntegerRoundTrip<int32_t>();
  ExpectIntegerRoundTrip<int64_t>();
  ExpectIntegerRoundTrip<uint8_t>();
  ExpectIntegerRoundTrip<uint16_t>();
  ExpectIntegerRoundTrip<uint32_t>();
  ExpectIntegerRoundTrip<uint64_t>();
  ExpectIntegerRoundTrip<long long>();
  ExpectIntegerRoundTrip<char>();
  ExpectIntegerRoundTrip<char32_t>();
  ExpectRoundTrip(true);
  ExpectRoundTrip(false);
}

TEST(CodecTest, FloatsAndEnumsRoundTrip) {
  for (double value :
       {0.0, 0.1, -1e300, Limits<double>::infinity(), Limits<double>::denorm_min()}) {
    ExpectRoundTrip(value);
  }
  for (float value : {0.0f, 0.1f, Limits<float>::max(), -Limits<float>::infinity()}) {
    ExpectRoundTrip(value);
  }
  const auto nan = Decode<double>(Encode(Limits<double>::quiet_NaN()));
  ASSERT_TRUE(nan.ok());
  EXPECT_NE(std::get<0>(*nan), std::get<0>(*nan));
  ExpectRoundTrip(shop::Color::kRed);
  ExpectRoundTrip(static_cast<shop::Color>(77));
}

TEST(CodecTest, TextAndBytesRoundTrip) {
  for (const std::string& text : {std::string(), std::string("text"), std::string("a\0b", 3),
                                  std::string("\xff\xfe"), std::string(100'000, 'x')}) {
    if (text.size() < 1000) {
      ExpectRoundTrip(text);
      ExpectRoundTrip(Bytes{text});
      ExpectRoundTrip(absl::Cord(text));
    } else {
      EXPECT_EQ(std::get<0>(*Decode<std::string>(Encode(text))), text);
    }
  }
  absl::Cord chunks("one");
  chunks.Append(absl::MakeCordFromExternal("two", [] {}));
  EXPECT_EQ(std::get<0>(*Decode<absl::Cord>(Encode(chunks))), "onetwo");
}

TEST(CodecTest, ContainersRoundTrip) {
  ExpectRoundTrip(std::vector<int64_t>());
  ExpectRoundTrip(std::vector<int32_t>{1, -2, 3});
  ExpectRoundTrip(std::vector<bool>{true, false, true});
  ExpectRoundTrip(std::vector<double>{1, 2.5});
  ExpectRoundTrip(std::vector<std::string>{"", "a", std::string(200, 'b')});
  ExpectRoundTrip(std::vector<std::vector<std::vector<int>>>{{}, {{}, {1, 2}}, {{3}}});
  ExpectRoundTrip(std::vector<std::optional<int>>{1, std::nullopt, 0});
  ExpectRoundTrip(std::deque<int>{1, 2});
  ExpectRoundTrip(std::list<std::string>{"a"});
  ExpectRoundTrip(std::array<int, 3>{1, 2, 3});
  ExpectRoundTrip(std::array<std::string, 2>{"", "x"});
  ExpectRoundTrip(std::array<int, 0>{});
  ExpectRoundTrip(std::vector<std::array<uint8_t, 2>>{{1, 255}, {0, 0}});
  ExpectRoundTrip(std::map<std::string, int>{{"", 0}, {"a", 1}});
  ExpectRoundTrip(std::map<int, std::vector<std::string>>{{0, {}}, {-1, {"x", "y"}}});
  ExpectRoundTrip(std::map<std::pair<int, bool>, std::optional<double>>{{{1, true}, {}}});
  ExpectRoundTrip(std::unordered_map<uint64_t, std::string>{{1, "a"}, {2, "b"}});
  ExpectRoundTrip(absl::flat_hash_map<std::string, std::map<int, int>>{{"a", {{1, 2}}}});
  ExpectRoundTrip(absl::btree_map<std::string, shop::Scalars>{{"x", SampleScalars()}});
  ExpectRoundTrip(std::multimap<int, int>{{1, 2}, {1, 3}});
  ExpectRoundTrip(std::set<int>{3, 1});
  ExpectRoundTrip(std::set<std::string>{"", "z"});
  ExpectRoundTrip(std::unordered_set<std::string>{"a", "b"});
  ExpectRoundTrip(absl::flat_hash_set<int64_t>{1, 2, 3});
}

TEST(CodecTest, SumsAndProductsRoundTrip) {
  ExpectRoundTrip(std::optional<int>());
  ExpectRoundTrip(std::optional<int>(0));
  ExpectRoundTrip(std::optional<std::vector<int>>(std::vector<int>()));
  ExpectRoundTrip(std::pair<int, std::string>(1, "x"));
  ExpectRoundTrip(std::tuple<>());
  ExpectRoundTrip(std::tuple<int, std::vector<int>, std::optional<bool>>(1, {2, 3}, true));
  using Variant = std::variant<std::monostate, int64_t, std::string, std::vector<double>>;
  ExpectRoundTrip(Variant());
  ExpectRoundTrip(Variant(int64_t{0}));
  ExpectRoundTrip(Variant("text"));
  ExpectRoundTrip(Variant(std::vector<double>{1.5}));
  ExpectRoundTrip(std::monostate());
}

TEST(CodecTest, OptionalOfOptionalKeepsItsLevelsOnTheWire) {
  using Nested = std::optional<std::optional<int>>;
  for (const Nested& original : {Nested(), Nested(std::optional<int>()), Nested(5)}) {
    EXPECT_EQ(std::get<0>(*Decode<Nested>(Encode(original))), original);
  }
}

TEST(CodecTest, VariantOfEqualAlternativesKeepsItsIndexOnTheWire) {
  using Twice = std::variant<int, int>;
  EXPECT_EQ(std::get<0>(*Decode<Twice>(Encode(Twice(std::in_place_index<1>, 4)))).index(), 1u);
}

TEST(CodecTest, TimesRoundTripWithTheirFullResolution) {
  for (absl::Duration duration :
       {absl::ZeroDuration(), absl::Seconds(1.5), -absl::Nanoseconds(1), absl::Nanoseconds(1) / 4,
        -absl::Nanoseconds(3) / 4, absl::InfiniteDuration(), -absl::InfiniteDuration(),
        absl::Seconds(std::numeric_limits<int64_t>::max()),
        absl::Seconds(std::numeric_limits<int64_t>::min())}) {
    EXPECT_EQ(std::get<0>(*Decode<absl::Duration>(Encode(duration))), duration) << duration;
    const absl::Time time = absl::UnixEpoch() + duration;
    EXPECT_EQ(std::get<0>(*Decode<absl::Time>(Encode(time))), time) << time;
  }
  ExpectRoundTrip(absl::Milliseconds(-1500));
  ExpectRoundTrip(absl::InfiniteDuration());
  ExpectRoundTrip(absl::FromUnixNanos(1'234'567'890'123'456'789));
  ExpectRoundTrip(absl::InfiniteFuture());
  ExpectRoundTrip(absl::InfinitePast());
}

TEST(CodecTest, StatusRoundTripsWithItsPayloads) {
  ExpectRoundTrip(absl::OkStatus());
  absl::Status status = absl::UnavailableError("node \xff is gone");
  status.SetPayload("troupe/outcome", absl::Cord("unknown"));
  status.SetPayload("", absl::Cord(std::string("\0\1", 2)));
  ExpectRoundTrip(status);
  ExpectRoundTrip(std::vector<absl::Status>{absl::OkStatus(), status});
  ExpectRoundTrip(absl::StatusOr<int>(5));
  ExpectRoundTrip(absl::StatusOr<std::vector<int>>(std::vector<int>{}));
  ExpectRoundTrip(absl::StatusOr<std::string>(status));
}

TEST(CodecTest, StructsRoundTrip) {
  ExpectRoundTrip(shop::Scalars());
  ExpectRoundTrip(SampleContainers());
  ExpectRoundTrip(shop::Empty());
  ExpectRoundTrip(std::vector<shop::Empty>(3));
  ExpectRoundTrip(shop::Tree{1, {{2, {}}, {3, {{4, {}}}}}});
  shop::Point point(-3, 0.5);
  point.id = 9;
  point.label = "here";
  ExpectRoundTrip(point);
  ExpectRoundTrip(std::optional<shop::Point>(shop::Point()));
}

TEST(CodecTest, TypesWithAnOwnCodecRoundTrip) {
  ExpectRoundTrip(shop::Url("http://x"));
  ExpectRoundTrip(std::vector<shop::Url>{shop::Url(), shop::Url("y")});
  ExpectRoundTrip(std::pair<shop::Url, std::optional<shop::Url>>(shop::Url("a"), shop::Url()));
  const absl::Status refused = Decode<shop::Url>(Encode(std::string("a b"))).status();
  EXPECT_EQ(refused, absl::InvalidArgumentError("argument 1 (Url): no url: a b"));
}

TEST(CodecTest, ProtobufMessagesRoundTrip) {
  google::protobuf::Timestamp original;
  original.set_seconds(-5);
  original.set_nanos(7);
  const auto decoded =
      Decode<google::protobuf::Timestamp, std::vector<google::protobuf::Timestamp>>(
          Encode(original, std::vector<google::protobuf::Timestamp>{original, {}}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<0>(*decoded).SerializeAsString(), original.SerializeAsString());
  EXPECT_EQ(std::get<1>(*decoded).size(), 2u);
  EXPECT_EQ(
      Decode<google::protobuf::Timestamp>(Encode(std::string("\xff"))).status().message(),
      "argument 1 (google.protobuf.Timestamp): these 1 bytes are no google.protobuf.Timestamp");
}

TEST(CodecTest, ReferencesRoundTripThroughTheTranslator) {
  ExpectRoundTrip(AnyRef());
  ExpectRoundTrip(MakeFakeRef(1));
  ExpectRoundTrip(std::vector<AnyRef>{MakeFakeRef(1), AnyRef(), MakeFakeRef(2)});
  ExpectRoundTrip(Value::ListOf(MakeFakeRef(3), nullptr));
}

TEST(CodecTest, ReferenceThatCannotTravelFailsTheMessageAndLeavesTheBufferAlone) {
  std::string out = "before";
  EXPECT_EQ(internal::EncodeArguments(kEncode, &out, 1, std::vector<AnyRef>{MakeFakeRef(13)}),
            absl::FailedPreconditionError("13 stays here"));
  EXPECT_EQ(out, "before");
  EXPECT_EQ(internal::EncodeArguments(kEncode, &out, Value::ListOf(1, MakeFakeRef(13))).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(out, "before");
}

TEST(CodecTest, ReferenceWithoutATranslatorIsAnInvalidArgument) {
  std::string out;
  const absl::Status encoded =
      internal::EncodeArguments(internal::EncodeContext(), &out, MakeFakeRef(1));
  EXPECT_EQ(encoded.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(encoded.message()), HasSubstr("cannot travel"));
  const std::string bytes = Encode(MakeFakeRef(1));
  const internal::DecodeContext nobody;
  EXPECT_EQ(internal::DecodeArguments<AnyRef>(nobody, bytes).status().message(),
            "argument 1 (reference): a reference cannot arrive here: no node resolves it");
  EXPECT_TRUE(internal::DecodeArguments<AnyRef>(nobody, Encode(AnyRef())).ok());
}

TEST(CodecTest, ValuesRoundTrip) {
  const Value sample{{"null", nullptr},
                     {"flag", true},
                     {"int", INT64_MIN},
                     {"double", 0.5},
                     {"text", "x"},
                     {"bytes", Bytes{"\xff"}},
                     {"list", Value::ListOf(1, Value::ListOf(), Value(Value::Map()))},
                     {"ref", MakeFakeRef(1)},
                     {"message", google::protobuf::Timestamp()}};
  ExpectRoundTrip(sample);
  ExpectRoundTrip(Value());
  ExpectRoundTrip(std::vector<Value>{Value(), sample, sample});
  ExpectRoundTrip(std::optional<Value>(Value(0)));
}

TEST(CodecTest, ResultsRoundTripAndVoidHasNoBytes) {
  std::string out = "x";
  ASSERT_TRUE(internal::EncodeResult(kEncode, &out, std::vector<int>{1, 2}).ok());
  const auto result = internal::DecodeResult<std::vector<int>>(kDecode, out.substr(1));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, (std::vector<int>{1, 2}));
  out.clear();
  ASSERT_TRUE(internal::EncodeResult(kEncode, &out, std::monostate()).ok());
  EXPECT_EQ(out, "");
  EXPECT_TRUE(internal::DecodeResult<std::monostate>(kDecode, out).ok());
  EXPECT_EQ(internal::DecodeResult<int>(kDecode, out).status().message(), "the result is missing");
}

TEST(CodecTest, ArgumentsAppendToWhatIsThere) {
  std::string out = "before";
  ASSERT_TRUE(internal::EncodeArguments(kEncode, &out).ok());
  EXPECT_EQ(out, "before");
  ASSERT_TRUE(
      internal::EncodeArgumentTuple(kEncode, &out, std::tuple<int, std::string>(1, "x")).ok());
  EXPECT_EQ(out, std::string("before") + "\x08\x01\x12\x01x");
}

enum Unfixed { kUnfixed };
enum Fixed : int { kFixed };
struct WithPointer {
  int* pointer;
};
struct WithConst {
  const int number = 1;
};
struct WithArray {
  int first;
  int items[3];
};
struct NotDefault {
  explicit NotDefault(int);
};

TEST(CodecTest, TypesThatCannotTravelAreRefusedByTheConcept) {
  static_assert(!Encodable<int*> && !Encodable<const char*> && !Encodable<const int>);
  static_assert(!Encodable<int&> && !Encodable<void> && !Encodable<int[3]>);
  static_assert(!Encodable<std::unique_ptr<int>> && !Encodable<std::shared_ptr<int>>);
  static_assert(!Encodable<std::function<void()>> && !Encodable<absl::string_view>);
  static_assert(!Encodable<std::vector<int*>> && !Encodable<std::map<int, std::unique_ptr<int>>>);
  static_assert(!Encodable<std::optional<int*>> && !Encodable<std::variant<int, int*>>);
  static_assert(!Encodable<std::tuple<int, void*>> && !Encodable<absl::StatusOr<int*>>);
  static_assert(!Encodable<WithPointer> && !Encodable<WithConst> && !Encodable<WithArray>);
  static_assert(!Encodable<NotDefault> && !Encodable<shop::Base*> && !Encodable<long double>);
  static_assert(!Encodable<Unfixed> && Encodable<Fixed> && !Encodable<__int128>);
  static_assert(Encodable<shop::Tree> && Encodable<shop::Point> && Encodable<shop::Base>);
}

TEST(CodecTest, TypesHaveReadableNames) {
  using internal::TypeName;
  EXPECT_EQ(TypeName<int64_t>(), "int64");
  EXPECT_EQ(TypeName<std::string>(), "text");
  EXPECT_EQ(TypeName<std::vector<uint8_t>>(), "list of uint8");
  EXPECT_EQ((TypeName<std::map<std::string, std::optional<shop::Point>>>()),
            "map from text to optional Point");
  EXPECT_EQ((TypeName<std::variant<int, shop::Url>>()), "one of (int32, Url)");
  EXPECT_EQ((TypeName<std::tuple<bool, shop::Color>>()), "(bool, Color)");
  EXPECT_EQ((TypeName<std::array<double, 3>>()), "list of 3 double");
  EXPECT_EQ(TypeName<absl::StatusOr<absl::Time>>(), "status or time");
  EXPECT_EQ(TypeName<google::protobuf::Timestamp>(), "google.protobuf.Timestamp");
  EXPECT_EQ(TypeName<WithPointer>(), "WithPointer");
}

}  // namespace
}  // namespace troupe

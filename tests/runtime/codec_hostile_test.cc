// What must happen with bytes that no codec wrote.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/codec.h"
#include "runtime/value.h"
#include "tests/runtime/codec_test_types.h"

namespace troupe {
namespace {

using ::testing::HasSubstr;

template <typename... A>
void ExpectRefused(absl::string_view bytes, absl::string_view text) {
  const absl::Status status = Decode<A...>(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(text)));
}

std::string Field(int number, const std::string& contents) {
  std::string bytes;
  internal::Writer writer(kEncode, &bytes);
  writer.Tag(static_cast<uint32_t>(number), internal::WireType::kBytes);
  writer.LengthAndBytes(contents);
  EXPECT_TRUE(writer.Finish().ok());
  return bytes;
}

// `levels` messages, each in the field of the one around it.
std::string Nest(int levels, int field, std::string inner) {
  for (int i = 0; i < levels; ++i) inner = Field(field, inner);
  return inner;
}

TEST(CodecHostileTest, WrongNumberOfArgumentsIsRefused) {
  ExpectRefused<int>("", "expected 1 arguments, argument 1 is missing");
  ExpectRefused<int, int>(Encode(1), "expected 2 arguments, argument 2 is missing");
  ExpectRefused<int>(Encode(1, 2), "expected 1 arguments, found argument 2");
  ExpectRefused<>(Encode(1), "expected 0 arguments, found argument 1");
  ExpectRefused<int>(Encode(1) + Encode(2), "argument 1 comes twice");
  ExpectRefused<int, std::vector<int>>(Encode(1), "argument 2 is missing");
  ExpectRefused<std::optional<int>>("", "argument 1 is missing");
}

TEST(CodecHostileTest, WrongTypesAreRefusedWithTheirPlace) {
  ExpectRefused<int, int64_t>(Encode(1, std::string("x")),
                              "argument 2 (int64): expected a varint, found bytes");
  ExpectRefused<std::string>(Encode(1), "argument 1 (text): expected bytes, found a varint");
  ExpectRefused<double>(Encode(1.0f), "expected a 64-bit number, found a 32-bit number");
  ExpectRefused<shop::Tree>(
      Encode(std::tuple(1, std::vector<std::string>{"\x08"})),
      "argument 1 (Tree): field 2: element 1: field 1: the message is shorter");
  ExpectRefused<std::vector<int>>(Encode(std::vector<std::string>{"\x80"}), "shorter than it says");
  ExpectRefused<std::vector<double>>(Encode(std::vector<std::string>{"123"}), "is cut off");
  ExpectRefused<std::set<float>>(Encode(std::vector<std::string>{"123"}),
                                 "element 1: the message is");
  ExpectRefused<std::map<int, int>>(Encode(std::map<int, std::string>{{1, "x"}}),
                                    "entry 1: value: expected a varint, found bytes");
}

TEST(CodecHostileTest, NumbersOutOfRangeAreRefused) {
  ExpectRefused<int8_t>(Encode(128), "128 is out of the range of int8");
  ExpectRefused<int8_t>(Encode(-129), "-129 is out of the range of int8");
  ExpectRefused<uint8_t>(Encode(256), "256 is out of the range of uint8");
  ExpectRefused<uint32_t>(Encode(-1), "18446744073709551615 is out of the range of uint32");
  ExpectRefused<bool>(Encode(2), "2 is no bool");
  ExpectRefused<shop::Color>(Encode(1000), "1000 is out of the range of int8");
  ExpectRefused<std::vector<int8_t>>(Encode(std::vector<int>{1, 300}), "element 2: 300 is out of");
  ExpectRefused<absl::Duration>(Encode(std::pair(0, 1'000'000'000)), "nanos out of range");
  ExpectRefused<absl::Time>(Encode(std::tuple(0, 0, 4)), "quarters out of range");
}

TEST(CodecHostileTest, ArrayAndVariantWantExactlyTheirContents) {
  using Array = std::array<int, 2>;
  ExpectRefused<Array>(Encode(std::vector<int>{1}), "expected 2 elements, found 1");
  ExpectRefused<Array>(Encode(std::vector<int>{1, 2, 3}), "expected 2 elements, found more");
  ExpectRefused<std::variant<int, bool>>(Encode(std::monostate()), "no alternative");
  ExpectRefused<std::variant<int, bool>>(
      Encode(std::tuple(std::optional<int>(), std::optional<int>(), 1)), "no alternative");
  ExpectRefused<absl::StatusOr<int>>(Encode(std::monostate()), "neither an error nor a value");
}

TEST(CodecHostileTest, MalformedWireFormatIsRefused) {
  ExpectRefused<int>("\x08", "shorter than it says");
  ExpectRefused<int>(absl::string_view("\x00\x01", 2), "no field has the tag 0");
  ExpectRefused<int>("\x0e\x01", "no field has the tag 14");
  ExpectRefused<int>("\xff\xff\xff\xff\xff\x01", "no field has the tag");
  ExpectRefused<int>("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "more than 64 bits");
  ExpectRefused<int>("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "more than ten bytes");
  ExpectRefused<shop::Tree>(Field(1, "\x1c"), "a group ends that has not begun");
}

TEST(CodecHostileTest, LengthBombsAllocateNothing) {
  const std::string exabyte = "\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x10";
  ExpectRefused<std::string>(exabyte, "shorter than it says");
  ExpectRefused<std::vector<double>>(exabyte, "shorter than it says");
  ExpectRefused<std::vector<int>>(Field(1, exabyte), "shorter than it says");
  ExpectRefused<absl::Cord>(exabyte, "shorter than it says");
  ExpectRefused<Value>(Field(1, "\x22" + exabyte.substr(1)), "shorter than it says");
  ExpectRefused<shop::Containers>(Field(1, exabyte), "shorter than it says");
  // A varint that wraps around would point back into the message.
  ExpectRefused<std::string>("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                             "shorter than it says");
}

TEST(CodecHostileTest, DepthBombsAreRefusedAtTheLimitAndNotBefore) {
  // A Tree's child is the field 2 of its parent, the argument itself is one level.
  EXPECT_TRUE(Decode<shop::Tree>(Field(1, Nest(99, 2, ""))).ok());
  ExpectRefused<shop::Tree>(Field(1, Nest(100, 2, "")), "nested more than 100 messages deep");
  ExpectRefused<shop::Tree>(Field(1, Nest(2000, 2, "")), "nested more than 100 messages deep");
  std::string groups(5000, '\x1b');
  ExpectRefused<shop::Tree>(Field(1, groups), "nested more than 100 messages deep");
  std::string value;
  for (int i = 0; i < 1000; ++i) value = Field(6, Field(1, value));
  ExpectRefused<Value>(Field(1, value), "nested more than 100 messages deep");
}

TEST(CodecHostileTest, WhatIsTooDeepIsNotWrittenEither) {
  Value list = Value::ListOf();
  for (int i = 0; i < 49; ++i) list = Value::ListOf(std::move(list));
  std::string out;
  ASSERT_TRUE(internal::EncodeArguments(kEncode, &out, list).ok());
  EXPECT_TRUE(Decode<Value>(out).ok());
  list = Value::ListOf(std::move(list));
  out.clear();
  EXPECT_EQ(internal::EncodeArguments(kEncode, &out, list).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(out, "");
}

TEST(CodecHostileTest, UnknownFieldsOfAggregatesAreIgnored) {
  // Fields of every wire type behind those that a pair has.
  std::string bytes = "\x08\x05";
  bytes += "\x18\x01";                              // 3: varint
  bytes += std::string("\x21\0\0\0\0\0\0\0\0", 9);  // 4: fixed64
  bytes += "\x2a\x01x";                             // 5: bytes
  bytes += std::string("\x35\0\0\0\0", 5);          // 6: fixed32
  bytes += "\x3b\x43\x44\x08\x01\x3c";              // 7: group with a group in it
  bytes += "\x12\x01y";
  const auto decoded = Decode<std::pair<int, std::string>>(Field(1, bytes));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(std::get<0>(*decoded), std::pair(5, std::string("y")));
}

TEST(CodecHostileTest, MissingFieldsOfAggregatesKeepTheirDefaults) {
  const auto decoded = Decode<shop::Point>(Field(1, ""));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<0>(*decoded).x, 7);
  EXPECT_TRUE(Decode<shop::Containers>(Field(1, "")).ok());
  const auto entry = Decode<std::map<std::string, int>>(Field(1, Field(1, "")));
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(std::get<0>(*entry), (std::map<std::string, int>{{"", 0}}));
}

TEST(CodecHostileTest, NumbersAreReadPackedAndUnpacked) {
  const auto decoded = Decode<std::vector<int>>(Field(1, "\x08\x01\x0a\x02\x02\x03\x08\x04"));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(std::get<0>(*decoded), (std::vector<int>{1, 2, 3, 4}));
}

TEST(CodecHostileTest, LastFieldOfAScalarHoldsAndMessagesAreMerged) {
  const auto pair = Decode<std::pair<int, shop::Point>>(
      Field(1, absl::StrCat("\x08\x01\x08\x02", Field(2, "\x08\x05"), Field(2, "\x10\x06"))));
  ASSERT_TRUE(pair.ok()) << pair.status();
  EXPECT_EQ(std::get<0>(*pair).first, 2);
  EXPECT_EQ(std::get<0>(*pair).second.id, 5);
  EXPECT_EQ(std::get<0>(*pair).second.x, 6);
}

TEST(CodecHostileTest, ReferencesAreChecked) {
  ExpectRefused<AnyRef>(Field(1, Field(1, "short")), "argument 1 (reference): reference: ");
  ExpectRefused<AnyRef>(Field(1, Field(2, "Class")), "argument 1 (reference): reference: ");
  ExpectRefused<AnyRef>(Field(1, "\x08\x01"), "reference: expected bytes, found a varint");
  ExpectRefused<AnyRef>(Field(1, Field(1, std::string(16, 'u'))), "not from here");
}

TEST(CodecHostileTest, ManySmallPiecesOfAPackedFieldAreNotQuadratic) {
  std::string pieces;
  for (int i = 0; i < 300'000; ++i) pieces += "\x0a\x01\x07";
  const auto decoded = Decode<std::vector<int>>(Field(1, pieces));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<0>(*decoded).size(), 300'000u);
}

// Every byte of a rich sample changed in several ways: whatever comes out, nothing breaks (the
// sanitizers watch), and what was accepted can be written again.
TEST(CodecHostileTest, ChangedBytesAreRefusedOrGiveAValue) {
  const std::string sample = Encode(
      SampleContainers(), Value{{"a", Value::ListOf(1, 2.5, "x", MakeFakeRef(1))}, {"b", true}},
      absl::StatusOr<int>(absl::NotFoundError("gone")),
      std::vector<std::array<uint8_t, 2>>{{1, 2}});
  for (size_t i = 0; i < sample.size(); ++i) {
    for (const int change : {1, 2, 4, 8, 0x10, 0x7f, 0x80, 0xff}) {
      std::string bytes = sample;
      bytes[i] = static_cast<char>(bytes[i] ^ change);
      const auto decoded =
          Decode<shop::Containers, Value, absl::StatusOr<int>, std::vector<std::array<uint8_t, 2>>>(
              bytes);
      if (!decoded.ok()) {
        EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument);
        continue;
      }
      std::string again;
      EXPECT_TRUE(internal::EncodeArgumentTuple(kEncode, &again, *decoded).ok());
    }
  }
}

}  // namespace
}  // namespace troupe

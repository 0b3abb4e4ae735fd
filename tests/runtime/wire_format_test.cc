#include "runtime/wire_format.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "runtime/codec_context.h"

namespace troupe::internal {
namespace {

const EncodeContext kEncode;
const DecodeContext kDecode;

TEST(WireFormatTest, ManyTextsMakeRoomFewTimes) {
  const std::string text(100, 'x');
  std::string bytes;
  Writer writer(kEncode, &bytes);
  int grown = 0;
  size_t capacity = bytes.capacity();
  for (int i = 0; i < 50'000; ++i) {
    writer.LengthAndBytes(text);
    grown += bytes.capacity() != capacity ? 1 : 0;
    capacity = bytes.capacity();
  }
  ASSERT_TRUE(writer.Finish().ok());
  EXPECT_EQ(bytes.size(), 50'000u * 101);
  EXPECT_LE(grown, 20);
}

TEST(WireFormatTest, VarintsOfEveryLengthRoundTrip) {
  for (int bits = 0; bits <= 64; ++bits) {
    const uint64_t value = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
    std::string bytes;
    Writer writer(kEncode, &bytes);
    writer.Varint(value);
    ASSERT_TRUE(writer.Finish().ok());
    EXPECT_EQ(bytes.size(), bits == 0 ? 1u : static_cast<size_t>((bits + 6) / 7));
    Reader reader(kDecode, bytes);
    uint64_t read = 1;
    ASSERT_TRUE(reader.Varint(&read));
    EXPECT_EQ(read, value);
    EXPECT_TRUE(reader.AtEnd());
  }
}

// Lengths on both sides of what one, two and three bytes hold, with guesses that are too small,
// right and too large: the length is always the shortest varint, and what follows is in its place.
TEST(WireFormatTest, LengthsAreRightWhateverWasGuessed) {
  for (const size_t length : {0, 1, 127, 128, 129, 16383, 16384, 70000}) {
    for (const size_t guess : {0, 100, 128, 16384, 1 << 21}) {
      std::string bytes = "head";
      Writer writer(kEncode, &bytes);
      writer.Nested(guess, [&] {
        writer.Sized(guess, [&] { writer.Raw(std::string(length, 'x')); });
        writer.Raw("tail");
      });
      writer.Raw("end");
      ASSERT_TRUE(writer.Finish().ok());
      EXPECT_EQ(bytes.substr(0, 4), "head");
      Reader reader(kDecode, absl::string_view(bytes).substr(4));
      absl::string_view outer;
      ASSERT_TRUE(reader.LengthAndBytes(&outer));
      EXPECT_EQ(reader.left(), 3u);
      Reader nested(kDecode, outer);
      absl::string_view inner;
      ASSERT_TRUE(nested.LengthAndBytes(&inner));
      EXPECT_EQ(inner, std::string(length, 'x'));
      EXPECT_EQ(nested.left(), 4u);
    }
  }
}

TEST(WireFormatTest, AFailedWriterGivesTheBufferBack) {
  std::string bytes = "before";
  Writer writer(kEncode, &bytes);
  writer.Varint(1);
  writer.Fail(absl::UnavailableError("first"));
  writer.Raw(std::string(1000, 'x'));
  writer.Fail(absl::InternalError("second"));
  EXPECT_EQ(writer.Finish(), absl::UnavailableError("first"));
  EXPECT_EQ(bytes, "before");
}

TEST(WireFormatTest, WriterRefusesTooDeepANesting) {
  std::string bytes;
  Writer writer(kEncode, &bytes);
  int depth = 0;
  const auto descend = [&](auto self) -> void {
    ++depth;
    if (depth <= kMaxDepth + 5) writer.Nested(0, [&] { self(self); });
  };
  descend(descend);
  EXPECT_EQ(depth, kMaxDepth + 1);
  EXPECT_EQ(writer.Finish().code(), absl::StatusCode::kInvalidArgument);
}

TEST(WireFormatTest, ReaderKeepsTheFirstFailureAndItsPath) {
  Reader reader(kDecode, "\x80");
  uint64_t value = 0;
  EXPECT_FALSE(reader.Varint(&value));
  EXPECT_FALSE(reader.Fail("something else"));
  EXPECT_FALSE(reader.Within("element ", 3));
  EXPECT_FALSE(reader.Within("field"));
  EXPECT_EQ(reader.status(),
            absl::InvalidArgumentError("field: element 3: the message is shorter than it says"));
}

TEST(WireFormatTest, NestedMessagesEndWhereTheySay) {
  Reader reader(kDecode, absl::string_view("\x02\x08\x05\x10\x07", 5));
  int fields = 0;
  EXPECT_TRUE(reader.Message([&](uint32_t number, WireType) {
    ++fields;
    uint64_t value = 0;
    EXPECT_EQ(number, 1u);
    return reader.Varint(&value);
  }));
  EXPECT_EQ(fields, 1);
  EXPECT_EQ(reader.left(), 2u);
  // A field inside that claims more than the message around it has.
  Reader liar(kDecode, absl::string_view("\x02\x0a\x03xyz", 6));
  EXPECT_FALSE(liar.Message([&](uint32_t, WireType) {
    absl::string_view bytes;
    return liar.LengthAndBytes(&bytes);
  }));
}

}  // namespace
}  // namespace troupe::internal

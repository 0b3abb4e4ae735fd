#include "node/last_text.h"

#include <algorithm>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "node/frames.h"
#include "runtime/wire_format.h"

namespace troupe::internal {
namespace {

// Field 1: a number. Field 2: a text.
std::string Arguments(absl::string_view text) {
  std::string bytes;
  Writer writer({}, &bytes);
  writer.Tag(1, WireType::kVarint);
  writer.Varint(300);
  writer.Tag(2, WireType::kBytes);
  writer.LengthAndBytes(text);
  EXPECT_TRUE(writer.Finish().ok());
  return bytes;
}

CallFrameFields CallWith(absl::string_view arguments) {
  CallFrameFields call;
  call.id = 1000;
  call.target = 3;
  call.target_urn = "0123456789abcdef";
  call.method = 4;
  call.method_name = "Put";
  call.timeout_nanos = 5'000'000'000;
  call.high_priority = true;
  call.arguments = arguments;
  return call;
}

std::string FrameOf(const CallFrameFields& call) {
  return EncodeCallHead(call).append(call.arguments.data(), call.arguments.size());
}

class Calls final : public FrameHandler {
 public:
  absl::Status OnCall(const CallFrameFields& call) override {
    arguments = std::string(call.arguments);
    fields = call;
    name = std::string(call.method_name);
    ++count;
    return absl::OkStatus();
  }
  absl::Status OnReply(uint32_t, absl::Status, absl::string_view) override {
    return absl::OkStatus();
  }
  absl::Status OnCancel(uint32_t) override { return absl::OkStatus(); }
  absl::Status OnPiece(uint64_t, absl::string_view) override { return absl::OkStatus(); }
  absl::Status OnGoodbye(absl::string_view) override { return absl::OkStatus(); }

  CallFrameFields fields;
  std::string arguments;
  std::string name;
  int count = 0;
};

TEST(LastTextTest, TheTextIsFoundAsSoonAsItBegins) {
  const std::string text(100'000, 'x');
  const std::string arguments = Arguments(text);
  const std::string frame = FrameOf(CallWith(arguments));
  const size_t begin = frame.size() - text.size();
  ASSERT_LT(begin, kLastTextLook);
  for (size_t known = 0; known < begin; ++known) {
    EXPECT_FALSE(FindLastText(frame.substr(0, known), frame.size())) << known;
  }
  for (const size_t known : {begin, begin + 1, frame.size()}) {
    const std::string looked_at = frame.substr(0, known);
    const std::optional<LastText> last = FindLastText(looked_at, frame.size());
    ASSERT_TRUE(last) << known;
    EXPECT_EQ(last->begin, begin);
    Calls calls;
    ASSERT_TRUE(ReadFrame(last->frame, calls).ok());
    EXPECT_EQ(calls.count, 1);
    EXPECT_EQ(calls.arguments, arguments.substr(0, arguments.size() - text.size()));
    EXPECT_EQ(calls.fields.id, 1000u);
    EXPECT_EQ(calls.fields.target, 3u);
    EXPECT_EQ(calls.fields.method, 4u);
    EXPECT_EQ(calls.name, "Put");
    EXPECT_EQ(calls.fields.timeout_nanos, 5'000'000'000u);
    EXPECT_TRUE(calls.fields.high_priority);
  }
}

TEST(LastTextTest, OnlyCallsOfMethodsAreLookedAt) {
  const std::string arguments = Arguments(std::string(1000, 'x'));
  for (const MessageKind kind : {MessageKind::kPlain, MessageKind::kByName, MessageKind::kNode}) {
    CallFrameFields call = CallWith(arguments);
    call.kind = kind;
    const std::string frame = FrameOf(call);
    EXPECT_FALSE(FindLastText(frame, frame.size()));
  }
  const std::string reply = EncodeReplyFrame(1, absl::OkStatus(), arguments);
  EXPECT_FALSE(FindLastText(reply, reply.size()));
}

TEST(LastTextTest, ATextThatIsNotTheEndIsLeftAlone) {
  std::string arguments;
  Writer writer({}, &arguments);
  writer.Tag(1, WireType::kBytes);
  writer.LengthAndBytes(std::string(1000, 'x'));
  writer.Tag(2, WireType::kVarint);
  writer.Varint(1);
  ASSERT_TRUE(writer.Finish().ok());
  const std::string frame = FrameOf(CallWith(arguments));
  EXPECT_FALSE(FindLastText(frame, frame.size()));
  EXPECT_FALSE(FindLastText(frame.substr(0, kLastTextLook), frame.size()));
}

TEST(LastTextTest, WhatReachesBeyondTheFrameIsLeftAlone) {
  const std::string frame = FrameOf(CallWith(Arguments(std::string(1000, 'x'))));
  for (const size_t size : {size_t{0}, frame.size() - 1, frame.size() + 1, 2 * frame.size()}) {
    EXPECT_FALSE(FindLastText(frame.substr(0, std::min(size, kLastTextLook)), size)) << size;
  }
}

}  // namespace
}  // namespace troupe::internal

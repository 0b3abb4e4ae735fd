// What must happen with bytes that no node wrote.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/frames.h"
#include "proto/wire.pb.h"
#include "tests/node/frames_test_util.h"

namespace troupe::internal {
namespace {

using ::testing::HasSubstr;

void ExpectRefused(const absl::Status& status, const std::string& text) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(text));
}

void ExpectOkOrRefused(const absl::Status& status) {
  if (!status.ok()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(FramesHostileTest, WrongWireTypesAreRefusedWithTheirPlace) {
  ExpectRefused(Read("\x20\x01"), "batch: frames: expected bytes, found a varint");
  ExpectRefused(Read("\x22\x02\x08\x01"), "frame 1: field 1: expected bytes, found a varint");
  ExpectRefused(Read(BatchWith(3, "\x08\x01") + BatchWith(1, "\x0a\x01x")),
                "frame 2: call: id: expected a varint, found bytes");
  ExpectRefused(Read(BatchWith(1, "\x38\x01")), "call: arguments: expected bytes");
  ExpectRefused(Read(BatchWith(2, "\x10\x01")), "reply: status: expected bytes");
  ExpectRefused(Read(BatchWith(2,
                               "\x1d"
                               "abcd")),
                "reply: result: expected bytes, found a 32-bit number");
  ExpectRefused(Read(BatchWith(3, "\x0a\x01x")), "cancel: id: expected a varint");
  ExpectRefused(Read(BatchWith(4, "\x10\x01")), "piece: data: expected bytes");
  ExpectRefused(Read(BatchWith(5, "\x08\x01")), "goodbye: reason: expected bytes");
  ExpectRefused(ReadBatchHeader("\x10\x01").status(), "sequence: expected a 64-bit number");
  ExpectRefused(ReadBatchHeader("\x1a\x01x").status(), "acknowledged: expected a 64-bit number");
  ExpectRefused(ReadBatchHeader("\x08\x01").status(), "hello: expected bytes");
  ExpectRefused(ReadBatchHeader("\x20\x01").status(), "frames: expected bytes");
}

TEST(FramesHostileTest, NumbersOutOfRangeAreRefused) {
  const std::string too_large = absl::HexStringToBytes("8080808010");  // 2^32
  ExpectRefused(Read(BatchWith(1, "\x08" + too_large)), "frame 1: call: id: ");
  ExpectRefused(Read(BatchWith(1, "\x10" + too_large)), "call: kind: ");
  ExpectRefused(Read(BatchWith(1, "\x18" + too_large)), "call: target: ");
  ExpectRefused(Read(BatchWith(1, "\x28" + too_large)), "call: method: ");
  ExpectRefused(Read(BatchWith(2, "\x08" + too_large)), "reply: id: ");
  ExpectRefused(Read(BatchWith(3, "\x08" + too_large)), "cancel: id: ");
  EXPECT_TRUE(Read(BatchWith(1, "\x40" + too_large)).ok());
  EXPECT_TRUE(Read(BatchWith(1, "\x08" + absl::HexStringToBytes("ffffffff0f"))).ok());
}

TEST(FramesHostileTest, FramesBeforeABrokenOneAreHandled) {
  std::string batch;
  BeginBatch(&batch);
  AppendCancel(&batch, 1);
  batch += BatchWith(3, "\x0a");
  AppendCancel(&batch, 2);
  Recorder recorder;
  ExpectRefused(ReadFrames(batch, recorder), "frame 2: cancel: id: ");
  EXPECT_EQ(recorder.frames().size(), 1u);
}

// A batch cut anywhere but between two fields does not parse, and nothing is read beyond its end:
// the copies are exactly as long as they say.
TEST(FramesHostileTest, BatchCutAnywhereIsRefused) {
  std::string batch;
  BeginBatch(&batch);
  std::vector<size_t> ends = {0, kBatchHeaderBytes / 2, kBatchHeaderBytes};
  const auto end_here = [&] { ends.push_back(batch.size()); };
  const std::string arguments(200, 'x');
  CallFrameFields call;
  call.id = 300;
  call.kind = MessageKind::kPlain;
  call.target = 5;
  call.target_urn = "0123456789abcdef";
  call.method = 1 << 20;
  call.method_name = "Add";
  call.arguments = arguments;
  call.timeout_nanos = 5'000'000'000;
  call.high_priority = true;
  AppendCall(&batch, call);
  end_here();
  absl::Status status = absl::UnavailableError("gone");
  status.SetPayload("type.googleapis.com/troupe.wire.Delivery", absl::Cord("\x08\x01"));
  AppendReply(&batch, 7, status, "");
  end_here();
  AppendPiece(&batch, 1 << 30, "data");
  end_here();
  for (size_t size = 0; size <= batch.size(); ++size) {
    const std::vector<char> exact(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(size));
    const absl::string_view bytes(exact.data(), exact.size());
    const bool whole = std::find(ends.begin(), ends.end(), size) != ends.end();
    EXPECT_EQ(Read(bytes).ok(), whole) << size;
    EXPECT_EQ(ReadBatchHeader(bytes).ok(), whole) << size;
  }
}

// The same inside of the frames, where the lengths around them are right.
TEST(FramesHostileTest, MessageCutAnywhereIsReadOrRefused) {
  RandomFrames random(3);
  for (int round = 0; round < 50; ++round) {
    const wire::Call call = random.Call();
    const std::string bytes = Serialize(call);
    for (size_t size = 0; size < bytes.size(); ++size) {
      wire::Call cut;
      const bool parses = cut.ParseFromString(bytes.substr(0, size));
      Recorder recorder;
      const absl::Status status = ReadFrame(Field(1, bytes.substr(0, size)), recorder);
      ASSERT_EQ(status.ok(), parses) << status;
      if (parses) {
        ASSERT_EQ(recorder.frames().size(), 1u);
        EXPECT_EQ(Serialize(recorder.frames()[0].call()), Serialize(cut));
      }
    }
  }
}

TEST(FramesHostileTest, RandomBytesAreReadOrRefused) {
  RandomFrames random(4);
  for (int round = 0; round < 20'000; ++round) {
    const std::string bytes = random.Bytes();
    ExpectOkOrRefused(Read(bytes));
    ExpectOkOrRefused(ReadBatchHeader(bytes).status());
    Recorder recorder;
    ExpectOkOrRefused(ReadFrame(bytes, recorder));
  }
}

TEST(FramesHostileTest, DeepGroupsAreRefused) {
  std::string groups;
  for (int i = 0; i < 5000; ++i) groups += "\xa3\x06";
  for (int i = 0; i < 5000; ++i) groups += "\xa4\x06";
  ExpectRefused(Read(groups), "nested more than");
  ExpectRefused(ReadBatchHeader(groups).status(), "nested more than");
}

}  // namespace
}  // namespace troupe::internal

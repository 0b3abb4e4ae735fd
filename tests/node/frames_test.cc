#include "node/frames.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire.pb.h"
#include "tests/node/frames_test_util.h"

namespace troupe::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

wire::Batch ParseBatch(const std::string& bytes) {
  wire::Batch batch;
  EXPECT_TRUE(batch.ParseFromString(bytes)) << absl::CEscape(bytes);
  return batch;
}

CallFrameFields FieldsOf(const wire::Call& call) {
  CallFrameFields fields;
  fields.id = call.id();
  fields.kind = static_cast<MessageKind>(call.kind());
  fields.target = call.target();
  fields.target_urn = call.target_urn();
  fields.method = call.method();
  fields.method_name = call.method_name();
  fields.arguments = call.arguments();
  fields.timeout_nanos = call.timeout_nanos();
  fields.high_priority = call.high_priority();
  return fields;
}

CallFrameFields CallOf(uint32_t id, absl::string_view method_name, absl::string_view arguments) {
  CallFrameFields fields;
  fields.id = id;
  fields.method_name = method_name;
  fields.arguments = arguments;
  return fields;
}

void SetStatus(const absl::Status& from, wire::Status* to) {
  to->set_code(from.raw_code());
  to->set_message(std::string(from.message()));
  from.ForEachPayload([to](absl::string_view type_url, const absl::Cord& payload) {
    google::protobuf::Any* const detail = to->add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(payload));
  });
}

// The statuses are compared by their parts: an absent one is the same as an empty one.
void ExpectSameStatus(const wire::Status& found, const absl::Status& wanted) {
  wire::Status expected;
  if (!wanted.ok()) SetStatus(wanted, &expected);
  EXPECT_EQ(Serialize(found), Serialize(expected));
}

std::string FramesOf(const std::string& batch) { return batch.substr(kBatchHeaderBytes); }

TEST(FramesTest, WhatIsWrittenIsReadByGeneratedClasses) {
  RandomFrames random(1);
  for (int round = 0; round < 2000; ++round) {
    const wire::Call call = random.Call();
    const uint32_t id = random.Number32();
    const absl::Status status = random.Status();
    const std::string result = random.Bytes();
    const std::string text = random.Text();
    const uint64_t total = random.Number(64);
    std::string bytes;
    BeginBatch(&bytes);
    AppendCall(&bytes, FieldsOf(call));
    AppendReply(&bytes, id, status, result);
    AppendCancel(&bytes, id);
    AppendPiece(&bytes, total, result);
    AppendGoodbye(&bytes, text);
    SetBatchHeader(&bytes, total, id);

    const wire::Batch batch = ParseBatch(bytes);
    EXPECT_FALSE(batch.has_hello());
    EXPECT_EQ(batch.sequence(), total);
    EXPECT_EQ(batch.acknowledged(), id);
    ASSERT_EQ(batch.frames_size(), 5);
    EXPECT_EQ(Serialize(batch.frames(0).call()), Serialize(call));
    EXPECT_EQ(batch.frames(1).reply().id(), id);
    EXPECT_EQ(batch.frames(1).reply().has_status(), !status.ok());
    ExpectSameStatus(batch.frames(1).reply().status(), status);
    EXPECT_EQ(batch.frames(1).reply().result(), status.ok() ? result : "");
    ASSERT_TRUE(batch.frames(2).has_cancel());
    EXPECT_EQ(batch.frames(2).cancel().id(), id);
    ASSERT_TRUE(batch.frames(3).has_piece());
    EXPECT_EQ(batch.frames(3).piece().total_bytes(), total);
    EXPECT_EQ(batch.frames(3).piece().data(), result);
    ASSERT_TRUE(batch.frames(4).has_goodbye());
    EXPECT_EQ(batch.frames(4).goodbye().reason(), text);
  }
}

TEST(FramesTest, WhatGeneratedClassesWriteIsRead) {
  RandomFrames random(2);
  for (int round = 0; round < 2000; ++round) {
    wire::Batch batch;
    *batch.add_frames()->mutable_call() = random.Call();
    wire::Reply* const reply = batch.add_frames()->mutable_reply();
    reply->set_id(random.Number32());
    reply->set_result(random.Bytes());
    const absl::Status status = random.Status();
    batch.add_frames()->mutable_cancel()->set_id(random.Number32());
    wire::Piece* const piece = batch.add_frames()->mutable_piece();
    piece->set_total_bytes(random.Number(64));
    piece->set_data(random.Bytes());
    batch.add_frames()->mutable_goodbye()->set_reason(random.Text());
    std::vector<std::string> wanted;
    for (const wire::Frame& frame : batch.frames()) wanted.push_back(Serialize(frame));
    if (random.Coin()) SetStatus(status, reply->mutable_status());

    Recorder recorder;
    ASSERT_TRUE(ReadFrames(Serialize(batch), recorder).ok());
    EXPECT_EQ(Bytes(recorder.frames()), wanted);
    ASSERT_EQ(recorder.statuses().size(), 1u);
    EXPECT_EQ(recorder.statuses()[0], reply->has_status() ? status : absl::OkStatus());
  }
}

TEST(FramesTest, LargeMessagesAreWrittenAndRead) {
  for (const size_t size : {100, 255, 256, 257, 16383, 16384, 300'000, 3'000'000}) {
    const std::string bytes(size, 'x');
    std::string batch;
    BeginBatch(&batch);
    AppendCall(&batch, CallOf(1, bytes, bytes));
    AppendReply(&batch, 2, absl::OkStatus(), bytes);
    AppendReply(&batch, 3, absl::InternalError(bytes), "");
    AppendPiece(&batch, size, bytes);
    Recorder recorder;
    ASSERT_TRUE(ReadFrames(batch, recorder).ok());
    const wire::Batch parsed = ParseBatch(batch);
    EXPECT_EQ(parsed.frames(2).reply().status().message(), bytes);
    EXPECT_EQ(recorder.statuses()[1], absl::InternalError(bytes));
    ASSERT_EQ(recorder.frames().size(), 4u);
    for (const int frame : {0, 1, 3}) {
      EXPECT_EQ(Serialize(parsed.frames(frame)),
                Serialize(recorder.frames()[static_cast<size_t>(frame)]));
    }
    EXPECT_EQ(recorder.frames()[0].call().arguments(), bytes);
    EXPECT_EQ(recorder.frames()[3].piece().data(), bytes);
  }
}

TEST(FramesTest, APieceOfTwoPartsIsOnePiece) {
  for (const size_t size : {size_t{0}, size_t{3}, size_t{400}}) {
    const std::string head(size, 'h');
    std::string one, two;
    BeginBatch(&one);
    BeginBatch(&two);
    AppendPiece(&one, 9, head + "tail");
    AppendPiece(&two, 9, head, "tail");
    EXPECT_EQ(one, two);
  }
}

TEST(FramesTest, BytesAreThoseOfTheSpecification) {
  std::string batch;
  BeginBatch(&batch);
  SetBatchHeader(&batch, 0x0102030405060708, 9);
  EXPECT_EQ(absl::BytesToHexString(batch), "110807060504030201190900000000000000");
  BeginBatch(&batch);
  CallFrameFields call = CallOf(1, "m", "\x08\x05");
  call.kind = MessageKind::kByName;
  call.target = 300;
  call.target_urn = "u";
  call.method = 2;
  call.timeout_nanos = 128;
  call.high_priority = true;
  AppendCall(&batch, call);
  EXPECT_EQ(absl::BytesToHexString(FramesOf(batch)),
            "221a0a180801100218ac02220175280232016d40800148013a020805");
  BeginBatch(&batch);
  AppendReply(&batch, 1, absl::OkStatus(), "r");
  EXPECT_EQ(absl::BytesToHexString(FramesOf(batch)), "2207120508011a0172");
  BeginBatch(&batch);
  AppendReply(&batch, 1, absl::NotFoundError("no"), "ignored");
  EXPECT_EQ(absl::BytesToHexString(FramesOf(batch)), "220c120a08011206080512026e6f");
  BeginBatch(&batch);
  AppendCancel(&batch, 5);
  AppendPiece(&batch, 7, "p");
  AppendGoodbye(&batch, "g");
  EXPECT_EQ(absl::BytesToHexString(FramesOf(batch)),
            "22041a02080522072205080712017022052a030a0167");
}

TEST(FramesTest, FramesWithNothingInThemKeepTheirKind) {
  std::string batch;
  BeginBatch(&batch);
  AppendCall(&batch, {});
  AppendReply(&batch, 0, absl::OkStatus(), "");
  AppendCancel(&batch, 0);
  AppendPiece(&batch, 0, "");
  AppendGoodbye(&batch, "");
  Recorder recorder;
  ASSERT_TRUE(ReadFrames(batch, recorder).ok());
  ASSERT_EQ(recorder.frames().size(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(recorder.frames()[static_cast<size_t>(i)].kind_case(), i + 1);
    EXPECT_EQ(ParseBatch(batch).frames(i).kind_case(), i + 1);
  }
}

TEST(FramesTest, FrameForPiecesIsTheOneOfABatch) {
  const CallFrameFields call = CallOf(3, "Add", "12345");
  std::string batch;
  BeginBatch(&batch);
  AppendCall(&batch, call);
  AppendReply(&batch, 4, absl::AbortedError("x"), "");
  const std::string frame = EncodeCallHead(call) + "12345";
  EXPECT_EQ(frame, Serialize(ParseBatch(batch).frames(0)));
  EXPECT_EQ(EncodeReplyHead(4, 2) + "ok", EncodeReplyFrame(4, absl::OkStatus(), "ok"));
  EXPECT_EQ(EncodeReplyHead(4, 0), EncodeReplyFrame(4, absl::OkStatus(), ""));
  Recorder recorder;
  ASSERT_TRUE(ReadFrame(frame, recorder).ok());
  ASSERT_TRUE(ReadFrame(EncodeReplyFrame(4, absl::AbortedError("x"), ""), recorder).ok());
  Recorder together;
  ASSERT_TRUE(ReadFrames(batch, together).ok());
  EXPECT_EQ(Bytes(recorder.frames()), Bytes(together.frames()));
  EXPECT_EQ(recorder.statuses(), together.statuses());
}

TEST(FramesTest, HelloIsInABatchOfItsOwn) {
  wire::Hello hello;
  hello.add_versions(1);
  hello.set_session(77);
  const std::string batch = EncodeHelloBatch(hello);
  const absl::StatusOr<BatchView> view = ReadBatchHeader(batch);
  ASSERT_TRUE(view.ok());
  EXPECT_TRUE(view->has_hello);
  EXPECT_EQ(std::string(view->hello), Serialize(hello));
  EXPECT_FALSE(view->has_frames);
  EXPECT_EQ(Serialize(ParseBatch(batch).hello()), Serialize(hello));
}

TEST(FramesTest, HeaderIsReadWhereverItIs) {
  wire::Batch batch;
  batch.set_sequence(std::numeric_limits<uint64_t>::max());
  batch.set_acknowledged(5);
  const std::string header = Serialize(batch);
  batch.Clear();
  batch.add_frames()->mutable_cancel()->set_id(1);
  const std::string bytes = absl::StrCat(Serialize(batch), header);
  const absl::StatusOr<BatchView> view = ReadBatchHeader(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_FALSE(view->has_hello);
  EXPECT_TRUE(view->has_frames);
  EXPECT_EQ(view->sequence, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(view->acknowledged, 5u);
}

TEST(FramesTest, HeaderOfABatchWithoutFramesSaysSo) {
  std::string batch = "what was there before";
  BeginBatch(&batch);
  EXPECT_EQ(batch.size(), kBatchHeaderBytes);
  SetBatchHeader(&batch, 0, 12);
  const absl::StatusOr<BatchView> view = ReadBatchHeader(batch);
  ASSERT_TRUE(view.ok());
  EXPECT_FALSE(view->has_frames);
  EXPECT_EQ(view->sequence, 0u);
  EXPECT_EQ(view->acknowledged, 12u);
}

TEST(FramesTest, UnknownFieldsAndFramesAreIgnored) {
  // Fields 100 of all wire types, a group with a field in it among them.
  const std::string unknown = absl::HexStringToBytes(
      "a00601"
      "a1060102030405060708"
      "a2060178"
      "a30608"
      "01a406"
      "a50601020304");
  wire::Frame known;
  known.mutable_call()->set_id(9);
  const std::string call = absl::StrCat(unknown, Serialize(known.call()), unknown);
  const std::string frame = absl::StrCat(unknown, Field(1, call), unknown);
  const std::string batch = absl::StrCat(unknown, BatchWith(6, "\xff\xff"), BatchWith(15, ""),
                                         Field(4, ""), Field(4, frame), unknown);
  Recorder recorder;
  ASSERT_TRUE(ReadFrames(batch, recorder).ok());
  EXPECT_THAT(Bytes(recorder.frames()), ElementsAre(Serialize(known)));
  EXPECT_TRUE(ReadBatchHeader(batch).ok());
}

TEST(FramesTest, LastOfAFieldHolds) {
  wire::Frame first;
  first.mutable_call()->set_id(1);
  first.mutable_call()->set_arguments("first");
  wire::Frame second;
  second.mutable_call()->set_id(2);
  second.mutable_call()->set_arguments("second");
  wire::Frame cancel;
  cancel.mutable_cancel()->set_id(3);
  Recorder recorder;
  const std::string twice = Serialize(first.call()) + Serialize(second.call());
  ASSERT_TRUE(Read(BatchWith(1, twice)).ok());
  ASSERT_TRUE(ReadFrames(BatchWith(1, twice), recorder).ok());
  ASSERT_TRUE(ReadFrame(Serialize(first) + Serialize(cancel), recorder).ok());
  EXPECT_THAT(Bytes(recorder.frames()), ElementsAre(Serialize(second), Serialize(cancel)));
  const std::string known_kind = absl::HexStringToBytes("10e3011005");
  ASSERT_TRUE(ReadFrames(BatchWith(1, known_kind), recorder).ok());
  EXPECT_EQ(recorder.frames().back().call().kind(), wire::Call::NODE);
}

TEST(FramesTest, UnknownKindOfCallReachesTheHandler) {
  class Handler : public Recorder {
   public:
    absl::Status OnCall(const CallFrameFields& call) override {
      calls.emplace_back(call.id, call.unknown_kind);
      return absl::OkStatus();
    }
    std::vector<std::pair<uint32_t, int32_t>> calls;
  };
  Handler handler;
  wire::Batch batch;
  for (const int32_t kind : {5, 6, 1000, std::numeric_limits<int32_t>::min(), -1}) {
    wire::Call* const call = batch.add_frames()->mutable_call();
    call->set_id(1);
    call->set_kind(static_cast<wire::Call::Kind>(kind));
  }
  ASSERT_TRUE(ReadFrames(Serialize(batch), handler).ok());
  EXPECT_THAT(handler.calls,
              ElementsAre(std::pair(1u, 0), std::pair(1u, 6), std::pair(1u, 1000),
                          std::pair(1u, std::numeric_limits<int32_t>::min()), std::pair(1u, -1)));
}

TEST(FramesTest, UnknownCodeOfAReplyIsUnknown) {
  wire::Frame frame;
  frame.mutable_reply()->set_id(1);
  frame.mutable_reply()->mutable_status()->set_code(12345);
  frame.mutable_reply()->mutable_status()->set_message("new");
  Recorder recorder;
  ASSERT_TRUE(ReadFrame(Serialize(frame), recorder).ok());
  ASSERT_EQ(recorder.statuses().size(), 1u);
  EXPECT_EQ(recorder.statuses()[0].code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(recorder.statuses()[0].message(), "new");
}

TEST(FramesTest, HandlerErrorEndsTheReading) {
  std::string batch;
  BeginBatch(&batch);
  for (uint32_t id = 1; id <= 3; ++id) AppendCancel(&batch, id);
  Recorder recorder;
  recorder.FailAt(2, absl::ResourceExhaustedError("full"));
  EXPECT_EQ(ReadFrames(batch, recorder), absl::ResourceExhaustedError("full"));
  EXPECT_EQ(recorder.frames().size(), 2u);
}

TEST(FramesTest, AppendingKeepsWhatTheBatchHas) {
  std::string batch;
  BeginBatch(&batch);
  AppendCancel(&batch, 1);
  const std::string before = batch;
  AppendCall(&batch, CallOf(2, "", std::string(1000, 'x')));
  EXPECT_EQ(batch.substr(0, before.size()), before);
  Recorder recorder;
  ASSERT_TRUE(ReadFrames(batch, recorder).ok());
  EXPECT_EQ(recorder.frames().size(), 2u);
  EXPECT_THAT(recorder.statuses(), IsEmpty());
}

}  // namespace
}  // namespace troupe::internal

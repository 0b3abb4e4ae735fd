// The bytes of the codec against protobuf's own generated code for the schema that a person would
// write.

#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "proto/value.pb.h"
#include "runtime/codec.h"
#include "runtime/value.h"
#include "tests/runtime/codec_test.pb.h"
#include "tests/runtime/codec_test_types.h"

namespace troupe {
namespace {

using ::google::protobuf::util::MessageDifferencer;

test::Scalars ScalarsMessage() {
  test::Scalars message;
  message.set_i8(-128);
  message.set_u64(UINT64_MAX);
  message.set_flag(true);
  message.set_number(0.1);
  message.set_small(-1.5f);
  message.set_text("text");
  message.set_bytes(SampleScalars().bytes.data);
  message.set_color(5);
  return message;
}

test::Containers ContainersMessage() {
  const shop::Containers sample = SampleContainers();
  test::Containers message;
  *message.mutable_scalars() = ScalarsMessage();
  for (int64_t number : sample.numbers) message.add_numbers(number);
  for (const std::string& word : sample.words) message.add_words(word);
  (*message.mutable_counts())[""] = 0;
  (*message.mutable_counts())["a"] = -5;
  message.set_maybe(0);
  message.add_many();
  *message.add_many() = ScalarsMessage();
  message.add_doubles(1.5);
  message.add_doubles(-0.0);
  message.add_rows();
  test::Containers::Row* row = message.add_rows();
  row->add_items(1);
  row->add_items(2);
  message.mutable_choice()->set_text("chosen");
  message.mutable_time()->set_seconds(-5);
  message.mutable_time()->set_nanos(7);
  message.mutable_duration()->set_seconds(-1);
  message.mutable_duration()->set_nanos(-500'000'000);
  return message;
}

TEST(CodecGoldenTest, SmallArgumentsHaveTheBytesOfProtobuf) {
  test::Arguments message;
  message.set_number(-1);
  message.set_text("hello");
  message.mutable_row()->add_items(300);
  EXPECT_EQ(Encode(int64_t{-1}, std::string("hello"), std::vector<int>{300}),
            message.SerializeAsString());
  EXPECT_EQ(Encode(300, true, 1.0f), std::string("\x08\xac\x02\x10\x01\x1d\x00\x00\x80\x3f", 10));
}

TEST(CodecGoldenTest, ProtobufReadsWhatTheCodecWrites) {
  test::Result result;
  ASSERT_TRUE(result.ParseFromString(Encode(SampleContainers())));
  EXPECT_TRUE(MessageDifferencer::Equals(result.result(), ContainersMessage()))
      << result.DebugString();
}

TEST(CodecGoldenTest, TheCodecReadsWhatProtobufWrites) {
  test::Result result;
  *result.mutable_result() = ContainersMessage();
  const auto decoded =
      internal::DecodeResult<shop::Containers>(kDecode, result.SerializeAsString());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, SampleContainers());
}

TEST(CodecGoldenTest, ScalarsThatAreNotZeroHaveTheBytesOfProtobuf) {
  EXPECT_EQ(Encode(SampleScalars()), Encode(ScalarsMessage()));
}

TEST(CodecGoldenTest, StatusIsAGoogleRpcStatus) {
  absl::Status status = absl::NotFoundError("gone");
  status.SetPayload("url", absl::Cord("data"));
  EXPECT_EQ(Encode(status),
            "\x0a\x15\x08\x05\x12\x04gone\x1a\x0b\x0a\x03url\x12\x04"
            "data");
}

TEST(CodecGoldenTest, ProtobufReadsValues) {
  const Value value{{"list", Value::ListOf(1, 0.5, true, nullptr, Bytes{"\xff"}, MakeFakeRef(7))}};
  wire::Value message;
  ASSERT_TRUE(message.ParseFromString(Encode(value).substr(2)));  // without tag and length
  const wire::ListValue& list = message.map().entries().at("list").list();
  ASSERT_EQ(list.items_size(), 6);
  EXPECT_EQ(list.items(0).integer(), 1);
  EXPECT_EQ(list.items(1).number(), 0.5);
  EXPECT_EQ(list.items(2).boolean(), true);
  EXPECT_EQ(list.items(3).kind_case(), wire::Value::KIND_NOT_SET);
  EXPECT_EQ(list.items(4).binary(), "\xff");
  const wire::ActorRef& ref = list.items(5).reference();
  EXPECT_EQ(ref.urn(), MakeFakeRef(7).urn().ToBytes());
  EXPECT_EQ(ref.class_name(), "Fake");
  EXPECT_EQ(ref.node_address(), "host:1");
  EXPECT_EQ(ref.incarnation(), 9u);
}

TEST(CodecGoldenTest, TheCodecReadsValuesOfProtobuf) {
  wire::Value message;
  auto& entries = *message.mutable_map()->mutable_entries();
  entries["a"].mutable_list()->add_items()->set_text("x");
  entries["b"].mutable_message()->set_type_name("some.Type");
  entries["b"].mutable_message()->set_data("data");
  entries["c"];
  entries["d"].mutable_reference();
  const auto decoded = Decode<Value>(Encode(message));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(std::get<0>(*decoded), (Value{{"a", Value::ListOf("x")},
                                          {"b", PackedMessage{"some.Type", "data"}},
                                          {"c", nullptr},
                                          {"d", AnyRef()}}));
}

}  // namespace
}  // namespace troupe

#include "node/cli/json_value.h"

#include <cmath>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"

namespace troupe::cli {
namespace {

using ::testing::HasSubstr;

class JsonValueTest : public ::testing::Test {
 protected:
  absl::StatusOr<wire::Value> Read(const std::string& json) {
    const absl::StatusOr<InputJson> parsed = ParseInputJson(json);
    if (!parsed.ok()) return parsed.status();
    return JsonToValue(types_, *parsed);
  }
  wire::Value Value(const std::string& json) {
    const absl::StatusOr<wire::Value> value = Read(json);
    EXPECT_TRUE(value.ok()) << json << ": " << value.status();
    return value.ok() ? *value : wire::Value();
  }
  std::string Error(const std::string& json) {
    const absl::Status status = Read(json).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << json << ": " << status;
    return std::string(status.message());
  }
  std::string Text(const wire::Value& value) { return ToLine(ValueToJson(types_, value)); }
  // What has only one form comes back as it was.
  void ExpectComesBack(const std::string& json) { EXPECT_EQ(Text(Value(json)), json); }

  google::protobuf::DynamicMessageFactory factory_;
  const MessageTypes types_ = {.pool = google::protobuf::DescriptorPool::generated_pool(),
                               .factory = &factory_};
};

TEST_F(JsonValueTest, EveryKindComesBack) {
  for (const char* json :
       {"null",
        "true",
        "false",
        "0",
        "-5",
        "9223372036854775807",
        "-9223372036854775808",
        "1.5",
        "5.0",
        "-0.0",
        "1e+300",
        "\"\"",
        "\"t\\u0000\\n\xc3\xa4\"",
        "[]",
        "[1,[2,[]],null]",
        "{}",
        "{\"a\":{\"b\":[true]},\"c\":1}",
        "{\"@bytes\":\"aGk=\"}",
        "{\"@bytes\":\"\"}",
        "{\"@number\":\"NaN\"}",
        "{\"@number\":\"Infinity\"}",
        "{\"@number\":\"-Infinity\"}",
        "{\"@ref\":null}",
        "{\"@@@\":2,\"@@bytes\":1}",
        "{\"@ref\":{\"urn\":\"urn:uuid:01234567-89ab-4def-8123-456789abcdef\",\"class\":\"C\","
        "\"node\":\"h:1\",\"incarnation\":\"18446744073709551615\"}}"}) {
    ExpectComesBack(json);
  }
}

TEST_F(JsonValueTest, NumbersAreIntegersIfTheyFitAndHaveNoFraction) {
  EXPECT_EQ(Value("9223372036854775807").integer(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Value("-9223372036854775808").integer(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Value("9223372036854775808").number(), 9223372036854775808.0);
  EXPECT_EQ(Value("-9223372036854775809").number(), -9223372036854775808.0);
  EXPECT_EQ(Value("5.0").kind_case(), wire::Value::kNumber);
  EXPECT_EQ(Value("5e3").kind_case(), wire::Value::kNumber);
  EXPECT_TRUE(std::isnan(Value(R"({"@number": "NaN"})").number()));
}

TEST_F(JsonValueTest, NullIsNoKindAndKeysHaveTheirAtSignsAgain) {
  EXPECT_EQ(Value("null").kind_case(), wire::Value::KIND_NOT_SET);
  EXPECT_EQ(Value(R"({"@@ref": 1})").map().entries().at("@ref").integer(), 1);
  EXPECT_EQ(Value(R"({"a": 1, "a": 2})").map().entries().at("a").integer(), 2);
}

TEST_F(JsonValueTest, ReferencesHaveTheBytesOfTheirUrn) {
  const wire::Value value =
      Value(R"({"@ref": {"urn": "urn:uuid:01234567-89AB-4def-8123-456789abcdef"}})");
  EXPECT_EQ(value.reference().urn(),
            std::string("\x01\x23\x45\x67\x89\xab\x4d\xef\x81\x23\x45\x67\x89\xab\xcd\xef", 16));
  EXPECT_EQ(Value(R"({"@ref": null})").reference().urn(), "");
  for (const char* bad :
       {R"({"@ref": {}})", R"({"@ref": 1})", R"({"@ref": {"urn": "urn:uuid:01"}})",
        R"({"@ref": {"urn": "urn:uuid:0123456789ab4def8123456789abcdef"}})",
        R"({"@ref": {"urn": "urn:uuid:01234567-89ab-4def-8123-456789abcdeg"}})",
        R"({"@ref": {"urn": "urn:uuid:01234567-89ab-4def-8123-456789abcdef", "name": "x"}})",
        R"({"@ref": {"urn": "urn:uuid:01234567-89ab-4def-8123-456789abcdef", "class": 1}})"}) {
    EXPECT_THAT(Error(bad), HasSubstr("@ref"));
  }
}

TEST_F(JsonValueTest, MessagesOfKnownTypesArePackedAndUnpacked) {
  const wire::Value value =
      Value(R"({"@type": "troupe.wire.ActorRef", "className": "C", "incarnation": 7})");
  wire::ActorRef reference;
  EXPECT_EQ(value.message().type_name(), "troupe.wire.ActorRef");
  ASSERT_TRUE(reference.ParseFromString(value.message().data()));
  EXPECT_EQ(reference.class_name(), "C");
  EXPECT_EQ(Text(value), R"({"@type":"troupe.wire.ActorRef","className":"C","incarnation":"7"})");
}

TEST_F(JsonValueTest, MessagesWithAJsonOfTheirOwnHaveItInValue) {
  ExpectComesBack(R"({"@type":"google.protobuf.StringValue","value":"x"})");
  google::protobuf::StringValue text;
  ASSERT_TRUE(text.ParseFromString(
      Value(R"({"@type":"google.protobuf.StringValue","value":"x"})").message().data()));
  EXPECT_EQ(text.value(), "x");
  EXPECT_THAT(Error(R"({"@type":"google.protobuf.StringValue","text":"x"})"),
              HasSubstr("in \"value\""));
}

TEST_F(JsonValueTest, MessagesOfUnknownTypesStayPacked) {
  ExpectComesBack(R"({"@type":"no.Such","@bytes":"aGk="})");
  EXPECT_THAT(Error(R"({"@type":"no.Such","a":1})"), HasSubstr("does not know"));
  // And those that do not parse.
  ExpectComesBack(R"({"@type":"troupe.wire.ActorRef","@bytes":"/w=="})");
}

TEST_F(JsonValueTest, WhatHasNoMeaningIsRefused) {
  EXPECT_THAT(Error(R"({"@bytes": "a", "b": 1})"), HasSubstr("alone"));
  EXPECT_THAT(Error(R"({"@bytes": "%"})"), HasSubstr("base64"));
  EXPECT_THAT(Error(R"({"@bytes": 5})"), HasSubstr("base64"));
  EXPECT_THAT(Error(R"({"@number": "five"})"), HasSubstr("NaN"));
  EXPECT_THAT(Error(R"({"@what": 5})"), HasSubstr("@@key"));
  EXPECT_THAT(Error(R"({"@type": 5})"), HasSubstr("@type"));
  EXPECT_THAT(Error(R"({"@type": "troupe.wire.ActorRef", "nope": 5})"), HasSubstr("nope"));
  EXPECT_THAT(Error(R"([{"a": {"@bytes": "%"}}])"), HasSubstr("base64"));
  EXPECT_THAT(Error("{\"a\" 5}"), HasSubstr("line 1, column 6"));
  EXPECT_THAT(Error("1e999"), HasSubstr("no JSON"));
  EXPECT_THAT(Error(""), HasSubstr("no JSON"));
}

TEST_F(JsonValueTest, NestingHasTheLimitOfTheWireFormat) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  ExpectComesBack(nested(49));
  EXPECT_THAT(Error(nested(60)), HasSubstr("too deeply"));
  EXPECT_THAT(Error(nested(1000000)), HasSubstr("too deeply"));
}

}  // namespace
}  // namespace troupe::cli

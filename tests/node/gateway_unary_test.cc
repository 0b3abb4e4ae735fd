// Calls with one reply: which actor answers, and what the client is told when none does.

#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire.pb.h"
#include "tests/node/gateway_test_util.h"

// What gRPC's own tests ask: how the other side has compressed its messages.
grpc_compression_algorithm grpc_call_test_only_get_compression_algorithm(grpc_call* call);

namespace troupe {
namespace testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Code = grpc::StatusCode;

std::string CodeText(Code code) { return absl::StrCat(static_cast<int>(code), ": "); }

// A call of any method with any bytes.
grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& bytes, const std::string& actor = "polly") {
  grpc::GenericStub stub(channel);
  stock::Context context(actor);
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer reply;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &request, &reply,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get();
}

TEST(GatewayUnaryTest, AnActorIsNamedByItsNameOrItsUrn) {
  Aviary aviary;
  EXPECT_EQ(aviary.client.Say("hello", "polly"), "hello");
  EXPECT_EQ(aviary.client.Say("", "polly"), "");
  EXPECT_EQ(aviary.client.Say("hello", aviary.parrot.urn().ToString()), "hello");
  ASSERT_TRUE(aviary.node->Register("second name", aviary.parrot).ok());
  EXPECT_EQ(aviary.client.Say("hello", "second name"), "hello");
}

TEST(GatewayUnaryTest, TheDefaultAnswersWhereNoActorIsNamed) {
  Aviary aviary;
  EXPECT_THAT(aviary.client.Say("hello"), StartsWith(CodeText(Code::FAILED_PRECONDITION)));
  EXPECT_THAT(aviary.client.Say("hello"), HasSubstr("troupe-actor"));
  ASSERT_TRUE(aviary.node->RegisterDefault(aviary.parrot).ok());
  EXPECT_EQ(aviary.client.Say("hello"), "hello");
  const Ref<gateway::actors::Parrot> second = aviary.node->Spawn<Parrot>();
  ASSERT_TRUE(aviary.node->RegisterDefault(second).ok());
  stock::Context context;
  gateway::Text reply;
  ASSERT_TRUE(aviary.client.parrot->Say(&context, stock::TextOf("x"), &reply).ok());
  EXPECT_EQ(context.Trailer("troupe-actor-urn"), second.urn().ToString());
  ASSERT_TRUE(second.Stop().Get().ok());
  EXPECT_THAT(aviary.client.Say("hello"), StartsWith(CodeText(Code::NOT_FOUND)));
  ASSERT_TRUE(aviary.node->RegisterDefault(Ref<Parrot>()).ok());
  EXPECT_THAT(aviary.client.Say("hello"), StartsWith(CodeText(Code::FAILED_PRECONDITION)));
}

TEST(GatewayUnaryTest, TheTrailersSayWhoAnswered) {
  Aviary aviary;
  stock::Context context("polly");
  gateway::Text reply;
  ASSERT_TRUE(aviary.client.parrot->Say(&context, stock::TextOf("x"), &reply).ok());
  EXPECT_EQ(context.Trailer("troupe-node"), aviary.node->address());
  EXPECT_EQ(context.Trailer("troupe-actor-urn"), aviary.parrot.urn().ToString());
  // Errors of the actor, too.
  stock::Context failing("polly");
  gateway::Failure failure;
  failure.set_code(static_cast<int>(Code::DATA_LOSS));
  EXPECT_EQ(aviary.client.parrot->Fail(&failing, failure, &reply).error_code(), Code::DATA_LOSS);
  EXPECT_EQ(failing.Trailer("troupe-actor-urn"), aviary.parrot.urn().ToString());
}

TEST(GatewayUnaryTest, AWrongActorIsNotFound) {
  Aviary aviary;
  EXPECT_THAT(aviary.client.Say("x", "nobody"),
              AllOf(StartsWith(CodeText(Code::NOT_FOUND)), HasSubstr("nobody")));
  EXPECT_EQ(aviary.client.CodeOfSay("x", "urn:uuid:00000000-0000-4000-8000-000000000000"),
            Code::NOT_FOUND);
  EXPECT_EQ(aviary.client.CodeOfSay("x", "urn:uuid:nonsense"), Code::INVALID_ARGUMENT);
}

TEST(GatewayUnaryTest, AnActorOfAnotherServiceIsUnimplemented) {
  Aviary aviary;
  (void)aviary.node->Spawn<OtherActor>(SpawnOptions{.name = "other"});
  EXPECT_THAT(aviary.client.Say("x", "other"),
              AllOf(StartsWith(CodeText(Code::UNIMPLEMENTED)), HasSubstr("OtherActor"),
                    HasSubstr("troupe.testing.gateway.Parrot")));
}

TEST(GatewayUnaryTest, AWrongServiceOrMethodIsUnimplemented) {
  Aviary aviary;
  const auto code = [&](const std::string& path) {
    const grpc::Status status = CallRaw(aviary.client.channel, path, "");
    return absl::StrCat(CodeText(status.error_code()), status.error_message());
  };
  const std::string unimplemented = CodeText(Code::UNIMPLEMENTED);
  EXPECT_EQ(code("/no.such.Service/Say"), unimplemented + "this node serves no no.such.Service");
  EXPECT_EQ(code("/troupe.testing.gateway.Parrot/Sing"),
            unimplemented + "troupe.testing.gateway.Parrot has no method Sing");
  EXPECT_THAT(code("/troupe.testing.gateway.Parrot"), StartsWith(unimplemented));
  EXPECT_THAT(code("/"), StartsWith(unimplemented));
  EXPECT_THAT(code("/troupe.wire.Node/Disconnect"), StartsWith(unimplemented));
  // A service of the program that this node hosts nothing of.
  EXPECT_THAT(code("/troupe.testing.gateway.Other/Say"), StartsWith(unimplemented));
}

TEST(GatewayUnaryTest, TheClassesThatANodeHostsAreServed) {
  NodeOptions options;
  options.classes = {Hosts<OtherActor>()};
  Aviary aviary(options);
  EXPECT_EQ(CallRaw(aviary.client.channel, "/troupe.testing.gateway.Other/Say", "", "nobody")
                .error_code(),
            Code::NOT_FOUND);
}

TEST(GatewayUnaryTest, ARequestThatDoesNotParseIsInvalid) {
  Aviary aviary;
  const grpc::Status status =
      CallRaw(aviary.client.channel, "/troupe.testing.gateway.Parrot/Say", "\xff\xff\xff");
  EXPECT_EQ(status.error_code(), Code::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("troupe.testing.gateway.Text"));
  EXPECT_EQ(aviary.events->Count("say"), 0);
  EXPECT_EQ(CallRaw(aviary.client.channel, "/troupe.testing.gateway.Parrot/Count", "\xff\xff")
                .error_code(),
            Code::INVALID_ARGUMENT);
}

TEST(GatewayUnaryTest, ACallWithoutARequestIsInvalid) {
  Aviary aviary;
  grpc::GenericStub stub(aviary.client.channel);
  grpc::CompletionQueue queue;
  stock::Context context("polly");
  const auto stream = stub.PrepareCall(&context, "/troupe.testing.gateway.Parrot/Say", &queue);
  grpc::Status status;
  void* tag = nullptr;
  bool ok = false;
  stream->StartCall(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  stream->WritesDone(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  stream->Finish(&status, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), Code::INVALID_ARGUMENT);
}

TEST(GatewayUnaryTest, ErrorsKeepTheirCodeTextAndDetails) {
  Aviary aviary;
  for (int code = 1; code <= 16; ++code) {
    gateway::Failure failure;
    failure.set_code(code);
    failure.set_message(absl::StrCat("code ", code, ": \xc3\xa4\n\t100%"));
    failure.set_detail("a detail");
    stock::Context context("polly");
    gateway::Text reply;
    const grpc::Status status = aviary.client.parrot->Fail(&context, failure, &reply);
    EXPECT_EQ(static_cast<int>(status.error_code()), code);
    EXPECT_EQ(status.error_message(), failure.message());
    wire::Status details;
    ASSERT_TRUE(details.ParseFromString(status.error_details()));
    EXPECT_EQ(details.code(), code);
    EXPECT_EQ(details.message(), failure.message());
    ASSERT_EQ(details.details_size(), 1);
    google::protobuf::StringValue value;
    ASSERT_TRUE(details.details(0).UnpackTo(&value));
    EXPECT_EQ(value.value(), "a detail");
  }
}

TEST(GatewayUnaryTest, AnErrorTooLargeForTrailersKeepsItsCode) {
  Aviary aviary;
  gateway::Failure failure;
  failure.set_code(static_cast<int>(Code::OUT_OF_RANGE));
  failure.set_message(std::string(100'000, 'm'));
  failure.set_detail(std::string(100'000, 'd'));
  stock::Context context("polly");
  gateway::Text reply;
  const grpc::Status status = aviary.client.parrot->Fail(&context, failure, &reply);
  EXPECT_EQ(status.error_code(), Code::OUT_OF_RANGE);
  EXPECT_THAT(status.error_message(), StartsWith("mmmm"));
}

TEST(GatewayUnaryTest, LargeMessagesComeAndGo) {
  Aviary aviary;
  for (const int64_t bytes : {0, 1, 1000, 100'000, 10'000'000}) {
    gateway::Blob request;
    request.set_data(std::string(bytes, 'r'));
    request.set_reply_bytes(bytes);
    stock::Context context("polly");
    gateway::Blob reply;
    const grpc::Status status = aviary.client.parrot->Resize(&context, request, &reply);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(reply.data(), std::string(bytes, 'x'));
    EXPECT_EQ(reply.reply_bytes(), bytes);
  }
}

TEST(GatewayUnaryTest, CompressedRequestsAreTaken) {
  Aviary aviary;
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    gateway::Blob request;
    request.set_data(std::string(100'000, 'r'));
    stock::Context context("polly");
    context.set_compression_algorithm(algorithm);
    gateway::Blob reply;
    ASSERT_TRUE(aviary.client.parrot->Resize(&context, request, &reply).ok());
    EXPECT_EQ(reply.reply_bytes(), 100'000);
  }
}

TEST(GatewayUnaryTest, RepliesAreCompressedWhereTheOptionsSaySo) {
  for (const bool compress : {false, true}) {
    NodeOptions options;
    options.compress_replies = compress;
    Aviary aviary(options);
    gateway::Blob request;
    request.set_reply_bytes(100'000);
    stock::Context context("polly");
    gateway::Blob reply;
    ASSERT_TRUE(aviary.client.parrot->Resize(&context, request, &reply).ok());
    EXPECT_EQ(reply.data().size(), 100'000u);
    EXPECT_EQ(grpc_call_test_only_get_compression_algorithm(context.c_call()) != GRPC_COMPRESS_NONE,
              compress);
  }
}

// Connections take more than the smaller one.
class GatewayLimitTest : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(MessageBytes, GatewayLimitTest, ::testing::Values(1'000, 2'000'000));

TEST_P(GatewayLimitTest, AMessageOverTheLimitIsResourceExhausted) {
  NodeOptions options;
  options.limits.message_bytes = GetParam();
  Aviary aviary(options);
  gateway::Blob request;
  request.set_data(std::string(GetParam() + 1, 'r'));
  gateway::Blob reply;
  {
    stock::Context context("polly");
    EXPECT_EQ(aviary.client.parrot->Resize(&context, request, &reply).error_code(),
              Code::RESOURCE_EXHAUSTED);
  }
  request.clear_data();
  request.set_reply_bytes(GetParam() + 1);
  stock::Context context("polly");
  const grpc::Status status = aviary.client.parrot->Resize(&context, request, &reply);
  EXPECT_EQ(status.error_code(), Code::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr(std::to_string(GetParam())));
  EXPECT_EQ(aviary.client.Say("still there", "polly"), "still there");
}

}  // namespace
}  // namespace testing
}  // namespace troupe

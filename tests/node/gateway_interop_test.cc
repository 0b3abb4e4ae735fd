// gRPC's interoperability test cases, those that apply to a server without client streaming,
// against an actor. Names and values are those of gRPC's doc/interop-test-descriptions.md.

#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/node/gateway_client.h"
#include "tests/node/gateway_test_util.h"
#include "tests/node/interop.grpc.pb.h"
#include "tests/node/interop.troupe.h"

namespace troupe {
namespace testing {
namespace {

namespace interop = grpc::testing;
using Code = grpc::StatusCode;

constexpr char kInitialKey[] = "x-grpc-test-echo-initial";
constexpr char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";

class InteropActor : public Actor, public interop::actors::TestService {
 public:
  using Implements = Interfaces<interop::actors::TestService>;

  Task<interop::Empty> EmptyCall(interop::Empty request) override { return request; }

  Task<interop::SimpleResponse> UnaryCall(interop::SimpleRequest request) override {
    EchoMetadata();
    if (request.response_status().code() != 0) return StatusIn(request.response_status());
    interop::SimpleResponse response;
    response.mutable_payload()->set_body(std::string(request.response_size(), '\0'));
    return response;
  }

  Stream<interop::StreamingOutputCallResponse> StreamingOutputCall(
      interop::StreamingOutputCallRequest request) override {
    EchoMetadata();
    for (const interop::ResponseParameters& parameters : request.response_parameters()) {
      if (parameters.interval_us() > 0) {
        co_await Sleep(absl::Microseconds(parameters.interval_us()));
      }
      interop::StreamingOutputCallResponse response;
      response.mutable_payload()->set_body(std::string(parameters.size(), '\0'));
      co_yield response;
    }
    if (request.response_status().code() != 0) co_await StatusIn(request.response_status());
  }

 private:
  static absl::Status StatusIn(const interop::EchoStatus& status) {
    return absl::Status(static_cast<absl::StatusCode>(status.code()), status.message());
  }
  void EchoMetadata() const {
    const ClientInfo* const client = context().client();
    if (client == nullptr) return;
    if (const std::string* value = client->Find(kInitialKey)) {
      context().AddInitialMetadata(kInitialKey, *value);
    }
    if (const std::string* value = client->Find(kTrailingKey)) {
      context().AddTrailingMetadata(kTrailingKey, *value);
    }
  }
};
TROUPE_ACTOR(InteropActor)

class InteropTest : public ::testing::Test {
 protected:
  InteropTest() { EXPECT_TRUE(node_->RegisterDefault(node_->Spawn<InteropActor>()).ok()); }

  Code CallUnimplemented(const std::string& path) {
    grpc::GenericStub stub(channel_);
    stock::Context context;
    const grpc::Slice slice("");
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer reply;
    std::promise<Code> done;
    stub.UnaryCall(&context, path, grpc::StubOptions(), &request, &reply,
                   [&done](grpc::Status status) { done.set_value(status.error_code()); });
    return done.get_future().get();
  }

  const std::unique_ptr<Node> node_ = MakeGatewayNode();
  const std::shared_ptr<grpc::Channel> channel_ = stock::Connect(node_->address());
  const std::unique_ptr<interop::TestService::Stub> stub_ = interop::TestService::NewStub(channel_);
  stock::Context context_;
};

TEST_F(InteropTest, EmptyUnary) {
  interop::Empty reply;
  EXPECT_TRUE(stub_->EmptyCall(&context_, interop::Empty(), &reply).ok());
}

TEST_F(InteropTest, LargeUnary) {
  interop::SimpleRequest request;
  request.set_response_size(314159);
  request.mutable_payload()->set_body(std::string(271828, '\0'));
  interop::SimpleResponse response;
  ASSERT_TRUE(stub_->UnaryCall(&context_, request, &response).ok());
  EXPECT_EQ(response.payload().body(), std::string(314159, '\0'));
}

TEST_F(InteropTest, ServerStreaming) {
  const std::vector<int> sizes = {31415, 9, 2653, 58979};
  interop::StreamingOutputCallRequest request;
  for (const int size : sizes) request.add_response_parameters()->set_size(size);
  const auto stream = stub_->StreamingOutputCall(&context_, request);
  interop::StreamingOutputCallResponse response;
  for (const int size : sizes) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.payload().body(), std::string(size, '\0'));
  }
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(InteropTest, CustomMetadata) {
  const std::string initial = "test_initial_metadata_value";
  const std::string trailing = "\xab\xab\xab";
  context_.AddMetadata(kInitialKey, initial);
  context_.AddMetadata(kTrailingKey, trailing);
  interop::SimpleRequest request;
  request.set_response_size(314159);
  request.mutable_payload()->set_body(std::string(271828, '\0'));
  interop::SimpleResponse response;
  ASSERT_TRUE(stub_->UnaryCall(&context_, request, &response).ok());
  EXPECT_EQ(context_.Header(kInitialKey), initial);
  EXPECT_EQ(context_.Trailer(kTrailingKey), trailing);

  stock::Context streaming;
  streaming.AddMetadata(kInitialKey, initial);
  streaming.AddMetadata(kTrailingKey, trailing);
  interop::StreamingOutputCallRequest items;
  items.add_response_parameters()->set_size(1);
  const auto stream = stub_->StreamingOutputCall(&streaming, items);
  interop::StreamingOutputCallResponse item;
  while (stream->Read(&item)) {
  }
  ASSERT_TRUE(stream->Finish().ok());
  EXPECT_EQ(streaming.Header(kInitialKey), initial);
  EXPECT_EQ(streaming.Trailer(kTrailingKey), trailing);
}

TEST_F(InteropTest, StatusCodeAndMessage) {
  interop::SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message("test status message");
  interop::SimpleResponse response;
  grpc::Status status = stub_->UnaryCall(&context_, request, &response);
  EXPECT_EQ(status.error_code(), Code::UNKNOWN);
  EXPECT_EQ(status.error_message(), "test status message");

  stock::Context streaming;
  interop::StreamingOutputCallRequest items;
  *items.mutable_response_status() = request.response_status();
  const auto stream = stub_->StreamingOutputCall(&streaming, items);
  interop::StreamingOutputCallResponse item;
  EXPECT_FALSE(stream->Read(&item));
  status = stream->Finish();
  EXPECT_EQ(status.error_code(), Code::UNKNOWN);
  EXPECT_EQ(status.error_message(), "test status message");
}

TEST_F(InteropTest, SpecialStatusMessage) {
  const std::string message =
      "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP \xf0\x9f\x98\x88\t\n";
  interop::SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  interop::SimpleResponse response;
  const grpc::Status status = stub_->UnaryCall(&context_, request, &response);
  EXPECT_EQ(status.error_code(), Code::UNKNOWN);
  EXPECT_EQ(status.error_message(), message);
}

TEST_F(InteropTest, UnimplementedMethod) {
  EXPECT_EQ(CallUnimplemented("/grpc.testing.TestService/UnimplementedCall"), Code::UNIMPLEMENTED);
}

TEST_F(InteropTest, UnimplementedService) {
  EXPECT_EQ(CallUnimplemented("/grpc.testing.UnimplementedService/UnimplementedCall"),
            Code::UNIMPLEMENTED);
}

TEST_F(InteropTest, CancelAfterBegin) {
  interop::StreamingOutputCallRequest request;
  request.add_response_parameters()->set_interval_us(1'000'000'000);
  const auto stream = stub_->StreamingOutputCall(&context_, request);
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
  EXPECT_TRUE(node_->Drain(absl::Seconds(60)).ok());
}

TEST_F(InteropTest, CancelAfterFirstResponse) {
  interop::StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(31415);
  request.add_response_parameters()->set_interval_us(1'000'000'000);
  const auto stream = stub_->StreamingOutputCall(&context_, request);
  interop::StreamingOutputCallResponse response;
  ASSERT_TRUE(stream->Read(&response));
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
  EXPECT_TRUE(node_->Drain(absl::Seconds(60)).ok());
}

TEST_F(InteropTest, TimeoutOnSleepingServer) {
  interop::StreamingOutputCallRequest request;
  request.add_response_parameters()->set_interval_us(1'000'000'000);
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
  const auto stream = stub_->StreamingOutputCall(&context_, request);
  EXPECT_EQ(stream->Finish().error_code(), Code::DEADLINE_EXCEEDED);
  EXPECT_TRUE(node_->Drain(absl::Seconds(60)).ok());
}

}  // namespace
}  // namespace testing
}  // namespace troupe

// What every node serves besides its actors: its health, and reflection.

#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "proto/health.grpc.pb.h"
#include "proto/reflection.grpc.pb.h"
#include "tests/node/gateway_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using Code = grpc::StatusCode;

namespace health = grpc::health::v1;
namespace reflection = grpc::reflection::v1alpha;
using Serving = health::HealthCheckResponse;

constexpr char kActors[] = "troupe.v1.Actors";
constexpr char kParrot[] = "troupe.testing.gateway.Parrot";

health::HealthCheckRequest Of(const std::string& service) {
  health::HealthCheckRequest request;
  request.set_service(service);
  return request;
}

struct HealthClient {
  explicit HealthClient(Aviary& aviary) : stub(health::Health::NewStub(aviary.client.channel)) {}

  // The status, or minus the error's code.
  int Check(const std::string& service) {
    stock::Context context;
    health::HealthCheckResponse response;
    const grpc::Status status = stub->Check(&context, Of(service), &response);
    return status.ok() ? response.status() : -status.error_code();
  }

  const std::unique_ptr<health::Health::Stub> stub;
};

TEST(GatewayHealthTest, ANodeServesUntilItDrains) {
  Aviary aviary;
  HealthClient client(aviary);
  EXPECT_EQ(client.Check(""), Serving::SERVING);
  EXPECT_EQ(client.Check(kParrot), Serving::SERVING);
  EXPECT_EQ(client.Check("grpc.health.v1.Health"), Serving::SERVING);
  EXPECT_EQ(client.Check(kActors), Serving::SERVING);
  EXPECT_EQ(client.Check("no.such.Service"), -Code::NOT_FOUND);
  ASSERT_TRUE(aviary.node->Drain(absl::Seconds(60)).ok());
  EXPECT_EQ(client.Check(""), Serving::NOT_SERVING);
  EXPECT_EQ(client.Check(kParrot), Serving::NOT_SERVING);
  EXPECT_EQ(client.Check(kActors), Serving::NOT_SERVING);
}

TEST(GatewayHealthTest, WhoWatchesIsToldOfEachChange) {
  Aviary aviary;
  HealthClient client(aviary);
  stock::Context context;
  const auto watch = client.stub->Watch(&context, Of(kParrot));
  health::HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Serving::SERVING);
  // Watching is no work that a drain would wait for.
  ASSERT_TRUE(aviary.node->Drain(absl::Seconds(60)).ok());
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Serving::NOT_SERVING);
  context.TryCancel();
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), Code::CANCELLED);
}

TEST(GatewayHealthTest, AServiceThatBecomesKnownIsToldWithinAHeartbeat) {
  NodeOptions options;
  options.heartbeat = absl::Milliseconds(20);
  Aviary aviary(options);
  HealthClient client(aviary);
  stock::Context context;
  const auto watch = client.stub->Watch(&context, Of("troupe.testing.gateway.Other"));
  health::HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Serving::SERVICE_UNKNOWN);
  (void)aviary.node->Spawn<OtherActor>();
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Serving::SERVING);
  context.TryCancel();
}

TEST(GatewayHealthTest, ANodeThatShutsDownEndsTheWatch) {
  Aviary aviary;
  HealthClient client(aviary);
  stock::Context context;
  const auto watch = client.stub->Watch(&context, Of(""));
  health::HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  std::thread shutdown([&] { aviary.node->Shutdown(); });
  while (watch->Read(&response)) {
  }
  EXPECT_FALSE(watch->Finish().ok());
  shutdown.join();
}

TEST(GatewayHealthTest, TheAuthorizerIsAsked) {
  NodeOptions options;
  options.authorize = [](const Caller&, absl::string_view interface, absl::string_view method) {
    return interface == "Health" && method == "Check" ? absl::OkStatus()
                                                      : absl::PermissionDeniedError("no");
  };
  Aviary aviary(options);
  HealthClient client(aviary);
  EXPECT_EQ(client.Check(""), Serving::SERVING);
  stock::Context context;
  health::HealthCheckResponse response;
  const auto watch = client.stub->Watch(&context, Of(""));
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), Code::PERMISSION_DENIED);
}

struct ReflectionClient {
  explicit ReflectionClient(Aviary& aviary)
      : stub(reflection::ServerReflection::NewStub(aviary.client.channel)),
        stream(stub->ServerReflectionInfo(&context)) {}

  reflection::ServerReflectionResponse Ask(const reflection::ServerReflectionRequest& request) {
    reflection::ServerReflectionResponse response;
    EXPECT_TRUE(stream->Write(request));
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.original_request().SerializeAsString(), request.SerializeAsString());
    return response;
  }
  reflection::ServerReflectionResponse Symbol(const std::string& symbol) {
    reflection::ServerReflectionRequest request;
    request.set_file_containing_symbol(symbol);
    return Ask(request);
  }
  reflection::ServerReflectionResponse File(const std::string& name) {
    reflection::ServerReflectionRequest request;
    request.set_file_by_filename(name);
    return Ask(request);
  }

  stock::Context context;
  const std::unique_ptr<reflection::ServerReflection::Stub> stub;
  const std::unique_ptr<grpc::ClientReaderWriter<reflection::ServerReflectionRequest,
                                                 reflection::ServerReflectionResponse>>
      stream;
};

TEST(GatewayReflectionTest, TheServicesOfANodeAreListed) {
  Aviary aviary;
  ReflectionClient client(aviary);
  reflection::ServerReflectionRequest request;
  request.set_host("host");
  request.set_list_services("");
  const auto list = [&] {
    const reflection::ServerReflectionResponse response = client.Ask(request);
    EXPECT_EQ(response.valid_host(), "host");
    std::vector<std::string> names;
    for (const auto& service : response.list_services_response().service()) {
      names.push_back(service.name());
    }
    return names;
  };
  EXPECT_THAT(list(), ElementsAre("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                  "grpc.reflection.v1alpha.ServerReflection", kActors, kParrot));
  (void)aviary.node->Spawn<OtherActor>();
  EXPECT_THAT(list(), Contains("troupe.testing.gateway.Other"));
  client.stream->WritesDone();
  EXPECT_TRUE(client.stream->Finish().ok());
}

TEST(GatewayReflectionTest, ADescriptionIsEnoughToCallAMethod) {
  Aviary aviary;
  ReflectionClient client(aviary);
  google::protobuf::DescriptorPool pool;
  for (const std::string symbol :
       {kParrot, "troupe.testing.gateway.Parrot.Say", "troupe.testing.gateway.Text"}) {
    const auto files = client.Symbol(symbol).file_descriptor_response().file_descriptor_proto();
    ASSERT_GT(files.size(), 0) << symbol;
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(files[0]));
    EXPECT_EQ(file.name(), "tests/node/gateway.proto");
    if (pool.FindFileByName(file.name()) == nullptr) {
      ASSERT_NE(pool.BuildFile(file), nullptr);
    }
  }
  const auto* service = pool.FindServiceByName(kParrot);
  ASSERT_NE(service, nullptr);
  EXPECT_TRUE(service->FindMethodByName("Count")->server_streaming());
}

TEST(GatewayReflectionTest, FilesAreFoundByName) {
  Aviary aviary;
  ReflectionClient client(aviary);
  EXPECT_TRUE(client.File("tests/node/gateway.proto").has_file_descriptor_response());
}

TEST(GatewayReflectionTest, WhatTheNodeDoesNotServeIsNotFound) {
  Aviary aviary;
  ReflectionClient client(aviary);
  // Linked into this program, but no service of the node.
  EXPECT_EQ(client.Symbol("troupe.wire.Node").error_response().error_code(), Code::NOT_FOUND);
  EXPECT_EQ(client.File("proto/wire.proto").error_response().error_code(), Code::NOT_FOUND);
  EXPECT_EQ(client.Symbol("").error_response().error_code(), Code::NOT_FOUND);
  reflection::ServerReflectionRequest request;
  request.set_all_extension_numbers_of_type("no.such.Type");
  EXPECT_EQ(client.Ask(request).error_response().error_code(), Code::NOT_FOUND);
  request.set_all_extension_numbers_of_type("troupe.testing.gateway.Text");
  EXPECT_EQ(client.Ask(request).all_extension_numbers_response().base_type_name(),
            "troupe.testing.gateway.Text");
  request.mutable_file_containing_extension()->set_containing_type("troupe.testing.gateway.Text");
  request.mutable_file_containing_extension()->set_extension_number(7);
  EXPECT_EQ(client.Ask(request).error_response().error_code(), Code::NOT_FOUND);
  EXPECT_EQ(client.Ask({}).error_response().error_code(), Code::INVALID_ARGUMENT);
}

TEST(GatewayReflectionTest, TheServicesThatEveryNodeHasAreDescribed) {
  Aviary aviary;
  ReflectionClient client(aviary);
  google::protobuf::DescriptorPool pool;
  for (const std::string service : {"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                    "grpc.reflection.v1alpha.ServerReflection"}) {
    const auto files = client.Symbol(service).file_descriptor_response().file_descriptor_proto();
    ASSERT_EQ(files.size(), 1) << service;
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(files[0]));
    ASSERT_NE(pool.BuildFile(file), nullptr) << service;
    EXPECT_NE(pool.FindServiceByName(service), nullptr);
  }
  // As the clients of this test know them.
  for (const auto* known : {health::HealthCheckResponse::descriptor(),
                            reflection::ServerReflectionRequest::descriptor(),
                            reflection::ServerReflectionResponse::descriptor()}) {
    const auto* served = pool.FindMessageTypeByName(known->full_name());
    ASSERT_NE(served, nullptr) << known->full_name();
    ASSERT_EQ(served->field_count(), known->field_count());
    for (int i = 0; i < known->field_count(); ++i) {
      const auto* field = served->FindFieldByNumber(known->field(i)->number());
      ASSERT_NE(field, nullptr);
      EXPECT_EQ(field->DebugString(), known->field(i)->DebugString());
    }
  }
}

TEST(GatewayReflectionTest, TheActorsOfANodeAreDescribedWithTheirValues) {
  Aviary aviary;
  ReflectionClient client(aviary);
  const auto files = client.Symbol(kActors).file_descriptor_response().file_descriptor_proto();
  ASSERT_EQ(files.size(), 2);
  google::protobuf::DescriptorPool pool;
  for (const std::string& bytes : {files[1], files[0]}) {  // the import first
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(bytes));
    ASSERT_NE(pool.BuildFile(file), nullptr);
  }
  ASSERT_NE(pool.FindServiceByName(kActors), nullptr);
  EXPECT_NE(pool.FindServiceByName(kActors)->FindMethodByName("Call"), nullptr);
  EXPECT_TRUE(client.Symbol("troupe.wire.Value").has_file_descriptor_response());
  EXPECT_TRUE(client.File("proto/value.proto").has_file_descriptor_response());
}

TEST(GatewayReflectionTest, TheOtherVersionAnswersTheSame) {
  Aviary aviary;
  grpc::GenericStub stub(aviary.client.channel);
  grpc::CompletionQueue queue;
  stock::Context context;
  const auto stream = stub.PrepareCall(
      &context, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", &queue);
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  stream->StartCall(nullptr);
  ASSERT_TRUE(next());
  reflection::ServerReflectionRequest request;
  request.set_list_services("");
  const grpc::Slice slice(request.SerializeAsString());
  stream->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  ASSERT_TRUE(next());
  grpc::ByteBuffer reply;
  stream->Read(&reply, nullptr);
  ASSERT_TRUE(next());
  EXPECT_GT(reply.Length(), 0u);
  grpc::Slice garbage("\xff\xff");
  stream->Write(grpc::ByteBuffer(&garbage, 1), nullptr);
  ASSERT_TRUE(next());
  grpc::Status status;
  stream->Finish(&status, nullptr);
  ASSERT_TRUE(next());
  EXPECT_EQ(status.error_code(), Code::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

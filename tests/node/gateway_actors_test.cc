// Calls by name of actors without a .proto.

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "proto/wire.pb.h"
#include "tests/node/gateway_actors_test_util.h"

namespace troupe {
namespace testing {
namespace office {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Code = grpc::StatusCode;

TEST(GatewayActorsCallTest, MethodsAreCalledByName) {
  Office office;
  EXPECT_EQ(office.client.Call("bob", "AddOne", {Int(1)}), "integer: 2");
  EXPECT_EQ(office.client.Call("bob", "Double", {Int(4)}), "integer: 8") << "inherited";
  EXPECT_EQ(office.client.Call(office.clerk.urn().ToString(), "AddOne", {Int(1)}), "integer: 2");
  EXPECT_EQ(office.client.Call("bob", "Echo", {Value()}), "");
  stock::Context context("bob");
  Value result;
  ASSERT_TRUE(office.client.Call(&context, "AddOne", {Int(1)}, &result).ok());
  EXPECT_EQ(context.Trailer("troupe-node"), office.node->address());
  EXPECT_EQ(context.Trailer("troupe-actor-urn"), office.clerk.urn().ToString());
}

TEST(GatewayActorsCallTest, AMethodWithoutResultGivesNull) {
  Office office;
  EXPECT_EQ(office.client.Call("bob", "Write", {Text("milk")}), "");
  EXPECT_EQ(office.client.Call("bob", "note"), "text: \"milk\"");
}

TEST(GatewayActorsCallTest, FieldsAreReadAndWritten) {
  Office office;
  EXPECT_EQ(office.client.Call("bob", "note"), "text: \"empty\"");
  EXPECT_EQ(office.client.Call("bob", "note", {Text("milk")}), "");
  EXPECT_EQ(office.client.Call("bob", "note"), "text: \"milk\"");
  EXPECT_EQ(office.client.Call("bob", "desk"), "integer: 7");
  EXPECT_THAT(office.client.Call("bob", "desk", {Int(8)}),
              StartsWith(CodeText(Code::INVALID_ARGUMENT)));
}

TEST(GatewayActorsCallTest, WhatIsWrongIsSaid) {
  Office office;
  const auto call = [&office](const std::string& actor, const std::string& method,
                              const std::vector<Value>& arguments) {
    return office.client.Call(actor, method, arguments);
  };
  const std::string invalid = CodeText(Code::INVALID_ARGUMENT);
  const std::string unimplemented = CodeText(Code::UNIMPLEMENTED);
  EXPECT_THAT(call("", "AddOne", {Int(1)}),
              AllOf(StartsWith(CodeText(Code::FAILED_PRECONDITION)), HasSubstr("troupe-actor")));
  EXPECT_THAT(call("nobody", "AddOne", {Int(1)}), StartsWith(CodeText(Code::NOT_FOUND)));
  EXPECT_THAT(call("urn:uuid:nonsense", "AddOne", {Int(1)}), StartsWith(invalid));
  (void)office.node->Spawn<Hermit>(SpawnOptions{.name = "hermit"});
  EXPECT_THAT(call("hermit", "AddOne", {Int(1)}), StartsWith(CodeText(Code::NOT_FOUND)));
  EXPECT_EQ(call("bob", "Sing", {}),
            unimplemented + "Clerk exports no method or field named \"Sing\"");
  EXPECT_THAT(call("bob", "", {}), StartsWith(unimplemented));
  EXPECT_THAT(call("bob", "Count", {Int(3)}),
              AllOf(StartsWith(unimplemented), HasSubstr("gives a stream")));
  EXPECT_THAT(call("bob", "AddOne", {}), StartsWith(invalid));
  EXPECT_THAT(call("bob", "AddOne", {Int(1), Int(2)}), StartsWith(invalid));
  EXPECT_THAT(call("bob", "AddOne", {Text("one")}),
              AllOf(StartsWith(invalid), HasSubstr("AddOne"), HasSubstr("expected an integer")));
  EXPECT_EQ(office.client.Call("bob", "note"), "text: \"empty\"");
}

TEST(GatewayActorsCallTest, ARequestThatDoesNotParseIsInvalid) {
  Office office;
  grpc::GenericStub stub(office.client.channel);
  const auto code = [&stub](const std::string& method, const std::string& bytes) {
    stock::Context context("bob");
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer reply;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, "/troupe.v1.Actors/" + method, grpc::StubOptions(), &request, &reply,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get().error_code();
  };
  EXPECT_EQ(code("Call", "\xff\xff\xff"), Code::INVALID_ARGUMENT);
  EXPECT_EQ(code("Call",
                 "\x0a\x06"
                 "AddOne\x12\x01\xff"),
            Code::INVALID_ARGUMENT);
  EXPECT_EQ(code("List", "\xff\xff\xff"), Code::INVALID_ARGUMENT);
  EXPECT_EQ(code("Sing", ""), Code::UNIMPLEMENTED);
  EXPECT_EQ(code("ServerReflectionInfo", ""), Code::UNIMPLEMENTED);
}

TEST(GatewayActorsCallTest, AnErrorKeepsItsCodeAndDetails) {
  Office office;
  stock::Context context("bob");
  Value result;
  const grpc::Status status = office.client.Call(
      &context, "Fail", {Int(static_cast<int>(Code::DATA_LOSS)), Text("a detail")}, &result);
  EXPECT_EQ(status.error_code(), Code::DATA_LOSS);
  EXPECT_EQ(status.error_message(), "as asked");
  wire::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  google::protobuf::StringValue value;
  ASSERT_EQ(details.details_size(), 1);
  ASSERT_TRUE(details.details(0).UnpackTo(&value));
  EXPECT_EQ(value.value(), "a detail");
}

TEST(GatewayActorsCallTest, PackedMessagesComeAndGo) {
  Aviary aviary;
  Value packed;
  packed.mutable_message()->set_type_name("troupe.testing.gateway.Text");
  packed.mutable_message()->set_data(stock::TextOf("hello").SerializeAsString());
  EXPECT_EQ(ActorsClient(aviary.node->address()).Call("polly", "Say", {packed}),
            packed.ShortDebugString());
}

TEST(GatewayActorsCallTest, ReferencesComeAndGo) {
  Office office;
  stock::Context context("bob");
  Value me;
  ASSERT_TRUE(office.client.Call(&context, "Me", {}, &me).ok());
  EXPECT_EQ(me.reference().urn(), office.clerk.urn().ToBytes());
  EXPECT_EQ(me.reference().class_name(), "Clerk");
  EXPECT_EQ(me.reference().node_address(), office.node->address());
  EXPECT_EQ(office.client.Call("bob", "Echo", {me}), me.ShortDebugString());
  const Ref<Clerk> other = office.node->Spawn<Clerk>(office.events);
  EXPECT_EQ(office.client.Call("bob", "Ask", {Reference(other, office.node->address()), Int(3)}),
            "integer: 6");
  EXPECT_EQ(office.client.Call("bob", "Ask", {Reference(other, ""), Int(3)}), "integer: 6");
  Value gone = Reference(other, "");
  gone.mutable_reference()->set_urn(std::string(16, '\x01'));
  EXPECT_THAT(office.client.Call("bob", "Ask", {gone, Int(3)}),
              StartsWith(CodeText(Code::NOT_FOUND)));
}

TEST(GatewayActorsCallTest, NoClientMakesANodeConnectToAnAddress) {
  Office office;
  Office stranger;
  const Value reference = Reference(stranger.clerk, stranger.node->address());
  EXPECT_THAT(
      office.client.Call("bob", "Ask", {reference, Int(3)}),
      AllOf(StartsWith(CodeText(Code::INVALID_ARGUMENT)), HasSubstr(stranger.node->address())));
  EXPECT_THAT(office.node->Peers(), IsEmpty());
}

TEST(GatewayActorsCallTest, TheDeadlineEndsTheCall) {
  Office office;
  stock::Context context("bob");
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  Value result;
  EXPECT_EQ(office.client.Call(&context, "Hang", {}, &result).error_code(),
            Code::DEADLINE_EXCEEDED);
  // It may not even have begun.
  if (office.events->Count("hanging") > 0) office.events->Await("hung");
  EXPECT_EQ(office.client.Call("bob", "AddOne", {Int(1)}), "integer: 2");
}

TEST(GatewayActorsCallTest, ACancelledCallEndsTheMethod) {
  TwoOffices offices;
  for (Office* const office : {&offices.here, &offices.there}) {
    stock::Context context(office == &offices.here ? "bob" : "far");
    std::thread canceller([&] {
      office->events->Await("hanging");
      context.TryCancel();
    });
    Value result;
    EXPECT_EQ(offices.here.client.Call(&context, "Hang", {}, &result).error_code(),
              Code::CANCELLED);
    canceller.join();
    office->events->Await("hung");
  }
}

TEST(GatewayActorsCallTest, TheMethodSeesTheClient) {
  Office office;
  stock::Context context("bob");
  context.AddMetadata("first-key", "a value");
  Value result;
  ASSERT_TRUE(office.client.Call(&context, "Look", {}, &result).ok());
  ASSERT_EQ(result.list().items_size(), 3);
  EXPECT_THAT(result.list().items(0).text(), StartsWith("ipv4:"));
  EXPECT_EQ(result.list().items(1).text(), "a value");
  EXPECT_EQ(result.list().items(2).text(), "deadline");
  EXPECT_EQ(context.Header("seen-initial"), "1");
  EXPECT_EQ(context.Trailer("seen-trailing"), "2");
}

TEST(GatewayActorsCallTest, CallsGoToTheNodeWhereTheActorLives) {
  TwoOffices offices;
  ActorsClient& client = offices.here.client;
  EXPECT_EQ(client.Call("far", "AddOne", {Int(1)}), "integer: 2");
  EXPECT_EQ(client.Call("far", "Write", {Text("from afar")}), "");
  EXPECT_EQ(*offices.there.clerk->note().Get(), "from afar");
  EXPECT_THAT(client.Call("far", "Sing"), StartsWith(CodeText(Code::UNIMPLEMENTED)));
  EXPECT_THAT(client.Call("far", "Count", {Int(1)}), StartsWith(CodeText(Code::UNIMPLEMENTED)));
  EXPECT_THAT(client.Call("far", "AddOne"), StartsWith(CodeText(Code::INVALID_ARGUMENT)));
  EXPECT_EQ(client.Call("far", "Fail", {Int(15), Text("")}), "15: as asked");
  stock::Context context(offices.there.clerk.urn().ToString());
  Value far;
  ASSERT_TRUE(client.Call(&context, "Me", {}, &far).ok());
  EXPECT_EQ(context.Trailer("troupe-node"), offices.there.node->address());
  EXPECT_EQ(far.reference().node_address(), offices.there.node->address());
  // References to what lives there, and here, go along.
  EXPECT_EQ(client.Call("bob", "Ask", {far, Int(3)}), "integer: 6");
  EXPECT_EQ(client.Call("bob", "Ask", {Reference(offices.there.clerk, ""), Int(3)}), "integer: 6");
  EXPECT_EQ(client.Call("far", "Ask", {Reference(offices.here.clerk, ""), Int(3)}), "integer: 6");
}

TEST(GatewayActorsCallTest, AResultOrRequestOverTheLimitIsResourceExhausted) {
  NodeOptions options;
  options.limits.message_bytes = 2'000'000;
  Office office(options);
  EXPECT_THAT(office.client.Call("bob", "Fill", {Int(2'000'001)}),
              AllOf(StartsWith(CodeText(Code::RESOURCE_EXHAUSTED)), HasSubstr("2000000")));
  EXPECT_THAT(office.client.Call("bob", "Write", {Text(std::string(2'000'001, 'x'))}),
              StartsWith(CodeText(Code::RESOURCE_EXHAUSTED)));
  ASSERT_TRUE(office.node->Register(std::string(2'000'001, 'x'), office.clerk).ok());
  v1::ListResponse response;
  EXPECT_EQ(office.client.List({}, &response).error_code(), Code::RESOURCE_EXHAUSTED);
  EXPECT_EQ(office.client.Call("bob", "AddOne", {Int(1)}), "integer: 2");
}

TEST(GatewayActorsCallTest, TheAuthorizerIsAskedAboutTheMethod) {
  NodeOptions options;
  options.authorize = [](const Caller&, absl::string_view interface, absl::string_view method) {
    if (interface == "Clerk" && method == "AddOne") return absl::OkStatus();
    return absl::PermissionDeniedError("a secret reason");
  };
  Office office(options);
  EXPECT_EQ(office.client.Call("bob", "AddOne", {Int(1)}), "integer: 2");
  const std::string denied = office.client.Call("bob", "Write", {Text("x")});
  EXPECT_THAT(denied, StartsWith(CodeText(Code::PERMISSION_DENIED)));
  EXPECT_EQ(office.client.Call("bob", "Sing"), denied);
  EXPECT_EQ(office.client.Call("nobody", "AddOne", {Int(1)}), denied);
  EXPECT_EQ(office.client.Call("", "AddOne", {Int(1)}), denied);
  v1::ListResponse response;
  EXPECT_EQ(office.client.List({}, &response).error_code(), Code::PERMISSION_DENIED);
}

TEST(GatewayActorsCallTest, ANodeThatDrainsListsButTakesNoCalls) {
  Office office;
  ASSERT_TRUE(office.node->Drain(absl::Seconds(60)).ok());
  EXPECT_THAT(office.client.Call("bob", "AddOne", {Int(1)}),
              StartsWith(CodeText(Code::UNAVAILABLE)));
  EXPECT_THAT(NamesOf(office.client.List()), ElementsAre("bob"));
}

}  // namespace
}  // namespace office
}  // namespace testing
}  // namespace troupe

// What comes along with a call and goes back with its reply: deadline, cancellation, metadata, who
// calls; and what a node that is full, drains or refuses tells.

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/gateway_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Code = grpc::StatusCode;

void SetDeadlineIn(stock::Context* context, std::chrono::milliseconds time) {
  context->set_deadline(std::chrono::system_clock::now() + time);
}

TEST(GatewayContextTest, TheDeadlineEndsTheCallAndTheMethod) {
  Aviary aviary;
  stock::Context context("polly");
  SetDeadlineIn(&context, std::chrono::milliseconds(200));
  gateway::Text reply;
  EXPECT_EQ(aviary.client.parrot->Hang(&context, stock::TextOf("x"), &reply).error_code(),
            Code::DEADLINE_EXCEEDED);
  // It may not even have begun.
  if (aviary.events->Count("hanging") > 0) aviary.events->Await("hung");
  EXPECT_EQ(aviary.client.Say("free", "polly"), "free");
}

TEST(GatewayContextTest, TheMethodSeesTheDeadline) {
  Aviary aviary;
  gateway::Seen seen;
  stock::Context with("polly");
  ASSERT_TRUE(aviary.client.parrot->Look(&with, stock::TextOf("x"), &seen).ok());
  EXPECT_TRUE(seen.has_deadline());
  stock::Context without("polly");
  without.set_deadline(std::chrono::system_clock::time_point::max());
  ASSERT_TRUE(aviary.client.parrot->Look(&without, stock::TextOf("x"), &seen).ok());
  EXPECT_FALSE(seen.has_deadline());
}

TEST(GatewayContextTest, ACancelledCallEndsTheMethod) {
  Aviary aviary;
  stock::Context context("polly");
  std::thread canceller([&] {
    aviary.events->Await("hanging");
    context.TryCancel();
  });
  gateway::Text reply;
  EXPECT_EQ(aviary.client.parrot->Hang(&context, stock::TextOf("x"), &reply).error_code(),
            Code::CANCELLED);
  canceller.join();
  aviary.events->Await("hung");
}

TEST(GatewayContextTest, TheMethodSeesMetadataAndWhoCalls) {
  Aviary aviary;
  stock::Context context("polly");
  context.AddMetadata("first-key", "a value");
  context.AddMetadata("some-bin", std::string("\x00\xff", 2));
  context.AddMetadata("twice", "1");
  context.AddMetadata("twice", "2");
  gateway::Seen seen;
  ASSERT_TRUE(aviary.client.parrot->Look(&context, stock::TextOf("x"), &seen).ok());
  EXPECT_TRUE(seen.has_client());
  EXPECT_THAT(seen.metadata(), Contains("first-key=a value"));
  EXPECT_THAT(seen.metadata(), Contains(absl::StrCat("some-bin=", std::string("\x00\xff", 2))));
  EXPECT_THAT(seen.metadata(), Contains("twice=1"));
  EXPECT_THAT(seen.metadata(), Contains("twice=2"));
  EXPECT_THAT(seen.metadata(), Contains("troupe-actor=polly"));
  EXPECT_THAT(seen.peer(), StartsWith("ipv4:127.0.0.1:"));
  EXPECT_EQ(seen.common_name(), "");
}

TEST(GatewayContextTest, TheMethodAddsMetadata) {
  Aviary aviary;
  stock::Context context("polly");
  gateway::Seen seen;
  ASSERT_TRUE(aviary.client.parrot->Look(&context, stock::TextOf("before"), &seen).ok());
  EXPECT_EQ(context.Header("seen-initial"), "before");
  EXPECT_EQ(context.Trailer("seen-trailing-bin"), "\x01\x02");
  EXPECT_EQ(context.Trailer("not-a-value"), "");
}

TEST(GatewayContextTest, CallsThroughAReferenceHaveNoClient) {
  Aviary aviary;
  const Ref<gateway::actors::Parrot> parrot = aviary.parrot;
  const auto seen = parrot->Look(gateway::Text()).Get();
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_FALSE(seen->has_client());
}

TEST(GatewayContextTest, AClientThatMayNotLearnsNothingElse) {
  NodeOptions options;
  Mutex mu;
  std::set<std::string> asked;
  options.authorize = [&](const Caller& caller, absl::string_view interface,
                          absl::string_view method) -> absl::Status {
    EXPECT_THAT(caller.transport_address, StartsWith("ipv4:"));
    MutexLock lock(&mu);
    asked.insert(absl::StrCat(interface, ".", method));
    if (method == "Resize") return absl::OkStatus();
    return absl::InternalError("a secret reason");
  };
  Aviary aviary(options);
  const std::string denied = aviary.client.Say("x", "polly");
  EXPECT_THAT(denied, StartsWith(absl::StrCat(static_cast<int>(Code::PERMISSION_DENIED))));
  EXPECT_THAT(denied, Not(HasSubstr("secret")));
  EXPECT_EQ(aviary.client.Say("x", "nobody"), denied);
  EXPECT_EQ(aviary.client.Say("x"), denied);
  stock::Context unknown("polly");
  gateway::Text text;
  EXPECT_EQ(gateway::Other::NewStub(aviary.client.channel)
                ->Say(&unknown, gateway::Text(), &text)
                .error_code(),
            Code::PERMISSION_DENIED);
  EXPECT_EQ(unknown.Trailer("troupe-node"), "");
  stock::Context allowed("polly");
  gateway::Blob blob;
  EXPECT_TRUE(aviary.client.parrot->Resize(&allowed, gateway::Blob(), &blob).ok());
  MutexLock lock(&mu);
  EXPECT_THAT(asked, ::testing::IsSupersetOf({"Parrot.Say", "Parrot.Resize", "Other.Say"}));
}

TEST(GatewayContextTest, ADrainingNodeIsUnavailableAndFinishesWhatItHas) {
  Aviary aviary;
  stock::Context context("polly");
  gateway::Text reply;
  grpc::Status hanging;
  std::thread caller(
      [&] { hanging = aviary.client.parrot->Hang(&context, stock::TextOf("x"), &reply); });
  aviary.events->Await("hanging");
  EXPECT_EQ(aviary.node->Drain(absl::ZeroDuration()).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(aviary.client.CodeOfSay("x", "polly"), Code::UNAVAILABLE);
  context.TryCancel();
  caller.join();
  EXPECT_EQ(hanging.error_code(), Code::CANCELLED);
  EXPECT_TRUE(aviary.node->Drain(absl::Seconds(60)).ok());
}

TEST(GatewayContextTest, CallsOverTheLimitAreResourceExhausted) {
  NodeOptions options;
  options.limits.client_calls = 1;
  Aviary aviary(options);
  stock::Context context("polly");
  gateway::Text reply;
  std::thread caller(
      [&] { (void)aviary.client.parrot->Hang(&context, stock::TextOf("x"), &reply); });
  aviary.events->Await("hanging");
  EXPECT_THAT(aviary.client.Say("x", "polly"),
              AllOf(StartsWith(absl::StrCat(static_cast<int>(Code::RESOURCE_EXHAUSTED))),
                    HasSubstr("limit")));
  context.TryCancel();
  caller.join();
}

TEST(GatewayContextTest, BytesThatWaitOverTheLimitAreResourceExhausted) {
  NodeOptions options;
  options.limits.inbound_bytes = 100'000;
  Aviary aviary(options);
  stock::Context hang("polly");
  gateway::Text reply;
  std::thread caller([&] { (void)aviary.client.parrot->Hang(&hang, stock::TextOf("x"), &reply); });
  aviary.events->Await("hanging");
  gateway::Blob request;
  request.set_data(std::string(200'000, 'r'));
  gateway::Blob blob;
  stock::Context context("polly");
  EXPECT_EQ(aviary.client.parrot->Resize(&context, request, &blob).error_code(),
            Code::RESOURCE_EXHAUSTED);
  hang.TryCancel();
  caller.join();
  aviary.events->Await("hung");
}

TEST(GatewayContextTest, ANodeThatShutsDownEndsTheCallsOfClients) {
  Aviary aviary;
  gateway::Text reply;
  grpc::Status hanging;
  stock::Context context("polly");
  std::thread caller(
      [&] { hanging = aviary.client.parrot->Hang(&context, stock::TextOf("x"), &reply); });
  aviary.events->Await("hanging");
  std::thread shutdown([&] { aviary.node->Shutdown(); });
  context.TryCancel();
  caller.join();
  shutdown.join();
  EXPECT_FALSE(hanging.ok());
}

// Two nodes: the client calls the one, the actor lives on the other.
struct Forwarding {
  Forwarding() {
    absl::StatusOr<AnyRef> far = here->At(there.node->address()).Find("polly").Get();
    CHECK(far.ok()) << far.status();
    CHECK(here->Register("far", *far).ok());
    CHECK(here->RegisterDefault(Ref<gateway::actors::Parrot>(far->recipient())).ok());
  }

  Aviary there;
  const std::unique_ptr<Node> here = MakeGatewayNode();
  stock::Client client{here->address()};
};

TEST(GatewayForwardTest, CallsGoToTheNodeWhereTheActorLives) {
  Forwarding forwarding;
  EXPECT_EQ(forwarding.client.Say("hello", "far"), "hello");
  EXPECT_EQ(forwarding.client.Say("hello"), "hello");
  stock::Context context(forwarding.there.parrot.urn().ToString());
  gateway::Text reply;
  ASSERT_TRUE(forwarding.client.parrot->Say(&context, stock::TextOf("x"), &reply).ok());
  EXPECT_EQ(context.Trailer("troupe-node"), forwarding.there.node->address());
  EXPECT_EQ(context.Trailer("troupe-actor-urn"), forwarding.there.parrot.urn().ToString());
}

TEST(GatewayForwardTest, ErrorsAndStreamsComeBack) {
  Forwarding forwarding;
  gateway::Failure failure;
  failure.set_code(static_cast<int>(Code::DATA_LOSS));
  failure.set_message("lost");
  failure.set_detail("detail");
  stock::Context failing("far");
  gateway::Text text;
  const grpc::Status status = forwarding.client.parrot->Fail(&failing, failure, &text);
  EXPECT_EQ(status.error_code(), Code::DATA_LOSS);
  EXPECT_EQ(status.error_message(), "lost");
  EXPECT_NE(status.error_details(), "");
  stock::Context counting("far");
  gateway::Range range;
  range.set_count(1000);
  const auto stream = forwarding.client.parrot->Count(&counting, range);
  int count = 0;
  while (stream->Read(&text)) EXPECT_EQ(text.text(), std::to_string(count++));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(count, 1000);
}

TEST(GatewayForwardTest, CancellationAndDeadlineReachTheOtherNode) {
  Forwarding forwarding;
  gateway::Text reply;
  stock::Context cancelled("far");
  std::thread canceller([&] {
    forwarding.there.events->Await("hanging");
    cancelled.TryCancel();
  });
  EXPECT_EQ(forwarding.client.parrot->Hang(&cancelled, stock::TextOf("x"), &reply).error_code(),
            Code::CANCELLED);
  canceller.join();
  forwarding.there.events->Await("hung");
  stock::Context context("far");
  gateway::Seen seen;
  ASSERT_TRUE(forwarding.client.parrot->Look(&context, stock::TextOf("x"), &seen).ok());
  EXPECT_TRUE(seen.has_deadline());
}

TEST(GatewayForwardTest, ANodeThatIsGoneIsUnavailable) {
  Forwarding forwarding;
  forwarding.there.node->Shutdown();
  const std::string said = forwarding.client.Say("x", "far");
  EXPECT_THAT(said, StartsWith(absl::StrCat(static_cast<int>(Code::UNAVAILABLE)))) << said;
}

}  // namespace
}  // namespace testing
}  // namespace troupe

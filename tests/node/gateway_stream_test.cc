// Streams of an actor, read by a stock client.

#include <memory>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/gateway_test_util.h"

namespace troupe {
namespace testing {
namespace {

using Code = grpc::StatusCode;

gateway::Range RangeOf(int64_t count, int64_t bytes = 0) {
  gateway::Range range;
  range.set_count(count);
  range.set_bytes(bytes);
  return range;
}

TEST(GatewayStreamTest, AllItemsComeInOrder) {
  Aviary aviary;
  for (const int64_t count : {0, 1, 127, 128, 129, 5000}) {
    stock::Context context("polly");
    const auto stream = aviary.client.parrot->Count(&context, RangeOf(count));
    gateway::Text text;
    int64_t read = 0;
    while (stream->Read(&text)) ASSERT_EQ(text.text(), std::to_string(read++));
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(read, count);
    EXPECT_EQ(context.Trailer("troupe-actor-urn"), aviary.parrot.urn().ToString());
    EXPECT_EQ(context.Trailer("troupe-node"), aviary.node->address());
  }
}

TEST(GatewayStreamTest, LargeItemsCome) {
  Aviary aviary;
  stock::Context context("polly");
  const auto stream = aviary.client.parrot->Count(&context, RangeOf(20, 1 << 20));
  gateway::Text text;
  int read = 0;
  for (; stream->Read(&text); ++read) ASSERT_EQ(text.text().size(), size_t{1} << 20);
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(read, 20);
}

TEST(GatewayStreamTest, AnErrorComesBehindTheItems) {
  Aviary aviary;
  gateway::Range range = RangeOf(300);
  range.mutable_failure()->set_code(static_cast<int>(Code::ABORTED));
  range.mutable_failure()->set_message("that was all");
  range.mutable_failure()->set_detail("detail");
  stock::Context context("polly");
  const auto stream = aviary.client.parrot->Count(&context, range);
  gateway::Text text;
  int read = 0;
  while (stream->Read(&text)) ++read;
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(read, 300);
  EXPECT_EQ(status.error_code(), Code::ABORTED);
  EXPECT_EQ(status.error_message(), "that was all");
  EXPECT_NE(status.error_details(), "");
}

TEST(GatewayStreamTest, AClientThatDoesNotReadStopsTheGenerator) {
  Aviary aviary;
  stock::Context context("polly");
  const auto stream = aviary.client.parrot->Count(&context, RangeOf(1000, 100'000));
  gateway::Text text;
  ASSERT_TRUE(stream->Read(&text));
  aviary.events->Await("counted");
  // 100 MB do not fit into what is on the way; that the end of it was not reached is all that does
  // not depend on how fast things are.
  EXPECT_LT(aviary.events->Count("counted"), 1000);
  EXPECT_EQ(aviary.events->Count("count ended"), 0);
  int read = 1;
  while (stream->Read(&text)) ++read;
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(read, 1000);
}

TEST(GatewayStreamTest, AClientThatCancelsEndsTheGenerator) {
  Aviary aviary;
  {
    stock::Context context("polly");
    const auto stream = aviary.client.parrot->Count(&context, RangeOf(-1));
    gateway::Text text;
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(stream->Read(&text));
    context.TryCancel();
    while (stream->Read(&text)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
  }
  aviary.events->Await("count ended");
  {
    stock::Context context("polly");
    const auto stream = aviary.client.parrot->HangAfterOne(&context, stock::TextOf("one"));
    gateway::Text text;
    ASSERT_TRUE(stream->Read(&text));
    EXPECT_EQ(text.text(), "one");
    aviary.events->Await("stream hanging");
    context.TryCancel();
    EXPECT_FALSE(stream->Read(&text));
    EXPECT_EQ(stream->Finish().error_code(), Code::CANCELLED);
  }
  aviary.events->Await("stream hung");
  EXPECT_TRUE(aviary.node->Drain(absl::Seconds(60)).ok());
}

TEST(GatewayStreamTest, AClientThatGoesAwayEndsTheGenerator) {
  Aviary aviary;
  {
    stock::Context context("polly");
    stock::Client leaving(aviary.node->address());
    const auto stream = leaving.parrot->HangAfterOne(&context, stock::TextOf("one"));
    gateway::Text text;
    ASSERT_TRUE(stream->Read(&text));
    aviary.events->Await("stream hanging");
    context.TryCancel();
    (void)stream->Finish();
  }
  aviary.events->Await("stream hung");
}

TEST(GatewayStreamTest, TheDeadlineEndsTheStream) {
  Aviary aviary;
  stock::Context context("polly");
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(500));
  const auto stream = aviary.client.parrot->HangAfterOne(&context, stock::TextOf("one"));
  gateway::Text text;
  while (stream->Read(&text)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), Code::DEADLINE_EXCEEDED);
  EXPECT_TRUE(aviary.node->Drain(absl::Seconds(60)).ok());
}

TEST(GatewayStreamTest, AnActorThatStopsEndsTheStream) {
  Aviary aviary;
  stock::Context context("polly");
  const auto stream = aviary.client.parrot->Count(&context, RangeOf(-1));
  gateway::Text text;
  ASSERT_TRUE(stream->Read(&text));
  const Future<void> stopped = aviary.parrot.Stop();
  while (stream->Read(&text)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), Code::NOT_FOUND);
  EXPECT_TRUE(stopped.Get().ok());
}

TEST(GatewayStreamTest, AnItemOverTheLimitEndsTheStream) {
  NodeOptions options;
  options.limits.message_bytes = 1'000'000;
  Aviary aviary(options);
  stock::Context context("polly");
  const auto stream = aviary.client.parrot->Count(&context, RangeOf(3, 1'000'001));
  gateway::Text text;
  EXPECT_FALSE(stream->Read(&text));
  EXPECT_EQ(stream->Finish().error_code(), Code::RESOURCE_EXHAUSTED);
  aviary.events->Await("count ended");
}

TEST(GatewayStreamTest, TheGeneratorSeesWhoCallsAndAddsMetadata) {
  Aviary aviary;
  stock::Context context("polly");
  context.AddMetadata("some-key", "some value");
  const auto stream = aviary.client.parrot->LookStreaming(&context, gateway::Text());
  gateway::Seen seen;
  ASSERT_TRUE(stream->Read(&seen));
  EXPECT_TRUE(seen.has_client());
  EXPECT_THAT(seen.metadata(), ::testing::Contains("some-key=some value"));
  EXPECT_FALSE(stream->Read(&seen));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(context.Header("seen-initial"), "streaming");
  EXPECT_EQ(context.Trailer("seen-trailing"), "streaming");
}

}  // namespace
}  // namespace testing
}  // namespace troupe

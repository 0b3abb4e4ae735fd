#include "node/outbox.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/frames.h"
#include "runtime/random.h"

namespace troupe::internal {
namespace {

using ::testing::ElementsAre;

constexpr size_t kBatch = 1000;
const Urn kA(1, 1);
const Urn kB(2, 2);

// Reads what an outbox gives as the other side would. A call's number and argument size, as text.
class Collector : public FrameHandler {
 public:
  void Take(const Message& batch) {
    ASSERT_TRUE(batch);
    EXPECT_LE(batch.size(), kMaxBatchBytes);
    ASSERT_TRUE(ReadFrames(*batch.Joined(), *this).ok());
  }
  // All that there is to write.
  size_t TakeAll(Outbox& outbox) {
    size_t batches = 0;
    while (outbox.HasNext()) {
      Take(outbox.Next(0));
      ++batches;
    }
    EXPECT_FALSE(outbox.Next(0));
    return batches;
  }
  const std::vector<std::string>& seen() const { return seen_; }

  absl::Status OnCall(const CallFrameFields& call) override {
    seen_.push_back(std::to_string(call.id));
    return absl::OkStatus();
  }
  absl::Status OnReply(uint32_t, absl::Status, absl::string_view) override {
    return absl::OkStatus();
  }
  absl::Status OnCancel(uint32_t id) override {
    seen_.push_back("cancel " + std::to_string(id));
    return absl::OkStatus();
  }
  absl::Status OnPiece(uint64_t total_bytes, absl::string_view data) override {
    if (large_.empty()) total_ = total_bytes;
    large_.append(data.data(), data.size());
    if (large_.size() < total_) return absl::OkStatus();
    EXPECT_EQ(large_.size(), total_);
    const std::string frame = std::move(large_);
    large_.clear();
    return ReadFrame(frame, *this);
  }
  absl::Status OnGoodbye(absl::string_view) override {
    seen_.push_back("goodbye");
    return absl::OkStatus();
  }

 private:
  std::vector<std::string> seen_;
  std::string large_;
  uint64_t total_ = 0;
};

CallFrameFields Call(uint32_t id, absl::string_view arguments) {
  CallFrameFields call;
  call.id = id;
  call.method_name = "M";
  call.arguments = arguments;
  return call;
}

uint64_t AddSmall(Outbox& outbox, uint32_t id, size_t bytes = 10) {
  const std::string arguments(bytes, 'x');
  AppendCall(outbox.BeginFrame(), Call(id, arguments));
  return outbox.EndFrame();
}

void AddLarge(Outbox& outbox, uint32_t id, const Urn& order, size_t bytes) {
  const std::string arguments(bytes, 'x');
  outbox.AddLarge(EncodeCallHead(Call(id, arguments)), arguments, order, id);
}

TEST(OutboxTest, FramesThatBecomeReadyTogetherLeaveInOneBatch) {
  Outbox outbox(1 << 20, kBatch);
  EXPECT_FALSE(outbox.HasNext());
  EXPECT_FALSE(outbox.Next(0));
  for (uint32_t id = 1; id <= 3; ++id) EXPECT_EQ(AddSmall(outbox, id), 1u);
  Collector collector;
  EXPECT_EQ(collector.TakeAll(outbox), 1u);
  EXPECT_THAT(collector.seen(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(AddSmall(outbox, 4), 2u);
}

TEST(OutboxTest, ABatchOverItsLimitIsFollowedByAnother) {
  Outbox outbox(1 << 20, kBatch);
  for (uint32_t id = 1; id <= 100; ++id) AddSmall(outbox, id, 100);
  Collector collector;
  const size_t batches = collector.TakeAll(outbox);
  EXPECT_GE(batches, 10u);
  EXPECT_LE(batches, 13u);
  EXPECT_EQ(collector.seen().size(), 100u);
  EXPECT_EQ(outbox.written(), batches);
}

TEST(OutboxTest, ABatchIsKeptUntilAcknowledged) {
  Outbox outbox(1 << 20, kBatch);
  AddSmall(outbox, 1);
  const Message first = outbox.Next(0);
  AddSmall(outbox, 2);
  const Message second = outbox.Next(0);
  EXPECT_EQ(outbox.bytes(), first.size() + second.size());
  EXPECT_TRUE(outbox.Acknowledge(1));
  EXPECT_EQ(outbox.bytes(), second.size());
  EXPECT_TRUE(outbox.Acknowledge(1)) << "again";
  EXPECT_TRUE(outbox.Acknowledge(0)) << "an old one";
  EXPECT_TRUE(outbox.Acknowledge(2));
  EXPECT_TRUE(outbox.empty());
  EXPECT_FALSE(outbox.Acknowledge(3)) << "never written";
}

TEST(OutboxTest, WhatIsNotWrittenCannotBeAcknowledged) {
  Outbox outbox(1 << 20, kBatch);
  AddSmall(outbox, 1);
  EXPECT_FALSE(outbox.Acknowledge(1));
  EXPECT_FALSE(outbox.Rewind(1));
  EXPECT_TRUE(outbox.HasNext());
}

TEST(OutboxTest, ANewConnectionGetsTheUnacknowledgedBatchesAgainWithTheirNumbers) {
  Outbox outbox(1 << 20, kBatch);
  for (uint32_t id = 1; id <= 4; ++id) {
    AddSmall(outbox, id);
    (void)outbox.Next(0);
  }
  AddSmall(outbox, 5);
  ASSERT_TRUE(outbox.Rewind(2));
  std::vector<uint64_t> numbers;
  Collector collector;
  while (outbox.HasNext()) {
    const Message batch = outbox.Next(7);
    numbers.push_back(ReadBatchHeader(*batch.own)->sequence);
    collector.Take(batch);
  }
  EXPECT_THAT(numbers, ElementsAre(3, 4, 5));
  EXPECT_THAT(collector.seen(), ElementsAre("3", "4", "5"));
  EXPECT_EQ(outbox.written(), 5u);
  ASSERT_TRUE(outbox.Rewind(2));
  EXPECT_TRUE(outbox.Acknowledge(4)) << "written before";
  EXPECT_EQ(ReadBatchHeader(*outbox.Next(0).own)->sequence, 5u);
}

TEST(OutboxTest, ASmallFrameOvertakesALargeOneOfAnother) {
  Outbox outbox(1 << 20, kBatch);
  AddLarge(outbox, 1, kA, 5000);
  Collector collector;
  collector.Take(outbox.Next(0));
  EXPECT_TRUE(outbox.HasLarge(kA));
  EXPECT_FALSE(outbox.HasLarge(kB));
  AddSmall(outbox, 2);
  collector.TakeAll(outbox);
  EXPECT_THAT(collector.seen(), ElementsAre("2", "1"));
  EXPECT_FALSE(outbox.HasLarge(kA));
}

TEST(OutboxTest, AHeadLargerThanABatchGoesInPiecesToo) {
  Outbox outbox(1 << 20, kBatch);
  const std::string name(3000, 'n');
  const std::string arguments(3000, 'x');
  CallFrameFields call = Call(7, arguments);
  call.method_name = name;
  outbox.AddLarge(EncodeCallHead(call), arguments, kA, 7);
  AddSmall(outbox, 8);
  Collector collector;
  EXPECT_GE(collector.TakeAll(outbox), 3u);
  EXPECT_THAT(collector.seen(), ElementsAre("8", "7"));
}

TEST(OutboxTest, BuffersAreUsedAgainOnceNobodyElseHoldsThem) {
  Outbox outbox(1 << 20, kBatch);
  AddSmall(outbox, 1, 500);
  SharedBytes held = outbox.Next(0).own;
  const std::string copy = *held;
  const char* const memory = held->data();
  EXPECT_TRUE(outbox.Acknowledge(1));
  AddSmall(outbox, 2, 500);
  AddSmall(outbox, 3, 500);
  EXPECT_EQ(*held, copy) << "the transport still reads it";
  held = nullptr;

  SharedBytes next = outbox.Next(0).own;
  const char* const reused = next->data();
  next = nullptr;
  EXPECT_NE(reused, memory);
  EXPECT_TRUE(outbox.Acknowledge(2));
  AddSmall(outbox, 4, 500);
  (void)outbox.Next(0);
  AddSmall(outbox, 5, 500);
  EXPECT_EQ(outbox.Next(0).own->data(), reused);

  outbox.AddLarge("head", std::string(5000, 'x'), kA);
  while (outbox.HasNext()) (void)outbox.Next(0);
  EXPECT_GE(outbox.TakeSpareBody().capacity(), 5000u);
  EXPECT_LT(outbox.TakeSpareBody().capacity(), 100u);
}

TEST(OutboxTest, PiecesShareTheMemoryOfTheirFrameUntilAllAreAcknowledged) {
  constexpr size_t kLargeBatch = 10'000;
  Outbox outbox(1 << 20, kLargeBatch);
  std::string body(25'000, 'x');
  const char* const memory = body.data();
  AddSmall(outbox, 1);
  std::string head = EncodeCallHead(Call(2, body));
  outbox.AddLarge(std::move(head), std::move(body), kA, 2);
  Collector collector;
  std::vector<Message> batches;
  while (outbox.HasNext()) batches.push_back(outbox.Next(0));
  ASSERT_EQ(batches.size(), 3u);
  size_t tails = 0;
  size_t bytes = 0;
  for (const Message& batch : batches) {
    EXPECT_EQ(batch.tail.data(), memory + tails);
    EXPECT_LT(batch.own->size(), 200u);
    tails += batch.tail.size();
    bytes += batch.size();
    collector.Take(batch);
  }
  EXPECT_EQ(tails, 25'000u);
  EXPECT_EQ(outbox.bytes(), bytes);
  EXPECT_THAT(collector.seen(), ElementsAre("1", "2"));
  EXPECT_EQ(batches.back().shared->size(), 25'000u);

  EXPECT_TRUE(outbox.Acknowledge(2));
  EXPECT_NE(outbox.TakeSpareBody().data(), memory) << "the last one is still needed";
  ASSERT_TRUE(outbox.Rewind(2));
  EXPECT_EQ(*outbox.Next(0).Joined(), *batches.back().Joined()) << "sent again";
  batches.clear();
  EXPECT_TRUE(outbox.Acknowledge(3));
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.TakeSpareBody().data(), memory);
}

TEST(OutboxTest, SmallFramesBehindALargeOneShareBatches) {
  Outbox outbox(1 << 20, kBatch);
  AddLarge(outbox, 1, kA, 5000);
  for (uint32_t id = 2; id <= 101; ++id) AddLarge(outbox, id, kA, 10);
  Collector collector;
  EXPECT_LE(collector.TakeAll(outbox), 12u);
  ASSERT_EQ(collector.seen().size(), 101u);
  for (size_t i = 0; i < 101; ++i) EXPECT_EQ(collector.seen()[i], std::to_string(i + 1));
}

TEST(OutboxTest, WhatMustNotOvertakeLargeFramesDoesNot) {
  Outbox outbox(1 << 20, kBatch);
  AddLarge(outbox, 1, kA, 5000);
  std::string cancel;
  AppendCancel(&cancel, 1);
  outbox.AddBehindLarge(cancel);
  std::string goodbye;
  AppendGoodbye(&goodbye, "bye");
  outbox.AddBehindLarge(goodbye);
  AddSmall(outbox, 2);
  Collector collector;
  collector.TakeAll(outbox);
  EXPECT_THAT(collector.seen(), ElementsAre("2", "1", "cancel 1", "goodbye"));
  outbox.AddBehindLarge(cancel);
  collector.TakeAll(outbox);
  EXPECT_EQ(collector.seen().back(), "cancel 1");
  EXPECT_TRUE(outbox.Acknowledge(outbox.written()));
  EXPECT_TRUE(outbox.empty());
}

TEST(OutboxTest, LargeFramesOverALimitLearnedLateAreForgotten) {
  Outbox outbox(1 << 20, kBatch);
  AddLarge(outbox, 1, kA, 5000);
  AddLarge(outbox, 2, kB, 2000);
  AddLarge(outbox, 3, kB, 6000);
  const std::vector<Outbox::Dropped> dropped = outbox.DropLargerThan(3000);
  ASSERT_EQ(dropped.size(), 2u);
  EXPECT_EQ(dropped[0].call, 1u);
  EXPECT_GT(dropped[0].bytes, 5000u);
  EXPECT_EQ(dropped[1].call, 3u);
  EXPECT_FALSE(outbox.HasLarge(kA));
  EXPECT_TRUE(outbox.HasLarge(kB));
  Collector collector;
  collector.TakeAll(outbox);
  EXPECT_THAT(collector.seen(), ElementsAre("2"));
  EXPECT_TRUE(outbox.Acknowledge(outbox.written()));
  EXPECT_TRUE(outbox.empty());
}

TEST(OutboxTest, TheBoundCountsWhatIsQueuedAndWhatIsNotAcknowledged) {
  Outbox outbox(10'000, kBatch);
  EXPECT_TRUE(outbox.HasRoom(10'000));
  EXPECT_FALSE(outbox.HasRoom(10'001));
  AddLarge(outbox, 1, kA, 4000);
  AddSmall(outbox, 2, 900);
  EXPECT_FALSE(outbox.HasRoom(5100));
  Collector collector;
  collector.TakeAll(outbox);
  EXPECT_FALSE(outbox.HasRoom(5100)) << "kept";
  EXPECT_TRUE(outbox.Acknowledge(outbox.written()));
  EXPECT_TRUE(outbox.HasRoom(10'000));
}

TEST(OutboxTest, TheAcknowledgementIsTheOneOfTheMomentOfSealing) {
  Outbox outbox(1 << 20, kBatch);
  AddSmall(outbox, 1);
  EXPECT_EQ(ReadBatchHeader(*outbox.Next(17).own)->acknowledged, 17u);
  AddSmall(outbox, 2, 2000);
  AddSmall(outbox, 3);
  EXPECT_LE(ReadBatchHeader(*outbox.Next(18).own)->acknowledged, 18u);
}

// Against a model: in whatever order things are added, written, acknowledged and begun anew, the
// other side, which drops numbers it has seen, sees every frame once, and each actor's in order.
TEST(OutboxTest, EveryFrameArrivesOnceAndInItsActorsOrderWhateverHappens) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(seed);
    RandomSource random(seed);
    // Half of them with batches large enough for pieces that are shared.
    const size_t batch_bytes = seed % 2 == 0 ? kBatch : 10 * kBatch;
    Outbox outbox(1 << 30, batch_bytes);
    Collector collector;
    uint64_t received = 0;
    uint32_t next_id = 1;
    std::vector<std::vector<std::string>> expected(3);
    const auto write = [&](bool arrives) {
      const Message batch = outbox.Next(0);
      if (!batch || !arrives) return;
      const uint64_t sequence = ReadBatchHeader(*batch.Joined())->sequence;
      if (sequence <= received) return;
      ASSERT_EQ(sequence, received + 1);
      received = sequence;
      collector.Take(batch);
    };
    bool connected = true;
    for (int step = 0; step < 200; ++step) {
      switch (random.NextBelow(6)) {
        case 0:
        case 1: {
          const uint64_t actor = random.NextBelow(3);
          const Urn urn(0, actor + 1);
          // Ids name their actor.
          const uint32_t id = next_id++ * 3 + static_cast<uint32_t>(actor);
          const size_t bytes = random.NextBelow(4) == 0 ? random.NextBelow(5 * batch_bytes) : 20;
          if (outbox.IsLarge(bytes) || outbox.HasLarge(urn)) {
            AddLarge(outbox, id, urn, bytes);
          } else {
            AddSmall(outbox, id, bytes);
          }
          expected[actor].push_back(std::to_string(id));
          break;
        }
        case 2:
          connected = false;
          break;
        case 3:
          ASSERT_TRUE(outbox.Rewind(received));
          connected = true;
          break;
        case 4:
          ASSERT_TRUE(outbox.Acknowledge(random.NextBelow(received + 1)));
          break;
        default:
          write(connected);
      }
    }
    ASSERT_TRUE(outbox.Rewind(received));
    while (outbox.HasNext()) write(true);
    ASSERT_TRUE(outbox.Acknowledge(received));
    EXPECT_TRUE(outbox.empty());
    std::vector<std::vector<std::string>> seen(3);
    for (const std::string& id : collector.seen()) seen[std::stoul(id) % 3].push_back(id);
    ASSERT_EQ(seen, expected);
  }
}

}  // namespace
}  // namespace troupe::internal

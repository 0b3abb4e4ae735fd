// Streams whose items are encoded: through a representative, through the hooks for messages from
// elsewhere, and as bytes.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/bytes_call.h"
#include "runtime/class_info_of.h"
#include "runtime/random.h"
#include "tests/runtime/far_world.h"
#include "tests/runtime/stream_test_actors.h"

namespace troupe {
namespace testing {
namespace {

using internal::BytesContext;
using internal::CallTarget;
using internal::StreamPull;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FussyGiver : public Actor {
 public:
  // The third one misbehaves.
  Stream<Fussy> Give(int64_t mode) {
    for (int64_t i = 0; i < 5; ++i) {
      Fussy fussy;
      if (i == 2) fussy.mode = mode;
      co_yield fussy;
    }
  }
  Stream<AnyRef> Refs(AnyRef ref) {
    co_yield self();
    co_yield ref;
  }
};
TROUPE_ACTOR(FussyGiver, Give, Refs)

class HomelyGiver : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  Stream<std::unique_ptr<int64_t>> Give() { co_yield std::make_unique<int64_t>(1); }
};
TROUPE_ACTOR(HomelyGiver, Give)

struct FarStreamWorld : World {
  explicit FarStreamWorld(uint64_t seed = 0) : World(seed), near((*this)->Spawn<Giver>(journal)) {
    far = Represent(near);
  }
  // A reference to an actor of this world as if it lived elsewhere.
  template <typename T>
  Ref<T> Represent(const Ref<T>& ref) {
    loop =
        IntrusivePtr<LoopbackRecipient>::Adopt(new LoopbackRecipient(ref.recipient(), &translator));
    return Ref<T>(RecipientPtr(loop.get()));
  }
  CallTarget target() const { return {near.recipient().get(), nullptr}; }

  // A call as it comes from elsewhere.
  Future<std::string> Arrive(const char* method, const std::string& arguments) {
    return internal::CallWithBytes(target(), context, method, arguments);
  }
  Future<std::string> ArrivePull(const char* method, const StreamPull& pull) {
    std::string arguments;
    internal::AppendStreamPull(&arguments, pull);
    return Arrive(method, arguments);
  }
  static std::string OpeningOfCount(int64_t count, uint64_t number) {
    std::string arguments;
    EXPECT_TRUE(internal::EncodeArguments({}, &arguments, count).ok());
    internal::AppendStreamNumber(&arguments, number);
    return arguments;
  }

  LoopbackTranslator translator;
  const BytesContext context;
  JournalPtr journal = std::make_shared<Journal>();
  Ref<Giver> near;
  IntrusivePtr<LoopbackRecipient> loop;
  Ref<Giver> far;
};

// The numbers of what a pull was answered with.
std::vector<int64_t> Numbers(const std::string& items, bool* last = nullptr) {
  std::vector<int64_t> numbers;
  const auto end = internal::ReadStreamItems(items, [&](absl::string_view item) {
    const auto number = internal::DecodeResult<int64_t>({}, item);
    numbers.push_back(number.value_or(-1));
    return number.status();
  });
  EXPECT_TRUE(end.ok()) << end.status();
  if (last != nullptr) *last = end.value_or(false);
  return numbers;
}

TEST(FarStreamTest, EncodedItemsComeInOrder) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    FarStreamWorld world(seed);
    for (const int64_t count : {0, 1, 64, 129, 1000}) {
      Stream<int64_t> items = world.far->Count(count);
      EXPECT_THAT(ReadAll(items).items, ElementsAreArray(FirstNumbers(count)));
    }
    Stream<int64_t> failing = world.far->CountAndFail(200, "why");
    const auto whole = ReadAll(failing);
    EXPECT_EQ(whole.items.size(), 200u);
    EXPECT_EQ(whole.end, absl::DataLossError("why"));
    EXPECT_EQ(world.loop->pending(), 0u);
    EXPECT_EQ(world.loop->running(), 0u);
  }
}

TEST(FarStreamTest, ItemsThatDoNotTravelEndTheStreamWithTheCodecsError) {
  FarStreamWorld world;
  const auto far = world.Represent(world->Spawn<FussyGiver>());
  Stream<Fussy> fine = far->Give(Fussy::kFine);
  EXPECT_EQ(ReadAll(fine).items.size(), 5u);
  Stream<Fussy> not_written = far->Give(Fussy::kThrowsWhenEncoded);
  auto whole = ReadAll(not_written);
  EXPECT_EQ(whole.items.size(), 2u);
  EXPECT_THAT(whole.end.ToString(), HasSubstr("an item of Give cannot be encoded"));
  for (const auto mode : {Fussy::kThrowsWhenDecoded, Fussy::kRefusedWhenDecoded}) {
    Stream<Fussy> not_read = far->Give(mode);
    whole = ReadAll(not_read);
    EXPECT_EQ(whole.end.code(), absl::StatusCode::kInvalidArgument) << whole.end;
  }
  Stream<AnyRef> refs = far->Refs(world.near);
  EXPECT_THAT(ReadAll(refs).items, ElementsAre(AnyRef(far), AnyRef(world.near)));
  world.translator.stays_here = world.near.urn();
  Stream<AnyRef> staying = far->Refs(far);
  EXPECT_EQ(ReadAll(staying).items.size(), 2u);
  EXPECT_EQ(world.loop->running(), 0u);
}

TEST(FarStreamTest, OfALocalOnlyClassItIsRefused) {
  FarStreamWorld world;
  const auto far = world.Represent(world->Spawn<HomelyGiver>());
  EXPECT_EQ(far->Give().Next().Get().status(), LocalOnlyError("Give"));
}

TEST(FarStreamTest, ResultsThatAreNoItemsEndTheStream) {
  for (const char* forged : {"\x0a", "\x0a\x01x", "\x10\x80", "\xff\xff\xff\xff\xff\xff"}) {
    FarStreamWorld world;
    world.loop->forged_result = forged;
    Stream<int64_t> items = world.far->Count(-1);
    EXPECT_EQ(items.Next().Get().status().code(), absl::StatusCode::kInvalidArgument);
    world.Run();
    EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn"));
  }
  // More than was asked for.
  FarStreamWorld world;
  std::string many;
  for (int64_t i = 1; i < 1000; ++i) {  // without a zero byte
    ASSERT_TRUE(internal::AppendStreamItem({}, &many, i).ok());
  }
  world.loop->forged_result = many.c_str();
  Stream<int64_t> items = world.far->Count(-1);
  EXPECT_FALSE(ReadAll(items).end.ok());
}

TEST(FarStreamTest, OpeningsAndPullsAsBytes) {
  FarStreamWorld world;
  const auto open = world.Arrive("Count", FarStreamWorld::OpeningOfCount(5, 77));
  world.Run();
  EXPECT_EQ(*world.near->given().Get(), 0) << "not without a pull";
  EXPECT_THAT(Numbers(*world.ArrivePull("Count", {77, {2, 1000}}).Get()), ElementsAre(0, 1));
  EXPECT_THAT(Numbers(*world.ArrivePull("Count", {77, {0, 1000}}).Get()), ElementsAre(2));
  EXPECT_THAT(Numbers(*world.ArrivePull("Count", {77, {10, 0}}).Get()), ElementsAre(3));
  EXPECT_FALSE(open.IsReady());
  bool last = false;
  EXPECT_THAT(Numbers(*world.ArrivePull("Count", {77, {10, 1000}}).Get(), &last), ElementsAre(4));
  EXPECT_TRUE(last);
  EXPECT_EQ(*open.Get(), "");
  EXPECT_EQ(world.ArrivePull("Count", {77, {10, 1000}}).Get().status(),
            StreamGoneError("Giver", "Count"));
}

TEST(FarStreamTest, WhatPullsAskForIsBounded) {
  FarStreamWorld world;
  const auto open = world.Arrive("Count", FarStreamWorld::OpeningOfCount(-1, 77));
  const std::string items = *world.ArrivePull("Count", {77, {UINT32_MAX, UINT64_MAX}}).Get();
  EXPECT_THAT(Numbers(items), ElementsAreArray(FirstNumbers(internal::kStreamWindowItems)));
  EXPECT_TRUE(open.Cancel());
}

TEST(FarStreamTest, WhatIsWrongWithAnOpeningOrAPullIsItsOwnError) {
  FarStreamWorld world;
  const auto code = [](const Future<std::string>& future) { return future.Get().status().code(); };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  constexpr auto kGone = absl::StatusCode::kNotFound;
  const auto open = world.Arrive("Count", FarStreamWorld::OpeningOfCount(-1, 77));

  EXPECT_EQ(code(world.Arrive("Count", FarStreamWorld::OpeningOfCount(-1, 77))), kInvalid);
  EXPECT_EQ(code(world.Arrive("Count", FarStreamWorld::OpeningOfCount(-1, 0))), kInvalid);
  EXPECT_EQ(code(world.Arrive("Count", "")), kInvalid);
  std::string no_arguments;
  internal::AppendStreamNumber(&no_arguments, 78);
  EXPECT_EQ(code(world.Arrive("Count", no_arguments)), kInvalid);
  EXPECT_EQ(code(world.Arrive("Echo", FarStreamWorld::OpeningOfCount(1, 78))), kInvalid);

  EXPECT_EQ(code(world.ArrivePull("Count", {78, {1, 1}})), kGone);
  EXPECT_EQ(code(world.ArrivePull("Bits", {77, {1, 1}})), kGone) << "another method's";
  EXPECT_EQ(code(world.ArrivePull("Echo", {77, {1, 1}})), kInvalid);
  std::string both = FarStreamWorld::OpeningOfCount(1, 79);
  internal::AppendStreamPull(&both, {77, {1, 1}});
  EXPECT_EQ(code(world.Arrive("Count", both)), kInvalid);

  // Of another origin.
  struct Answer final : internal::InboundCall {
    explicit Answer(absl::Status* status) : status(status) {}
    const internal::EncodeContext& encode_context() override { return context; }
    void Started(internal::FutureCore*) override {}
    void Finish(const absl::Status& outcome, absl::string_view) override {
      *status = outcome;
      delete this;
    }
    absl::Status* const status;
    const internal::EncodeContext context;
  };
  std::string pull;
  internal::AppendStreamPull(&pull, {77, {1, 1}});
  absl::Status outcome;
  const auto* method = internal::ClassInfoOf<Giver>().FindMethod("Count");
  ASSERT_TRUE(method->receive(world.target(), {.origin = 5}, {}, pull, new Answer(&outcome)).ok());
  world.Run();
  EXPECT_EQ(outcome.code(), kGone);

  EXPECT_THAT(Numbers(*world.ArrivePull("Count", {77, {1, 1}}).Get()), ElementsAre(0));
  EXPECT_TRUE(open.Cancel());
  world.Run();
  EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn"));
}

TEST(FarStreamTest, ASecondPullAtTheSameTimeIsRefused) {
  FarStreamWorld world;
  std::string arguments;
  ASSERT_TRUE(
      internal::EncodeArguments({}, &arguments, int64_t{-1}, absl::Duration(absl::Hours(1))).ok());
  internal::AppendStreamNumber(&arguments, 5);
  const auto reentrant = world->Spawn<Giver>(SpawnOptions{.reentrant = true}, world.journal);
  const CallTarget to{reentrant.recipient().get(), nullptr};
  const auto open = internal::CallWithBytes(to, world.context, "CountSlowly", arguments);
  std::string pull;
  internal::AppendStreamPull(&pull, {5, {1, 1}});
  const auto first = internal::CallWithBytes(to, world.context, "CountSlowly", pull);
  const auto second = internal::CallWithBytes(to, world.context, "CountSlowly", pull);
  EXPECT_EQ(second.Get().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Numbers(*first.Get()), ElementsAre(0));
  EXPECT_TRUE(open.Cancel());
}

TEST(FarStreamTest, SpoiltOpeningsPullsAndItemsDoNoHarm) {
  RandomSource random(7);
  const auto spoil = [&random](std::string bytes) {
    for (uint64_t i = random.NextBelow(4); i > 0; --i) {
      const size_t at = static_cast<size_t>(random.NextBelow(bytes.size() + 1));
      if (at < bytes.size() && random.NextBelow(2) == 0) {
        bytes[at] = static_cast<char>(random.Next());
      } else {
        bytes.insert(at, 1, static_cast<char>(random.Next()));
      }
    }
    return bytes;
  };
  FarStreamWorld world;
  std::vector<Future<std::string>> calls;
  std::string items;
  ASSERT_TRUE(internal::AppendStreamItem({}, &items, int64_t{5}).ok());
  internal::AppendStreamLast(&items);
  for (int i = 0; i < 3000; ++i) {
    const uint64_t number = random.NextBelow(8);
    std::string pull;
    internal::AppendStreamPull(&pull, {number, {3, 100}});
    calls.push_back(world.Arrive("Count", spoil(FarStreamWorld::OpeningOfCount(20, number))));
    calls.push_back(world.Arrive("Count", spoil(pull)));
    (void)internal::ReadStreamItems(spoil(items), [](absl::string_view item) {
      return internal::DecodeResult<int64_t>({}, item).status();
    });
    if (i % 50 == 0) world.Run();
  }
  world.Run();
  for (const auto& call : calls) (void)call.Cancel();
  world.Run();
  EXPECT_EQ(*world.near->Echo(1).Get(), 1);
  EXPECT_EQ(world.journal->Count("ended outside"), 0u);
}

TEST(FarStreamTest, AGatewayReadsItemsAsBytes) {
  for (const bool elsewhere : {false, true}) {
    FarStreamWorld world;
    const Ref<Giver>& giver = elsewhere ? world.far : world.near;
    const CallTarget to{giver.recipient().get(), nullptr};
    std::string arguments;
    ASSERT_TRUE(internal::EncodeArguments({}, &arguments, int64_t{300}).ok());
    {
      Stream<std::string> items = internal::OpenBytesStream(to, world.context, "Count", arguments);
      const auto whole = ReadAll(items);
      ASSERT_EQ(whole.items.size(), 300u);
      EXPECT_EQ(*internal::DecodeResult<int64_t>({}, whole.items[299]), 299);
      EXPECT_TRUE(whole.end.ok()) << whole.end;
    }
    std::string endless;
    ASSERT_TRUE(internal::EncodeArguments({}, &endless, int64_t{-1}).ok());
    {
      Stream<std::string> items = internal::OpenBytesStream(to, world.context, "Count", endless);
      EXPECT_TRUE(items.Next().Get().ok());
      world.Run();
      EXPECT_EQ(*world.near->given().Get(), 300 + internal::kStreamWindowItems);
    }
    world.Run();
    EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn", "ended in a turn"));

    const CallOptions soon{.deadline = absl::Seconds(1), .priority = Priority::kHigh};
    Stream<std::string> late =
        internal::OpenBytesStream({to.recipient, &soon}, world.context, "Count", endless);
    world.RunFor(absl::Seconds(2));
    EXPECT_TRUE(absl::IsDeadlineExceeded(ReadAll(late).end));

    Stream<std::string> unknown = internal::OpenBytesStream(to, world.context, "Nope", arguments);
    EXPECT_TRUE(absl::IsUnimplemented(unknown.Next().Get().status()));
    Stream<std::string> bad = internal::OpenBytesStream(to, world.context, "Count", "\xff");
    EXPECT_TRUE(absl::IsInvalidArgument(bad.Next().Get().status()));

    const std::string echo = *internal::CallWithBytes(to, world.context, "Echo", arguments).Get();
    EXPECT_EQ(*internal::DecodeResult<int64_t>({}, echo), 300);
    const auto cancelled = internal::CallWithBytes(to, world.context, "Echo", arguments);
    EXPECT_TRUE(cancelled.Cancel());
    EXPECT_TRUE(absl::IsCancelled(cancelled.Get().status()));
    world.Run();
    EXPECT_EQ(world.loop->pending(), 0u);
    EXPECT_EQ(world.loop->running(), 0u);
  }
}

}  // namespace
}  // namespace testing
}  // namespace troupe

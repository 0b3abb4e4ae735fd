// What a representative of an actor elsewhere does with envelopes: they are encoded, and answered
// with what comes back. Nothing of that shows in the caller's code.

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/far_world.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(WireHooksTest, MethodsOfAllKindsGiveWhatTheyGiveHere) {
  InSeveralFarOrders([](FarWorld& world) {
    const Ref<Far>& far = world.far;
    EXPECT_EQ(*far->AddOne(1).Get(), 2);
    EXPECT_TRUE(far->Note("a").Get().ok());
    EXPECT_TRUE(far->Check(true).Get().ok());
    const absl::Status lost = far->Check(false).Get();
    EXPECT_EQ(lost.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(lost.GetPayload("why"), absl::Cord("because"));
    EXPECT_EQ(*far->Maybe(true).Get(), "yes");
    EXPECT_EQ(far->Maybe(false).Get().status(), absl::OutOfRangeError("no"));
    const Future<int64_t> later = far->Later();
    world.Run();
    EXPECT_FALSE(later.IsReady());
    EXPECT_TRUE(far->Now(7).Get().ok());
    EXPECT_EQ(*later.Get(), 7);
    EXPECT_EQ(*far->Slow(4).Get(), 4);
    EXPECT_THAT(far->SlowFailure().Get().status().ToString(), HasSubstr("late"));
    const absl::Status thrown = far->Throw("oops").Get().status();
    EXPECT_EQ(thrown.code(), absl::StatusCode::kUnknown);
    EXPECT_THAT(thrown.ToString(), HasSubstr("std::runtime_error: oops"));
    EXPECT_THAT(*world.near->notes().Get(), ElementsAre("a", "slept"));
    EXPECT_EQ(world.loop->refused_one_ways().size(), 0u);
  });
}

TEST(WireHooksTest, FieldsAreReadAndWritten) {
  InSeveralFarOrders([](FarWorld& world) {
    EXPECT_EQ(*world.far->number().Get(), 5);
    EXPECT_TRUE(world.far->number(0).Get().ok());
    EXPECT_EQ(*world.far->number().Get(), 0);
    EXPECT_TRUE(world.far->notes({}).Get().ok());
    EXPECT_TRUE(world.far->notes({"x", "y"}).Get().ok());
    EXPECT_THAT(*world.near->notes().Get(), ElementsAre("x", "y"));
    EXPECT_EQ(*world.far->fixed().Get(), 3);
  });
}

TEST(WireHooksTest, PlainMessagesArriveAndAreAnswered) {
  InSeveralFarOrders([](FarWorld& world) {
    EXPECT_EQ(*world.far.Ask(Value({1, "two"})).Get(), Value({1, "two"}));
    EXPECT_EQ(world.far.Ask(Value()).Get().status(), absl::InvalidArgumentError("nothing"));
    EXPECT_EQ(world.far.Tell(Value(3)), SendResult::kSent);
    world.Run();
    EXPECT_THAT(*world.near->notes().Get(), SizeIs(2));
  });
}

TEST(WireHooksTest, ByNameWorksWithoutKnowingTheClassHere) {
  InSeveralFarOrders([](FarWorld& world) {
    const AnyRef any = world.far;
    EXPECT_EQ(*any.CallByName("AddOne", {Value(1)}).Get(), Value(2));
    EXPECT_EQ(*any.CallByName("Note", {Value("n")}).Get(), Value());
    EXPECT_EQ(*any.CallByName("Slow", {Value(9)}).Get(), Value(9));
    EXPECT_EQ(*any.CallByName("number", {}).Get(), Value(5));
    EXPECT_EQ(*any.CallByName("number", {Value(6)}).Get(), Value());
    EXPECT_EQ(*any.CallByName("number", {}).Get(), Value(6));
    EXPECT_EQ(any.CallByName("Maybe", {Value(false)}).Get().status(), absl::OutOfRangeError("no"));
    const absl::Status unknown = any.CallByName("Unheard", {}).Get().status();
    EXPECT_EQ(unknown.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(unknown.ToString(), AllOf(HasSubstr("Unheard"), HasSubstr("Far")));
    const absl::Status unfit = any.CallByName("AddOne", {Value("x")}).Get().status();
    EXPECT_EQ(unfit.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(unfit.ToString(), HasSubstr("AddOne"));
    EXPECT_EQ(any.TellByName("Note", {Value("told")}), SendResult::kSent);
    EXPECT_EQ(any.TellByName("number", {Value(8)}), SendResult::kSent);
    EXPECT_EQ(any.TellByName("Unheard", {}), SendResult::kSent);
    EXPECT_EQ(any.With({.priority = Priority::kHigh}).TellByName("Note", {}), SendResult::kSent);
    world.Run();
    EXPECT_THAT(*world.near->notes().Get(), ElementsAre("n", "slept", "told"));
    EXPECT_EQ(*world.near->number().Get(), 8);
    EXPECT_THAT(world.loop->refused_one_ways(), SizeIs(2));
  });
}

TEST(WireHooksTest, ByNameErrorsNameTheMethodThatTheUserNamed) {
  FarWorld world;
  const AnyRef any = world.far;
  const Future<Value> future = any.CallByName("Slow", {Value(1)});
  world.Run();
  EXPECT_TRUE(future.Cancel());
  EXPECT_EQ(future.Get().status(), absl::CancelledError("Far.Slow was cancelled"));
  const AnyRef nowhere =
      AnyRef(RecipientPtr::Adopt(new LoopbackRecipient(world.near.recipient(), nullptr)));
  EXPECT_THAT(nowhere.CallByName("Any", {Value(any)}).Get().status().ToString(),
              HasSubstr("Any cannot be encoded"));
}

TEST(WireHooksTest, OneWayMessagesArriveInOrderAndFailTheActor) {
  InSeveralFarOrders([](FarWorld& world) {
    const Future<Down> down = world.near.WhenDown();
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(world.far.Tell<&Far::Note>(absl::StrCat(i)), SendResult::kSent);
    }
    world.far.Tell<&Far::Slow>(1);
    const Future<std::vector<std::string>> notes = world.far->notes();
    EXPECT_THAT(*notes.Get(), ElementsAre("0", "1", "2", "3", "4", "slept"));
    EXPECT_FALSE(*world.far->IsOneWay().Get());
    EXPECT_FALSE(down.IsReady());
    world.far.Tell<&Far::Fail>();
    EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
    world.far.Tell<&Far::Note>("late");
    world.Run();
    EXPECT_EQ(world->dead_letters(), 1u);
  });
}

TEST(WireHooksTest, OrderHoldsAcrossKindsOfMessages) {
  InSeveralFarOrders([](FarWorld& world) {
    (void)world.far->number(1);
    world.far.Tell(Value("plain"));
    const auto notes = world.far->notes();
    world.far.Tell<&Far::Note>("after");
    const auto stopped = world.far.Stop();
    const auto late = world.far->number();
    EXPECT_THAT(*notes.Get(), SizeIs(1));
    EXPECT_TRUE(stopped.Get().ok());
    EXPECT_EQ(late.Get().status().code(), absl::StatusCode::kNotFound);
  });
}

TEST(WireHooksTest, AHighPriorityOvertakes) {
  FarWorld world;
  world.far.Tell<&Far::Note>("normal");
  (void)world.far.With({.priority = Priority::kHigh})->Note("high call");
  world.far.With({.priority = Priority::kHigh}).Tell<&Far::Note>("high");
  world.Run();
  EXPECT_THAT(*world.near->notes().Get(), ElementsAre("high call", "high", "normal"));
}

TEST(WireHooksTest, AMethodThatIsNotThereIsUnimplemented) {
  FarWorld world;
  const absl::StatusOr<Ref<Stranger>> stranger = AnyRef(world.far).As<Stranger>();
  ASSERT_TRUE(stranger.ok());
  const absl::Status status = (*stranger)->Unheard().Get();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(status.ToString(), HasSubstr("Unheard"));
  EXPECT_EQ(AnyRef(world.near).As<Stranger>().status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(WireHooksTest, ALocalOnlyClassDoesNotTravel) {
  FarWorld world;
  const Ref<Homely> homely(RecipientPtr(world.loop.get()));
  const absl::Status status = homely->Take(std::make_unique<int64_t>(1)).Get().status();
  EXPECT_EQ(status, LocalOnlyError("Take"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(homely.Tell<&Homely::Take>(std::make_unique<int64_t>(1)), SendResult::kBadArguments);
  EXPECT_EQ(world->dead_letters(), 1u);
  EXPECT_EQ(world.loop->sent(), 0u);
}

TEST(WireHooksTest, ArgumentsThatDoNotTravelAreTheCallsError) {
  InSeveralFarOrders([](FarWorld& world) {
    const absl::Status thrown = world.far->Take({Fussy::kThrowsWhenEncoded}).Get().status();
    EXPECT_THAT(thrown.ToString(), AllOf(HasSubstr("Take cannot be encoded"),
                                         HasSubstr("std::runtime_error: not today")));
    for (const int64_t mode : {Fussy::kThrowsWhenDecoded, Fussy::kRefusedWhenDecoded}) {
      const absl::Status status = world.far->Take({mode}).Get().status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_THAT(status.ToString(), HasSubstr("Take: "));
    }
    EXPECT_EQ(*world.far->Take({Fussy::kFine}).Get(), 0);
    world.far.Tell<&Far::Take>(Fussy{Fussy::kThrowsWhenDecoded});
    world.Run();
    EXPECT_EQ(world->dead_letters(), 1u);
    EXPECT_EQ(*world.far->AddOne(1).Get(), 2);
  });
}

TEST(WireHooksTest, ResultsThatDoNotTravelAreTheCallsError) {
  InSeveralFarOrders([](FarWorld& world) {
    const absl::Status not_encoded = world.far->Give(Fussy::kThrowsWhenEncoded).Get().status();
    EXPECT_THAT(not_encoded.ToString(), AllOf(HasSubstr("the result of Far.Give cannot be encoded"),
                                              HasSubstr("not today")));
    for (const int64_t mode : {Fussy::kThrowsWhenDecoded, Fussy::kRefusedWhenDecoded}) {
      const absl::Status status = world.far->Give(mode).Get().status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_THAT(status.ToString(), HasSubstr("Give: what came back does not decode"));
    }
    EXPECT_EQ(world.far->Give(Fussy::kFine).Get()->mode, 0);
    world.loop->forged_result = "\xff\xff";
    EXPECT_EQ(world.far->AddOne(1).Get().status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(world.far->Note("void takes anything").Get().ok());
    EXPECT_EQ(world.far.Ask(Value(1)).Get().status().code(), absl::StatusCode::kInvalidArgument);
  });
}

TEST(WireHooksTest, ReferencesTravelAndComeHome) {
  InSeveralFarOrders([](FarWorld& world) {
    EXPECT_EQ(*world.far->Same(world.near).Get(), world.near);
    EXPECT_EQ(world.far->Same(world.near).Get()->recipient(), world.near.recipient());
    EXPECT_TRUE(world.far->Same({}).Get()->is_null());
    EXPECT_EQ(*world.far->Any(world.far).Get(), world.far);
    EXPECT_EQ(*world.far.Ask(Value(world.near)).Get(), Value(world.near));
    EXPECT_EQ(*AnyRef(world.far).CallByName("Any", {Value(world.near)}).Get(), Value(world.near));

    const Ref<Homely> other = world->Spawn<Homely>();
    EXPECT_EQ(AnyRef(world.far).CallByName("Same", {Value(other)}).Get().status().code(),
              absl::StatusCode::kInvalidArgument);
    world.translator.stays_here = other.urn();
    EXPECT_THAT(world.far->Any(other).Get().status().ToString(),
                AllOf(HasSubstr("Any cannot be encoded"), HasSubstr("this one stays here")));
  });
}

}  // namespace
}  // namespace testing
}  // namespace troupe

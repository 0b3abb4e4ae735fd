// The same for what ends: stops, watches, cancelled calls and deadlines.

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

TEST(WireHooksEndTest, StopIsAnsweredOnceTheActorIsGone) {
  InSeveralFarOrders([](FarWorld& world) {
    const Future<int64_t> slow = world.far->Slow(1);
    const Future<void> stopped = world.far.Stop();
    world.Run();
    EXPECT_FALSE(stopped.IsReady());
    world.RunFor(absl::Seconds(2));
    EXPECT_TRUE(stopped.Get().ok());
    EXPECT_EQ(*slow.Get(), 1);
    EXPECT_EQ(world.far.Stop().Get().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(world.far->AddOne(1).Get().status().ToString(), HasSubstr("not found"));
  });
}

TEST(WireHooksEndTest, AWatcherIsToldOnceWithTheReason) {
  InSeveralFarOrders([](FarWorld& world) {
    const auto watcher = world->Spawn<Watcher>();
    EXPECT_TRUE(watcher->WatchIt(world.far).Get().ok());
    EXPECT_TRUE(watcher->WatchIt(world.far).Get().ok());
    const Future<Down> down = world.far.WhenDown();
    world.Run();
    EXPECT_FALSE(down.IsReady());
    world.near.Tell<&Far::Fail>();
    ASSERT_TRUE(down.Get().ok());
    EXPECT_EQ(down.Get()->reason, DownReason::kFailed);
    EXPECT_EQ(down.Get()->status, absl::InternalError("failed"));
    EXPECT_EQ(down.Get()->ref, world.far);
    world.Run();
    EXPECT_THAT(*watcher->downs().Get(), ElementsAre("failed"));
    EXPECT_TRUE(watcher->WatchIt(world.far).Get().ok());
    world.Run();
    EXPECT_THAT(*watcher->downs().Get(), ElementsAre("failed", "not found"));
  });
}

TEST(WireHooksEndTest, AWatchThatIsEndedTellsNobody) {
  InSeveralFarOrders([](FarWorld& world) {
    const auto watcher = world->Spawn<Watcher>();
    const auto other = world->Spawn<Watcher>();
    EXPECT_TRUE(watcher->WatchIt(world.far).Get().ok());
    EXPECT_TRUE(other->WatchIt(world.far).Get().ok());
    EXPECT_TRUE(watcher->UnwatchIt(world.far).Get().ok());
    EXPECT_EQ(world.loop->pending(), 1u);
    world.Run();
    EXPECT_EQ(world.loop->running(), 1u);
    // A watcher that ends gives its watches up.
    EXPECT_TRUE(other.Stop().Get().ok());
    EXPECT_EQ(world.loop->pending(), 0u);
    EXPECT_TRUE(world.near.Stop().Get().ok());
    world.Run();
    EXPECT_THAT(*watcher->downs().Get(), IsEmpty());
  });
}

TEST(WireHooksEndTest, AWatchThatIsEndedBeforeItArrivesLeavesNothingBehind) {
  InSeveralFarOrders([](FarWorld& world) {
    const auto watcher = world->Spawn<Watcher>();
    world.loop->hold = true;
    EXPECT_TRUE(watcher->WatchIt(world.far).Get().ok());
    EXPECT_TRUE(watcher->UnwatchIt(world.far).Get().ok());
    world.loop->SendHeld();
    world.Run();
    EXPECT_EQ(world.loop->running(), 0u);
    EXPECT_TRUE(watcher->WatchIt(world.far).Get().ok());
    EXPECT_TRUE(world.near.Stop().Get().ok());
    world.Run();
    EXPECT_THAT(*watcher->downs().Get(), ElementsAre("stopped"));
  });
}

TEST(WireHooksEndTest, AWatchOfALostNodeSaysSo) {
  FarWorld world;
  for (const absl::Status& status :
       {NodeUnavailableError("gone", Delivery::kOutcomeUnknown), PermissionDeniedError()}) {
    for (const bool refused : {true, false}) {
      std::vector<Down> downs;
      auto* watch = new internal::WatchEnvelope(world.far, Urn(),
                                                [&](const Down& down) { downs.push_back(down); });
      if (refused) {
        watch->Refuse({.why = internal::Refusal::Why::kOther, .detail = &status});
      } else {
        watch->Answer({}, status, "");
      }
      ASSERT_THAT(downs, SizeIs(1));
      EXPECT_EQ(downs[0].reason,
                absl::IsUnavailable(status) ? DownReason::kNodeLost : DownReason::kNotFound);
      EXPECT_EQ(downs[0].status, status);
      EXPECT_EQ(downs[0].ref, world.far);
    }
  }
}

TEST(WireHooksEndTest, ADownThatDoesNotDecodeIsALostNode) {
  FarWorld world;
  for (const char* forged : {"\x08\x09", "\x12\x05z", "\xff", "\x0a\x01x"}) {
    world.loop->forged_result = forged;
    const Future<Down> down = world.far.WhenDown();
    world.Run();
    (void)world.near.Stop();
    ASSERT_TRUE(down.Get().ok());
    EXPECT_EQ(down.Get()->reason, DownReason::kNodeLost);
    EXPECT_THAT(down.Get()->status.ToString(), HasSubstr("Watch"));
  }
}

TEST(WireHooksEndTest, DownsTravelWithReasonAndStatus) {
  for (const DownReason reason :
       {DownReason::kStopped, DownReason::kFailed, DownReason::kNodeLost, DownReason::kNotFound}) {
    absl::Status status = absl::InternalError("boom");
    status.SetPayload("p", absl::Cord("q"));
    for (const absl::Status& each : {status, absl::OkStatus()}) {
      const auto decoded =
          internal::DecodeDown(AnyRef(), internal::EncodeDown({AnyRef(), reason, each}));
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(decoded->reason, reason);
      EXPECT_EQ(decoded->status, each);
    }
  }
}

TEST(WireHooksEndTest, ACallThatIsCancelledBeforeItArrivesDoesNotBegin) {
  InSeveralFarOrders([](FarWorld& world) {
    world.loop->hold = true;
    const Future<void> call = world.far->Note("never");
    EXPECT_TRUE(call.Cancel());
    EXPECT_EQ(call.Get(), absl::CancelledError("Far.Note was cancelled"));
    EXPECT_EQ(world.loop->aborted(), 1u);
    world.loop->SendHeld();
    world.Run();
    EXPECT_THAT(*world.near->notes().Get(), IsEmpty());
  });
}

TEST(WireHooksEndTest, ACallThatIsCancelledWhileItWaitsOrRunsEndsThere) {
  InSeveralFarOrders([](FarWorld& world) {
    const Future<int64_t> running = world.far->Slow(1);
    const Future<void> waiting = world.far->Note("never");
    world.Run();
    EXPECT_EQ(world.loop->running(), 2u);
    EXPECT_TRUE(running.Cancel());
    EXPECT_TRUE(waiting.Cancel());
    EXPECT_EQ(world.loop->running(), 0u);
    EXPECT_EQ(*world.far->AddOne(1).Get(), 2);
    world.RunFor(absl::Seconds(3));
    EXPECT_THAT(*world.near->notes().Get(), IsEmpty());
    // Ended calls are not aborted any more.
    const Future<int64_t> done = world.far->AddOne(1);
    EXPECT_TRUE(done.Get().ok());
    EXPECT_FALSE(done.Cancel());
    EXPECT_EQ(world.loop->aborted(), 2u);
  });
}

TEST(WireHooksEndTest, AFutureThatIsHandedOnIsCancelledToo) {
  InSeveralFarOrders([](FarWorld& world) {
    const Future<int64_t> later = world.far->Later();
    world.Run();
    EXPECT_EQ(world.loop->running(), 1u);
    EXPECT_TRUE(later.Cancel());
    EXPECT_EQ(world.loop->running(), 0u);
  });
}

TEST(WireHooksEndTest, ADeadlineEndsTheCallOnBothSides) {
  InSeveralFarOrders([](FarWorld& world) {
    const auto ref = world.far.With({.deadline = absl::Milliseconds(300)});
    EXPECT_EQ(*ref->Left().Get(), absl::Milliseconds(300));
    EXPECT_EQ(*world.far->Left().Get(), absl::InfiniteDuration());
    const Future<int64_t> slow = ref->Slow(1);
    const Future<void> behind = ref->Note("never");
    EXPECT_THAT(slow.Get().status(), DeadlinePassedError("Far.Slow"));
    world.Run();
    EXPECT_EQ(world.loop->running(), 0u);
    EXPECT_EQ(behind.Get().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(world.far.With({.deadline = absl::ZeroDuration()})->Note("late").Get().code(),
              absl::StatusCode::kDeadlineExceeded);
    const auto dead_letters = world->dead_letters();
    (void)world.far->Slow(1);
    ref.Tell<&Far::Note>("never");
    world.RunFor(absl::Seconds(3));
    EXPECT_THAT(*world.near->notes().Get(), ElementsAre("slept"));
    EXPECT_EQ(world->dead_letters(), dead_letters + 1);
  });
}

TEST(WireHooksEndTest, TheSystemsDefaultDeadlineDoesNotApplyToWhatComesFromElsewhere) {
  SystemOptions options;
  options.default_deadline = absl::Milliseconds(500);
  World world(1, options);
  const auto near = world->Spawn<Far>();
  LoopbackTranslator translator;
  const AnyRef far(RecipientPtr::Adopt(new LoopbackRecipient(near.recipient(), &translator)));
  // The loopback's caller is in the same system, and gets the default itself.
  EXPECT_EQ(far.CallByName("Slow", {Value(1)}).Get().status().code(),
            absl::StatusCode::kDeadlineExceeded);
  const auto patient = far.With({.deadline = absl::Seconds(5)});
  EXPECT_EQ(*patient.CallByName("Slow", {Value(1)}).Get(), Value(1));
}

TEST(WireHooksEndTest, CallsFromManyThreadsEndOnceWhileTheyAreCancelled) {
  ActorSystem system({.threads = 2});
  const auto near = system.Spawn<Far>();
  LoopbackTranslator translator;
  const auto loop =
      IntrusivePtr<LoopbackRecipient>::Adopt(new LoopbackRecipient(near.recipient(), &translator));
  const Ref<Far> far{RecipientPtr(loop.get())};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 500; ++i) {
        const Future<int64_t> call = far->AddOne(i);
        if ((i + t) % 2 == 0) call.Cancel();
        const absl::StatusOr<int64_t> outcome = call.Get();
        EXPECT_TRUE(absl::IsCancelled(outcome.status()) || *outcome == i + 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(far.Stop().Get().ok());
  EXPECT_EQ(loop->pending(), 0u);
  EXPECT_EQ(loop->running(), 0u);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

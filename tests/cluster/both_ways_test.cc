// Everything that works with an actor of the same process works with one elsewhere: the same tests,
// with the actors here, on another node of this process, and on a node in another process.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

enum class Where { kThisNode, kOtherNode, kOtherProcess, kUnixSocket };

class BothWaysTest : public ::testing::TestWithParam<Where> {
 protected:
  BothWaysTest() : node_(MakeNode()), there_(node_->At(node_->address())) {
    switch (GetParam()) {
      case Where::kThisNode:
        break;
      case Where::kOtherNode:
        other_ = MakeNode();
        there_ = node_->At(other_->address());
        break;
      case Where::kOtherProcess:
        process_ = std::make_unique<TestNode>();
        there_ = node_->At(process_->address());
        break;
      case Where::kUnixSocket:
        process_ = std::make_unique<TestNode>(
            std::vector<std::string>{absl::StrCat("--listen=", TestNode::OwnUnixAddress())});
        there_ = node_->At(process_->address());
        break;
    }
  }

  Ref<Inbox> MakeInbox() { return node_->Spawn<Inbox>(); }
  static std::vector<std::string> Texts(const Ref<Inbox>& inbox, uint64_t count) {
    std::vector<std::string> texts;
    const std::vector<Value> values = *Await(inbox->AtLeast(count));
    for (const Value& value : values) texts.push_back(*value.AsText());
    return texts;
  }

  const std::unique_ptr<Node> node_;
  std::unique_ptr<Node> other_;
  std::unique_ptr<TestNode> process_;
  NodeRef there_;
};

std::string WhereName(const ::testing::TestParamInfo<Where>& info) {
  constexpr const char* kNames[] = {"ThisNode", "OtherNode", "OtherProcess", "UnixSocket"};
  return kNames[static_cast<int>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Everywhere, BothWaysTest,
                         ::testing::Values(Where::kThisNode, Where::kOtherNode,
                                           Where::kOtherProcess, Where::kUnixSocket),
                         WhereName);

// Calls

TEST_P(BothWaysTest, CallsGiveResultsOfAllKinds) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const Ref<Worker> other = there_.Spawn<Worker>();
  EXPECT_EQ(*Await(worker->Add(2, 3)), 5);
  EXPECT_TRUE(Await(worker->Note("a")).ok());
  EXPECT_EQ(*Await(worker->Half(10)), 5);
  EXPECT_EQ(*Await(worker->AddAsFuture(other, 4, 5)), 9);
  EXPECT_EQ(*Await(worker->AddAsTask(other, 4, 6)), 10);
  EXPECT_EQ(*Await(worker->AddBlocking(other, 4, 7)), 11);
  EXPECT_EQ(*Await(worker.Call<&Worker::Half>(4)), 2);
}

TEST_P(BothWaysTest, AStatusPassesUnchangedWithItsPayloads) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const absl::Status status = Await(worker->Refuse("not now"));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "not now");
  ASSERT_TRUE(status.GetPayload("example.com/why").has_value());
  EXPECT_EQ(std::string(*status.GetPayload("example.com/why")), "because");
  EXPECT_EQ(Await(worker->Half(3)).status(), absl::OutOfRangeError("it is odd"));
}

TEST_P(BothWaysTest, AnExceptionIsTheCallersAndTheActorLivesOn) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  EXPECT_EQ(Await(worker->Throw("oh")).status(), absl::UnknownError("std::runtime_error: oh"));
  EXPECT_EQ(*Await(worker->Add(1, 1)), 2);
}

TEST_P(BothWaysTest, FieldsAreReadAndWritten) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  EXPECT_EQ(*Await(worker->number()), 7);
  EXPECT_TRUE(Await(worker->number(8)).ok());
  EXPECT_EQ(*Await(worker->number()), 8);
  EXPECT_TRUE(Await(worker->notes({"x", "y"})).ok());
  EXPECT_THAT(*Await(worker->notes()), ElementsAre("x", "y"));
}

TEST_P(BothWaysTest, ArgumentsAreStructsAndProtobufMessages) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const Item item = {.name = "nail", .count = 4, .prices = {0.5, 1.25}};
  EXPECT_EQ(*Await(worker->Double(item, false)),
            (Item{.name = "nail", .count = 8, .prices = {0.5, 1.25}}));
  EXPECT_EQ(*Await(worker->Double(item, true)),
            (Item{.name = "nail", .count = 8, .prices = {1, 2.5}}));
  google::protobuf::Duration duration;
  duration.set_seconds(41);
  duration.set_nanos(5);
  const absl::StatusOr<google::protobuf::Duration> longer = Await(worker->Longer(duration));
  ASSERT_TRUE(longer.ok()) << longer.status();
  EXPECT_EQ(longer->seconds(), 42);
  EXPECT_EQ(longer->nanos(), 5);
  const absl::StatusOr<Value> value = Await(worker->EchoValue(duration));
  EXPECT_EQ(value->AsMessage<google::protobuf::Duration>()->seconds(), 41);
}

TEST_P(BothWaysTest, LargeMessagesComeWhole) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const std::string text(3'000'000, 't');
  Future<std::string> echo = worker->Echo(text);
  Future<std::string> big = worker->Big(5'000'000);
  Future<int64_t> small = worker->Add(1, 2);
  EXPECT_EQ(*Await(small), 3);
  EXPECT_EQ(*Await(echo), text);
  EXPECT_EQ(Await(big)->size(), 5'000'000u);
}

TEST_P(BothWaysTest, MethodsAndFieldsAreCalledByName) {
  const AnyRef worker = there_.Spawn<Worker>();
  EXPECT_EQ(*Await(worker.CallByName("Half", {6})), Value(3));
  EXPECT_EQ(*Await(worker.CallByName("Add", {1, 2})), Value(3));
  EXPECT_EQ(*Await(worker.CallByName("number", {})), Value(7));
  EXPECT_TRUE(Await(worker.CallByName("number", {9})).ok());
  EXPECT_EQ(worker.TellByName("Note", {"told"}), SendResult::kSent);
  EXPECT_EQ(Await(worker.CallByName("notes", {}))->ToString(), "['told']");
  EXPECT_EQ(*Await(worker.CallByName("number", {})), Value(9));
  EXPECT_EQ(Await(worker.CallByName("Nothing", {})).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Await(worker.CallByName("Half", {"six"})).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Await(worker.CallByName("Half", {})).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(BothWaysTest, PlainMessagesAreToldAndAsked) {
  const Ref<Plain> plain = there_.Spawn<Plain>();
  EXPECT_EQ(plain.Tell({{"no", "Norway"}, {"n", Value::ListOf(1, 2.5, nullptr, true)}}),
            SendResult::kSent);
  EXPECT_EQ(*Await(plain.Ask(Bytes{"\xff"})), Value(Bytes{"\xff"}));
  EXPECT_EQ(Await(plain.Ask("refuse")).status(), absl::PermissionDeniedError("no"));
  EXPECT_EQ(Await(plain.Ask("throw")).status(), absl::UnknownError("std::runtime_error: unwanted"));
  EXPECT_EQ(Value(*Await(plain->seen())).ToString(),
            "[{'n': [1, 2.5, None, True], 'no': 'Norway'}, b'\\xff']");
  const Ref<Worker> deaf = there_.Spawn<Worker>();
  EXPECT_EQ(Await(deaf.Ask(1)).status().code(), absl::StatusCode::kUnimplemented);
}

TEST_P(BothWaysTest, OneWayMessagesArriveInOrderWithCalls) {
  const Ref<Sink> sink = there_.Spawn<Sink>();
  constexpr int64_t kCount = 10'000;
  Future<int64_t> last;
  for (int64_t i = 0; i < kCount; ++i) {
    if (i % 3 == 0) {
      ASSERT_EQ(sink.Tell<&Sink::Take>(i), SendResult::kSent);
    } else if (i % 500 == 1) {
      (void)sink->TakeText(i, std::string(300'000, 'x'));
    } else {
      last = sink->Take(i);
    }
  }
  EXPECT_TRUE(Await(last).ok());
  EXPECT_EQ(*Await(sink->taken()), kCount);
  EXPECT_THAT(*Await(sink->disorder()), IsEmpty());
}

TEST_P(BothWaysTest, HighPriorityOvertakesWhatWaits) {
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = there_.Spawn<Worker>();
  (void)worker->HoldBlocking(gate);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  (void)worker->Note("low");
  Future<void> high = worker.With({.priority = Priority::kHigh})->Note("high");
  // Frames take effect in order: with this answered, both are in the mailbox.
  ASSERT_TRUE(Await(there_.Spawn<Worker>()->Add(1, 1)).ok());
  ASSERT_TRUE(Await(gate->Open()).ok());
  ASSERT_TRUE(Await(high).ok());
  EXPECT_THAT(*Await(worker->notes()), ElementsAre("high", "low"));
}

// Deadlines and cancellation

TEST_P(BothWaysTest, ADeadlineEndsTheCallAndTravels) {
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const Ref<Deputy> deputy = there_.Spawn<Deputy>();
  EXPECT_EQ(*Await(worker->TimeLeft()), absl::InfiniteDuration());
  const absl::Duration left = *Await(worker.With({.deadline = kLong})->TimeLeft());
  EXPECT_LE(left, kLong);
  EXPECT_GT(left, absl::ZeroDuration());
  const absl::Duration nested = *Await(deputy.With({.deadline = kLong})->TimeLeft(worker));
  EXPECT_LE(nested, kLong);
  EXPECT_GT(nested, absl::ZeroDuration());

  Future<void> held = worker->Hold(gate);
  Future<void> queued = worker.With({.deadline = absl::Milliseconds(20)})->Note("never");
  EXPECT_EQ(Await(queued).code(), absl::StatusCode::kDeadlineExceeded);
  // Over there it passes a moment later.
  EXPECT_EQ(Await(node_->system().Sleep(absl::Milliseconds(300))), absl::OkStatus());
  EXPECT_TRUE(held.Cancel());
  held = worker.With({.deadline = absl::Milliseconds(50)})->Hold(gate);
  EXPECT_EQ(Await(held).code(), absl::StatusCode::kDeadlineExceeded);
  // The suspended methods ended too, or this would wait for ever.
  // Whose deadline passed first, the caller's or the actor's, says what the second one sees.
  EXPECT_THAT(*Await(worker->notes()),
              ElementsAre("CANCELLED", AnyOf("DEADLINE_EXCEEDED", "CANCELLED")));
}

TEST_P(BothWaysTest, CancellingEndsTheCallAndWhatItCalls) {
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const Ref<Deputy> deputy = there_.Spawn<Deputy>();
  Future<void> held = deputy->Hold(worker, gate);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  Future<void> queued = worker->Note("never");
  EXPECT_TRUE(queued.Cancel());
  EXPECT_TRUE(held.Cancel());
  EXPECT_EQ(Await(held).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Await(queued).code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(*Await(worker->notes()), ElementsAre("CANCELLED"));
}

TEST_P(BothWaysTest, ARunningMethodSeesThatItIsCancelled) {
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = there_.Spawn<Worker>();
  Future<void> running = worker->UntilCancelled(gate);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  EXPECT_TRUE(running.Cancel());
  EXPECT_THAT(*Await(worker->notes()), ElementsAre("cancelled"));
}

TEST_P(BothWaysTest, GivingUpToWaitCancelsNothing) {
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = there_.Spawn<Worker>();
  Future<void> held = worker->Hold(gate);
  EXPECT_EQ(held.Get(absl::Milliseconds(1)).code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  ASSERT_TRUE(Await(gate->Open()).ok());
  EXPECT_TRUE(Await(held).ok());
}

// Life

TEST_P(BothWaysTest, StopHandlesWhatWasSentBeforeAndNothingBehind) {
  const Ref<Inbox> inbox = MakeInbox();
  const Ref<Worker> worker = there_.Spawn<Worker>("a", inbox);
  Future<int64_t> before = worker->Add(1, 2);
  Future<void> stopped = worker.Stop();
  Future<int64_t> behind = worker->Add(3, 4);
  EXPECT_EQ(*Await(before), 3);
  EXPECT_TRUE(Await(stopped).ok());
  EXPECT_EQ(Await(behind).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(Await(behind).status().message()),
              HasSubstr(absl::StrCat("Worker (", worker.urn().ToString(), ") not found")));
  EXPECT_EQ(Await(worker.Stop()).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Texts(inbox, 2), ElementsAre("a started", "a stopped"));
}

TEST_P(BothWaysTest, AnEndIsToldOnceWithItsReason) {
  const Ref<Inbox> inbox = MakeInbox();
  const Ref<Guard> guard = node_->Spawn<Guard>(inbox);
  const Ref<Worker> stopped = there_.Spawn<Worker>();
  const Ref<Worker> failed = there_.Spawn<Worker>();
  const Ref<Worker> unwatched = there_.Spawn<Worker>();
  ASSERT_TRUE(Await(guard->WatchIt(stopped)).ok());
  ASSERT_TRUE(Await(guard->WatchIt(stopped)).ok());
  ASSERT_TRUE(Await(guard->WatchIt(failed)).ok());
  ASSERT_TRUE(Await(guard->WatchIt(unwatched)).ok());
  ASSERT_TRUE(Await(guard->UnwatchIt(unwatched)).ok());
  Future<Down> down = failed.WhenDown();
  ASSERT_TRUE(Await(unwatched.Stop()).ok());
  ASSERT_TRUE(Await(stopped.Stop()).ok());
  ASSERT_TRUE(Await(inbox->AtLeast(1)).ok());
  EXPECT_EQ(failed.Tell<&Worker::Refuse>("broken"), SendResult::kSent);
  ASSERT_TRUE(Await(inbox->AtLeast(2)).ok());
  // It is gone, and so it is said again to who begins to watch now.
  ASSERT_TRUE(Await(guard->WatchIt(stopped)).ok());
  const std::vector<Value> downs = *Await(inbox->AtLeast(3));
  ASSERT_THAT(downs, SizeIs(3));
  EXPECT_EQ(downs[0]["ref"], Value(stopped));
  EXPECT_EQ(downs[0]["reason"], Value(static_cast<int>(DownReason::kStopped)));
  EXPECT_EQ(downs[1]["ref"], Value(failed));
  EXPECT_EQ(downs[1]["reason"], Value(static_cast<int>(DownReason::kFailed)));
  EXPECT_THAT(*downs[1]["text"].AsText(), HasSubstr("broken"));
  EXPECT_EQ(downs[2]["ref"], Value(stopped));
  EXPECT_EQ(downs[2]["reason"], Value(static_cast<int>(DownReason::kNotFound)));
  ASSERT_TRUE(Await(down).ok());
  EXPECT_EQ(Await(down)->reason, DownReason::kFailed);
  EXPECT_EQ(Await(down)->ref, failed);
}

TEST_P(BothWaysTest, AnActorThereWatchesOneHere) {
  const Ref<Inbox> inbox = MakeInbox();
  const Ref<Guard> guard = there_.Spawn<Guard>(inbox);
  const Ref<Worker> worker = node_->Spawn<Worker>();
  ASSERT_TRUE(Await(guard->WatchIt(worker)).ok());
  ASSERT_TRUE(Await(worker.Stop()).ok());
  const std::vector<Value> downs = *Await(inbox->AtLeast(1));
  EXPECT_EQ(downs[0]["ref"], Value(worker));
  // The watch may have come too late.
  EXPECT_THAT((std::set<int64_t>{static_cast<int>(DownReason::kStopped),
                                 static_cast<int>(DownReason::kNotFound)}),
              Contains(*downs[0]["reason"].AsInt()));
}

TEST_P(BothWaysTest, SpawnOptionsHoldThere) {
  const Ref<Inbox> inbox = MakeInbox();
  const Ref<Gate> gate = node_->Spawn<Gate>();
  // A name.
  const Ref<Worker> named = there_.Spawn<Worker>(SpawnOptions{.name = "named"});
  EXPECT_EQ(*Await(there_.Find<Worker>("named")), named);
  // A thread of its own.
  const Ref<Worker> own_thread = there_.Spawn<Worker>(SpawnOptions{.own_thread = true});
  std::set<int64_t> threads;
  for (int i = 0; i < 20; ++i) threads.insert(*Await(own_thread->Thread()));
  EXPECT_THAT(threads, SizeIs(1));
  // Reentrant.
  const Ref<Worker> reentrant = there_.Spawn<Worker>(SpawnOptions{.reentrant = true});
  Future<void> held = reentrant->Hold(gate);
  EXPECT_EQ(*Await(reentrant->Add(1, 2)), 3);
  EXPECT_FALSE(held.IsReady());
  // A mailbox of two places, with one message being handled.
  const Ref<Worker> narrow = there_.Spawn<Worker>(SpawnOptions{.mailbox_capacity = 2});
  Future<void> in_hand = narrow->HoldBlocking(gate);
  ASSERT_TRUE(Await(gate->Crowd(2)).ok());
  std::vector<Future<int64_t>> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(narrow->Add(i, 0));
  EXPECT_EQ(Await(calls.back()).status().code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(Await(gate->Open()).ok());
  EXPECT_TRUE(Await(held).ok());
  EXPECT_EQ(*Await(calls[0]), 0);
}

TEST_P(BothWaysTest, ARestartKeepsTheReferenceAndTheArguments) {
  const Ref<Inbox> inbox = MakeInbox();
  const Ref<Worker> worker = there_.Spawn<Worker>(
      SpawnOptions{.restart = {.max_restarts = 1, .min_backoff = absl::Milliseconds(1)}}, "r",
      inbox);
  ASSERT_TRUE(Await(worker->number(1)).ok());
  EXPECT_EQ(worker.Tell<&Worker::Refuse>("first"), SendResult::kSent);
  EXPECT_EQ(*Await(worker->number()), 7) << "built anew";
  EXPECT_EQ(worker.Tell<&Worker::Refuse>("second"), SendResult::kSent);
  EXPECT_EQ(Await(worker->number()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Texts(inbox, 4), ElementsAre("r started", "r first", "r started", "r second"));
}

TEST_P(BothWaysTest, ChildrenStopWithTheirParent) {
  const Ref<Inbox> inbox = MakeInbox();
  const Ref<Worker> parent = there_.Spawn<Worker>("parent", inbox);
  const absl::StatusOr<Ref<Worker>> child = Await(parent->SpawnChild("child", inbox));
  ASSERT_TRUE(child.ok()) << child.status();
  ASSERT_TRUE(Await((*child)->Add(1, 1)).ok());
  ASSERT_TRUE(Await(parent.Stop()).ok());
  EXPECT_THAT(Texts(inbox, 4),
              ElementsAre("parent started", "child started", "child stopped", "parent stopped"));
}

// Names

TEST_P(BothWaysTest, ActorsAreFoundByNameAndClass) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const Ref<Worker> second = there_.Spawn<Worker>();
  const Ref<Plain> plain = there_.Spawn<Plain>();
  EXPECT_TRUE(Await(there_.Register("w", worker)).ok());
  EXPECT_EQ(Await(there_.Register("w", plain)).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*Await(there_.Find("w")), AnyRef(worker));
  const absl::StatusOr<Ref<Summing>> summing = Await(there_.Find<Summing>("w"));
  ASSERT_TRUE(summing.ok()) << summing.status();
  EXPECT_EQ(*Await((*summing)->Add(20, 22)), 42);
  EXPECT_EQ(Await(there_.Find<Plain>("w")).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Await(there_.Find("v")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*Await(there_.FindAll<Plain>()), ElementsAre(plain));
  EXPECT_THAT(*Await(there_.FindAll<Summing>()), Contains(Ref<Summing>(second)));
  EXPECT_THAT(*Await(there_.All()), Contains(AnyRef(plain)));
  EXPECT_TRUE(Await(there_.Unregister("w")).ok());
  EXPECT_EQ(Await(there_.Find("w")).status().code(), absl::StatusCode::kNotFound);
  // An actor of this node under a name of that one.
  const Ref<Worker> here = node_->Spawn<Worker>();
  EXPECT_TRUE(Await(there_.Register("here", here)).ok());
  EXPECT_EQ(*Await(there_.Find<Worker>("here")), here);
  // A name ends with its actor.
  EXPECT_TRUE(Await(there_.Register("second", second)).ok());
  EXPECT_TRUE(Await(second.Stop()).ok());
  EXPECT_EQ(Await(there_.Find("second")).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(BothWaysTest, ABroadcastReachesAllOfAClass) {
  std::vector<Ref<Plain>> all;
  for (int i = 0; i < 3; ++i) all.push_back(there_.Spawn<Plain>());
  EXPECT_EQ(*Await(there_.Broadcast<Plain>({{"news", 1}})), 3u);
  for (const Ref<Plain>& plain : all) {
    EXPECT_THAT(*Await(plain->seen()), ElementsAre(Value{{"news", 1}}));
  }
}

// References

TEST_P(BothWaysTest, AReferenceIsEqualAfterARoundTrip) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const Ref<Worker> home = node_->Spawn<Worker>();
  EXPECT_EQ(*Await(worker->Self()), AnyRef(worker));
  for (const AnyRef& ref : {AnyRef(worker), AnyRef(home), AnyRef()}) {
    EXPECT_EQ(*Await(worker->Same(ref)), ref);
    const absl::StatusOr<Value> value =
        Await(worker->EchoValue({{"list", Value::ListOf(ref, Value{{"deep", ref}})}}));
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(*(*value)["list"][0].AsRef(), ref);
    EXPECT_EQ(*(*value)["list"][1]["deep"].AsRef(), ref);
  }
  // Local again at home.
  EXPECT_EQ(Await(worker->Same(home))->recipient().get(), home.recipient().get());
}

TEST_P(BothWaysTest, ACallComesBackToTheCallersNode) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  const Ref<Worker> home = node_->Spawn<Worker>();
  EXPECT_EQ(*Await(worker->AddAsTask(home, 1, 2)), 3);
  EXPECT_EQ(*Await(worker->AddAsFuture(home, 1, 3)), 4);
  EXPECT_EQ(*Await(worker->AddBlocking(home, 1, 4)), 5);
  // There and back and there again.
  const Ref<Worker> second = there_.Spawn<Worker>();
  EXPECT_EQ(*Await(home->AddAsTask(worker, 5, 6)), 11);
  EXPECT_EQ(*Await(home->AddBlocking(second, 5, 7)), 12);
}

TEST_P(BothWaysTest, ActorsThatBlockDoNotHoldUpOthers) {
  const Ref<Gate> gate = node_->Spawn<Gate>();
  std::vector<Ref<Worker>> workers;
  std::vector<Future<void>> held;
  // More than there are threads, here and there.
  for (int i = 0; i < 12; ++i) {
    held.push_back(there_.Spawn<Worker>()->HoldBlocking(gate));
    held.push_back(node_->Spawn<Worker>()->HoldBlocking(gate));
  }
  ASSERT_TRUE(Await(gate->Crowd(24)).ok());
  EXPECT_EQ(*Await(there_.Spawn<Worker>()->Add(1, 2)), 3);
  ASSERT_TRUE(Await(gate->Open()).ok());
  EXPECT_TRUE(GetAll(std::move(held), kLong).ok());
}

// Futures

TEST_P(BothWaysTest, FuturesAreCombined) {
  const Ref<Worker> worker = there_.Spawn<Worker>();
  std::vector<Future<int64_t>> sums;
  for (int64_t i = 0; i < 100; ++i) sums.push_back(worker->Add(i, i));
  Future<int64_t> total =
      Join(sums).Filter([](int64_t sum) { return sum % 4 == 0; }).Reduce(std::plus<>(), int64_t{0});
  EXPECT_EQ(*Await(total), 4900);
  EXPECT_EQ(*Await(worker->Add(1, 1).Map([&](int64_t two) { return two * 21; })), 42);
  EXPECT_EQ(*Await(worker->Add(1, 1).Then(
                [worker](absl::StatusOr<int64_t> two) { return worker->Add(*two, 1); })),
            3);
  const auto both = Await(worker->Add(1, 2).Join(worker->Echo("x")));
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(*both, std::make_tuple(int64_t{3}, std::string("x")));
  const auto settled = *Await(Settle<int64_t>({worker->Half(2), worker->Half(3)}));
  EXPECT_EQ(*settled[0], 1);
  EXPECT_EQ(settled[1].status(), absl::OutOfRangeError("it is odd"));
  EXPECT_EQ(Await(Join<int64_t>({worker->Half(2), worker->Half(3)})).status(),
            absl::OutOfRangeError("it is odd"));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

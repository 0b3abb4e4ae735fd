// The hooks through which messages of other nodes reach an actor, on their own.

#include "runtime/inbound_call.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/class_info_of.h"
#include "runtime/thread_pool.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using internal::CallTarget;
using internal::InboundCredit;
using internal::InboundOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What a call came to; outlives it.
struct Record {
  internal::FutureCore* call = nullptr;  // while it is under way
  std::vector<absl::Status> finished;
  std::string result;
};

class RecordingCall final : public internal::InboundCall {
 public:
  explicit RecordingCall(std::shared_ptr<Record> record,
                         std::function<void(internal::FutureCore*)> on_started = nullptr)
      : record_(std::move(record)), on_started_(std::move(on_started)) {}

  const internal::EncodeContext& encode_context() override { return context_; }
  void Started(internal::FutureCore* call) override {
    EXPECT_EQ(record_->call, nullptr);
    record_->call = call;
    if (on_started_ != nullptr) on_started_(call);
  }
  void Finish(const absl::Status& status, absl::string_view result) override {
    EXPECT_NE(record_->call, nullptr);
    record_->call = nullptr;
    record_->finished.push_back(status);
    record_->result = std::string(result);
    delete this;
  }

 private:
  const std::shared_ptr<Record> record_;
  const std::function<void(internal::FutureCore*)> on_started_;
  const internal::EncodeContext context_;
};

class CountingBudget final : public internal::InboundBudget {
 public:
  void Return(size_t bytes) override { returned += bytes; }
  size_t returned = 0;
};

class Greeter {
 public:
  virtual ~Greeter() = default;
  virtual std::string Greet(std::string name) = 0;
};
TROUPE_ACTOR(Greeter, Greet)

class Host : public Actor, public Greeter {
 public:
  using Implements = Interfaces<Greeter>;

  explicit Host(int64_t first = 0) : number(first) {}
  std::string Greet(std::string name) override { return "hello " + name; }
  int64_t AddOne(int64_t i) { return i + 1; }
  void Note(std::string text) { notes.push_back(std::move(text)); }
  Task<void> Nap(std::string text) {
    co_await Sleep(absl::Seconds(1));
    notes.push_back(std::move(text));
  }
  absl::Status Fail() { return absl::InternalError("failed"); }
  absl::StatusOr<Value> Receive(Value message) override { return message; }
  int64_t number;
  const int64_t fixed = 3;
  std::vector<std::string> notes;
};
TROUPE_ACTOR(Host, AddOne, Note, Nap, Fail, number, fixed, notes)

class InboundCallTest : public ::testing::Test {
 protected:
  explicit InboundCallTest(const SystemOptions& options = {}) : world_(1, options) {}

  CallTarget target() { return {ref_.recipient().get(), nullptr}; }
  const internal::MethodInfo& Method(absl::string_view name) {
    return *internal::ClassInfoOf<Host>().FindMethod(name);
  }
  template <typename... A>
  static std::string Bytes(const A&... arguments) {
    std::string bytes;
    EXPECT_TRUE(internal::EncodeArguments({}, &bytes, arguments...).ok());
    return bytes;
  }
  std::shared_ptr<Record> Call(absl::string_view name, const std::string& arguments,
                               const InboundOptions& options = {}) {
    auto record = std::make_shared<Record>();
    EXPECT_TRUE(
        Method(name).receive(target(), options, {}, arguments, new RecordingCall(record)).ok());
    return record;
  }
  InboundCredit Credit(size_t bytes) { return {&budget_, bytes}; }

  CountingBudget budget_;  // outlives what the actors hold
  World world_;
  const Ref<Host> ref_ = world_->Spawn<Host>();
};

TEST_F(InboundCallTest, AnInterfacesMethodIsFoundAtTheClassToo) {
  const auto call = Call("Greet", Bytes(std::string("x")));
  world_.Run();
  ASSERT_THAT(call->finished, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(call->result, Bytes(std::string("hello x")));
}

TEST_F(InboundCallTest, AVoidResultHasNoBytes) {
  const auto call = Call("Note", Bytes(std::string("x")));
  EXPECT_THAT(call->finished, IsEmpty());
  world_.Run();
  ASSERT_THAT(call->finished, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(call->result, "");
}

TEST_F(InboundCallTest, ArgumentsThatDoNotFitLeaveTheCallToItsMaker) {
  auto record = std::make_shared<Record>();
  auto* call = new RecordingCall(record);
  const std::vector<Value> two = {Value(1), Value(2)};
  std::string list;
  ASSERT_TRUE(internal::EncodeValues({}, &list, two).ok());
  for (const absl::Status& status :
       {Method("AddOne").receive(target(), {}, {}, "", call),
        Method("AddOne").receive(target(), {}, {}, Bytes(std::string("x")), call),
        Method("AddOne").receive(target(), {}, {}, "\xff", call),
        Method("AddOne").receive_values(target(), {}, two, call),
        internal::ReceiveByName(target(), {}, {}, "AddOne", list, call),
        internal::ReceiveByName(target(), {}, {}, "AddOne", "\xff", call),
        internal::ReceiveByNameOneWay(target(), {}, {}, "AddOne", list, Credit(2))}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.ToString(), HasSubstr("AddOne: "));
  }
  EXPECT_EQ(internal::ReceivePlain(target(), {}, {}, "", call).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(internal::ReceiveByName(target(), {}, {}, "Ad", list, call).code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(record->call, nullptr);
  EXPECT_EQ(budget_.returned, 2u);
  delete call;
}

TEST_F(InboundCallTest, AOneWayMessageThatDoesNotDecodeIsADeadLetter) {
  EXPECT_TRUE(Method("Note").receive_one_way(target(), {}, {}, "\xff", Credit(1)).ok());
  const std::string large = "\xff" + std::string(1000, 'x');  // decoded at once
  EXPECT_EQ(Method("Note").receive_one_way(target(), {}, {}, large, Credit(2)).code(),
            absl::StatusCode::kInvalidArgument);
  world_.Run();
  EXPECT_EQ(world_->dead_letters(), 1u);
  EXPECT_EQ(budget_.returned, 3u);
  EXPECT_THAT(*ref_->notes().Get(), IsEmpty());
}

TEST_F(InboundCallTest, AFieldIsReadWithoutBytesAndWrittenWithSome) {
  const auto read = Call("number", "");
  const auto write = Call("number", Bytes(int64_t{7}));
  const auto again = Call("number", "");
  world_.Run();
  EXPECT_EQ(read->result, Bytes(int64_t{0}));
  EXPECT_EQ(write->result, "");
  EXPECT_EQ(again->result, Bytes(int64_t{7}));
  EXPECT_TRUE(Method("fixed").receive_one_way(target(), {}, {}, Bytes(int64_t{4}), {}).ok());
  world_.Run();
  EXPECT_EQ(world_->dead_letters(), 1u);  // a constant
  EXPECT_TRUE(Method("number").receive_one_way(target(), {}, {}, Bytes(int64_t{4}), {}).ok());
  EXPECT_EQ(*ref_->number().Get(), 4);
}

TEST_F(InboundCallTest, ACreditIsGivenBackOnceTheMessageIsHandled) {
  EXPECT_TRUE(
      Method("Note").receive_one_way(target(), {}, {}, Bytes(std::string("a")), Credit(10)).ok());
  EXPECT_TRUE(
      Method("Nap").receive_one_way(target(), {}, {}, Bytes(std::string("b")), Credit(100)).ok());
  std::string list;
  ASSERT_TRUE(internal::EncodeValues({}, &list, {Value("c")}).ok());
  EXPECT_TRUE(internal::ReceiveByNameOneWay(target(), {}, {}, "Note", list, Credit(1000)).ok());
  EXPECT_TRUE(internal::ReceivePlainOneWay(target(), {}, {}, Bytes(Value(1)), Credit(10000)).ok());
  EXPECT_EQ(budget_.returned, 0u);
  world_.Run();
  EXPECT_EQ(budget_.returned, 10u);
  world_.RunFor(absl::Seconds(2));
  EXPECT_EQ(budget_.returned, 11110u);
  EXPECT_THAT(*ref_->notes().Get(), ElementsAre("a", "b", "c"));
}

TEST_F(InboundCallTest, ACreditIsGivenBackWithAMessageThatIsNotHandled) {
  const InboundOptions late{.deadline = world_.clock.Now()};
  EXPECT_TRUE(
      Method("Note").receive_one_way(target(), late, {}, Bytes(std::string("a")), Credit(1)).ok());
  world_.Run();
  EXPECT_EQ(budget_.returned, 1u);
  EXPECT_TRUE(ref_.Stop().Get().ok());
  EXPECT_TRUE(
      Method("Note").receive_one_way(target(), {}, {}, Bytes(std::string("a")), Credit(2)).ok());
  EXPECT_EQ(budget_.returned, 3u);
  EXPECT_EQ(world_->dead_letters(), 2u);
}

TEST_F(InboundCallTest, ACreditMovesItsBytesAndGivesThemBackOnce) {
  {
    InboundCredit first = Credit(5);
    InboundCredit second = std::move(first);
    EXPECT_EQ(second.bytes(), 5u);
    second = Credit(7);
    EXPECT_EQ(budget_.returned, 5u);
    InboundCredit none;
    EXPECT_EQ(none.bytes(), 0u);
  }
  EXPECT_EQ(budget_.returned, 12u);
}

TEST_F(InboundCallTest, AMessageWithACreditIsNoLargerThanOneBlock) {
  using AddOne = internal::MethodOp<Host, &Host::AddOne>;
  static_assert(sizeof(internal::OneWay<AddOne>) <= internal::kBlockAlignment);
  static_assert(sizeof(internal::OneWay<AddOne, InboundCredit>) <= internal::kBlockAlignment);
}

TEST_F(InboundCallTest, ACallThatIsAbortedWhenItStartsFinishesAtOnceAndIsNotHandled) {
  auto record = std::make_shared<Record>();
  const absl::Status cancelled = absl::CancelledError("at once");
  EXPECT_TRUE(Method("Note")
                  .receive(target(), {}, {}, Bytes(std::string("x")),
                           new RecordingCall(record,
                                             [&](internal::FutureCore* call) {
                                               call->Abort(cancelled);
                                               EXPECT_THAT(record->finished, IsEmpty());
                                             }))
                  .ok());
  EXPECT_THAT(record->finished, ElementsAre(cancelled));
  world_.Run();
  EXPECT_THAT(*ref_->notes().Get(), IsEmpty());
}

TEST_F(InboundCallTest, ADeadlineEndsTheCallAndItsTimerWithIt) {
  const InboundOptions options{.deadline = world_.clock.Now() + absl::Milliseconds(10)};
  const auto nap = Call("Nap", Bytes(std::string("x")), options);
  const auto add = Call("AddOne", Bytes(int64_t{1}), options);
  const InboundOptions passed{.deadline = world_.clock.Now()};
  const auto late = Call("Note", Bytes(std::string("late")), passed);
  world_.RunFor(absl::Milliseconds(20));
  EXPECT_THAT(nap->finished, ElementsAre(DeadlinePassedError("Host.Nap")));
  EXPECT_THAT(add->finished, ElementsAre(DeadlinePassedError("Host.AddOne")));
  EXPECT_THAT(late->finished, ElementsAre(DeadlinePassedError("Host.Note")));
  world_.RunFor(absl::Seconds(2));
  EXPECT_THAT(*ref_->notes().Get(), IsEmpty());

  const size_t timers = world_.clock.pending_timers();
  const InboundOptions ample{.deadline = world_.clock.Now() + absl::Hours(1)};
  const auto quick = Call("AddOne", Bytes(int64_t{1}), ample);
  EXPECT_EQ(world_.clock.pending_timers(), timers + 1);
  world_.Run();
  EXPECT_THAT(quick->finished, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(world_.clock.pending_timers(), timers);
  auto record = std::make_shared<Record>();
  EXPECT_TRUE(Method("AddOne")
                  .receive(target(), ample, {}, Bytes(int64_t{1}),
                           new RecordingCall(record,
                                             [](internal::FutureCore* call) {
                                               call->Abort(absl::CancelledError("at once"));
                                             }))
                  .ok());
  EXPECT_EQ(world_.clock.pending_timers(), timers);
}

class DefaultDeadlineTest : public InboundCallTest {
 protected:
  DefaultDeadlineTest() : InboundCallTest({.default_deadline = absl::Milliseconds(1)}) {}
};

TEST_F(DefaultDeadlineTest, DoesNotApplyToCallsFromElsewhere) {
  const auto nap = Call("Nap", Bytes(std::string("x")));
  auto named = std::make_shared<Record>();
  std::string list;
  ASSERT_TRUE(internal::EncodeValues({}, &list, {Value("y")}).ok());
  EXPECT_TRUE(
      internal::ReceiveByName(target(), {}, {}, "Nap", list, new RecordingCall(named)).ok());
  world_.RunFor(absl::Seconds(3));
  EXPECT_THAT(nap->finished, ElementsAre(absl::OkStatus()));
  EXPECT_THAT(named->finished, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(named->result, Bytes(Value()));
}

TEST_F(InboundCallTest, AnActorThatIsGoneIsNotFound) {
  EXPECT_TRUE(ref_.Stop().Get().ok());
  const auto call = Call("AddOne", Bytes(int64_t{1}));
  EXPECT_THAT(call->finished, ElementsAre(NotFoundError(ref_.ToString())));
  auto stop = std::make_shared<Record>();
  internal::ReceiveStop(ref_.recipient().get(), new RecordingCall(stop));
  EXPECT_THAT(stop->finished, ElementsAre(NotFoundError(ref_.ToString())));
  internal::ReceiveStop(ref_.recipient().get(), nullptr);
  auto watch = std::make_shared<Record>();
  internal::ReceiveWatch(ref_.recipient().get(), new RecordingCall(watch));
  ASSERT_THAT(watch->finished, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(internal::DecodeDown(ref_, watch->result)->reason, DownReason::kNotFound);
}

TEST_F(InboundCallTest, WatchesAreEndedOneByOneByAbortingThem) {
  auto first = std::make_shared<Record>();
  auto second = std::make_shared<Record>();
  auto early = std::make_shared<Record>();
  const absl::Status cancelled = absl::CancelledError("enough");
  internal::ReceiveWatch(ref_.recipient().get(), new RecordingCall(first));
  internal::ReceiveWatch(ref_.recipient().get(), new RecordingCall(second));
  internal::ReceiveWatch(
      ref_.recipient().get(),
      new RecordingCall(early, [&](internal::FutureCore* call) { call->Abort(cancelled); }));
  EXPECT_THAT(early->finished, ElementsAre(cancelled));
  world_.Run();
  first->call->Abort(cancelled);
  EXPECT_THAT(first->finished, ElementsAre(cancelled));
  world_.Run();
  EXPECT_THAT(second->finished, IsEmpty());
  ref_.Tell<&Host::Fail>();
  world_.Run();
  ASSERT_THAT(second->finished, ElementsAre(absl::OkStatus()));
  const auto down = internal::DecodeDown(ref_, second->result);
  ASSERT_TRUE(down.ok());
  EXPECT_EQ(down->reason, DownReason::kFailed);
  EXPECT_EQ(down->status, absl::InternalError("failed"));
}

TEST(InboundCallShutdownTest, CallsThatAreUnderWayWhenTheSystemEndsFinish) {
  auto nap = std::make_shared<Record>();
  auto watch = std::make_shared<Record>();
  {
    World world(1, {.shutdown_deadline = absl::ZeroDuration()});
    const auto ref = world->Spawn<Host>();
    std::string bytes;
    ASSERT_TRUE(internal::EncodeArguments({}, &bytes, std::string("x")).ok());
    ASSERT_TRUE(
        internal::ClassInfoOf<Host>()
            .FindMethod("Nap")
            ->receive({ref.recipient().get(), nullptr}, {}, {}, bytes, new RecordingCall(nap))
            .ok());
    internal::ReceiveWatch(ref.recipient().get(), new RecordingCall(watch));
    world.Run();
    EXPECT_THAT(nap->finished, IsEmpty());
    world.system.reset();
  }
  ASSERT_EQ(nap->finished.size(), 1u);
  EXPECT_FALSE(nap->finished[0].ok());
  EXPECT_THAT(watch->finished, ElementsAre(absl::OkStatus()));
}

TEST(ClassInfoTest, AClassIsNamedAsItselfAndAsItsInterfaces) {
  const internal::ClassInfo& info = internal::ClassInfoOf<Host>();
  EXPECT_TRUE(info.IsNamed(info.full_name));
  EXPECT_TRUE(info.IsNamed(internal::ClassInfoOf<Greeter>().full_name));
  EXPECT_FALSE(internal::ClassInfoOf<Greeter>().IsNamed(info.full_name));
  EXPECT_FALSE(info.IsNamed("Host"));
  EXPECT_FALSE(info.IsNamed(""));
}

class SpawnHostedTest : public ::testing::Test {
 protected:
  absl::StatusOr<AnyRef> Spawn(const Urn& urn, const SpawnOptions& options = {},
                               bool can_restart = true) {
    return world_->SpawnHosted(
        urn, internal::ClassInfoOf<Host>(), [] { return std::make_unique<Host>(9); }, options,
        can_restart);
  }
  World world_;
};

TEST_F(SpawnHostedTest, TheActorHasTheUrnThatWasChosen) {
  const Urn urn(1, 2);
  const auto ref = Spawn(urn, {.name = "hosted"});
  ASSERT_TRUE(ref.ok()) << ref.status();
  EXPECT_EQ(ref->urn(), urn);
  EXPECT_EQ(*(*ref->As<Host>())->number().Get(), 9);
  EXPECT_EQ(*world_->Find<Host>("hosted"), *ref);
  EXPECT_EQ(*world_->Find(urn), *ref);
}

TEST_F(SpawnHostedTest, AnUrnIsTakenAsLongAsItsActorLives) {
  const Urn urn(1, 2);
  const auto ref = Spawn(urn);
  EXPECT_EQ(Spawn(urn).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*(*ref->As<Host>())->number().Get(), 9);
  EXPECT_EQ(world_->size(), 1u);
  EXPECT_TRUE(ref->Stop().Get().ok());
  EXPECT_TRUE(Spawn(urn).ok());
}

TEST_F(SpawnHostedTest, WhatCannotBeSpawnedIsAnError) {
  EXPECT_EQ(Spawn(Urn()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Spawn(Urn(1, 1), {.restart = {.max_restarts = 1}}, false).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Spawn(Urn(1, 1), {.name = "a"}).ok());
  EXPECT_EQ(Spawn(Urn(1, 2), {.name = "a"}).status().code(), absl::StatusCode::kAlreadyExists);
  world_.Run();
  EXPECT_EQ(world_->size(), 1u);
  EXPECT_EQ(world_->Find<Host>("a")->urn(), Urn(1, 1));
}

TEST(IdlePollerOptionTest, TheSystemsIdleWorkersAreInThePoller) {
  class Poller : public IdlePoller {
   public:
    bool Poll(absl::Time deadline) override {
      polls.fetch_add(1);
      if (deadline != absl::InfinitePast()) interrupted_.Wait();
      return false;
    }
    void Interrupt() override { interrupted_.Set(); }
    std::atomic<int> polls{0};

   private:
    // Interrupts that nobody waits for yet count for the next Poll.
    struct Gate {
      void Wait() {
        MutexLock lock(&mu);
        while (!open) changed.Wait(&mu);
        open = false;
      }
      void Set() {
        MutexLock lock(&mu);
        open = true;
        changed.SignalAll();
      }
      Mutex mu;
      CondVar changed;
      bool open ABSL_GUARDED_BY(mu) = false;
    };
    Gate interrupted_;
  };
  Poller poller;
  {
    ActorSystem system({.threads = 1, .poller = &poller});
    const auto ref = system.Spawn<Host>();
    for (int64_t i = 0; i < 10; ++i) EXPECT_EQ(*ref->AddOne(i).Get(), i + 1);
  }
  EXPECT_GT(poller.polls.load(), 0);
}

TEST(NodeErrorsTest, UnavailableSaysWhatBecameOfTheMessage) {
  for (const Delivery delivery : {Delivery::kOutcomeUnknown, Delivery::kNotSent}) {
    const absl::Status status = NodeUnavailableError("gone", delivery);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(DeliveryOf(status), delivery);
    // Also once it has travelled.
    std::string bytes;
    ASSERT_TRUE(internal::EncodeArguments({}, &bytes, status).ok());
    const auto travelled = internal::DecodeResult<absl::Status>({}, bytes);
    ASSERT_TRUE(travelled.ok());
    EXPECT_EQ(DeliveryOf(*travelled), delivery);
  }
  EXPECT_EQ(DeliveryOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(DeliveryOf(absl::UnavailableError("by a method")), std::nullopt);
  absl::Status forged = absl::UnavailableError("x");
  forged.SetPayload("type.googleapis.com/troupe.wire.Delivery", absl::Cord("\xff\xff"));
  EXPECT_EQ(DeliveryOf(forged), Delivery::kOutcomeUnknown);
}

TEST(NodeErrorsTest, LimitsAreInTheText) {
  for (const absl::Status& status :
       {MessageTooLargeError("A.b", 78, 77), OutboxFullError("host:1", 77),
        PendingLimitError("host:1", 77), InboundFullError(77)}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(status.ToString(), HasSubstr("77"));
  }
  EXPECT_EQ(PermissionDeniedError(), absl::PermissionDeniedError("not allowed"));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

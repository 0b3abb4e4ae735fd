// The ten promises of docs/semantics.md, as far as one process can show them.

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/event.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::HasSubstr;

class Counter : public Actor {
 public:
  static constexpr bool kLocalOnly = true;

  void Add(int64_t n) {
    inside_ = inside_ + 1;
    overlaps += inside_ != 1;
    sum += n;
    inside_ = inside_ - 1;
  }
  Task<void> AddSlowly(int64_t n) {
    const int64_t before = sum;
    co_await Sleep(absl::Nanoseconds(1));
    overlaps += sum != before;
    sum += n;
  }
  absl::Status OnlyInOrder(int64_t n) {
    if (n != next_) return absl::OutOfRangeError("out of order");
    ++next_;
    return absl::OkStatus();
  }
  void Throw() { throw std::runtime_error("thrown"); }
  // Blocks until somebody else sets the event.
  void BlockOn(std::shared_ptr<Promise<void>> promise) { (void)promise->future().Get(); }
  Ref<Counter> Me(Ref<Counter> me) { return me; }
  void OnFailure(const absl::Status& status) override { last_failure = status.ToString(); }

  int64_t sum = 0;
  int64_t overlaps = 0;
  static inline std::string last_failure;

 private:
  int64_t next_ = 0;
  int64_t inside_ = 0;  // not atomic: ThreadSanitizer sees two turns at once
  void Private() {}
};
TROUPE_ACTOR(Counter, Add, AddSlowly, OnlyInOrder, Throw, BlockOn, Me, sum, overlaps)

class Blocker : public Actor {
 public:
  explicit Blocker(Ref<Counter> counter) : counter_(std::move(counter)) {}
  Task<void> ForwardAwaiting(int64_t n) { co_await counter_->AddSlowly(n); }
  void ForwardBlocking(int64_t n) { (void)counter_->Add(n).Get(); }
  absl::Time Deadline() { return context().deadline(); }
  Task<absl::Time> NestedDeadline(Ref<Blocker> other);

 private:
  const Ref<Counter> counter_;
};
TROUPE_ACTOR(Blocker, ForwardAwaiting, ForwardBlocking, Deadline, NestedDeadline)
Task<absl::Time> Blocker::NestedDeadline(Ref<Blocker> other) {
  co_return co_await other->Deadline();
}

TEST(PromiseTest, Promise1OneAtATime) {
  ActorSystem system({.threads = 2});
  const auto counter = system.Spawn<Counter>();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) (void)counter.Tell<&Counter::Add>(1);
      for (int i = 0; i < 20; ++i) counter->AddSlowly(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*counter->sum().Get(), 4 * 5'020);
  EXPECT_EQ(*counter->overlaps().Get(), 0);
}

TEST(PromiseTest, Promise2Order) {
  ActorSystem system({.threads = 2});
  const auto counter = system.Spawn<Counter>();
  std::vector<Future<void>> calls;
  for (int64_t i = 0; i < 10'000; ++i) calls.push_back(counter->OnlyInOrder(i));
  for (const auto& call : calls) ASSERT_TRUE(call.Get().ok());
}

TEST(PromiseTest, Promise3ExactlyOneOutcome) {
  std::vector<Future<void>> calls;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ManualSystem manual(seed);
    const auto counter = manual.system.Spawn<Counter>(SpawnOptions{.mailbox_capacity = 8});
    const auto never = std::make_shared<Promise<void>>();
    for (int i = 0; i < 4; ++i) {
      calls.push_back(counter->AddSlowly(1));
      calls.push_back(counter->Throw());
      calls.push_back(counter.With({.deadline = absl::Nanoseconds(2)})->AddSlowly(1));
    }
    manual.executor.RunUntilIdle(seed);
    calls.push_back(counter->AddSlowly(1));
    (void)counter.Stop();
    for (int i = 0; i < 20; ++i) calls.push_back(counter->Add(1));
    if (seed % 3 != 0) manual.RunFor(absl::Nanoseconds(static_cast<int64_t>(seed)));
  }
  for (const auto& call : calls) {
    ASSERT_TRUE(call.IsReady()) << "its system is gone";
    const absl::Status first = call.Get();
    EXPECT_EQ(call.Get(), first);
    EXPECT_FALSE(call.Cancel());
  }
}

TEST(PromiseTest, Promise4AtMostOnce) {
  ActorSystem system({.threads = 2});
  const auto counter = system.Spawn<Counter>(SpawnOptions{.mailbox_capacity = 64});
  std::atomic<int64_t> sent{0}, succeeded{0}, refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3'000; ++i) {
        if (counter.Tell<&Counter::Add>(1) == SendResult::kSent) ++sent;
        const absl::Status status = counter->Add(1).Get();
        ++(status.ok() ? succeeded : refused);
        EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*counter->sum().Get(), sent + succeeded);
  EXPECT_EQ(succeeded + refused, 4 * 3'000);
}

TEST(PromiseTest, Promise5LocationChangesNothing) {
  ManualSystem manual;
  const auto counter = manual.system.Spawn<Counter>();
  const auto other = manual.system.Spawn<Counter>();
  const Ref<Counter> home = *other->Me(counter).Get();
  EXPECT_EQ(home, counter);
  EXPECT_EQ(home.recipient(), counter.recipient()) << "local again";
  EXPECT_TRUE(home->Add(2).Get().ok());
  EXPECT_EQ(*counter->sum().Get(), 2);
}

TEST(PromiseTest, Promise6Bounded) {
  ManualSystem manual(1, {.mailbox_capacity = 100});
  const auto counter = manual.system.Spawn<Counter>();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(counter.Tell<&Counter::Add>(1), SendResult::kSent);
  EXPECT_EQ(counter.Tell<&Counter::Add>(1), SendResult::kFull);
  EXPECT_THAT(counter->Add(1).Get().ToString(), HasSubstr("(100 messages)"));
  EXPECT_TRUE(counter.Stop().Get().ok()) << "control messages always fit";
  EXPECT_EQ(ActorSystem().options().mailbox_capacity, 1'048'576u);
}

TEST(PromiseTest, Promise7ASlowActorSlowsNobodyElse) {
  // One thread, and more blocked actors than that.
  ActorSystem system({.threads = 1});
  const auto promise = std::make_shared<Promise<void>>();
  std::vector<Future<void>> blocked;
  for (int i = 0; i < 16; ++i) blocked.push_back(system.Spawn<Counter>()->BlockOn(promise));
  const auto counter = system.Spawn<Counter>();
  for (int i = 0; i < 16; ++i) {
    EXPECT_TRUE(system.Spawn<Blocker>(counter)->ForwardBlocking(1).Get().ok());
  }
  EXPECT_EQ(*counter->sum().Get(), 16);
  for (const auto& call : blocked) EXPECT_FALSE(call.IsReady());
  EXPECT_TRUE(promise->Set().ok());
  for (const auto& call : blocked) EXPECT_TRUE(call.Get().ok());
}

TEST(PromiseTest, Promise8WaitingIsNotCancelling) {
  ManualSystem manual;
  const auto counter = manual.system.Spawn<Counter>();
  const auto blocker = manual.system.Spawn<Blocker>(counter);
  const auto call = blocker->ForwardAwaiting(1);
  EXPECT_EQ(call.Get(absl::ZeroDuration()).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(call.Get().ok());
  EXPECT_EQ(*counter->sum().Get(), 1);
  EXPECT_EQ(*blocker->Deadline().Get(), absl::InfiniteFuture()) << "none unless given";
  const auto other = manual.system.Spawn<Blocker>(counter);
  EXPECT_EQ(*blocker.With({.deadline = absl::Seconds(9)})->NestedDeadline(other).Get(),
            manual.clock.Now() + absl::Seconds(9));
}

TEST(PromiseTest, Promise9ErrorsReachSomeone) {
  ManualSystem manual;
  const auto counter = manual.system.Spawn<Counter>();
  EXPECT_THAT(counter->Throw().Get().ToString(), HasSubstr("thrown"));
  EXPECT_TRUE(counter->Add(1).Get().ok()) << "it was a call: the actor lives on";
  Probe watcher(manual.system);
  watcher.Watch(counter);
  manual.Run();
  EXPECT_EQ(counter.Tell<&Counter::Throw>(), SendResult::kSent);
  manual.Run();
  ASSERT_EQ(watcher.downs().size(), 1u);
  EXPECT_EQ(watcher.downs()[0].reason, DownReason::kFailed);
  EXPECT_THAT(watcher.downs()[0].status.ToString(), HasSubstr("thrown"));
  EXPECT_THAT(Counter::last_failure, HasSubstr("thrown")) << "OnFailure";
}

TEST(PromiseTest, Promise10OnlyWhatIsExportedIsReachable) {
  ManualSystem manual;
  const auto blocker = manual.system.Spawn<Blocker>(Ref<Counter>());
  const AnyRef counter = manual.system.Spawn<Counter>();
  for (const char* name :
       {"Private", "next_", "OnStart", "OnStop", "OnFailure", "self", "Stop", "Spawn", "Receive",
        "last_failure", "operator=", "Counter", "\0Add", ""}) {
    EXPECT_EQ(counter.CallByName(name, {}).Get().status().code(), absl::StatusCode::kUnimplemented)
        << name;
    EXPECT_EQ(counter.TellByName(name, {}), SendResult::kBadArguments) << name;
  }
  EXPECT_EQ(*counter.CallByName("sum", {}).Get(), Value(0));
}

}  // namespace
}  // namespace troupe

#include "runtime/deadlock.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// Passes a call on along `path`, and ends with 1 at its end.
class Hop : public Actor {
 public:
  using Path = std::vector<AnyRef>;

  Task<int64_t> Await(Path path);
  absl::StatusOr<int64_t> Block(Path path);
  // Both ways to wait, alternately.
  absl::StatusOr<int64_t> BlockThenAwait(Path path);
  Task<int64_t> AwaitThenBlock(Path path);
  // Wait for what follows from the answer, not for the answer itself.
  absl::StatusOr<int64_t> BlockOnDerived(Path path);
  absl::StatusOr<int64_t> BlockOnJoined(Path path);
  Task<std::string> Catch(Path path);
  int64_t entered = 0;
};
TROUPE_ACTOR(Hop, Await, Block, BlockThenAwait, AwaitThenBlock, BlockOnDerived, BlockOnJoined,
             Catch, entered)

Ref<Hop> TakeNext(Hop::Path& path) {
  const Ref<Hop> next = *path.front().As<Hop>();
  path.erase(path.begin());
  return next;
}

Task<int64_t> Hop::Await(Path path) {
  ++entered;
  if (path.empty()) co_return 1;
  const Ref<Hop> next = TakeNext(path);
  co_return co_await next->Await(path) + 1;
}

absl::StatusOr<int64_t> Hop::Block(Path path) {
  ++entered;
  if (path.empty()) return 1;
  const Ref<Hop> next = TakeNext(path);
  const absl::StatusOr<int64_t> result = next->Block(path).Get();
  if (!result.ok()) return result.status();
  return *result + 1;
}

absl::StatusOr<int64_t> Hop::BlockThenAwait(Path path) {
  if (path.empty()) return 1;
  const Ref<Hop> next = TakeNext(path);
  return next->AwaitThenBlock(path).Get();
}

Task<int64_t> Hop::AwaitThenBlock(Path path) {
  if (path.empty()) co_return 1;
  const Ref<Hop> next = TakeNext(path);
  co_return co_await next->BlockThenAwait(path);
}

absl::StatusOr<int64_t> Hop::BlockOnDerived(Path path) {
  if (path.empty()) return 1;
  const Ref<Hop> next = TakeNext(path);
  return next->BlockOnDerived(path).Map([](int64_t v) { return v + 1; }).Get();
}

absl::StatusOr<int64_t> Hop::BlockOnJoined(Path path) {
  if (path.empty()) return 1;
  const Ref<Hop> next = TakeNext(path);
  const auto all = GetAll(std::vector<Future<int64_t>>{next->BlockOnJoined(path)});
  if (!all.ok()) return all.status();
  return (*all)[0] + 1;
}

Task<std::string> Hop::Catch(Path path) {
  const Ref<Hop> next = TakeNext(path);
  const absl::StatusOr<int64_t> result = co_await AsStatusOr(next->Await(path));
  co_return result.status().ToString();
}

bool IsOkOrDeadlock(const absl::Status& status) {
  return status.ok() || absl::IsFailedPrecondition(status);
}

class DeadlockTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  // Ends at once, without any time passing, and with everybody free again.
  void ExpectDeadlock(const Future<int64_t>& call) {
    const absl::Status status = call.Get().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(manual_.elapsed(), absl::ZeroDuration());
    for (const auto& hop : {a_, b_, c_}) EXPECT_EQ(*hop->Await({}).Get(), 1);
  }

  ManualSystem manual_{GetParam()};
  const Ref<Hop> a_ = manual_.system.Spawn<Hop>();
  const Ref<Hop> b_ = manual_.system.Spawn<Hop>();
  const Ref<Hop> c_ = manual_.system.Spawn<Hop>();
};

TEST_P(DeadlockTest, ACallToOneselfThatIsAwaitedFails) {
  const auto call = a_->Await({a_});
  ExpectDeadlock(call);
  EXPECT_THAT(call.Get().status().ToString(), EndsWith(": Hop.Await -> Hop.Await"));
  ExpectDeadlock(a_->Block({a_}));
  ExpectDeadlock(a_->BlockOnDerived({a_}));
  ExpectDeadlock(a_->BlockOnJoined({a_}));
}

TEST_P(DeadlockTest, TwoThatWaitForEachOtherFail) {
  const auto call = a_->Await({b_, a_});
  ExpectDeadlock(call);
  EXPECT_THAT(call.Get().status().ToString(), EndsWith(": Hop.Await -> Hop.Await -> Hop.Await"));
  ExpectDeadlock(a_->Block({b_, a_}));
  ExpectDeadlock(a_->BlockThenAwait({b_, a_}));
  ExpectDeadlock(a_->BlockOnDerived({b_, a_}));
  ExpectDeadlock(a_->BlockOnJoined({b_, a_}));
}

TEST_P(DeadlockTest, ALongerCycleFailsAlsoWhereItDoesNotEndAtItsBeginning) {
  ExpectDeadlock(a_->Await({b_, c_, a_}));
  ExpectDeadlock(a_->Block({b_, c_, a_}));
  ExpectDeadlock(a_->BlockThenAwait({b_, c_, a_}));
  ExpectDeadlock(a_->Await({b_, c_, b_}));
  ExpectDeadlock(a_->Block({b_, c_, c_}));
}

TEST_P(DeadlockTest, TheErrorIsAnOrdinaryOneForTheMethodThatWaits) {
  const auto status = a_->Catch({b_, a_}).Get();
  ASSERT_TRUE(status.ok());
  EXPECT_THAT(*status, HasSubstr("FAILED_PRECONDITION"));
}

TEST_P(DeadlockTest, TheMethodThatWasToBeCalledIsNotStarted) {
  ExpectDeadlock(a_->Await({b_, a_}));
  EXPECT_EQ(*a_->entered().Get(), 2) << "the first call, and the one after the deadlock";
}

TEST_P(DeadlockTest, TwoChainsThatCloseOneCycleTogetherBothEnd) {
  for (const bool blocking : {false, true}) {
    const auto one = blocking ? a_->Block({b_}) : a_->Await({b_});
    const auto two = blocking ? b_->Block({a_}) : b_->Await({a_});
    EXPECT_TRUE(IsOkOrDeadlock(one.Get().status()));
    EXPECT_TRUE(IsOkOrDeadlock(two.Get().status()));
    EXPECT_EQ(manual_.elapsed(), absl::ZeroDuration());
    EXPECT_EQ(*a_->Await({}).Get(), 1);
    EXPECT_EQ(*b_->Await({}).Get(), 1);
  }
}

TEST_P(DeadlockTest, AChainWithoutACycleDoesNotFail) {
  EXPECT_EQ(*a_->Await({b_, c_}).Get(), 3);
  EXPECT_EQ(*a_->Block({b_, c_}).Get(), 3);
  EXPECT_EQ(*a_->BlockOnDerived({b_, c_}).Get(), 3);
  EXPECT_EQ(*a_->BlockOnJoined({b_, c_}).Get(), 3);
  std::vector<Future<int64_t>> calls;
  for (int i = 0; i < 5; ++i) {
    calls.push_back(a_->Await({b_, c_}));
    calls.push_back(b_->Block({c_}));
    calls.push_back(a_->Block({c_}));
  }
  EXPECT_TRUE(GetAll(calls).ok());
}

TEST_P(DeadlockTest, ReentrantActorsMayBeCalledBack) {
  const auto reentrant = manual_.system.Spawn<Hop>(SpawnOptions{.reentrant = true});
  EXPECT_EQ(*reentrant->Await({b_, reentrant}).Get(), 3);
  EXPECT_EQ(*reentrant->Await({reentrant, reentrant}).Get(), 3);
  EXPECT_EQ(*a_->Await({reentrant, b_, reentrant, c_}).Get(), 5);
}

TEST_P(DeadlockTest, AReentrantActorThatBlocksIsAnActorThatWaits) {
  const auto reentrant = manual_.system.Spawn<Hop>(SpawnOptions{.reentrant = true});
  ExpectDeadlock(reentrant->Block({b_, reentrant}));
}

INSTANTIATE_TEST_SUITE_P(Seeds, DeadlockTest, ::testing::Range<uint64_t>(1, 11));

// The path names classes and methods.
class A : public Actor {
 public:
  Task<void> x(AnyRef b, AnyRef c);
  void z() {}
};
TROUPE_ACTOR(A, x, z)
class C : public Actor {
 public:
  Task<void> z(Ref<A> a) { co_await a->z(); }
};
TROUPE_ACTOR(C, z)
class B : public Actor {
 public:
  Task<void> y(Ref<C> c, Ref<A> a) { co_await c->z(a); }
};
TROUPE_ACTOR(B, y)
Task<void> A::x(AnyRef b, AnyRef c) {
  const Ref<B> to = *b.As<B>();
  co_await to->y(*c.As<C>(), self<A>());
}

TEST(DeadlockTextTest, ShowsTheWholePath) {
  ManualSystem manual;
  const auto a = manual.system.Spawn<A>();
  const auto call = a->x(manual.system.Spawn<B>(), manual.system.Spawn<C>());
  EXPECT_THAT(call.Get().ToString(), EndsWith(": A.x -> B.y -> C.z -> A.z"));
}

// A reentrant actor that blocks in one method while another one's wait ends.
class Busy : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  Task<void> Wait(Future<void> future) { co_await future; }
  absl::StatusOr<int64_t> Through(AnyRef relay);
  int64_t Answer() { return 1; }
};
TROUPE_ACTOR(Busy, Wait, Through, Answer)
class Relay : public Actor {
 public:
  Task<int64_t> Call(Ref<Busy> busy) {
    co_await Sleep(absl::Seconds(2));
    co_return co_await busy->Answer();
  }
};
TROUPE_ACTOR(Relay, Call)
absl::StatusOr<int64_t> Busy::Through(AnyRef relay) {
  const Ref<Relay> to = *relay.As<Relay>();
  return to->Call(self<Busy>()).Get();
}

TEST(DeadlockReentrantTest, AnotherMethodsWaitThatEndsDoesNotHideTheBlockingOne) {
  ManualSystem manual;
  const auto busy = manual.system.Spawn<Busy>(SpawnOptions{.reentrant = true});
  const auto relay = manual.system.Spawn<Relay>();
  const auto waiting = busy->Wait(manual.system.Sleep(absl::Seconds(1)));
  const auto call = busy->Through(relay);
  EXPECT_EQ(call.Get(absl::Seconds(10)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(waiting.Get().ok());
}

// An actor that hands a call on does not wait for it.
class Slow : public Actor {
 public:
  Task<int64_t> Work() {
    co_await Sleep(absl::Seconds(5));
    co_return 5;
  }
};
TROUPE_ACTOR(Slow, Work)
class Handing : public Actor {
 public:
  explicit Handing(Ref<Slow> slow) : slow_(std::move(slow)) {}
  Future<int64_t> HandOn() { return slow_->Work(); }
  Task<int64_t> Ask(AnyRef client);

 private:
  const Ref<Slow> slow_;
};
TROUPE_ACTOR(Handing, HandOn, Ask)
class Client : public Actor {
 public:
  Task<int64_t> Use(Ref<Handing> handing) { co_return co_await handing->HandOn(); }
  int64_t Answer() { return 1; }
};
TROUPE_ACTOR(Client, Use, Answer)
Task<int64_t> Handing::Ask(AnyRef client) {
  const Ref<Client> to = *client.As<Client>();
  co_return co_await to->Answer();
}

TEST(DeadlockHandedOnTest, AnActorThatHandedACallOnMayCallItsCaller) {
  ManualSystem manual;
  const auto handing = manual.system.Spawn<Handing>(manual.system.Spawn<Slow>());
  const auto client = manual.system.Spawn<Client>();
  const auto used = client->Use(handing);
  manual.RunFor(absl::Seconds(1));
  const auto asked = handing->Ask(client);
  EXPECT_EQ(*used.Get(), 5);
  EXPECT_EQ(asked.Get().status(), absl::OkStatus());
}

TEST(DeadlockWithThreadsTest, ManyThatCloseCyclesAtOnceAllEnd) {
  ActorSystem system({.threads = 2});
  std::vector<Ref<Hop>> hops;
  for (int i = 0; i < 4; ++i) hops.push_back(system.Spawn<Hop>());
  for (int round = 0; round < 200; ++round) {
    std::vector<Future<int64_t>> calls;
    for (size_t i = 0; i < hops.size(); ++i) {
      const Hop::Path path = {hops[(i + 1) % hops.size()], hops[(i + 2) % hops.size()]};
      if ((round + i) % 2 == 0) {
        calls.push_back(hops[i]->Await(path));
      } else {
        calls.push_back(hops[i]->Block(path));
      }
    }
    for (auto& call : calls) {
      EXPECT_TRUE(IsOkOrDeadlock(call.Get().status()));
    }
  }
}

TEST(DeadlockWithThreadsTest, WithoutACycleNothingFails) {
  ActorSystem system({.threads = 2});
  std::vector<Ref<Hop>> hops;
  for (int i = 0; i < 4; ++i) hops.push_back(system.Spawn<Hop>());
  for (int round = 0; round < 200; ++round) {
    std::vector<Future<int64_t>> calls;
    // Always towards the higher number.
    for (size_t i = 0; i + 2 < hops.size(); ++i) {
      calls.push_back(hops[i]->Await({hops[i + 1], hops[3]}));
      calls.push_back(hops[i]->Block({hops[i + 1], hops[3]}));
    }
    EXPECT_TRUE(GetAll(calls).ok());
  }
}

}  // namespace
}  // namespace troupe

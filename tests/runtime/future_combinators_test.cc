#include "runtime/future.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ThenTest, TheCallbackGetsValueOrError) {
  const auto describe = [](absl::StatusOr<int> outcome) {
    return outcome.ok() ? std::to_string(*outcome) : std::string(outcome.status().message());
  };
  EXPECT_EQ(*Future<int>::Ready(4).Then(describe).Get(), "4");
  EXPECT_EQ(*Future<int>::Ready(absl::AbortedError("bad")).Then(describe).Get(), "bad");
}

TEST(ThenTest, WhatTheCallbackReturnsIsUnwrapped) {
  const Future<int> source = Future<int>::Ready(4);
  EXPECT_EQ(source.Then([](auto) { return absl::AbortedError("no"); }).Get(),
            absl::AbortedError("no"));
  EXPECT_EQ(*source.Then([](auto) { return absl::StatusOr<int>(5); }).Get(), 5);
  EXPECT_TRUE(source.Then([](auto) {}).Get().ok());
  EXPECT_EQ(*source.Then([](auto) { return Future<int>::Ready(6); }).Get(), 6);
  static_assert(std::is_same_v<decltype(source.Then([](auto) { return Future<int>::Ready(6); })),
                               Future<int>>);
}

TEST(ThenTest, AFutureThatTheCallbackReturnsIsAwaited) {
  ManualSystem manual;
  Promise<int> inner;
  const Future<int> derived =
      Future<int>::Ready(1).Then([future = inner.future()](auto) { return future; });
  manual.Run();
  EXPECT_FALSE(derived.IsReady());
  EXPECT_TRUE(inner.Set(8).ok());
  EXPECT_EQ(*derived.Get(), 8);
}

TEST(ThenTest, AnExceptionBecomesTheDerivedFuturesError) {
  const auto thrown = Future<int>::Ready(1).Then(
      [](absl::StatusOr<int>) -> int { throw std::runtime_error("broken"); });
  EXPECT_EQ(thrown.Get().status().code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(std::string(thrown.Get().status().message()), HasSubstr("runtime_error: broken"));
}

TEST(ThenTest, EachCallbackRunsOnceWhetherAttachedBeforeOrAfter) {
  ManualSystem manual;
  Promise<int> promise;
  std::vector<int> seen;
  promise.future().OnReady([&](absl::StatusOr<int> value) { seen.push_back(*value); });
  promise.future().OnReady([&](absl::StatusOr<int> value) { seen.push_back(*value + 1); });
  manual.Run();
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(promise.Set(1).ok());
  manual.Run();
  promise.future().OnReady([&](absl::StatusOr<int> value) { seen.push_back(*value + 2); });
  manual.Run();
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre(1, 2, 3));
}

TEST(ThenTest, WhatTheCallbackHoldsIsGoneWhenTheDerivedFutureIsReady) {
  const auto held = std::make_shared<int>(1);
  const auto derived = Future<int>::Ready(1).Then([held](auto) { return 2; });
  EXPECT_EQ(*derived.Get(), 2);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(ThenTest, CancellingADerivedFutureCancelsItsSource) {
  ManualSystem manual;
  Promise<int> promise;
  const auto derived =
      promise.future().Map([](int v) { return v + 1; }).Then([](auto v) { return v; });
  EXPECT_TRUE(derived.Cancel());
  EXPECT_TRUE(promise.cancelled());
  EXPECT_EQ(derived.Get().status().code(), absl::StatusCode::kCancelled);
}

TEST(MapTest, AnErrorPassesByTheCallback) {
  bool ran = false;
  const auto derived = Future<int>::Ready(absl::NotFoundError("x")).Map([&](int v) {
    ran = true;
    return v;
  });
  EXPECT_EQ(derived.Get().status(), absl::NotFoundError("x"));
  EXPECT_FALSE(ran);
}

TEST(MapTest, TakesMoveOnlyResultsAndVoid) {
  Promise<std::unique_ptr<int>> promise;
  auto doubled =
      promise.future().Map([](std::unique_ptr<int> v) { return std::make_unique<int>(*v * 2); });
  EXPECT_TRUE(promise.Set(std::make_unique<int>(21)).ok());
  EXPECT_EQ(**std::move(doubled).Get(), 42);
  EXPECT_EQ(*Future<void>::Ready(absl::OkStatus()).Map([] { return 3; }).Get(), 3);
  EXPECT_TRUE(Future<int>::Ready(1).Map([](int) {}).Get().ok());
}

TEST(FilterTest, KeepsWhatThePredicateTakesInOrder) {
  const auto odd = [](int v) { return v % 2 == 1; };
  EXPECT_THAT(*Future<std::vector<int>>::Ready(std::vector<int>{5, 2, 3, 4}).Filter(odd).Get(),
              ElementsAre(5, 3));
  EXPECT_THAT(*Future<std::set<int>>::Ready(std::set<int>{1, 2, 3}).Filter(odd).Get(),
              ElementsAre(1, 3));
  using Map = std::map<std::string, int>;
  EXPECT_THAT(*Future<Map>::Ready(Map{{"a", 1}, {"b", 2}})
                   .Filter([](const auto& entry) { return entry.second == 2; })
                   .Get(),
              ElementsAre(std::pair<const std::string, int>("b", 2)));
}

TEST(ReduceTest, FoldsFromTheLeftFromInitial) {
  const auto words =
      Future<std::vector<std::string>>::Ready(std::vector<std::string>{"a", "b", "c"});
  EXPECT_EQ(
      *words.Reduce([](std::string all, const std::string& w) { return all + w; }, std::string(">"))
           .Get(),
      ">abc");
  EXPECT_EQ(*Future<std::vector<int>>::Ready(std::vector<int>{}).Reduce(std::plus<>(), 10).Get(),
            10);
}

TEST(JoinTest, GivesAllResultsInTheOrderGiven) {
  std::vector<Promise<int>> promises(3);
  std::vector<Future<int>> futures;
  for (auto& promise : promises) futures.push_back(promise.future());
  const Future<std::vector<int>> all = Join(futures);
  for (int i : {2, 0, 1}) {
    EXPECT_FALSE(all.IsReady());
    EXPECT_TRUE(promises[i].Set(i * 10).ok());
  }
  EXPECT_THAT(*all.Get(), ElementsAre(0, 10, 20));
  EXPECT_EQ(*futures[1].Get(), 10) << "joining leaves the others' handles alone";
}

TEST(JoinTest, OfNothingIsReady) {
  EXPECT_TRUE(GetAll(std::vector<Future<int>>()).value().empty());
}

TEST(JoinTest, OfDifferentTypesGivesATuple) {
  const auto joined =
      Future<int>::Ready(1).Join(Future<std::string>::Ready("two"), Future<double>::Ready(3.0));
  EXPECT_EQ(*joined.Get(), std::make_tuple(1, std::string("two"), 3.0));
}

TEST(JoinTest, FailsWithTheFirstErrorAtOnceAndTheOthersGoOn) {
  Promise<int> first, second;
  const auto all = Join(std::vector<Future<int>>{first.future(), second.future()});
  EXPECT_TRUE(second.SetError(absl::DataLossError("lost")).ok());
  EXPECT_TRUE(all.IsReady());
  EXPECT_EQ(all.Get().status(), absl::DataLossError("lost"));
  EXPECT_FALSE(first.cancelled());
  EXPECT_TRUE(first.Set(1).ok());
}

TEST(JoinTest, WaitingForItSeesTheFirstErrorAsSoonAsItHappens) {
  ManualSystem manual;
  const auto failing = manual.system.Sleep(absl::Seconds(1)).Then([](absl::Status) {
    return absl::StatusOr<int>(absl::DataLossError("early"));
  });
  const auto slow = manual.system.Sleep(absl::Seconds(10)).Map([] { return 1; });
  EXPECT_EQ(GetAll(std::vector<Future<int>>{slow, failing}).status(), absl::DataLossError("early"));
  EXPECT_EQ(manual.elapsed(), absl::Seconds(1));
}

TEST(JoinTest, TheTimeoutOfGetAllIsOneForAll) {
  ManualSystem manual;
  std::vector<Future<int>> futures;
  for (int i = 0; i < 5; ++i) {
    futures.push_back(manual.system.Sleep(absl::Seconds(3 * i)).Map([i] { return i; }));
  }
  EXPECT_EQ(GetAll(futures, absl::Seconds(4)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(manual.elapsed(), absl::Seconds(4));
  EXPECT_THAT(*GetAll(futures), ElementsAre(0, 1, 2, 3, 4));
}

TEST(JoinTest, ASourceThatWasCancelledDoesNotCancelTheOthers) {
  Promise<int> first, second;
  const auto all = Join(std::vector<Future<int>>{first.future(), second.future()});
  EXPECT_TRUE(second.future().Cancel());
  EXPECT_EQ(all.Get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(first.cancelled());
  EXPECT_TRUE(first.Set(1).ok());
}

TEST(JoinTest, CancellingItCancelsAll) {
  Promise<int> first, second;
  const auto all = Join(std::vector<Future<int>>{first.future(), second.future()});
  EXPECT_TRUE(all.Cancel());
  EXPECT_TRUE(first.cancelled());
  EXPECT_TRUE(second.cancelled());
}

TEST(JoinTest, TheSameFutureMayComeTwice) {
  Promise<std::string> promise;
  const auto both = Join(std::vector<Future<std::string>>{promise.future(), promise.future()});
  EXPECT_TRUE(promise.Set("x").ok());
  EXPECT_THAT(*both.Get(), ElementsAre("x", "x"));
}

TEST(JoinTest, LetGoOfBeforeItIsReadyLeaksNothing) {
  Promise<int> first, second;
  (void)Join(std::vector<Future<int>>{first.future(), second.future()});
  EXPECT_TRUE(first.Set(1).ok());
}

// Callbacks of an actor's futures are turns of that actor.
class Waiter : public Actor {
 public:
  explicit Waiter(Future<int> source) : source_(std::move(source)) {}

  int MapAndGet() {
    return *source_.Map([this](int v) { return v + Bump(); }).Get();
  }
  int JoinAndGet() {
    std::vector<Future<int>> futures;
    for (int i = 0; i < 3; ++i)
      futures.push_back(source_.Map([this](int v) { return v + Bump(); }));
    const std::vector<int> all = *GetAll(std::move(futures));
    return all[0] + all[1] + all[2];
  }
  Task<int> MapAndAwait() {
    co_return co_await source_.Map([this](int v) { return v + Bump(); });
  }
  absl::Duration GetInVain() {
    const absl::Time before = system().clock().Now();
    (void)source_.Map([](int v) { return v; }).Get(absl::Seconds(2));
    return system().clock().Now() - before;
  }
  absl::Duration GetAllInVain() {
    const absl::Time before = system().clock().Now();
    std::vector<Future<int>> futures(3, source_.Map([](int v) { return v; }));
    (void)GetAll(futures, absl::Seconds(2));
    return system().clock().Now() - before;
  }

 private:
  int Bump() { return ++bumps_; }

  const Future<int> source_;
  int bumps_ = 0;
};
TROUPE_ACTOR(Waiter, MapAndGet, JoinAndGet, MapAndAwait, GetInVain, GetAllInVain)

TEST(CallbacksOfAnActorTest, RunWhileItsMethodWaitsForThem) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ManualSystem manual(seed);
    Promise<int> promise;
    const auto blocking = manual.system.Spawn<Waiter>(promise.future());
    const auto awaiting = manual.system.Spawn<Waiter>(promise.future());
    const auto joining = manual.system.Spawn<Waiter>(promise.future());
    const auto got = blocking->MapAndGet();
    const auto awaited = awaiting->MapAndAwait();
    const auto joined = joining->JoinAndGet();
    manual.Run();
    EXPECT_TRUE(promise.Set(10).ok());
    EXPECT_EQ(*got.Get(), 11);
    EXPECT_EQ(*awaited.Get(), 11);
    EXPECT_EQ(*joined.Get(), 36);
  }
}

TEST(CallbacksOfAnActorTest, DoNotProlongATimeout) {
  ManualSystem manual;
  Promise<int> promise;
  const auto waiter = manual.system.Spawn<Waiter>(promise.future());
  EXPECT_EQ(*waiter->GetInVain().Get(), absl::Seconds(2));
  EXPECT_EQ(*waiter->GetAllInVain().Get(), absl::Seconds(2));
}

}  // namespace
}  // namespace troupe

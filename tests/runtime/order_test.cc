#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

// Notes what it handles, with the number that its sender gave it.
class Log : public Actor {
 public:
  void Call(int64_t sender, int64_t number) { Note(sender, number); }
  Task<void> Suspend(int64_t sender, int64_t number) {
    Note(sender, number);
    co_await Sleep(absl::Nanoseconds(1));
  }
  absl::StatusOr<Value> Receive(Value message) override {
    Note(*message["sender"].AsInt(), *message["number"].AsInt());
    return Value();
  }
  int64_t last = 0;
  std::vector<int64_t> next = std::vector<int64_t>(16, 0);
  int64_t handled = 0;
  int64_t disorder = 0;

 private:
  void Note(int64_t sender, int64_t number) {
    ++handled;
    disorder += next[static_cast<size_t>(sender)] != number;
    next[static_cast<size_t>(sender)] = number + 1;
    last = number;
  }
};
TROUPE_ACTOR(Log, Call, Suspend, last, next, handled, disorder)

// Sends `count` messages of every kind in turn.
void SendAll(const Ref<Log>& log, int64_t sender, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    switch (i % 6) {
      case 0:
        log->Call(sender, i);
        break;
      case 1:
        ASSERT_EQ(log.Tell<&Log::Call>(sender, i), SendResult::kSent);
        break;
      case 2:
        ASSERT_EQ(log.Tell(Value{{"sender", sender}, {"number", i}}), SendResult::kSent);
        break;
      case 3:
        log->Suspend(sender, i);
        break;
      case 4:
        ASSERT_EQ(log.TellByName("Call", {sender, i}), SendResult::kSent);
        break;
      default:
        log.Ask(Value{{"sender", sender}, {"number", i}});
    }
  }
}

class Sender : public Actor {
 public:
  void Send(Ref<Log> log, int64_t sender, int64_t count) { SendAll(log, sender, count); }
};
TROUPE_ACTOR(Sender, Send)

TEST(OrderTest, EverythingOneSenderSendsArrivesInTheOrderSent) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ManualSystem manual(seed);
    const auto log = manual.system.Spawn<Log>();
    std::vector<Future<void>> sent;
    for (int64_t i = 0; i < 4; ++i) sent.push_back(manual.system.Spawn<Sender>()->Send(log, i, 60));
    SendAll(log, 5, 60);
    for (const auto& done : sent) ASSERT_TRUE(done.Get().ok());
    EXPECT_EQ(*log->handled().Get(), 5 * 60);
    EXPECT_EQ(*log->disorder().Get(), 0);
  }
}

TEST(OrderTest, ReadsWritesAndStopKeepTheirPlace) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ManualSystem manual(seed);
    const auto log = manual.system.Spawn<Log>();
    log->Call(0, 7);
    const auto first = log->last();
    log->last(100);
    const auto second = log->last();
    ASSERT_EQ(log.Tell<&Log::Call>(0, 8), SendResult::kSent);
    const auto third = log->last();
    const auto stopped = log.Stop();
    const auto behind = log->last();
    EXPECT_EQ(*first.Get(), 7);
    EXPECT_EQ(*second.Get(), 100);
    EXPECT_EQ(*third.Get(), 8);
    EXPECT_TRUE(stopped.Get().ok());
    EXPECT_EQ(behind.Get().status().code(), absl::StatusCode::kNotFound);
  }
}

TEST(OrderTest, AlsoBeforeTheActorHasStarted) {
  ManualSystem manual;
  const auto log = manual.system.Spawn<Log>();
  SendAll(log, 1, 300);
  EXPECT_EQ(*log->disorder().Get(), 0);
  EXPECT_EQ(*log->handled().Get(), 300);
}

TEST(OrderTest, AmongMoreMessagesThanABatch) {
  ManualSystem manual;
  const auto log = manual.system.Spawn<Log>();
  manual.Run();
  for (int64_t i = 0; i < 2000; ++i) log->Call(0, i);
  manual.executor.RunOne();
  for (int64_t i = 2000; i < 3000; ++i) log->Call(0, i);
  EXPECT_EQ(*log->handled().Get(), 3000);
  EXPECT_EQ(*log->disorder().Get(), 0);
}

TEST(OrderWithThreadsTest, FourThreadsAndFourActorsAtOnce) {
  constexpr int64_t kEach = 6'000;
  ActorSystem system({.threads = 2});
  const auto log = system.Spawn<Log>();
  std::vector<std::thread> threads;
  std::vector<Future<void>> sent;
  for (int64_t t = 0; t < 4; ++t) threads.emplace_back([&log, t] { SendAll(log, t, kEach); });
  for (int64_t a = 4; a < 8; ++a) sent.push_back(system.Spawn<Sender>()->Send(log, a, kEach));
  for (std::thread& thread : threads) thread.join();
  for (const auto& done : sent) ASSERT_TRUE(done.Get().ok());
  EXPECT_EQ(*log->handled().Get(), 8 * kEach) << "each once, none lost";
  EXPECT_EQ(*log->disorder().Get(), 0);
}

TEST(OrderWithThreadsTest, StopIsBehindWhatItsSenderSentBefore) {
  for (int round = 0; round < 100; ++round) {
    ActorSystem system({.threads = 2});
    const auto log = system.Spawn<Log>();
    std::vector<Future<void>> calls;
    for (int64_t i = 0; i < 20; ++i) calls.push_back(log->Call(0, i));
    const auto stopped = log.Stop();
    const auto behind = log->Call(0, 20);
    EXPECT_TRUE(stopped.Get().ok());
    for (const auto& call : calls) EXPECT_TRUE(call.Get().ok());
    EXPECT_EQ(behind.Get().code(), absl::StatusCode::kNotFound);
  }
}

}  // namespace
}  // namespace troupe

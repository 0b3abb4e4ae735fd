// Spawning, calling, watching, failing and stopping from many threads at once: for ThreadSanitizer,
// and for what only happens now and then. Everything has exactly one outcome.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 60;
#else
constexpr int kRounds = 300;
#endif
constexpr int kThreads = 4;

struct Tally {
  std::atomic<int> built{0}, destroyed{0}, downs{0}, watches{0}, handled{0};
};
using TallyPtr = std::shared_ptr<Tally>;

class Busy : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  explicit Busy(TallyPtr tally) : tally_(std::move(tally)) { tally_->built++; }
  ~Busy() override { tally_->destroyed++; }

  int Add(int i) { return tally_->handled++, i + 1; }
  Task<int> Through(Ref<Busy> other, int i);
  absl::StatusOr<int> BlockingThrough(Ref<Busy> other, int i);
  Ref<Busy> Child() { return Spawn<Busy>(tally_); }
  void WatchIt(AnyRef ref) {
    tally_->watches++;
    Watch(ref);
  }
  void Tick(int times) {
    if (times > 0) After(absl::ZeroDuration(), [this, times] { Tick(times - 1); });
  }
  absl::Status Fail() { return absl::InternalError("on purpose"); }
  void OnDown(const Down&) override { tally_->downs++; }

 private:
  const TallyPtr tally_;
};
TROUPE_ACTOR(Busy, Add, Through, BlockingThrough, Child, WatchIt, Tick, Fail)

Task<int> Busy::Through(Ref<Busy> other, int i) { co_return co_await other->Add(i); }
absl::StatusOr<int> Busy::BlockingThrough(Ref<Busy> other, int i) { return other->Add(i).Get(); }

void OnThreads(const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

bool Expected(const absl::Status& status) {
  return status.ok() || status.code() == absl::StatusCode::kNotFound ||
         status.code() == absl::StatusCode::kUnknown ||
         status.code() == absl::StatusCode::kCancelled;
}

TEST(LifeStressTest, ActorsComeAndGoUnderCallsOfAllKinds) {
  const auto tally = std::make_shared<Tally>();
  {
    ActorSystem system({.threads = 3});
    const auto steady = system.Spawn<Busy>(tally);
    OnThreads([&](int t) {
      for (int i = 0; i < kRounds; ++i) {
        const auto a = system.Spawn<Busy>(
            SpawnOptions{.restart = {.max_restarts = i % 3, .min_backoff = absl::ZeroDuration()},
                         .reentrant = i % 2 == 0},
            tally);
        const auto b = system.Spawn<Busy>(tally);
        std::vector<Future<int>> calls;
        calls.push_back(a->Add(1));
        calls.push_back(a->Through(b, 2));
        calls.push_back(b->BlockingThrough(steady, 3));
        calls.push_back(a->Through(steady, 4));
        (void)a.Tell<&Busy::Tick>(3);
        if (i % 3 == 0) (void)a.Tell<&Busy::Fail>();
        const auto child = b->Child();
        calls.push_back(a->Add(5));
        if (i % 5 == t) (void)calls[1].Cancel();
        const auto stop = i % 2 == 0 ? a.Stop() : b.Stop();
        const auto down = a.WhenDown();
        if (i % 2 != 0) (void)a.Stop();
        for (const auto& call : calls) {
          const absl::Status status = call.Get().status();
          EXPECT_TRUE(Expected(status)) << status;
        }
        EXPECT_TRUE(Expected(stop.Get()));
        EXPECT_TRUE(down.Get().ok());
        (void)child.Get();
        (void)b.Stop();
      }
    });
    EXPECT_TRUE(steady->Add(1).Get().ok());
  }
  EXPECT_EQ(tally->built.load(), tally->destroyed.load());
}

TEST(LifeStressTest, EachWatchIsToldExactlyOnce) {
  const auto tally = std::make_shared<Tally>();
  {
    ActorSystem system({.threads = 3});
    const auto watcher = system.Spawn<Busy>(tally);
    OnThreads([&](int t) {
      for (int i = 0; i < kRounds; ++i) {
        const auto ref = system.Spawn<Busy>(tally);
        (void)watcher.Tell<&Busy::WatchIt>(AnyRef(ref));
        if ((i + t) % 2 == 0) {
          (void)ref.Stop();
        } else {
          (void)ref.Tell<&Busy::Fail>();
        }
        EXPECT_TRUE(ref.WhenDown().Get().ok());
      }
    });
    while (tally->downs.load() < kThreads * kRounds) ASSERT_TRUE(watcher->Add(0).Get().ok());
    ASSERT_TRUE(watcher->Add(0).Get().ok());
  }
  EXPECT_EQ(tally->downs.load(), kThreads * kRounds);
  EXPECT_EQ(tally->watches.load(), kThreads * kRounds);
}

TEST(LifeStressTest, SystemsEndWhileThreadsSpawnIntoActorsAndCall) {
  for (int round = 0; round < kRounds / 10; ++round) {
    const auto tally = std::make_shared<Tally>();
    auto system = std::make_unique<ActorSystem>(SystemOptions{.threads = 2});
    std::vector<Ref<Busy>> refs;
    for (int i = 0; i < 4; ++i) {
      refs.push_back(system->Spawn<Busy>(SpawnOptions{.own_thread = i == 0}, tally));
    }
    std::atomic<int> running{0};
    std::thread ender([&] {
      while (running.load() < kThreads) std::this_thread::yield();
      system.reset();
    });
    OnThreads([&](int t) {
      running.fetch_add(1);
      for (int i = 0;; ++i) {
        const auto& ref = refs[(i + t) % refs.size()];
        (void)ref.Tell<&Busy::Tick>(2);
        (void)ref->Child();
        (void)ref.Tell<&Busy::WatchIt>(AnyRef(refs[i % refs.size()]));
        const auto added = ref.With({.deadline = absl::Hours(1)})->Add(i).Get();
        EXPECT_TRUE(Expected(added.status())) << added.status();
        if (!added.ok() && i > 20) break;
      }
    });
    ender.join();
    EXPECT_EQ(tally->built.load(), tally->destroyed.load());
  }
}

TEST(LifeStressTest, ActorsWithOwnThreadsComeAndGoUnderCalls) {
  const auto tally = std::make_shared<Tally>();
  {
    ActorSystem system({.threads = 2});
    OnThreads([&](int) {
      for (int i = 0; i < kRounds / 10; ++i) {
        const auto own = system.Spawn<Busy>(SpawnOptions{.own_thread = true}, tally);
        const auto pooled = system.Spawn<Busy>(tally);
        const auto there = own->Through(pooled, 1);
        const auto back = pooled->BlockingThrough(own, 1);
        const auto stop = own.Stop();
        // Each may wait for the other: then one of the two calls is refused as a deadlock.
        for (const auto& call : {there, back}) {
          const absl::Status status = call.Get().status();
          EXPECT_TRUE(Expected(status) || absl::IsFailedPrecondition(status)) << status;
        }
        EXPECT_TRUE(stop.Get().ok());
        (void)pooled.Stop();
      }
    });
  }
  EXPECT_EQ(tally->built.load(), tally->destroyed.load());
}

}  // namespace
}  // namespace testing
}  // namespace troupe

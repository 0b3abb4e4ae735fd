// A slow or blocked actor slows nobody else.

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

class Link : public Actor {
 public:
  explicit Link(Ref<Link> next) : next_(std::move(next)) {}
  absl::StatusOr<int> Depth();

 private:
  const Ref<Link> next_;
};
TROUPE_ACTOR(Link, Depth)

absl::StatusOr<int> Link::Depth() {
  if (next_.is_null()) return 1;
  const absl::StatusOr<int> rest = next_->Depth().Get();
  if (!rest.ok()) return rest.status();
  return *rest + 1;
}

class Reader : public Actor {
 public:
  explicit Reader(int fd) : fd_(fd) {}
  // Blocks in the kernel, without telling the runtime.
  int Read() {
    char byte = 0;
    return read(fd_, &byte, 1) == 1 ? byte : -1;
  }

 private:
  const int fd_;
};
TROUPE_ACTOR(Reader, Read)

Ref<Link> MakeChain(ActorSystem& system, int length, const SpawnOptions& options = {}) {
  Ref<Link> chain;
  for (int i = 0; i < length; ++i) chain = system.Spawn<Link>(options, chain);
  return chain;
}

TEST(BlockingTest, AChainOf64BlockingActorsCompletesOnAPoolOfOne) {
  ActorSystem system({.threads = 1});
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(*MakeChain(system, 64)->Depth().Get(), 64);
  }
}

TEST(BlockingTest, SeveralChainsBlockAtTheSameTime) {
  ActorSystem system({.threads = 1});
  std::vector<Future<int>> depths;
  for (int i = 0; i < 8; ++i) depths.push_back(MakeChain(system, 32)->Depth());
  for (const auto& depth : depths) EXPECT_EQ(*depth.Get(), 32);
}

TEST(BlockingTest, AChainBlocksInEveryOrderOnAnExecutorSteppedByHand) {
  InSeveralOrders([](World& world) { EXPECT_EQ(*MakeChain(*world.system, 64)->Depth().Get(), 64); },
                  4);
}

TEST(BlockingTest, AChainOfActorsOnOwnThreadsBlocks) {
  ActorSystem system({.threads = 1});
  EXPECT_EQ(*MakeChain(system, 16, {.own_thread = true})->Depth().Get(), 16);
}

TEST(BlockingTest, AnActorThatSleepsInTheKernelDoesNotStarveOthers) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  {
    ActorSystem system({.threads = 1});
    const auto reader = system.Spawn<Reader>(ends[0]);
    const auto byte = reader->Read();
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(*MakeChain(system, 3)->Depth().Get(), 3);
    }
    EXPECT_FALSE(byte.IsReady());
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_EQ(*byte.Get(), 'x');
  }
  close(ends[0]);
  close(ends[1]);
}

TEST(BlockingTest, WaitingForSomethingThatNobodyDoesCanBeGivenUpAndGoesOn) {
  World world;
  const auto journal = std::make_shared<Journal>();
  const auto ref = world->Spawn<Recorder>(journal, "a");
  Promise<void> gate;
  const auto wait = ref->Wait(gate.future());
  EXPECT_EQ(wait.Get(absl::Seconds(1)).code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(gate.Set().ok());
  EXPECT_TRUE(wait.Get(absl::Seconds(1)).ok());
}

}  // namespace
}  // namespace testing
}  // namespace troupe

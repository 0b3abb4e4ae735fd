#include "runtime/block_pool.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "gtest/gtest.h"
#include "runtime/mutex.h"

namespace troupe::internal {
namespace {

TEST(BlockPoolTest, EveryBlockIsAlignedAndWritable) {
  std::vector<std::pair<void*, size_t>> blocks;
  for (size_t bytes = 1; bytes <= 2 * kMaxPooledBytes; ++bytes) {
    void* block = AllocateBlock(bytes);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % kBlockAlignment, 0u);
    std::memset(block, 0xa5, bytes);
    blocks.emplace_back(block, bytes);
  }
  for (const auto& [block, bytes] : blocks) FreeBlock(block, bytes);
}

TEST(BlockPoolTest, LiveBlocksNeverOverlap) {
  constexpr size_t kBlocks = 10'000;
  std::vector<char*> blocks;
  absl::flat_hash_set<void*> distinct;
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < kBlocks; ++i) {
      auto* block = static_cast<char*>(AllocateBlock(128));
      std::memset(block, static_cast<int>(i % 251), 128);
      EXPECT_TRUE(distinct.insert(block).second);
      blocks.push_back(block);
    }
    for (size_t i = 0; i < kBlocks; ++i) {
      ASSERT_EQ(blocks[i][0], static_cast<char>(i % 251));
      ASSERT_EQ(blocks[i][127], static_cast<char>(i % 251));
      FreeBlock(blocks[i], 128);
    }
    blocks.clear();
    distinct.clear();
  }
}

TEST(BlockPoolTest, BlocksMayBeFreedByOtherThreads) {
  constexpr int kThreads = 4;
  constexpr int kBlocks = 20'000;
  struct Queue {
    Mutex mu;
    std::vector<std::pair<unsigned char*, size_t>> blocks ABSL_GUARDED_BY(mu);
  };
  std::vector<Queue> queues(kThreads);
  std::atomic<int> freed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kBlocks; ++i) {
        const size_t bytes = 1 + static_cast<size_t>(i * 37) % (kMaxPooledBytes + 100);
        auto* block = static_cast<unsigned char*>(AllocateBlock(bytes));
        block[0] = block[bytes - 1] = static_cast<unsigned char>(bytes);
        {
          Queue& next = queues[static_cast<size_t>(t + 1) % kThreads];
          MutexLock lock(&next.mu);
          next.blocks.emplace_back(block, bytes);
        }
        std::vector<std::pair<unsigned char*, size_t>> mine;
        {
          Queue& own = queues[static_cast<size_t>(t)];
          MutexLock lock(&own.mu);
          mine.swap(own.blocks);
        }
        for (const auto& [given, size] : mine) {
          EXPECT_EQ(given[0], static_cast<unsigned char>(size));
          EXPECT_EQ(given[size - 1], static_cast<unsigned char>(size));
          FreeBlock(given, size);
          ++freed;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (Queue& queue : queues) {
    MutexLock lock(&queue.mu);
    for (const auto& [block, size] : queue.blocks) {
      FreeBlock(block, size);
      ++freed;
    }
  }
  EXPECT_EQ(freed.load(), kThreads * kBlocks);
}

TEST(BlockPoolTest, BlocksOutliveTheThreadThatAllocatedThem) {
  std::vector<void*> blocks;
  for (int round = 0; round < 50; ++round) {
    std::thread([&] {
      for (int i = 0; i < 200; ++i) blocks.push_back(AllocateBlock(64));
    }).join();
    for (void* block : blocks) {
      std::memset(block, 1, 64);
      FreeBlock(block, 64);
    }
    blocks.clear();
  }
}

// Frees a block after the pool's own thread-local caches may be gone.
struct FreesAtThreadEnd {
  void* block = nullptr;
  ~FreesAtThreadEnd() {
    if (block == nullptr) return;
    FreeBlock(block, 100);
    FreeBlock(AllocateBlock(100), 100);
  }
};

TEST(BlockPoolTest, ThreadLocalDestructorsMayUseIt) {
  for (int i = 0; i < 10; ++i) {
    std::thread([] {
      static thread_local FreesAtThreadEnd late;
      late.block = AllocateBlock(100);
    }).join();
  }
}

}  // namespace
}  // namespace troupe::internal

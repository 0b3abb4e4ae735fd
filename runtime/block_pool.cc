#include "runtime/block_pool.h"

#include <array>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "runtime/mutex.h"

namespace troupe::internal {
namespace {

// The sanitizers must see every block's own life.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TROUPE_POOL_BLOCKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TROUPE_POOL_BLOCKS 0
#endif
#endif
#ifndef TROUPE_POOL_BLOCKS
#define TROUPE_POOL_BLOCKS 1
#endif

constexpr size_t kClasses = kMaxPooledBytes / kBlockAlignment;
constexpr size_t kMagazineBlocks = 64;
// A class keeps at most 4,096 magazines of 64 blocks: 16 MiB of the smallest blocks, 128 MiB of the
// largest.
constexpr size_t kDepotMagazines = 4096;

size_t ClassOf(size_t bytes) { return (bytes - 1) / kBlockAlignment; }

void* AllocateAligned(size_t bytes) {
  return ::operator new (bytes, std::align_val_t{kBlockAlignment});
}
void FreeAligned(void* block) { ::operator delete (block, std::align_val_t{kBlockAlignment}); }

#if TROUPE_POOL_BLOCKS

struct Magazine {
  size_t count = 0;
  std::array<void*, kMagazineBlocks> blocks;

  ~Magazine() {
    while (count > 0) FreeAligned(blocks[--count]);
  }
};

// The full and empty magazines of one size class, shared by all threads.
class Depot {
 public:
  // Each takes the caller's magazine (perhaps null) and gives another one, or null.
  std::unique_ptr<Magazine> ExchangeEmptyForFull(std::unique_ptr<Magazine>& empty) {
    MutexLock lock(&mu_);
    if (full_.empty()) return nullptr;
    std::unique_ptr<Magazine> full = std::move(full_.back());
    full_.pop_back();
    if (empty != nullptr && empty_.size() < kDepotMagazines) empty_.push_back(std::move(empty));
    return full;
  }
  std::unique_ptr<Magazine> ExchangeFullForEmpty(std::unique_ptr<Magazine>& full) {
    MutexLock lock(&mu_);
    if (full != nullptr && full_.size() < kDepotMagazines) full_.push_back(std::move(full));
    if (empty_.empty()) return nullptr;
    std::unique_ptr<Magazine> empty = std::move(empty_.back());
    empty_.pop_back();
    return empty;
  }

 private:
  Mutex mu_;
  std::vector<std::unique_ptr<Magazine>> full_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<Magazine>> empty_ ABSL_GUARDED_BY(mu_);
};

// Never destroyed: threads may free blocks while the process ends.
Depot& DepotOf(size_t size_class) {
  static auto* depots = new std::array<Depot, kClasses>;
  return (*depots)[size_class];
}

// One thread's two magazines of one class. Two, so that a thread at the edge of one does not visit
// the depot at every second call.
class Cache {
 public:
  void* Allocate(size_t size_class) {
    if (loaded_ == nullptr || loaded_->count == 0) {
      std::swap(loaded_, previous_);
      if (loaded_ == nullptr || loaded_->count == 0) {
        auto full = DepotOf(size_class).ExchangeEmptyForFull(loaded_);
        if (full == nullptr) return AllocateAligned((size_class + 1) * kBlockAlignment);
        loaded_ = std::move(full);
      }
    }
    return loaded_->blocks[--loaded_->count];
  }

  void Free(size_t size_class, void* block) {
    if (loaded_ == nullptr || loaded_->count == kMagazineBlocks) {
      std::swap(loaded_, previous_);
      if (loaded_ == nullptr || loaded_->count == kMagazineBlocks) {
        auto empty = DepotOf(size_class).ExchangeFullForEmpty(loaded_);
        loaded_ = empty != nullptr ? std::move(empty) : std::make_unique<Magazine>();
      }
    }
    loaded_->blocks[loaded_->count++] = block;
  }

  void Flush(size_t size_class) {
    for (std::unique_ptr<Magazine>* magazine : {&loaded_, &previous_}) {
      // One that is not quite full serves as well; an empty one must not be taken for it.
      if (*magazine != nullptr && (*magazine)->count > 0) {
        DepotOf(size_class).ExchangeFullForEmpty(*magazine);
      }
      magazine->reset();
    }
  }

 private:
  std::unique_ptr<Magazine> loaded_;
  std::unique_ptr<Magazine> previous_;
};

struct ThreadCaches {
  std::array<Cache, kClasses> caches;
  ~ThreadCaches();
};

// Plain pointers with constant initialization: reading them costs no guard, and blocks that
// are freed by later thread-local destructors find `ended`.
thread_local ThreadCaches* t_caches = nullptr;
thread_local bool t_ended = false;

ThreadCaches::~ThreadCaches() {
  for (size_t i = 0; i < kClasses; ++i) caches[i].Flush(i);
  t_caches = nullptr;
  t_ended = true;
}

ThreadCaches* Caches() {
  if (t_caches == nullptr && !t_ended) {
    static thread_local ThreadCaches caches;
    t_caches = &caches;
  }
  return t_caches;
}

#endif  // TROUPE_POOL_BLOCKS

}  // namespace

void* AllocateBlock(size_t bytes) {
#if TROUPE_POOL_BLOCKS
  if (bytes <= kMaxPooledBytes) {
    if (ThreadCaches* caches = Caches()) {
      const size_t size_class = ClassOf(bytes);
      return caches->caches[size_class].Allocate(size_class);
    }
    return AllocateAligned((ClassOf(bytes) + 1) * kBlockAlignment);
  }
#endif
  return AllocateAligned(bytes);
}

void FreeBlock(void* block, size_t bytes) noexcept {
#if TROUPE_POOL_BLOCKS
  if (bytes <= kMaxPooledBytes) {
    if (ThreadCaches* caches = Caches()) {
      const size_t size_class = ClassOf(bytes);
      caches->caches[size_class].Free(size_class, block);
      return;
    }
  }
#else
  (void)bytes;
  (void)ClassOf;
#endif
  FreeAligned(block);
}

}  // namespace troupe::internal

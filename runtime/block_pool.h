#ifndef TROUPE_RUNTIME_BLOCK_POOL_H_
#define TROUPE_RUNTIME_BLOCK_POOL_H_

#include <cstddef>

namespace troupe::internal {

// Memory for messages, calls and coroutine frames: allocated by one thread, freed by another, at
// rates where a general allocator's cross-thread free costs several times the queue they travel
// through.
//
// Magazines after Bonwick and Adams, "Magazines and Vmem" (USENIX 2001): each thread keeps two
// small stacks of free blocks for each size class and exchanges full against empty ones with a
// depot, so a block that crosses threads costs one lock a magazine. The depot is bounded; what
// exceeds it goes back to the general allocator, as do blocks over kMaxPooledBytes. Any thread.
inline constexpr size_t kBlockAlignment = 64;
inline constexpr size_t kMaxPooledBytes = 512;

// Aligned to kBlockAlignment. `bytes` at FreeBlock is what was asked of AllocateBlock.
void* AllocateBlock(size_t bytes);
void FreeBlock(void* block, size_t bytes) noexcept;

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_BLOCK_POOL_H_

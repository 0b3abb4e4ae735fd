#include "node/freed_memory.h"

#include <cstdlib>

namespace troupe::internal {
namespace {

// With half as much, fresh pages came back in some runs of the benchmarks of large messages.
constexpr size_t kBytes = size_t{8} << 20;

}  // namespace

void KeepFreedMemory() {
  [[maybe_unused]] static const bool once = [] {
    // glibc's threshold follows the largest block that came from mmap and was freed: it keeps twice
    // as much (mallopt(3), M_MMAP_THRESHOLD). mallopt itself would overrule the program's settings.
    void* volatile block = std::malloc(kBytes);  // volatile: or both calls are optimized away
    std::free(block);
    return true;
  }();
}

}  // namespace troupe::internal

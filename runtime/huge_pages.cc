#include "runtime/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <utility>

namespace troupe::internal {
namespace {

constexpr uintptr_t kHugePage = uintptr_t{2} << 20;

}  // namespace

void ReserveInHugePages(std::string* text, size_t bytes) {
  if (bytes <= text->capacity()) return;
  std::string larger;
  larger.reserve(bytes);
  if (bytes >= kFewestHugeBytes) {
    const auto address = reinterpret_cast<uintptr_t>(larger.data());
    const uintptr_t begin = (address + kHugePage - 1) / kHugePage * kHugePage;
    const uintptr_t end = (address + bytes) / kHugePage * kHugePage;
    // A hint: with an error the pages are small, as they would have been.
    (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  }
  *text = std::move(larger.append(*text));
}

}  // namespace troupe::internal

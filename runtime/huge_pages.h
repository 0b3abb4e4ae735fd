#ifndef TROUPE_RUNTIME_HUGE_PAGES_H_
#define TROUPE_RUNTIME_HUGE_PAGES_H_

#include <cstddef>
#include <string>

namespace troupe::internal {

// From this size on a string has a whole huge page of 2 MiB inside for certain.
inline constexpr size_t kFewestHugeBytes = size_t{4} << 20;

// Makes room in `text` for `bytes` in all, not more as std::string::reserve would. Where that takes
// kFewestHugeBytes or more, the whole huge pages in the new memory are asked for as such
// (madvise(2), MADV_HUGEPAGE): small ones take a fault for each 4 KiB when they are first written,
// which costs more on some virtual machines than what is written there. Kernels that have none, or
// have them switched off, give small ones.
void ReserveInHugePages(std::string* text, size_t bytes);

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_HUGE_PAGES_H_

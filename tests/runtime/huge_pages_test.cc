#include "runtime/huge_pages.h"

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace troupe::internal {
namespace {

// In mappings that are flagged for huge pages (proc(5), VmFlags). Memory that malloc gets back
// stays flagged, so that only what is added tells something.
size_t FlaggedBytes() {
  std::ifstream smaps("/proc/self/smaps");
  size_t flagged = 0;
  size_t mapping = 0;
  for (std::string line; std::getline(smaps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2) {
      mapping = end - begin;
    } else if (absl::StartsWith(line, "VmFlags:") && absl::StrContains(line + " ", " hg ")) {
      flagged += mapping;
    }
  }
  return flagged;
}

TEST(HugePagesTest, TheTextStaysAndHasTheRoomThatWasAsked) {
  for (const size_t bytes :
       {size_t{100}, kFewestHugeBytes - 1, kFewestHugeBytes, 2 * kFewestHugeBytes + 12345}) {
    std::string text = "what was there";
    ReserveInHugePages(&text, bytes);
    EXPECT_EQ(text, "what was there");
    EXPECT_EQ(text.capacity(), bytes);
    text.resize(bytes, 'x');
    EXPECT_EQ(text.back(), 'x');
  }
}

TEST(HugePagesTest, RoomThatIsThereIsKept) {
  std::string text;
  text.reserve(1000);
  const char* const before = text.data();
  ReserveInHugePages(&text, 1000);
  EXPECT_EQ(text.data(), before);
  EXPECT_EQ(text.capacity(), 1000u);
}

TEST(HugePagesTest, OnlyLargeTextsAskForHugePages) {
  const size_t before = FlaggedBytes();
  std::string small;
  ReserveInHugePages(&small, size_t{1} << 20);
  EXPECT_EQ(FlaggedBytes(), before);
  constexpr size_t kLarge = size_t{64} << 20;
  std::string large;
  ReserveInHugePages(&large, kLarge);
  const size_t added = FlaggedBytes() - before;
  const bool kernel_has_some(std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"));
  // All but the ends, which are no whole huge pages.
  EXPECT_GE(added, kernel_has_some ? kLarge - kFewestHugeBytes : 0);
  EXPECT_LE(added, kernel_has_some ? kLarge : 0);
}

}  // namespace
}  // namespace troupe::internal

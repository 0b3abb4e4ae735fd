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

// What the kernel says of the mapping that `address` is in: "rd wr mr ... hg" (proc(5), VmFlags).
std::string VmFlagsAt(uintptr_t address) {
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2) {
      inside = begin <= address && address < end;
    } else if (inside && absl::StartsWith(line, "VmFlags:")) {
      return line + " ";
    }
  }
  return "";
}

uintptr_t MiddleOf(const std::string& text) {
  return reinterpret_cast<uintptr_t>(text.data()) + text.capacity() / 2;
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
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) {
    GTEST_SKIP() << "this kernel has no transparent huge pages";
  }
  std::string large;
  ReserveInHugePages(&large, size_t{64} << 20);
  EXPECT_TRUE(absl::StrContains(VmFlagsAt(MiddleOf(large)), " hg ")) << VmFlagsAt(MiddleOf(large));
  std::string small;
  ReserveInHugePages(&small, size_t{1} << 20);
  EXPECT_FALSE(absl::StrContains(VmFlagsAt(MiddleOf(small)), " hg "));
}

}  // namespace
}  // namespace troupe::internal

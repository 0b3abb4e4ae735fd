#ifndef TROUPE_TESTS_BENCH_GUARD_COUNTS_H_
#define TROUPE_TESTS_BENCH_GUARD_COUNTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace troupe::testing {

// What is counted: calls that this process makes into the C library, from whatever library.
enum class Count : uint8_t {
  kAllocations,  // malloc and its relatives; operator new ends there
  kWakeUps,      // futex wakes, and writes to an eventfd
  kTransfers,    // of bytes: sendmsg, recvmsg, read, write and their relatives
  kPolls,        // epoll_wait, poll, and reads of an eventfd
  kSentBytes,    // what sendmsg said that it took; a socket's, so both nodes' of one process
};
inline constexpr size_t kCounts = 5;

// Counts since some moment, or between two.
struct Counts {
  std::array<int64_t, kCounts> values = {};

  int64_t operator[](Count count) const { return values[static_cast<size_t>(count)]; }
  // For each of `messages`.
  double Each(Count count, int64_t messages) const;
  Counts operator-(const Counts& before) const;
};
std::ostream& operator<<(std::ostream& out, const Counts& counts);

// Of all threads, those of libraries too. Approximate while they run.
Counts ProcessCounts();
// Of the calling thread alone.
Counts ThreadCounts();

// What `work` makes the process, or this thread alone, do.
template <typename Work>
Counts CountProcess(Work work) {
  const Counts before = ProcessCounts();
  work();
  return ProcessCounts() - before;
}
template <typename Work>
Counts CountThread(Work work) {
  const Counts before = ThreadCounts();
  work();
  return ThreadCounts() - before;
}

}  // namespace troupe::testing

#endif  // TROUPE_TESTS_BENCH_GUARD_COUNTS_H_

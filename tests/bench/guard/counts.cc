// Functions of the C library that count their calls: those of an executable come before those of
// any shared library, for the shared libraries too.

// With it, the headers have inline functions of some of these names.
#undef _FORTIFY_SOURCE

#include "tests/bench/guard/counts.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <atomic>
#include <cstdarg>
#include <ostream>

namespace troupe::testing {
namespace {

constinit std::atomic<int64_t> process_counts[kCounts] = {};
constinit thread_local int64_t thread_counts[kCounts] = {};

void Add(Count count, int64_t n) {
  const auto i = static_cast<size_t>(count);
  // relaxed: nothing is inferred from it.
  process_counts[i].fetch_add(n, std::memory_order_relaxed);
  thread_counts[i] += n;
}

// The function of the C library. No static local: those lock, and locks come by here.
template <typename F>
class Real {
 public:
  constexpr explicit Real(const char* name) : name_(name) {}
  template <typename... A>
  auto operator()(A... arguments) {
    F* function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<F*>(dlsym(RTLD_NEXT, name_));
      function_.store(function, std::memory_order_relaxed);
    }
    return function(arguments...);
  }

 private:
  const char* const name_;
  std::atomic<F*> function_{nullptr};
};

template <typename F, typename... A>
auto Counted(Count count, Real<F>& real, A... arguments) {
  Add(count, 1);
  return real(arguments...);
}

}  // namespace

double Counts::Each(Count count, int64_t messages) const {
  return static_cast<double>((*this)[count]) / static_cast<double>(messages);
}

Counts Counts::operator-(const Counts& before) const {
  Counts difference;
  for (size_t i = 0; i < kCounts; ++i) difference.values[i] = values[i] - before.values[i];
  return difference;
}

std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts[Count::kAllocations] << " allocations, " << counts[Count::kWakeUps]
             << " wake-ups, " << counts[Count::kTransfers] << " transfers, "
             << counts[Count::kPolls] << " polls, " << counts[Count::kSentBytes] << " bytes sent";
}

Counts ProcessCounts() {
  Counts counts;
  for (size_t i = 0; i < kCounts; ++i) {
    counts.values[i] = process_counts[i].load(std::memory_order_relaxed);
  }
  return counts;
}

Counts ThreadCounts() {
  Counts counts;
  for (size_t i = 0; i < kCounts; ++i) counts.values[i] = thread_counts[i];
  return counts;
}

}  // namespace troupe::testing

extern "C" {

using troupe::testing::Add;
using troupe::testing::Count;
using troupe::testing::Counted;
using troupe::testing::Real;

struct msghdr;
struct iovec;
struct epoll_event;
struct pollfd;

// Under these names the C library has its own, which need no looking up: dlsym may allocate.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) noexcept {
  Add(Count::kAllocations, 1);
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) noexcept {
  Add(Count::kAllocations, 1);
  return __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) noexcept {
  Add(Count::kAllocations, 1);
  return __libc_realloc(block, size);
}
void* memalign(size_t alignment, size_t size) noexcept {
  Add(Count::kAllocations, 1);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  Add(Count::kAllocations, 1);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  Add(Count::kAllocations, 1);
  *block = __libc_memalign(alignment, size);
  return *block != nullptr ? 0 : ENOMEM;
}

long syscall(long number, ...) noexcept {
  static constinit Real<long(long, ...)> real("syscall");
  va_list list;
  va_start(list, number);
  long words[6];  // more than were given are read as well, and mean nothing
  for (long& word : words) word = va_arg(list, long);
  va_end(list);
  const long operation = words[1] & FUTEX_CMD_MASK;
  if (number == SYS_futex && (operation == FUTEX_WAKE || operation == FUTEX_WAKE_BITSET)) {
    Add(Count::kWakeUps, 1);
  }
  return real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

int eventfd_write(int fd, uint64_t value) noexcept {
  static constinit Real<int(int, uint64_t)> real("eventfd_write");
  return Counted(Count::kWakeUps, real, fd, value);
}
int eventfd_read(int fd, uint64_t* value) noexcept {
  static constinit Real<int(int, uint64_t*)> real("eventfd_read");
  return Counted(Count::kPolls, real, fd, value);
}
int epoll_wait(int fd, epoll_event* events, int most, int timeout) {
  static constinit Real<int(int, epoll_event*, int, int)> real("epoll_wait");
  return Counted(Count::kPolls, real, fd, events, most, timeout);
}
int poll(pollfd* fds, unsigned long count, int timeout) {
  static constinit Real<int(pollfd*, unsigned long, int)> real("poll");
  return Counted(Count::kPolls, real, fds, count, timeout);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static constinit Real<ssize_t(int, const msghdr*, int)> real("sendmsg");
  const ssize_t sent = Counted(Count::kTransfers, real, fd, message, flags);
  const int error = errno;
  if (sent > 0) Add(Count::kSentBytes, sent);
  errno = error;
  return sent;
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static constinit Real<ssize_t(int, msghdr*, int)> real("recvmsg");
  return Counted(Count::kTransfers, real, fd, message, flags);
}
ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  static constinit Real<ssize_t(int, const void*, size_t, int)> real("send");
  return Counted(Count::kTransfers, real, fd, bytes, size, flags);
}
ssize_t recv(int fd, void* bytes, size_t size, int flags) {
  static constinit Real<ssize_t(int, void*, size_t, int)> real("recv");
  return Counted(Count::kTransfers, real, fd, bytes, size, flags);
}
ssize_t read(int fd, void* bytes, size_t size) {
  static constinit Real<ssize_t(int, void*, size_t)> real("read");
  return Counted(Count::kTransfers, real, fd, bytes, size);
}
ssize_t write(int fd, const void* bytes, size_t size) {
  static constinit Real<ssize_t(int, const void*, size_t)> real("write");
  return Counted(Count::kTransfers, real, fd, bytes, size);
}
ssize_t readv(int fd, const iovec* parts, int count) {
  static constinit Real<ssize_t(int, const iovec*, int)> real("readv");
  return Counted(Count::kTransfers, real, fd, parts, count);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  static constinit Real<ssize_t(int, const iovec*, int)> real("writev");
  return Counted(Count::kTransfers, real, fd, parts, count);
}
}

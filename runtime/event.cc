#include "runtime/event.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>
#include <thread>

namespace troupe {
namespace {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t), "a futex word has four bytes");

// Sleeps while *word == expected; returns early for any reason. `timeout` null: none. Wakers need
// not touch the word, so it may be gone by then: futex_wake on an address nobody waits at does
// nothing.
void FutexWait(std::atomic<uint32_t>* word, uint32_t expected, const timespec* timeout) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), FUTEX_WAIT_PRIVATE, expected, timeout,
          nullptr, 0);
}

void FutexWakeAll(std::atomic<uint32_t>* word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr,
          nullptr, 0);
}

// The futex's own clock, from which it counts a relative timeout; its epoch means nothing.
absl::Time MonotonicNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::TimeFromTimespec(now);
}

thread_local internal::SpinBudget spin_budget;

}  // namespace

namespace internal {

void SpinPause(int done, int count) {
  constexpr int kSpinsBeforeYield = 48;
  for (int i = 0; i < count; ++i) CpuRelax();
  if (done <= kSpinsBeforeYield && kSpinsBeforeYield < done + count) std::this_thread::yield();
}

bool SpinningHelps() {
  static const bool helps = std::thread::hardware_concurrency() > 1;
  return helps;
}

}  // namespace internal

void Event::Set() {
  // acq_rel: releases what was done before; the exchange decides alone who wakes the sleepers.
  if (state_.exchange(kSet, std::memory_order_acq_rel) == kUnsetWithSleepers) FutexWakeAll(&state_);
}

bool Event::SpinWait() const {
  if (IsSet()) return true;
  if (!internal::SpinningHelps()) return false;
  bool set = false;
  const int spins = spin_budget.spins();
  for (int i = 0; i < spins && !set; ++i) {
    internal::SpinPause(i, 1);
    set = IsSet();
  }
  spin_budget.Report(set);
  return set;
}

void Event::Wait() { WaitFor(absl::InfiniteDuration()); }

bool Event::WaitFor(absl::Duration timeout) {
  if (IsSet()) return true;
  if (timeout <= absl::ZeroDuration()) return false;
  return SpinWait() || SleepFor(timeout);
}

bool Event::SleepFor(absl::Duration timeout) {
  // Above a year the deadline could leave the range of timespec, and nobody waits that long.
  const bool timed = timeout < absl::Hours(24 * 365);
  absl::Time deadline = absl::InfiniteFuture();
  if (timed) deadline = MonotonicNow() + timeout;
  while (true) {
    uint32_t unset = kUnset;
    // relaxed: the value is only compared; IsSet below acquires.
    state_.compare_exchange_strong(unset, kUnsetWithSleepers, std::memory_order_relaxed);
    if (IsSet()) return true;
    if (!timed) {
      FutexWait(&state_, kUnsetWithSleepers, nullptr);
      continue;
    }
    const absl::Duration left = deadline - MonotonicNow();
    if (left <= absl::ZeroDuration()) return IsSet();
    const timespec sleep = absl::ToTimespec(left);
    FutexWait(&state_, kUnsetWithSleepers, &sleep);
  }
}

}  // namespace troupe

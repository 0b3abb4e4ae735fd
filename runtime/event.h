#ifndef TROUPE_RUNTIME_EVENT_H_
#define TROUPE_RUNTIME_EVENT_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace troupe {

// A four-byte one-shot flag that threads wait for. Any thread may call; any number may wait.
// Everything done before Set() is visible to whoever saw it set. Whoever saw it set may destroy it
// at once, even while Set() is still returning on another thread, so it may live on the waiter's
// stack.
//
// Code that may run inside an actor's turn waits through Executor::Await, which puts another thread
// in; the Wait functions here block the thread plainly.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Never blocks. Setting it again does nothing.
  void Set();
  bool IsSet() const { return state_.load(std::memory_order_acquire) == kSet; }

  // Blocks until set: spins briefly (a few microseconds, less where that did not help lately), then
  // sleeps.
  void Wait();
  // As Wait, but gives up after `timeout` of real time. Returns whether the event is set. A timeout
  // of zero or less only looks.
  bool WaitFor(absl::Duration timeout);
  // The two halves of WaitFor: only the spin, only the sleep. Return whether the event is set.
  bool SpinWait() const;
  bool SleepFor(absl::Duration timeout);

  // Makes the event usable again. Only when no thread waits for it or may still set it.
  void Reset() { state_.store(kUnset, std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kUnset = 0;
  static constexpr uint32_t kUnsetWithSleepers = 1;
  static constexpr uint32_t kSet = 2;

  // A futex word. kUnset -> kUnsetWithSleepers -> kSet, never back but by Reset().
  std::atomic<uint32_t> state_{kUnset};
};

namespace internal {

// Tells the processor that the thread spins.
inline void CpuRelax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// How long one place spins before it sleeps. The budget doubles with each spin that was worth it
// and halves with each that was not, so that a waiter whose news always comes late stops burning
// time; now and then it tries the full budget again, for news that has begun to come quickly. Owned
// by one thread.
class SpinBudget {
 public:
  static constexpr int kMaxSpins = 800;  // pauses; one is 5 to 40 ns on current x86: 4 to 32 us
  static constexpr int kMinSpins = 100;
  static constexpr int kRetryInterval = 16;  // spins in vain until the next full one

  int spins() const { return spins_; }
  void Report(bool worth_it) {
    if (worth_it) {
      in_vain_ = 0;
      spins_ = spins_ * 2 < kMaxSpins ? spins_ * 2 : kMaxSpins;
    } else if (++in_vain_ % kRetryInterval == 0) {
      spins_ = kMaxSpins;
    } else {
      spins_ = spins_ / 2 > kMinSpins ? spins_ / 2 : kMinSpins;
    }
  }

 private:
  int spins_ = kMaxSpins;
  unsigned in_vain_ = 0;
};

// `count` pauses of a spin of which `done` are over. Offers the core to others once a spin: whoever
// brings the news may have been put on this very core, where a spin only keeps it from running.
void SpinPause(int done, int count);

// False on a machine with one core, where spinning only keeps the awaited thread from running.
bool SpinningHelps();

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_EVENT_H_

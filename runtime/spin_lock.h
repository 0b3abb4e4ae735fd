#ifndef TROUPE_RUNTIME_SPIN_LOCK_H_
#define TROUPE_RUNTIME_SPIN_LOCK_H_

#include <atomic>
#include <cstdint>
#include <thread>

#include "absl/base/thread_annotations.h"

namespace troupe::internal {

// One byte of mutual exclusion, for sections of a few instructions inside objects of which there
// are millions (a Mutex has 40 bytes). No section under it allocates, calls out or takes another
// lock.
class ABSL_LOCKABLE SpinLock {
 public:
  // Acquire and release, as for every lock; the owner's writes are all that is ordered.
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    for (int spins = 0; locked_.exchange(true, std::memory_order_acquire); ++spins) {
      // The owner may have been preempted: let it run.
      if (spins > kSpinsBeforeYield) std::this_thread::yield();
    }
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() { locked_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpinsBeforeYield = 64;
  std::atomic<bool> locked_{false};
};

class ABSL_SCOPED_LOCKABLE SpinLockHolder {
 public:
  explicit SpinLockHolder(SpinLock& lock) ABSL_EXCLUSIVE_LOCK_FUNCTION(lock) : lock_(lock) {
    lock_.Lock();
  }
  ~SpinLockHolder() ABSL_UNLOCK_FUNCTION() { lock_.Unlock(); }
  SpinLockHolder(const SpinLockHolder&) = delete;
  SpinLockHolder& operator=(const SpinLockHolder&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_SPIN_LOCK_H_

#include "runtime/mutex.h"

#include <algorithm>

#include "runtime/event.h"

namespace troupe {
namespace {

// Between looks at the lock, doubled up to kMostPauses: its owner needs the cache line as well. Not
// SpinPause's: with its yield, messages of 1 MiB were a twentieth slower.
constexpr int kMostPauses = 16;
constexpr int kSpins = 160;

}  // namespace

void Mutex::LockContended() {
  if (internal::SpinningHelps()) {
    int pauses = 1;
    for (int done = 0; done < kSpins; done += pauses) {
      for (int i = 0; i < pauses; ++i) internal::CpuRelax();
      if (mu_.try_lock()) return;
      pauses = std::min(2 * pauses, kMostPauses);
    }
  }
  mu_.lock();
}

}  // namespace troupe

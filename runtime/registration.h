#ifndef TROUPE_RUNTIME_REGISTRATION_H_
#define TROUPE_RUNTIME_REGISTRATION_H_

#include <atomic>

namespace troupe::internal {

// What the registry keeps in a cell, so that an actor's end costs no further table. Owned by the
// cell; of the registry alone.
struct Registration {
  bool ending = false;             // under the lock of the cell's shard
  std::atomic<bool> named{false};  // it has, or had, a name
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_REGISTRATION_H_

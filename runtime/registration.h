#ifndef TROUPE_RUNTIME_REGISTRATION_H_
#define TROUPE_RUNTIME_REGISTRATION_H_

#include <atomic>
#include <cstdint>

namespace troupe::internal {

// What the registry keeps in a cell, so that an actor's life costs no table. Owned by the cell; of
// the registry alone.
struct Registration {
  // Under the lock of the cell's shard.
  uint32_t index = 0;  // in its `cells`
  bool ending = false;

  std::atomic<bool> named{false};  // it has, or had, a name
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_REGISTRATION_H_

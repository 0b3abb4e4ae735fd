#ifndef TROUPE_NODE_OPEN_CALLS_H_
#define TROUPE_NODE_OPEN_CALLS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/future_core.h"

namespace troupe::internal {

// The calls of one session that work here, by their number. Guarded by the session's lock.
//
// The initiator chooses the numbers, and a call in pieces comes later than those after it. So the
// memory comes in parts: a number that is far away costs little.
class OpenCalls {
 public:
  struct Entry {
    bool open = false;
    FutureCore* call = nullptr;  // lives until the reply
  };

  // Null: the number was never used, or not near here.
  Entry* Find(uint32_t id) {
    const size_t part = id / kPart;
    return part < parts_.size() && parts_[part] != nullptr ? &(*parts_[part])[id % kPart] : nullptr;
  }
  Entry& Make(uint32_t id) {
    const size_t part = id / kPart;
    if (part >= parts_.size()) parts_.resize(part + 1);
    if (parts_[part] == nullptr) parts_[part] = std::make_unique<Part>();
    return (*parts_[part])[id % kPart];
  }
  // Those that have begun.
  std::vector<FutureCore*> Calls() const {
    std::vector<FutureCore*> calls;
    for (const std::unique_ptr<Part>& part : parts_) {
      if (part == nullptr) continue;
      for (const Entry& entry : *part) {
        if (entry.call != nullptr) calls.push_back(entry.call);
      }
    }
    return calls;
  }

 private:
  static constexpr size_t kPart = 512;
  using Part = std::array<Entry, kPart>;

  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_OPEN_CALLS_H_

#ifndef TROUPE_NODE_OPEN_CALLS_H_
#define TROUPE_NODE_OPEN_CALLS_H_

#include <algorithm>
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
    uint64_t arrival = 0;
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
  // False: the number is in use.
  bool Open(uint32_t id) {
    Entry& entry = Make(id);
    if (entry.open) return false;
    entry = {.open = true, .call = nullptr, .arrival = ++arrivals_};
    return true;
  }
  // Those that have been delivered, the last to arrive first: who cancels them in this order does
  // not let an actor begin what waits behind a call that was just cancelled.
  std::vector<FutureCore*> LatestFirst() const {
    std::vector<const Entry*> entries;
    for (const std::unique_ptr<Part>& part : parts_) {
      if (part == nullptr) continue;
      for (const Entry& entry : *part) {
        if (entry.call != nullptr) entries.push_back(&entry);
      }
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry* a, const Entry* b) { return a->arrival > b->arrival; });
    std::vector<FutureCore*> calls;
    for (const Entry* entry : entries) calls.push_back(entry->call);
    return calls;
  }

 private:
  static constexpr size_t kPart = 512;
  using Part = std::array<Entry, kPart>;

  std::vector<std::unique_ptr<Part>> parts_;
  uint64_t arrivals_ = 0;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_OPEN_CALLS_H_

#ifndef TROUPE_NODE_NAME_NUMBERS_H_
#define TROUPE_NODE_NAME_NUMBERS_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "runtime/urn.h"

namespace troupe::internal {

// The numbers that one session uses instead of names it has sent before. Guarded by the session's
// lock.
class NameNumbers {
 public:
  // None until it is told what the other side keeps.
  void set_limit(uint32_t limit) { limit_ = limit; }

  // A name's number; `*is_new`: the other side has to be told. 0: the limit allows none.
  uint32_t OfActor(const Urn& urn, bool* is_new) {
    *is_new = false;
    if (limit_ == 0) return 0;
    if (last_number_ != 0 && urn == last_urn_) return last_number_;
    last_urn_ = urn;
    return last_number_ = LookUpActor(urn, is_new);
  }
  // `name` has static storage; once the limit is reached, no more get a number.
  uint32_t OfMethod(const char* name, bool* is_new) {
    *is_new = false;
    if (name == last_name_) return last_method_;
    const auto entry = methods_.find(name);
    if (entry != methods_.end()) {
      last_name_ = name;
      return last_method_ = entry->second;
    }
    if (methods_.size() >= limit_) return 0;
    *is_new = true;
    const uint32_t number = static_cast<uint32_t>(methods_.size()) + 1;
    methods_.emplace(name, number);
    return number;
  }

 private:
  uint32_t LookUpActor(const Urn& urn, bool* is_new) {
    const auto [entry, added] = actors_.try_emplace(urn, 0);
    if (!added) return entry->second;
    *is_new = true;
    if (urns_.size() < limit_) {
      urns_.push_back(urn);
      return entry->second = static_cast<uint32_t>(urns_.size());
    }
    // The oldest gives its number up.
    const uint32_t number = 1 + oldest_;
    oldest_ = (oldest_ + 1) % limit_;
    entry->second = number;
    actors_.erase(urns_[number - 1]);
    urns_[number - 1] = urn;
    return number;
  }

  // Who sends, often sends again: the last ones that were asked for.
  Urn last_urn_;
  uint32_t last_number_ = 0;
  const char* last_name_ = nullptr;
  uint32_t last_method_ = 0;

  uint32_t limit_ = 0;
  absl::flat_hash_map<Urn, uint32_t> actors_;
  std::vector<Urn> urns_;  // by number
  uint32_t oldest_ = 0;
  absl::flat_hash_map<const char*, uint32_t> methods_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_NAME_NUMBERS_H_

#ifndef TROUPE_NODE_PENDING_CALLS_H_
#define TROUPE_NODE_PENDING_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/envelope.h"

namespace troupe::internal {

// The calls of one session whose replies have not come. Guarded by the session's lock. Owns the
// envelopes; whoever takes one out ends it.
//
// Numbers are from 1 on, in order, and the one given back last is the next to be used: so a session
// with few open calls stays in few cache lines, on both sides.
class PendingCalls {
 public:
  explicit PendingCalls(uint32_t limit) : limit_(limit) {}

  // Numbers above it that are in use stay so until their replies come.
  void LowerLimit(uint32_t limit) { limit_ = limit < limit_ ? limit : limit_; }
  bool full() const { return free_.empty() && calls_.size() >= limit_; }
  uint32_t limit() const { return limit_; }
  size_t size() const { return open_; }

  // Unless full. The number of the batch that it is in is set later.
  uint32_t Add(Envelope* envelope) {
    ++open_;
    if (free_.empty()) {
      calls_.push_back({envelope, 0, true});
      return static_cast<uint32_t>(calls_.size());
    }
    const uint32_t id = free_.back();
    free_.pop_back();
    calls_[id - 1] = {envelope, 0, true};
    return id;
  }
  void SetBatch(uint32_t id, uint64_t batch) { calls_[id - 1].batch = batch; }

  // 0: not set.
  uint64_t batch(uint32_t id) const { return calls_[id - 1].batch; }

  // False: no reply is due for this number.
  bool Has(uint32_t id) const { return id >= 1 && id <= calls_.size() && calls_[id - 1].open; }
  // The reply has come; null if nobody wants it any more.
  Envelope* Finish(uint32_t id) {
    calls_[id - 1].open = false;
    --open_;
    if (id <= limit_) free_.push_back(id);
    return std::exchange(calls_[id - 1].envelope, nullptr);
  }
  // Nobody wants the reply any more; the number stays in use until it comes. False: `envelope` is
  // not (or no longer) what has this number.
  bool Abandon(uint32_t id, const Envelope* envelope) {
    if (!Has(id) || calls_[id - 1].envelope != envelope) return false;
    calls_[id - 1].envelope = nullptr;
    return true;
  }

  // The same for whatever has this number; null if nobody wants the reply already.
  Envelope* AbandonAny(uint32_t id) { return std::exchange(calls_[id - 1].envelope, nullptr); }

  struct Left {
    Envelope* envelope;
    uint64_t batch;  // 0: not known
  };
  std::vector<Left> TakeAll() {
    std::vector<Left> left;
    for (const Call& call : calls_) {
      if (call.envelope != nullptr) left.push_back({call.envelope, call.batch});
    }
    calls_.clear();
    free_.clear();
    open_ = 0;
    return left;
  }

 private:
  struct Call {
    Envelope* envelope;
    uint64_t batch;
    bool open;
  };

  uint32_t limit_;
  std::vector<Call> calls_;  // by number
  std::vector<uint32_t> free_;
  size_t open_ = 0;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_PENDING_CALLS_H_

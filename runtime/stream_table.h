#ifndef TROUPE_RUNTIME_STREAM_TABLE_H_
#define TROUPE_RUNTIME_STREAM_TABLE_H_

#include <compare>
#include <cstdint>

#include "absl/container/btree_map.h"

namespace troupe::internal {

class Envelope;

// What a stream is called at its actor. The consumer chooses the number; who it is, is a part of
// the name, so that no node can reach another one's streams.
struct StreamKey {
  uint64_t origin = 0;  // InboundOptions::origin; 0: this process
  uint64_t number = 0;

  friend auto operator<=>(const StreamKey& a, const StreamKey& b) = default;
};

struct OpenStream {
  const void* method = nullptr;  // tells the methods apart: their envelopes have different types
  Envelope* call = nullptr;      // owned
};

// Ordered, so that the same seed ends them in the same order.
using StreamTable = absl::btree_map<StreamKey, OpenStream>;

// At one actor.
inline constexpr uint64_t kMaxOpenStreams = 4096;

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_STREAM_TABLE_H_

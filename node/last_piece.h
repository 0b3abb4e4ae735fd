#ifndef TROUPE_NODE_LAST_PIECE_H_
#define TROUPE_NODE_LAST_PIECE_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace troupe::internal {

// The piece at the end of a batch.
struct LastPiece {
  absl::string_view before = {};  // a batch, too: the same one without this frame
  uint64_t total_bytes = 0;
  size_t data_begin = 0;  // in the batch; the data end with it
};
// Looks for it in `begin`, the first bytes of a batch of `size`. Nothing: there is none, or `begin`
// does not reach to its data, or the batch is unlike those that this program writes.
std::optional<LastPiece> FindLastPiece(absl::string_view begin, size_t size);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_LAST_PIECE_H_

#ifndef TROUPE_NODE_LAST_TEXT_H_
#define TROUPE_NODE_LAST_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace troupe::internal {

// The text that ends a call which came in pieces, or what looks like one (any field with a length).
// It is put together apart from the rest, so that the string that it is for can take its memory.
struct LastText {
  std::string frame;  // a Frame: the same one without the text's contents, but with its length
  size_t begin = 0;   // of the contents, in the original
};
// So many first bytes of a frame are enough, unless its other arguments are long.
inline constexpr size_t kLastTextLook = 512;

// Looks for it in `begin`, the first bytes of a frame of `size`. Nothing: it is not a call of a
// method, or does not end with a text, or `begin` does not reach there.
std::optional<LastText> FindLastText(absl::string_view begin, size_t size);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_LAST_TEXT_H_

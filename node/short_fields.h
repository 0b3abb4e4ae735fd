#ifndef TROUPE_NODE_SHORT_FIELDS_H_
#define TROUPE_NODE_SHORT_FIELDS_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "runtime/wire_format.h"

// Reads fields of protobuf messages as this program writes them: with tags of one byte and short
// varints. For the hot paths; runtime/wire_format.h reads everything, and explains what is wrong.

namespace troupe::internal {

// Of a field whose number is below 16.
constexpr uint8_t ShortTag(uint32_t number, WireType type) {
  return static_cast<uint8_t>(MakeTag(number, type));
}

// A varint of at most `kMaxBytes`, and nothing unusual. Returns where it ends, or null.
template <int kMaxBytes, typename T>
const char* ReadShortVarint(const char* from, const char* end, T* value) {
  uint64_t bits = 0;
  for (int i = 0; i < kMaxBytes && from != end; ++i) {
    const uint64_t byte = static_cast<uint8_t>(*from++);
    bits |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *value = static_cast<T>(bits);
      return from;
    }
  }
  return nullptr;
}

inline const char* ReadShortUint32(const char* from, const char* end, uint32_t* value) {
  return ReadShortVarint<4>(from, end, value);  // 28 bits
}

inline const char* ReadShortBytes(const char* from, const char* end, absl::string_view* bytes) {
  size_t size = 0;
  from = ReadShortVarint<4>(from, end, &size);
  if (from == nullptr || size > static_cast<size_t>(end - from)) return nullptr;
  *bytes = absl::string_view(from, size);
  return from + size;
}

}  // namespace troupe::internal

#endif  // TROUPE_NODE_SHORT_FIELDS_H_

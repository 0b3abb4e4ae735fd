#include "node/last_text.h"

#include <cstdint>

#include "node/short_fields.h"
#include "proto/wire.pb.h"
#include "runtime/wire_format.h"

namespace troupe::internal {
namespace {

// Passes over the contents of a field that begins with `tag`. Null: not all of it is there, or it
// is unlike what this program writes.
const char* Skip(uint8_t tag, const char* from, const char* end) {
  uint64_t number = 0;
  absl::string_view bytes;
  if (tag >= 0x80) return nullptr;
  switch (static_cast<WireType>(tag & 7)) {
    case WireType::kVarint:
      return ReadShortVarint<kMaxVarint>(from, end, &number);
    case WireType::kFixed64:
      return end - from < 8 ? nullptr : from + 8;
    case WireType::kFixed32:
      return end - from < 4 ? nullptr : from + 4;
    case WireType::kBytes:
      return ReadShortBytes(from, end, &bytes);
    default:
      return nullptr;
  }
}

// The field that reaches to the end of the message at `from`, of which `left` bytes are left. Sets
// where the field itself begins; returns where its contents do, or null.
const char* FindLastField(const char* from, const char* end, size_t left, const char** field) {
  while (from != end) {
    *field = from;
    const auto tag = static_cast<uint8_t>(*from);
    const char* next = nullptr;
    size_t length = 0;
    if (tag < 0x80 && static_cast<WireType>(tag & 7) == WireType::kBytes) {
      next = ReadShortVarint<4>(from + 1, end, &length);
      if (next == nullptr) return nullptr;
      if (length == left - static_cast<size_t>(next - from)) return next;
    }
    next = Skip(tag, from + 1, end);
    if (next == nullptr || static_cast<size_t>(next - from) > left) return nullptr;
    left -= static_cast<size_t>(next - from);
    from = next;
  }
  return nullptr;
}

// Whether one of the fields from `from` to `end`, all of which Skip knows, begins with `tag`.
bool HasField(const char* from, const char* end, uint8_t tag) {
  while (from != nullptr && from != end) {
    if (static_cast<uint8_t>(*from) == tag) return true;
    from = Skip(static_cast<uint8_t>(*from), from + 1, end);
  }
  return false;
}

}  // namespace

std::optional<LastText> FindLastText(absl::string_view begin, size_t size) {
  const char* const end = begin.data() + begin.size();
  const auto left = [&](const char* from) {
    return size - static_cast<size_t>(from - begin.data());
  };
  const char* field = nullptr;
  const char* const call = FindLastField(begin.data(), end, size, &field);
  if (call == nullptr || field != begin.data() ||
      static_cast<uint8_t>(*field) != ShortTag(wire::Frame::kCallFieldNumber, WireType::kBytes)) {
    return std::nullopt;
  }
  const char* const arguments = FindLastField(call, end, left(call), &field);
  if (arguments == nullptr ||
      static_cast<uint8_t>(*field) !=
          ShortTag(wire::Call::kArgumentsFieldNumber, WireType::kBytes) ||
      HasField(call, field, ShortTag(wire::Call::kKindFieldNumber, WireType::kVarint))) {
    return std::nullopt;
  }
  const absl::string_view before(call, static_cast<size_t>(field - call));
  const char* const text = FindLastField(arguments, end, left(arguments), &field);
  if (text == nullptr) return std::nullopt;
  const absl::string_view kept(arguments, static_cast<size_t>(text - arguments));

  LastText last;
  Writer writer({}, &last.frame);
  writer.Tag(wire::Frame::kCallFieldNumber, WireType::kBytes);
  writer.Sized(before.size() + kept.size(), [&] {
    writer.Raw(before);
    writer.Tag(wire::Call::kArgumentsFieldNumber, WireType::kBytes);
    writer.LengthAndBytes(kept);
  });
  if (!writer.Finish().ok()) return std::nullopt;
  last.begin = static_cast<size_t>(text - begin.data());
  return last;
}

}  // namespace troupe::internal

#include "node/last_piece.h"

#include "node/short_fields.h"
#include "proto/wire.pb.h"

namespace troupe::internal {
namespace {

// `from` is where the frame begins, of which `size` bytes are left: all of the batch.
std::optional<LastPiece> ReadLastPiece(absl::string_view begin, const char* from, size_t before,
                                       size_t size) {
  const char* const end = begin.data() + begin.size();
  const char* const frame = from;
  const auto left = [&] { return size - static_cast<size_t>(from - frame); };
  LastPiece piece{.before = begin.substr(0, before)};
  size_t length = 0;
  if (from == end ||
      static_cast<uint8_t>(*from++) != ShortTag(wire::Frame::kPieceFieldNumber, WireType::kBytes)) {
    return std::nullopt;
  }
  from = ReadShortVarint<4>(from, end, &length);
  if (from == nullptr || length != left() || from == end) return std::nullopt;
  if (static_cast<uint8_t>(*from) ==
      ShortTag(wire::Piece::kTotalBytesFieldNumber, WireType::kVarint)) {
    from = ReadShortVarint<4>(from + 1, end, &piece.total_bytes);
    if (from == nullptr || from == end) return std::nullopt;
  }
  if (static_cast<uint8_t>(*from++) != ShortTag(wire::Piece::kDataFieldNumber, WireType::kBytes))
    return std::nullopt;
  from = ReadShortVarint<4>(from, end, &length);
  if (from == nullptr || length != left()) return std::nullopt;
  piece.data_begin = static_cast<size_t>(from - begin.data());
  return piece;
}

}  // namespace

std::optional<LastPiece> FindLastPiece(absl::string_view begin, size_t size) {
  const char* from = begin.data();
  const char* const end = from + begin.size();
  while (from != end) {
    const auto field = static_cast<size_t>(from - begin.data());
    switch (static_cast<uint8_t>(*from++)) {
      case ShortTag(wire::Batch::kSequenceFieldNumber, WireType::kFixed64):
      case ShortTag(wire::Batch::kAcknowledgedFieldNumber, WireType::kFixed64):
        if (end - from < 8) return std::nullopt;
        from += 8;
        break;
      case ShortTag(wire::Batch::kFramesFieldNumber, WireType::kBytes): {
        size_t length = 0;
        from = ReadShortVarint<4>(from, end, &length);
        if (from == nullptr) return std::nullopt;
        const size_t left = size - static_cast<size_t>(from - begin.data());
        if (length == left) return ReadLastPiece(begin, from, field, left);
        if (length > static_cast<size_t>(end - from)) return std::nullopt;
        from += length;
        break;
      }
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace troupe::internal

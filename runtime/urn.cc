#include "runtime/urn.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/random.h"

namespace troupe {
namespace {

constexpr absl::string_view kPrefix = "urn:uuid:";
constexpr size_t kTextSize = 9 + 36;

void PutHex(uint64_t bits, int digits, char* out) {
  for (int i = digits - 1; i >= 0; --i, bits >>= 4) out[i] = "0123456789abcdef"[bits & 15];
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Urn Urn::Random(RandomSource& random) {
  constexpr uint64_t kVersionMask = 0xf000;
  constexpr uint64_t kVersion4 = 0x4000;
  constexpr uint64_t kVariantMask = uint64_t{3} << 62;
  constexpr uint64_t kVariantRfc4122 = uint64_t{2} << 62;
  const uint64_t high = random.Next();
  const uint64_t low = random.Next();
  return Urn((high & ~kVersionMask) | kVersion4, (low & ~kVariantMask) | kVariantRfc4122);
}

absl::StatusOr<Urn> Urn::Parse(absl::string_view text) {
  const absl::Status error = absl::InvalidArgumentError(
      absl::StrCat("not an urn (urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx): \"",
                   absl::CHexEscape(text.substr(0, 64)), "\""));
  if (text.size() != kTextSize || !absl::StartsWithIgnoreCase(text, kPrefix)) return error;
  uint64_t halves[2] = {0, 0};
  int digits = 0;
  for (size_t i = kPrefix.size(); i < text.size(); ++i) {
    const size_t place = i - kPrefix.size();
    if (place == 8 || place == 13 || place == 18 || place == 23) {
      if (text[i] != '-') return error;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return error;
    uint64_t& half = halves[digits++ / 16];
    half = half << 4 | static_cast<uint64_t>(digit);
  }
  return Urn(halves[0], halves[1]);
}

std::string Urn::ToBytes() const {
  std::string bytes(kBytes, '\0');
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(high_ >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(low_ >> (56 - 8 * i));
  }
  return bytes;
}

absl::StatusOr<Urn> Urn::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kBytes) {
    return absl::InvalidArgumentError(absl::StrCat("an urn has 16 bytes, not ", bytes.size()));
  }
  uint64_t halves[2] = {0, 0};
  for (size_t i = 0; i < kBytes; ++i) {
    halves[i / 8] = halves[i / 8] << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return Urn(halves[0], halves[1]);
}

std::string Urn::ToString() const {
  std::string text(kTextSize, '-');
  kPrefix.copy(text.data(), kPrefix.size());
  char* out = text.data() + kPrefix.size();
  PutHex(high_ >> 32, 8, out);
  PutHex(high_ >> 16, 4, out + 9);
  PutHex(high_, 4, out + 14);
  PutHex(low_ >> 48, 4, out + 19);
  PutHex(low_, 12, out + 24);
  return text;
}

}  // namespace troupe

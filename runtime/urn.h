#ifndef TROUPE_RUNTIME_URN_H_
#define TROUPE_RUNTIME_URN_H_

#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace troupe {

class RandomSource;

// The identity of one actor: a version 4 UUID (RFC 4122), written
// `urn:uuid:xxxxxxxx-xxxx-4xxx-...`. A plain value. The nil urn names no actor. An urn is not a
// secret: it grants nothing by itself.
class Urn {
 public:
  static constexpr size_t kBytes = 16;

  constexpr Urn() = default;
  constexpr Urn(uint64_t high, uint64_t low) : high_(high), low_(low) {}

  static Urn Random(RandomSource& random);

  // Accepts exactly what ToString writes, in either letter case; kInvalidArgument otherwise.
  static absl::StatusOr<Urn> Parse(absl::string_view text);

  // The 16 bytes in network order, as they travel; FromBytes wants exactly 16 (kInvalidArgument).
  std::string ToBytes() const;
  static absl::StatusOr<Urn> FromBytes(absl::string_view bytes);

  std::string ToString() const;

  bool is_nil() const { return high_ == 0 && low_ == 0; }

  friend bool operator==(const Urn& a, const Urn& b) = default;
  friend auto operator<=>(const Urn& a, const Urn& b) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Urn& urn) {
    return H::combine(std::move(state), urn.high_, urn.low_);
  }
  friend std::ostream& operator<<(std::ostream& out, const Urn& urn) {
    return out << urn.ToString();
  }

 private:
  uint64_t high_ = 0;
  uint64_t low_ = 0;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_URN_H_

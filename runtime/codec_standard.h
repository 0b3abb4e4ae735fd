#ifndef TROUPE_RUNTIME_CODEC_STANDARD_H_
#define TROUPE_RUNTIME_CODEC_STANDARD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "runtime/codec_containers.h"
#include "runtime/codec_fields.h"
#include "runtime/codec_traits.h"

namespace troupe {
namespace internal {

// google.protobuf.Timestamp and Duration, with two fields more.
struct TimeParts {
  int64_t seconds = 0;
  int32_t nanos = 0;
  std::optional<int8_t> quarters;  // of a nanosecond
  std::optional<bool> infinite;
};

TimeParts DurationToParts(absl::Duration duration);
absl::StatusOr<absl::Duration> DurationFromParts(const TimeParts& parts);
TimeParts TimeToParts(absl::Time time);
absl::StatusOr<absl::Time> TimeFromParts(const TimeParts& parts);

// google.rpc.Status; a payload is a google.protobuf.Any.
struct StatusPayload {
  std::string type_url;
  absl::Cord value;
};
struct StatusParts {
  int32_t code = 0;
  std::string message;
  std::vector<StatusPayload> details;
};

StatusParts StatusToParts(const absl::Status& status);
absl::Status StatusFromParts(const StatusParts& parts);

template <>
struct WireCodec<absl::Status> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  static void Write(Writer& writer, const absl::Status& status) {
    WireCodec<StatusParts>::Write(writer, StatusToParts(status));
  }
  static bool Read(Reader& reader, absl::Status* status) {
    StatusParts parts;
    if (!WireCodec<StatusParts>::Read(reader, &parts)) return false;
    *status = StatusFromParts(parts);
    return true;
  }
};

template <typename T>
struct WireCodec<absl::StatusOr<T>> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;

  static void Write(Writer& writer, const absl::StatusOr<T>& result) {
    writer.Nested(0, [&] {
      if (result.ok()) {
        WriteSingle(writer, 2, *result);
      } else {
        WriteSingle(writer, 1, StatusToParts(result.status()));
      }
    });
  }
  static bool Read(Reader& reader, absl::StatusOr<T>* result) {
    bool seen = false;
    const bool ok = reader.Message([&](uint32_t number, WireType type) {
      if (number == 1) return ReadStatus(reader, type, &seen, result);
      if (number != 2) return reader.Skip(number, type);
      seen = true;
      return ReadSingle(reader, type, &result->emplace()) || reader.Within("value");
    });
    if (!ok) return false;
    return seen || reader.Fail("neither an error nor a value is there");
  }

 private:
  static bool ReadStatus(Reader& reader, WireType type, bool* seen, absl::StatusOr<T>* result) {
    StatusParts parts;
    if (!ReadSingle(reader, type, &parts)) return reader.Within("status");
    absl::Status status = StatusFromParts(parts);
    if (status.ok()) return true;
    *seen = true;
    *result = std::move(status);
    return true;
  }
};

}  // namespace internal

template <>
struct Codec<absl::Time> {
  using Wire = internal::TimeParts;
  static Wire ToWire(absl::Time time) { return internal::TimeToParts(time); }
  static absl::StatusOr<absl::Time> FromWire(const Wire& parts) {
    return internal::TimeFromParts(parts);
  }
  static std::string TypeName() { return "time"; }
};

template <>
struct Codec<absl::Duration> {
  using Wire = internal::TimeParts;
  static Wire ToWire(absl::Duration duration) { return internal::DurationToParts(duration); }
  static absl::StatusOr<absl::Duration> FromWire(const Wire& parts) {
    return internal::DurationFromParts(parts);
  }
  static std::string TypeName() { return "duration"; }
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_CODEC_STANDARD_H_

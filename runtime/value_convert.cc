#include "runtime/value_convert.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/codec_standard.h"

namespace troupe::internal {
namespace {

// How many bytes the UTF-8 character at the beginning has; 0 if there is none (RFC 3629, section
// 4).
size_t Utf8CharacterSize(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const size_t size = byte(0) < 0xc2   ? 0
                      : byte(0) < 0xe0 ? 2
                      : byte(0) < 0xf0 ? 3
                      : byte(0) < 0xf5 ? 4
                                       : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xed && byte(1) >= 0xa0;
  const bool too_large = byte(0) == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : size;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t size = Utf8CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

absl::Status OutOfRange(const Value& value, absl::string_view range) {
  return absl::InvalidArgumentError(absl::StrCat(value.ToString(), " is out of the range ", range));
}

}  // namespace

absl::Status WithinLevel(absl::string_view level, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(level, ": ", status.message()));
}

Value TextOrBytes(std::string text) {
  if (IsUtf8(text)) return Value(std::move(text));
  return Value(Bytes{std::move(text)});
}

Value TimeToValue(absl::Time time) {
  return Value(absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()));
}

Value DurationToValue(absl::Duration duration) { return Value(absl::FormatDuration(duration)); }

Value StatusToValue(const absl::Status& status) {
  StatusParts parts = StatusToParts(status);
  Value::Map payloads;
  for (const StatusPayload& payload : parts.details) {
    payloads.insert_or_assign(payload.type_url, Value(Bytes{std::string(payload.value)}));
  }
  return Value{{"code", parts.code},
               {"message", TextOrBytes(std::move(parts.message))},
               {"payloads", std::move(payloads)}};
}

absl::Status TimeFromValue(const Value& value, absl::Time* time) {
  if (const std::string* text = value.text(); text != nullptr) {
    std::string error;
    if (absl::ParseTime(absl::RFC3339_full, *text, time, &error)) return absl::OkStatus();
  } else if (value.is_int()) {
    *time = absl::FromUnixSeconds(*value.AsInt());
    return absl::OkStatus();
  } else if (value.is_double()) {
    *time = absl::UnixEpoch() + absl::Seconds(*value.AsDouble());
    return absl::OkStatus();
  }
  return ExpectedError("a time (2026-01-02T03:04:05Z, or seconds since 1970)", value);
}

absl::Status DurationFromValue(const Value& value, absl::Duration* duration) {
  if (const std::string* text = value.text(); text != nullptr) {
    if (absl::ParseDuration(*text, duration)) return absl::OkStatus();
  } else if (value.is_int()) {
    *duration = absl::Seconds(*value.AsInt());
    return absl::OkStatus();
  } else if (value.is_double()) {
    *duration = absl::Seconds(*value.AsDouble());
    return absl::OkStatus();
  }
  return ExpectedError("a duration ('1.5s', or a number of seconds)", value);
}

absl::Status StatusFromValue(const Value& value, absl::Status* status) {
  if (!value.is_map()) return ExpectedError("a map with 'code' and 'message'", value);
  StatusParts parts;
  absl::Status read = WithinLevel("code", ReadFrom(value["code"], &parts.code));
  if (!read.ok()) return read;
  read = WithinLevel("message", TextFromValue(value["message"], &parts.message));
  if (!read.ok()) return read;
  if (const Value::Map* payloads = value["payloads"].map(); payloads != nullptr) {
    for (const auto& [type_url, payload] : *payloads) {
      std::string bytes;
      read = WithinLevel(type_url, TextFromValue(payload, &bytes));
      if (!read.ok()) return read;
      parts.details.push_back({type_url, absl::Cord(std::move(bytes))});
    }
  }
  *status = StatusFromParts(parts);
  return absl::OkStatus();
}

absl::Status TextFromValue(const Value& value, std::string* text) {
  if (value.text() != nullptr) {
    *text = *value.text();
  } else if (value.bytes() != nullptr) {
    *text = value.bytes()->data;
  } else {
    return ExpectedError("text", value);
  }
  return absl::OkStatus();
}

absl::Status SignedFromValue(const Value& value, int64_t min, int64_t max, int64_t* number) {
  absl::StatusOr<int64_t> found = value.AsInt();
  if (!found.ok()) return found.status();
  if (*found < min || *found > max) return OutOfRange(value, absl::StrCat(min, " to ", max));
  *number = *found;
  return absl::OkStatus();
}

absl::Status UnsignedFromValue(const Value& value, uint64_t max, uint64_t* number) {
  constexpr uint64_t kInt64Max = std::numeric_limits<int64_t>::max();
  if (const std::string* text = value.text(); text != nullptr && max > kInt64Max) {
    if (absl::SimpleAtoi(*text, number) && *number > kInt64Max) return absl::OkStatus();
  }
  absl::StatusOr<int64_t> found = value.AsInt();
  if (!found.ok()) return found.status();
  if (*found < 0 || static_cast<uint64_t>(*found) > max) {
    return OutOfRange(value, absl::StrCat("0 to ", max));
  }
  *number = static_cast<uint64_t>(*found);
  return absl::OkStatus();
}

absl::Status FloatFromValue(const Value& value, float* number) {
  absl::StatusOr<double> found = value.AsDouble();
  if (!found.ok()) return found.status();
  if (std::isfinite(*found) && std::fabs(*found) > std::numeric_limits<float>::max()) {
    return OutOfRange(value, "of a float");
  }
  *number = static_cast<float>(*found);
  return absl::OkStatus();
}

absl::Status CheckItems(const Value& value, size_t expected) {
  if (!value.is_list()) return ExpectedError(absl::StrCat("a list of ", expected), value);
  if (value.size() == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("expected a list of ", expected, ", got one of ", value.size()));
}

}  // namespace troupe::internal

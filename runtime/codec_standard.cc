#include "runtime/codec_standard.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace troupe::internal {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

TimeParts InfiniteParts(bool positive) {
  TimeParts parts;
  parts.seconds =
      positive ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  parts.infinite = true;
  return parts;
}

absl::Status CheckRange(const char* what, int64_t value, int64_t limit) {
  if (value >= -limit && value <= limit) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " out of range: ", value));
}

}  // namespace

TimeParts DurationToParts(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return InfiniteParts(true);
  if (duration == -absl::InfiniteDuration()) return InfiniteParts(false);
  TimeParts parts;
  absl::Duration rest;
  parts.seconds = absl::IDivDuration(duration, absl::Seconds(1), &rest);
  parts.nanos = static_cast<int32_t>(absl::IDivDuration(rest, absl::Nanoseconds(1), &rest));
  const int64_t quarters = absl::IDivDuration(rest, absl::Nanoseconds(1) / 4, &rest);
  if (quarters != 0) parts.quarters = static_cast<int8_t>(quarters);
  return parts;
}

absl::StatusOr<absl::Duration> DurationFromParts(const TimeParts& parts) {
  if (parts.infinite.value_or(false)) {
    return parts.seconds < 0 ? -absl::InfiniteDuration() : absl::InfiniteDuration();
  }
  const int64_t quarters = parts.quarters.value_or(0);
  if (absl::Status status = CheckRange("nanos", parts.nanos, kNanosPerSecond - 1); !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckRange("quarters", quarters, 3); !status.ok()) return status;
  return absl::Seconds(parts.seconds) + absl::Nanoseconds(parts.nanos) +
         quarters * (absl::Nanoseconds(1) / 4);
}

// As google.protobuf.Timestamp wants it the parts below a second are positive before 1970 too.
TimeParts TimeToParts(absl::Time time) {
  if (time == absl::InfiniteFuture()) return InfiniteParts(true);
  if (time == absl::InfinitePast()) return InfiniteParts(false);
  const int64_t seconds = absl::ToUnixSeconds(time);
  TimeParts parts = DurationToParts(time - absl::FromUnixSeconds(seconds));
  parts.seconds = seconds;
  return parts;
}

absl::StatusOr<absl::Time> TimeFromParts(const TimeParts& parts) {
  absl::StatusOr<absl::Duration> since_epoch = DurationFromParts(parts);
  if (!since_epoch.ok()) return since_epoch.status();
  return absl::UnixEpoch() + *since_epoch;
}

StatusParts StatusToParts(const absl::Status& status) {
  StatusParts parts;
  parts.code = status.raw_code();
  parts.message = std::string(status.message());
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    parts.details.push_back({std::string(type_url), payload});
  });
  return parts;
}

absl::Status StatusFromParts(const StatusParts& parts) {
  absl::Status status(static_cast<absl::StatusCode>(parts.code), parts.message);
  for (const StatusPayload& payload : parts.details) {
    status.SetPayload(payload.type_url, payload.value);
  }
  return status;
}

}  // namespace troupe::internal

#include "node/cli/failure.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace troupe::cli {
namespace {

constexpr char kExitCode[] = "troupe.cli/exit_code";
constexpr char kDetails[] = "troupe.cli/details";
constexpr char kQuiet[] = "troupe.cli/quiet";

absl::Status WithExitCode(absl::Status status, ExitCode code) {
  status.SetPayload(kExitCode, absl::Cord(absl::StrCat(static_cast<int>(code))));
  return status;
}

}  // namespace

absl::Status UsageError(absl::string_view message) {
  return WithExitCode(absl::InvalidArgumentError(message), ExitCode::kUsage);
}

absl::Status UnreachableError(absl::string_view message) {
  return WithExitCode(absl::UnavailableError(message), ExitCode::kUnreachable);
}

absl::Status InterruptedError() {
  return WithExitCode(absl::CancelledError("interrupted"), ExitCode::kInterrupted);
}

absl::Status CallError(const grpc::Status& status) {
  absl::Status error(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  if (!status.error_details().empty()) {
    error.SetPayload(kDetails, absl::Cord(status.error_details()));
  }
  return error;
}

absl::Status QuietFailure() {
  absl::Status error = absl::UnknownError("failed");
  error.SetPayload(kQuiet, absl::Cord());
  return error;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  int code = static_cast<int>(ExitCode::kCallFailed);
  if (const auto payload = status.GetPayload(kExitCode); payload.has_value()) {
    (void)absl::SimpleAtoi(std::string(*payload), &code);
  }
  return static_cast<ExitCode>(code);
}

std::string DetailsOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kDetails);
  return payload.has_value() ? std::string(*payload) : "";
}

bool IsQuiet(const absl::Status& status) {
  return ExitCodeOf(status) == ExitCode::kInterrupted || status.GetPayload(kQuiet).has_value();
}

}  // namespace troupe::cli

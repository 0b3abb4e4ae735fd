#include "node/grpc_status.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace troupe::internal {
namespace {

// Of "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect
// to remote host: Connection refused": "connection refused".
std::string Cause(absl::string_view text) {
  constexpr absl::string_view kConnect = "Failed to connect to remote host: ";
  constexpr absl::string_view kLast = "last error: ";
  if (const size_t at = text.rfind(kConnect); at != absl::string_view::npos) {
    text.remove_prefix(at + kConnect.size());
  } else if (const size_t last = text.rfind(kLast); last != absl::string_view::npos) {
    text.remove_prefix(last + kLast.size());
  }
  std::string cause(text);
  if (cause.size() > 1 && absl::ascii_islower(cause[1])) cause[0] = absl::ascii_tolower(cause[0]);
  return cause;
}

std::string Explain(const grpc::Status& status) {
  const std::string text = Cause(status.error_message());
  if (absl::StrContains(text, "Ssl handshake failed") || absl::StrContains(text, "SSL_ERROR") ||
      absl::StrContains(text, "CERTIFICATE") || absl::StrContains(text, "Hostname Verification")) {
    return absl::StrCat("TLS handshake failed (", text,
                        "): do both sides use TLS, and certificates of each other's authorities?");
  }
  // With TLS 1.3 a client's handshake is done before its certificate is looked at; and whoever gets
  // TLS where there should be none, or none where there should be TLS, just closes the connection.
  if (absl::StrContains(text, "Socket closed") || absl::StrContains(text, "Connection reset")) {
    return absl::StrCat("the other side closed the connection (", text,
                        "); if it always does: do both sides use TLS, and certificates of each "
                        "other's authorities?");
  }
  if (absl::StrContains(text, "DNS resolution failed") || absl::StrContains(text, "C-ares")) {
    return absl::StrCat("no such host (", text, ")");
  }
  return text.empty() ? "the connection broke off" : text;
}

// Whether it is what an acceptor closes a connection with, and not a failure of gRPC's.
bool IsRefusal(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return true;
    default:
      return false;
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()),
                      std::string(status.message()));
}

absl::Status FromGrpcStatus(const grpc::Status& status, absl::string_view target) {
  if (status.ok()) {
    return absl::UnavailableError(absl::StrCat(target, ": the other side ended the connection"));
  }
  if (IsRefusal(status.error_code())) {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        absl::StrCat(target, ": ", status.error_message()));
  }
  return absl::UnavailableError(absl::StrCat(target, ": ", Explain(status)));
}

}  // namespace troupe::internal

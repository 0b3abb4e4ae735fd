#include <string>

#include "absl/strings/str_cat.h"
#include "node/cli/commands.h"
#include "node/cli/failure.h"
#include "proto/health.pb.h"

namespace troupe::cli {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// A newer server may have others.
std::string StatusName(const HealthCheckResponse& response) {
  const std::string& name = HealthCheckResponse::ServingStatus_Name(response.status());
  return name.empty() ? absl::StrCat(static_cast<int>(response.status())) : name;
}

absl::Status Print(Session* session, const std::string& service, const std::string& bytes,
                   bool* serving) {
  HealthCheckResponse response;
  if (!response.ParseFromString(bytes)) {
    return absl::InternalError("the answer is no grpc.health.v1.HealthCheckResponse");
  }
  *serving = response.status() == HealthCheckResponse::SERVING;
  const std::string name = StatusName(response);
  Output& output = session->output();
  if (output.json()) {
    output.PrintJson({{"service", service}, {"status", name}});
  } else {
    output.Print(absl::StrCat(output.Styled(name, *serving ? Style::kGood : Style::kBad), "\n"));
  }
  return output.status();
}

absl::Status Watch(Session* session, const std::string& service, const std::string& request) {
  Call call(&session->connection(), "/grpc.health.v1.Health/Watch");
  if (call.Write(request, /*last=*/true)) {
    for (std::string bytes; call.Read(&bytes);) {
      bool serving = false;
      absl::Status status = Print(session, service, bytes, &serving);
      if (!status.ok()) return status;
    }
  }
  return call.Finish();
}

}  // namespace

absl::Status Health(Session* session) {
  const Options& options = session->options();
  const std::string service = options.arguments.size() > 1 ? options.arguments[1] : "";
  HealthCheckRequest request;
  request.set_service(service);
  if (options.watch) return Watch(session, service, request.SerializeAsString());
  const absl::StatusOr<std::string> reply =
      session->connection().Unary("/grpc.health.v1.Health/Check", request.SerializeAsString());
  if (!reply.ok()) return reply.status();
  bool serving = false;
  absl::Status status = Print(session, service, *reply, &serving);
  if (status.ok() && !serving) status = QuietFailure();
  return status;
}

}  // namespace troupe::cli

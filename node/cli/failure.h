#ifndef TROUPE_NODE_CLI_FAILURE_H_
#define TROUPE_NODE_CLI_FAILURE_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace troupe::cli {

// How the program ends. Users' scripts depend on these: docs/cli.md lists them.
enum class ExitCode {
  kOk = 0,
  kCallFailed = 1,
  kUsage = 2,
  kUnreachable = 3,
  kInterrupted = 130,  // 128 + SIGINT, as shells have it
};

// A status carries along with which code the program is to end because of it.
absl::Status UsageError(absl::string_view message);
absl::Status UnreachableError(absl::string_view message);
absl::Status InterruptedError();
// That of a call, with its details.
absl::Status CallError(const grpc::Status& status);

// kCallFailed, and nothing is left to say.
absl::Status QuietFailure();

// kCallFailed for a status that none of the above made.
ExitCode ExitCodeOf(const absl::Status& status);
// A serialized google.rpc.Status; empty if there is none.
std::string DetailsOf(const absl::Status& status);

// Whether nothing is to be said of it: also when it is Ctrl-C.
bool IsQuiet(const absl::Status& status);

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_FAILURE_H_

#ifndef TROUPE_NODE_CLI_COMMANDS_H_
#define TROUPE_NODE_CLI_COMMANDS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "node/cli/connection.h"
#include "node/cli/json_message.h"
#include "node/cli/options.h"
#include "node/cli/output.h"
#include "node/cli/reflection_pool.h"

namespace troupe::cli {

// What a command that talks to a node works with. One thread.
class Session {
 public:
  // Does not connect yet. UsageError: see Connection::Create.
  static absl::StatusOr<std::unique_ptr<Session>> Create(const Options& options, Output* output);

  const Options& options() const { return options_; }
  Output& output() { return *output_; }
  Connection& connection() { return *connection_; }
  ReflectionPool& reflection() { return reflection_; }
  const MessageTypes& types() const { return types_; }

 private:
  Session(const Options& options, Output* output, std::unique_ptr<Connection> connection);

  const Options options_;
  Output* const output_;
  const std::unique_ptr<Connection> connection_;
  ReflectionPool reflection_;
  google::protobuf::DynamicMessageFactory factory_;
  const MessageTypes types_;
};

// The commands. Each writes its result to the session's output; the error is that of the program.
absl::Status List(Session* session);
absl::Status Describe(Session* session);
absl::Status CallMethod(Session* session, const std::string& json);
absl::Status Health(Session* session);
absl::Status Completion(const std::string& shell, Output* output);

// What may stand in place of the last word, one on each line. `words` are those behind the
// program's name. Says nothing of errors, and takes no longer than a person waits.
std::string Complete(const std::vector<std::string>& words);

// Of one service, for `list` and `describe`.
Json MethodsToJson(const google::protobuf::ServiceDescriptor& service);

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_COMMANDS_H_

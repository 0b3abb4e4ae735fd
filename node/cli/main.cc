// The command-line program `troupe`: docs/cli.md.

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/cli/commands.h"
#include "node/cli/failure.h"
#include "node/cli/interrupt.h"
#include "node/cli/options.h"
#include "node/cli/output.h"

namespace troupe::cli {
namespace {

std::string Version() {
  return absl::StrCat("troupe (gRPC ", grpc::Version(), ", protobuf ",
                      google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION), ")\n");
}

// The request of `call`.
absl::StatusOr<std::string> RequestText(const Options& options) {
  if (options.arguments.size() < 4) return "";
  const std::string& argument = options.arguments[3];
  if (argument == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  }
  if (absl::StartsWith(argument, "@")) return ReadFile(argument.substr(1));
  return argument;
}

absl::Status Connect(const Options& options, Output* output, std::unique_ptr<Session>* session) {
  auto created = Session::Create(options, output);
  if (created.ok()) *session = *std::move(created);
  return created.status();
}

absl::Status RunOn(Session* session, const std::string& request) {
  const std::string& command = session->options().command;
  if (command == "list") return List(session);
  if (command == "describe") return Describe(session);
  if (command == "call") return CallMethod(session, request);
  return Health(session);
}

absl::Status PrintHelp(const Options& options, Output* output) {
  std::string name = options.help ? options.command : "";
  if (!options.help && !options.arguments.empty()) name = options.arguments[0];
  const CommandInfo* const command = FindCommand(name);
  if (command == nullptr && !name.empty()) {
    return UsageError(absl::StrCat("there is no command ", name, " (troupe --help lists them)"));
  }
  output->Print(command == nullptr ? Help() : Help(*command));
  return absl::OkStatus();
}

ExitCode Run(const Options& options, Output* output) {
  absl::Status status;
  std::unique_ptr<Session> session;
  if (options.version) {
    output->Print(Version());
  } else if (options.help || options.command == "help") {
    status = PrintHelp(options, output);
  } else if (options.command == "completion") {
    status = Completion(options.arguments[0], output);
  } else {
    // Before anything is connected: standard input may be a person who types.
    absl::StatusOr<std::string> request = "";
    if (options.command == "call") request = RequestText(options);
    status = request.status();
    if (request.ok()) status = Connect(options, output, &session);
    if (status.ok()) status = RunOn(session.get(), *request);
  }
  if (status.ok()) status = output->status();
  // While the session still knows the types of its details.
  output->PrintError(status, session == nullptr ? nullptr : &session->types());
  return ExitCodeOf(status);
}

int Main(const std::vector<std::string>& words) {
  if (!words.empty() && words[0] == "__complete") {
    std::cout << Complete(std::vector<std::string>(words.begin() + 1, words.end()));
    return 0;
  }
  const absl::StatusOr<Options> options = ParseOptions(words);
  // Whoever asked for JSON also wants to be told so of a wrong option.
  const bool json =
      options.ok() ? options->json : std::find(words.begin(), words.end(), "--json") != words.end();
  Output output(json);
  if (options.ok()) return static_cast<int>(Run(*options, &output));
  output.PrintError(options.status(), nullptr);
  return static_cast<int>(ExitCodeOf(options.status()));
}

}  // namespace
}  // namespace troupe::cli

int main(int argc, char** argv) {
  // What gRPC and protobuf have to say is in the errors already. (GRPC_VERBOSITY=debug still
  // helps.)
  setenv("GRPC_VERBOSITY", "none", /*overwrite=*/0);
  google::protobuf::SetLogHandler(nullptr);
  // Also where the parent ignores it: a pipe closed early is to end the program.
  signal(SIGPIPE, SIG_DFL);
  troupe::cli::CatchInterrupt();
  return troupe::cli::Main(std::vector<std::string>(argv + 1, argv + argc));
}

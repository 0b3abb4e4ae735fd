#ifndef TROUPE_NODE_CLI_OPTIONS_H_
#define TROUPE_NODE_CLI_OPTIONS_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"

namespace troupe::cli {

// What the command line says.
struct Options {
  std::string command;
  std::vector<std::string> arguments;  // behind the command

  bool help = false;
  bool version = false;
  bool json = false;
  bool services = false;
  bool actors = false;
  bool watch = false;
  bool emit_defaults = false;

  absl::optional<absl::Duration> timeout;  // none: it was not given
  std::vector<std::pair<std::string, std::string>> metadata;
  bool tls = false;  // also when one of those below is given
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_name;
  int max_message = 64 << 20;  // bytes
};

inline constexpr absl::Duration kDefaultTimeout = absl::Seconds(10);

struct CommandInfo {
  absl::string_view name;
  absl::string_view arguments;  // as its usage has them
  size_t least;                 // arguments that it needs
  size_t most;
  absl::string_view summary;
  absl::string_view text;  // of its help, beside that
};

struct OptionInfo {
  absl::string_view name;   // without dashes
  absl::string_view value;  // what its value is called; empty: a switch
  absl::string_view summary;
  absl::string_view commands;  // those that take it, a space behind each; empty: all
};

absl::Span<const CommandInfo> Commands();
const CommandInfo* FindCommand(absl::string_view name);
absl::Span<const OptionInfo> AllOptions();
bool Takes(const CommandInfo& command, const OptionInfo& option);

// The words behind the program's name. The error is a UsageError that says what to do.
absl::StatusOr<Options> ParseOptions(absl::Span<const std::string> words);

// `, did you mean X?` if one of them is like the word; empty otherwise.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates);

// The text of `troupe --help`, and of `troupe COMMAND --help`.
std::string Help();
std::string Help(const CommandInfo& command);

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_OPTIONS_H_

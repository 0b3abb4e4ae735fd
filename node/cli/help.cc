// What the commands and options are called, and what --help says of them.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "node/cli/options.h"

namespace troupe::cli {
namespace {

constexpr char kCallText[] = R"(
ACTOR is the name of an actor at the node, or urn:uuid:...; `-` leaves the choice to the node (the
default actor of the service).

METHOD is Deposit, Account/Deposit or bank.v1.Account/Deposit. A short name is looked for in the
services of the actor, or of the node if the actor is not known there. JSON is the request in the
JSON form of protobuf, `-` to read it from standard input, @FILE to read it from a file; without
it, an empty request. A streaming method prints each item as it comes. Replies have the JSON form
of protobuf, too: 64-bit integers are strings, names are in lowerCamelCase.

A METHOD that is no rpc is called by name (C++ methods and fields of the actor). JSON is then a
list of the arguments, or the only one; none: no arguments.

  JSON                                  argument or result
  true, "text", null, [...], {...}      boolean, text, null, list, map
  5                                     integer, if it has neither fraction nor exponent and fits
  5.0, 5e3                              number
  {"@number": "NaN"}                    number: NaN, Infinity, -Infinity
  {"@bytes": "aGk="}                    bytes, in base64
  {"@ref": {"urn": "urn:uuid:...", "class": "C", "node": "HOST:PORT"}}
                                        reference to an actor; {"@ref": null}: to none
  {"@type": "bank.v1.Entry", "amount": 5}
                                        protobuf message, its type known at the node
  {"@type": "google.protobuf.Duration", "value": "1.5s"}
                                        one that JSON writes in a form of its own
  {"@type": "other.Type", "@bytes": "aGk="}
                                        any message, packed
  {"@@key": 1}                          map with the key "@key"
Unsigned integers above 2^63 - 1 are texts.
)";

constexpr char kDescribeText[] = R"(
The .proto text of a service, a method (bank.v1.Account.Deposit, Account/Deposit, /Deposit), a
message or an enum; of an actor: its urn, class, methods and services. Without a name: all services
of the node's actors.
)";

constexpr char kListText[] = R"(
The services of the node with their methods, and the actors that have a name there.
)";

constexpr char kHealthText[] = R"(
Prints SERVING or NOT_SERVING, of the node or of one service (bank.v1.Account); ends with 1 unless
it is SERVING. With --watch: what is the case, and then each change, until the node ends or Ctrl-C.
)";

constexpr char kCompletionText[] = R"text(
Prints a script for the shell. It asks the node for services, actors and methods.

  bash: eval "$(troupe completion bash)"        in ~/.bashrc
  zsh:  eval "$(troupe completion zsh)"         in ~/.zshrc, behind compinit
  fish: troupe completion fish | source         in ~/.config/fish/config.fish
)text";

constexpr CommandInfo kCommands[] = {
    {"list", "ADDRESS", 1, 1, "the services and actors of a node", kListText},
    {"describe", "ADDRESS [SYMBOL | ACTOR]", 1, 2, "a service, method, type or actor",
     kDescribeText},
    {"call", "ADDRESS ACTOR METHOD [JSON]", 3, 4, "calls a method of an actor", kCallText},
    {"health", "ADDRESS [SERVICE]", 1, 2, "whether the node takes work", kHealthText},
    {"completion", "bash | zsh | fish", 1, 1, "a script that completes commands and names",
     kCompletionText},
    {"help", "[COMMAND]", 0, 1, "this text, or that of a command", ""},
};

constexpr char kOnline[] = "list describe call health ";

constexpr OptionInfo kOptions[] = {
    {"services", "", "only the services", "list "},
    {"actors", "", "only the actors", "list "},
    {"watch", "", "go on, and print each change", "health "},
    {"emit_defaults", "", "print fields that have their default values, too", "call "},
    {"json", "", "JSON on standard output, errors as JSON on standard error", kOnline},
    {"timeout", "TIME", "for all that the command does; 0: none (10s; --watch: none)", kOnline},
    {"metadata", "KEY=VALUE",
     "sent along with each call; may be given several times;\n"
     "the value of a key that ends with -bin is base64",
     kOnline},
    {"max_message", "SIZE", "the largest message to send or take (64MiB)", kOnline},
    {"tls", "", "TLS, with the authorities of this system", kOnline},
    {"tls_ca", "FILE", "TLS, with these authorities (PEM)", kOnline},
    {"tls_cert", "FILE", "the certificate to show (PEM)", kOnline},
    {"tls_key", "FILE", "its private key (PEM)", kOnline},
    {"tls_name", "NAME", "the name expected in the node's certificate (that of ADDRESS)", kOnline},
    {"help", "", "this text", ""},
    {"version", "", "the version", ""},
};

constexpr char kExitCodes[] = R"(
Ends with 0; 1: the call ended with an error, or `health` found no SERVING; 2: wrong usage; 3: the
node cannot be reached, or has no reflection; 130: Ctrl-C.
)";

std::string OptionLines(const CommandInfo* command) {
  std::string lines;
  for (const OptionInfo& option : kOptions) {
    if (command != nullptr && !Takes(*command, option)) continue;
    const std::string word =
        absl::StrCat("--", option.name, option.value.empty() ? "" : "=", option.value);
    std::string summary(option.summary);
    if (const size_t line = summary.find('\n'); line != std::string::npos) {
      summary.insert(line + 1, 25, ' ');
    }
    absl::StrAppendFormat(&lines, "  %-22s %s\n", word, summary);
  }
  return lines;
}

}  // namespace

absl::Span<const CommandInfo> Commands() { return kCommands; }

const CommandInfo* FindCommand(absl::string_view name) {
  for (const CommandInfo& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

absl::Span<const OptionInfo> AllOptions() { return kOptions; }

std::string Help() {
  std::string text =
      "Talks to Troupe nodes, and to other gRPC servers that have reflection.\n\n"
      "  troupe COMMAND ARGUMENTS [OPTIONS]\n\nCommands:\n";
  for (const CommandInfo& command : kCommands) {
    absl::StrAppendFormat(&text, "  %-38s %s\n", absl::StrCat(command.name, " ", command.arguments),
                          command.summary);
  }
  absl::StrAppend(&text, "\nADDRESS is HOST:PORT or unix:PATH.\n\nOptions, anywhere:\n",
                  OptionLines(nullptr), kExitCodes,
                  "\n`troupe COMMAND --help` says more of a command.\n");
  return text;
}

std::string Help(const CommandInfo& command) {
  return absl::StrCat("troupe ", command.name, " ", command.arguments, ": ", command.summary, "\n",
                      command.text, "\nOptions:\n", OptionLines(&command), kExitCodes);
}

}  // namespace troupe::cli

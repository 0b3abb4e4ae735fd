#include "node/cli/options.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/flags/marshalling.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "node/cli/failure.h"

namespace troupe::cli {
namespace {

// How many letters have to be changed, left out or put in.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

absl::Status BadValue(absl::string_view name, absl::string_view value, absl::string_view right) {
  return UsageError(absl::StrCat("--", name, "=", value, ": it is to be ", right));
}

absl::Status SetSwitch(absl::string_view name, absl::string_view value, bool* target) {
  std::string error;
  if (value.empty()) {
    *target = true;
  } else if (!absl::ParseFlag(value, target, &error)) {
    return BadValue(name, value, "true or false");
  }
  return absl::OkStatus();
}

absl::Status SetTimeout(absl::string_view value, Options* options) {
  absl::Duration timeout;
  std::string error;
  if (!absl::ParseFlag(value, &timeout, &error) || timeout < absl::ZeroDuration()) {
    return BadValue("timeout", value, "a time with its unit, as 500ms, 5s or 1m, or 0 for none");
  }
  options->timeout = timeout == absl::ZeroDuration() ? absl::InfiniteDuration() : timeout;
  return absl::OkStatus();
}

absl::Status SetMaxMessage(absl::string_view value, Options* options) {
  constexpr std::pair<absl::string_view, int> kUnits[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
  absl::string_view digits = value;
  int shift = 0;
  for (const auto& [unit, bits] : kUnits) {
    if (absl::ConsumeSuffix(&digits, unit)) shift = bits;
  }
  int64_t count = 0;
  const int64_t most = std::numeric_limits<int>::max() >> shift;
  if (!absl::SimpleAtoi(digits, &count) || count <= 0 || count > most) {
    return BadValue("max_message", value, "bytes below 2GiB, as 1000000, 64KiB or 16MiB");
  }
  options->max_message = static_cast<int>(count << shift);
  return absl::OkStatus();
}

bool IsMetadataKey(absl::string_view key) {
  return !key.empty() && !absl::StartsWith(key, "grpc-") &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return absl::ascii_isdigit(c) || absl::ascii_islower(c) || c == '-' || c == '_' ||
                  c == '.';
         });
}

absl::Status AddMetadata(absl::string_view value, Options* options) {
  const size_t equals = value.find('=');
  const std::string key = absl::AsciiStrToLower(value.substr(0, equals));
  if (equals == absl::string_view::npos || !IsMetadataKey(key)) {
    return BadValue("metadata", value,
                    "KEY=VALUE with a key of letters, digits and -_. that does not begin with "
                    "\"grpc-\"");
  }
  std::string text(value.substr(equals + 1));
  if (absl::EndsWith(key, "-bin")) {
    std::string bytes;
    if (!absl::Base64Unescape(text, &bytes)) {
      return BadValue("metadata", value, "in base64, because its key ends with -bin");
    }
    text = bytes;
  } else if (!std::all_of(text.begin(), text.end(), absl::ascii_isprint)) {
    return BadValue("metadata", value, "printable ASCII; other bytes need a key that ends in -bin");
  }
  options->metadata.emplace_back(key, text);
  return absl::OkStatus();
}

absl::Status SetText(absl::string_view name, absl::string_view value, Options* options) {
  if (value.empty()) return UsageError(absl::StrCat("--", name, " needs a value"));
  std::string Options::*const target = name == "tls_ca"     ? &Options::tls_ca
                                       : name == "tls_cert" ? &Options::tls_cert
                                       : name == "tls_key"  ? &Options::tls_key
                                                            : &Options::tls_name;
  options->*target = std::string(value);
  options->tls = true;
  return absl::OkStatus();
}

absl::Status Set(absl::string_view name, absl::string_view value, Options* options) {
  constexpr std::pair<absl::string_view, bool Options::*> kSwitches[] = {
      {"actors", &Options::actors},     {"emit_defaults", &Options::emit_defaults},
      {"help", &Options::help},         {"json", &Options::json},
      {"services", &Options::services}, {"tls", &Options::tls},
      {"version", &Options::version},   {"watch", &Options::watch},
  };
  for (const auto& [known, member] : kSwitches) {
    if (name == known) return SetSwitch(name, value, &(options->*member));
  }
  if (name == "timeout") return SetTimeout(value, options);
  if (name == "metadata") return AddMetadata(value, options);
  if (name == "max_message") return SetMaxMessage(value, options);
  return SetText(name, value, options);
}

const OptionInfo* FindOption(absl::string_view name) {
  for (const OptionInfo& option : AllOptions()) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

absl::Status UnknownOption(absl::string_view word) {
  std::vector<std::string> names;
  for (const OptionInfo& option : AllOptions()) names.push_back(absl::StrCat("--", option.name));
  return UsageError(absl::StrCat("there is no option ", word, DidYouMean(word, names),
                                 " (troupe --help lists them)"));
}

// Everything that begins with a dash, but a dash alone (standard input; the default actor) and
// negative numbers (JSON).
bool IsOption(absl::string_view word) {
  return word.size() > 1 && word[0] == '-' && !absl::ascii_isdigit(word[1]);
}

absl::Status CheckArguments(const CommandInfo& command, const Options& options) {
  const size_t count = options.arguments.size();
  if (count >= command.least && count <= command.most) return absl::OkStatus();
  return UsageError(absl::StrCat(count < command.least ? "too few" : "too many",
                                 " arguments; it is: troupe ", command.name, " ",
                                 command.arguments));
}

absl::Status CheckCommand(const std::vector<const OptionInfo*>& given, const Options& options) {
  if (options.version || (options.command.empty() && options.help)) return absl::OkStatus();
  if (options.command.empty()) {
    return UsageError("which command? troupe --help lists them");
  }
  const CommandInfo* const command = FindCommand(options.command);
  if (command == nullptr) {
    std::vector<std::string> names;
    for (const CommandInfo& known : Commands()) names.emplace_back(known.name);
    return UsageError(absl::StrCat("there is no command ", options.command,
                                   DidYouMean(options.command, names),
                                   " (troupe --help lists them)"));
  }
  for (const OptionInfo* option : given) {
    if (!Takes(*command, *option)) {
      return UsageError(absl::StrCat(command->name, " takes no --", option->name, " (troupe ",
                                     command->name, " --help says which)"));
    }
  }
  if (options.help) return absl::OkStatus();
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return UsageError("--tls_cert and --tls_key need each other");
  }
  return CheckArguments(*command, options);
}

}  // namespace

bool Takes(const CommandInfo& command, const OptionInfo& option) {
  return option.commands.empty() ||
         absl::StrContains(option.commands, absl::StrCat(command.name, " "));
}

absl::StatusOr<Options> ParseOptions(absl::Span<const std::string> words) {
  Options options;
  std::vector<const OptionInfo*> given;
  bool options_over = false;
  for (size_t i = 0; i < words.size(); ++i) {
    absl::string_view word = words[i];
    if (options_over || !IsOption(word)) {
      if (options.command.empty()) {
        options.command = std::string(word);
      } else {
        options.arguments.emplace_back(word);
      }
      continue;
    }
    if (word == "--") {
      options_over = true;
      continue;
    }
    const size_t equals = word.find('=');
    // --max-message is --max_message.
    const std::string name = absl::StrReplaceAll(
        absl::StripPrefix(word == "-h" ? "--help" : word.substr(0, equals), "--"), {{"-", "_"}});
    const OptionInfo* const option =
        absl::StartsWith(word, "--") || word == "-h" ? FindOption(name) : nullptr;
    if (option == nullptr) return UnknownOption(word.substr(0, equals));
    absl::string_view value;
    if (equals != absl::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (!option->value.empty()) {
      if (++i == words.size()) return UsageError(absl::StrCat("--", name, " needs a value"));
      value = words[i];
    }
    if (absl::Status status = Set(name, value, &options); !status.ok()) return status;
    given.push_back(option);
  }
  if (absl::Status status = CheckCommand(given, options); !status.ok()) return status;
  return options;
}

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates) {
  const std::string* best = nullptr;
  // Two letters changed places, or a third is wrong; more is another word.
  size_t limit = word.size() < 4 ? 2 : std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = Distance(absl::AsciiStrToLower(word), absl::AsciiStrToLower(candidate));
    if (distance >= limit) continue;
    limit = distance;
    best = &candidate;
  }
  return best == nullptr ? "" : absl::StrCat(", did you mean ", *best, "?");
}

}  // namespace troupe::cli

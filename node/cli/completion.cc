#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "node/cli/actors_client.h"
#include "node/cli/commands.h"
#include "node/cli/failure.h"
#include "node/cli/methods.h"

namespace troupe::cli {
namespace {

using google::protobuf::ServiceDescriptor;
using Words = std::vector<std::string>;

// Nobody waits longer for what TAB does.
constexpr absl::Duration kPatience = absl::Seconds(1);

// The line is split here as the shell would, but at spaces alone: bash's own words end at ':' and
// '=', too, and what is put in place of one has to begin after the last of these.
constexpr char kBash[] = R"(_troupe() {
  local line=${COMP_LINE:0:COMP_POINT} words=() current stem candidate
  read -r -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${words[${#words[@]} - 1]}
  stem=${current%"${current##*[:=]}"}
  COMPREPLY=()
  while IFS= read -r candidate; do
    [[ $candidate == "$current"* ]] || continue
    [[ $candidate == *= ]] && compopt -o nospace
    candidate=${candidate#"$stem"}
    if [[ $candidate == *[!A-Za-z0-9_./:=@+-]* ]]; then printf -v candidate %q "$candidate"; fi
    COMPREPLY+=("$candidate")
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -o default -F _troupe troupe
)";

constexpr char kZsh[] = R"(#compdef troupe
_troupe() {
  local -a candidates open
  candidates=("${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=(${candidates:#})
  (( ${#candidates} )) || { _files; return }
  open=(${(M)candidates:#*=})
  candidates=(${candidates:#*=})
  (( ${#open} )) && compadd -S '' -- $open
  (( ${#candidates} )) && compadd -- $candidates
}
if [[ ${funcstack[1]-} == _troupe ]]; then _troupe "$@"; else compdef _troupe troupe; fi
)";

constexpr char kFish[] = R"(function __troupe_complete
  set -l words (commandline -opc)
  set -l program $words[1]
  $program __complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c troupe -f -a '(__troupe_complete)'
)";

Words CommandNames() {
  Words names;
  for (const CommandInfo& command : Commands()) names.emplace_back(command.name);
  return names;
}

Words OptionNames(const std::string& command_name) {
  Words names;
  const CommandInfo* const command = FindCommand(command_name);
  for (const OptionInfo& option : AllOptions()) {
    if (command != nullptr && !Takes(*command, option)) continue;
    names.push_back(absl::StrCat("--", option.name, option.value.empty() ? "" : "="));
  }
  return names;
}

void AddActors(Session* session, const std::string& prefix, Words* words) {
  const auto actors = ListActors(&session->connection(), prefix);
  if (!actors.ok()) return;
  for (const v1::NamedActor& actor : *actors) words->push_back(actor.name());
}

// For `describe`: services, their rpcs and these' messages.
void AddSymbols(Session* session, Words* words) {
  const auto services = session->reflection().Services();
  if (!services.ok()) return;
  for (const ServiceDescriptor* service : *services) {
    words->push_back(service->full_name());
    for (int i = 0; i < service->method_count(); ++i) {
      words->push_back(service->method(i)->full_name());
      words->push_back(service->method(i)->input_type()->full_name());
      words->push_back(service->method(i)->output_type()->full_name());
    }
  }
}

void AddServices(Session* session, Words* words) {
  const auto names = session->reflection().ServiceNames();
  if (!names.ok()) return;
  for (const std::string& name : *names) words->push_back(name);
}

// For `call`: what the actor has, in the shortest form that is not ambiguous.
void AddMethods(Session* session, const std::string& actor, const std::string& word, Words* words) {
  const auto services = session->reflection().Services();
  if (!services.ok()) return;
  const auto known = FindActor(&session->connection(), actor);
  const bool local = known.ok() && known->has_value() && (*known)->node_address().empty();
  Words paths;
  Words names;
  for (const ServiceDescriptor* service : *services) {
    const auto has = [service](const v1::NamedActor& owner) {
      return std::find(owner.services().begin(), owner.services().end(), service->full_name()) !=
             owner.services().end();
    };
    if (local && !has(**known)) continue;
    for (int i = 0; i < service->method_count(); ++i) {
      names.push_back(service->method(i)->name());
      paths.push_back(NameOf(*service->method(i)));
    }
  }
  const bool all_paths = absl::StrContains(word, '/') || absl::StrContains(word, '.');
  for (size_t i = 0; i < names.size(); ++i) {
    const bool unique = std::count(names.begin(), names.end(), names[i]) == 1;
    words->push_back(unique && !all_paths ? names[i] : paths[i]);
  }
  if (!local) return;
  for (const std::string& signature : (*known)->methods()) {
    const std::string name(MethodName(signature));
    // Those of its services are among the methods, too.
    if (std::find(names.begin(), names.end(), name) == names.end()) words->push_back(name);
  }
}

Words Candidates(const Options& given, const std::string& word) {
  Words words;
  const size_t position = given.arguments.size();  // of the word, from 0
  if (given.command.empty()) return CommandNames();
  if (given.command == "help") return position == 0 ? CommandNames() : words;
  if (given.command == "completion" && position == 0) return {"bash", "zsh", "fish"};
  if (position == 0 || FindCommand(given.command) == nullptr) return words;
  Options options = given;
  options.timeout = std::min(options.timeout.value_or(kPatience), kPatience);
  Output output(/*json=*/true);
  const auto session = Session::Create(options, &output);
  if (!session.ok()) return words;
  if (options.command == "describe" && position == 1) {
    AddActors(session->get(), word, &words);
    AddSymbols(session->get(), &words);
  } else if (options.command == "call" && position == 1) {
    AddActors(session->get(), word, &words);
    words.push_back("-");
  } else if (options.command == "call" && position == 2) {
    AddMethods(session->get(), options.arguments[1], word, &words);
  } else if (options.command == "health" && position == 1) {
    AddServices(session->get(), &words);
  }
  return words;
}

}  // namespace

absl::Status Completion(const std::string& shell, Output* output) {
  if (shell != "bash" && shell != "zsh" && shell != "fish") {
    return UsageError(absl::StrCat("there is a completion for bash, zsh and fish, none for ", shell,
                                   DidYouMean(shell, {"bash", "zsh", "fish"})));
  }
  output->Print(shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
  return absl::OkStatus();
}

std::string Complete(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  const std::string& word = words.back();
  Words before(words.begin(), words.end() - 1);
  before.push_back("--help");  // so that missing arguments are no error
  absl::StatusOr<Options> options = ParseOptions(before);
  Words candidates;
  if (absl::StartsWith(word, "--")) {
    const std::string command = options.ok() ? options->command : "";
    candidates = OptionNames(command);
  } else if (options.ok()) {
    candidates = Candidates(*options, word);
  } else if (words.size() == 1) {
    candidates = CommandNames();
  }
  // A name with a newline could not be told from two, and others are for no terminal.
  std::set<std::string> sorted;
  for (const std::string& candidate : candidates) {
    if (absl::StartsWith(candidate, word) && Printable(candidate) == candidate &&
        !absl::StrContains(candidate, '\n')) {
      sorted.insert(candidate);
    }
  }
  std::string text;
  for (const std::string& candidate : sorted) absl::StrAppend(&text, candidate, "\n");
  return text;
}

}  // namespace troupe::cli

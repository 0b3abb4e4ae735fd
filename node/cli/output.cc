#include "node/cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "node/cli/failure.h"
#include "proto/wire.pb.h"

namespace troupe::cli {
namespace {

bool HasColor(int fd) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  return isatty(fd) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

absl::string_view CodeOf(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kTitle:
      return "\033[1m";
    case Style::kName:
      return "\033[36m";
    case Style::kDim:
      return "\033[2m";
    case Style::kGood:
      return "\033[32m";
    case Style::kBad:
      return "\033[31m";
  }
  return "";
}

std::string Colored(absl::string_view text, Style style, bool color) {
  if (!color || style == Style::kPlain) return std::string(text);
  return absl::StrCat(CodeOf(style), text, "\033[0m");
}

// Of UTF-8, characters.
size_t Width(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

// A C1 control, 0xc2 0x80 to 0xc2 0x9f in UTF-8, begins here.
bool IsC1(absl::string_view text, size_t at) {
  return text[at] == '\xc2' && at + 1 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

int WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

void AppendPretty(const Json& json, const std::string& indent, bool color, std::string* text) {
  if (json.is_string()) {
    absl::StrAppend(text, Colored(ToLine(json), Style::kGood, color));
    return;
  }
  if (!json.is_structured() || json.empty()) {
    absl::StrAppend(text, ToLine(json));
    return;
  }
  const std::string deeper = indent + "  ";
  absl::string_view separator = json.is_array() ? "[\n" : "{\n";
  for (auto member = json.begin(); member != json.end(); ++member) {
    absl::StrAppend(text, separator, deeper);
    separator = ",\n";
    if (json.is_object()) {
      absl::StrAppend(text, Colored(ToLine(Json(member.key())), Style::kName, color), ": ");
    }
    AppendPretty(*member, deeper, color, text);
  }
  absl::StrAppend(text, "\n", indent, json.is_array() ? "]" : "}");
}

// JSON needs no escapes for DEL and C1 controls, but some terminals take them for commands.
std::string EscapeControls(absl::string_view json) {
  std::string text;
  for (size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '\x7f') {
      text += "\\u007f";
    } else if (IsC1(json, i)) {
      absl::StrAppendFormat(&text, "\\u%04x", static_cast<unsigned char>(json[++i]));
    } else {
      text.push_back(json[i]);
    }
  }
  return text;
}

std::string CodeName(const absl::Status& status) {
  const std::string name = absl::StatusCodeToString(status.code());
  const int code = status.raw_code();
  return code == static_cast<int>(status.code()) ? name : absl::StrCat("CODE ", code);
}

// Of a google.rpc.Status, which troupe.wire.Status is wire-compatible with.
Json DetailsToJson(const std::string& bytes, const MessageTypes* types) {
  Json details = Json::array();
  wire::Status status;
  if (!status.ParseFromString(bytes)) return details;
  for (const google::protobuf::Any& any : status.details()) {
    const std::string name = any.type_url().substr(any.type_url().rfind('/') + 1);
    Json detail = {{"@type", name}};
    const auto* const type = types == nullptr ? nullptr : types->pool->FindMessageTypeByName(name);
    absl::StatusOr<Json> unpacked = absl::NotFoundError("");
    if (type != nullptr) {
      const absl::StatusOr<std::string> text = MessageToJson(*types, type, any.value(), false);
      if (text.ok()) unpacked = ParseJson(*text);
    }
    if (!unpacked.ok()) {
      detail["@bytes"] = absl::Base64Escape(any.value());
    } else if (unpacked->is_object() && !HasJsonOfItsOwn(name)) {
      detail.update(*unpacked);
    } else {
      detail["value"] = *std::move(unpacked);
    }
    details.push_back(std::move(detail));
  }
  return details;
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable;
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const bool c1 = IsC1(text, i);
    if ((c < 0x20 && c != '\n') || c == 0x7f || c1) {
      absl::StrAppendFormat(&printable, "\\x%02x", c1 ? static_cast<unsigned char>(text[++i]) : c);
    } else {
      printable.push_back(text[i]);
    }
  }
  return printable;
}

Output::Output(bool json)
    : json_(json),
      terminal_(isatty(STDOUT_FILENO) != 0),
      color_(!json && HasColor(STDOUT_FILENO)),
      error_color_(!json && HasColor(STDERR_FILENO)) {}

std::string Output::Styled(absl::string_view text, Style style) const {
  return Colored(Printable(text), style, color_);
}

std::string Output::Table(const std::vector<std::vector<std::string>>& rows, Style first) const {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(Printable(row[i])));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, "  ", Styled(row[i], i == 0 ? first : Style::kPlain),
                      std::string(widths[i] - Width(Printable(row[i])), ' '));
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

void Output::Print(absl::string_view text) {
  if (errno_ == 0) errno_ = WriteAll(STDOUT_FILENO, text);
}

void Output::PrintJson(const Json& json) {
  if (json_ || !terminal_) return Print(absl::StrCat(ToLine(json), "\n"));
  std::string text;
  AppendPretty(json, "", color_, &text);
  Print(absl::StrCat(EscapeControls(text), "\n"));
}

void Output::PrintJsonText(const std::string& line) {
  if (!json_ && terminal_) {
    if (const absl::StatusOr<Json> json = ParseJson(line); json.ok()) return PrintJson(*json);
  }
  Print(absl::StrCat(line, "\n"));
}

void Output::PrintError(const absl::Status& error, const MessageTypes* types) {
  if (error.ok() || IsQuiet(error)) return;
  const ExitCode exit_code = ExitCodeOf(error);
  const Json details = DetailsToJson(DetailsOf(error), types);
  std::string text;
  if (json_) {
    Json json = {{"kind", exit_code == ExitCode::kUsage         ? "usage"
                          : exit_code == ExitCode::kUnreachable ? "unreachable"
                                                                : "call"}};
    if (exit_code == ExitCode::kCallFailed) {
      json["code"] = CodeName(error);
      json["number"] = error.raw_code();
    }
    json["message"] = std::string(error.message());
    if (exit_code == ExitCode::kCallFailed) json["details"] = details;
    text = absl::StrCat(ToLine(Json{{"error", std::move(json)}}), "\n");
  } else {
    const std::string head =
        exit_code == ExitCode::kCallFailed ? CodeName(error) : std::string("troupe");
    text = absl::StrCat(Colored(head + ":", Style::kBad, error_color_), " ",
                        Printable(error.message()), "\n");
    for (const Json& detail : details)
      absl::StrAppend(&text, "  ", Printable(ToLine(detail)), "\n");
  }
  (void)WriteAll(STDERR_FILENO, text);
}

void Output::Note(absl::string_view text) {
  if (json_) return;
  (void)WriteAll(STDERR_FILENO, absl::StrCat("troupe: ", Printable(text), "\n"));
}

absl::Status Output::status() const {
  if (errno_ == 0 || errno_ == EPIPE) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("cannot write the output: ", std::strerror(errno_)));
}

}  // namespace troupe::cli

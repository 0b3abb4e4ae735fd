#ifndef TROUPE_NODE_CLI_OUTPUT_H_
#define TROUPE_NODE_CLI_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/cli/json.h"
#include "node/cli/json_message.h"

namespace troupe::cli {

enum class Style { kPlain, kTitle, kName, kDim, kGood, kBad };

// What came from the node, harmless for a terminal: control characters but newlines are shown as
// \xNN.
std::string Printable(absl::string_view text);

// Where results and errors go. Written at once; when nobody reads them, the program ends by
// SIGPIPE.
class Output {
 public:
  // With `json`: JSON on one line for each result and error, without colour.
  explicit Output(bool json);

  bool json() const { return json_; }

  // For people: Printable, and in colour on a terminal that has it.
  std::string Styled(absl::string_view text, Style style) const;
  // Columns that stand below each other, each line with two spaces in front. The first column has
  // a style.
  std::string Table(const std::vector<std::vector<std::string>>& rows, Style first) const;

  // As it is.
  void Print(absl::string_view text);
  // A result: on a terminal over several lines and in colour, else on one line.
  void PrintJson(const Json& json);
  // The same of text that is JSON on one line.
  void PrintJsonText(const std::string& line);

  // Says why the program ends, unless the error IsQuiet. Details whose types are not known stay
  // packed.
  void PrintError(const absl::Status& error, const MessageTypes* types);
  // A line of standard error that is no error; nothing with `json`.
  void Note(absl::string_view text);

  // Of standard output: what was written has arrived.
  absl::Status status() const;

 private:
  const bool json_;
  const bool terminal_;
  const bool color_;
  const bool error_color_;
  int errno_ = 0;  // of the first write that failed
};

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_OUTPUT_H_

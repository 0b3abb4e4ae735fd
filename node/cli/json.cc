#include "node/cli/json.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace troupe::cli {
namespace {

// Of the parser, what it says of errors: without exceptions, it tells nobody else.
struct ErrorText : nlohmann::json_sax<Json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::json::exception& exception) override {
    text = exception.what();
    return false;
  }

  std::string text;
};

template <typename AnyJson>
absl::StatusOr<AnyJson> Parse(absl::string_view text) {
  AnyJson json = AnyJson::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_discarded()) return json;
  ErrorText error;
  Json::sax_parse(text.begin(), text.end(), &error);
  // "[json.exception.parse_error.101] parse error at line 1, column 5: ..."
  const size_t bracket = error.text.find("] ");
  return absl::InvalidArgumentError(absl::StrCat(
      "no JSON: ", bracket == std::string::npos ? error.text : error.text.substr(bracket + 2)));
}

}  // namespace

absl::StatusOr<Json> ParseJson(absl::string_view text) { return Parse<Json>(text); }

absl::StatusOr<InputJson> ParseInputJson(absl::string_view text) { return Parse<InputJson>(text); }

}  // namespace troupe::cli

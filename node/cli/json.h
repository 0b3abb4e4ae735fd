#ifndef TROUPE_NODE_CLI_JSON_H_
#define TROUPE_NODE_CLI_JSON_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace troupe::cli {

// For output: members keep their order. (google.protobuf.Value would have no integers.)
using Json = nlohmann::ordered_json;
// For input: a member is found fast, however many there are.
using InputJson = nlohmann::json;

// InvalidArgument: it says where the text is no JSON.
absl::StatusOr<Json> ParseJson(absl::string_view text);
absl::StatusOr<InputJson> ParseInputJson(absl::string_view text);

// On one line. Text that is no UTF-8 has replacement characters.
template <typename AnyJson>
std::string ToLine(const AnyJson& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, AnyJson::error_handler_t::replace);
}

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_JSON_H_

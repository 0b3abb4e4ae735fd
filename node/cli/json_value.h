#ifndef TROUPE_NODE_CLI_JSON_VALUE_H_
#define TROUPE_NODE_CLI_JSON_VALUE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "node/cli/json.h"
#include "node/cli/json_message.h"
#include "proto/value.pb.h"

namespace troupe::cli {

// The JSON form of dynamic values that `troupe call --help` and docs/cli.md describe.

// InvalidArgument: what no value has this form for, or nests too deeply.
absl::StatusOr<wire::Value> JsonToValue(const MessageTypes& types, const InputJson& json);

// Every value has one: a message of an unknown type, or one that does not parse, stays packed.
Json ValueToJson(const MessageTypes& types, const wire::Value& value);

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_JSON_VALUE_H_

#ifndef TROUPE_NODE_CLI_JSON_MESSAGE_H_
#define TROUPE_NODE_CLI_JSON_MESSAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace troupe::cli {

// Messages of a pool and their JSON form. Owned by others, who outlive it.
struct MessageTypes {
  const google::protobuf::DescriptorPool* pool = nullptr;
  google::protobuf::MessageFactory* factory = nullptr;
};

// The serialized message. InvalidArgument: the JSON is not of that type.
absl::StatusOr<std::string> JsonToMessage(const MessageTypes& types,
                                          const google::protobuf::Descriptor* type,
                                          absl::string_view json);

// Of a serialized message, on one line. Internal: it does not parse, or has an Any of an unknown
// type.
absl::StatusOr<std::string> MessageToJson(const MessageTypes& types,
                                          const google::protobuf::Descriptor* type,
                                          absl::string_view bytes, bool emit_defaults);

// Whether its JSON is no object of its fields.
bool HasJsonOfItsOwn(absl::string_view type_name);

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_JSON_MESSAGE_H_

#include "node/cli/json_message.h"

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace troupe::cli {
namespace {

namespace util = google::protobuf::util;
using google::protobuf::Descriptor;
using google::protobuf::Message;

std::unique_ptr<Message> NewMessage(const MessageTypes& types, const Descriptor* type) {
  return std::unique_ptr<Message>(types.factory->GetPrototype(type)->New());
}

}  // namespace

absl::StatusOr<std::string> JsonToMessage(const MessageTypes& types, const Descriptor* type,
                                          absl::string_view json) {
  const std::unique_ptr<Message> message = NewMessage(types, type);
  const auto status = util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), message.get());
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no ", type->full_name(), ": ", std::string(status.message())));
  }
  if (!message->IsInitialized()) {
    return absl::InvalidArgumentError(absl::StrCat("no ", type->full_name(), ": it lacks ",
                                                   message->InitializationErrorString()));
  }
  return message->SerializeAsString();
}

absl::StatusOr<std::string> MessageToJson(const MessageTypes& types, const Descriptor* type,
                                          absl::string_view bytes, bool emit_defaults) {
  const std::unique_ptr<Message> message = NewMessage(types, type);
  if (!message->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InternalError(absl::StrCat("what came is no ", type->full_name()));
  }
  util::JsonPrintOptions options;
  options.always_print_primitive_fields = emit_defaults;
  std::string text;
  const auto status = util::MessageToJsonString(*message, &text, options);
  if (!status.ok()) {
    return absl::InternalError(absl::StrCat("this ", type->full_name(), " has no JSON form, ",
                                            std::string(status.message()), ": ",
                                            message->ShortDebugString()));
  }
  return text;
}

bool HasJsonOfItsOwn(absl::string_view type_name) {
  constexpr absl::string_view kTypes[] = {"Any",        "BoolValue",   "BytesValue",  "DoubleValue",
                                          "Duration",   "FieldMask",   "FloatValue",  "Int32Value",
                                          "Int64Value", "ListValue",   "StringValue", "Struct",
                                          "Timestamp",  "UInt32Value", "UInt64Value", "Value"};
  return std::any_of(std::begin(kTypes), std::end(kTypes), [&](absl::string_view name) {
    return type_name == absl::StrCat("google.protobuf.", name);
  });
}

}  // namespace troupe::cli

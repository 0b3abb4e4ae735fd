#include "node/cli/json_value.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace troupe::cli {
namespace {

// More than a value of 100 messages, the limit of value.proto, can be nested.
constexpr int kMaxDepth = 100;
constexpr char kUrnPrefix[] = "urn:uuid:";
constexpr size_t kUrnBytes = 16;

std::string UrnText(absl::string_view bytes) {
  const std::string hex = absl::BytesToHexString(bytes);
  if (bytes.size() != kUrnBytes) return hex;
  const absl::string_view text = hex;
  return absl::StrCat(kUrnPrefix, text.substr(0, 8), "-", text.substr(8, 4), "-",
                      text.substr(12, 4), "-", text.substr(16, 4), "-", text.substr(20));
}

bool ParseUrn(absl::string_view text, std::string* bytes) {
  if (!absl::ConsumePrefix(&text, kUrnPrefix)) return false;
  std::string hex;
  for (const char c : text) {
    if (c == '-') continue;
    if (!absl::ascii_isxdigit(c)) return false;
    hex.push_back(c);
  }
  *bytes = absl::HexStringToBytes(hex);
  return hex.size() == 2 * kUrnBytes &&
         UrnText(*bytes) == absl::AsciiStrToLower(absl::StrCat(kUrnPrefix, text));
}

absl::Status Bad(absl::string_view what, const InputJson& json) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", ToLine(json).substr(0, 200)));
}

// A member's text; empty if it has none.
const std::string* TextOf(const InputJson& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

class ValueReader {
 public:
  explicit ValueReader(const MessageTypes& types) : types_(types) {}

  absl::Status Read(const InputJson& json, int depth, wire::Value* value) {
    if (depth > kMaxDepth) return absl::InvalidArgumentError("it nests too deeply");
    switch (json.type()) {
      case InputJson::value_t::null:
        return absl::OkStatus();
      case InputJson::value_t::boolean:
        value->set_boolean(json.get<bool>());
        return absl::OkStatus();
      case InputJson::value_t::string:
        value->set_text(json.get_ref<const std::string&>());
        return absl::OkStatus();
      case InputJson::value_t::array:
        value->mutable_list();
        for (const InputJson& item : json) {
          const absl::Status status = Read(item, depth + 1, value->mutable_list()->add_items());
          if (!status.ok()) return status;
        }
        return absl::OkStatus();
      case InputJson::value_t::object:
        return ReadObject(json, depth, value);
      default:
        ReadNumber(json, value);
        return absl::OkStatus();
    }
  }

 private:
  void ReadNumber(const InputJson& json, wire::Value* value) {
    constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
    const bool integer =
        json.is_number_unsigned() ? json.get<uint64_t>() <= kMost : json.is_number_integer();
    if (integer) {
      value->set_integer(json.get<int64_t>());
    } else {
      value->set_number(json.get<double>());
    }
  }

  absl::Status ReadObject(const InputJson& json, int depth, wire::Value* value) {
    for (const auto& [key, member] : json.items()) {
      if (!absl::StartsWith(key, "@") || absl::StartsWith(key, "@@")) continue;
      if (json.contains("@type")) return ReadMessage(json, value->mutable_message());
      if (json.size() > 1) return Bad(absl::StrCat(key, " is to be alone"), json);
      if (key == "@bytes") return ReadBytes(json, value);
      if (key == "@number") return ReadSpecialNumber(json, value);
      if (key == "@ref") return ReadReference(member, value->mutable_reference());
      return Bad(
          "members that begin with @ are @bytes, @number, @ref and @type (and @@key is the "
          "key \"@key\")",
          json);
    }
    auto& entries = *value->mutable_map()->mutable_entries();
    for (const auto& [key, member] : json.items()) {
      const std::string plain(absl::StartsWith(key, "@@") ? key.substr(1) : key);
      const absl::Status status = Read(member, depth + 1, &(entries[plain] = wire::Value()));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadBytes(const InputJson& json, wire::Value* value) {
    const std::string* const text = TextOf(json, "@bytes");
    if (text == nullptr || !absl::Base64Unescape(*text, value->mutable_binary())) {
      return Bad("@bytes is to be base64", json);
    }
    return absl::OkStatus();
  }

  absl::Status ReadSpecialNumber(const InputJson& json, wire::Value* value) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const std::string* const text = TextOf(json, "@number");
    if (text != nullptr && *text == "NaN") {
      value->set_number(std::numeric_limits<double>::quiet_NaN());
    } else if (text != nullptr && (*text == "Infinity" || *text == "-Infinity")) {
      value->set_number(*text == "Infinity" ? kInfinity : -kInfinity);
    } else {
      return Bad("@number is to be NaN, Infinity or -Infinity", json);
    }
    return absl::OkStatus();
  }

  absl::Status ReadReference(const InputJson& json, wire::ActorRef* reference) {
    if (json.is_null()) return absl::OkStatus();
    const std::string* const urn = json.is_object() ? TextOf(json, "urn") : nullptr;
    if (urn == nullptr || !ParseUrn(*urn, reference->mutable_urn())) {
      return Bad("@ref is to be null or to have a \"urn\" as urn:uuid:...", json);
    }
    for (const auto& [key, member] : json.items()) {
      const std::string* const text = TextOf(json, key.c_str());
      uint64_t incarnation = 0;
      if (text != nullptr && key == "class") {
        reference->set_class_name(*text);
      } else if (text != nullptr && key == "node") {
        reference->set_node_address(*text);
      } else if (text != nullptr && key == "incarnation" && absl::SimpleAtoi(*text, &incarnation)) {
        reference->set_incarnation(incarnation);
      } else if (key != "urn") {
        return Bad("@ref has the texts urn, class, node and incarnation (digits)", json);
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadMessage(const InputJson& json, wire::MessageValue* message) {
    const std::string* const name = TextOf(json, "@type");
    if (name == nullptr) return Bad("@type is to be the full name of a message", json);
    message->set_type_name(*name);
    if (json.contains("@bytes")) {
      const std::string* const text = TextOf(json, "@bytes");
      if (json.size() == 2 && text != nullptr &&
          absl::Base64Unescape(*text, message->mutable_data())) {
        return absl::OkStatus();
      }
      return Bad("@bytes is to be base64, and alone beside @type", json);
    }
    const auto* const type = types_.pool->FindMessageTypeByName(*name);
    if (type == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("the node does not know the message ", *name,
                       "; of unknown ones it takes {\"@type\": ..., \"@bytes\": base64}"));
    }
    InputJson fields = json;
    fields.erase("@type");
    if (HasJsonOfItsOwn(*name)) {
      if (fields.size() != 1 || !fields.contains("value")) {
        return Bad(absl::StrCat(*name, " has its JSON form in \"value\""), json);
      }
      fields = InputJson(fields["value"]);
    }
    absl::StatusOr<std::string> bytes = JsonToMessage(types_, type, ToLine(fields));
    if (!bytes.ok()) return bytes.status();
    message->set_data(*std::move(bytes));
    return absl::OkStatus();
  }

  const MessageTypes types_;
};

Json NumberToJson(double number) {
  if (std::isnan(number)) return {{"@number", "NaN"}};
  if (std::isinf(number)) return {{"@number", number > 0 ? "Infinity" : "-Infinity"}};
  return number;
}

Json ReferenceToJson(const wire::ActorRef& reference) {
  if (reference.urn().empty()) return {{"@ref", nullptr}};
  Json json = {{"urn", UrnText(reference.urn())}};
  if (!reference.class_name().empty()) json["class"] = reference.class_name();
  if (!reference.node_address().empty()) json["node"] = reference.node_address();
  if (reference.incarnation() != 0) json["incarnation"] = absl::StrCat(reference.incarnation());
  return {{"@ref", std::move(json)}};
}

Json UnpackedToJson(const MessageTypes& types, const wire::MessageValue& message) {
  Json json = {{"@type", message.type_name()}};
  const auto* const type = types.pool->FindMessageTypeByName(message.type_name());
  absl::StatusOr<Json> unpacked = absl::NotFoundError("");
  if (type != nullptr) {
    const absl::StatusOr<std::string> text = MessageToJson(types, type, message.data(), false);
    if (text.ok()) unpacked = ParseJson(*text);
  }
  if (!unpacked.ok()) {
    json["@bytes"] = absl::Base64Escape(message.data());
  } else if (HasJsonOfItsOwn(message.type_name())) {
    json["value"] = *std::move(unpacked);
  } else {
    json.update(*unpacked);
  }
  return json;
}

}  // namespace

absl::StatusOr<wire::Value> JsonToValue(const MessageTypes& types, const InputJson& json) {
  wire::Value value;
  absl::Status status = ValueReader(types).Read(json, 0, &value);
  if (!status.ok()) return status;
  // Whether its messages nest too deeply, every reader decides as this one.
  if (!wire::Value().ParseFromString(value.SerializeAsString())) {
    return absl::InvalidArgumentError("it nests too deeply");
  }
  return value;
}

Json ValueToJson(const MessageTypes& types, const wire::Value& value) {
  switch (value.kind_case()) {
    case wire::Value::kBoolean:
      return value.boolean();
    case wire::Value::kInteger:
      return value.integer();
    case wire::Value::kNumber:
      return NumberToJson(value.number());
    case wire::Value::kText:
      return value.text();
    case wire::Value::kBinary:
      return {{"@bytes", absl::Base64Escape(value.binary())}};
    case wire::Value::kList: {
      Json list = Json::array();
      for (const wire::Value& item : value.list().items()) list.push_back(ValueToJson(types, item));
      return list;
    }
    case wire::Value::kMap: {
      Json map = Json::object();
      const auto& entries = value.map().entries();
      const std::map<std::string, wire::Value> sorted(entries.begin(), entries.end());
      for (const auto& [key, member] : sorted) {
        // Not operator[], which looks through all that are there.
        map.get_ref<Json::object_t&>().emplace_back(
            absl::StartsWith(key, "@") ? absl::StrCat("@", key) : key, ValueToJson(types, member));
      }
      return map;
    }
    case wire::Value::kReference:
      return ReferenceToJson(value.reference());
    case wire::Value::kMessage:
      return UnpackedToJson(types, value.message());
    case wire::Value::KIND_NOT_SET:
      return nullptr;
  }
  return nullptr;
}

}  // namespace troupe::cli

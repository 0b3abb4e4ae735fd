#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "node/cli/actor_json.h"
#include "node/cli/actors_client.h"
#include "node/cli/commands.h"
#include "node/cli/failure.h"
#include "node/cli/methods.h"

namespace troupe::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// What a name means, as JSON and as text.
struct Description {
  Json json;
  std::string text;
};

template <typename T>
std::string ProtoText(const T& descriptor) {
  google::protobuf::DebugStringOptions options;
  options.include_comments = true;
  return descriptor.DebugStringWithOptions(options);
}

template <typename T>
Description Describe(const Output& output, absl::string_view kind, const T& descriptor,
                     const std::string& file) {
  Description description;
  std::string proto = ProtoText(descriptor);
  description.json = {{"kind", std::string(kind)},
                      {"name", descriptor.full_name()},
                      {"file", file},
                      {"proto", proto}};
  const std::string where = absl::StrCat("// ", descriptor.full_name(), ", ", file);
  description.text = absl::StrCat(output.Styled(where, Style::kDim), "\n", Printable(proto));
  return description;
}

Description DescribeService(const Output& output, const ServiceDescriptor& service) {
  Description description = Describe(output, "service", service, service.file()->name());
  description.json["methods"] = MethodsToJson(service);
  return description;
}

Description DescribeMessage(const Output& output, const Descriptor& message) {
  Description description = Describe(output, "message", message, message.file()->name());
  Json fields = Json::array();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    std::string type = field.type_name();
    if (field.message_type() != nullptr) type = field.message_type()->full_name();
    if (field.enum_type() != nullptr) type = field.enum_type()->full_name();
    fields.push_back({{"name", field.name()},
                      {"json_name", field.json_name()},
                      {"number", field.number()},
                      {"type", type},
                      {"repeated", field.is_repeated()}});
  }
  description.json["fields"] = fields;
  return description;
}

Description DescribeEnum(const Output& output, const EnumDescriptor& type) {
  Description description = Describe(output, "enum", type, type.file()->name());
  Json values = Json::array();
  for (int i = 0; i < type.value_count(); ++i) {
    values.push_back({{"name", type.value(i)->name()}, {"number", type.value(i)->number()}});
  }
  description.json["values"] = values;
  return description;
}

// With the messages that it takes and gives: who calls it needs these next.
Description DescribeMethod(const Output& output, const MethodDescriptor& method) {
  Description description = Describe(output, "method", method, method.service()->file()->name());
  description.json["path"] = PathOf(method);
  const Descriptor* const request = method.input_type();
  const Descriptor* const reply = method.output_type();
  Description part = DescribeMessage(output, *request);
  absl::StrAppend(&description.text, "\n", part.text);
  description.json["request"] = part.json;
  if (reply != request) {
    part = DescribeMessage(output, *reply);
    absl::StrAppend(&description.text, "\n", part.text);
  }
  description.json["reply"] = part.json;
  description.json["client_streaming"] = method.client_streaming();
  description.json["server_streaming"] = method.server_streaming();
  return description;
}

Description DescribeActor(const Output& output, const v1::NamedActor& actor) {
  std::vector<std::vector<std::string>> rows = {
      {"name", actor.name()}, {"urn", actor.urn()}, {"class", actor.class_name()}};
  if (!actor.node_address().empty()) rows.push_back({"node", actor.node_address()});
  const std::pair<std::string, std::vector<std::string>> lists[] = {
      {"services", {actor.services().begin(), actor.services().end()}},
      {"methods", {actor.methods().begin(), actor.methods().end()}},
  };
  for (const auto& [title, list] : lists) {
    std::string first = title;
    for (const std::string& line : list) rows.push_back({std::exchange(first, ""), line});
  }
  Description description;
  description.json = ToJson(actor);
  description.json["kind"] = "actor";
  description.text = output.Table(rows, Style::kDim);
  return description;
}

// By its full name.
absl::optional<Description> FindSymbol(const Output& output, ReflectionPool* reflection,
                                       const std::string& name) {
  const auto& pool = reflection->pool();
  if (const auto* service = pool.FindServiceByName(name)) return DescribeService(output, *service);
  if (const auto* message = pool.FindMessageTypeByName(name)) {
    return DescribeMessage(output, *message);
  }
  if (const auto* type = pool.FindEnumTypeByName(name)) return DescribeEnum(output, *type);
  if (const auto* method = pool.FindMethodByName(name)) return DescribeMethod(output, *method);
  if (const auto* field = pool.FindFieldByName(name); field && !field->is_extension()) {
    return DescribeMessage(output, *field->containing_type());
  }
  if (const auto* value = pool.FindEnumValueByName(name)) {
    return DescribeEnum(output, *value->type());
  }
  return absl::nullopt;
}

// Services and rpcs by the ends of their names.
absl::StatusOr<std::vector<Description>> FindByShortName(const Output& output,
                                                         ReflectionPool* reflection,
                                                         const std::string& name) {
  std::vector<Description> found;
  const auto services = reflection->Services(/*built_in=*/true);
  if (!services.ok()) return services.status();
  for (const ServiceDescriptor* service : *services) {
    if (absl::EndsWith(service->full_name(), absl::StrCat(".", name))) {
      found.push_back(DescribeService(output, *service));
    }
  }
  if (!found.empty()) return found;
  const auto methods = MethodsNamed(reflection, name, /*built_in=*/true);
  if (!methods.ok()) return methods.status();
  for (const MethodDescriptor* method : *methods) {
    found.push_back(DescribeMethod(output, *method));
  }
  return found;
}

absl::StatusOr<absl::optional<v1::NamedActor>> FindByUrn(Connection* connection,
                                                         const std::string& urn) {
  const auto actors = ListActors(connection);
  if (!actors.ok()) return actors.status();
  for (const v1::NamedActor& actor : *actors) {
    if (actor.urn() == urn) return absl::optional<v1::NamedActor>(actor);
  }
  return absl::optional<v1::NamedActor>();
}

absl::StatusOr<std::vector<Description>> Find(Session* session, const std::string& name) {
  Output& output = session->output();
  ReflectionPool* const reflection = &session->reflection();
  const bool is_urn = absl::StartsWith(name, "urn:");
  if (!is_urn) {
    absl::optional<Description> symbol = FindSymbol(output, reflection, name);
    if (!reflection->status().ok()) return reflection->status();
    if (symbol.has_value()) return std::vector<Description>{*std::move(symbol)};
  }
  const auto actor =
      is_urn ? FindByUrn(&session->connection(), name) : FindActor(&session->connection(), name);
  if (!actor.ok() && !absl::IsPermissionDenied(actor.status())) return actor.status();
  if (actor.ok() && actor->has_value()) {
    return std::vector<Description>{DescribeActor(output, **actor)};
  }
  auto found = is_urn ? std::vector<Description>() : FindByShortName(output, reflection, name);
  if (!found.ok() || !found->empty()) return found;
  if (!actor.ok()) return actor.status();
  return UsageError(absl::StrCat(session->connection().address(),
                                 " has neither a service, rpc or type ", name,
                                 " nor an actor of that name (troupe list ",
                                 session->connection().address(), " says what it has)"));
}

}  // namespace

absl::Status Describe(Session* session) {
  Output& output = session->output();
  std::vector<Description> descriptions;
  if (session->options().arguments.size() > 1) {
    auto found = Find(session, session->options().arguments[1]);
    if (!found.ok()) return found.status();
    descriptions = *std::move(found);
  } else {
    const auto services = session->reflection().Services();
    if (!services.ok()) return services.status();
    for (const ServiceDescriptor* service : *services) {
      descriptions.push_back(DescribeService(output, *service));
    }
  }
  if (output.json()) {
    Json list = Json::array();
    for (Description& description : descriptions) list.push_back(std::move(description.json));
    output.PrintJson(list);
    return absl::OkStatus();
  }
  output.Print(absl::StrJoin(descriptions, "\n", [](std::string* out, const Description& part) {
    out->append(part.text);
  }));
  return absl::OkStatus();
}

}  // namespace troupe::cli

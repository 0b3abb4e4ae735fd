#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "node/cli/actor_json.h"
#include "node/cli/actors_client.h"
#include "node/cli/commands.h"
#include "node/cli/methods.h"

namespace troupe::cli {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

std::string Signature(const MethodDescriptor& method) {
  return absl::StrCat(method.client_streaming() ? "stream " : "", method.input_type()->full_name(),
                      " -> ", method.server_streaming() ? "stream " : "",
                      method.output_type()->full_name());
}

struct ListedService {
  std::string name;
  const ServiceDescriptor* descriptor;  // null: the node does not describe it
};

absl::StatusOr<std::vector<ListedService>> ListServices(Session* session) {
  const auto names = session->reflection().ServiceNames();
  if (!names.ok()) return names.status();
  std::vector<ListedService> services;
  for (const std::string& name : *names) {
    services.push_back({name, session->reflection().pool().FindServiceByName(name)});
    if (!session->reflection().status().ok()) return session->reflection().status();
  }
  return services;
}

Json ToJson(const std::vector<ListedService>& services) {
  Json list = Json::array();
  for (const ListedService& service : services) {
    list.push_back(
        {{"name", service.name},
         {"methods",
          service.descriptor == nullptr ? Json::array() : MethodsToJson(*service.descriptor)}});
  }
  return list;
}

std::string ToText(const std::vector<ListedService>& services, const Output& output) {
  std::string text;
  for (const ListedService& service : services) {
    absl::StrAppend(&text, output.Styled(service.name, Style::kTitle), "\n");
    if (service.descriptor == nullptr) continue;
    std::vector<std::vector<std::string>> rows;
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      const MethodDescriptor& method = *service.descriptor->method(i);
      rows.push_back({method.name(), Signature(method)});
    }
    absl::StrAppend(&text, output.Table(rows, Style::kName));
  }
  return text;
}

std::string ToText(const std::vector<v1::NamedActor>& actors, const Output& output) {
  std::string text = absl::StrCat(output.Styled("Actors", Style::kTitle), "\n");
  std::vector<std::vector<std::string>> rows;
  for (const v1::NamedActor& actor : actors) {
    rows.push_back({actor.name(), actor.class_name(),
                    actor.node_address().empty() ? absl::StrJoin(actor.services(), ", ")
                                                 : absl::StrCat("at ", actor.node_address())});
  }
  if (rows.empty()) absl::StrAppend(&text, output.Styled("  (none has a name)", Style::kDim), "\n");
  absl::StrAppend(&text, output.Table(rows, Style::kName));
  return text;
}

}  // namespace

Json MethodsToJson(const ServiceDescriptor& service) {
  Json methods = Json::array();
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& method = *service.method(i);
    methods.push_back({{"name", method.name()},
                       {"path", PathOf(method)},
                       {"request", method.input_type()->full_name()},
                       {"reply", method.output_type()->full_name()},
                       {"client_streaming", method.client_streaming()},
                       {"server_streaming", method.server_streaming()}});
  }
  return methods;
}

absl::Status List(Session* session) {
  const Options& options = session->options();
  Output& output = session->output();
  const bool all = options.services == options.actors;
  Json json = Json::object();
  std::string text;
  if (all || options.services) {
    const auto services = ListServices(session);
    if (!services.ok()) return services.status();
    json["services"] = ToJson(*services);
    text = ToText(*services, output);
  }
  absl::Status status;
  bool no_list = false;
  if (all || options.actors) {
    const auto actors = ListActors(&session->connection());
    no_list = all && absl::IsUnimplemented(actors.status());
    if (!all && !actors.ok()) return actors.status();
    json["actors"] = nullptr;
    if (actors.ok()) {
      json["actors"] = ToJson(*actors);
      absl::StrAppend(&text, all ? "\n" : "", ToText(*actors, output));
    } else if (!no_list) {
      status = actors.status();  // the services are worth showing, nevertheless
    }
  }
  if (output.json()) {
    output.PrintJson(json);
  } else {
    output.Print(text);
    if (no_list) output.Note("this server has no list of actors");
  }
  return status;
}

}  // namespace troupe::cli

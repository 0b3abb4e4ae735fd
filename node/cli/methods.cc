#include "node/cli/methods.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "node/cli/actors_client.h"
#include "node/cli/failure.h"

namespace troupe::cli {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using Methods = std::vector<const MethodDescriptor*>;

struct SplitName {
  absl::string_view service;  // empty: any
  absl::string_view method;
};

SplitName Split(absl::string_view name) {
  absl::ConsumePrefix(&name, "/");
  const size_t separator = name.find_last_of(absl::StrContains(name, '/') ? "/" : ".");
  if (separator == absl::string_view::npos) return {"", name};
  return {name.substr(0, separator), name.substr(separator + 1)};
}

bool IsNamed(const ServiceDescriptor& service, absl::string_view name) {
  return service.full_name() == name ||
         absl::EndsWith(service.full_name(), absl::StrCat(".", name));
}

Methods In(const std::vector<const ServiceDescriptor*>& services, const SplitName& name,
           bool built_in) {
  Methods found;
  for (const ServiceDescriptor* service : services) {
    if (ReflectionPool::IsBuiltIn(service->full_name()) != built_in) continue;
    if (!name.service.empty() && !IsNamed(*service, name.service)) continue;
    const MethodDescriptor* const method = service->FindMethodByName(std::string(name.method));
    if (method != nullptr) found.push_back(method);
  }
  return found;
}

// An rpc was meant, and is not there.
absl::StatusOr<const MethodDescriptor*> NoSuchRpc(ReflectionPool* reflection,
                                                  const std::string& address,
                                                  const std::string& name) {
  const auto services = reflection->Services();
  if (!services.ok()) return services.status();
  std::vector<std::string> names;
  for (const ServiceDescriptor* service : *services) {
    for (int i = 0; i < service->method_count(); ++i) names.push_back(NameOf(*service->method(i)));
  }
  std::string similar = DidYouMean(name, names);
  if (similar.empty()) {
    // Somebody who wrote the short name of the service is to see the full one.
    for (std::string& full : names) {
      const size_t slash = full.find('/');
      full.erase(0, full.rfind('.', slash) + 1);
    }
    similar = DidYouMean(name, names);
  }
  return UsageError(absl::StrCat(address, " has no rpc ", name, similar, " (troupe list ", address,
                                 " says what it has)"));
}

}  // namespace

std::string PathOf(const MethodDescriptor& method) { return absl::StrCat("/", NameOf(method)); }

std::string NameOf(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->full_name(), "/", method.name());
}

absl::StatusOr<Methods> MethodsNamed(ReflectionPool* reflection, absl::string_view name,
                                     bool built_in) {
  const SplitName split = Split(name);
  if (absl::StrContains(split.service, '.')) {
    const ServiceDescriptor* const service =
        reflection->pool().FindServiceByName(std::string(split.service));
    if (!reflection->status().ok()) return reflection->status();
    const MethodDescriptor* const method =
        service == nullptr ? nullptr : service->FindMethodByName(std::string(split.method));
    if (method != nullptr) return Methods{method};
  }
  const auto services = reflection->Services(/*built_in=*/true);
  if (!services.ok()) return services.status();
  Methods found = In(*services, split, /*built_in=*/false);
  if (found.empty() && built_in) found = In(*services, split, /*built_in=*/true);
  return found;
}

absl::StatusOr<const MethodDescriptor*> ResolveMethod(Connection* connection,
                                                      ReflectionPool* reflection,
                                                      const std::string& actor,
                                                      const std::string& name) {
  const bool default_actor = actor == "-";
  absl::StatusOr<Methods> found = MethodsNamed(reflection, name, default_actor);
  if (!found.ok()) return found.status();
  if (Split(name).service.empty() && !default_actor && !absl::StartsWith(actor, "urn:")) {
    const auto known = FindActor(connection, actor);
    // Who may call the actor need not be allowed to see the list.
    if (!known.ok() && !absl::IsPermissionDenied(known.status())) return known.status();
    if (known.ok() && known->has_value() && (*known)->node_address().empty()) {
      const auto& services = (*known)->services();
      found->erase(std::remove_if(found->begin(), found->end(),
                                  [&](const MethodDescriptor* method) {
                                    return std::find(services.begin(), services.end(),
                                                     method->service()->full_name()) ==
                                           services.end();
                                  }),
                   found->end());
    }
  }
  if (found->size() == 1) return found->front();
  if (found->empty()) {
    if (Split(name).service.empty() && !default_actor) return nullptr;
    return NoSuchRpc(reflection, connection->address(), name);
  }
  const std::string names =
      absl::StrJoin(*found, ", ", [](std::string* out, const MethodDescriptor* method) {
        absl::StrAppend(out, NameOf(*method));
      });
  return UsageError(absl::StrCat(name, " is ambiguous; give one of ", names));
}

}  // namespace troupe::cli

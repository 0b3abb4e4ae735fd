#include "node/gateway_routes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace troupe::internal {
namespace {

// What an error repeats of a name that a stranger sent.
constexpr size_t kShownBytes = 200;

}  // namespace

RpcPath::RpcPath(absl::string_view path) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  const size_t slash = path.rfind('/');
  service = path.substr(0, slash);
  if (slash != absl::string_view::npos) method = path.substr(slash + 1);
}

absl::string_view RpcPath::ShortService() const {
  const size_t dot = service.rfind('.');
  return dot == absl::string_view::npos ? service : service.substr(dot + 1);
}

GatewayRoutes::GatewayRoutes(const std::vector<HostedClass>& classes, const ActorSystem* system)
    : system_(system) {
  MutexLock lock(&mu_);
  for (const HostedClass& hosted : classes) {
    if (hosted.info == nullptr) continue;
    for (const ServiceInfo* service : hosted.info->services) AddLocked(service);
  }
}

GatewayRoutes::Service& GatewayRoutes::AddLocked(const ServiceInfo* info) {
  Service& service = services_[std::string(info->full_name)];
  if (service.info == nullptr) service.info = info;
  return service;
}

void GatewayRoutes::Refresh() {
  const std::vector<const ServiceInfo*> spawned = system_->Services();
  MutexLock lock(&mu_);
  for (const ServiceInfo* service : spawned) AddLocked(service);
}

absl::Status GatewayRoutes::NoSuchMethodError(const RpcPath& path) {
  return absl::UnimplementedError(
      absl::StrCat(path.service, " has no method ", path.method.substr(0, kShownBytes)));
}

absl::StatusOr<GatewayRoutes::Route> GatewayRoutes::Find(absl::string_view path) {
  const RpcPath parts(path);
  Route route;
  for (const bool refreshed : {false, true}) {
    if (refreshed) Refresh();
    MutexLock lock(&mu_);
    const auto found = services_.find(parts.service);
    if (found == services_.end()) continue;
    route.service = found->second.info;
    route.default_actor = found->second.default_actor;
    break;
  }
  if (route.service == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat("this node serves no ", parts.service.substr(0, kShownBytes)));
  }
  route.rpc = route.service->FindRpc(parts.method);
  if (route.rpc == nullptr) return NoSuchMethodError(parts);
  return route;
}

const ServiceInfo* GatewayRoutes::FindService(absl::string_view full_name) {
  for (const bool refreshed : {false, true}) {
    if (refreshed) Refresh();
    MutexLock lock(&mu_);
    const auto found = services_.find(full_name);
    if (found != services_.end()) return found->second.info;
  }
  return nullptr;
}

std::vector<const ServiceInfo*> GatewayRoutes::Services() {
  Refresh();
  std::vector<const ServiceInfo*> services;
  {
    MutexLock lock(&mu_);
    for (const auto& [name, service] : services_) services.push_back(service.info);
  }
  std::sort(services.begin(), services.end(),
            [](const ServiceInfo* a, const ServiceInfo* b) { return a->full_name < b->full_name; });
  return services;
}

absl::Status GatewayRoutes::SetDefault(const std::vector<const ServiceInfo*>& services,
                                       const AnyRef& ref) {
  if (services.empty()) {
    return absl::InvalidArgumentError(
        "a default actor's class, or interface, is one that protoc-gen-troupe made of a service");
  }
  std::vector<RecipientPtr> released;
  MutexLock lock(&mu_);
  if (closed_) return absl::OkStatus();
  for (const ServiceInfo* service : services) {
    released.push_back(std::exchange(AddLocked(service).default_actor, ref.recipient()));
  }
  return absl::OkStatus();
}

void GatewayRoutes::Close() {
  std::vector<RecipientPtr> released;
  MutexLock lock(&mu_);
  closed_ = true;
  for (auto& [name, service] : services_) released.push_back(std::move(service.default_actor));
}

}  // namespace troupe::internal

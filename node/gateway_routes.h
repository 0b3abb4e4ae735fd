#ifndef TROUPE_NODE_GATEWAY_ROUTES_H_
#define TROUPE_NODE_GATEWAY_ROUTES_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/hosted_class.h"
#include "runtime/any_ref.h"
#include "runtime/mutex.h"
#include "runtime/recipient.h"
#include "runtime/service_info.h"
#include "runtime/system.h"

namespace troupe::internal {

// The parts of `/bank.v1.Account/Deposit`: `bank.v1.Account`, `Deposit`; of anything else what
// comes closest.
struct RpcPath {
  explicit RpcPath(absl::string_view path);
  // `Account`.
  absl::string_view ShortService() const;

  absl::string_view service;
  absl::string_view method;
};

// The gRPC services that a node knows: of the classes that it hosts, of the actors that were
// spawned here, and those with a default. Owned by the node. Any thread.
class GatewayRoutes {
 public:
  struct Route {
    const ServiceInfo* service = nullptr;
    const RpcInfo* rpc = nullptr;
    RecipientPtr default_actor = nullptr;  // null: there is none
  };

  // `system` outlives the other calls.
  GatewayRoutes(const std::vector<HostedClass>& classes, const ActorSystem* system);

  // kUnimplemented: the service has no such method.
  static absl::Status NoSuchMethodError(const RpcPath& path);

  // Of a path, `/bank.v1.Account/Deposit`. kUnimplemented: no such service or method here.
  absl::StatusOr<Route> Find(absl::string_view path) ABSL_LOCKS_EXCLUDED(mu_);
  // Null if it is not known.
  const ServiceInfo* FindService(absl::string_view full_name) ABSL_LOCKS_EXCLUDED(mu_);
  // In the order of their names.
  std::vector<const ServiceInfo*> Services() ABSL_LOCKS_EXCLUDED(mu_);

  // kInvalidArgument: no services. A null reference: none from now on.
  absl::Status SetDefault(const std::vector<const ServiceInfo*>& services, const AnyRef& ref)
      ABSL_LOCKS_EXCLUDED(mu_);

  // The node closes: there are no defaults any more.
  void Close() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Service {
    const ServiceInfo* info = nullptr;
    RecipientPtr default_actor = nullptr;
  };

  // Adds those of actors that were spawned since.
  void Refresh() ABSL_LOCKS_EXCLUDED(mu_);
  Service& AddLocked(const ServiceInfo* info) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const ActorSystem* const system_;
  Mutex mu_;
  absl::flat_hash_map<std::string, Service> services_ ABSL_GUARDED_BY(mu_);  // by full name
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_ROUTES_H_

#ifndef TROUPE_NODE_GATEWAY_HEALTH_H_
#define TROUPE_NODE_GATEWAY_HEALTH_H_

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "node/gateway_call.h"
#include "runtime/mutex.h"

namespace troupe::internal {

class HealthWatch;

// grpc.health.v1.Health: whether the node takes calls, of a service or (its name empty) at all.
// Owned by the gateway. Any thread.
//
// Its messages, and those of reflection, are written and read by hand: a program that links their
// generated code besides, as many do, would have it twice, and end at its start.
class GatewayHealth {
 public:
  // grpc.health.v1.HealthCheckResponse.ServingStatus.
  enum class Status : uint8_t { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

  explicit GatewayHealth(Gateway* gateway) : gateway_(gateway) {}

  Status Of(absl::string_view service);
  // Answers Check, once.
  void Check(GatewayTicket ticket);
  // Answers Watch: now, and at each change, for as long as the client wants.
  void Watch(GatewayTicket ticket);
  // Tells those who watch what has changed. Within a heartbeat of a change.
  void Refresh() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  friend class HealthWatch;

  void Add(HealthWatch* watch) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(HealthWatch* watch) ABSL_LOCKS_EXCLUDED(mu_);

  Gateway* const gateway_;
  Mutex mu_;
  absl::flat_hash_set<HealthWatch*> watches_ ABSL_GUARDED_BY(mu_);  // each pinned
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_HEALTH_H_

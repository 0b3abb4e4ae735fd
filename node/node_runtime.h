#ifndef TROUPE_NODE_NODE_RUNTIME_H_
#define TROUPE_NODE_NODE_RUNTIME_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/node_core.h"
#include "node/options.h"
#include "node/transport.h"
#include "runtime/clock.h"
#include "runtime/mutex.h"
#include "runtime/steady_clock.h"
#include "runtime/system.h"

namespace troupe::internal {

class Gateway;
class GrpcPollThread;
class GrpcTransport;

// Everything a node consists of, made and taken down in the right order. Owned by Node or Client.
// Any thread, but for the destructor.
class NodeRuntime {
 public:
  // `transport` null: gRPC. `listens` false: a client. Errors as Node::Create.
  static absl::StatusOr<std::unique_ptr<NodeRuntime>> Create(NodeOptions options, bool listens,
                                                             std::unique_ptr<Transport> transport);
  ~NodeRuntime();

  const std::shared_ptr<NodeCore>& core() const { return core_; }
  ActorSystem& system() const { return *system_; }

  absl::Status Drain(absl::Duration timeout);
  void Shutdown() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  explicit NodeRuntime(NodeOptions options);

  absl::Status MakeTransport();
  absl::Status Start(bool listens);

  // Constant once made. Destroyed in reverse: workers of the system wait in the transport.
  NodeOptions options_;
  std::unique_ptr<SteadyClock> own_clock_;
  Clock* clock_ = nullptr;
  std::unique_ptr<Gateway> gateway_;  // of a node that listens with gRPC
  std::unique_ptr<Transport> transport_;
  GrpcTransport* grpc_ = nullptr;  // transport_, if it is that
  std::unique_ptr<ActorSystem> system_;
  std::unique_ptr<GrpcPollThread> poll_thread_;  // where the system's workers are the caller's
  std::shared_ptr<NodeCore> core_;

  Mutex mu_;
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_NODE_RUNTIME_H_

#include "node/node.h"

#include <utility>

#include "node/node_core.h"
#include "node/node_runtime.h"
#include "node/transport.h"

namespace troupe {

using internal::NodeRuntime;

absl::StatusOr<std::unique_ptr<Node>> Node::Create(NodeOptions options) {
  return Create(std::move(options), nullptr);
}

absl::StatusOr<std::unique_ptr<Node>> Node::Create(NodeOptions options,
                                                   std::unique_ptr<internal::Transport> transport) {
  absl::StatusOr<std::unique_ptr<NodeRuntime>> runtime =
      NodeRuntime::Create(std::move(options), /*listens=*/true, std::move(transport));
  if (!runtime.ok()) return runtime.status();
  return std::unique_ptr<Node>(new Node(*std::move(runtime)));
}

Node::Node(std::unique_ptr<NodeRuntime> runtime) : runtime_(std::move(runtime)) {}

Node::~Node() = default;

const std::string& Node::address() const { return runtime_->core()->address(); }

uint64_t Node::incarnation() const { return runtime_->core()->incarnation(); }

ActorSystem& Node::system() const { return runtime_->system(); }

NodeRef Node::At(std::string address) const {
  return NodeRef(runtime_->core(), std::move(address));
}

absl::Status Node::SetDefault(const std::vector<const ServiceInfo*>& services,
                              const AnyRef& ref) const {
  return runtime_->core()->routes().SetDefault(services, ref);
}

std::vector<PeerInfo> Node::Peers() const { return runtime_->core()->Peers(); }

absl::Status Node::Drain(absl::Duration timeout) { return runtime_->Drain(timeout); }

void Node::Shutdown() { runtime_->Shutdown(); }

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  return Create(std::move(options), nullptr);
}

absl::StatusOr<std::unique_ptr<Client>> Client::Create(
    ClientOptions options, std::unique_ptr<internal::Transport> transport) {
  NodeOptions node;
  node.name = std::move(options.name);
  node.tls = std::move(options.tls);
  node.heartbeat = options.heartbeat;
  node.down_after = options.down_after;
  node.limits = options.limits;
  node.busy_poll = options.busy_poll;
  node.system = std::move(options.system);
  absl::StatusOr<std::unique_ptr<NodeRuntime>> runtime =
      NodeRuntime::Create(std::move(node), /*listens=*/false, std::move(transport));
  if (!runtime.ok()) return runtime.status();
  return std::unique_ptr<Client>(new Client(*std::move(runtime)));
}

Client::Client(std::unique_ptr<NodeRuntime> runtime) : runtime_(std::move(runtime)) {}

Client::~Client() = default;

NodeRef Client::At(std::string address) const {
  return NodeRef(runtime_->core(), std::move(address));
}

std::vector<PeerInfo> Client::Peers() const { return runtime_->core()->Peers(); }

ActorSystem& Client::system() const { return runtime_->system(); }

}  // namespace troupe

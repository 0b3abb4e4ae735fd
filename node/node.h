#ifndef TROUPE_NODE_NODE_H_
#define TROUPE_NODE_NODE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/node_ref.h"
#include "node/options.h"
#include "node/peer_info.h"
#include "runtime/ref.h"
#include "runtime/system.h"

namespace troupe {

namespace internal {
class NodeRuntime;
class Transport;
}  // namespace internal

// An actor system whose actors others can call, and that can call theirs: one process of a cluster.
//
//   auto node = troupe::Node::Create({.listen = "127.0.0.1:7000"});
//   (*node)->Spawn<Adder>(troupe::SpawnOptions{.name = "adder"});
//   ... and elsewhere:
//   auto adder = node->At("127.0.0.1:7000").Find<Adder>("adder").Get();
//   adder->AddOne(1)
//
// Several nodes may live in one process. Any thread may call, but for the destructor, which is
// Shutdown.
class Node {
 public:
  // kInvalidArgument: an address, limit or TLS file that cannot be, or a listener beyond this
  // machine without TLS and without `insecure`. kUnavailable: the address is taken.
  //
  // From a process's first node or client on, glibc's malloc keeps up to 16 MiB of freed memory for
  // each of its arenas, unless the program or GLIBC_TUNABLES has set its thresholds.
  static absl::StatusOr<std::unique_ptr<Node>> Create(NodeOptions options = {});
  // For tests: over another transport. `options.listen` is an address of that.
  static absl::StatusOr<std::unique_ptr<Node>> Create(
      NodeOptions options, std::unique_ptr<internal::Transport> transport);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // What references to its actors say: NodeOptions::advertise, or where it listens.
  const std::string& address() const;
  // Of this run of the node: another one each time.
  uint64_t incarnation() const;
  ActorSystem& system() const;

  // Another node, or this one. Nothing is sent yet.
  NodeRef At(std::string address) const;

  // Here: as the functions of ActorSystem.
  template <typename T, typename... A>
  Ref<T> Spawn(A&&... arguments) const {
    return system().Spawn<T>(std::forward<A>(arguments)...);
  }
  template <typename T, typename... A>
  Ref<T> Spawn(SpawnOptions options, A&&... arguments) const {
    return system().Spawn<T>(std::move(options), std::forward<A>(arguments)...);
  }
  absl::Status Register(absl::string_view name, const AnyRef& ref) const {
    return system().Register(name, ref);
  }
  absl::StatusOr<AnyRef> Find(absl::string_view name) const { return system().Find(name); }
  template <typename T>
  absl::StatusOr<Ref<T>> Find(absl::string_view name) const {
    return system().Find<T>(name);
  }

  // What gRPC clients call in the services of T without naming an actor (metadata `troupe-actor`)
  // goes to `ref`, wherever that lives. The last one set holds; a null reference ends it. Also
  // makes these services known to this node, if none of its actors or `classes` has them.
  // kInvalidArgument: T serves none.
  template <typename T>
  absl::Status RegisterDefault(const Ref<T>& ref) const {
    return SetDefault(internal::ClassInfoOf<T>().services, ref);
  }

  // The sessions with other nodes, first those that this one calls.
  std::vector<PeerInfo> Peers() const;

  // Takes no new work from other nodes and gRPC clients (it is answered kUnavailable, *not sent*),
  // and waits until what they have called is answered. kDeadlineExceeded: some of it was not by
  // then. Blocks.
  absl::Status Drain(absl::Duration timeout);

  // Drains, stops the actors (SystemOptions::shutdown_deadline bounds both), tells the other nodes,
  // and closes everything. Afterwards references to actors of other nodes are dead, and no other
  // function may be called. Blocks; idempotent; not from an actor.
  void Shutdown();

 private:
  explicit Node(std::unique_ptr<internal::NodeRuntime> runtime);

  absl::Status SetDefault(const std::vector<const ServiceInfo*>& services, const AnyRef& ref) const;

  const std::unique_ptr<internal::NodeRuntime> runtime_;
};

// A program that calls actors of nodes and hosts none: it listens nowhere, and no reference to an
// actor of its own can travel. Any thread may call, but for the destructor, which ends it.
class Client {
 public:
  // kInvalidArgument: as Node::Create.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options = {});
  static absl::StatusOr<std::unique_ptr<Client>> Create(
      ClientOptions options, std::unique_ptr<internal::Transport> transport);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  NodeRef At(std::string address) const;
  std::vector<PeerInfo> Peers() const;
  // What its futures' callbacks run on. Actors may live here, for this process alone.
  ActorSystem& system() const;

 private:
  explicit Client(std::unique_ptr<internal::NodeRuntime> runtime);

  const std::unique_ptr<internal::NodeRuntime> runtime_;
};

}  // namespace troupe

#endif  // TROUPE_NODE_NODE_H_

#ifndef TROUPE_NODE_GATEWAY_H_
#define TROUPE_NODE_GATEWAY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/gateway_call.h"
#include "node/gateway_health.h"
#include "node/gateway_routes.h"
#include "node/grpc_call.h"
#include "node/grpc_transport.h"
#include "node/node_core.h"
#include "runtime/bytes_call.h"
#include "runtime/client_info.h"
#include "runtime/inbound_call.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/recipient.h"

namespace troupe::internal {

// What waits in mailboxes here of all that gRPC clients have sent. Shared by the gateway and the
// messages. Any thread.
class GatewayWindow final : public InboundBudget, public RefCounted<GatewayWindow> {
 public:
  explicit GatewayWindow(size_t limit) : limit_(limit) {}

  // False: it is full, nothing was taken.
  bool Take(size_t bytes);
  void Return(size_t bytes) override { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  size_t limit() const { return limit_; }

 private:
  const size_t limit_;
  std::atomic<size_t> bytes_{0};
};

// A client's call as the message keeps it: with its part of the window.
class GatewayClient final : public ClientCall {
 public:
  GatewayClient(IntrusivePtr<GatewayWindow> window, size_t message_bytes)
      : message_bytes_(message_bytes), window_(std::move(window)) {}

  // Of the request. kResourceExhausted: it is over the limit of a message (gRPC looks after that
  // of connections, which may be larger), or the window is full. Once.
  absl::Status Take(size_t bytes);

 private:
  const size_t message_bytes_;
  const IntrusivePtr<GatewayWindow> window_;
  InboundCredit credit_;
};

// Serves the actors of this node, and of others that have a name here, to gRPC clients: each call
// of `/bank.v1.Account/Deposit` becomes a call of that method of an actor, whose class protoc-gen-
// troupe made of the service. Owned by the node; outlives the transport. Any thread.
class Gateway final : public GrpcCallHandler {
 public:
  // The metadata that names the actor: a registered name, or an urn.
  static constexpr absl::string_view kActorKey = "troupe-actor";
  // Trailing metadata: the address of the node and the urn of the actor that answered.
  static constexpr char kNodeTrailer[] = "troupe-node";
  static constexpr char kUrnTrailer[] = "troupe-actor-urn";

  // The services that every node has.
  static constexpr absl::string_view kHealth = "grpc.health.v1.Health";
  static constexpr absl::string_view kActors = "troupe.v1.Actors";
  static constexpr absl::string_view kBuiltIn[] = {kHealth, "grpc.reflection.v1.ServerReflection",
                                                   "grpc.reflection.v1alpha.ServerReflection",
                                                   kActors};
  // Of these the one that actors answer.
  static constexpr absl::string_view kCallByName = "/troupe.v1.Actors/Call";
  static bool IsBuiltIn(absl::string_view service);

  explicit Gateway(std::shared_ptr<NodeCore> node);
  ~Gateway() override;

  void OnCall(std::unique_ptr<GrpcServerCall> call, absl::AnyInvocable<void()> gone) override;

  // The node has begun to drain, or a heartbeat is over.
  void Refresh() { health_.Refresh(); }

  // Where a call goes.
  struct Destination {
    const RpcInfo* rpc = nullptr;  // null: the request says which method (gateway_actors.h)
    RecipientPtr actor = nullptr;
  };
  // kUnimplemented: no such service or method, or the actor does not have it; kNotFound: no such
  // actor; kFailedPrecondition: none is named, and there is no default; kPermissionDenied.
  absl::StatusOr<Destination> FindDestination(absl::string_view path, absl::string_view actor,
                                              const Caller& caller);

  // By a registered name or an urn; it may live elsewhere.
  absl::StatusOr<RecipientPtr> FindNamedActor(absl::string_view actor) const;

  // From its calls.
  // In the time of the system's clock; infinite without one.
  absl::Time DeadlineOf(const GrpcServerCall& call) const;
  // Before the first message or the status of a call that an actor answers, and before the status.
  void AddInitialMetadata(GrpcServerCall& call, GatewayClient& client) const;
  void AddTrailers(GrpcServerCall& call, GatewayClient& client, const Recipient& actor) const;
  NodeCore& node() { return *node_; }
  const BytesContext& context() const { return context_; }
  void CallClosed() { open_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  absl::StatusOr<RecipientPtr> FindActor(const GatewayRoutes::Route& route,
                                         absl::string_view actor);
  // False: too many are open. If true, CallClosed is due.
  bool CallOpened();
  // The error that ends the call at once.
  absl::Status Dispatch(GatewayTicket* ticket);
  absl::Status DispatchBuiltIn(GatewayTicket* ticket);

  const std::shared_ptr<NodeCore> node_;
  const BytesContext context_;
  const IntrusivePtr<GatewayWindow> window_;
  std::atomic<uint32_t> open_{0};
  GatewayHealth health_{this};
};

// The client has ended its call without a request, or it cannot be read.
absl::Status NoRequestError();

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_H_

#ifndef TROUPE_NODE_NODE_CORE_H_
#define TROUPE_NODE_NODE_CORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/gateway_routes.h"
#include "node/options.h"
#include "node/peer_info.h"
#include "node/session.h"
#include "node/transport.h"
#include "runtime/clock.h"
#include "runtime/codec_context.h"
#include "runtime/event.h"
#include "runtime/mutex.h"
#include "runtime/random.h"
#include "runtime/system.h"

namespace troupe::wire {
class Hello;
}

namespace troupe::internal {

class Peer;
class ServerConnection;
class ServerSession;

inline constexpr uint32_t kWireVersion = 1;

// What all parts of a node share: who it is, its sessions with others, and what references mean
// here. Shared by the node, its sessions and the references to other nodes' actors, which may
// outlive the node: after Close nothing goes out and nothing comes in. Any thread.
class NodeCore final : public RefTranslator,
                       public Acceptor,
                       public std::enable_shared_from_this<NodeCore> {
 public:
  // `options.advertise` is what references say, empty for a client. `system` and `transport`
  // outlive Close.
  NodeCore(const NodeOptions& options, ActorSystem* system, Transport* transport);
  ~NodeCore() override;

  // Before Start; called at each heartbeat.
  void set_on_tick(std::function<void()> on_tick) { on_tick_ = std::move(on_tick); }
  // Once, when it listens (a client: at once).
  void Start(std::string address) ABSL_LOCKS_EXCLUDED(mu_);
  // No new work from other nodes: it is answered kUnavailable, *not sent*.
  void StopTakingWork() { draining_.store(true); }
  // Waits until no call from another node is open, or the deadline; whether there is none. Blocks.
  bool AwaitCallsDone(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends all sessions; those who take it are told before, until the deadline. Blocks.
  void Close(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mu_);

  // Constant, or of those who know what they do.
  const NodeLimits& limits() const { return options_.limits; }
  const NodeOptions& options() const { return options_; }
  const SessionOptions& session_options() const { return session_options_; }
  const std::string& address() const { return address_; }
  uint64_t incarnation() const { return incarnation_; }
  const IntrusivePtr<SystemCore>& system_core() const { return system_core_; }
  // Not after Close.
  ActorSystem& system() const { return *system_; }
  ActorSystem* SystemUnlessClosed() const ABSL_LOCKS_EXCLUDED(mu_);
  Transport& transport() const { return *transport_; }
  const EncodeContext& encode_context() const { return encode_context_; }
  const DecodeContext& decode_context() const { return decode_context_; }
  bool draining() const { return draining_.load(std::memory_order_relaxed); }
  // For new work then: kUnavailable, *not sent*.
  absl::Status DrainingError() const;
  bool started() const { return started_.load(); }
  // What gRPC clients are served.
  GatewayRoutes& routes() { return routes_; }
  bool is_self(absl::string_view address) const { return !address.empty() && address == address_; }

  uint64_t RandomId();
  Urn RandomUrn();
  void FillHello(wire::Hello* hello) const;
  // The actor's cell, if it lives here.
  RecipientPtr FindCell(const Urn& urn) const;
  bool has_authorizer() const { return options_.authorize != nullptr; }
  bool MayCall(const Caller& caller, absl::string_view interface, absl::string_view method) const;

  // kInvalidArgument: no address; kResourceExhausted: too many other nodes; kUnavailable: closed.
  absl::StatusOr<IntrusivePtr<Peer>> PeerAt(const std::string& address) ABSL_LOCKS_EXCLUDED(mu_);
  // Whether references to actors at that address have been seen, or are expected.
  bool KnowsPeer(absl::string_view address) const ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<PeerInfo> Peers() const ABSL_LOCKS_EXCLUDED(mu_);

  // RefTranslator.
  absl::StatusOr<RefParts> Describe(const AnyRef& ref) const override;
  absl::StatusOr<AnyRef> Resolve(const RefParts& parts) const override;

  // From sessions and connections.
  void AddSession(std::weak_ptr<Session> session) ABSL_LOCKS_EXCLUDED(mu_);
  void CallOpened() { open_calls_.fetch_add(1); }
  void CallClosed();
  std::shared_ptr<ConnectionHandler> OnConnection(std::shared_ptr<Connection> connection) override
      ABSL_LOCKS_EXCLUDED(mu_);
  void ConnectionIntroduced(ServerConnection* connection) ABSL_LOCKS_EXCLUDED(mu_);
  // The session that a Hello asks for. Errors are what its sender is told: kFailedPrecondition (no
  // common version), kInvalidArgument, kNotFound (it is to be resumed, and is not known),
  // kResourceExhausted, kUnavailable (draining).
  absl::StatusOr<std::shared_ptr<ServerSession>> Admit(const wire::Hello& hello,
                                                       const Caller& caller)
      ABSL_LOCKS_EXCLUDED(mu_);
  void ServerSessionEnded(const ServerSession& session, const absl::Status& reason)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class TickRunnable;

  void ScheduleTick();
  void Tick() ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<std::shared_ptr<Session>> Sessions() ABSL_LOCKS_EXCLUDED(mu_);

  const NodeOptions options_;
  const SessionOptions session_options_;
  ActorSystem* const system_;
  const IntrusivePtr<SystemCore> system_core_;
  Transport* const transport_;
  RandomSource random_;
  const uint64_t incarnation_;
  GatewayRoutes routes_;
  const EncodeContext encode_context_;
  const DecodeContext decode_context_;
  std::string address_;  // constant after Start
  std::atomic<bool> started_{false};
  std::function<void()> on_tick_;  // constant after Start

  std::atomic<bool> draining_{false};
  std::atomic<int64_t> open_calls_{0};
  Event calls_done_;

  mutable Mutex mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::flat_hash_map<std::string, IntrusivePtr<Peer>> peers_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<uint64_t, std::shared_ptr<ServerSession>> server_sessions_
      ABSL_GUARDED_BY(mu_);
  std::vector<std::weak_ptr<Session>> sessions_ ABSL_GUARDED_BY(mu_);
  // Those that have not introduced themselves.
  absl::flat_hash_map<ServerConnection*, std::weak_ptr<ServerConnection>> strangers_
      ABSL_GUARDED_BY(mu_);
  Clock::TimerId timer_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_NODE_CORE_H_

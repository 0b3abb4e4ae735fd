#ifndef TROUPE_NODE_GRPC_TRANSPORT_H_
#define TROUPE_NODE_GRPC_TRANSPORT_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "node/grpc_call.h"
#include "node/grpc_connection.h"
#include "node/grpc_credentials.h"
#include "node/grpc_listener.h"
#include "node/grpc_poller.h"
#include "node/options.h"
#include "node/transport.h"
#include "runtime/clock.h"
#include "runtime/mutex.h"

namespace troupe::internal {

struct GrpcTransportOptions {
  // Of the deadlines of poller()->Poll; outlives the transport. Required.
  const Clock* clock = nullptr;
  TlsFiles tls = {};
  // Of a message that arrives; larger ones end the connection, or the call of a gRPC client
  // (kResourceExhausted).
  size_t max_message_bytes = (size_t{64} << 20) + (size_t{128} << 10);
  size_t max_client_message_bytes = size_t{64} << 20;
  // Whether an idle poller looks on for up to about 100 microseconds before it blocks. Three times
  // less latency (docs/performance.md), for some processor time while messages are exchanged.
  bool spin = true;
  // NodeOptions::busy_poll.
  absl::Duration busy_poll = absl::ZeroDuration();
};

// Takes the calls of gRPC clients: all methods but Node.Connect. Outlives the transport.
class GrpcCallHandler {
 public:
  virtual ~GrpcCallHandler() = default;

  // A call that has begun. Whoever polls calls this; it must not block. `gone` is to be called when
  // the call is no more: the transport's Shutdown, which cancels it, waits for that.
  virtual void OnCall(std::unique_ptr<GrpcServerCall> call, absl::AnyInvocable<void()> gone) = 0;
};

// Messages over gRPC: a connection is a call of troupe.wire.Node.Connect on a channel of its own.
// Nothing happens unless somebody polls: poller() is for the thread pool's workers (so it must
// outlive the pool) or a GrpcPollThread. Handlers are called by whoever polls. Owned by the node;
// any thread.
class GrpcTransport final : public Transport {
 public:
  // kInvalidArgument: see MakeGrpcCredentials.
  static absl::StatusOr<std::unique_ptr<GrpcTransport>> Create(GrpcTransportOptions options);
  // As Shutdown, if that has not been called.
  ~GrpcTransport() override;

  // Before Listen. Without one, such calls are answered kUnimplemented.
  void set_call_handler(GrpcCallHandler* handler) { call_handler_ = handler; }

  // After Shutdown it only waits for Interrupt.
  IdlePoller* poller() { return poller_.get(); }

  absl::StatusOr<std::string> Listen(const std::string& address, Acceptor* acceptor) override;
  std::shared_ptr<Connection> Connect(const std::string& address,
                                      std::shared_ptr<ConnectionHandler> handler) override;
  // Blocks briefly, for the accepting thread.
  void StopListening() override;
  // Lets connections send what is written, for up to GrpcConnection::kCloseGrace. Polls itself,
  // beside others that do. A Connect that comes later does nothing, and drops its handler.
  void Shutdown() override;

 private:
  class Incoming;
  friend class Incoming;

  GrpcTransport(GrpcTransportOptions options, GrpcCredentials credentials);

  absl::Status StartServer();
  void RequestCalls();
  void OnCall(std::unique_ptr<GrpcServerCall> call);
  void Refuse(std::unique_ptr<GrpcServerCall> call, const absl::Status& reason);
  std::shared_ptr<GrpcConnection> MakeConnection(std::unique_ptr<GrpcCall> call,
                                                 const std::string& target);
  std::function<void(GrpcConnection*)> Forgetter();
  bool Keep(const std::shared_ptr<GrpcConnection>& connection);
  void Forget(GrpcConnection* connection);
  void IncomingEnded();
  bool Ended();
  std::shared_ptr<grpc::Channel> MakeChannel(const Address& address) const;

  // Constant.
  const GrpcTransportOptions options_;
  const GrpcCredentials credentials_;

  // The queue comes from the builder, so that it serves both the server and the channels.
  grpc::ServerBuilder builder_;
  std::unique_ptr<GrpcPoller> poller_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // the poller's

  // Set by Listen, constant from then on.
  Acceptor* acceptor_ = nullptr;
  GrpcCallHandler* call_handler_ = nullptr;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> external_;
  std::unique_ptr<grpc::Server> server_;

  Mutex mu_;
  std::unique_ptr<GrpcListener> listener_ ABSL_GUARDED_BY(mu_);
  // Waits until the server's calls have ended, as gRPC's Shutdown does.
  std::thread server_end_ ABSL_GUARDED_BY(mu_);
  bool server_ended_ ABSL_GUARDED_BY(mu_) = false;
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
  int incoming_ ABSL_GUARDED_BY(mu_) = 0;  // calls that are waited for, refused, or the handler's
  absl::flat_hash_map<GrpcConnection*, std::shared_ptr<GrpcConnection>> connections_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_TRANSPORT_H_

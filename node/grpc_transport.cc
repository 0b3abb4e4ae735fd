#include "node/grpc_transport.h"

#include <glog/logging.h>
#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>

#include <algorithm>
#include <climits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "node/address.h"
#include "node/freed_memory.h"
#include "node/grpc_log.h"
#include "node/grpc_status.h"

namespace troupe::internal {
namespace {

constexpr char kConnectMethod[] = "/troupe.wire.Node/Connect";

// Calls that are asked for ahead: so many connections can begin in one round of polling.
constexpr int kRequestedCalls = 16;
constexpr int kMaxStreamsPerConnection = 128;
// For a connection's first bytes and TLS handshake.
constexpr int kHandshakeMillis = 5'000;
// A connection without any call is closed then.
constexpr int kIdleMillis = 30'000;
constexpr int kMaxMetadataBytes = 16 << 10;
// Of gRPC's attempts; ours end before, at the session's connect_timeout.
constexpr int kConnectMillis = 20'000;
// How long gRPC keeps what a failed attempt leaves behind. A session has a backoff of its own.
constexpr int kBackoffMillis = 100;
// How long Shutdown waits for an event before it looks whether all is over.
constexpr int kDrainMillis = 10;

int MessageLimit(size_t bytes) { return static_cast<int>(std::min<size_t>(bytes, INT_MAX)); }

// What gRPC makes a channel to. Its parser takes a path in the form of a URI's.
std::string Target(const Address& address) {
  if (!address.is_unix()) {
    const std::string text = address.ToString();
    return text[0] == '[' ? text : absl::StrCat("dns:///", text);
  }
  std::string target = "unix:";
  for (const char c : address.path) {
    if (absl::ascii_isalnum(c) || c == '/' || c == '.' || c == '_' || c == '-') {
      target += c;
    } else {
      absl::StrAppendFormat(&target, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return target;
}

}  // namespace

// Waits for a call of others; refuses it if it is not for us. Deletes itself.
class GrpcTransport::Incoming {
 public:
  explicit Incoming(GrpcTransport* transport)
      : transport_(transport), call_(std::make_unique<GrpcServerCall>()) {}

  void Request() { call_->Request(&transport_->service_, transport_->queue_, &requested_); }

  Incoming(GrpcTransport* transport, std::unique_ptr<GrpcServerCall> call)
      : transport_(transport), call_(std::move(call)) {}

  void Refuse(const absl::Status& reason) {
    status_ = ToGrpcStatus(reason);
    call_->Finish(&status_, &refused_);
  }

 private:
  void Requested(bool ok) {
    const std::unique_ptr<Incoming> self(this);
    // The next one first: what OnCall does may take a while.
    if (ok) {
      transport_->RequestCalls();
      transport_->OnCall(std::move(call_));
    } else {
      call_->NeverCame();
    }
    transport_->IncomingEnded();
  }

  void Refused(bool) {
    const std::unique_ptr<Incoming> self(this);
    call_ = nullptr;
    transport_->IncomingEnded();
  }

  GrpcTransport* const transport_;
  std::unique_ptr<GrpcServerCall> call_;
  grpc::Status status_;
  GrpcMemberTag<Incoming> requested_{this, &Incoming::Requested};
  GrpcMemberTag<Incoming> refused_{this, &Incoming::Refused};
};

absl::StatusOr<std::unique_ptr<GrpcTransport>> GrpcTransport::Create(GrpcTransportOptions options) {
  LimitGrpcLog();
  absl::StatusOr<GrpcCredentials> credentials = MakeGrpcCredentials(options.tls);
  if (!credentials.ok()) return credentials.status();
  return std::unique_ptr<GrpcTransport>(
      new GrpcTransport(std::move(options), *std::move(credentials)));
}

GrpcTransport::GrpcTransport(GrpcTransportOptions options, GrpcCredentials credentials)
    : options_(std::move(options)), credentials_(std::move(credentials)) {
  KeepFreedMemory();
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder_.AddCompletionQueue();
  queue_ = queue.get();
  poller_ = std::make_unique<GrpcPoller>(std::move(queue), options_.clock, options_.spin,
                                         options_.busy_poll);
}

GrpcTransport::~GrpcTransport() {
  Shutdown();
  server_ = nullptr;
}

absl::StatusOr<std::string> GrpcTransport::Listen(const std::string& address, Acceptor* acceptor) {
  if (credentials_.server == nullptr) {
    return absl::InvalidArgumentError(
        "tls.certificate is empty; a node that listens with TLS needs tls.certificate and "
        "tls.private_key");
  }
  absl::StatusOr<Address> parsed = Address::Parse(address);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<std::unique_ptr<GrpcListener>> listener = GrpcListener::Listen(*parsed);
  if (!listener.ok()) return listener.status();
  acceptor_ = acceptor;
  if (absl::Status status = StartServer(); !status.ok()) return status;
  const std::string got = (*listener)->address().ToString();
  for (int i = 0; i < kRequestedCalls; ++i) RequestCalls();
  (*listener)->Accept([this](int listening, FileDescriptor connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listening;
    parameters.fd = connection.Release();
    external_->HandleNewConnection(&parameters);
  });
  MutexLock lock(&mu_);
  listener_ = *std::move(listener);
  return got;
}

absl::Status GrpcTransport::StartServer() {
  builder_.RegisterAsyncGenericService(&service_);
  // gRPC knows one limit for all methods; GrpcConnection looks after that of its own.
  builder_.SetMaxReceiveMessageSize(
      MessageLimit(call_handler_ != nullptr
                       ? std::max(options_.max_message_bytes, options_.max_client_message_bytes)
                       : options_.max_message_bytes));
  builder_.SetMaxSendMessageSize(-1);
  builder_.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder_.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMillis);
  builder_.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMillis);
  builder_.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  external_ = builder_.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials_.server);
  server_ = builder_.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC cannot start a server");
  return absl::OkStatus();
}

// One more call that is waited for.
void GrpcTransport::RequestCalls() {
  {
    MutexLock lock(&mu_);
    if (shut_down_) return;
    ++incoming_;
  }
  (new Incoming(this))->Request();
}

// The one place where it is decided what a call is for.
void GrpcTransport::OnCall(std::unique_ptr<GrpcServerCall> call) {
  if (call->method() != kConnectMethod && call_handler_ != nullptr) {
    {
      MutexLock lock(&mu_);
      ++incoming_;
    }
    call_handler_->OnCall(std::move(call), [this] { IncomingEnded(); });
    return;
  }
  if (call->method() != kConnectMethod) {
    Refuse(std::move(call), absl::UnimplementedError("no such method; this is a Troupe node"));
    return;
  }
  std::shared_ptr<GrpcConnection> connection = MakeConnection(std::move(call), "");
  if (Keep(connection)) connection->Accept(acceptor_->OnConnection(connection));
}

void GrpcTransport::Refuse(std::unique_ptr<GrpcServerCall> call, const absl::Status& reason) {
  {
    MutexLock lock(&mu_);
    ++incoming_;
  }
  (new Incoming(this, std::move(call)))->Refuse(reason);
}

std::shared_ptr<Connection> GrpcTransport::Connect(const std::string& address,
                                                   std::shared_ptr<ConnectionHandler> handler) {
  const absl::StatusOr<Address> parsed = Address::Parse(address);
  std::shared_ptr<GrpcConnection> connection;
  if (parsed.ok()) {
    connection = MakeConnection(
        std::make_unique<GrpcClientCall>(MakeChannel(*parsed), kConnectMethod, queue_), address);
  } else {
    connection = std::make_shared<GrpcConnection>(parsed.status(), queue_, Forgetter());
  }
  if (Keep(connection)) {
    connection->Start(std::move(handler));
  } else {
    connection->Abandon();
  }
  return connection;
}

std::shared_ptr<grpc::Channel> GrpcTransport::MakeChannel(const Address& address) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMillis);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kBackoffMillis);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kBackoffMillis);
  arguments.SetMaxReceiveMessageSize(MessageLimit(options_.max_message_bytes));
  arguments.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel(Target(address), credentials_.channel, arguments);
}

std::function<void(GrpcConnection*)> GrpcTransport::Forgetter() {
  return [this](GrpcConnection* gone) { Forget(gone); };
}

std::shared_ptr<GrpcConnection> GrpcTransport::MakeConnection(std::unique_ptr<GrpcCall> call,
                                                              const std::string& target) {
  return std::make_shared<GrpcConnection>(std::move(call), queue_, target,
                                          options_.max_message_bytes, Forgetter());
}

// False: too late, the transport has been shut down.
bool GrpcTransport::Keep(const std::shared_ptr<GrpcConnection>& connection) {
  MutexLock lock(&mu_);
  if (!shut_down_) connections_[connection.get()] = connection;
  return !shut_down_;
}

void GrpcTransport::Forget(GrpcConnection* connection) {
  std::shared_ptr<GrpcConnection> last;
  MutexLock lock(&mu_);
  const auto found = connections_.find(connection);
  last = std::move(found->second);
  connections_.erase(found);
}

void GrpcTransport::IncomingEnded() {
  MutexLock lock(&mu_);
  --incoming_;
}

void GrpcTransport::StopListening() {
  std::unique_ptr<GrpcListener> listener;
  {
    MutexLock lock(&mu_);
    listener = std::move(listener_);
  }
  if (listener == nullptr) return;
  listener = nullptr;
  MutexLock lock(&mu_);
  server_end_ = std::thread([this] {
    server_->Shutdown();
    MutexLock lock(&mu_);
    server_ended_ = true;
  });
}

void GrpcTransport::Shutdown() {
  std::vector<std::shared_ptr<GrpcConnection>> connections;
  {
    MutexLock lock(&mu_);
    if (shut_down_) return;
    shut_down_ = true;
    for (const auto& [unused, connection] : connections_) connections.push_back(connection);
  }
  StopListening();
  for (const auto& connection : connections) {
    connection->Close(absl::UnavailableError("the node shuts down"));
  }
  connections.clear();
  while (!Ended()) poller_->Drain(kDrainMillis);
  std::thread server_end;
  {
    MutexLock lock(&mu_);
    server_end = std::move(server_end_);
  }
  if (server_end.joinable()) server_end.join();
  poller_->Close();
}

// Whether everything is gone. Once our connections are, those that others hold without a call, or
// with one that we refused, need not be waited for.
bool GrpcTransport::Ended() {
  {
    MutexLock lock(&mu_);
    if (!connections_.empty()) return false;
    if (incoming_ == 0 && (server_ == nullptr || server_ended_)) return true;
  }
  if (server_ != nullptr) grpc_server_cancel_all_calls(server_->c_server());
  return false;
}

}  // namespace troupe::internal

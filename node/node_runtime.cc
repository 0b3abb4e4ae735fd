#include "node/node_runtime.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/address.h"
#include "node/gateway.h"
#include "node/grpc_poller.h"
#include "node/grpc_transport.h"

namespace troupe::internal {
namespace {

// A batch of small frames and a piece of a large one still fit into a message of the protocol.
constexpr size_t kMinBatchBytes = 4 * 1024;
constexpr size_t kMaxBatchOption = 256 * 1024;
// Tells the others that the node goes, when nothing else is left to do.
constexpr absl::Duration kGoodbyeTime = absl::Seconds(1);

absl::Status CheckLimits(const NodeOptions& options) {
  const NodeLimits& limits = options.limits;
  if (limits.batch_bytes < kMinBatchBytes || limits.batch_bytes > kMaxBatchOption) {
    return absl::InvalidArgumentError(absl::StrCat("NodeLimits::batch_bytes is ",
                                                   limits.batch_bytes, ", it must be from ",
                                                   kMinBatchBytes, " to ", kMaxBatchOption));
  }
  if (limits.outbox_bytes < limits.message_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "NodeLimits::outbox_bytes (", limits.outbox_bytes, ") is smaller than message_bytes (",
        limits.message_bytes, "): no such message would fit"));
  }
  if (limits.message_bytes == 0 || limits.message_bytes > size_t{1} << 30) {
    return absl::InvalidArgumentError("NodeLimits::message_bytes must be from 1 to 1 GiB");
  }
  if (limits.pending_calls == 0 || limits.connections == 0 || limits.handshakes == 0 ||
      limits.peers == 0 || limits.inbound_bytes == 0 || limits.client_calls == 0) {
    return absl::InvalidArgumentError("a limit of NodeLimits is 0: nothing could be sent");
  }
  if (options.heartbeat < absl::Milliseconds(1) || options.down_after < 2 * options.heartbeat) {
    return absl::InvalidArgumentError(absl::StrCat(
        "down_after (", absl::FormatDuration(options.down_after),
        ") must be at least two heartbeats (", absl::FormatDuration(options.heartbeat), " each)"));
  }
  return absl::OkStatus();
}

absl::Status CheckListen(const NodeOptions& options) {
  const absl::StatusOr<Address> listen = Address::Parse(options.listen);
  if (!listen.ok()) return listen.status();
  if (!options.advertise.empty()) {
    const absl::StatusOr<Address> advertise = Address::Parse(options.advertise);
    if (!advertise.ok()) return advertise.status();
  } else if (listen->host == "0.0.0.0" || listen->host == "::") {
    return absl::InvalidArgumentError(absl::StrCat(
        "a node that listens at ", options.listen,
        " has to be told how others reach it: set NodeOptions::advertise (\"10.0.0.7:7000\")"));
  }
  if (listen->IsLoopback() || options.insecure || !options.tls.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("listening at ", options.listen,
                   " without TLS would let everybody who reaches this machine call its actors: set "
                   "NodeOptions::tls, or NodeOptions::insecure if the network is trusted"));
}

// Nothing to do: the thread pool makes its first worker for the first turn, and only workers poll.
class FirstTurn final : public Runnable {
 public:
  void Run() override { delete this; }
};

// The address that others are told.
std::string Advertised(const NodeOptions& options, const std::string& bound) {
  if (options.advertise.empty()) return bound;
  absl::StatusOr<Address> advertise = Address::Parse(options.advertise);
  const absl::StatusOr<Address> listen = Address::Parse(bound);
  if (!advertise.ok() || !listen.ok() || advertise->is_unix() || advertise->port != 0) {
    return options.advertise;
  }
  advertise->port = listen->port;
  return advertise->ToString();
}

}  // namespace

NodeRuntime::NodeRuntime(NodeOptions options) : options_(std::move(options)) {
  clock_ = options_.system.clock;
  if (clock_ == nullptr) {
    own_clock_ = std::make_unique<SteadyClock>();
    clock_ = options_.system.clock = own_clock_.get();
  }
}

absl::StatusOr<std::unique_ptr<NodeRuntime>> NodeRuntime::Create(
    NodeOptions options, bool listens, std::unique_ptr<Transport> transport) {
  absl::Status status = CheckLimits(options);
  if (status.ok() && listens && transport == nullptr) status = CheckListen(options);
  if (!status.ok()) return status;
  std::unique_ptr<NodeRuntime> runtime(new NodeRuntime(std::move(options)));
  runtime->transport_ = std::move(transport);
  if (runtime->transport_ == nullptr) status = runtime->MakeTransport();
  if (status.ok()) status = runtime->Start(listens);
  if (!status.ok()) return status;
  return runtime;
}

absl::Status NodeRuntime::MakeTransport() {
  GrpcTransportOptions options;
  options.clock = clock_;
  options.tls = options_.tls;
  options.max_message_bytes = kMaxBatchBytes;
  options.max_client_message_bytes = options_.limits.message_bytes;
  options.busy_poll = options_.busy_poll;
  absl::StatusOr<std::unique_ptr<GrpcTransport>> transport =
      GrpcTransport::Create(std::move(options));
  if (!transport.ok()) return transport.status();
  grpc_ = transport->get();
  transport_ = *std::move(transport);
  return absl::OkStatus();
}

absl::Status NodeRuntime::Start(bool listens) {
  SystemOptions system = options_.system;
  const bool own_workers = system.executor == nullptr;
  if (grpc_ != nullptr && own_workers) system.poller = grpc_->poller();
  system_ = std::make_unique<ActorSystem>(system);
  if (grpc_ != nullptr && !own_workers) {
    poll_thread_ = std::make_unique<GrpcPollThread>(grpc_->poller());
  }
  core_ = std::make_shared<NodeCore>(options_, system_.get(), transport_.get());
  std::string address;
  if (listens) {
    if (grpc_ != nullptr) {
      gateway_ = std::make_unique<Gateway>(core_);
      grpc_->set_call_handler(gateway_.get());
      core_->set_on_tick([gateway = gateway_.get()] { gateway->Refresh(); });
    }
    absl::StatusOr<std::string> bound = transport_->Listen(options_.listen, core_.get());
    if (!bound.ok()) return bound.status();
    address = Advertised(options_, *bound);
  }
  core_->Start(std::move(address));
  if (system.poller != nullptr) system_->executor().Schedule(new FirstTurn);
  return absl::OkStatus();
}

NodeRuntime::~NodeRuntime() { Shutdown(); }

absl::Status NodeRuntime::Drain(absl::Duration timeout) {
  core_->StopTakingWork();
  if (gateway_ != nullptr) gateway_->Refresh();
  if (core_->AwaitCallsDone(clock_->Now() + timeout)) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("calls of other nodes were still open after ", absl::FormatDuration(timeout)));
}

void NodeRuntime::Shutdown() {
  {
    MutexLock lock(&mu_);
    if (std::exchange(shut_down_, true)) return;
  }
  if (core_ != nullptr) {
    transport_->StopListening();
    const absl::Time deadline = clock_->Now() + options_.system.shutdown_deadline;
    core_->StopTakingWork();
    if (gateway_ != nullptr) gateway_->Refresh();
    // What was queued before is handled: each actor stops behind it.
    (void)system_->StopAll(options_.system.shutdown_deadline);
    (void)core_->AwaitCallsDone(deadline);
    core_->Close(clock_->Now() + kGoodbyeTime);
  }
  if (transport_ != nullptr) transport_->Shutdown();
  poll_thread_.reset();
  system_.reset();
}

}  // namespace troupe::internal

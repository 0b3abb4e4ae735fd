#include "node/gateway.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/gateway_actors.h"
#include "node/gateway_reflection.h"
#include "node/gateway_stream.h"
#include "node/gateway_unary.h"
#include "node/peer.h"
#include "node/remote_recipient.h"
#include "runtime/actor_cell.h"
#include "runtime/errors.h"
#include "runtime/system_core.h"

namespace troupe::internal {
namespace {

// What a message takes besides its request, about.
constexpr size_t kMessageOverhead = 64;

// The method of an actor that lives here; null if its class does not have the service.
const RpcInfo* FindRpc(const ClassInfo& info, const GatewayRoutes::Route& route) {
  for (const ServiceInfo* service : info.services) {
    if (service == route.service) return route.rpc;
    // The same service with classes in another namespace.
    if (service->full_name == route.service->full_name) return service->FindRpc(route.rpc->name);
  }
  return nullptr;
}

bool IsReflection(absl::string_view service) {
  return service != Gateway::kHealth && service != Gateway::kActors && Gateway::IsBuiltIn(service);
}

absl::Status TooManyCallsError(uint32_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat("this node has ", limit, " calls of gRPC clients under way, its limit"));
}

}  // namespace

bool GatewayWindow::Take(size_t bytes) {
  // One that is larger than the window still gets through, alone.
  const size_t before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (before == 0 || before + bytes <= limit_) return true;
  Return(bytes);
  return false;
}

absl::Status GatewayClient::Take(size_t bytes) {
  if (bytes > message_bytes_) return MessageTooLargeError("the request", bytes, message_bytes_);
  if (!window_->Take(bytes + kMessageOverhead)) return InboundFullError(window_->limit());
  credit_ = InboundCredit(window_.get(), bytes + kMessageOverhead);
  return absl::OkStatus();
}

Gateway::Gateway(std::shared_ptr<NodeCore> node)
    : node_(std::move(node)),
      context_{.encode = node_->encode_context(), .decode = node_->decode_context()},
      window_(
          IntrusivePtr<GatewayWindow>::Adopt(new GatewayWindow(node_->limits().inbound_bytes))) {}

Gateway::~Gateway() = default;

bool Gateway::IsBuiltIn(absl::string_view service) {
  return std::find(std::begin(kBuiltIn), std::end(kBuiltIn), service) != std::end(kBuiltIn);
}

bool Gateway::CallOpened() {
  if (open_.fetch_add(1, std::memory_order_relaxed) < node_->limits().client_calls) return true;
  CallClosed();
  return false;
}

absl::StatusOr<RecipientPtr> Gateway::FindActor(const GatewayRoutes::Route& route,
                                                absl::string_view actor) {
  if (actor.empty()) {
    if (route.default_actor != nullptr) return route.default_actor;
    return absl::FailedPreconditionError(
        absl::StrCat("which actor? name it in the metadata ", kActorKey,
                     " (a registered name, or urn:uuid:...); this node has no default for ",
                     route.service->full_name, " (Node::RegisterDefault)"));
  }
  return FindNamedActor(actor);
}

absl::StatusOr<RecipientPtr> Gateway::FindNamedActor(absl::string_view actor) const {
  absl::StatusOr<AnyRef> found;
  if (absl::StartsWithIgnoreCase(actor, "urn:uuid:")) {
    const absl::StatusOr<Urn> urn = Urn::Parse(actor);
    if (!urn.ok()) return urn.status();
    found = node_->system().FindNamedOrHere(*urn);
  } else {
    found = node_->system().Find(actor);
  }
  if (!found.ok()) return found.status();
  return found->recipient();
}

absl::StatusOr<Gateway::Destination> Gateway::FindDestination(absl::string_view path,
                                                              absl::string_view actor,
                                                              const Caller& caller) {
  if (path == kCallByName) {
    absl::StatusOr<RecipientPtr> called = FindCalledActor(*this, actor, caller);
    if (!called.ok()) return called.status();
    return Destination{.actor = *std::move(called)};
  }
  absl::Status error;
  RecipientPtr recipient;
  absl::StatusOr<GatewayRoutes::Route> route = node_->routes().Find(path);
  if (route.ok()) {
    absl::StatusOr<RecipientPtr> found = FindActor(*route, actor);
    if (found.ok()) recipient = *std::move(found);
    error = found.status();
  } else {
    error = route.status();
  }
  if (node_->has_authorizer()) {
    const RpcPath names(path);
    const absl::string_view interface =
        recipient != nullptr ? recipient->class_name() : names.ShortService();
    const absl::string_view method = route.ok() ? route->rpc->method : names.method;
    if (!node_->MayCall(caller, interface, method)) return PermissionDeniedError();
  }
  if (!error.ok()) return error;
  const RpcInfo* rpc = route->rpc;
  if (ActorCell* const cell = recipient->local_cell(); cell != nullptr) {
    rpc = FindRpc(cell->info(), *route);
    if (rpc == nullptr) {
      return absl::UnimplementedError(absl::StrCat(ActorText(cell->class_name(), cell->urn()),
                                                   " does not serve ", route->service->full_name));
    }
  }
  return Destination{.rpc = rpc, .actor = std::move(recipient)};
}

void Gateway::OnCall(std::unique_ptr<GrpcServerCall> call, absl::AnyInvocable<void()> gone) {
  GatewayTicket ticket{.gateway = this, .call = std::move(call), .gone = std::move(gone)};
  const absl::Status refused = Dispatch(&ticket);
  if (!refused.ok()) RefuseCall(std::move(ticket), refused);
}

absl::Status Gateway::Dispatch(GatewayTicket* ticket) {
  const absl::string_view path = ticket->call->method();
  if (path != kCallByName && IsBuiltIn(RpcPath(path).service)) return DispatchBuiltIn(ticket);
  if (!node_->started() || node_->draining()) return node_->DrainingError();
  ticket->counted = CallOpened();
  if (!ticket->counted) {
    return TooManyCallsError(node_->limits().client_calls);
  }
  const GrpcServerCall& call = *ticket->call;
  auto client =
      IntrusivePtr<GatewayClient>::Adopt(new GatewayClient(window_, node_->limits().message_bytes));
  client->info.caller = call.GetCaller();
  absl::StatusOr<Destination> destination =
      FindDestination(call.method(), call.FindMetadata(kActorKey), client->info.caller);
  if (!destination.ok()) return destination.status();
  client->info.metadata = call.Metadata();
  if (node_->options().compress_replies) ticket->call->Compress();
  ticket->for_actor = true;
  GatewayCall* taken = nullptr;
  if (destination->rpc != nullptr && destination->rpc->server_streaming) {
    taken = new GatewayStream(std::move(*ticket), *std::move(destination), std::move(client));
  } else {
    taken = new GatewayUnary(std::move(*ticket), *std::move(destination), std::move(client));
  }
  taken->Begin();
  return absl::OkStatus();
}

absl::Status Gateway::DispatchBuiltIn(GatewayTicket* ticket) {
  ticket->counted = CallOpened();
  if (!ticket->counted) return TooManyCallsError(node_->limits().client_calls);
  const RpcPath path(ticket->call->method());
  if (!node_->MayCall(ticket->call->GetCaller(), path.ShortService(), path.method)) {
    return PermissionDeniedError();
  }
  if (path.service == kHealth && path.method == "Check") {
    health_.Check(std::move(*ticket));
  } else if (path.service == kHealth && path.method == "Watch") {
    health_.Watch(std::move(*ticket));
  } else if (path.service == kActors && path.method == "List") {
    ServeActorsList(std::move(*ticket));
  } else if (IsReflection(path.service) && path.method == "ServerReflectionInfo") {
    ServeReflection(std::move(*ticket));
  } else {
    return GatewayRoutes::NoSuchMethodError(path);
  }
  return absl::OkStatus();
}

absl::Time Gateway::DeadlineOf(const GrpcServerCall& call) const {
  const absl::Duration left = call.TimeLeft();
  Clock* const clock = node_->system_core()->clock();
  if (left == absl::InfiniteDuration() || clock == nullptr) return absl::InfiniteFuture();
  return clock->Now() + left;
}

void Gateway::AddInitialMetadata(GrpcServerCall& call, GatewayClient& client) const {
  for (const auto& [key, value] : client.TakeInitial()) call.AddHeader(key, value);
}

void Gateway::AddTrailers(GrpcServerCall& call, GatewayClient& client,
                          const Recipient& actor) const {
  for (const auto& [key, value] : client.TakeTrailing()) call.AddTrailer(key, value);
  const auto* remote = dynamic_cast<const RemoteRecipient*>(&actor);
  call.AddTrailer(kNodeTrailer, remote != nullptr ? remote->peer().address() : node_->address());
  call.AddTrailer(kUrnTrailer, actor.urn().ToString());
}

absl::Status NoRequestError() { return absl::InvalidArgumentError("the call has no request"); }

}  // namespace troupe::internal

#include "node/node_requests.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/node_core.h"
#include "proto/wire.pb.h"
#include "runtime/actor_cell.h"
#include "runtime/codec.h"
#include "runtime/errors.h"
#include "runtime/value.h"

namespace troupe::internal {
namespace {

template <typename Request>
absl::StatusOr<Request> Parse(absl::string_view bytes) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError(
        absl::StrCat("these ", bytes.size(), " bytes are no ", Request::descriptor()->name()));
  }
  return request;
}

absl::Duration NanosOr(uint64_t nanos, absl::Duration if_zero) {
  return nanos == 0 ? if_zero
                    : absl::Nanoseconds(static_cast<int64_t>(
                          std::min<uint64_t>(nanos, std::numeric_limits<int64_t>::max())));
}

SpawnOptions OptionsFrom(const wire::SpawnRequest& request) {
  SpawnOptions options;
  options.name = request.name();
  options.mailbox_capacity = request.mailbox_capacity();
  options.reentrant = request.reentrant();
  options.own_thread = request.own_thread();
  options.restart.max_restarts =
      static_cast<int>(std::min<uint32_t>(request.max_restarts(), INT_MAX));
  options.restart.within = NanosOr(request.restart_within_nanos(), absl::InfiniteDuration());
  options.restart.min_backoff = NanosOr(request.min_backoff_nanos(), absl::ZeroDuration());
  options.restart.max_backoff = NanosOr(request.max_backoff_nanos(), absl::ZeroDuration());
  return options;
}

absl::StatusOr<std::string> Spawn(NodeCore& node, const Caller& caller, absl::string_view bytes,
                                  Urn* spawned) {
  const absl::StatusOr<wire::SpawnRequest> request = Parse<wire::SpawnRequest>(bytes);
  const std::string class_name = request.ok() ? request->class_name() : "";
  if (!node.MayCall(caller, "Node", absl::StrCat("spawn:", class_name))) {
    return PermissionDeniedError();
  }
  if (!request.ok()) return request.status();
  const absl::StatusOr<Urn> urn = Urn::FromBytes(request->urn());
  if (!urn.ok()) return urn.status();
  *spawned = *urn;
  absl::Status status = absl::UnimplementedError(
      absl::StrCat("node ", node.address(), " hosts no actors of class ", request->class_name(),
                   "; its NodeOptions::classes would have to name it"));
  for (const HostedClass& hosted : node.options().classes) {
    if (hosted.class_name != request->class_name()) continue;
    status = hosted.spawn(node.system(), *urn, OptionsFrom(*request), node.decode_context(),
                          request->arguments());
    // Another constructor may take these arguments.
    if (!absl::IsInvalidArgument(status)) break;
  }
  if (!status.ok()) return status;
  return wire::SpawnReply().SerializeAsString();
}

// A message of ActorRef has the encoding of a reference.
absl::StatusOr<wire::ActorRef> ToWire(const NodeCore& node, const AnyRef& ref) {
  const absl::StatusOr<RefParts> parts = node.Describe(ref);
  if (!parts.ok()) return parts.status();
  wire::ActorRef actor;
  actor.set_urn(parts->urn.ToBytes());
  actor.set_class_name(parts->class_name);
  actor.set_node_address(parts->node_address);
  actor.set_incarnation(parts->incarnation);
  return actor;
}

bool IsOfClass(const AnyRef& ref, absl::string_view class_name) {
  if (class_name.empty()) return true;
  ActorCell* const cell = ref.recipient()->local_cell();
  // Of one that lives elsewhere it is not known here.
  return cell == nullptr || cell->info().IsNamed(class_name);
}

absl::StatusOr<std::string> Find(NodeCore& node, absl::string_view bytes) {
  const absl::StatusOr<wire::FindRequest> request = Parse<wire::FindRequest>(bytes);
  if (!request.ok()) return request.status();
  const absl::StatusOr<AnyRef> found = node.system().Find(absl::string_view(request->name()));
  if (!found.ok()) return found.status();
  if (!IsOfClass(*found, request->class_name())) {
    return absl::InvalidArgumentError(
        absl::StrCat(found->ToString(), " is no ", request->class_name()));
  }
  absl::StatusOr<wire::ActorRef> actor = ToWire(node, *found);
  if (!actor.ok()) return actor.status();
  wire::FindReply reply;
  *reply.mutable_actor() = *std::move(actor);
  return reply.SerializeAsString();
}

absl::StatusOr<std::string> List(NodeCore& node, absl::string_view bytes) {
  const absl::StatusOr<wire::ListRequest> request = Parse<wire::ListRequest>(bytes);
  if (!request.ok()) return request.status();
  wire::ListReply reply;
  for (const AnyRef& ref : node.system().All()) {
    if (!IsOfClass(ref, request->class_name())) continue;
    // Those of local-only classes are nobody's business elsewhere.
    absl::StatusOr<wire::ActorRef> actor = ToWire(node, ref);
    if (actor.ok()) *reply.add_actors() = *std::move(actor);
  }
  return reply.SerializeAsString();
}

absl::StatusOr<std::string> Register(NodeCore& node, absl::string_view bytes) {
  const absl::StatusOr<wire::RegisterRequest> request = Parse<wire::RegisterRequest>(bytes);
  if (!request.ok()) return request.status();
  const wire::ActorRef& actor = request->actor();
  const absl::StatusOr<Urn> urn = Urn::FromBytes(actor.urn());
  if (!urn.ok()) return urn.status();
  if (request->name().empty()) return absl::InvalidArgumentError("an empty name");
  const absl::StatusOr<AnyRef> ref = node.Resolve({.urn = *urn,
                                                   .class_name = actor.class_name(),
                                                   .node_address = actor.node_address(),
                                                   .incarnation = actor.incarnation()});
  if (!ref.ok()) return ref.status();
  absl::Status status = node.system().Register(request->name(), *ref);
  if (!status.ok()) return status;
  return wire::RegisterReply().SerializeAsString();
}

absl::StatusOr<std::string> Unregister(NodeCore& node, absl::string_view bytes) {
  const absl::StatusOr<wire::UnregisterRequest> request = Parse<wire::UnregisterRequest>(bytes);
  if (!request.ok()) return request.status();
  node.system().Unregister(request->name());
  return wire::UnregisterReply().SerializeAsString();
}

absl::StatusOr<std::string> Broadcast(NodeCore& node, absl::string_view bytes) {
  const absl::StatusOr<wire::BroadcastRequest> request = Parse<wire::BroadcastRequest>(bytes);
  if (!request.ok()) return request.status();
  std::string argument;
  Writer writer(node.encode_context(), &argument);
  writer.Tag(1, WireType::kBytes);
  writer.LengthAndBytes(request->message().SerializeAsString());
  if (absl::Status status = writer.Finish(); !status.ok()) return status;
  const absl::StatusOr<Value> message = DecodeResult<Value>(node.decode_context(), argument);
  if (!message.ok()) return message.status();
  wire::BroadcastReply reply;
  for (const AnyRef& ref : node.system().All()) {
    if (!IsOfClass(ref, request->class_name())) continue;
    if (ref.Tell(*message) == SendResult::kSent) reply.set_sent(reply.sent() + 1);
  }
  return reply.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> AnswerNodeRequest(NodeCore& node, const Caller& caller,
                                              absl::string_view method, absl::string_view arguments,
                                              Urn* spawned) {
  if (arguments.size() > INT_MAX) return absl::InvalidArgumentError("too large");
  if (method == "spawn") return Spawn(node, caller, arguments, spawned);
  if (!node.MayCall(caller, "Node", method)) return PermissionDeniedError();
  if (method == "find") return Find(node, arguments);
  if (method == "list") return List(node, arguments);
  if (method == "register") return Register(node, arguments);
  if (method == "unregister") return Unregister(node, arguments);
  if (method == "broadcast") return Broadcast(node, arguments);
  return NoSuchMethodError("Node", method);
}

}  // namespace troupe::internal

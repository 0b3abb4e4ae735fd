#include "node/node_ref.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "node/node_core.h"
#include "node/node_request.h"
#include "node/peer.h"
#include "node/remote_recipient.h"
#include "proto/wire.pb.h"
#include "runtime/actor_cell.h"

namespace troupe {
namespace {

using internal::GoneRecipient;
using internal::NodeRequest;
using internal::RemoteRecipient;

template <typename Reply>
absl::StatusOr<Reply> ParseReply(const std::string& bytes) {
  Reply reply;
  if (!reply.ParseFromString(bytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat("these ", bytes.size(), " bytes are no ", Reply::descriptor()->name()));
  }
  return reply;
}

absl::StatusOr<AnyRef> FromWire(const internal::NodeCore& core, const wire::ActorRef& actor) {
  const absl::StatusOr<Urn> urn = Urn::FromBytes(actor.urn());
  if (!urn.ok()) return urn.status();
  return core.Resolve({.urn = *urn,
                       .class_name = actor.class_name(),
                       .node_address = actor.node_address(),
                       .incarnation = actor.incarnation()});
}

uint64_t Nanos(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return 0;
  return static_cast<uint64_t>(std::max<int64_t>(0, absl::ToInt64Nanoseconds(duration)));
}

std::string EncodeValue(const Value& value, const internal::EncodeContext& context,
                        absl::Status* status) {
  // A message with the value in field 1, which is what BroadcastRequest is, too.
  std::string bytes;
  *status = internal::EncodeResult(context, &bytes, value);
  return bytes;
}

// As ListRequest and BroadcastRequest mean it: also by the name of an interface.
std::vector<AnyRef> ActorsHere(const ActorSystem& system, absl::string_view class_name) {
  std::vector<AnyRef> all = system.All();
  if (class_name.empty()) return all;
  std::vector<AnyRef> found;
  for (AnyRef& ref : all) {
    if (ref.recipient()->local_cell()->info().IsNamed(class_name)) found.push_back(std::move(ref));
  }
  return found;
}

// Sends the request as to `recipient`, whose messages follow it.
Future<std::string> Send(Recipient& recipient, const char* method, std::string arguments) {
  auto* request = new NodeRequest(method, std::move(arguments));
  Future<std::string> future(request);
  recipient.Deliver(request);
  return future;
}

}  // namespace

NodeRef::NodeRef(std::shared_ptr<internal::NodeCore> core, std::string address)
    : core_(std::move(core)), address_(std::move(address)) {}

ActorSystem* NodeRef::LocalSystem() const {
  return core_->is_self(address_) ? core_->SystemUnlessClosed() : nullptr;
}

const internal::EncodeContext& NodeRef::encode_context() const { return core_->encode_context(); }

Future<std::string> NodeRef::Request(const char* method, const std::string& arguments) const {
  absl::StatusOr<IntrusivePtr<internal::Peer>> peer = core_->PeerAt(address_);
  if (!peer.ok()) return Future<std::string>::Ready(peer.status());
  const auto node =
      IntrusivePtr<RemoteRecipient>::Adopt(new RemoteRecipient(*std::move(peer), Urn(), "Node", 0));
  return Send(*node, method, arguments);
}

RecipientPtr NodeRef::SpawnThere(const internal::ClassInfo& info, const SpawnOptions& options,
                                 const absl::Status& encoded, std::string arguments) const {
  const Urn urn = core_->RandomUrn();
  std::string class_name(info.name);
  absl::StatusOr<IntrusivePtr<internal::Peer>> peer = core_->PeerAt(address_);
  const absl::Status& failed = encoded.ok() ? peer.status() : encoded;
  if (!failed.ok()) {
    LOG(ERROR) << class_name << " is not spawned at " << address_ << ": " << failed;
    return RecipientPtr::Adopt(
        new GoneRecipient(core_->system_core(), urn, std::move(class_name), failed));
  }
  wire::SpawnRequest request;
  request.set_urn(urn.ToBytes());
  request.set_class_name(info.full_name.data(), info.full_name.size());
  request.set_arguments(std::move(arguments));
  request.set_name(options.name);
  request.set_mailbox_capacity(options.mailbox_capacity);
  request.set_reentrant(options.reentrant);
  request.set_own_thread(options.own_thread);
  request.set_max_restarts(static_cast<uint32_t>(std::max(0, options.restart.max_restarts)));
  request.set_restart_within_nanos(Nanos(options.restart.within));
  request.set_min_backoff_nanos(Nanos(options.restart.min_backoff));
  request.set_max_backoff_nanos(Nanos(options.restart.max_backoff));
  auto actor =
      RecipientPtr::Adopt(new RemoteRecipient(*std::move(peer), urn, std::move(class_name), 0));
  Send(*actor, "spawn", request.SerializeAsString())
      .OnReady([text = AnyRef(actor).ToString(), at = address_](const auto& reply) {
        if (!reply.ok()) {
          LOG_EVERY_T(WARNING, 1) << text << " is not spawned at " << at << ": " << reply.status();
        }
      });
  return actor;
}

Future<AnyRef> NodeRef::FindNamed(absl::string_view name, absl::string_view class_name) const {
  wire::FindRequest request;
  request.set_name(name.data(), name.size());
  request.set_class_name(class_name.data(), class_name.size());
  if (ActorSystem* system = LocalSystem()) return Future<AnyRef>::Ready(system->Find(name));
  return Request("find", request.SerializeAsString())
      .Map([core = core_](const std::string& bytes) -> absl::StatusOr<AnyRef> {
        const auto reply = ParseReply<wire::FindReply>(bytes);
        if (!reply.ok()) return reply.status();
        return FromWire(*core, reply->actor());
      });
}

Future<std::vector<AnyRef>> NodeRef::List(absl::string_view class_name) const {
  if (ActorSystem* system = LocalSystem()) {
    return Future<std::vector<AnyRef>>::Ready(ActorsHere(*system, class_name));
  }
  wire::ListRequest request;
  request.set_class_name(class_name.data(), class_name.size());
  return Request("list", request.SerializeAsString())
      .Map([core = core_](const std::string& bytes) -> absl::StatusOr<std::vector<AnyRef>> {
        const auto reply = ParseReply<wire::ListReply>(bytes);
        if (!reply.ok()) return reply.status();
        std::vector<AnyRef> refs;
        for (const wire::ActorRef& actor : reply->actors()) {
          absl::StatusOr<AnyRef> ref = FromWire(*core, actor);
          if (!ref.ok()) return ref.status();
          refs.push_back(*std::move(ref));
        }
        return refs;
      });
}

Future<void> NodeRef::Register(absl::string_view name, const AnyRef& ref) const {
  if (ActorSystem* system = LocalSystem()) return Future<void>::Ready(system->Register(name, ref));
  if (ref.is_null()) return Future<void>::Ready(NotFoundError("the actor of a null reference"));
  const absl::StatusOr<internal::RefParts> parts = core_->Describe(ref);
  if (!parts.ok()) return Future<void>::Ready(parts.status());
  wire::RegisterRequest request;
  request.set_name(name.data(), name.size());
  request.mutable_actor()->set_urn(parts->urn.ToBytes());
  request.mutable_actor()->set_class_name(parts->class_name);
  request.mutable_actor()->set_node_address(parts->node_address);
  request.mutable_actor()->set_incarnation(parts->incarnation);
  return Request("register", request.SerializeAsString()).Map([](const std::string&) {});
}

Future<void> NodeRef::Unregister(absl::string_view name) const {
  if (ActorSystem* system = LocalSystem()) {
    system->Unregister(name);
    return Future<void>::Ready(absl::OkStatus());
  }
  wire::UnregisterRequest request;
  request.set_name(name.data(), name.size());
  return Request("unregister", request.SerializeAsString()).Map([](const std::string&) {});
}

Future<uint64_t> NodeRef::BroadcastTo(const Value& message, absl::string_view class_name) const {
  if (ActorSystem* system = LocalSystem()) {
    uint64_t sent = 0;
    for (const AnyRef& ref : ActorsHere(*system, class_name)) {
      sent += ref.Tell(message) == SendResult::kSent;
    }
    return Future<uint64_t>::Ready(sent);
  }
  absl::Status status;
  std::string bytes = EncodeValue(message, core_->encode_context(), &status);
  if (!status.ok()) return Future<uint64_t>::Ready(status);
  wire::BroadcastRequest request;
  if (!request.ParseFromString(bytes)) {
    return Future<uint64_t>::Ready(absl::InvalidArgumentError("the message does not travel"));
  }
  request.set_class_name(class_name.data(), class_name.size());
  return Request("broadcast", request.SerializeAsString())
      .Map([](const std::string& reply_bytes) -> absl::StatusOr<uint64_t> {
        const auto reply = ParseReply<wire::BroadcastReply>(reply_bytes);
        if (!reply.ok()) return reply.status();
        return reply->sent();
      });
}

Future<NodeDown> NodeRef::WhenDown() const {
  absl::StatusOr<IntrusivePtr<internal::Peer>> peer = core_->PeerAt(address_);
  if (!peer.ok()) return Future<NodeDown>::Ready(peer.status());
  return (*peer)->WhenLost();
}

}  // namespace troupe

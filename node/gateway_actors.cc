#include "node/gateway_actors.h"

#include <climits>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/peer.h"
#include "node/remote_recipient.h"
#include "proto/actors.pb.h"
#include "runtime/actor_cell.h"
#include "runtime/call.h"
#include "runtime/class_info.h"
#include "runtime/codec_context.h"
#include "runtime/errors.h"
#include "runtime/operation.h"
#include "runtime/service_info.h"
#include "runtime/value.h"
#include "runtime/value_convert.h"
#include "runtime/wire_format.h"
#include "runtime/wire_message.h"

namespace troupe::internal {
namespace {

constexpr int kMaxPageSize = 1000;
// A page ends behind the actor that fills it. Stock clients take messages of 4 MiB.
constexpr size_t kPageBytes = size_t{1} << 20;

// What the hook is asked about where the actor or the method is not known.
constexpr char kInterface[] = "Actors";
constexpr char kCall[] = "Call";

// Fields of CallRequest.
constexpr uint32_t kMethodField = 1;
constexpr uint32_t kArgumentsField = 2;

// Names are any bytes, the text of a message is UTF-8.
std::string ToText(const std::string& name) {
  const Value value = TextOrBytes(name);
  return value.is_text() ? name : absl::CHexEscape(name);
}

// Then it is nobody's business elsewhere.
bool IsLocalOnly(Recipient& actor) {
  ActorCell* const cell = actor.local_cell();
  return cell != nullptr && cell->info().local_only;
}

v1::NamedActor Describe(const std::string& name, const AnyRef& ref) {
  v1::NamedActor actor;
  actor.set_name(ToText(name));
  actor.set_urn(ref.urn().ToString());
  actor.set_class_name(std::string(ref.class_name()));
  Recipient* const recipient = ref.recipient().get();
  if (const auto* remote = dynamic_cast<const RemoteRecipient*>(recipient)) {
    actor.set_node_address(remote->peer().address());
  }
  if (ActorCell* const cell = recipient->local_cell(); cell != nullptr) {
    for (const MethodInfo& method : cell->info().methods) actor.add_methods(method.signature());
    for (const ServiceInfo* service : cell->info().services) {
      actor.add_services(std::string(service->full_name));
    }
  }
  return actor;
}

absl::StatusOr<v1::ListResponse> List(const ActorSystem& system, const v1::ListRequest& request) {
  if (request.page_size() < 0) return absl::InvalidArgumentError("a negative page_size");
  std::string from;
  if (!request.page_token().empty() && (!absl::WebSafeBase64Unescape(request.page_token(), &from) ||
                                        !absl::StartsWith(from, request.prefix()))) {
    return absl::InvalidArgumentError("page_token is none that a list with this prefix has given");
  }
  size_t limit = kMaxPageSize;
  if (request.page_size() > 0 && request.page_size() < kMaxPageSize) limit = request.page_size();
  v1::ListResponse response;
  size_t bytes = 0;
  for (const auto& [name, ref] : system.FindNamed(request.prefix(), from, limit + 1)) {
    if (limit-- == 0 || bytes >= kPageBytes) {
      response.set_next_page_token(absl::WebSafeBase64Escape(name));
      break;
    }
    if (IsLocalOnly(*ref.recipient())) continue;
    v1::NamedActor* const actor = response.add_actors();
    *actor = Describe(name, ref);
    bytes += actor->ByteSizeLong();
  }
  return response;
}

class ActorsList final : public GatewayCall {
 public:
  explicit ActorsList(GatewayTicket ticket) : GatewayCall(std::move(ticket)) {}

 private:
  void OnBegin() override { Read(); }
  void OnRead(bool ok) override {
    if (!ok) return Finish(NoRequestError());
    const absl::StatusOr<std::string> answer = Answer(message());
    if (!answer.ok()) return Finish(answer.status());
    WriteAndFinish(CopyToBuffer(*answer));
  }

  absl::StatusOr<std::string> Answer(absl::string_view bytes) {
    v1::ListRequest request;
    if (bytes.size() > INT_MAX ||
        !request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::InvalidArgumentError("no troupe.v1.ListRequest");
    }
    const absl::StatusOr<v1::ListResponse> response = List(gateway().node().system(), request);
    if (!response.ok()) return response.status();
    const size_t limit = gateway().node().limits().message_bytes;
    if (response->ByteSizeLong() > limit) {
      return MessageTooLargeError("the list", response->ByteSizeLong(), limit);
    }
    return response->SerializeAsString();
  }
};

// The references in what a client sends: it may name actors, but no address that this node would
// then connect to.
class ClientReferences final : public RefTranslator {
 public:
  explicit ClientReferences(const NodeCore& node) : node_(node) {}

  absl::StatusOr<RefParts> Describe(const AnyRef& ref) const override {
    return node_.Describe(ref);
  }
  absl::StatusOr<AnyRef> Resolve(const RefParts& parts) const override {
    if (parts.node_address.empty()) {
      absl::StatusOr<AnyRef> known = node_.system().FindNamedOrHere(parts.urn);
      if (known.ok()) return known;
      RefParts here = parts;
      here.node_address = node_.address();
      return node_.Resolve(here);
    }
    if (!node_.is_self(parts.node_address) && !node_.KnowsPeer(parts.node_address)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a reference to an actor of ", parts.node_address,
                       ", with which this node has had nothing to do"));
    }
    return node_.Resolve(parts);
  }

 private:
  const NodeCore& node_;
};

// The method of a CallRequest.
absl::StatusOr<absl::string_view> MethodIn(absl::string_view request) {
  const DecodeContext context;
  Reader reader(context, request);
  absl::string_view method;
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    if (number != kMethodField) return reader.Skip(number, type);
    return reader.Expect(WireType::kBytes, type) && reader.LengthAndBytes(&method);
  });
  if (!ok) return absl::InvalidArgumentError("no troupe.v1.CallRequest");
  return method;
}

}  // namespace

void ServeActorsList(GatewayTicket ticket) { (new ActorsList(std::move(ticket)))->Begin(); }

absl::StatusOr<RecipientPtr> FindCalledActor(Gateway& gateway, absl::string_view actor,
                                             const Caller& caller) {
  absl::StatusOr<RecipientPtr> found = absl::FailedPreconditionError(
      absl::StrCat("which actor? name it in the metadata ", Gateway::kActorKey,
                   " (a registered name, or urn:uuid:...)"));
  if (!actor.empty()) found = gateway.FindNamedActor(actor);
  if (found.ok() && IsLocalOnly(**found)) {
    found = NotFoundError(actor, "its class is local-only");
  }
  if (!found.ok() && !gateway.node().MayCall(caller, kInterface, kCall)) {
    return PermissionDeniedError();
  }
  return found;
}

absl::Status ReceiveCallByName(Gateway& gateway, Recipient* actor, const InboundOptions& options,
                               absl::string_view request, InboundCall* inbound) {
  const NodeCore& node = gateway.node();
  const absl::StatusOr<absl::string_view> name = MethodIn(request);
  const bool may = name.ok() ? node.MayCall(options.client->info.caller, actor->class_name(), *name)
                             : node.MayCall(options.client->info.caller, kInterface, kCall);
  if (!may) return PermissionDeniedError();
  if (!name.ok()) return name.status();
  ActorCell* const cell = actor->local_cell();
  const MethodInfo* const method = cell != nullptr ? cell->info().FindMethod(*name) : nullptr;
  if (cell != nullptr && method == nullptr) return NoSuchMethodError(actor->class_name(), *name);
  const ClientReferences references(node);
  absl::StatusOr<std::vector<Value>> arguments =
      DecodeValues({.refs = &references}, request, kArgumentsField);
  if (!arguments.ok()) return BadArgumentsError(*name, arguments.status().message());
  const CallTarget target{actor, nullptr};
  if (cell != nullptr) return method->receive_values(target, options, *arguments, inbound);
  // Elsewhere: its node knows the methods.
  auto* call = new Call<ByNameOp>({std::string(*name), *std::move(arguments)});
  SendInboundCall(target, options, call, call, call->frame(), inbound, &EncodeOutcomeOf<Value>);
  return absl::OkStatus();
}

}  // namespace troupe::internal

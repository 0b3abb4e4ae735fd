#ifndef TROUPE_RUNTIME_SERVICE_INFO_H_
#define TROUPE_RUNTIME_SERVICE_INFO_H_

// A gRPC service that actors implement, as protoc-gen-troupe describes it: for whoever serves such
// actors to gRPC clients, which know nothing but names and the bytes of messages. Found through the
// actor's class (ClassInfo::services); there is no list of all services of a process.

#include <concepts>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/message_lite.h"
#include "runtime/call.h"
#include "runtime/class_info.h"
#include "runtime/errors.h"
#include "runtime/future_state.h"
#include "runtime/inbound_call.h"
#include "runtime/operation.h"
#include "runtime/task.h"

namespace google::protobuf {
class Message;
class ServiceDescriptor;
}  // namespace google::protobuf

namespace troupe {

template <typename T>
class Stream;

// One rpc of a service. A value of constants.
struct RpcInfo {
  // As the .proto has it: `Deposit`.
  absl::string_view name = {};
  // As gRPC has it: `/bank.v1.Account/Deposit`.
  absl::string_view path = {};
  // As the actor has it: the same, but where C++ or the runtime needs that word (`delete_`).
  const char* method = nullptr;
  bool server_streaming = false;
  // Empty messages of the types that it takes and gives.
  const google::protobuf::Message& (*request)() = nullptr;
  const google::protobuf::Message& (*reply)() = nullptr;
  // As MethodInfo::receive, but `request` is the bare message, and so is what InboundCall::Finish
  // gets. The recipient may also be an actor of another node: the call goes there. Null if the rpc
  // streams.
  absl::Status (*receive)(const internal::CallTarget& target,
                          const internal::InboundOptions& options, absl::string_view request,
                          internal::InboundCall* inbound) = nullptr;
};

// One constant object for each service, which the generated class gives (Class::TroupeService()).
struct ServiceInfo {
  absl::string_view full_name;  // `bank.v1.Account`
  // The generated class; an actor's class that has it in `Implements` serves this.
  internal::ClassInfo::TypeId actor_class;
  absl::Span<const RpcInfo> rpcs;  // in the order of the .proto
  // Any thread.
  const google::protobuf::ServiceDescriptor* (*descriptor)();

  // By RpcInfo::name; null if there is none.
  const RpcInfo* FindRpc(absl::string_view name) const;
};

namespace internal {

// kInvalidArgument: `bytes` are no such message.
absl::Status ParseRequest(const char* method, absl::string_view bytes,
                          google::protobuf::MessageLite* request);
// Appends. kResourceExhausted: over 2 GiB, more than protobuf can write.
absl::Status AppendReply(const google::protobuf::MessageLite& reply, std::string* out);

template <typename T>
absl::Status EncodeReplyOf(FutureCore& call, const EncodeContext& context, std::string* out) {
  (void)context;  // a message holds no references
  return AppendReply(*static_cast<FutureState<T>&>(call).outcome(), out);
}

template <typename Op>
absl::Status ReceiveRequest(const CallTarget& target, const InboundOptions& options,
                            absl::string_view request, InboundCall* inbound) {
  typename Op::Arguments arguments;
  absl::Status status = ParseRequest(Op::kName, request, &std::get<0>(arguments));
  if (!status.ok()) return status;
  auto* call = new Call<Op>(std::move(arguments));
  SendInboundCall(target, options, call, call, call->frame(), inbound,
                  &EncodeReplyOf<typename Op::Result>);
  return absl::OkStatus();
}

// What a generated method returns.
template <typename Raw>
struct RpcResult;
template <typename T>
struct RpcResult<Task<T>> {
  using Reply = T;
  static constexpr bool kStreams = false;
};
template <typename T>
struct RpcResult<Stream<T>> {
  using Reply = T;
  static constexpr bool kStreams = true;
};

template <typename T>
const google::protobuf::Message& DefaultInstanceOf() {
  return T::default_instance();
}

// For generated code.
template <typename Class, auto Method>
constexpr RpcInfo DescribeRpc(absl::string_view name, absl::string_view path) {
  using Op = MethodOp<Class, Method>;
  using Result = RpcResult<typename Op::Raw>;
  RpcInfo rpc = {.name = name,
                 .path = path,
                 .method = Op::kName,
                 .server_streaming = Result::kStreams,
                 .request = &DefaultInstanceOf<std::tuple_element_t<0, typename Op::Arguments>>,
                 .reply = &DefaultInstanceOf<typename Result::Reply>};
  if constexpr (!Result::kStreams) rpc.receive = &ReceiveRequest<Op>;
  return rpc;
}

// The service that T itself was generated from, not one that it implements; null if there is none.
template <typename T>
const ServiceInfo* ServiceOf() {
  if constexpr (requires {
                  { T::TroupeService() } -> std::same_as<const ServiceInfo&>;
                }) {
    const ServiceInfo& service = T::TroupeService();
    return service.actor_class == TypeIdOf<T>() ? &service : nullptr;
  } else {
    return nullptr;
  }
}

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_SERVICE_INFO_H_

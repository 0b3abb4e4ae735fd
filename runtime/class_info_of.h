#ifndef TROUPE_RUNTIME_CLASS_INFO_OF_H_
#define TROUPE_RUNTIME_CLASS_INFO_OF_H_

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/actor.h"
#include "runtime/base_methods.h"
#include "runtime/class_info.h"
#include "runtime/exports.h"
#include "runtime/inbound_call.h"
#include "runtime/service_info.h"
#include "runtime/stream_inbound.h"
#include "runtime/turn.h"
#include "runtime/type_name.h"
#include "runtime/value_convert.h"

namespace troupe::internal {

template <typename T>
const ClassInfo& ClassInfoOf();

// As ClassName, with the namespaces.
template <typename T>
constexpr std::string_view QualifiedClassName() {
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("T = ") + 4);
  name = name.substr(0, name.find_last_of(']'));
  return name.substr(0, name.find(';'));
}

template <typename Arguments>
struct ArgumentValues;
template <typename... A>
struct ArgumentValues<std::tuple<A...>> {
  static auto Convert(const std::vector<Value>& values) {
    return ArgumentsFromValues<A...>(values);
  }
  static std::string Names() {
    std::string names;
    ((absl::StrAppend(&names, names.empty() ? "" : ", ", TypeName<A>())), ...);
    return names;
  }
};

template <typename Op>
Future<Value> CallWithValues(const CallTarget& target, const std::vector<Value>& values) {
  auto arguments = ArgumentValues<typename Op::Arguments>::Convert(values);
  if (!arguments.ok()) {
    return Future<Value>::Ready(BadArgumentsError(Op::kName, arguments.status().message()));
  }
  auto future = std::apply(
      [&](auto&... argument) { return StartCall<Op>(target, std::move(argument)...); }, *arguments);
  // Not in an actor's turn, wherever it is asked for: converting is no code of the actor's.
  Turn outside(nullptr);
  if constexpr (std::is_void_v<typename Op::Result>) {
    return future.Map([] { return Value(); });
  } else {
    return future.Map([](typename Op::Result result) { return ToValue(result); });
  }
}

template <typename Op>
SendResult TellWithValues(const CallTarget& target, const std::vector<Value>& values) {
  auto arguments = ArgumentValues<typename Op::Arguments>::Convert(values);
  if (!arguments.ok()) return SendResult::kBadArguments;
  return std::apply(
      [&](auto&... argument) { return StartOneWay<Op>(target, std::move(argument)...); },
      *arguments);
}

// The values of a message from another node.
template <typename Op>
absl::Status DecodeValuesFor(const std::vector<Value>& values,
                             absl::StatusOr<typename Op::Arguments>* arguments) {
  Turn outside(nullptr);
  const absl::Status thrown =
      RunUserCode([&] { *arguments = ArgumentValues<typename Op::Arguments>::Convert(values); });
  if (!thrown.ok()) return BadArgumentsError(Op::kName, thrown.message());
  if (!arguments->ok()) return BadArgumentsError(Op::kName, arguments->status().message());
  return absl::OkStatus();
}

template <typename T>
absl::Status EncodeValueOf(FutureCore& call, const EncodeContext& context, std::string* out) {
  if constexpr (std::is_void_v<T>) {
    return EncodeResult(context, out, Value());
  } else {
    return EncodeResult(context, out, ToValue(*static_cast<FutureState<T>&>(call).outcome()));
  }
}

template <typename Op>
absl::Status ReceiveValues(const CallTarget& target, const InboundOptions& options,
                           const std::vector<Value>& values, InboundCall* inbound) {
  absl::StatusOr<typename Op::Arguments> arguments;
  absl::Status status = DecodeValuesFor<Op>(values, &arguments);
  if (!status.ok()) return status;
  auto* call = new Call<Op>(*std::move(arguments));
  SendInboundCall(target, options, call, call, call->frame(), inbound,
                  &EncodeValueOf<typename Op::Result>);
  return absl::OkStatus();
}

template <typename Op>
absl::Status ReceiveValuesOneWay(const CallTarget& target, const InboundOptions& options,
                                 const std::vector<Value>& values, InboundCredit credit) {
  absl::StatusOr<typename Op::Arguments> arguments;
  absl::Status status = DecodeValuesFor<Op>(values, &arguments);
  if (!status.ok()) return status;
  SendInboundOneWay(
      target, options,
      new OneWay<Op, InboundCredit>(*std::move(arguments), options.deadline, std::move(credit)));
  return absl::OkStatus();
}

template <typename Op>
std::string SignatureOf() {
  std::string text =
      absl::StrCat(Op::kName, "(", ArgumentValues<typename Op::Arguments>::Names(), ")");
  if constexpr (kIsStream<typename Op::Raw>) {
    absl::StrAppend(&text, " -> stream of ", TypeName<StreamItem<typename Op::Raw>>());
  } else if constexpr (!std::is_void_v<typename Op::Result>) {
    absl::StrAppend(&text, " -> ", TypeName<typename Op::Result>());
  }
  return text;
}

template <typename Class, auto Member>
struct FieldAccess {
  using Read = ReadOp<Class, Member>;
  using Write = WriteOp<Class, Member>;

  static std::string Signature() {
    return absl::StrCat(Read::kName, ": ", TypeName<typename Read::Raw>());
  }
  static Future<Value> Call(const CallTarget& target, const std::vector<Value>& values) {
    if constexpr (FieldTraits<decltype(Member)>::kWritable) {
      if (!values.empty()) return CallWithValues<Write>(target, values);
    }
    return CallWithValues<Read>(target, values);
  }
  static SendResult Tell(const CallTarget& target, const std::vector<Value>& values) {
    if constexpr (FieldTraits<decltype(Member)>::kWritable) {
      if (!values.empty()) return TellWithValues<Write>(target, values);
    }
    return TellWithValues<Read>(target, values);
  }
  // One argument always has bytes.
  static absl::Status Receive(const CallTarget& target, const InboundOptions& options,
                              const DecodeContext& context, absl::string_view arguments,
                              InboundCall* inbound) {
    if constexpr (FieldTraits<decltype(Member)>::kWritable) {
      if (!arguments.empty()) {
        return ReceiveCall<Write>(target, options, context, arguments, inbound);
      }
    }
    return ReceiveCall<Read>(target, options, context, arguments, inbound);
  }
  static absl::Status ReceiveTold(const CallTarget& target, const InboundOptions& options,
                                  const DecodeContext& context, absl::string_view arguments,
                                  InboundCredit credit) {
    if constexpr (FieldTraits<decltype(Member)>::kWritable) {
      if (!arguments.empty()) {
        return ReceiveOneWay<Write>(target, options, context, arguments, std::move(credit));
      }
    }
    return ReceiveOneWay<Read>(target, options, context, arguments, std::move(credit));
  }
  static absl::Status ReceiveNamed(const CallTarget& target, const InboundOptions& options,
                                   const std::vector<Value>& values, InboundCall* inbound) {
    if constexpr (FieldTraits<decltype(Member)>::kWritable) {
      if (!values.empty()) return ReceiveValues<Write>(target, options, values, inbound);
    }
    return ReceiveValues<Read>(target, options, values, inbound);
  }
  static absl::Status ReceiveNamedTold(const CallTarget& target, const InboundOptions& options,
                                       const std::vector<Value>& values, InboundCredit credit) {
    if constexpr (FieldTraits<decltype(Member)>::kWritable) {
      if (!values.empty()) {
        return ReceiveValuesOneWay<Write>(target, options, values, std::move(credit));
      }
    }
    return ReceiveValuesOneWay<Read>(target, options, values, std::move(credit));
  }
};

// Only what travels can be called with values; the methods of local-only classes may take anything.
template <typename Class, auto Member>
void AddMethod(std::vector<MethodInfo>& methods) {
  if constexpr (TraitsOf<Member>::kIsMethod) {
    using Op = MethodOp<Class, Member>;
    if constexpr (kIsStream<typename Op::Raw>) {
      if constexpr (kStreamTravels<Op>) {
        methods.push_back(StreamMethodInfo<Op>(&SignatureOf<Op>));
      }
    } else if constexpr (kAllTravel<typename Op::Arguments> && kTravels<typename Op::Result>) {
      methods.push_back({.name = Op::kName,
                         .signature = &SignatureOf<Op>,
                         .call = &CallWithValues<Op>,
                         .tell = &TellWithValues<Op>,
                         .receive = &ReceiveCall<Op>,
                         .receive_one_way = &ReceiveOneWay<Op>,
                         .receive_values = &ReceiveValues<Op>,
                         .receive_values_one_way = &ReceiveValuesOneWay<Op>});
    }
  } else if constexpr (kTravels<typename FieldTraits<decltype(Member)>::Type>) {
    using Access = FieldAccess<Class, Member>;
    methods.push_back({.name = kMemberName<Member>,
                       .signature = &Access::Signature,
                       .call = &Access::Call,
                       .tell = &Access::Tell,
                       .receive = &Access::Receive,
                       .receive_one_way = &Access::ReceiveTold,
                       .receive_values = &Access::ReceiveNamed,
                       .receive_values_one_way = &Access::ReceiveNamedTold});
  }
}

template <typename Class, auto First, auto... Members>
void AddMethods(std::vector<MethodInfo>& methods, MemberList<First, Members...>) {
  (AddMethod<Class, Members>(methods), ...);
}

template <typename T, typename Base>
void AddBase(ClassInfo& info) {
  static_assert(
      std::is_base_of_v<Base, T>,
      "troupe: a class in `Implements = Interfaces<...>` is not a base of the actor class");
  const ClassInfo& base = ClassInfoOf<Base>();
  void* (*cast)(Actor*) = nullptr;
  if constexpr (!std::is_base_of_v<Actor, Base> && std::is_base_of_v<Actor, T>) {
    cast = [](Actor* actor) -> void* { return static_cast<Base*>(static_cast<T*>(actor)); };
  }
  info.bases.push_back({TypeIdOf<Base>(), &base, cast});
}

template <typename T, typename Base>
void AddBaseAndItsBases(ClassInfo& info);
template <typename T, typename... Bases>
void AddBases(ClassInfo& info, Interfaces<Bases...>) {
  (AddBaseAndItsBases<T, Bases>(info), ...);
}
template <typename T, typename Base>
void AddBaseAndItsBases(ClassInfo& info) {
  AddBase<T, Base>(info);
  AddBases<T>(info, typename ImplementsOf<Base>::type());
}

template <typename T>
constexpr bool IsReentrant() {
  if constexpr (requires { T::kReentrant; }) {
    return T::kReentrant;
  } else {
    return false;
  }
}

template <typename T>
ClassInfo MakeClassInfo() {
  const std::string_view name = ClassName<T>();
  const std::string_view full_name = QualifiedClassName<T>();
  ClassInfo info{.name = absl::string_view(name.data(), name.size()),
                 .full_name = absl::string_view(full_name.data(), full_name.size()),
                 .id = TypeIdOf<T>(),
                 .reentrant = IsReentrant<T>(),
                 .local_only = IsLocalOnly<T>(),
                 .bases = {},
                 .methods = {},
                 .services = {}};
  AddBases<T>(info, typename ImplementsOf<T>::type());
  if (const ServiceInfo* service = ServiceOf<T>()) info.services.push_back(service);
  if constexpr (HasExports<T>) AddMethods<T>(info.methods, typename ExportsOf<T>::TroupeMembers());
  AddMethodsOfBases(info);
  return info;
}

template <typename T>
const ClassInfo& ClassInfoOf() {
  static const auto* info = new ClassInfo(MakeClassInfo<T>());
  return *info;
}

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CLASS_INFO_OF_H_

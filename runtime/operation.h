#ifndef TROUPE_RUNTIME_OPERATION_H_
#define TROUPE_RUNTIME_OPERATION_H_

// What can be done to an actor through a reference: call a method, read a field, write one, hand it
// a plain message. Each is a type with Raw (what the code returns), Result (what the caller gets),
// Arguments, kName, kKind (how it travels) and Invoke.

#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/actor.h"
#include "runtime/actor_cell.h"
#include "runtime/class_info.h"
#include "runtime/errors.h"
#include "runtime/future_state.h"
#include "runtime/value.h"
#include "runtime/wire_message.h"

namespace troupe::internal {

// The last identifier of `&ns::Class::Member`, as the compiler prints it.
template <auto Member>
consteval std::string_view MemberIdentifier() {
  // "... [with auto Member = &Adder::AddOne; ...]" (g++), "... [Member = &Adder::AddOne]" (clang).
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("Member = ") + 9);
  text = text.substr(0, text.find_first_of(";]"));
  while (text.ends_with(')')) text.remove_suffix(1);
  return text.substr(text.rfind(':') + 1);
}

template <auto Member>
consteval auto MemberIdentifierBytes() {
  constexpr std::string_view name = MemberIdentifier<Member>();
  std::array<char, name.size() + 1> bytes{};
  for (size_t i = 0; i < name.size(); ++i) bytes[i] = name[i];
  return bytes;
}

template <auto Member>
inline constexpr auto kMemberNameBytes = MemberIdentifierBytes<Member>();
template <auto Member>
inline constexpr const char* kMemberName = kMemberNameBytes<Member>.data();

template <typename Raw_, typename... Parameters>
struct MethodSignature {
  using Raw = Raw_;
  using Arguments = std::tuple<std::decay_t<Parameters>...>;
  // A parameter `T&` would be the callee's view of the caller's variable, which no message can
  // carry.
  static constexpr bool kTakesValues =
      ((!std::is_lvalue_reference_v<Parameters> ||
        std::is_const_v<std::remove_reference_t<Parameters>>)&&...);
  static constexpr bool kGivesValue = !std::is_reference_v<Raw> && !std::is_pointer_v<Raw>;
};

template <typename M>
struct MemberTraits {
  static constexpr bool kIsMethod = false;
};
template <typename R, typename C, typename... P>
struct MemberTraits<R (C::*)(P...)> : MethodSignature<R, P...> {
  static constexpr bool kIsMethod = true;
};
template <typename R, typename C, typename... P>
struct MemberTraits<R (C::*)(P...) const> : MemberTraits<R (C::*)(P...)> {};
template <typename R, typename C, typename... P>
struct MemberTraits<R (C::*)(P...) noexcept> : MemberTraits<R (C::*)(P...)> {};
template <typename R, typename C, typename... P>
struct MemberTraits<R (C::*)(P...) const noexcept> : MemberTraits<R (C::*)(P...)> {};

template <auto Member>
using TraitsOf = MemberTraits<decltype(Member)>;

template <typename M>
struct FieldTraits;
template <typename T, typename C>
struct FieldTraits<T C::*> {
  using Type = std::remove_cv_t<T>;
  static constexpr bool kWritable = !std::is_const_v<T>;
};

// The part of the actor's object that is a T.
template <typename T>
T& ObjectOf(ActorCell& cell) {
  if constexpr (std::is_base_of_v<Actor, T>) {
    return static_cast<T&>(cell.actor());
  } else {
    return *static_cast<T*>(cell.CastTo(TypeIdOf<T>()));
  }
}

template <typename Class, auto Member>
struct MethodOp {
  using Traits = TraitsOf<Member>;
  using Raw = typename Traits::Raw;
  using Result = Unwrapped<Raw>;
  using Arguments = typename Traits::Arguments;
  static constexpr const char* kName = kMemberName<Member>;
  static constexpr MessageKind kKind = MessageKind::kMethod;

  static Raw Invoke(ActorCell& cell, Arguments& arguments) {
    Class& object = ObjectOf<Class>(cell);
    return std::apply(
        [&object](auto&... argument) -> Raw { return (object.*Member)(std::move(argument)...); },
        arguments);
  }
};

template <typename Class, auto Member>
struct ReadOp {
  using Raw = typename FieldTraits<decltype(Member)>::Type;
  using Result = Raw;
  using Arguments = std::tuple<>;
  static constexpr const char* kName = kMemberName<Member>;
  static constexpr MessageKind kKind = MessageKind::kMethod;

  static Raw Invoke(ActorCell& cell, Arguments&) { return ObjectOf<Class>(cell).*Member; }
};

template <typename Class, auto Member>
struct WriteOp {
  using Raw = void;
  using Result = void;
  using Arguments = std::tuple<typename FieldTraits<decltype(Member)>::Type>;
  static constexpr const char* kName = kMemberName<Member>;
  static constexpr MessageKind kKind = MessageKind::kMethod;

  static void Invoke(ActorCell& cell, Arguments& arguments) {
    ObjectOf<Class>(cell).*Member = std::move(std::get<0>(arguments));
  }
};

struct ReceiveOp {
  using Raw = absl::StatusOr<Value>;
  using Result = Value;
  using Arguments = std::tuple<Value>;
  static constexpr const char* kName = "Receive";
  static constexpr MessageKind kKind = MessageKind::kPlain;

  static Raw Invoke(ActorCell& cell, Arguments& arguments) {
    return cell.actor().Receive(std::move(std::get<0>(arguments)));
  }
};

// A call by name of an actor elsewhere, whose class is not known here.
struct ByNameOp {
  using Raw = absl::StatusOr<Value>;
  using Result = Value;
  using Arguments = std::tuple<std::string, std::vector<Value>>;
  static constexpr const char* kName = "a call by name";
  static constexpr MessageKind kKind = MessageKind::kByName;

  // Local cells are called through MethodInfo instead.
  static Raw Invoke(ActorCell& cell, Arguments& arguments) {
    return NoSuchMethodError(cell.class_name(), std::get<0>(arguments));
  }
};

// What the message is called in errors and dumps. Lives as long as the arguments.
template <typename Op, typename Arguments>
const char* NameOf(const Arguments& arguments) {
  if constexpr (Op::kKind == MessageKind::kByName) {
    return std::get<0>(arguments).c_str();
  } else {
    return Op::kName;
  }
}

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_OPERATION_H_

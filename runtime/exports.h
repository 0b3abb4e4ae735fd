#ifndef TROUPE_RUNTIME_EXPORTS_H_
#define TROUPE_RUNTIME_EXPORTS_H_

// TROUPE_ACTOR, and what it declares: the proxy type behind Ref<T>::operator->, found by
// argument-dependent look-up, and the list of what is exported.

#include <tuple>
#include <type_traits>
#include <utility>

#include "runtime/call.h"
#include "runtime/class_info.h"
#include "runtime/codec.h"
#include "runtime/future.h"
#include "runtime/macro_for_each.h"
#include "runtime/operation.h"
#include "runtime/send.h"
#include "runtime/stream.h"
#include "runtime/stream_call.h"

namespace troupe {

// `using Implements = troupe::Interfaces<Greeter, Printer>;` in an actor class: the exports of
// these bases are the class's too, and its references convert to theirs.
template <typename... Bases>
struct Interfaces {};

namespace internal {

template <typename T>
struct TypeTag {};

// What TROUPE_ACTOR's function, which only serves look-up, returns.
template <typename Exports>
struct ExportsTag {
  using type = Exports;
};

template <auto... Members>
struct MemberList {};

template <typename T>
concept HasExports = requires(TypeTag<T> tag) {
  TroupeExportsOf(tag);
};
template <typename T>
using ExportsOf = typename decltype(TroupeExportsOf(TypeTag<T>()))::type;

template <typename Op, typename... A>
Future<typename Op::Result> StartCall(const CallTarget& target, A&&... arguments) {
  auto* call = new Call<Op>(typename Op::Arguments(std::forward<A>(arguments)...));
  Future<typename Op::Result> future(call);
  SendCall(target, call, call, call->frame());
  return future;
}

// What calling a method through a reference gives.
template <typename Op>
struct CallGives {
  using type = Future<typename Op::Result>;
};
template <typename Op>
requires kIsStream<typename Op::Raw>
struct CallGives<Op> {
  using type = typename Op::Raw;
};

// Whether a one-way call for an actor of another node gains by borrowing its arguments, given as
// `A`: they are what the method takes, and one of them would be copied at some cost.
template <typename Arguments, typename... A>
inline constexpr bool kWorthBorrowing =
    std::is_same_v<Arguments, std::tuple<std::remove_cvref_t<A>...>> &&
    ((std::is_lvalue_reference_v<A> && !std::is_trivially_copyable_v<std::remove_cvref_t<A>>) ||
     ...);

template <typename Op, typename... A>
SendResult StartOneWay(const CallTarget& target, A&&... arguments) {
  if constexpr (Op::kKind == MessageKind::kMethod &&
                kWorthBorrowing<typename Op::Arguments, A...>) {
    if (target.recipient != nullptr && target.recipient->local_cell() == nullptr) {
      using References = std::tuple<const std::remove_cvref_t<A>&...>;
      return SendOneWay(target, new OneWay<Op, NoExtra, References>(References(arguments...),
                                                                    DeadlineFor(target)));
    }
  }
  return SendOneWay(target, new OneWay<Op>(typename Op::Arguments(std::forward<A>(arguments)...),
                                           DeadlineFor(target)));
}

// The members of a proxy. All begin with the target, the one thing in them (see TROUPE_ACTOR).
template <typename Class, auto Member, typename Arguments>
struct BoundMethod;
template <typename Class, auto Member, typename... A>
struct BoundMethod<Class, Member, std::tuple<A...>> {
  CallTarget target;

  typename CallGives<MethodOp<Class, Member>>::type operator()(A... arguments) const {
    using Op = MethodOp<Class, Member>;
    if constexpr (kIsStream<typename Op::Raw>) {
      return StartStream<Op>(target, std::move(arguments)...);
    } else {
      return StartCall<Op>(target, std::move(arguments)...);
    }
  }
};

template <typename Class, auto Member>
struct BoundField {
  using Type = typename FieldTraits<decltype(Member)>::Type;
  CallTarget target;

  // A copy of the field, as it is when the actor comes to the request.
  Future<Type> operator()() const { return StartCall<ReadOp<Class, Member>>(target); }
  Future<void> operator()(Type value) const requires(FieldTraits<decltype(Member)>::kWritable) {
    return StartCall<WriteOp<Class, Member>>(target, std::move(value));
  }
};

template <typename Class, auto Member, bool kIsMethod>
struct BoundMember {
  using type = BoundField<Class, Member>;
};
template <typename Class, auto Member>
struct BoundMember<Class, Member, true> {
  using type = BoundMethod<Class, Member, typename TraitsOf<Member>::Arguments>;
};
template <typename Class, auto Member>
using Bound = typename BoundMember<Class, Member, TraitsOf<Member>::kIsMethod>::type;

// The proxies of the bases named in Implements.
template <typename Bases>
struct InheritedExports;
template <typename... Bases>
struct InheritedExports<Interfaces<Bases...>> : ExportsOf<Bases>... {
  explicit InheritedExports(const CallTarget& target) : ExportsOf<Bases>(target)... {}
};
template <>
struct InheritedExports<Interfaces<>> {
  explicit InheritedExports(const CallTarget&) {}
};

template <typename T>
struct ImplementsOf {
  using type = Interfaces<>;
};
template <typename T>
requires requires { typename T::Implements; }
struct ImplementsOf<T> {
  using type = typename T::Implements;
};

template <typename T>
constexpr bool IsLocalOnly() {
  if constexpr (requires { T::kLocalOnly; }) {
    return T::kLocalOnly;
  } else {
    return false;
  }
}

template <typename Op>
constexpr bool GivesWhatTravels() {
  if constexpr (kIsStream<typename Op::Raw>) {
    return kTravels<StreamItem<typename Op::Raw>>;
  } else {
    return kTravels<typename Op::Result>;
  }
}

template <typename Class, auto Member>
constexpr bool CheckMember() {
  if constexpr (TraitsOf<Member>::kIsMethod) {
    using Op = MethodOp<Class, Member>;
    static_assert(
        TraitsOf<Member>::kTakesValues,
        "troupe: an exported method takes its arguments by value or const&: a message cannot "
        "carry a reference to the caller's variable");
    static_assert(
        TraitsOf<Member>::kGivesValue,
        "troupe: an exported method returns a value, not a reference or pointer into the actor");
    static_assert(
        IsLocalOnly<Class>() || kAllTravel<typename Op::Arguments>,
        "troupe: an argument of this exported method has a type without a codec, so it cannot "
        "travel to another node: give the type a codec (TROUPE_STRUCT, or see runtime/codec.h), "
        "or declare the class local with `static constexpr bool kLocalOnly = true;`");
    static_assert(
        IsLocalOnly<Class>() || GivesWhatTravels<Op>(),
        "troupe: the result of this exported method has a type without a codec, so it cannot "
        "travel to another node: give the type a codec (TROUPE_STRUCT, or see runtime/codec.h), "
        "or declare the class local with `static constexpr bool kLocalOnly = true;`");
  } else {
    using Type = typename FieldTraits<decltype(Member)>::Type;
    static_assert(
        IsLocalOnly<Class>() || kTravels<Type>,
        "troupe: this exported field has a type without a codec, so it cannot travel to another "
        "node: give the type a codec (TROUPE_STRUCT, or see runtime/codec.h), or declare the "
        "class local with `static constexpr bool kLocalOnly = true;`");
  }
  return true;
}

template <typename Class, auto First, auto... Members>
constexpr bool CheckMembers(MemberList<First, Members...>) {
  return (CheckMember<Class, Members>() && ... && true);
}

// By the identity of a template: comparing member functions is no constant for g++ with
// -fsanitize=undefined.
template <auto Member>
struct MemberTag {};
template <auto A, auto B>
constexpr bool SameMember() {
  return std::is_same_v<MemberTag<A>, MemberTag<B>>;
}
template <auto Member, auto First, auto... Members>
constexpr bool Contains(MemberList<First, Members...>) {
  return (SameMember<Member, Members>() || ...);
}

template <typename Class, auto Member>
constexpr bool IsExported();
template <auto Member, typename... Bases>
constexpr bool IsExportedByOneOf(Interfaces<Bases...>) {
  return (IsExported<Bases, Member>() || ...);
}
template <typename Class, auto Member>
constexpr bool IsExported() {
  if constexpr (HasExports<Class>) {
    return Contains<Member>(typename ExportsOf<Class>::TroupeMembers()) ||
           IsExportedByOneOf<Member>(typename ImplementsOf<Class>::type());
  } else {
    return false;
  }
}

}  // namespace internal
}  // namespace troupe

// TROUPE_ACTOR(Class, Method, field, ...): right below the class, in its namespace, with its plain
// name. Says what may be called through a reference, here and from other nodes: nothing else can.
// Overloaded methods cannot be exported, since their names do not tell which is meant; neither can
// templates.
//
// The members of the proxy share one CallTarget in a union: each is a standard-layout struct that
// begins with it, so reading it through any of them is reading their common initial sequence.
#define TROUPE_ACTOR(Class, ...)                                                              \
  struct Class##_exported_by_TROUPE_ACTOR                                                     \
      : ::troupe::internal::InheritedExports<::troupe::internal::ImplementsOf<Class>::type> { \
    using TroupeClass = Class;                                                                \
    using TroupeInherited =                                                                   \
        ::troupe::internal::InheritedExports<::troupe::internal::ImplementsOf<Class>::type>;  \
    using TroupeMembers = ::troupe::internal::MemberList<nullptr TROUPE_INTERNAL_FOR_EACH(    \
        TROUPE_INTERNAL_MEMBER_POINTER, Class, __VA_ARGS__)>;                                 \
    explicit Class##_exported_by_TROUPE_ACTOR(const ::troupe::internal::CallTarget& target)   \
        : TroupeInherited(target), troupe_target{target} {}                                   \
    union {                                                                                   \
      struct {                                                                                \
        ::troupe::internal::CallTarget target;                                                \
      } troupe_target;                                                                        \
      TROUPE_INTERNAL_FOR_EACH(TROUPE_INTERNAL_BOUND_MEMBER, Class, __VA_ARGS__)              \
    };                                                                                        \
  };                                                                                          \
  [[maybe_unused]] inline ::troupe::internal::ExportsTag<Class##_exported_by_TROUPE_ACTOR>    \
  TroupeExportsOf(::troupe::internal::TypeTag<Class>) {                                       \
    return {};                                                                                \
  }                                                                                           \
  static_assert(                                                                              \
      ::troupe::internal::CheckMembers<Class>(Class##_exported_by_TROUPE_ACTOR::TroupeMembers()));

#define TROUPE_INTERNAL_MEMBER_POINTER(Class, member) , &Class::member
#define TROUPE_INTERNAL_BOUND_MEMBER(Class, member) \
  ::troupe::internal::Bound<Class, &Class::member> member;

#endif  // TROUPE_RUNTIME_EXPORTS_H_

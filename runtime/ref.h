#ifndef TROUPE_RUNTIME_REF_H_
#define TROUPE_RUNTIME_REF_H_

#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "runtime/any_ref.h"
#include "runtime/call_options.h"
#include "runtime/class_info_of.h"
#include "runtime/codec.h"
#include "runtime/exports.h"
#include "runtime/type_name.h"

namespace troupe {
namespace internal {

// What `ref->` gives: an object whose members are the actor's exported methods and fields.
template <typename T>
class Arrow {
 public:
  explicit Arrow(const CallTarget& target) : proxy_(target) {}
  auto* operator->() { return &proxy_; }

 private:
  ExportsOf<T> proxy_;
};

template <typename T>
constexpr void CheckHasExports() {
  static_assert(
      HasExports<T>,
      "troupe: nothing of this class can be called through a reference here, because no "
      "TROUPE_ACTOR(Class, Method, ...) of it has been seen yet: write it right below the class, "
      "in the same namespace, and call through references of the class only after it");
}

// The class whose object a member belongs to; for what a base exports, the base.
template <typename T, auto Member>
constexpr void CheckIsExported() {
  CheckHasExports<T>();
  static_assert(IsExported<T, Member>(),
                "troupe: this member is not exported: name it in TROUPE_ACTOR(Class, ...)");
}

}  // namespace internal

template <typename T>
class RefWith;

// A reference to an actor of class (or interface) T, here or elsewhere.
//
// What is the actor's stands behind `->`: `ref->AddOne(1)` sends a call and gives a Future at once,
// `ref->field()` reads a copy, `ref->field(v)` writes. What is the reference's stands behind `.`:
// see AnyRef. A value; any thread. It converts to a reference to an interface that T implements.
template <typename T>
class Ref : public AnyRef {
 public:
  using actor_type = T;

  Ref() = default;
  template <typename U>
  requires(!std::is_same_v<T, U> && std::is_base_of_v<T, U>)
      Ref(const Ref<U>& other)  // NOLINT(google-explicit-constructor)
      : AnyRef(other) {
    static_assert(Implements<U>(typename internal::ImplementsOf<U>::type()),
                  "troupe: the actor class derives from this interface, but does not say that it "
                  "implements it: add `using Implements = troupe::Interfaces<Interface>;` to it");
  }
  // For the runtime: the actor must be a T.
  explicit Ref(RecipientPtr recipient) : AnyRef(std::move(recipient)) {}

  internal::Arrow<T> operator->() const {
    internal::CheckHasExports<T>();
    return internal::Arrow<T>({recipient().get(), nullptr});
  }

  // The same as `ref->Method(arguments...)`, for generic code.
  template <auto Member, typename... A>
  auto Call(A&&... arguments) const {
    return CallThrough<Member>({recipient().get(), nullptr}, std::forward<A>(arguments)...);
  }

  // One-way: no future, no answer. An error in the method is the actor's failure.
  template <auto Member, typename... A>
  SendResult Tell(A&&... arguments) const {
    return TellThrough<Member>({recipient().get(), nullptr}, std::forward<A>(arguments)...);
  }
  using AnyRef::Tell;

  // `ref.With({.deadline = absl::Seconds(1)})->AddOne(1)`.
  RefWith<T> With(const CallOptions& options) const;

 private:
  friend class RefWith<T>;

  template <auto Member, typename... A>
  static auto CallThrough(const internal::CallTarget& target, A&&... arguments) {
    internal::CheckIsExported<T, Member>();
    return internal::Bound<T, Member>{target}(std::forward<A>(arguments)...);
  }
  template <auto Member, typename... A>
  static SendResult TellThrough(const internal::CallTarget& target, A&&... arguments) {
    internal::CheckIsExported<T, Member>();
    using Op = internal::MethodOp<T, Member>;
    static_assert(std::is_constructible_v<typename Op::Arguments, A...>,
                  "troupe: these arguments do not fit the method");
    static_assert(!internal::kIsStream<typename Op::Raw>,
                  "troupe: a method that gives a stream needs somebody who reads it: no Tell");
    return internal::StartOneWay<Op>(target, std::forward<A>(arguments)...);
  }

  template <typename U, typename... Bases>
  static constexpr bool Implements(Interfaces<Bases...>) {
    return ((std::is_same_v<T, Bases> ||
             (std::is_base_of_v<T, Bases> &&
              Implements<Bases>(typename internal::ImplementsOf<Bases>::type()))) ||
            ...);
  }
};

// A typed reference together with the options of what is sent through it. Made by Ref::With.
template <typename T>
class RefWith : public AnyRefWith {
 public:
  RefWith(const Ref<T>& ref, const CallOptions& options)
      : AnyRefWith(ref, options), ref_(ref), options_(options) {}

  internal::Arrow<T> operator->() const {
    internal::CheckHasExports<T>();
    return internal::Arrow<T>(target());
  }
  template <auto Member, typename... A>
  auto Call(A&&... arguments) const {
    return Ref<T>::template CallThrough<Member>(target(), std::forward<A>(arguments)...);
  }
  template <auto Member, typename... A>
  SendResult Tell(A&&... arguments) const {
    return Ref<T>::template TellThrough<Member>(target(), std::forward<A>(arguments)...);
  }
  using AnyRefWith::Tell;

 private:
  internal::CallTarget target() const { return {ref_.recipient().get(), &options_}; }

  const Ref<T> ref_;
  const CallOptions options_;
};

template <typename T>
RefWith<T> Ref<T>::With(const CallOptions& options) const {
  return RefWith<T>(*this, options);
}

template <typename T>
absl::StatusOr<Ref<T>> AnyRef::As() const {
  if (is_null()) return Ref<T>();
  internal::ActorCell* cell = recipient_->local_cell();
  if (cell != nullptr && !cell->info().Is(internal::TypeIdOf<T>())) {
    return absl::InvalidArgumentError(
        absl::StrCat(ToString(), " is no ", std::string(internal::ClassName<T>())));
  }
  return Ref<T>(recipient_);
}

// A reference travels as what names the actor. A decoded one to an actor of this process is refused
// if that is of another class; for others see AnyRef::As.
template <typename T>
struct Codec<Ref<T>> {
  using Wire = AnyRef;
  static Wire ToWire(const Ref<T>& ref) { return ref; }
  static absl::StatusOr<Ref<T>> FromWire(const Wire& ref) { return ref.As<T>(); }
  static std::string TypeName() {
    return absl::StrCat("reference to ", std::string(internal::ClassName<T>()));
  }
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_REF_H_

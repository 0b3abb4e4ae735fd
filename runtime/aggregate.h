#ifndef TROUPE_RUNTIME_AGGREGATE_H_
#define TROUPE_RUNTIME_AGGREGATE_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "runtime/macro_for_each.h"

// Makes a struct or class which is no aggregate (constructors, base classes, more than 16 fields)
// an argument or result: `TROUPE_STRUCT(Point, x, y)` right below it, in the same namespace, with
// its public fields in the order in which they travel (field 1, 2, ...; new ones go to the end). It
// must have a default constructor. An aggregate of up to 16 fields needs no macro; with it its
// fields have names in a Value.
#define TROUPE_STRUCT(Type, ...)                                                             \
  [[maybe_unused]] constexpr auto TroupeStruct(const Type*) {                                \
    return ::std::tuple_cat(                                                                 \
        TROUPE_INTERNAL_FOR_EACH(TROUPE_INTERNAL_FIELD, Type, __VA_ARGS__)::std::tuple<>()); \
  }
#define TROUPE_INTERNAL_FIELD(Type, field) \
  ::std::make_tuple(::troupe::internal::NamedField{#field, &Type::field}),

namespace troupe::internal {

template <typename Pointer>
struct NamedField {
  std::string_view name;
  Pointer pointer;
};
template <typename Pointer>
NamedField(const char*, Pointer) -> NamedField<Pointer>;

template <typename T>
concept HasStructMacro = std::is_class_v<T> && requires(const T* object) {
  TroupeStruct(object);
};

inline constexpr size_t kMaxAggregateFields = 16;

// Converts to whatever a field of T is initialized from. How to count the fields of an aggregate by
// trying initializers is known from Antony Polukhin's Boost.PFR.
template <typename T>
struct AnyField {
  AnyField() = default;
  AnyField(const AnyField&) = delete;  // else std::any and the like would take it as what they hold
  template <typename U>
  requires(!std::same_as<U, T>) operator U()
      const;  // NOLINT(google-explicit-constructor): never defined, only named
};

template <typename T>
struct AnyBase {
  template <typename U>
  requires(std::is_base_of_v<U, T> && !std::same_as<U, T>) operator U()
      const;  // NOLINT(google-explicit-constructor): as above
};

template <typename T, size_t>
using AnyFieldAt = AnyField<T>;

template <typename T, size_t... I>
constexpr bool TakesInitializers(std::index_sequence<I...>) {
  return requires { T{AnyFieldAt<T, I>()...}; };
}

template <typename T, size_t... Before, size_t... After>
constexpr bool TakesNestedPair(std::index_sequence<Before...>, std::index_sequence<After...>) {
  return requires {
    T{AnyFieldAt<T, Before>()..., {AnyField<T>(), AnyField<T>()}, AnyFieldAt<T, After>()...};
  };
}

// The largest number of initializers T takes, one above the limit if there are more fields.
template <typename T, size_t N = kMaxAggregateFields + 1>
constexpr size_t CountInitializers() {
  if constexpr (N == 0 || TakesInitializers<T>(std::make_index_sequence<N>())) {
    return N;
  } else {
    return CountInitializers<T, N - 1>();
  }
}

// Whether there is one more field that AnyField cannot initialize (its type takes anything at all).
template <typename T, size_t... I>
constexpr bool HasMoreFields(std::index_sequence<I...>) {
  return requires { T{AnyFieldAt<T, I>()..., {}}; };
}

// Whether a field is a C array. Its elements were counted as fields, so braces of its own leave
// room for fewer initializers behind them than the braces of any other field.
template <typename T, size_t N, size_t I = 0>
constexpr bool HasArrayField() {
  if constexpr (I + 2 > N) {
    return false;
  } else if constexpr (TakesNestedPair<T>(std::make_index_sequence<I>(), std::index_sequence<>()) &&
                       !TakesNestedPair<T>(std::make_index_sequence<I>(),
                                           std::make_index_sequence<N - I - 1>())) {
    return true;
  } else {
    return HasArrayField<T, N, I + 1>();
  }
}

template <typename T>
constexpr bool IsPlainAggregate() {
  if constexpr (std::is_class_v<T> && !std::is_polymorphic_v<T> && std::is_aggregate_v<T> &&
                std::default_initializable<T>) {
    if constexpr (requires { T{AnyBase<T>()}; }) {
      return false;
    } else {
      constexpr size_t kFields = CountInitializers<T>();
      return kFields <= kMaxAggregateFields && !HasArrayField<T, kFields>() &&
             !HasMoreFields<T>(std::make_index_sequence<kFields>());
    }
  } else {
    return false;
  }
}

// A struct whose fields this header can reach, by TROUPE_STRUCT or by itself.
template <typename T>
concept Struct = HasStructMacro<T> || IsPlainAggregate<T>();

// References to the fields of an aggregate, in order.
template <size_t N, typename T>
constexpr auto TieAggregate(T& t) {
  // One structured binding for each number of fields: C++20 cannot write them as one.
  if constexpr (N == 0) {
    return std::tie();
  } else if constexpr (N == 1) {
    auto& [a] = t;
    return std::tie(a);
  } else if constexpr (N == 2) {
    auto& [a, b] = t;
    return std::tie(a, b);
  } else if constexpr (N == 3) {
    auto& [a, b, c] = t;
    return std::tie(a, b, c);
  } else if constexpr (N == 4) {
    auto& [a, b, c, d] = t;
    return std::tie(a, b, c, d);
  } else if constexpr (N == 5) {
    auto& [a, b, c, d, e] = t;
    return std::tie(a, b, c, d, e);
  } else if constexpr (N == 6) {
    auto& [a, b, c, d, e, f] = t;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (N == 7) {
    auto& [a, b, c, d, e, f, g] = t;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (N == 8) {
    auto& [a, b, c, d, e, f, g, h] = t;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (N == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = t;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (N == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (N == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (N == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (N == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (N == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  } else if constexpr (N == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  } else {
    static_assert(N == 16);
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  }
}

// References to the fields of a Struct, in the order in which they travel.
template <typename T>
requires Struct<std::remove_const_t<T>>
constexpr auto TieFields(T& object) {
  using Plain = std::remove_const_t<T>;
  if constexpr (HasStructMacro<Plain>) {
    return std::apply([&](auto... field) { return std::tie(object.*field.pointer...); },
                      TroupeStruct(static_cast<const Plain*>(nullptr)));
  } else {
    return TieAggregate<CountInitializers<Plain>()>(object);
  }
}

// A std::tuple of references.
template <Struct T>
using FieldRefs = decltype(TieFields(std::declval<T&>()));

template <Struct T>
inline constexpr size_t kFieldCount = std::tuple_size_v<FieldRefs<T>>;

// The names of the fields, known with TROUPE_STRUCT only.
template <HasStructMacro T>
constexpr auto FieldNames() {
  return std::apply(
      [](auto... field) { return std::array<std::string_view, sizeof...(field)>{field.name...}; },
      TroupeStruct(static_cast<const T*>(nullptr)));
}

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_AGGREGATE_H_

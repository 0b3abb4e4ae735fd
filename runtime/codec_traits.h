#ifndef TROUPE_RUNTIME_CODEC_TRAITS_H_
#define TROUPE_RUNTIME_CODEC_TRAITS_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "google/protobuf/message_lite.h"
#include "runtime/aggregate.h"
#include "runtime/any_ref.h"
#include "runtime/value.h"

namespace troupe {

// Specialized for types that travel as another type; see runtime/codec.h.
template <typename T>
struct Codec;

namespace internal {

// The kinds of types that the codec tells apart, the first one that fits counts (see IsEncodable).

template <typename T>
concept HasCodec = requires {
  typename Codec<T>::Wire;
};

// Also bool and the character types.
template <typename T>
concept IntegerType = std::integral<T> && sizeof(T) <= sizeof(int64_t);

template <typename T>
concept FloatType = std::same_as<T, float> || std::same_as<T, double>;

template <typename T>
concept BytesType =
    std::same_as<T, std::string> || std::same_as<T, Bytes> || std::same_as<T, absl::Cord>;

template <typename T>
concept ProtoMessage =
    std::derived_from<T, google::protobuf::MessageLite> && std::default_initializable<T>;

// With a fixed underlying type (enum class, enum E : int): any other holds only the numbers between
// its names, and what arrives could not be checked.
template <typename T>
concept EnumType = std::is_enum_v<T> && requires {
  T{std::underlying_type_t<T>{}};
};

template <typename T>
concept ScalarType = (IntegerType<T> || FloatType<T> || EnumType<T> || BytesType<T> ||
                      ProtoMessage<T> || std::same_as<T, AnyRef> || std::same_as<T, Value> ||
                      std::same_as<T, absl::Status>)&&!HasCodec<T>;

template <typename T, template <typename...> typename Template>
inline constexpr bool kIsSpecialization = false;
template <template <typename...> typename Template, typename... A>
inline constexpr bool kIsSpecialization<Template<A...>, Template> = true;

template <typename T>
inline constexpr bool kIsArray = false;
template <typename T, size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;

template <typename T>
concept OptionalType = kIsSpecialization<T, std::optional>;
template <typename T>
concept VariantType = kIsSpecialization<T, std::variant>;
template <typename T>
concept TupleType = kIsSpecialization<T, std::tuple> || kIsSpecialization<T, std::pair>;
template <typename T>
concept StatusOrType = kIsSpecialization<T, absl::StatusOr>;
template <typename T>
concept ArrayType = kIsArray<T>;

// Containers are known by what they can do, so that those of other libraries fit too.
template <typename T>
concept ContainerType = !ScalarType<T> && !HasCodec<T> && requires(T c, const T& k) {
  typename T::value_type;
  typename T::iterator;
  k.begin() != k.end();
  c.clear();
  { k.size() } -> std::convertible_to<size_t>;
};
template <typename T>
concept MapType = ContainerType<T> && requires(T c) {
  typename T::key_type;
  typename T::mapped_type;
};
template <typename T>
concept SetType = ContainerType<T> && !MapType<T> && requires(T c, typename T::value_type v) {
  typename T::key_type;
  c.insert(std::move(v));
};
template <typename T>
concept SequenceType =
    ContainerType<T> && !MapType<T> && !SetType<T> && requires(T c, typename T::value_type v) {
  c.push_back(std::move(v));
};

template <typename T>
concept StructType =
    !ScalarType<T> && !HasCodec<T> && !ArrayType<T> && !ContainerType<T> && Struct<T>;

template <typename T, typename... Seen>
constexpr bool IsEncodable();

template <typename Tuple, typename... Seen>
struct AllEncodable;
template <template <typename...> typename Tuple, typename... E, typename... Seen>
struct AllEncodable<Tuple<E...>, Seen...> {
  // Elements of FieldRefs are references; a const field stays const and is refused.
  static constexpr bool kValue = (IsEncodable<std::remove_reference_t<E>, Seen...>() && ...);
};

// Whether T and all it is made of has a place in the table of runtime/codec.h. Seen: the types this
// one is part of, which are decided already (a struct may contain a vector of itself).
template <typename T, typename... Seen>
constexpr bool IsEncodable() {
  if constexpr ((std::same_as<T, Seen> || ...)) {
    return true;
  } else if constexpr (!std::is_object_v<T> || std::is_const_v<T> || std::is_volatile_v<T> ||
                       !std::default_initializable<T> || !std::movable<T>) {
    return false;
  } else if constexpr (HasCodec<T>) {
    return IsEncodable<typename Codec<T>::Wire, T, Seen...>();
  } else if constexpr (ScalarType<T>) {
    return true;
  } else if constexpr (OptionalType<T> || ArrayType<T> || StatusOrType<T>) {
    return IsEncodable<typename T::value_type, T, Seen...>();
  } else if constexpr (VariantType<T> || TupleType<T>) {
    return AllEncodable<T, T, Seen...>::kValue;
  } else if constexpr (MapType<T>) {
    return IsEncodable<typename T::key_type, T, Seen...>() &&
           IsEncodable<typename T::mapped_type, T, Seen...>();
  } else if constexpr (SetType<T> || SequenceType<T>) {
    return IsEncodable<typename T::value_type, T, Seen...>();
  } else if constexpr (StructType<T>) {
    return AllEncodable<FieldRefs<T>, T, Seen...>::kValue;
  } else {
    return false;
  }
}

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_CODEC_TRAITS_H_

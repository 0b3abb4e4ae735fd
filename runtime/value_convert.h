#ifndef TROUPE_RUNTIME_VALUE_CONVERT_H_
#define TROUPE_RUNTIME_VALUE_CONVERT_H_

// Between encodable types and Value, for calls by name. From a type to a Value and back gives an
// equal object, but for the cases marked (*).
//
// Type                          becomes                  is made from
//   integers, enums             integer                  integer in range, integral number
//   uint64_t above 2^63 - 1     text, decimal            the same
//   bool                        boolean                  boolean
//   float, double               number                   number, integer it holds exactly (double)
//   std::string, absl::Cord     text; bytes if it is     text, bytes
//                               not UTF-8
//   Bytes                       bytes                    bytes, text
//   absl::Time                  text, RFC 3339           the same; number of seconds since 1970
//   absl::Duration              text ("1.5s", "2h")      the same; number of seconds
//   optional                    null or its value (*)    likewise; optional of optional is one
//   variant                     what it holds (*)        the first alternative that can be made
//   pair, tuple, array          list                     list of that length
//   vectors, sets, ...          list                     list
//   maps with keys of text      map                      map
//   other maps                  list of [key, value]     likewise
//   TROUPE_STRUCT type          map, by field names      map (a missing field keeps its default, an
//                                                        unknown one is refused), list as below
//   aggregate without it        list of its fields       list of that length
//   std::monostate              null                     null
//   protobuf message            message                  message of that type
//   Ref<T>, AnyRef, Value       itself                   itself
//   absl::Status                map: code, message,      map; payloads may miss
//                               payloads
//   StatusOr<T>                 map with one entry,      likewise
//                               value or status
//   a type with a troupe::Codec as its Wire type         likewise
// (*) An optional of an optional loses a level, a variant may come back as an earlier alternative
// that fits as well.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/aggregate.h"
#include "runtime/codec.h"
#include "runtime/codec_traits.h"
#include "runtime/type_name.h"
#include "runtime/value.h"

namespace troupe::internal {

// In value_convert.cc.
Value TextOrBytes(std::string text);
Value TimeToValue(absl::Time time);
Value DurationToValue(absl::Duration duration);
Value StatusToValue(const absl::Status& status);
absl::Status TimeFromValue(const Value& value, absl::Time* time);
absl::Status DurationFromValue(const Value& value, absl::Duration* duration);
absl::Status StatusFromValue(const Value& value, absl::Status* status);
absl::Status TextFromValue(const Value& value, std::string* text);
absl::Status SignedFromValue(const Value& value, int64_t min, int64_t max, int64_t* number);
absl::Status UnsignedFromValue(const Value& value, uint64_t max, uint64_t* number);
absl::Status FloatFromValue(const Value& value, float* number);
absl::Status CheckItems(const Value& value, size_t expected);  // a list of that many
// "level: message"; OK stays.
absl::Status WithinLevel(absl::string_view level, const absl::Status& status);

template <typename T>
Value ToValue(const T& object);
template <typename T>
absl::Status ReadFrom(const Value& value, T* object);

// kInvalidArgument with the place and what was there: "element 2: expected an integer, got text
// 'x'".
template <typename T>
absl::StatusOr<T> FromValue(const Value& value) {
  T object{};
  absl::Status status = ReadFrom(value, &object);
  if (!status.ok()) return status;
  return object;
}

template <typename... A, size_t... I>
absl::Status ReadArguments([[maybe_unused]] const std::vector<Value>& values,
                           [[maybe_unused]] std::tuple<A...>* args, std::index_sequence<I...>) {
  absl::Status status;
  static_cast<void>(((status = WithinLevel(absl::StrCat("argument ", I + 1),
                                           ReadFrom(values[I], &std::get<I>(*args))),
                      status.ok()) &&
                     ...));
  return status;
}

template <typename... A>
absl::StatusOr<std::tuple<A...>> ArgumentsFromValues(const std::vector<Value>& values) {
  if (values.size() != sizeof...(A)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", sizeof...(A), " arguments, got ", values.size()));
  }
  std::tuple<A...> args{};
  absl::Status status = ReadArguments(values, &args, std::index_sequence_for<A...>());
  if (!status.ok()) return status;
  return args;
}

// To a Value.

template <typename T>
Value ScalarToValue(const T& object) {
  if constexpr (std::is_enum_v<T>) {
    return Value(static_cast<std::underlying_type_t<T>>(object));
  } else if constexpr (std::same_as<T, std::string>) {
    return TextOrBytes(object);
  } else if constexpr (std::same_as<T, absl::Cord>) {
    return TextOrBytes(std::string(object));
  } else if constexpr (std::same_as<T, absl::Status>) {
    return StatusToValue(object);
  } else {
    return Value(object);
  }
}

template <typename C>
Value ContainerToValue(const C& container) {
  if constexpr (MapType<C>) {
    if constexpr (std::same_as<typename C::key_type, std::string>) {
      Value::Map map;
      for (const auto& [key, value] : container) map.insert_or_assign(key, ToValue(value));
      return Value(std::move(map));
    } else {
      Value::List list;
      for (const auto& [key, value] : container) {
        list.push_back(Value::ListOf(ToValue(key), ToValue(value)));
      }
      return Value(std::move(list));
    }
  } else {
    Value::List list;
    list.reserve(container.size());
    for (auto it = container.begin(); it != container.end(); ++it) {
      list.push_back(ToValue<typename C::value_type>(*it));
    }
    return Value(std::move(list));
  }
}

template <HasStructMacro T>
Value NamedFieldsToValue(const T& object) {
  Value::Map map;
  std::apply(
      [&](auto... field) {
        (map.insert_or_assign(std::string(field.name), ToValue(object.*field.pointer)), ...);
      },
      TroupeStruct(static_cast<const T*>(nullptr)));
  return Value(std::move(map));
}

template <typename T>
Value StatusOrToValue(const T& result) {
  if (!result.ok()) return Value{{"status", StatusToValue(result.status())}};
  return Value{{"value", ToValue(*result)}};
}

template <typename T>
Value ToValue(const T& object) {
  const auto list_of = [](const auto&... e) { return Value::ListOf(ToValue(e)...); };
  if constexpr (std::same_as<T, absl::Time>) {
    return TimeToValue(object);
  } else if constexpr (std::same_as<T, absl::Duration>) {
    return DurationToValue(object);
  } else if constexpr (HasCodec<T>) {
    return ToValue<typename Codec<T>::Wire>(Codec<T>::ToWire(object));
  } else if constexpr (ScalarType<T>) {
    return ScalarToValue(object);
  } else if constexpr (std::same_as<T, std::monostate>) {
    return Value();
  } else if constexpr (OptionalType<T>) {
    return object.has_value() ? ToValue(*object) : Value();
  } else if constexpr (VariantType<T>) {
    if (object.valueless_by_exception()) return Value();
    return std::visit([](const auto& held) { return ToValue(held); }, object);
  } else if constexpr (StatusOrType<T>) {
    return StatusOrToValue(object);
  } else if constexpr (TupleType<T>) {
    return std::apply(list_of, object);
  } else if constexpr (ArrayType<T> || ContainerType<T>) {
    return ContainerToValue(object);
  } else if constexpr (HasStructMacro<T>) {
    return NamedFieldsToValue(object);
  } else {
    return std::apply(list_of, TieFields(object));
  }
}

// From a Value.

template <typename T>
absl::Status Assign(absl::StatusOr<T> found, T* object) {
  if (found.ok()) *object = *std::move(found);
  return found.status();
}

template <typename T>
absl::Status ReadIntegerFrom(const Value& value, T* object) {
  using Limits = std::numeric_limits<T>;
  absl::Status status;
  if constexpr (std::is_signed_v<T>) {
    int64_t number = 0;
    status = SignedFromValue(value, Limits::min(), Limits::max(), &number);
    if (status.ok()) *object = static_cast<T>(number);
  } else {
    uint64_t number = 0;
    status = UnsignedFromValue(value, Limits::max(), &number);
    if (status.ok()) *object = static_cast<T>(number);
  }
  return status;
}

template <typename T>
absl::Status ReadScalarFrom(const Value& value, T* object) {
  if constexpr (std::same_as<T, bool>) {
    return Assign(value.AsBool(), object);
  } else if constexpr (IntegerType<T>) {
    return ReadIntegerFrom(value, object);
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    absl::Status status = ReadScalarFrom(value, &number);
    if (status.ok()) *object = static_cast<T>(number);
    return status;
  } else if constexpr (std::same_as<T, float>) {
    return FloatFromValue(value, object);
  } else if constexpr (std::same_as<T, double>) {
    return Assign(value.AsDouble(), object);
  } else if constexpr (BytesType<T>) {
    std::string text;
    absl::Status status = TextFromValue(value, &text);
    if (status.ok()) *object = T{std::move(text)};
    return status;
  } else if constexpr (ProtoMessage<T>) {
    return Assign(value.AsMessage<T>(), object);
  } else if constexpr (std::same_as<T, AnyRef>) {
    return Assign(value.AsRef(), object);
  } else if constexpr (std::same_as<T, absl::Status>) {
    return StatusFromValue(value, object);
  } else {
    static_assert(std::same_as<T, Value>);
    *object = value;
    return absl::OkStatus();
  }
}

template <typename C>
absl::Status ReadListFrom(const Value& value, C* container) {
  if (!value.is_list()) return ExpectedError("a list", value);
  container->clear();
  size_t number = 0;
  for (const Value& item : *value.list()) {
    typename C::value_type element{};
    absl::Status status = ReadFrom(item, &element);
    ++number;
    if (!status.ok()) return WithinLevel(absl::StrCat("element ", number), status);
    if constexpr (SequenceType<C>) {
      container->push_back(std::move(element));
    } else {
      container->insert(std::move(element));
    }
  }
  return absl::OkStatus();
}

template <typename C>
absl::Status ReadMapFrom(const Value& value, C* container) {
  container->clear();
  if constexpr (std::same_as<typename C::key_type, std::string>) {
    if (!value.is_map()) return ExpectedError("a map", value);
    for (const auto& [key, item] : *value.map()) {
      typename C::mapped_type mapped{};
      absl::Status status = ReadFrom(item, &mapped);
      if (!status.ok()) return WithinLevel(absl::StrCat("key '", key, "'"), status);
      container->emplace(key, std::move(mapped));
    }
  } else {
    std::vector<std::pair<typename C::key_type, typename C::mapped_type>> pairs;
    absl::Status status = ReadListFrom(value, &pairs);
    if (!status.ok()) return status;
    for (auto& [key, mapped] : pairs) container->emplace(std::move(key), std::move(mapped));
  }
  return absl::OkStatus();
}

// A list into a std::tuple of references.
template <typename Refs, size_t... I>
absl::Status ReadItemsFrom(const Value& value, [[maybe_unused]] Refs refs,
                           std::index_sequence<I...>) {
  absl::Status status = CheckItems(value, sizeof...(I));
  if (!status.ok()) return status;
  static_cast<void>(((status = WithinLevel(absl::StrCat("field ", I + 1),
                                           ReadFrom(value[size_t{I}], &std::get<I>(refs))),
                      status.ok()) &&
                     ...));
  return status;
}

template <typename Refs>
absl::Status ReadItemsFrom(const Value& value, Refs refs) {
  return ReadItemsFrom(value, refs, std::make_index_sequence<std::tuple_size_v<Refs>>());
}

template <HasStructMacro T>
absl::Status ReadNamedFieldsFrom(const Value& value, T* object) {
  absl::Status status;
  size_t found = 0;
  const auto read = [&](const auto& field) {
    const Value* const item = value.Find(absl::string_view(field.name.data(), field.name.size()));
    if (item == nullptr) return true;
    ++found;
    status = WithinLevel(absl::StrCat("field '", std::string(field.name), "'"),
                         ReadFrom(*item, &(object->*field.pointer)));
    return status.ok();
  };
  const bool all = std::apply([&](auto... field) { return (read(field) && ...); },
                              TroupeStruct(static_cast<const T*>(nullptr)));
  if (!all || found == value.size()) return status;
  for (const auto& [key, item] : *value.map()) {
    bool known = false;
    for (std::string_view name : FieldNames<T>()) known = known || key == name;
    if (!known) {
      return absl::InvalidArgumentError(absl::StrCat(TypeName<T>(), " has no field '", key, "'"));
    }
  }
  return status;
}

template <typename... A>
absl::Status ReadVariantFrom(const Value& value, std::variant<A...>* variant) {
  const auto read = [&]<typename T>(std::type_identity<T>, auto index) {
    T alternative{};
    if (!ReadFrom(value, &alternative).ok()) return false;
    variant->template emplace<index>(std::move(alternative));
    return true;
  };
  const bool any = [&]<size_t... I>(std::index_sequence<I...>) {
    return (read(std::type_identity<A>(), std::integral_constant<size_t, I>()) || ...);
  }
  (std::index_sequence_for<A...>());
  return any ? absl::OkStatus() : ExpectedError(TypeName<std::variant<A...>>(), value);
}

template <typename T>
absl::Status ReadStatusOrFrom(const Value& value, absl::StatusOr<T>* result) {
  if (const Value* const found = value.Find("value"); found != nullptr && value.size() == 1) {
    return WithinLevel("value", ReadFrom(*found, &result->emplace()));
  }
  const Value* const found = value.Find("status");
  if (found == nullptr || value.size() != 1) {
    return ExpectedError("a map with 'value' or 'status' alone", value);
  }
  absl::Status status;
  absl::Status read = WithinLevel("status", StatusFromValue(*found, &status));
  if (!read.ok()) return read;
  if (status.ok()) return absl::InvalidArgumentError("status: expected an error, got OK");
  *result = std::move(status);
  return absl::OkStatus();
}

template <typename T>
absl::Status ReadWireFrom(const Value& value, T* object) {
  typename Codec<T>::Wire wire{};
  absl::Status status = ReadFrom(value, &wire);
  if (!status.ok()) return status;
  return Assign(absl::StatusOr<T>(Codec<T>::FromWire(std::move(wire))), object);
}

template <typename T>
absl::Status ReadFrom(const Value& value, T* object) {
  if constexpr (std::same_as<T, absl::Time>) {
    return TimeFromValue(value, object);
  } else if constexpr (std::same_as<T, absl::Duration>) {
    return DurationFromValue(value, object);
  } else if constexpr (HasCodec<T>) {
    return ReadWireFrom(value, object);
  } else if constexpr (ScalarType<T>) {
    return ReadScalarFrom(value, object);
  } else if constexpr (std::same_as<T, std::monostate>) {
    return value.is_null() ? absl::OkStatus() : ExpectedError("null", value);
  } else if constexpr (OptionalType<T>) {
    object->reset();
    return value.is_null() ? absl::OkStatus() : ReadFrom(value, &object->emplace());
  } else if constexpr (VariantType<T>) {
    return ReadVariantFrom(value, object);
  } else if constexpr (StatusOrType<T>) {
    return ReadStatusOrFrom(value, object);
  } else if constexpr (TupleType<T> || ArrayType<T>) {
    return std::apply([&](auto&... e) { return ReadItemsFrom(value, std::tie(e...)); }, *object);
  } else if constexpr (MapType<T>) {
    return ReadMapFrom(value, object);
  } else if constexpr (ContainerType<T>) {
    return ReadListFrom(value, object);
  } else {
    if constexpr (HasStructMacro<T>) {
      if (value.is_map()) return ReadNamedFieldsFrom(value, object);
    }
    return ReadItemsFrom(value, TieFields(*object));
  }
}

}  // namespace troupe::internal

namespace troupe {

template <typename T>
Value Value::From(const T& object) {
  static_assert(Encodable<T>, "this type has no place in a Value; see runtime/codec.h");
  return internal::ToValue(object);
}

template <typename T>
absl::StatusOr<T> Value::As() const {
  static_assert(Encodable<T>, "this type cannot be made from a Value; see runtime/codec.h");
  return internal::FromValue<T>(*this);
}

}  // namespace troupe

#endif  // TROUPE_RUNTIME_VALUE_CONVERT_H_

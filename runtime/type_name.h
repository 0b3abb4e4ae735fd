#ifndef TROUPE_RUNTIME_TYPE_NAME_H_
#define TROUPE_RUNTIME_TYPE_NAME_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/codec_traits.h"

namespace troupe::internal {

// The name of a class as it is written, without its namespaces; template arguments are kept.
template <typename T>
constexpr std::string_view ClassName() {
  // "... ClassName() [with T = a::b<c>; std::string_view = ...]" (g++), "... [T = a::b<c>]"
  // (clang).
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("T = ") + 4);
  name = name.substr(0, name.find_last_of(']'));
  name = name.substr(0, name.find(';'));
  const std::string_view path = name.substr(0, name.find('<'));
  const size_t scope = path.rfind("::");
  if (scope != std::string_view::npos) name.remove_prefix(scope + 2);
  return name;
}

template <typename T>
std::string TypeName();

template <typename T>
struct ElementNames;
template <template <typename...> typename Template, typename... E>
struct ElementNames<Template<E...>> {
  static std::string Join(absl::string_view separator) {
    const std::string names[] = {TypeName<E>()..., std::string()};
    return absl::StrJoin(names, names + sizeof...(E), separator);
  }
};

template <typename T>
std::string ScalarTypeName() {
  if constexpr (std::same_as<T, bool>) {
    return "bool";
  } else if constexpr (IntegerType<T>) {
    return absl::StrCat(std::is_signed_v<T> ? "int" : "uint", sizeof(T) * 8);
  } else if constexpr (FloatType<T>) {
    return sizeof(T) == sizeof(float) ? "float" : "double";
  } else if constexpr (std::same_as<T, Bytes>) {
    return "bytes";
  } else if constexpr (BytesType<T>) {
    return "text";
  } else if constexpr (ProtoMessage<T>) {
    return T::default_instance().GetTypeName();
  } else if constexpr (std::same_as<T, AnyRef>) {
    return "reference";
  } else if constexpr (std::same_as<T, Value>) {
    return "value";
  } else if constexpr (std::same_as<T, absl::Status>) {
    return "status";
  } else {
    return std::string(ClassName<T>());
  }
}

// The name of an encodable type for people, in any language: "int64", "list of text", "Point".
template <typename T>
std::string TypeName() {
  if constexpr (HasCodec<T>) {
    if constexpr (requires { Codec<T>::TypeName(); }) {
      return Codec<T>::TypeName();
    } else {
      return std::string(ClassName<T>());
    }
  } else if constexpr (ScalarType<T>) {
    return ScalarTypeName<T>();
  } else if constexpr (OptionalType<T>) {
    return absl::StrCat("optional ", TypeName<typename T::value_type>());
  } else if constexpr (StatusOrType<T>) {
    return absl::StrCat("status or ", TypeName<typename T::value_type>());
  } else if constexpr (TupleType<T>) {
    return absl::StrCat("(", ElementNames<T>::Join(", "), ")");
  } else if constexpr (VariantType<T>) {
    return absl::StrCat("one of (", ElementNames<T>::Join(", "), ")");
  } else if constexpr (ArrayType<T>) {
    return absl::StrCat("list of ", std::tuple_size_v<T>, " ", TypeName<typename T::value_type>());
  } else if constexpr (MapType<T>) {
    return absl::StrCat("map from ", TypeName<typename T::key_type>(), " to ",
                        TypeName<typename T::mapped_type>());
  } else if constexpr (SetType<T>) {
    return absl::StrCat("set of ", TypeName<typename T::value_type>());
  } else if constexpr (SequenceType<T>) {
    return absl::StrCat("list of ", TypeName<typename T::value_type>());
  } else if constexpr (std::same_as<T, std::monostate>) {
    return "nothing";
  } else {
    return std::string(ClassName<T>());
  }
}

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_TYPE_NAME_H_

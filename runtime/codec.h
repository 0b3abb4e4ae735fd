#ifndef TROUPE_RUNTIME_CODEC_H_
#define TROUPE_RUNTIME_CODEC_H_

// How arguments and results travel: protobuf's wire format, with a schema that follows from the C++
// types. This comment is the specification for other languages; anybody who writes the schema down
// as a .proto file can talk to an actor.
//
// Messages
//   arguments of a call    a message with argument n in field n, every one of them exactly once
//   result                 a message with the result in field 1; the empty message for void
//   fields of an actor     read: no argument, a result. written: one argument, no result
//   items of a stream      each as a result; how they travel, proto/wire.proto says (StreamPull)
//
// Types                                       type of the field in a .proto
//   signed integers, char, wchar_t            int64; out of the type's range is an error
//   unsigned integers, char16_t, ...          uint64; likewise
//   bool                                      bool
//   enum class, enum of a fixed type (: int)  int64 (or an enum); every number of the underlying
//                                             type is let through, also one without a name
//   float, double                             float, double
//   std::string, troupe::Bytes, absl::Cord    bytes (string, if it is UTF-8)
//   protobuf message                          that message
//   aggregate, TROUPE_STRUCT type             message, member n is field n
//   std::pair, std::tuple                     message, element n is field n
//   std::variant                              message with a oneof, alternative n is field n;
//                                             must be set
//   std::monostate, empty struct              message without fields
//   std::array                                message { repeated T items = 1; } of the exact length
//   troupe::Value                             troupe.wire.Value of proto/value.proto
//   AnyRef, Ref<T>                            troupe.wire.ActorRef of proto/value.proto
//   absl::Time                                google.protobuf.Timestamp, and: int64 quarters = 3,
//                                             bool infinite = 4 (see below)
//   absl::Duration                            google.protobuf.Duration, and the same two
//   absl::Status                              google.rpc.Status, payloads as its details
//   absl::StatusOr<T>                         message { google.rpc.Status status = 1;
//                                             T value = 2; }, status only if it is an error
//   std::optional<T>                          optional T: no field is no value
//   vectors, deques, lists, sets of T         repeated T; numbers packed, read packed or not
//   maps of K and V                           repeated message { K key = 1; V value = 2; }: where
//                                             protobuf has such a map, that map
//   a type with a troupe::Codec               as its Wire type
//
// Where a message can have no field or several of them (optional, containers, maps) and exactly one
// is wanted, it is wrapped: message { repeated T items = 1; }. That is so for an argument, a
// result, an element of a container, what is in an optional or StatusOr, an alternative of a
// variant, a Wire type. Members of aggregates, elements of pairs and tuples, keys and values of
// maps are not wrapped.
//
// Scalars are written also when they are zero. In an aggregate (pair, tuple, map entry) a missing
// field leaves what the default constructor made, and unknown fields are ignored, so members can be
// added at the end. A field that comes twice: the last one holds, an aggregate is merged, as in
// protobuf. A message of arguments has no such freedom: a missing, repeated or surplus argument is
// an error.
//
// Time: seconds and nanos as google.protobuf has them; quarters are the quarters of a nanosecond
// above that (absl has this resolution), left out if zero. Infinite: seconds with the right sign
// and `infinite`.
//
// Limits: messages nest up to 100 deep, written and read; a nested message has less than 2 GiB if
// it is a protobuf one. Memory taken by a decoded value is proportional to its bytes (at most the
// size of one element for every byte). Nothing that arrives can do more harm than to be refused:
// kInvalidArgument, with the place ("argument 2: field 1: expected a varint, found bytes").
//
// An own type, in a header seen by both sides:
//   template <>
//   struct troupe::Codec<Url> {
//     using Wire = std::string;                       // any encodable type; decides the row above
//     static Wire ToWire(const Url& url) { return url.text(); }
//     static absl::StatusOr<Url> FromWire(Wire text) { return Url::Parse(text); }
//     static std::string TypeName() { return "url"; }  // optional: for error messages and tools
//   };
// The type has a default constructor and can be moved, like every encodable one. Partial
// specializations (`template <typename T> struct troupe::Codec<Ref<T>>`) work too.

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/utility/utility.h"
#include "runtime/codec_containers.h"
#include "runtime/codec_context.h"
#include "runtime/codec_fields.h"
#include "runtime/codec_standard.h"
#include "runtime/codec_traits.h"
#include "runtime/type_name.h"
#include "runtime/wire_format.h"

namespace troupe {

// What may be an argument or result of an exported method: see the table above. Not for references,
// pointers and const types.
template <typename T>
concept Encodable = internal::IsEncodable<T>();

namespace internal {

// Results (void travels) and arguments.
template <typename T>
inline constexpr bool kTravels =
    std::is_void_v<T> || Encodable<std::conditional_t<std::is_void_v<T>, int, T>>;
template <typename Arguments>
inline constexpr bool kAllTravel = false;
template <typename... A>
inline constexpr bool kAllTravel<std::tuple<A...>> = (kTravels<A> && ...);

// All functions here: any thread, no state but their arguments. Encoding appends to `out`; it fails
// (with `out` as it was) only for a reference that cannot travel or too deep a nesting.

template <typename... A>
requires(Encodable<A>&&...) absl::Status
    EncodeArguments(const EncodeContext& context, std::string* out, const A&... args) {
  Writer writer(context, out);
  uint32_t number = 0;
  (WriteSingle(writer, ++number, args), ...);
  return writer.Finish();
}

template <typename... A>
absl::Status EncodeArgumentTuple(const EncodeContext& context, std::string* out,
                                 const std::tuple<A...>& args) {
  return std::apply([&](const A&... a) { return EncodeArguments(context, out, a...); }, args);
}

template <typename... A>
bool ReadArgument(Reader& reader, uint32_t number, WireType type, uint64_t* seen,
                  std::tuple<A...>* args) {
  if (number > sizeof...(A)) {
    return reader.Fail(
        absl::StrCat("expected ", sizeof...(A), " arguments, found argument ", number));
  }
  const uint64_t bit = uint64_t{1} << (number - 1);
  if ((*seen & bit) != 0) return reader.Fail(absl::StrCat("argument ", number, " comes twice"));
  *seen |= bit;
  return WithIndex(number, std::index_sequence_for<A...>(), [&](auto i) {
    if (ReadSingle(reader, type, &std::get<i>(*args))) return true;
    using Argument = std::tuple_element_t<i, std::tuple<A...>>;
    return reader.Within(absl::StrCat("argument ", number, " (", TypeName<Argument>(), ")"));
  });
}

// Into arguments as they are made without a value. kInvalidArgument with the place, also if the
// number of the arguments is wrong; `args` are of no use then.
template <typename... A>
requires(Encodable<A>&&...) absl::Status
    ReadArguments(const DecodeContext& context, absl::string_view bytes, std::tuple<A...>* args) {
  static_assert(sizeof...(A) <= 63, "a method has at most 63 arguments");
  Reader reader(context, bytes);
  uint64_t seen = 0;
  constexpr uint64_t kAll = (uint64_t{1} << sizeof...(A)) - 1;
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    return ReadArgument(reader, number, type, &seen, args);
  });
  if (!ok) return reader.status();
  return seen == kAll ? absl::OkStatus() : MissingArguments(sizeof...(A), seen);
}

// The same, as a value.
template <typename... A>
absl::StatusOr<std::tuple<A...>> DecodeArguments(const DecodeContext& context,
                                                 absl::string_view bytes) {
  absl::StatusOr<std::tuple<A...>> args{absl::in_place};
  absl::Status status = ReadArguments(context, bytes, &*args);
  if (!status.ok()) return status;
  return args;
}

// A result of void is std::monostate here: no bytes at all.
template <Encodable R>
absl::Status EncodeResult(const EncodeContext& context, std::string* out, const R& result) {
  if constexpr (std::same_as<R, std::monostate>) {
    return absl::OkStatus();
  } else {
    return EncodeArguments(context, out, result);
  }
}

// Unknown fields are ignored, a missing result is kInvalidArgument.
template <Encodable R>
absl::StatusOr<R> DecodeResult(const DecodeContext& context, absl::string_view bytes) {
  absl::StatusOr<R> result{absl::in_place};
  Reader reader(context, bytes);
  bool seen = std::same_as<R, std::monostate>;
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    if (number != 1 || std::same_as<R, std::monostate>) return reader.Skip(number, type);
    seen = true;
    return ReadSingle(reader, type, &*result) ||
           reader.Within(absl::StrCat("result (", TypeName<R>(), ")"));
  });
  if (!ok) return reader.status();
  if (!seen) return absl::InvalidArgumentError("the result is missing");
  return result;
}

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_CODEC_H_

#ifndef TROUPE_RUNTIME_CODEC_FIELDS_H_
#define TROUPE_RUNTIME_CODEC_FIELDS_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/base/casts.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "runtime/any_ref.h"
#include "runtime/codec_traits.h"
#include "runtime/value.h"
#include "runtime/wire_format.h"

namespace troupe::internal {

// How one kind of type is written and read. Two forms:
//   single: always exactly one field of wire type kType.
//     static constexpr bool kMulti = false;
//     static constexpr WireType kType;
//     static void Write(Writer&, const T&);            all of the field but its tag
//     static bool Read(Reader&, T*);                   likewise, the wire type has been checked
//   multi: no field, one, or several.
//     static constexpr bool kMulti = true;
//     static void WriteFields(Writer&, uint32_t number, const T&);
//     static bool ReadField(Reader&, WireType, T*);    adds what one of the fields says
//     static size_t AtLeast(const T&);                 a lower bound of what WriteFields writes
template <typename T>
struct WireCodec;

// A type in a place that takes exactly one field: itself, or wrapped in a message as its field 1.
template <typename T>
constexpr WireType SingleType() {
  if constexpr (WireCodec<T>::kMulti) {
    return WireType::kBytes;
  } else {
    return WireCodec<T>::kType;
  }
}

template <typename T>
void WriteSinglePayload(Writer& writer, const T& value) {
  if constexpr (WireCodec<T>::kMulti) {
    writer.Nested(WireCodec<T>::AtLeast(value),
                  [&] { WireCodec<T>::WriteFields(writer, 1, value); });
  } else {
    WireCodec<T>::Write(writer, value);
  }
}

template <typename T>
bool ReadSinglePayload(Reader& reader, T* value) {
  if constexpr (WireCodec<T>::kMulti) {
    return reader.Message([&](uint32_t number, WireType type) {
      return number == 1 ? WireCodec<T>::ReadField(reader, type, value) : reader.Skip(number, type);
    });
  } else {
    return WireCodec<T>::Read(reader, value);
  }
}

template <typename T>
void WriteSingle(Writer& writer, uint32_t number, const T& value) {
  writer.Tag(number, SingleType<T>());
  WriteSinglePayload(writer, value);
}

template <typename T>
bool ReadSingle(Reader& reader, WireType type, T* value) {
  return reader.Expect(SingleType<T>(), type) && ReadSinglePayload(reader, value);
}

// A type in a place that may have no field or several.
template <typename T>
void WriteMember(Writer& writer, uint32_t number, const T& value) {
  if constexpr (WireCodec<T>::kMulti) {
    WireCodec<T>::WriteFields(writer, number, value);
  } else {
    WriteSingle(writer, number, value);
  }
}

template <typename T>
bool ReadMember(Reader& reader, WireType type, T* value) {
  if constexpr (WireCodec<T>::kMulti) {
    return WireCodec<T>::ReadField(reader, type, value);
  } else {
    return ReadSingle(reader, type, value);
  }
}

// Calls `f` with the std::integral_constant of `number` - 1, if that is one of the indices: how a
// number from the wire finds its type. Returns what f says, else true.
template <size_t... I, typename F>
bool WithIndex(uint32_t number, std::index_sequence<I...>, F&& f) {
  bool ok = true;
  static_cast<void>(
      ((number == I + 1 && (ok = f(std::integral_constant<size_t, I>()), true)) || ...));
  return ok;
}

// In codec.cc.
bool FailOutOfRange(Reader& reader, uint64_t value, bool is_signed, size_t bytes);
void WriteRef(Writer& writer, const AnyRef& ref);
bool ReadRef(Reader& reader, AnyRef* ref);
void WriteValue(Writer& writer, const Value& value);
bool ReadValue(Reader& reader, Value* value);
void WriteMessage(Writer& writer, const google::protobuf::MessageLite& message);
bool ReadMessage(Reader& reader, google::protobuf::MessageLite* message);
absl::Status MissingArguments(size_t expected, uint64_t seen);

template <typename T>
requires(IntegerType<T>&& ScalarType<T>) struct WireCodec<T> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kVarint;
  static void Write(Writer& writer, T value) {
    if constexpr (std::is_signed_v<T>) {
      writer.Varint(static_cast<uint64_t>(static_cast<int64_t>(value)));
    } else {
      writer.Varint(static_cast<uint64_t>(value));
    }
  }
  static bool Read(Reader& reader, T* value) {
    uint64_t bits = 0;
    if (!reader.Varint(&bits)) return false;
    if constexpr (std::same_as<T, bool>) {
      if (bits > 1) return FailOutOfRange(reader, bits, false, 0);
      *value = bits == 1;
    } else {
      *value = static_cast<T>(bits);
      if constexpr (sizeof(T) < sizeof(bits)) {
        const bool fits = std::is_signed_v<T>
                              ? static_cast<int64_t>(*value) == static_cast<int64_t>(bits)
                              : static_cast<uint64_t>(*value) == bits;
        if (!fits) return FailOutOfRange(reader, bits, std::is_signed_v<T>, sizeof(T));
      }
    }
    return true;
  }
};

template <typename T>
requires(EnumType<T>&& ScalarType<T>) struct WireCodec<T> {
  using Number = std::underlying_type_t<T>;
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kVarint;
  static void Write(Writer& writer, T value) {
    WireCodec<Number>::Write(writer, static_cast<Number>(value));
  }
  static bool Read(Reader& reader, T* value) {
    Number number;
    if (!WireCodec<Number>::Read(reader, &number)) return false;
    *value = static_cast<T>(number);
    return true;
  }
};

template <>
struct WireCodec<double> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kFixed64;
  static void Write(Writer& writer, double value) {
    writer.Fixed64(absl::bit_cast<uint64_t>(value));
  }
  static bool Read(Reader& reader, double* value) {
    uint64_t bits = 0;
    if (!reader.Fixed64(&bits)) return false;
    *value = absl::bit_cast<double>(bits);
    return true;
  }
};

template <>
struct WireCodec<float> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kFixed32;
  static void Write(Writer& writer, float value) {
    writer.Fixed32(absl::bit_cast<uint32_t>(value));
  }
  static bool Read(Reader& reader, float* value) {
    uint32_t bits = 0;
    if (!reader.Fixed32(&bits)) return false;
    *value = absl::bit_cast<float>(bits);
    return true;
  }
};

template <>
struct WireCodec<std::string> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  static void Write(Writer& writer, const std::string& value) { writer.LengthAndBytes(value); }
  static bool Read(Reader& reader, std::string* value) { return reader.Text(value); }
};

template <>
struct WireCodec<Bytes> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  static void Write(Writer& writer, const Bytes& value) { writer.LengthAndBytes(value.data); }
  static bool Read(Reader& reader, Bytes* value) {
    return WireCodec<std::string>::Read(reader, &value->data);
  }
};

template <>
struct WireCodec<absl::Cord> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  static void Write(Writer& writer, const absl::Cord& value) {
    writer.Varint(value.size());
    for (absl::string_view chunk : value.Chunks()) writer.Raw(chunk);
  }
  static bool Read(Reader& reader, absl::Cord* value) {
    absl::string_view bytes;
    if (!reader.LengthAndBytes(&bytes)) return false;
    *value = absl::Cord(bytes);
    return true;
  }
};

template <>
struct WireCodec<AnyRef> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  static void Write(Writer& writer, const AnyRef& ref) { WriteRef(writer, ref); }
  static bool Read(Reader& reader, AnyRef* ref) { return ReadRef(reader, ref); }
};

template <>
struct WireCodec<Value> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  static void Write(Writer& writer, const Value& value) { WriteValue(writer, value); }
  static bool Read(Reader& reader, Value* value) { return ReadValue(reader, value); }
};

template <typename T>
requires(ProtoMessage<T>&& ScalarType<T>) struct WireCodec<T> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  static void Write(Writer& writer, const T& message) { WriteMessage(writer, message); }
  static bool Read(Reader& reader, T* message) { return ReadMessage(reader, message); }
};

template <HasCodec T>
struct WireCodec<T> {
  using Wire = typename Codec<T>::Wire;
  static constexpr bool kMulti = false;
  static constexpr WireType kType = SingleType<Wire>();
  static void Write(Writer& writer, const T& value) {
    const Wire wire = Codec<T>::ToWire(value);
    WriteSinglePayload(writer, wire);
  }
  static bool Read(Reader& reader, T* value) {
    Wire wire{};
    if (!ReadSinglePayload(reader, &wire)) return false;
    absl::StatusOr<T> converted = Codec<T>::FromWire(std::move(wire));
    if (!converted.ok()) return reader.Fail(converted.status());
    *value = *std::move(converted);
    return true;
  }
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CODEC_FIELDS_H_

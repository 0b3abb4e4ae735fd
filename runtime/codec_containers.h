#ifndef TROUPE_RUNTIME_CODEC_CONTAINERS_H_
#define TROUPE_RUNTIME_CODEC_CONTAINERS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/aggregate.h"
#include "runtime/codec_fields.h"
#include "runtime/codec_traits.h"
#include "runtime/wire_format.h"

namespace troupe::internal {

// Numbers travel packed: one field with all of them, without tags between.
template <typename T>
constexpr bool IsPackable() {
  return SingleType<T>() != WireType::kBytes;
}

// How many numbers there are in a packed field; 0 where it does not end with a whole one.
template <typename T>
size_t CountPacked(absl::string_view bytes) {
  switch (SingleType<T>()) {
    case WireType::kFixed32:
      return bytes.size() / 4;
    case WireType::kFixed64:
      return bytes.size() / 8;
    default:
      return static_cast<size_t>(
          std::count_if(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) == 0; }));
  }
}

// Reads one element and gives it to the end of a container.
template <typename C>
bool ReadElement(Reader& reader, C* container) {
  using E = typename C::value_type;
  if constexpr (SequenceType<C> && std::is_class_v<E>) {
    container->emplace_back();
    if (ReadSinglePayload(reader, &container->back())) return true;
    return reader.Within("element ", container->size());
  } else {
    E element{};
    if (!ReadSinglePayload(reader, &element)) {
      return reader.Within("element ", container->size() + 1);
    }
    if constexpr (SequenceType<C>) {
      container->push_back(std::move(element));
    } else {
      container->insert(std::move(element));
    }
    return true;
  }
}

template <typename C>
requires(SequenceType<C> || SetType<C>) struct WireCodec<C> {
  using E = typename C::value_type;
  static constexpr bool kMulti = true;

  static size_t AtLeast(const C& container) { return container.size() * (IsPackable<E>() ? 1 : 2); }
  static void WriteFields(Writer& writer, uint32_t number, const C& container) {
    if constexpr (IsPackable<E>()) {
      if (container.size() == 0) return;
      writer.Tag(number, WireType::kBytes);
      if constexpr (kIsArrayOfFloats) {
        writer.LengthAndBytes(absl::string_view(reinterpret_cast<const char*>(container.data()),
                                                container.size() * sizeof(E)));
        return;
      }
      writer.Sized(container.size() * kElementAtLeast, [&] {
        for (auto it = container.begin(); it != container.end(); ++it) {
          WriteSinglePayload<E>(writer, *it);
        }
      });
    } else {
      for (auto it = container.begin(); it != container.end(); ++it) {
        WriteSingle<E>(writer, number, *it);
      }
    }
  }
  static bool ReadField(Reader& reader, WireType type, C* container) {
    if constexpr (IsPackable<E>()) {
      if (type == WireType::kBytes) return ReadPacked(reader, container);
    }
    return reader.Expect(SingleType<E>(), type) && ReadElement(reader, container);
  }

 private:
  static constexpr size_t kElementAtLeast = SingleType<E>() == WireType::kFixed64   ? 8
                                            : SingleType<E>() == WireType::kFixed32 ? 4
                                                                                    : 1;
  // In memory as on the wire: copied in one piece.
  static constexpr bool kIsArrayOfFloats =
      FloatType<E> && std::endian::native == std::endian::little && std::same_as<C, std::vector<E>>;

  static bool ReadPacked(Reader& reader, C* container) {
    absl::string_view bytes;
    if (!reader.LengthAndBytes(&bytes)) return false;
    if constexpr (kIsArrayOfFloats) {
      if (bytes.size() % sizeof(E) != 0) return reader.Fail("the last element is cut off");
      const size_t before = container->size();
      container->resize(before + bytes.size() / sizeof(E));
      if (!bytes.empty()) std::memcpy(container->data() + before, bytes.data(), bytes.size());
      return true;
    }
    if constexpr (requires { container->reserve(size_t{}); }) {
      // Only once: growing to the exact size again and again would be quadratic.
      if (container->size() == 0) container->reserve(CountPacked<E>(bytes));
    }
    return reader.Packed(bytes, [&] { return ReadElement(reader, container); });
  }
};

template <typename K, typename V>
bool ReadEntry(Reader& reader, K* key, V* value) {
  return reader.Message([&](uint32_t number, WireType type) {
    if (number == 1) return ReadMember(reader, type, key) || reader.Within("key");
    if (number == 2) return ReadMember(reader, type, value) || reader.Within("value");
    return reader.Skip(number, type);
  });
}

template <MapType C>
struct WireCodec<C> {
  static constexpr bool kMulti = true;

  static size_t AtLeast(const C& container) { return container.size() * 2; }
  static void WriteFields(Writer& writer, uint32_t number, const C& container) {
    for (const auto& [key, value] : container) {
      writer.Tag(number, WireType::kBytes);
      writer.Nested(0, [&, &key = key, &value = value] {
        WriteMember(writer, 1, key);
        WriteMember(writer, 2, value);
      });
    }
  }
  static bool ReadField(Reader& reader, WireType type, C* container) {
    typename C::key_type key{};
    typename C::mapped_type value{};
    if (!reader.Expect(WireType::kBytes, type)) return false;
    if (!ReadEntry(reader, &key, &value)) return reader.Within("entry ", container->size() + 1);
    if constexpr (requires { container->insert_or_assign(std::move(key), std::move(value)); }) {
      container->insert_or_assign(std::move(key), std::move(value));
    } else {
      container->emplace(std::move(key), std::move(value));
    }
    return true;
  }
};

template <OptionalType T>
struct WireCodec<T> {
  static constexpr bool kMulti = true;

  static size_t AtLeast(const T& optional) { return optional.has_value() ? 2 : 0; }
  static void WriteFields(Writer& writer, uint32_t number, const T& optional) {
    if (optional.has_value()) WriteSingle(writer, number, *optional);
  }
  static bool ReadField(Reader& reader, WireType type, T* optional) {
    return ReadSingle(reader, type, &optional->emplace());
  }
};

// The fields of a message into a std::tuple of references, field n into the n-th.
template <typename Refs, size_t... I>
bool ReadMembers(Reader& reader, [[maybe_unused]] Refs members, std::index_sequence<I...> indices) {
  return reader.Message([&](uint32_t number, WireType type) {
    if (number > sizeof...(I)) return reader.Skip(number, type);
    return WithIndex(number, indices,
                     [&](auto i) { return ReadMember(reader, type, &std::get<i>(members)); }) ||
           reader.Within("field ", number);
  });
}

template <typename Refs, size_t... I>
void WriteMembers(Writer& writer, [[maybe_unused]] Refs members, std::index_sequence<I...>) {
  writer.Nested(0, [&] { (WriteMember(writer, I + 1, std::get<I>(members)), ...); });
}

template <TupleType T>
struct WireCodec<T> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  using Indices = std::make_index_sequence<std::tuple_size_v<T>>;

  static void Write(Writer& writer, const T& tuple) {
    std::apply([&](const auto&... e) { WriteMembers(writer, std::tie(e...), Indices()); }, tuple);
  }
  static bool Read(Reader& reader, T* tuple) {
    return std::apply([&](auto&... e) { return ReadMembers(reader, std::tie(e...), Indices()); },
                      *tuple);
  }
};

template <StructType T>
struct WireCodec<T> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;
  using Indices = std::make_index_sequence<kFieldCount<T>>;

  static void Write(Writer& writer, const T& object) {
    WriteMembers(writer, TieFields(object), Indices());
  }
  static bool Read(Reader& reader, T* object) {
    return ReadMembers(reader, TieFields(*object), Indices());
  }
};

template <typename T, size_t N>
struct WireCodec<std::array<T, N>> {
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;

  static void Write(Writer& writer, const std::array<T, N>& array) {
    writer.Nested(N, [&] {
      if constexpr (IsPackable<T>()) {
        if (N == 0) return;
        writer.Tag(1, WireType::kBytes);
        writer.Sized(N, [&] {
          for (const T& element : array) WriteSinglePayload(writer, element);
        });
      } else {
        for (const T& element : array) WriteSingle(writer, 1, element);
      }
    });
  }
  static bool Read(Reader& reader, std::array<T, N>* array) {
    size_t count = 0;
    const auto next = [&] {
      if (count >= N) return FailLength(reader, "more");
      T element{};
      if (!ReadSinglePayload(reader, &element)) return reader.Within("element ", count + 1);
      (*array)[count++] = std::move(element);
      return true;
    };
    const bool ok = reader.Message([&](uint32_t number, WireType type) {
      if (number != 1) return reader.Skip(number, type);
      if constexpr (IsPackable<T>()) {
        absl::string_view bytes;
        if (type == WireType::kBytes) {
          return reader.LengthAndBytes(&bytes) && reader.Packed(bytes, next);
        }
      }
      return reader.Expect(SingleType<T>(), type) && next();
    });
    if (!ok) return false;
    return count == N || FailLength(reader, absl::StrCat(count));
  }

 private:
  static bool FailLength(Reader& reader, absl::string_view found) {
    return reader.Fail(absl::StrCat("expected ", N, " elements, found ", found));
  }
};

template <typename... A>
struct WireCodec<std::variant<A...>> {
  using T = std::variant<A...>;
  using Indices = std::index_sequence_for<A...>;
  static constexpr bool kMulti = false;
  static constexpr WireType kType = WireType::kBytes;

  static void Write(Writer& writer, const T& variant) {
    if (variant.valueless_by_exception()) {
      writer.Fail(absl::InvalidArgumentError("a variant without a value cannot travel"));
      return;
    }
    const auto number = static_cast<uint32_t>(variant.index() + 1);
    writer.Nested(0, [&] {
      WithIndex(number, Indices(), [&](auto i) {
        WriteSingle(writer, number, *std::get_if<i>(&variant));
        return true;
      });
    });
  }
  static bool Read(Reader& reader, T* variant) {
    bool seen = false;
    const bool ok = reader.Message([&](uint32_t number, WireType type) {
      if (number > sizeof...(A)) return reader.Skip(number, type);
      seen = true;
      return WithIndex(number, Indices(),
                       [&](auto i) {
                         return ReadSingle(reader, type, &variant->template emplace<i>());
                       }) ||
             reader.Within("alternative ", number);
    });
    if (!ok) return false;
    return seen || reader.Fail("no alternative of the variant is there");
  }
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CODEC_CONTAINERS_H_

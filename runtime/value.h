#ifndef TROUPE_RUNTIME_VALUE_H_
#define TROUPE_RUNTIME_VALUE_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "runtime/any_ref.h"

namespace troupe {

// Bytes that are not text. On the wire a std::string and Bytes are the same; in a Value they are
// two kinds, as in Python.
struct Bytes {
  std::string data;

  friend bool operator==(const Bytes& a, const Bytes& b) = default;
  friend auto operator<=>(const Bytes& a, const Bytes& b) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Bytes& bytes) {
    return H::combine(std::move(state), bytes.data);
  }
};

// A protobuf message of any type, serialized.
struct PackedMessage {
  std::string type_name;  // the full name, "google.protobuf.Timestamp"
  std::string data;

  friend bool operator==(const PackedMessage& a, const PackedMessage& b) = default;
};

class Value;

namespace internal {

// kInvalidArgument: "expected <wanted>, got text 'x'".
absl::Status ExpectedError(absl::string_view wanted, const Value& found);

// Owns a map on the heap and copies it with itself. Null (after a move) counts as an empty map.
// Defined out of line: the map's type is incomplete until Value is complete.
class MapBox {
 public:
  using Map = absl::btree_map<std::string, Value>;

  explicit MapBox(Map* map) noexcept : map_(map) {}
  MapBox(const MapBox& other);
  MapBox(MapBox&& other) noexcept : map_(std::exchange(other.map_, nullptr)) {}
  MapBox& operator=(MapBox other) noexcept {
    std::swap(map_, other.map_);
    return *this;
  }
  ~MapBox();

  const Map& get() const;
  Map& mutable_get();
  friend bool operator==(const MapBox& a, const MapBox& b);

 private:
  Map* map_;
};

// A Ref<T>: a class that converts to AnyRef, and not to everything as AnyField of aggregate.h does.
struct NoReference {};
template <typename T>
concept TypedRef =
    !std::same_as<T, AnyRef> && !std::same_as<T, Value> && std::is_class_v<T> &&
    std::is_convertible_v<const T&, AnyRef> && !std::is_convertible_v<const T&, NoReference>;

}  // namespace internal

// A dictionary-like message whose shape only its sender and its receiver know: null, bool, 64-bit
// integer, double, text, bytes, list, map, reference to an actor, or any protobuf message.
//
// Writing one:
//   Value(1)  Value("text")  Value(true)  Value(nullptr)  Value(Bytes{"\xff"})  Value(ref)
//   Value{{"command", "print"}, {"times", 2}}         braces with pairs in them make a map
//   Value(Value::List{1, "two", 3.0})                 a list always says so
//   Value::ListOf(Value::ListOf(1, 2))                a list with a single list in it is written
//                                                     so: compilers disagree on List{List{...}}
// Braces with one pair are a map too; a list of pairs does not exist. Equality is strict: Value(1)
// and Value(1.0) differ, NaN differs from itself.
//
// Reading never fails hard: `v["command"]`, `v["list"][0]` give null where there is nothing, the
// As... functions a Status with what was expected and what was found.
//
// A value type, 40 bytes. Copies are deep (a packed message is shared, being immutable), moves cost
// the same for every size, and leave a valid value of unspecified content. Not thread-safe as such;
// const functions may run at the same time. A value nested deeper than runtime/codec.h allows
// cannot travel; destroying one recurses as deep as it is nested.
class Value {
 public:
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kInt,
    kDouble,
    kText,
    kBytes,
    kList,
    kMap,
    kRef,
    kMessage
  };
  using List = std::vector<Value>;
  // Ordered by key, so that two equal maps print alike.
  using Map = internal::MapBox::Map;
  using Entry = std::pair<const std::string, Value>;

  Value() noexcept : data_(std::monostate()) {}
  // NOLINTBEGIN(google-explicit-constructor): a message is written where it is sent.
  Value(std::nullptr_t) : Value() {}
  template <std::same_as<bool> T>
  Value(T value) : data_(std::in_place_type<bool>, value) {}
  // An unsigned integer above 2^63 - 1 becomes text, its decimal digits.
  template <typename T>
  requires(std::integral<T> && !std::same_as<T, bool> && sizeof(T) <= sizeof(int64_t))
      Value(T value)
      : data_(std::in_place_type<int64_t>, static_cast<int64_t>(value)) {
    if constexpr (std::unsigned_integral<T> && sizeof(T) == sizeof(int64_t)) {
      if (value > static_cast<T>(std::numeric_limits<int64_t>::max()))
        data_ = std::to_string(value);
    }
  }
  template <std::floating_point T>
  Value(T value) : data_(std::in_place_type<double>, static_cast<double>(value)) {}
  // Text is UTF-8. This is not checked; readers in other languages may refuse what is not.
  Value(const char* text) : data_(std::in_place_type<std::string>, text) {}
  Value(std::string text) : data_(std::in_place_type<std::string>, std::move(text)) {}
  template <typename T>
  requires(std::same_as<T, absl::string_view> || std::same_as<T, std::string_view>) Value(T text)
      : data_(std::in_place_type<std::string>, text.data(), text.size()) {}
  Value(Bytes bytes) : data_(std::in_place_type<Bytes>, std::move(bytes)) {}
  Value(List list) : data_(std::in_place_type<List>, std::move(list)) {}
  Value(Map map) : data_(std::in_place_type<internal::MapBox>, new Map(std::move(map))) {}
  // A key that comes twice: the first one holds.
  Value(std::initializer_list<Entry> entries) : Value(Map(entries.begin(), entries.end())) {}
  Value(AnyRef ref) : data_(std::in_place_type<AnyRef>, std::move(ref)) {}
  template <internal::TypedRef T>
  Value(const T& ref) : Value(static_cast<AnyRef>(ref)) {}
  Value(PackedMessage message) : data_(std::make_shared<const PackedMessage>(std::move(message))) {}
  template <std::derived_from<google::protobuf::MessageLite> M>
  Value(const M& message) : Value(FromMessage(message)) {}
  // NOLINTEND(google-explicit-constructor)

  Value(const Value&) = default;
  Value(Value&&) noexcept = default;
  Value& operator=(const Value&) = default;
  Value& operator=(Value&&) noexcept = default;
  ~Value() = default;

  template <typename... T>
  static Value ListOf(T&&... items) {
    List list;
    list.reserve(sizeof...(items));
    (list.push_back(Value(std::forward<T>(items))), ...);
    return Value(std::move(list));
  }
  // Serializes the message now.
  static Value FromMessage(const google::protobuf::MessageLite& message);
  // Any encodable type, as described in runtime/value_convert.h, where this is defined.
  template <typename T>
  static Value From(const T& object);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  // "null", "a boolean", "an integer", "a number", "text", ...: as error messages say it.
  absl::string_view kind_name() const;
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_bool() const { return kind() == Kind::kBool; }
  bool is_int() const { return kind() == Kind::kInt; }
  bool is_double() const { return kind() == Kind::kDouble; }
  bool is_text() const { return kind() == Kind::kText; }
  bool is_bytes() const { return kind() == Kind::kBytes; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_map() const { return kind() == Kind::kMap; }
  bool is_ref() const { return kind() == Kind::kRef; }
  bool is_message() const { return kind() == Kind::kMessage; }

  // What is inside, or kInvalidArgument ("expected an integer, got text 'x'"). AsInt takes an
  // integral double, AsDouble an integer that a double can hold exactly; nothing else is converted.
  absl::StatusOr<bool> AsBool() const;
  absl::StatusOr<int64_t> AsInt() const;
  absl::StatusOr<double> AsDouble() const;
  absl::StatusOr<std::string> AsText() const&;
  absl::StatusOr<std::string> AsText() &&;
  absl::StatusOr<Bytes> AsBytes() const&;
  absl::StatusOr<Bytes> AsBytes() &&;
  absl::StatusOr<List> AsList() const&;
  absl::StatusOr<List> AsList() &&;
  absl::StatusOr<Map> AsMap() const&;
  absl::StatusOr<Map> AsMap() &&;
  absl::StatusOr<AnyRef> AsRef() const;
  // Parses a message of this very type; kInvalidArgument if another type or nothing parseable is
  // inside.
  template <std::derived_from<google::protobuf::MessageLite> M>
  absl::StatusOr<M> AsMessage() const {
    M message;
    if (absl::Status status = ParseMessage(&message); !status.ok()) return status;
    return message;
  }
  // Any encodable type; defined in runtime/value_convert.h.
  template <typename T>
  absl::StatusOr<T> As() const;

  // Without a copy: null where something else is inside. Valid until the value is changed or
  // destroyed.
  const std::string* text() const { return std::get_if<std::string>(&data_); }
  const Bytes* bytes() const { return std::get_if<Bytes>(&data_); }
  const List* list() const { return std::get_if<List>(&data_); }
  List* mutable_list() { return std::get_if<List>(&data_); }
  const Map* map() const;
  Map* mutable_map();
  const AnyRef* ref() const { return std::get_if<AnyRef>(&data_); }
  const PackedMessage* message() const;

  // The value of a key, the item at an index: null where there is none, or no map or list.
  const Value& operator[](absl::string_view key) const;
  const Value& operator[](size_t index) const;
  // As [], but a null pointer where there is none.
  const Value* Find(absl::string_view key) const;
  // Entries of a map, items of a list, bytes of text and bytes; 0 for everything else.
  size_t size() const;

  // Sets a key; whatever else than a map was inside is replaced by an empty one first.
  Value& Set(absl::string_view key, Value value);
  // Adds an item; whatever else than a list was inside is replaced by an empty one first.
  Value& Append(Value item);

  // As Python prints it: {'no': 'Norway', 'n': [1, 2.0, None, True, b'\xff']}; a reference as
  // AnyRef::ToString, a message as <google.protobuf.Timestamp, 12 bytes>.
  std::string ToString() const;

  friend bool operator==(const Value& a, const Value& b);
  friend std::ostream& operator<<(std::ostream& out, const Value& value) {
    return out << value.ToString();
  }

 private:
  using MessagePtr = std::shared_ptr<const PackedMessage>;

  absl::Status ParseMessage(google::protobuf::MessageLite* message) const;

  // In the order of Kind.
  std::variant<std::monostate, bool, int64_t, double, std::string, Bytes, List, internal::MapBox,
               AnyRef, MessagePtr>
      data_;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_VALUE_H_

#include "runtime/value.h"

#include <charconv>
#include <climits>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"

namespace troupe {
namespace {

const Value& NullValue() {
  static const Value* const null = new Value();
  return *null;
}

constexpr size_t kShownText = 40;

// What an error message says of a value: its kind, and the value itself if it is a short one.
std::string Describe(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
    case Value::Kind::kInt:
    case Value::Kind::kDouble:
      return absl::StrCat(value.kind_name(), " ", value.ToString());
    case Value::Kind::kText:
      if (value.size() <= kShownText) return absl::StrCat("text ", value.ToString());
      return absl::StrCat("text of ", value.size(), " bytes");
    default:
      return std::string(value.kind_name());
  }
}

void AppendByte(unsigned char byte, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  absl::StrAppend(out, "\\x", absl::string_view(&kHex[byte >> 4], 1),
                  absl::string_view(&kHex[byte & 15], 1));
}

// Python's repr. Bytes above 127 are shown as they are in text, which is UTF-8.
void AppendQuoted(absl::string_view text, bool is_text, std::string* out) {
  const bool double_quotes =
      text.find('\'') != absl::string_view::npos && text.find('"') == absl::string_view::npos;
  const char quote = double_quotes ? '"' : '\'';
  out->push_back(quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (byte < 0x20 || byte == 0x7f || (byte > 0x7f && !is_text)) {
      AppendByte(byte, out);
    } else {
      out->push_back(c);
    }
  }
  out->push_back(quote);
}

// The shortest text that reads back as the same number, with a point or an exponent in it.
void AppendDouble(double value, std::string* out) {
  if (std::isnan(value)) {
    out->append("nan");
    return;
  }
  char buffer[32];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  const absl::string_view digits(buffer, static_cast<size_t>(end.ptr - buffer));
  absl::StrAppend(out, digits);
  if (digits.find_first_of(".en") == absl::string_view::npos) out->append(".0");
}

void AppendValue(const Value& value, std::string* out);

void AppendList(const Value::List& list, std::string* out) {
  absl::string_view separator = "[";
  for (const Value& item : list) {
    out->append(separator.data(), separator.size());
    AppendValue(item, out);
    separator = ", ";
  }
  out->append(list.empty() ? "[]" : "]");
}

void AppendMap(const Value::Map& map, std::string* out) {
  absl::string_view separator = "{";
  for (const auto& [key, value] : map) {
    out->append(separator.data(), separator.size());
    AppendQuoted(key, true, out);
    out->append(": ");
    AppendValue(value, out);
    separator = ", ";
  }
  out->append(map.empty() ? "{}" : "}");
}

void AppendValue(const Value& value, std::string* out) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return absl::StrAppend(out, "None");
    case Value::Kind::kBool:
      return absl::StrAppend(out, *value.AsBool() ? "True" : "False");
    case Value::Kind::kInt:
      return absl::StrAppend(out, *value.AsInt());
    case Value::Kind::kDouble:
      return AppendDouble(*value.AsDouble(), out);
    case Value::Kind::kText:
      return AppendQuoted(*value.text(), true, out);
    case Value::Kind::kBytes:
      out->push_back('b');
      return AppendQuoted(value.bytes()->data, false, out);
    case Value::Kind::kList:
      return AppendList(*value.list(), out);
    case Value::Kind::kMap:
      return AppendMap(*value.map(), out);
    case Value::Kind::kRef:
      return absl::StrAppend(out, value.ref()->ToString());
    case Value::Kind::kMessage:
      return absl::StrAppend(out, "<", value.message()->type_name, ", ",
                             value.message()->data.size(), " bytes>");
  }
}

// 2^63, the first number above int64_t.
constexpr double kInt64End = 9223372036854775808.0;

}  // namespace

namespace internal {

absl::Status ExpectedError(absl::string_view wanted, const Value& found) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", wanted, ", got ", Describe(found)));
}

MapBox::MapBox(const MapBox& other)
    : map_(other.map_ == nullptr ? nullptr : new Map(*other.map_)) {}

MapBox::~MapBox() { delete map_; }

const MapBox::Map& MapBox::get() const {
  static const Map* const empty = new Map();
  return map_ == nullptr ? *empty : *map_;
}

MapBox::Map& MapBox::mutable_get() {
  if (map_ == nullptr) map_ = new Map();
  return *map_;
}

bool operator==(const MapBox& a, const MapBox& b) { return a.get() == b.get(); }

}  // namespace internal

using internal::ExpectedError;

Value Value::FromMessage(const google::protobuf::MessageLite& message) {
  PackedMessage packed;
  packed.type_name = message.GetTypeName();
  message.AppendPartialToString(&packed.data);
  return Value(std::move(packed));
}

absl::string_view Value::kind_name() const {
  switch (kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "a boolean";
    case Kind::kInt:
      return "an integer";
    case Kind::kDouble:
      return "a number";
    case Kind::kText:
      return "text";
    case Kind::kBytes:
      return "bytes";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kRef:
      return "a reference";
    case Kind::kMessage:
      return "a message";
  }
  return "nothing known";
}

absl::StatusOr<bool> Value::AsBool() const {
  if (const bool* found = std::get_if<bool>(&data_)) return *found;
  return ExpectedError("a boolean", *this);
}

absl::StatusOr<int64_t> Value::AsInt() const {
  if (const int64_t* found = std::get_if<int64_t>(&data_)) return *found;
  if (const double* found = std::get_if<double>(&data_)) {
    if (*found >= -kInt64End && *found < kInt64End && std::trunc(*found) == *found) {
      return static_cast<int64_t>(*found);
    }
  }
  return ExpectedError("an integer", *this);
}

absl::StatusOr<double> Value::AsDouble() const {
  if (const double* found = std::get_if<double>(&data_)) return *found;
  if (const int64_t* found = std::get_if<int64_t>(&data_)) {
    const double number = static_cast<double>(*found);
    // The largest integers are rounded up to 2^63, which is no int64 any more.
    if (number < kInt64End && static_cast<int64_t>(number) == *found) return number;
    return absl::InvalidArgumentError(
        absl::StrCat("expected a number, got an integer no double holds exactly: ", *found));
  }
  return ExpectedError("a number", *this);
}

absl::StatusOr<std::string> Value::AsText() const& {
  if (const std::string* found = text()) return *found;
  return ExpectedError("text", *this);
}

absl::StatusOr<std::string> Value::AsText() && {
  if (std::string* found = std::get_if<std::string>(&data_)) return std::move(*found);
  return ExpectedError("text", *this);
}

absl::StatusOr<Bytes> Value::AsBytes() const& {
  if (const Bytes* found = bytes()) return *found;
  return ExpectedError("bytes", *this);
}

absl::StatusOr<Bytes> Value::AsBytes() && {
  if (Bytes* found = std::get_if<Bytes>(&data_)) return std::move(*found);
  return ExpectedError("bytes", *this);
}

absl::StatusOr<Value::List> Value::AsList() const& {
  if (const List* found = list()) return *found;
  return ExpectedError("a list", *this);
}

absl::StatusOr<Value::List> Value::AsList() && {
  if (List* found = mutable_list()) return std::move(*found);
  return ExpectedError("a list", *this);
}

absl::StatusOr<Value::Map> Value::AsMap() const& {
  if (const Map* found = map()) return *found;
  return ExpectedError("a map", *this);
}

absl::StatusOr<Value::Map> Value::AsMap() && {
  if (Map* found = mutable_map()) return std::move(*found);
  return ExpectedError("a map", *this);
}

absl::StatusOr<AnyRef> Value::AsRef() const {
  if (const AnyRef* found = ref()) return *found;
  return ExpectedError("a reference", *this);
}

absl::Status Value::ParseMessage(google::protobuf::MessageLite* message) const {
  const PackedMessage* const packed = this->message();
  const std::string wanted = message->GetTypeName();
  if (packed == nullptr) return ExpectedError(absl::StrCat("a ", wanted), *this);
  if (packed->type_name != wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a ", wanted, ", got a ", packed->type_name));
  }
  if (packed->data.size() > INT_MAX ||
      !message->ParsePartialFromArray(packed->data.data(), static_cast<int>(packed->data.size())) ||
      !message->IsInitialized()) {
    return absl::InvalidArgumentError(
        absl::StrCat("these ", packed->data.size(), " bytes are no ", wanted));
  }
  return absl::OkStatus();
}

const Value::Map* Value::map() const {
  const auto* box = std::get_if<internal::MapBox>(&data_);
  return box == nullptr ? nullptr : &box->get();
}

Value::Map* Value::mutable_map() {
  auto* box = std::get_if<internal::MapBox>(&data_);
  return box == nullptr ? nullptr : &box->mutable_get();
}

const PackedMessage* Value::message() const {
  static const PackedMessage* const empty = new PackedMessage();
  const MessagePtr* found = std::get_if<MessagePtr>(&data_);
  if (found == nullptr) return nullptr;
  return *found == nullptr ? empty : found->get();
}

const Value* Value::Find(absl::string_view key) const {
  const Map* const entries = map();
  if (entries == nullptr) return nullptr;
  const auto found = entries->find(key);
  return found == entries->end() ? nullptr : &found->second;
}

const Value& Value::operator[](absl::string_view key) const {
  const Value* const found = Find(key);
  return found == nullptr ? NullValue() : *found;
}

const Value& Value::operator[](size_t index) const {
  const List* const items = list();
  return items == nullptr || index >= items->size() ? NullValue() : (*items)[index];
}

size_t Value::size() const {
  switch (kind()) {
    case Kind::kText:
      return text()->size();
    case Kind::kBytes:
      return bytes()->data.size();
    case Kind::kList:
      return list()->size();
    case Kind::kMap:
      return map()->size();
    default:
      return 0;
  }
}

Value& Value::Set(absl::string_view key, Value value) {
  if (!is_map()) *this = Value(Map());
  mutable_map()->insert_or_assign(std::string(key), std::move(value));
  return *this;
}

Value& Value::Append(Value item) {
  if (!is_list()) *this = Value(List());
  mutable_list()->push_back(std::move(item));
  return *this;
}

std::string Value::ToString() const {
  std::string result;
  AppendValue(*this, &result);
  return result;
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_message() && b.is_message()) return *a.message() == *b.message();
  return a.data_ == b.data_;
}

}  // namespace troupe

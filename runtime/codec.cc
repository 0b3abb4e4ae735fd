#include "runtime/codec.h"

#include <climits>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/codec_context.h"
#include "runtime/value.h"
#include "runtime/wire_format.h"

namespace troupe::internal {
namespace {

// Fields of troupe.wire.ActorRef.
constexpr uint32_t kUrnField = 1;
constexpr uint32_t kClassNameField = 2;
constexpr uint32_t kNodeAddressField = 3;
constexpr uint32_t kIncarnationField = 4;

// Fields of troupe.wire.Value.
constexpr uint32_t kBooleanField = 1;
constexpr uint32_t kIntegerField = 2;
constexpr uint32_t kNumberField = 3;
constexpr uint32_t kTextField = 4;
constexpr uint32_t kBinaryField = 5;
constexpr uint32_t kListField = 6;
constexpr uint32_t kMapField = 7;
constexpr uint32_t kReferenceField = 8;
constexpr uint32_t kMessageField = 9;

void WriteList(Writer& writer, const Value::List& list) {
  writer.Nested(list.size() * 2, [&] {
    for (const Value& item : list) {
      if (writer.failed()) return;
      WriteSingle(writer, 1, item);
    }
  });
}

void WriteMap(Writer& writer, const Value::Map& map) {
  writer.Nested(map.size() * 2, [&] {
    for (const auto& [key, value] : map) {
      if (writer.failed()) return;
      writer.Tag(1, WireType::kBytes);
      writer.Nested(key.size(), [&, &key = key, &value = value] {
        WriteSingle(writer, 1, key);
        WriteSingle(writer, 2, value);
      });
    }
  });
}

void WritePacked(Writer& writer, const PackedMessage& message) {
  writer.Nested(message.data.size(), [&] {
    WriteSingle(writer, 1, message.type_name);
    WriteSingle(writer, 2, message.data);
  });
}

bool ReadPacked(Reader& reader, PackedMessage* message) {
  return reader.Message([&](uint32_t number, WireType type) {
    if (number == 1) return ReadSingle(reader, type, &message->type_name);
    if (number == 2) return ReadSingle(reader, type, &message->data);
    return reader.Skip(number, type);
  });
}

bool ReadList(Reader& reader, Value::List* list) {
  return reader.Message([&](uint32_t number, WireType type) {
    if (number != 1) return reader.Skip(number, type);
    list->emplace_back();
    return ReadSingle(reader, type, &list->back()) || reader.Within("item ", list->size() - 1);
  });
}

bool ReadMap(Reader& reader, Value::Map* map) {
  return reader.Message([&](uint32_t number, WireType type) {
    if (number != 1) return reader.Skip(number, type);
    std::string key;
    Value value;
    if (!reader.Expect(WireType::kBytes, type)) return false;
    if (!ReadEntry(reader, &key, &value)) return reader.Within("entry ", map->size() + 1);
    map->insert_or_assign(std::move(key), std::move(value));
    return true;
  });
}

// The kinds of one field each that cannot be read as such.
bool ReadCompound(Reader& reader, uint32_t number, WireType type, Value* value) {
  if (!reader.Expect(WireType::kBytes, type)) return false;
  switch (number) {
    case kListField: {
      *value = Value(Value::List());
      return ReadList(reader, value->mutable_list());
    }
    case kMapField: {
      *value = Value(Value::Map());
      return ReadMap(reader, value->mutable_map());
    }
    default: {
      PackedMessage message;
      if (!ReadPacked(reader, &message)) return false;
      *value = Value(std::move(message));
      return true;
    }
  }
}

template <typename T>
bool ReadKind(Reader& reader, WireType type, Value* value) {
  T content{};
  if (!ReadSingle(reader, type, &content)) return false;
  *value = Value(std::move(content));
  return true;
}

bool ReadValueField(Reader& reader, uint32_t number, WireType type, Value* value) {
  switch (number) {
    case kBooleanField:
      return ReadKind<bool>(reader, type, value);
    case kIntegerField:
      return ReadKind<int64_t>(reader, type, value);
    case kNumberField:
      return ReadKind<double>(reader, type, value);
    case kTextField:
      return ReadKind<std::string>(reader, type, value);
    case kBinaryField:
      return ReadKind<Bytes>(reader, type, value);
    case kReferenceField:
      return ReadKind<AnyRef>(reader, type, value);
    case kListField:
    case kMapField:
    case kMessageField:
      return ReadCompound(reader, number, type, value);
    default:
      return reader.Skip(number, type);
  }
}

bool ReadRefField(Reader& reader, uint32_t number, WireType type, std::string* urn,
                  RefParts* parts) {
  switch (number) {
    case kUrnField:
      return ReadSingle(reader, type, urn);
    case kClassNameField:
      return ReadSingle(reader, type, &parts->class_name);
    case kNodeAddressField:
      return ReadSingle(reader, type, &parts->node_address);
    case kIncarnationField:
      return reader.Expect(WireType::kFixed64, type) && reader.Fixed64(&parts->incarnation);
    default:
      return reader.Skip(number, type);
  }
}

}  // namespace

void WriteRef(Writer& writer, const AnyRef& ref) {
  RefParts parts;
  if (!ref.is_null()) {
    const RefTranslator* const refs = writer.context().refs;
    absl::StatusOr<RefParts> described =
        refs == nullptr ? absl::InvalidArgumentError(absl::StrCat(
                              ref.ToString(), " cannot travel: no node gives it an address"))
                        : refs->Describe(ref);
    if (!described.ok()) return writer.Fail(described.status());
    parts = *std::move(described);
  }
  writer.Nested(0, [&] {
    if (ref.is_null()) return;
    WriteSingle(writer, kUrnField, parts.urn.ToBytes());
    if (!parts.class_name.empty()) WriteSingle(writer, kClassNameField, parts.class_name);
    if (!parts.node_address.empty()) WriteSingle(writer, kNodeAddressField, parts.node_address);
    if (parts.incarnation != 0) {
      writer.Tag(kIncarnationField, WireType::kFixed64);
      writer.Fixed64(parts.incarnation);
    }
  });
}

bool ReadRef(Reader& reader, AnyRef* ref) {
  RefParts parts;
  std::string urn_bytes;
  bool is_null = true;
  const bool ok = reader.Message([&](uint32_t number, WireType type) {
    is_null = false;
    return ReadRefField(reader, number, type, &urn_bytes, &parts) || reader.Within("reference");
  });
  if (!ok) return false;
  *ref = AnyRef();
  if (is_null) return true;
  absl::StatusOr<Urn> urn = Urn::FromBytes(urn_bytes);
  if (!urn.ok()) return reader.Fail(urn.status()) || reader.Within("reference");
  parts.urn = *urn;
  const RefTranslator* const refs = reader.context().refs;
  if (refs == nullptr) return reader.Fail("a reference cannot arrive here: no node resolves it");
  absl::StatusOr<AnyRef> resolved = refs->Resolve(parts);
  if (!resolved.ok()) return reader.Fail(resolved.status());
  *ref = *std::move(resolved);
  return true;
}

void WriteValue(Writer& writer, const Value& value) {
  writer.Nested(0, [&] {
    switch (value.kind()) {
      case Value::Kind::kNull:
        return;
      case Value::Kind::kBool:
        return WriteSingle(writer, kBooleanField, *value.AsBool());
      case Value::Kind::kInt:
        return WriteSingle(writer, kIntegerField, *value.AsInt());
      case Value::Kind::kDouble:
        return WriteSingle(writer, kNumberField, *value.AsDouble());
      case Value::Kind::kText:
        return WriteSingle(writer, kTextField, *value.text());
      case Value::Kind::kBytes:
        return WriteSingle(writer, kBinaryField, *value.bytes());
      case Value::Kind::kList:
        writer.Tag(kListField, WireType::kBytes);
        return WriteList(writer, *value.list());
      case Value::Kind::kMap:
        writer.Tag(kMapField, WireType::kBytes);
        return WriteMap(writer, *value.map());
      case Value::Kind::kRef:
        return WriteSingle(writer, kReferenceField, *value.ref());
      case Value::Kind::kMessage:
        writer.Tag(kMessageField, WireType::kBytes);
        return WritePacked(writer, *value.message());
    }
  });
}

bool ReadValue(Reader& reader, Value* value) {
  *value = Value();
  return reader.Message(
      [&](uint32_t number, WireType type) { return ReadValueField(reader, number, type, value); });
}

void WriteMessage(Writer& writer, const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  if (size > INT_MAX) {
    return writer.Fail(absl::InvalidArgumentError(
        absl::StrCat(message.GetTypeName(), " of ", size, " bytes is too large to travel")));
  }
  writer.Varint(size);
  message.SerializeWithCachedSizesToArray(writer.Claim(size));
}

bool ReadMessage(Reader& reader, google::protobuf::MessageLite* message) {
  absl::string_view bytes;
  if (!reader.LengthAndBytes(&bytes)) return false;
  if (bytes.size() > INT_MAX ||
      !message->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !message->IsInitialized()) {
    return reader.Fail(
        absl::StrCat("these ", bytes.size(), " bytes are no ", message->GetTypeName()));
  }
  return true;
}

bool FailOutOfRange(Reader& reader, uint64_t value, bool is_signed, size_t bytes) {
  const std::string text =
      is_signed ? absl::StrCat(static_cast<int64_t>(value)) : absl::StrCat(value);
  return reader.Fail(bytes == 0 ? absl::StrCat(text, " is no bool")
                                : absl::StrCat(text, " is out of the range of ",
                                               is_signed ? "int" : "uint", bytes * 8));
}

absl::Status MissingArguments(size_t expected, uint64_t seen) {
  size_t missing = 1;
  while ((seen >> (missing - 1) & 1) != 0) ++missing;
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", expected, " arguments, argument ", missing, " is missing"));
}

}  // namespace troupe::internal

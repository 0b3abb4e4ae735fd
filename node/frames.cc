#include "node/frames.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "node/short_fields.h"
#include "proto/wire.pb.h"
#include "runtime/aggregate.h"
#include "runtime/codec_context.h"
#include "runtime/codec_fields.h"
#include "runtime/codec_standard.h"
#include "runtime/wire_format.h"

namespace troupe::internal {
namespace {

using google::protobuf::io::CodedOutputStream;

// The numbers of Batch's fields, and of Frame's.
constexpr uint32_t kHello = 1;
constexpr uint32_t kSequence = 2;
constexpr uint32_t kAcknowledged = 3;
constexpr uint32_t kFrames = 4;
enum FrameKind : uint32_t { kNone = 0, kCall, kReply, kCancel, kPiece, kGoodbye };

constexpr MessageKind kLastKind = MessageKind::kNode;
static_assert(static_cast<int>(kLastKind) == wire::Call::Kind_MAX);

// Frames hold no references themselves, so nobody needs to translate any.
constexpr EncodeContext kEncode;
constexpr DecodeContext kDecode;

// A frame on its own, or as a field of a batch.
enum class Place { kAlone, kBatch };

// Fields of a message; not written if 0 or empty. Field numbers are below 16.
struct NumberField {
  const uint32_t number;
  const uint64_t value;
};
// Halves of a view, each as it was written: to copy both at once would wait for the two stores.
struct BytesField {
  BytesField(uint32_t number, absl::string_view bytes)
      : BytesField(number, bytes.data(), bytes.size()) {}
  BytesField(uint32_t number, const char* data, size_t size)
      : number(number), data(data), size(size) {}
  const uint32_t number;
  const char* const data;
  const size_t size;
};

// Up to this many bytes it is cheaper to make room together with the rest, which clears it first.
constexpr size_t kMaxWithTheRest = 256;

// Of a field of bytes, all of it.
size_t FieldSize(size_t bytes) { return 1 + CodedOutputStream::VarintSize64(bytes) + bytes; }

uint8_t* WriteTagAndLength(uint32_t number, size_t length, uint8_t* to) {
  *to++ = ShortTag(number, WireType::kBytes);
  return CodedOutputStream::WriteVarint64ToArray(length, to);
}

inline size_t SizeOf(const NumberField& field) {
  return field.value == 0 ? 0 : 1 + CodedOutputStream::VarintSize64(field.value);
}

inline size_t SizeOf(const BytesField& field) {
  return field.size == 0 ? 0 : FieldSize(field.size);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline uint8_t* Write(const NumberField& field, uint8_t* to) {
  if (field.value == 0) return to;
  *to++ = ShortTag(field.number, WireType::kVarint);
  return CodedOutputStream::WriteVarint64ToArray(field.value, to);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline uint8_t* Write(const BytesField& field, uint8_t* to) {
  if (field.size == 0) return to;
  to = WriteTagAndLength(field.number, field.size, to);
  std::memcpy(to, field.data, field.size);
  return to + field.size;
}

// Appends a frame that holds a message with these fields. `last` may be large; without data, its
// bytes are left to the caller to append.
template <typename... Field>
void WriteFrame(FrameKind kind, Place place, const BytesField& last, std::string* out,
                const Field&... fields) {
  const size_t size = (SizeOf(last) + ... + SizeOf(fields)), frame_size = FieldSize(size);
  const size_t all = place == Place::kBatch ? FieldSize(frame_size) : frame_size;
  const bool append_last = last.size > kMaxWithTheRest || last.data == nullptr;
  const size_t begin = out->size();
  out->resize(begin + all - (append_last ? last.size : 0));
  auto* to = reinterpret_cast<uint8_t*>(out->data()) + begin;
  if (place == Place::kBatch) to = WriteTagAndLength(kFrames, frame_size, to);
  to = WriteTagAndLength(kind, size, to);
  static_cast<void>(((to = Write(fields, to)), ...));
  if (append_last) {
    if (last.size > 0) WriteTagAndLength(last.number, last.size, to);
    if (last.data != nullptr) out->append(last.data, last.size);
  } else {
    Write(last, to);
  }
}

void WriteCall(const CallFrameFields& call, const BytesField& arguments, Place place,
               std::string* out) {
  WriteFrame(kCall, place, arguments, out, NumberField{1, call.id},
             NumberField{2, static_cast<uint64_t>(call.kind)}, NumberField{3, call.target},
             BytesField(4, call.target_urn), NumberField{5, call.method},
             BytesField(6, call.method_name), NumberField{8, call.timeout_nanos},
             NumberField{9, call.high_priority ? 1u : 0u}, BytesField(10, call.target_class));
}

// The fields of a wire.Status.
std::string EncodeStatus(const absl::Status& status) {
  const StatusParts parts = StatusToParts(status);
  std::string field;
  Writer writer(kEncode, &field);
  WriteSinglePayload(writer, parts);
  writer.Finish().IgnoreError();  // nothing in it can fail
  Reader reader(kDecode, field);
  absl::string_view contents;
  reader.LengthAndBytes(&contents);
  return std::string(contents);
}

void WriteReply(uint32_t id, const absl::Status& status, absl::string_view result, Place place,
                std::string* out) {
  if (ABSL_PREDICT_TRUE(status.ok())) {
    WriteFrame(kReply, place, BytesField(3, result), out, NumberField{1, id});
  } else {
    const std::string encoded = EncodeStatus(status);
    WriteFrame(kReply, place, BytesField(2, encoded), out, NumberField{1, id});
  }
}

bool ReadUint64(Reader& reader, WireType type, uint64_t* value) {
  return reader.Expect(WireType::kVarint, type) && reader.Varint(value);
}

bool ReadUint32(Reader& reader, WireType type, uint32_t* value) {
  uint64_t bits = 0;
  if (!ReadUint64(reader, type, &bits)) return false;
  if (ABSL_PREDICT_FALSE(bits > std::numeric_limits<uint32_t>::max())) {
    return FailOutOfRange(reader, bits, /*is_signed=*/false, sizeof(*value));
  }
  *value = static_cast<uint32_t>(bits);
  return true;
}

bool ReadBytes(Reader& reader, WireType type, absl::string_view* bytes) {
  return reader.Expect(WireType::kBytes, type) && reader.LengthAndBytes(bytes);
}

bool ReadKind(Reader& reader, WireType type, CallFrameFields* call) {
  uint64_t bits = 0;
  if (!ReadUint64(reader, type, &bits)) return false;
  const auto number = static_cast<int32_t>(bits);
  if (static_cast<uint64_t>(int64_t{number}) != bits) {
    return FailOutOfRange(reader, bits, /*is_signed=*/true, sizeof(number));
  }
  const bool known = bits <= static_cast<uint64_t>(kLastKind);
  call->kind = known ? static_cast<MessageKind>(bits) : MessageKind::kMethod;
  call->unknown_kind = known ? 0 : number;
  return true;
}

// Reads the calls that this program writes, faster than Reader can: with its position in a
// register. False: there is something unusual; the call may have been changed.
bool ReadUsualCall(absl::string_view bytes, CallFrameFields* call) {
  const char* from = bytes.data();
  const char* const end = from + bytes.size();
  while (from != end) {
    switch (static_cast<uint8_t>(*from++)) {
      case ShortTag(1, WireType::kVarint):
        from = ReadShortUint32(from, end, &call->id);
        break;
      case ShortTag(3, WireType::kVarint):
        from = ReadShortUint32(from, end, &call->target);
        break;
      case ShortTag(4, WireType::kBytes):
        from = ReadShortBytes(from, end, &call->target_urn);
        break;
      case ShortTag(5, WireType::kVarint):
        from = ReadShortUint32(from, end, &call->method);
        break;
      case ShortTag(6, WireType::kBytes):
        from = ReadShortBytes(from, end, &call->method_name);
        break;
      case ShortTag(7, WireType::kBytes):
        from = ReadShortBytes(from, end, &call->arguments);
        break;
      case ShortTag(8, WireType::kVarint):
        from = ReadShortVarint<9>(from, end, &call->timeout_nanos);
        break;
      default:
        return false;
    }
    if (from == nullptr) return false;
  }
  return true;
}

bool ReadFlag(Reader& reader, WireType type, bool* flag) {
  uint64_t bits = 0;
  if (!ReadUint64(reader, type, &bits)) return false;
  *flag = bits != 0;
  return true;
}

bool ReadCallField(Reader& reader, uint32_t number, WireType type, CallFrameFields* call) {
  switch (number) {
    case 1:
      return ReadUint32(reader, type, &call->id) || reader.Within("id");
    case 2:
      return ReadKind(reader, type, call) || reader.Within("kind");
    case 3:
      return ReadUint32(reader, type, &call->target) || reader.Within("target");
    case 4:
      return ReadBytes(reader, type, &call->target_urn) || reader.Within("target_urn");
    case 5:
      return ReadUint32(reader, type, &call->method) || reader.Within("method");
    case 6:
      return ReadBytes(reader, type, &call->method_name) || reader.Within("method_name");
    case 7:
      return ReadBytes(reader, type, &call->arguments) || reader.Within("arguments");
    case 8:
      return ReadUint64(reader, type, &call->timeout_nanos) || reader.Within("timeout_nanos");
    case 9:
      return ReadFlag(reader, type, &call->high_priority) || reader.Within("high_priority");
    case 10:
      return ReadBytes(reader, type, &call->target_class) || reader.Within("target_class");
  }
  return reader.Skip(number, type);
}

// Reads the one message that a frame holds, and hands it on.
class BodyReader {
 public:
  // `position` of the frame in its batch, for errors; 0: it is in none.
  BodyReader(FrameKind kind, absl::string_view bytes, size_t position)
      : kind_(kind), bytes_(bytes), position_(position), reader_(kDecode, bytes) {}

  absl::Status Read(FrameHandler& handler) {
    switch (kind_) {
      case kCall:
        return ReadCall(handler);
      case kReply:
        return ReadReply(handler);
      case kCancel:
        return ReadCancel(handler);
      case kPiece:
        return ReadPiece(handler);
      case kGoodbye:
        return ReadGoodbye(handler);
      case kNone:
        break;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadCall(FrameHandler& handler) {
    CallFrameFields call;
    if (ABSL_PREDICT_TRUE(ReadUsualCall(bytes_, &call))) return handler.OnCall(call);
    call = CallFrameFields();
    const bool ok = reader_.Fields([&](uint32_t number, WireType type) {
      return ReadCallField(reader_, number, type, &call);
    });
    if (ABSL_PREDICT_FALSE(!ok)) return Error("call");
    return handler.OnCall(call);
  }

  absl::Status ReadReply(FrameHandler& handler) {
    uint32_t id = 0;
    absl::Status status;
    absl::string_view result;
    const bool ok = reader_.Fields([&](uint32_t number, WireType type) {
      switch (number) {
        case 1:
          return ReadUint32(reader_, type, &id) || reader_.Within("id");
        case 2:
          return ReadSingle(reader_, type, &status) || reader_.Within("status");
        case 3:
          return ReadBytes(reader_, type, &result) || reader_.Within("result");
      }
      return reader_.Skip(number, type);
    });
    if (ABSL_PREDICT_FALSE(!ok)) return Error("reply");
    return handler.OnReply(id, std::move(status), result);
  }

  absl::Status ReadCancel(FrameHandler& handler) {
    uint32_t id = 0;
    const bool ok = reader_.Fields([&](uint32_t number, WireType type) {
      if (number == 1) return ReadUint32(reader_, type, &id) || reader_.Within("id");
      return reader_.Skip(number, type);
    });
    return ok ? handler.OnCancel(id) : Error("cancel");
  }

  absl::Status ReadPiece(FrameHandler& handler) {
    uint64_t total_bytes = 0;
    absl::string_view data;
    const bool ok = reader_.Fields([&](uint32_t number, WireType type) {
      switch (number) {
        case 1:
          return ReadUint64(reader_, type, &total_bytes) || reader_.Within("total_bytes");
        case 2:
          return ReadBytes(reader_, type, &data) || reader_.Within("data");
      }
      return reader_.Skip(number, type);
    });
    return ok ? handler.OnPiece(total_bytes, data) : Error("piece");
  }

  absl::Status ReadGoodbye(FrameHandler& handler) {
    absl::string_view reason;
    const bool ok = reader_.Fields([&](uint32_t number, WireType type) {
      if (number == 1) return ReadBytes(reader_, type, &reason) || reader_.Within("reason");
      return reader_.Skip(number, type);
    });
    return ok ? handler.OnGoodbye(reason) : Error("goodbye");
  }

  absl::Status Error(absl::string_view kind) {
    reader_.Within(kind);
    if (position_ != 0) reader_.Within("frame ", position_);
    return reader_.status();
  }

  const FrameKind kind_;
  const absl::string_view bytes_;
  const size_t position_;
  Reader reader_;
};

absl::Status ReadFrameAt(absl::string_view frame, size_t position, FrameHandler& handler) {
  FrameKind kind = kNone;
  absl::string_view body;
  Reader reader(kDecode, frame);
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    if (number > kGoodbye) return reader.Skip(number, type);
    kind = static_cast<FrameKind>(number);
    return ReadBytes(reader, type, &body) || reader.Within("field ", number);
  });
  if (ABSL_PREDICT_TRUE(ok)) return BodyReader(kind, body, position).Read(handler);
  reader.Within(position != 0 ? absl::StrCat("frame ", position) : "frame");
  return reader.status();
}

}  // namespace

void BeginBatch(std::string* batch) {
  batch->assign(kBatchHeaderBytes, '\0');
  (*batch)[0] = static_cast<char>(ShortTag(kSequence, WireType::kFixed64));
  (*batch)[kBatchHeaderBytes / 2] = static_cast<char>(ShortTag(kAcknowledged, WireType::kFixed64));
}

void SetBatchHeader(std::string* batch, uint64_t sequence, uint64_t acknowledged) {
  auto* const header = reinterpret_cast<uint8_t*>(batch->data());
  CodedOutputStream::WriteLittleEndian64ToArray(sequence, header + 1);
  CodedOutputStream::WriteLittleEndian64ToArray(acknowledged, header + kBatchHeaderBytes / 2 + 1);
}

void AppendCall(std::string* batch, const CallFrameFields& call) {
  WriteCall(call, BytesField(7, call.arguments), Place::kBatch, batch);
}

void AppendReply(std::string* batch, uint32_t id, const absl::Status& status,
                 absl::string_view result) {
  WriteReply(id, status, result, Place::kBatch, batch);
}

void AppendCancel(std::string* batch, uint32_t id) {
  WriteFrame(kCancel, Place::kBatch, BytesField(2, {}), batch, NumberField{1, id});
}

void AppendPiece(std::string* batch, uint64_t total_bytes, absl::string_view data,
                 absl::string_view more) {
  AppendPieceHead(batch, total_bytes, data, more.size());
  batch->append(more.data(), more.size());
}

void AppendPieceHead(std::string* batch, uint64_t total_bytes, absl::string_view data,
                     size_t more_bytes) {
  const BytesField bytes(2, nullptr, data.size() + more_bytes);
  WriteFrame(kPiece, Place::kBatch, bytes, batch, NumberField{1, total_bytes});
  batch->append(data.data(), data.size());
}

void AppendGoodbye(std::string* batch, absl::string_view reason) {
  WriteFrame(kGoodbye, Place::kBatch, BytesField(1, reason), batch);
}

std::string EncodeCallHead(const CallFrameFields& call) {
  std::string head;
  head.reserve(call.method_name.size() + 128);
  WriteCall(call, BytesField(7, nullptr, call.arguments.size()), Place::kAlone, &head);
  return head;
}

std::string EncodeReplyFrame(uint32_t id, const absl::Status& status, absl::string_view result) {
  std::string frame;
  WriteReply(id, status, result, Place::kAlone, &frame);
  return frame;
}

std::string EncodeReplyHead(uint32_t id, size_t result_bytes) {
  std::string head;
  WriteFrame(kReply, Place::kAlone, BytesField(3, nullptr, result_bytes), &head,
             NumberField{1, id});
  return head;
}

std::string EncodeHelloBatch(const wire::Hello& hello) {
  wire::Batch batch;
  *batch.mutable_hello() = hello;
  return batch.SerializeAsString();
}

absl::StatusOr<BatchView> ReadBatchHeader(absl::string_view batch) {
  BatchView view;
  absl::string_view frame;
  Reader reader(kDecode, batch);
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    switch (number) {
      case kHello:
        view.has_hello = true;
        return ReadBytes(reader, type, &view.hello) || reader.Within("hello");
      case kSequence:
        return (reader.Expect(WireType::kFixed64, type) && reader.Fixed64(&view.sequence)) ||
               reader.Within("sequence");
      case kAcknowledged:
        return (reader.Expect(WireType::kFixed64, type) && reader.Fixed64(&view.acknowledged)) ||
               reader.Within("acknowledged");
      case kFrames:
        view.has_frames = true;
        return ReadBytes(reader, type, &frame) || reader.Within("frames");
    }
    return reader.Skip(number, type);
  });
  if (ok) return view;
  reader.Within("batch");
  return reader.status();
}

absl::Status ReadFrames(absl::string_view batch, FrameHandler& handler) {
  size_t position = 0;
  absl::Status status;
  Reader reader(kDecode, batch);
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    if (number != kFrames) return reader.Skip(number, type);
    absl::string_view frame;
    if (!ReadBytes(reader, type, &frame)) return reader.Within("frames");
    status = ReadFrameAt(frame, ++position, handler);
    return status.ok();
  });
  if (ok || !status.ok()) return status;
  reader.Within("batch");
  return reader.status();
}

absl::Status ReadFrame(absl::string_view frame, FrameHandler& handler) {
  return ReadFrameAt(frame, 0, handler);
}

}  // namespace troupe::internal

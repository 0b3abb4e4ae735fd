#ifndef TROUPE_RUNTIME_WIRE_FORMAT_H_
#define TROUPE_RUNTIME_WIRE_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/io/coded_stream.h"
#include "runtime/codec_context.h"

namespace troupe::internal {

// protobuf's wire types.
enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,  // a length and as many bytes: text, bytes, messages, packed numbers
  kGroupBegin = 3,
  kGroupEnd = 4,
  kFixed32 = 5,
};

absl::string_view WireTypeName(WireType type);

// Messages inside of messages, counted as protobuf's parsers do; the limit is also theirs.
inline constexpr int kMaxDepth = 100;
inline constexpr size_t kMaxVarint = 10;

constexpr uint32_t MakeTag(uint32_t number, WireType type) {
  return number << 3 | static_cast<uint32_t>(type);
}

// Appends protobuf's wire format to a string, in one pass: the length of a nested message is filled
// in when its end is known. One thread. The string has its final size only after Finish.
//
// Fails in two cases: a reference that cannot travel, and too deep a nesting. A failed writer goes
// on taking (and ignoring the sense of) everything, so that codecs need not look at it.
class Writer {
 public:
  Writer(const EncodeContext& context, std::string* out)
      : context_(context), out_(out), start_(out->size()) {
    out->resize(start_ + kFirstRoom);
    cursor_ = Begin() + start_;
    end_ = Begin() + out->size();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Gives the string its size, the one it had before if the writer failed.
  absl::Status Finish();

  void Tag(uint32_t number, WireType type) {
    Reserve(kMaxVarint);
    cursor_ = google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(MakeTag(number, type),
                                                                            cursor_);
  }
  void Varint(uint64_t value) {
    Reserve(kMaxVarint);
    cursor_ = google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(value, cursor_);
  }
  void Fixed32(uint32_t value) {
    Reserve(sizeof(value));
    cursor_ = google::protobuf::io::CodedOutputStream::WriteLittleEndian32ToArray(value, cursor_);
  }
  void Fixed64(uint64_t value) {
    Reserve(sizeof(value));
    cursor_ = google::protobuf::io::CodedOutputStream::WriteLittleEndian64ToArray(value, cursor_);
  }
  void Raw(absl::string_view bytes) {
    if (ABSL_PREDICT_FALSE(static_cast<size_t>(end_ - cursor_) < bytes.size())) {
      GrowAndCopy(bytes);
      return;
    }
    if (!bytes.empty()) std::memcpy(cursor_, bytes.data(), bytes.size());
    cursor_ += bytes.size();
  }
  // A length and the bytes.
  void LengthAndBytes(absl::string_view bytes) {
    Varint(bytes.size());
    Raw(bytes);
  }
  // Room for exactly `size` bytes, which the caller must write.
  uint8_t* Claim(size_t size) {
    Reserve(size);
    return std::exchange(cursor_, cursor_ + size);
  }

  // A nested message: what `body` writes is preceded by its length. `at_least` is a lower bound of
  // that length: the closer, the less often the bytes are moved.
  template <typename Body>
  void Nested(size_t at_least, Body&& body) {
    if (ABSL_PREDICT_FALSE(++depth_ > kMaxDepth)) {
      FailTooDeep();
    } else {
      const size_t mark = OpenLength(at_least);
      body();
      CloseLength(mark, at_least);
    }
    --depth_;
  }
  // The same for what is no message (packed numbers), which does not count as nesting.
  template <typename Body>
  void Sized(size_t at_least, Body&& body) {
    const size_t mark = OpenLength(at_least);
    body();
    CloseLength(mark, at_least);
  }

  // The first failure is kept.
  void Fail(absl::Status status);
  bool failed() const { return !status_.ok(); }
  const EncodeContext& context() const { return context_; }

 private:
  static constexpr size_t kFirstRoom = 64;

  uint8_t* Begin() { return reinterpret_cast<uint8_t*>(out_->data()); }
  void Reserve(size_t size) {
    if (ABSL_PREDICT_FALSE(static_cast<size_t>(end_ - cursor_) < size)) Grow(size);
  }
  ABSL_ATTRIBUTE_NOINLINE void Grow(size_t size);
  ABSL_ATTRIBUTE_NOINLINE void GrowAndCopy(absl::string_view bytes);
  ABSL_ATTRIBUTE_NOINLINE void FailTooDeep();
  static size_t VarintSize(size_t value) {
    return google::protobuf::io::CodedOutputStream::VarintSize64(value);
  }
  // Leaves room for the length of what follows; returns where its contents begin.
  size_t OpenLength(size_t at_least) {
    Claim(VarintSize(at_least));
    return static_cast<size_t>(cursor_ - Begin());
  }
  void CloseLength(size_t mark, size_t at_least) {
    const size_t length = static_cast<size_t>(cursor_ - Begin()) - mark;
    const size_t room = VarintSize(at_least);
    if (ABSL_PREDICT_FALSE(VarintSize(length) != room)) {
      MoveAndSetLength(mark, room, length);
    } else {
      google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(length, Begin() + mark - room);
    }
  }
  ABSL_ATTRIBUTE_NOINLINE void MoveAndSetLength(size_t mark, size_t room, size_t length);

  const EncodeContext& context_;
  std::string* const out_;
  const size_t start_;
  uint8_t* cursor_;
  uint8_t* end_;
  int depth_ = 0;
  absl::Status status_;
};

// Reads protobuf's wire format in place. One thread. What it reads from must stay until it is done.
//
// Its functions return false for a failure; the first one is kept, and the levels it passes on its
// way up name themselves with Within ("argument 2: field 1: expected ...").
class Reader {
 public:
  Reader(const DecodeContext& context, absl::string_view bytes)
      : context_(context), cursor_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool AtEnd() const { return cursor_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - cursor_); }

  bool Varint(uint64_t* value) {
    if (ABSL_PREDICT_TRUE(cursor_ < end_ && static_cast<int8_t>(*cursor_) >= 0)) {
      *value = static_cast<uint8_t>(*cursor_++);
      return true;
    }
    if (end_ - cursor_ >= 2 && static_cast<int8_t>(cursor_[1]) >= 0) {
      *value = (static_cast<uint8_t>(cursor_[0]) & 0x7fu) | static_cast<uint64_t>(cursor_[1]) << 7;
      cursor_ += 2;
      return true;
    }
    return LongVarint(value);
  }
  bool Fixed32(uint32_t* value) {
    if (ABSL_PREDICT_FALSE(left() < sizeof(*value))) return FailTruncated();
    google::protobuf::io::CodedInputStream::ReadLittleEndian32FromArray(
        reinterpret_cast<const uint8_t*>(cursor_), value);
    cursor_ += sizeof(*value);
    return true;
  }
  bool Fixed64(uint64_t* value) {
    if (ABSL_PREDICT_FALSE(left() < sizeof(*value))) return FailTruncated();
    google::protobuf::io::CodedInputStream::ReadLittleEndian64FromArray(
        reinterpret_cast<const uint8_t*>(cursor_), value);
    cursor_ += sizeof(*value);
    return true;
  }
  bool LengthAndBytes(absl::string_view* bytes) {
    uint64_t length = 0;
    if (!Varint(&length)) return false;
    if (ABSL_PREDICT_FALSE(length > left())) return FailTruncated();
    *bytes = absl::string_view(cursor_, static_cast<size_t>(length));
    cursor_ += length;
    return true;
  }
  // The same, but into a string, which also takes the rest of the context.
  bool Text(std::string* text) {
    uint64_t length = 0;
    if (!Varint(&length)) return false;
    if (ABSL_PREDICT_FALSE(length > left())) return TakeRest(length, text);
    // Into an empty string, assign() would first make room and then see what of it to move.
    if (length <= text->capacity()) {
      text->assign(cursor_, static_cast<size_t>(length));
    } else {
      *text = std::string(cursor_, static_cast<size_t>(length));
    }
    cursor_ += length;
    return true;
  }
  bool Tag(uint32_t* number, WireType* type) {
    uint64_t tag = 0;
    if (!Varint(&tag)) return false;
    *number = static_cast<uint32_t>(tag >> 3);
    *type = static_cast<WireType>(tag & 7);
    if (ABSL_PREDICT_FALSE(tag > UINT32_MAX || *number == 0 || (tag & 7) > 5)) return FailTag(tag);
    return true;
  }
  // Passes over the contents of a field nobody knows.
  bool Skip(uint32_t number, WireType type);
  bool Expect(WireType wanted, WireType found) {
    return ABSL_PREDICT_TRUE(wanted == found) || FailWireType(wanted, found);
  }

  // A nested message: calls `field(number, type)` for each of its fields; false from it fails.
  template <typename OnField>
  bool Message(OnField&& field) {
    if (ABSL_PREDICT_FALSE(depth_ >= kMaxDepth)) return FailTooDeep();
    absl::string_view bytes;
    if (!LengthAndBytes(&bytes)) return false;
    const char* const outer_end = std::exchange(end_, bytes.data() + bytes.size());
    cursor_ = bytes.data();
    ++depth_;
    const bool ok = Fields(field);
    --depth_;
    end_ = outer_end;
    return ok;
  }
  // The fields of the outermost message.
  template <typename OnField>
  bool Fields(OnField&& field) {
    while (cursor_ != end_) {
      uint32_t number = 0;
      WireType type = WireType::kVarint;
      if (!Tag(&number, &type) || !field(number, type)) return false;
    }
    return true;
  }
  // Packed numbers: calls `item()` until their end.
  template <typename OnItem>
  bool Packed(absl::string_view bytes, OnItem&& item) {
    const char* const outer_cursor = std::exchange(cursor_, bytes.data());
    const char* const outer_end = std::exchange(end_, bytes.data() + bytes.size());
    bool ok = true;
    while (ok && cursor_ != end_) ok = item();
    cursor_ = outer_cursor;
    end_ = outer_end;
    return ok;
  }

  // Always false.
  ABSL_ATTRIBUTE_NOINLINE bool Fail(absl::Status status);
  ABSL_ATTRIBUTE_NOINLINE bool Fail(absl::string_view message);
  // Puts the name of a level before the message of a failure. Always false.
  ABSL_ATTRIBUTE_NOINLINE bool Within(absl::string_view level);
  ABSL_ATTRIBUTE_NOINLINE bool Within(absl::string_view level, size_t number);
  const absl::Status& status() const { return status_; }
  const DecodeContext& context() const { return context_; }

 private:
  ABSL_ATTRIBUTE_NOINLINE bool LongVarint(uint64_t* value);
  ABSL_ATTRIBUTE_NOINLINE bool TakeRest(uint64_t length, std::string* text);
  bool SkipGroup(uint32_t number);
  ABSL_ATTRIBUTE_NOINLINE bool FailTruncated();
  ABSL_ATTRIBUTE_NOINLINE bool FailTooDeep();
  ABSL_ATTRIBUTE_NOINLINE bool FailTag(uint64_t tag);
  ABSL_ATTRIBUTE_NOINLINE bool FailWireType(WireType wanted, WireType found);

  const DecodeContext& context_;
  const char* cursor_;
  const char* end_;
  int depth_ = 0;
  absl::Status status_;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_WIRE_FORMAT_H_

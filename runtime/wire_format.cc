#include "runtime/wire_format.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/huge_pages.h"

namespace troupe::internal {

absl::string_view WireTypeName(WireType type) {
  switch (type) {
    case WireType::kVarint:
      return "a varint";
    case WireType::kFixed64:
      return "a 64-bit number";
    case WireType::kBytes:
      return "bytes";
    case WireType::kGroupBegin:
      return "the beginning of a group";
    case WireType::kGroupEnd:
      return "the end of a group";
    case WireType::kFixed32:
      return "a 32-bit number";
  }
  return "an unknown wire type";
}

absl::Status Writer::Finish() {
  out_->resize(status_.ok() ? static_cast<size_t>(cursor_ - Begin()) : start_);
  return std::move(status_);
}

void Writer::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void Writer::FailTooDeep() {
  Fail(absl::InvalidArgumentError(
      absl::StrCat("nested more than ", kMaxDepth, " messages deep, which cannot travel")));
}

void Writer::Grow(size_t size) {
  const size_t used = static_cast<size_t>(cursor_ - Begin());
  out_->resize(std::max(out_->size() * 2, used + size + kFirstRoom));
  cursor_ = Begin() + used;
  end_ = Begin() + out_->size();
}

// Room is cleared when it is made; what is appended is only written once.
void Writer::GrowAndCopy(absl::string_view bytes) {
  const size_t used = static_cast<size_t>(cursor_ - Begin());
  out_->resize(used);
  const size_t wanted = used + bytes.size() + kFirstRoom;
  if (wanted > out_->capacity()) {
    ReserveInHugePages(out_, std::max(wanted, 2 * out_->capacity()));
  }
  out_->append(bytes.data(), bytes.size());
  out_->resize(out_->size() + kFirstRoom);
  cursor_ = Begin() + used + bytes.size();
  end_ = Begin() + out_->size();
}

void Writer::MoveAndSetLength(size_t mark, size_t room, size_t length) {
  const size_t wanted = VarintSize(length);
  if (wanted > room) Reserve(wanted - room);
  uint8_t* const contents = Begin() + mark;
  uint8_t* const moved = contents + wanted - room;
  std::memmove(moved, contents, length);
  google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(length, contents - room);
  cursor_ = moved + length;
}

bool Reader::TakeRest(uint64_t length, std::string* text) {
  std::string* const rest = context_.rest;
  if (rest == nullptr || depth_ != 0 || left() != 0 || length != rest->size()) {
    return FailTruncated();
  }
  *text = std::exchange(*rest, std::string());
  return true;
}

bool Reader::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
  return false;
}

bool Reader::Fail(absl::string_view message) { return Fail(absl::InvalidArgumentError(message)); }

bool Reader::Within(absl::string_view level) {
  if (status_.ok()) return Fail(level);
  absl::Status outer(status_.code(), absl::StrCat(level, ": ", status_.message()));
  status_.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    outer.SetPayload(type_url, payload);
  });
  status_ = std::move(outer);
  return false;
}

bool Reader::Within(absl::string_view level, size_t number) {
  return Within(absl::StrCat(level, number));
}

bool Reader::LongVarint(uint64_t* value) {
  const size_t readable = std::min(left(), kMaxVarint);
  uint64_t result = 0;
  for (size_t i = 0; i < readable; ++i) {
    const uint64_t byte = static_cast<uint8_t>(cursor_[i]);
    result |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      if (i == kMaxVarint - 1 && byte > 1) return Fail("a varint has more than 64 bits");
      cursor_ += i + 1;
      *value = result;
      return true;
    }
  }
  return readable == kMaxVarint ? Fail("a varint has more than ten bytes") : FailTruncated();
}

bool Reader::Skip(uint32_t number, WireType type) {
  uint64_t number64 = 0;
  uint32_t number32 = 0;
  absl::string_view bytes;
  switch (type) {
    case WireType::kVarint:
      return Varint(&number64);
    case WireType::kFixed64:
      return Fixed64(&number64);
    case WireType::kFixed32:
      return Fixed32(&number32);
    case WireType::kBytes:
      return LengthAndBytes(&bytes);
    case WireType::kGroupBegin:
      return SkipGroup(number);
    case WireType::kGroupEnd:
      break;
  }
  return Fail("a group ends that has not begun");
}

bool Reader::SkipGroup(uint32_t number) {
  if (depth_ >= kMaxDepth) return FailTooDeep();
  ++depth_;
  bool ok = true;
  while (ok) {
    uint32_t inner = 0;
    WireType type = WireType::kGroupEnd;
    ok = Tag(&inner, &type);
    if (ok && type == WireType::kGroupEnd) {
      if (inner != number) ok = Fail("a group ends that has not begun");
      break;
    }
    ok = ok && Skip(inner, type);
  }
  --depth_;
  return ok;
}

bool Reader::FailTruncated() { return Fail("the message is shorter than it says"); }

bool Reader::FailTooDeep() {
  return Fail(absl::StrCat("nested more than ", kMaxDepth, " messages deep"));
}

bool Reader::FailTag(uint64_t tag) { return Fail(absl::StrCat("no field has the tag ", tag)); }

bool Reader::FailWireType(WireType wanted, WireType found) {
  return Fail(absl::StrCat("expected ", WireTypeName(wanted), ", found ", WireTypeName(found)));
}

}  // namespace troupe::internal

#include "runtime/stream_wire.h"

#include <algorithm>
#include <atomic>

#include "absl/strings/str_cat.h"

namespace troupe::internal {
namespace {

// Of StreamPull.
constexpr uint32_t kNumber = 1;
constexpr uint32_t kItems = 2;
constexpr uint32_t kBytes = 3;
// Of StreamItems.
constexpr uint32_t kItem = 1;
constexpr uint32_t kLast = 2;

}  // namespace

StreamCredit ClampCredit(const StreamCredit& credit) {
  return {.items = std::clamp<uint32_t>(credit.items, 1, kStreamWindowItems),
          .bytes = std::min(credit.bytes, kStreamWindowBytes)};
}

uint64_t NewStreamNumber() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;  // relaxed: only to be different
}

void AppendStreamNumber(std::string* arguments, uint64_t number) {
  const EncodeContext context;
  Writer writer(context, arguments);
  writer.Tag(kStreamNumberField, WireType::kVarint);
  writer.Varint(number);
  (void)writer.Finish();
}

void AppendStreamPull(std::string* arguments, const StreamPull& pull) {
  const EncodeContext context;
  Writer writer(context, arguments);
  writer.Tag(kStreamPullField, WireType::kBytes);
  writer.Nested(2, [&] {
    writer.Tag(kNumber, WireType::kVarint);
    writer.Varint(pull.number);
    writer.Tag(kItems, WireType::kVarint);
    writer.Varint(pull.credit.items);
    writer.Tag(kBytes, WireType::kVarint);
    writer.Varint(pull.credit.bytes);
  });
  (void)writer.Finish();
}

bool IsStreamPull(absl::string_view arguments) {
  const DecodeContext context;
  Reader reader(context, arguments);
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  return !arguments.empty() && reader.Tag(&number, &type) && number == kStreamPullField;
}

bool ReadStreamPull(Reader& reader, WireType type, StreamPull* pull) {
  uint64_t items = 0;
  const bool ok =
      reader.Expect(WireType::kBytes, type) && reader.Message([&](uint32_t number, WireType field) {
        uint64_t* value = number == kNumber  ? &pull->number
                          : number == kItems ? &items
                          : number == kBytes ? &pull->credit.bytes
                                             : nullptr;
        if (value == nullptr) return reader.Skip(number, field);
        return reader.Expect(WireType::kVarint, field) && reader.Varint(value);
      });
  pull->credit.items = static_cast<uint32_t>(std::min<uint64_t>(items, UINT32_MAX));
  return ok || reader.Within("pull");
}

void AppendStreamLast(std::string* items) {
  const EncodeContext context;
  Writer writer(context, items);
  writer.Tag(kLast, WireType::kVarint);
  writer.Varint(1);
  (void)writer.Finish();
}

absl::StatusOr<bool> ReadStreamItems(absl::string_view bytes,
                                     absl::FunctionRef<absl::Status(absl::string_view)> item) {
  const DecodeContext context;
  Reader reader(context, bytes);
  uint64_t last = 0;
  size_t count = 0;
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    if (number == kLast) return reader.Expect(WireType::kVarint, type) && reader.Varint(&last);
    if (number != kItem) return reader.Skip(number, type);
    absl::string_view encoded;
    if (!reader.Expect(WireType::kBytes, type) || !reader.LengthAndBytes(&encoded)) return false;
    ++count;
    const absl::Status status = item(encoded);
    return status.ok() || reader.Fail(absl::Status(
                              status.code(), absl::StrCat("item ", count, ": ", status.message())));
  });
  if (!ok) return reader.status();
  return last != 0;
}

}  // namespace troupe::internal

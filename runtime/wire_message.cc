#include "runtime/wire_message.h"

#include <utility>

#include "runtime/any_ref.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/down.h"
#include "runtime/errors.h"
#include "runtime/value.h"
#include "runtime/wire_format.h"

namespace troupe::internal {
namespace {

// Fields of troupe.wire.Down, whose reasons have the numbers of DownReason.
constexpr uint32_t kReasonField = 1;
constexpr uint32_t kStatusField = 2;
constexpr uint64_t kLastReason = static_cast<uint64_t>(DownReason::kNotFound);

bool ReadReason(Reader& reader, WireType type, DownReason* reason) {
  uint64_t number = 0;
  if (!reader.Expect(WireType::kVarint, type) || !reader.Varint(&number)) return false;
  if (number > kLastReason) return reader.Fail("no such reason");
  *reason = static_cast<DownReason>(number);
  return true;
}

}  // namespace

absl::Status EncodeCatching(std::string* out, absl::FunctionRef<absl::Status()> encode) {
  const size_t size = out->size();
  absl::Status status;
  absl::Status thrown = RunUserCode([&] { status = encode(); });
  if (!thrown.ok()) status = std::move(thrown);
  if (!status.ok()) out->resize(size);
  return status;
}

absl::Status EncodeValues(const EncodeContext& context, std::string* out,
                          const std::vector<Value>& values) {
  Writer writer(context, out);
  WireCodec<std::vector<Value>>::WriteFields(writer, 1, values);
  return writer.Finish();
}

absl::StatusOr<std::vector<Value>> DecodeValues(const DecodeContext& context,
                                                absl::string_view bytes, uint32_t field) {
  std::vector<Value> values;
  Reader reader(context, bytes);
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    return number == field ? WireCodec<std::vector<Value>>::ReadField(reader, type, &values)
                           : reader.Skip(number, type);
  });
  if (!ok) return reader.status();
  return values;
}

std::string EncodeDown(const Down& down) {
  const EncodeContext context;
  std::string bytes;
  Writer writer(context, &bytes);
  writer.Tag(kReasonField, WireType::kVarint);
  writer.Varint(static_cast<uint64_t>(down.reason));
  if (!down.status.ok()) WriteSingle(writer, kStatusField, down.status);
  // Only references and deep nesting fail.
  const absl::Status written = writer.Finish();
  return written.ok() ? bytes : std::string();
}

absl::StatusOr<Down> DecodeDown(const AnyRef& watched, absl::string_view bytes) {
  const DecodeContext context;
  Down down{watched, DownReason::kStopped, absl::OkStatus()};
  Reader reader(context, bytes);
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    switch (number) {
      case kReasonField:
        return ReadReason(reader, type, &down.reason);
      case kStatusField:
        return ReadSingle(reader, type, &down.status);
      default:
        return reader.Skip(number, type);
    }
  });
  if (!ok) return reader.status();
  return down;
}

}  // namespace troupe::internal

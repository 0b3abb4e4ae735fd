#ifndef TROUPE_RUNTIME_STREAM_WIRE_H_
#define TROUPE_RUNTIME_STREAM_WIRE_H_

// How streams travel, as proto/wire.proto specifies it (StreamPull, StreamItems): the two forms of
// the arguments of a method that gives a stream, and what its pulls are answered with.

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/wire_format.h"

namespace troupe::internal {

// What a consumer has room for.
struct StreamCredit {
  uint32_t items = 0;
  uint64_t bytes = 0;  // of encoded items; one item may be larger
};

// What waits at a consumer, or is on its way to it, at most. A new pull is sent when half of it is
// free, so that with a fast consumer the next items come before the last ones are used up.
inline constexpr uint32_t kStreamWindowItems = 128;
inline constexpr uint64_t kStreamWindowBytes = uint64_t{256} << 10;

// What is asked for in excess of the window is not given. At least one item.
StreamCredit ClampCredit(const StreamCredit& credit);

struct StreamPull {
  uint64_t number = 0;
  StreamCredit credit;
};

// Fields of the arguments: behind those of the method's own arguments (at most 63).
inline constexpr uint32_t kStreamNumberField = 64;
inline constexpr uint32_t kStreamPullField = 65;

// For a stream opened in this process: a number that no other one has.
uint64_t NewStreamNumber();

// Makes the encoded arguments of the method those of a call that opens stream `number`.
void AppendStreamNumber(std::string* arguments, uint64_t number);
// The arguments of a pull.
void AppendStreamPull(std::string* arguments, const StreamPull& pull);
// Whether the arguments, of whatever method, are a pull's; looks at the first field only.
bool IsStreamPull(absl::string_view arguments);
bool ReadStreamPull(Reader& reader, WireType type, StreamPull* pull);

// Answers to pulls: any number of items, each encoded as a result would be, and possibly the end.
void AppendStreamLast(std::string* items);
// Calls `item` for each of them, until it gives an error. Gives whether this is the end;
// kInvalidArgument, or the error.
absl::StatusOr<bool> ReadStreamItems(absl::string_view bytes,
                                     absl::FunctionRef<absl::Status(absl::string_view)> item);

template <typename T>
absl::Status AppendStreamItem(const EncodeContext& context, std::string* items, const T& item) {
  Writer writer(context, items);
  writer.Tag(1, WireType::kBytes);
  writer.Sized(2, [&] { WriteSingle(writer, 1, item); });
  return writer.Finish();
}

// What a call of a method that gives a stream asks for.
struct StreamRequest {
  uint64_t number = 0;  // of the stream to be opened
  bool is_pull = false;
  StreamPull pull;
};

// kInvalidArgument. `arguments` is only filled in for an opening.
template <typename... A>
absl::Status DecodeStreamRequest(const DecodeContext& context, absl::string_view bytes,
                                 StreamRequest* request,
                                 absl::StatusOr<std::tuple<A...>>* arguments) {
  std::tuple<A...>& args = arguments->emplace();
  Reader reader(context, bytes);
  uint64_t seen = 0;
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    if (number == kStreamNumberField) {
      return reader.Expect(WireType::kVarint, type) && reader.Varint(&request->number);
    }
    if (number == kStreamPullField) {
      request->is_pull = true;
      return ReadStreamPull(reader, type, &request->pull);
    }
    return ReadArgument(reader, number, type, &seen, &args);
  });
  if (!ok) return reader.status();
  if (request->is_pull) {
    if (seen == 0 && request->number == 0) return absl::OkStatus();
    return absl::InvalidArgumentError("a pull with arguments");
  }
  constexpr uint64_t kAll = (uint64_t{1} << sizeof...(A)) - 1;
  if (seen != kAll) return MissingArguments(sizeof...(A), seen);
  if (request->number == 0) {
    return absl::InvalidArgumentError("it gives a stream, and the call has no number for it");
  }
  return absl::OkStatus();
}

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_STREAM_WIRE_H_

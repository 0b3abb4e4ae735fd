#ifndef TROUPE_RUNTIME_STREAM_INBOUND_H_
#define TROUPE_RUNTIME_STREAM_INBOUND_H_

// The hooks of MethodInfo for methods that give streams.

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/argument_bytes.h"
#include "runtime/class_info.h"
#include "runtime/codec_context.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/inbound_call.h"
#include "runtime/stream_call.h"
#include "runtime/stream_wire.h"
#include "runtime/turn.h"
#include "runtime/value.h"

namespace troupe::internal {

template <typename... A>
absl::Status DecodeStreamRequestSafely(const DecodeContext& context, absl::string_view bytes,
                                       StreamRequest* request,
                                       absl::StatusOr<std::tuple<A...>>* arguments) {
  Turn outside(nullptr);  // converting is no code of an actor's
  const auto decode = [&](const DecodeContext& with, absl::string_view from) {
    absl::Status status;
    const absl::Status thrown =
        RunUserCode([&] { status = DecodeStreamRequest<A...>(with, from, request, arguments); });
    return thrown.ok() ? status : thrown;
  };
  const absl::Status status = decode(context, bytes);
  absl::string_view whole;
  if (status.ok() || !JoinRest(context, bytes, &whole)) return status;
  return decode({.refs = context.refs}, whole);
}

template <typename Op>
absl::Status EncodeBatch(FutureCore& call, const EncodeContext&, std::string* out) {
  out->append(static_cast<PullCall<Op>&>(call).outcome()->encoded);
  return absl::OkStatus();
}

// An opening, or a pull.
template <typename Op>
absl::Status ReceiveStream(const CallTarget& target, const InboundOptions& options,
                           const DecodeContext& context, absl::string_view arguments,
                           InboundCall* inbound) {
  StreamRequest request;
  absl::StatusOr<typename Op::Arguments> decoded;
  const absl::Status status = DecodeStreamRequestSafely(context, arguments, &request, &decoded);
  if (!status.ok()) return BadArgumentsError(Op::kName, status.message());
  if (request.is_pull) {
    auto* pull = new PullCall<Op>({.origin = options.origin, .number = request.pull.number},
                                  request.pull.credit, &inbound->encode_context());
    SendInboundCall(target, options, pull, pull, pull->frame(), inbound, &EncodeBatch<Op>);
  } else {
    auto* call = new StreamCall<Op>({.origin = options.origin, .number = request.number},
                                    *std::move(decoded));
    SendInboundCall(target, options, call, call, call->frame(), inbound, nullptr);
  }
  return absl::OkStatus();
}

// As a method's: `History(int64) -> stream of Entry`.
template <typename Op>
MethodInfo StreamMethodInfo(std::string (*signature)()) {
  return {.name = Op::kName,
          .signature = signature,
          .call =
              [](const CallTarget&, const std::vector<Value>&) {
                return Future<Value>::Ready(StreamNeedsReaderError(Op::kName));
              },
          .tell = [](const CallTarget&,
                     const std::vector<Value>&) { return SendResult::kBadArguments; },
          .receive = &ReceiveStream<Op>,
          .receive_one_way = [](const CallTarget&, const InboundOptions&, const DecodeContext&,
                                absl::string_view,
                                InboundCredit) { return StreamNeedsReaderError(Op::kName); },
          .receive_values = [](const CallTarget&, const InboundOptions&, const std::vector<Value>&,
                               InboundCall*) { return StreamNeedsReaderError(Op::kName); },
          .receive_values_one_way =
              [](const CallTarget&, const InboundOptions&, const std::vector<Value>&,
                 InboundCredit) { return StreamNeedsReaderError(Op::kName); }};
}

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_STREAM_INBOUND_H_

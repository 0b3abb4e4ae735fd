#ifndef TROUPE_RUNTIME_ARGUMENT_BYTES_H_
#define TROUPE_RUNTIME_ARGUMENT_BYTES_H_

#include <tuple>

#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/errors.h"
#include "runtime/turn.h"

namespace troupe::internal {

// After a failure to decode `bytes`: whether that may be because the text at their end is not a
// std::string's. Then `*whole` is all of them, to be decoded once more, without a rest.
inline bool JoinRest(const DecodeContext& context, absl::string_view bytes,
                     absl::string_view* whole) {
  if (context.rest == nullptr || context.rest->empty()) return false;
  *whole = context.rest->insert(0, bytes.data(), bytes.size());
  return true;
}

// The arguments of a message from elsewhere, from its bytes.
template <typename Arguments>
struct ArgumentBytes;
template <typename... A>
struct ArgumentBytes<std::tuple<A...>> {
  static absl::Status Decode(const DecodeContext& context, absl::string_view bytes,
                             absl::StatusOr<std::tuple<A...>>* arguments) {
    const absl::Status status = DecodeAsItIs(context, bytes, arguments);
    absl::string_view whole;
    if (ABSL_PREDICT_TRUE(status.ok()) || !JoinRest(context, bytes, &whole)) return status;
    return DecodeAsItIs({.refs = context.refs}, whole, arguments);
  }

  // Where there is no rest, or has been none.
  static absl::Status DecodeAsItIs(const DecodeContext& context, absl::string_view bytes,
                                   absl::StatusOr<std::tuple<A...>>* arguments) {
    Turn outside(nullptr);  // converting is no code of an actor's
    const absl::Status thrown =
        RunUserCode([&] { *arguments = DecodeArguments<A...>(context, bytes); });
    return thrown.ok() ? arguments->status() : thrown;
  }
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_ARGUMENT_BYTES_H_

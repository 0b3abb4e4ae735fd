#ifndef TROUPE_RUNTIME_ARGUMENT_BYTES_H_
#define TROUPE_RUNTIME_ARGUMENT_BYTES_H_

#include <tuple>

#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/future.h"
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

// May run a converter of the user's, and so throw.
template <typename... A>
absl::Status ReadArgumentsOutsideTurn(const DecodeContext& context, absl::string_view bytes,
                                      std::tuple<A...>* arguments) {
  Turn outside(nullptr);  // converting is no code of an actor's
  return ReadArguments(context, bytes, arguments);
}

// The arguments of a message from elsewhere, from its bytes. After an error they are of no use.
template <typename... A>
absl::Status DecodeArgumentBytes(const DecodeContext& context, absl::string_view bytes,
                                 std::tuple<A...>* arguments) {
  const auto decode = [&](const DecodeContext& with, absl::string_view from) {
    return OutcomeOf([&] { return ReadArgumentsOutsideTurn(with, from, arguments); });
  };
  const absl::Status status = decode(context, bytes);
  absl::string_view whole;
  if (ABSL_PREDICT_TRUE(status.ok()) || !JoinRest(context, bytes, &whole)) return status;
  *arguments = std::tuple<A...>();
  return decode({.refs = context.refs}, whole);
}

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_ARGUMENT_BYTES_H_

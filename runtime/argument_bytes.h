#ifndef TROUPE_RUNTIME_ARGUMENT_BYTES_H_
#define TROUPE_RUNTIME_ARGUMENT_BYTES_H_

#include <tuple>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/errors.h"
#include "runtime/turn.h"

namespace troupe::internal {

// The arguments of a message from elsewhere, from its bytes.
template <typename Arguments>
struct ArgumentBytes;
template <typename... A>
struct ArgumentBytes<std::tuple<A...>> {
  static absl::Status Decode(const DecodeContext& context, absl::string_view bytes,
                             absl::StatusOr<std::tuple<A...>>* arguments) {
    Turn outside(nullptr);  // converting is no code of an actor's
    const absl::Status thrown =
        RunUserCode([&] { *arguments = DecodeArguments<A...>(context, bytes); });
    return thrown.ok() ? arguments->status() : thrown;
  }
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_ARGUMENT_BYTES_H_

#ifndef TROUPE_NODE_ADDRESS_H_
#define TROUPE_NODE_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace troupe::internal {

// Where a node listens: "host:port", "[::1]:port" or "unix:PATH". A value; any thread.
struct Address {
  std::string host = {};  // without brackets; empty for a unix socket
  uint16_t port = 0;      // 0: any free one, where a node listens
  std::string path = {};  // of a unix socket

  // kInvalidArgument, with an example, for anything else. Looks up no names.
  static absl::StatusOr<Address> Parse(absl::string_view text);

  bool is_unix() const { return !path.empty(); }
  // Reachable from this machine only: 127.0.0.0/8, ::1, "localhost", unix sockets.
  bool IsLoopback() const;
  // As Parse takes it.
  std::string ToString() const;

  bool operator==(const Address&) const = default;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_ADDRESS_H_

#ifndef TROUPE_NODE_CLI_ACTORS_CLIENT_H_
#define TROUPE_NODE_CLI_ACTORS_CLIENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "node/cli/connection.h"
#include "proto/actors.pb.h"

namespace troupe::cli {

inline constexpr char kActorsService[] = "troupe.v1.Actors";

// The metadata that chooses an actor; empty for `-`.
Metadata ActorMetadata(const std::string& actor);

// All actors of the node whose name begins so, in the order of their names. UNIMPLEMENTED: the node
// has no such list.
absl::StatusOr<std::vector<v1::NamedActor>> ListActors(Connection* connection,
                                                       const std::string& prefix = "");

// By its name. Nothing also if the node has no list of actors.
absl::StatusOr<absl::optional<v1::NamedActor>> FindActor(Connection* connection,
                                                         const std::string& actor);

// `AddOne(int64) -> int64`: AddOne. Of a field, `calls: int64`: calls.
absl::string_view MethodName(absl::string_view signature);

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_ACTORS_CLIENT_H_

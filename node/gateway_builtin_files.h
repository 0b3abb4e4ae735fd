#ifndef TROUPE_NODE_GATEWAY_BUILTIN_FILES_H_
#define TROUPE_NODE_GATEWAY_BUILTIN_FILES_H_

#include <vector>

#include "google/protobuf/descriptor.h"

namespace troupe::internal {

// The descriptions of troupe.v1.Actors and, in a pool of their own (why: gateway_health.h), of
// grpc.health.v1.Health and both versions of ServerReflection. Any thread; built at the first call.
const std::vector<const google::protobuf::FileDescriptor*>& BuiltInFiles();

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GATEWAY_BUILTIN_FILES_H_

#ifndef TROUPE_NODE_GRPC_LOG_H_
#define TROUPE_NODE_GRPC_LOG_H_

namespace troupe::internal {

// gRPC writes a line for each connection that fails its handshake, so whoever reaches the port
// could fill the disk. From the first call on, its errors go to our log, one in a second at most. A
// program that sets GRPC_VERBOSITY gets everything as gRPC writes it; one that has a log function
// of its own sets it after the first node is made. Any thread.
void LimitGrpcLog();

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_LOG_H_

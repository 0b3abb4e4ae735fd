#ifndef TROUPE_NODE_GRPC_CREDENTIALS_H_
#define TROUPE_NODE_GRPC_CREDENTIALS_H_

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "node/options.h"
#include "runtime/caller.h"

namespace troupe::internal {

// What a transport proves itself with, and checks others with.
struct GrpcCredentials {
  std::shared_ptr<grpc::ChannelCredentials> channel = nullptr;
  // Null where there is no certificate: such a node cannot listen.
  std::shared_ptr<grpc::ServerCredentials> server = nullptr;
};

// Without files: no encryption, no identity. Otherwise TLS 1.2 or later; the files are read now,
// and watched from then on by a thread of gRPC's. kInvalidArgument, naming the file and what to do:
// one is missing, is not what it should be, or the key is not the certificate's. Files that become
// unusable later are ignored; the last good ones hold. Reads files; any thread.
absl::StatusOr<GrpcCredentials> MakeGrpcCredentials(const TlsFiles& files);

// Who is on the other side of a connection, as far as a certificate says it.
Caller CallerFrom(const grpc::AuthContext& context, const std::string& peer);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_CREDENTIALS_H_

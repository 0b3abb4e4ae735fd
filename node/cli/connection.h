#ifndef TROUPE_NODE_CLI_CONNECTION_H_
#define TROUPE_NODE_CLI_CONNECTION_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/cli/interrupt.h"
#include "node/cli/options.h"

namespace troupe::cli {

using Metadata = std::vector<std::pair<std::string, std::string>>;

// A channel to the node, and until when the command may take. One thread.
class Connection {
 public:
  // UsageError: an address without a port; a file that cannot be read. Nothing is connected yet.
  static absl::StatusOr<std::unique_ptr<Connection>> Create(const std::string& address,
                                                            const Options& options);

  const std::string& address() const { return address_; }

  // A call with one request and one reply, both serialized.
  absl::StatusOr<std::string> Unary(const std::string& path, const std::string& request,
                                    const Metadata& metadata = {});

 private:
  friend class Call;

  Connection(std::string address, const Options& options,
             const std::shared_ptr<grpc::ChannelCredentials>& credentials);
  // UnreachableError, if it says no more than that there is no connection.
  absl::Status ToError(const grpc::Status& status);

  const std::string address_;
  const bool tls_;
  const Metadata metadata_;
  const absl::Duration timeout_;
  const absl::Time deadline_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  bool reached_ = false;  // there was an answer
};

// One call of any kind. All functions block, until the connection's deadline or Ctrl-C. Cancelled
// when it is destroyed before its end.
class Call {
 public:
  Call(Connection* connection, const std::string& path, const Metadata& metadata = {});
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // False: the call is over, and Finish says why.
  bool Write(const std::string& message, bool last);
  // False: there are no more.
  bool Read(std::string* message);
  // Once.
  absl::Status Finish();

 private:
  bool Await();

  Connection* const connection_;
  grpc::ClientContext context_;
  const Interruptible interruptible_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool finished_ = false;
};

// UsageError, if it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_CONNECTION_H_

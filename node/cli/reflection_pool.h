#ifndef TROUPE_NODE_CLI_REFLECTION_POOL_H_
#define TROUPE_NODE_CLI_REFLECTION_POOL_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "node/cli/connection.h"
#include "proto/reflection.pb.h"

namespace troupe::cli {

// What a node says of its services, asked for as it is needed; well-known types that it does not
// have come from this program. One thread.
class ReflectionPool : private google::protobuf::DescriptorDatabase,
                       private google::protobuf::DescriptorPool::ErrorCollector {
 public:
  explicit ReflectionPool(Connection* connection);
  ~ReflectionPool() override;

  // The full names of all services, sorted, those of gRPC and Troupe at the end. UnreachableError:
  // the node has no reflection.
  absl::StatusOr<std::vector<std::string>> ServiceNames();
  // Those services, but for those that the node gives no description of. Built-in ones if asked
  // for.
  absl::StatusOr<std::vector<const google::protobuf::ServiceDescriptor*>> Services(
      bool built_in = false);

  // Looks up names as any pool. Where one is missing, status() says whether the node failed.
  const google::protobuf::DescriptorPool& pool() const { return pool_; }
  const absl::Status& status() const { return status_; }

  // Every node has it, or every gRPC server.
  static bool IsBuiltIn(absl::string_view service);

 private:
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;

  bool FindFileByName(const std::string& name,
                      google::protobuf::FileDescriptorProto* output) override;
  bool FindFileContainingSymbol(const std::string& symbol,
                                google::protobuf::FileDescriptorProto* output) override;
  bool FindFileContainingExtension(const std::string& type, int number,
                                   google::protobuf::FileDescriptorProto* output) override;
  void AddError(const std::string& file, const std::string& element,
                const google::protobuf::Message* descriptor, ErrorLocation location,
                const std::string& message) override;

  // False: there is no answer, or an error.
  bool Ask(const Request& request, Response* response);
  absl::StatusOr<Response> AskOn(const std::string& path, const Request& request);
  // Asks for files, and keeps them.
  bool Fetch(const Request& request);

  Connection* const connection_;
  std::unique_ptr<Call> call_;
  absl::Status status_;
  google::protobuf::SimpleDescriptorDatabase files_;
  std::set<std::string> known_files_;
  std::set<std::string> missing_;
  google::protobuf::DescriptorPool pool_;
};

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_REFLECTION_POOL_H_

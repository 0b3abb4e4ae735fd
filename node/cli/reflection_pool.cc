#include "node/cli/reflection_pool.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "node/cli/failure.h"

namespace troupe::cli {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::ServiceDescriptor;

// The second one has the same messages, and older servers have only that.
constexpr char kPath[] = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
constexpr char kOlderPath[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

bool CopyWellKnown(const FileDescriptor* file, FileDescriptorProto* output) {
  if (file == nullptr || !absl::StartsWith(file->name(), "google/protobuf/")) return false;
  file->CopyTo(output);
  return true;
}

}  // namespace

ReflectionPool::ReflectionPool(Connection* connection)
    : connection_(connection), pool_(this, this) {}

ReflectionPool::~ReflectionPool() = default;

bool ReflectionPool::IsBuiltIn(absl::string_view service) {
  return absl::StartsWith(service, "grpc.") || absl::StartsWith(service, "troupe.v1.");
}

absl::StatusOr<std::vector<std::string>> ReflectionPool::ServiceNames() {
  Request request;
  request.set_list_services("*");
  Response response;
  if (!Ask(request, &response)) return status_;
  if (response.has_error_response()) {
    const auto& error = response.error_response();
    return absl::Status(static_cast<absl::StatusCode>(error.error_code()), error.error_message());
  }
  std::set<std::pair<bool, std::string>> sorted;
  for (const auto& service : response.list_services_response().service()) {
    sorted.emplace(IsBuiltIn(service.name()), service.name());
  }
  std::vector<std::string> names;
  for (const auto& [built_in, name] : sorted) names.push_back(name);
  return names;
}

absl::StatusOr<std::vector<const ServiceDescriptor*>> ReflectionPool::Services(bool built_in) {
  const absl::StatusOr<std::vector<std::string>> names = ServiceNames();
  if (!names.ok()) return names.status();
  std::vector<const ServiceDescriptor*> services;
  for (const std::string& name : *names) {
    if (!built_in && IsBuiltIn(name)) continue;
    const ServiceDescriptor* const service = pool_.FindServiceByName(name);
    if (!status_.ok()) return status_;
    if (service != nullptr) services.push_back(service);
  }
  return services;
}

bool ReflectionPool::FindFileByName(const std::string& name, FileDescriptorProto* output) {
  Request request;
  request.set_file_by_filename(name);
  if (known_files_.count(name) == 0) Fetch(request);
  return files_.FindFileByName(name, output) ||
         CopyWellKnown(DescriptorPool::generated_pool()->FindFileByName(name), output);
}

bool ReflectionPool::FindFileContainingSymbol(const std::string& symbol,
                                              FileDescriptorProto* output) {
  if (files_.FindFileContainingSymbol(symbol, output)) return true;
  Request request;
  request.set_file_containing_symbol(symbol);
  Fetch(request);
  return files_.FindFileContainingSymbol(symbol, output) ||
         CopyWellKnown(DescriptorPool::generated_pool()->FindFileContainingSymbol(symbol), output);
}

bool ReflectionPool::FindFileContainingExtension(const std::string& type, int number,
                                                 FileDescriptorProto* output) {
  if (files_.FindFileContainingExtension(type, number, output)) return true;
  Request request;
  request.mutable_file_containing_extension()->set_containing_type(type);
  request.mutable_file_containing_extension()->set_extension_number(number);
  return Fetch(request) && files_.FindFileContainingExtension(type, number, output);
}

void ReflectionPool::AddError(const std::string& file, const std::string& element,
                              const google::protobuf::Message*, ErrorLocation,
                              const std::string& message) {
  if (!status_.ok()) return;
  status_ = absl::InternalError(
      absl::StrCat("the node describes ", file, " wrongly: ", element, ": ", message));
}

bool ReflectionPool::Fetch(const Request& request) {
  if (!missing_.insert(request.SerializeAsString()).second) return false;
  Response response;
  if (!Ask(request, &response)) return false;
  bool found = false;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    FileDescriptorProto file;
    if (!file.ParseFromString(bytes)) continue;
    if (known_files_.insert(file.name()).second) found = files_.Add(file) || found;
  }
  return found;
}

bool ReflectionPool::Ask(const Request& request, Response* response) {
  if (!status_.ok()) return false;
  const bool first = call_ == nullptr;
  absl::StatusOr<Response> answer = AskOn(kPath, request);
  if (first && absl::IsUnimplemented(answer.status())) {
    call_ = nullptr;
    answer = AskOn(kOlderPath, request);
    if (absl::IsUnimplemented(answer.status())) {
      answer = UnreachableError(absl::StrCat(
          connection_->address(), " has no gRPC reflection: ", answer.status().message()));
    }
  }
  if (!answer.ok()) {
    status_ = answer.status();
    return false;
  }
  *response = *std::move(answer);
  return true;
}

absl::StatusOr<ReflectionPool::Response> ReflectionPool::AskOn(const std::string& path,
                                                               const Request& request) {
  if (call_ == nullptr) call_ = std::make_unique<Call>(connection_, path);
  std::string bytes;
  if (!call_->Write(request.SerializeAsString(), /*last=*/false) || !call_->Read(&bytes)) {
    absl::Status status = call_->Finish();
    if (status.ok()) status = absl::InternalError("the node ended the reflection call");
    return status;
  }
  Response response;
  if (!response.ParseFromString(bytes)) {
    return absl::InternalError("the node's answer is no ServerReflectionResponse");
  }
  return response;
}

}  // namespace troupe::cli

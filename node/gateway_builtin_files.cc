#include "node/gateway_builtin_files.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "proto/actors.pb.h"

namespace troupe::internal {
namespace {

using google::protobuf::FileDescriptorProto;

// google.protobuf.FileDescriptorProto as text: proto/health.proto.
constexpr absl::string_view kHealthFile = R"(
name: "grpc/health/v1/health.proto"
package: "grpc.health.v1"
syntax: "proto3"
message_type {
  name: "HealthCheckRequest"
  field { name: "service" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
}
message_type {
  name: "HealthCheckResponse"
  field {
    name: "status" number: 1 label: LABEL_OPTIONAL type: TYPE_ENUM
    type_name: ".grpc.health.v1.HealthCheckResponse.ServingStatus"
  }
  enum_type {
    name: "ServingStatus"
    value { name: "UNKNOWN" number: 0 }
    value { name: "SERVING" number: 1 }
    value { name: "NOT_SERVING" number: 2 }
    value { name: "SERVICE_UNKNOWN" number: 3 }
  }
}
service {
  name: "Health"
  method {
    name: "Check"
    input_type: ".grpc.health.v1.HealthCheckRequest"
    output_type: ".grpc.health.v1.HealthCheckResponse"
  }
  method {
    name: "Watch" server_streaming: true
    input_type: ".grpc.health.v1.HealthCheckRequest"
    output_type: ".grpc.health.v1.HealthCheckResponse"
  }
}
)";

// The same for proto/reflection.proto, but for its name and package. Types are relative to that.
constexpr absl::string_view kReflectionFile = R"(
syntax: "proto3"
message_type {
  name: "ServerReflectionRequest"
  oneof_decl { name: "message_request" }
  field { name: "host" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field {
    name: "file_by_filename" number: 3 label: LABEL_OPTIONAL type: TYPE_STRING oneof_index: 0
  }
  field {
    name: "file_containing_symbol" number: 4 label: LABEL_OPTIONAL type: TYPE_STRING oneof_index: 0
  }
  field {
    name: "file_containing_extension" number: 5 label: LABEL_OPTIONAL type: TYPE_MESSAGE
    type_name: "ExtensionRequest" oneof_index: 0
  }
  field {
    name: "all_extension_numbers_of_type" number: 6 label: LABEL_OPTIONAL type: TYPE_STRING
    oneof_index: 0
  }
  field { name: "list_services" number: 7 label: LABEL_OPTIONAL type: TYPE_STRING oneof_index: 0 }
}
message_type {
  name: "ExtensionRequest"
  field { name: "containing_type" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "extension_number" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 }
}
message_type {
  name: "ServerReflectionResponse"
  oneof_decl { name: "message_response" }
  field { name: "valid_host" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field {
    name: "original_request" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE
    type_name: "ServerReflectionRequest"
  }
  field {
    name: "file_descriptor_response" number: 4 label: LABEL_OPTIONAL type: TYPE_MESSAGE
    type_name: "FileDescriptorResponse" oneof_index: 0
  }
  field {
    name: "all_extension_numbers_response" number: 5 label: LABEL_OPTIONAL type: TYPE_MESSAGE
    type_name: "ExtensionNumberResponse" oneof_index: 0
  }
  field {
    name: "list_services_response" number: 6 label: LABEL_OPTIONAL type: TYPE_MESSAGE
    type_name: "ListServiceResponse" oneof_index: 0
  }
  field {
    name: "error_response" number: 7 label: LABEL_OPTIONAL type: TYPE_MESSAGE
    type_name: "ErrorResponse" oneof_index: 0
  }
}
message_type {
  name: "FileDescriptorResponse"
  field { name: "file_descriptor_proto" number: 1 label: LABEL_REPEATED type: TYPE_BYTES }
}
message_type {
  name: "ExtensionNumberResponse"
  field { name: "base_type_name" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "extension_number" number: 2 label: LABEL_REPEATED type: TYPE_INT32 }
}
message_type {
  name: "ListServiceResponse"
  field {
    name: "service" number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE
    type_name: "ServiceResponse"
  }
}
message_type {
  name: "ServiceResponse"
  field { name: "name" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
}
message_type {
  name: "ErrorResponse"
  field { name: "error_code" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 }
  field { name: "error_message" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }
}
service {
  name: "ServerReflection"
  method {
    name: "ServerReflectionInfo" client_streaming: true server_streaming: true
    input_type: "ServerReflectionRequest"
    output_type: "ServerReflectionResponse"
  }
}
)";

struct Files {
  Files() {
    Add(std::string(kHealthFile));
    for (const absl::string_view version : {"v1", "v1alpha"}) {
      Add(absl::StrCat("name: \"grpc/reflection/", version,
                       "/reflection.proto\" package: \"grpc.reflection.", version, "\"",
                       kReflectionFile));
    }
    all.push_back(v1::ListRequest::descriptor()->file());
  }
  void Add(const std::string& text) {
    FileDescriptorProto proto;
    if (!google::protobuf::TextFormat::ParseFromString(text, &proto)) return;
    if (const auto* file = pool.BuildFile(proto); file != nullptr) all.push_back(file);
  }

  google::protobuf::DescriptorPool pool;
  std::vector<const google::protobuf::FileDescriptor*> all;
};

}  // namespace

const std::vector<const google::protobuf::FileDescriptor*>& BuiltInFiles() {
  static const auto* const files = new Files;
  return files->all;
}

}  // namespace troupe::internal

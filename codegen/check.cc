#include "codegen/check.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "codegen/names.h"
#include "google/protobuf/compiler/cpp/names.h"
#include "google/protobuf/descriptor.pb.h"

namespace troupe::codegen {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileOptions;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using google::protobuf::SourceLocation;

class Checker {
 public:
  Checker(const FileDescriptor& file, absl::string_view services_namespace)
      : file_(file), has_own_namespace_(!services_namespace.empty()) {}

  std::vector<std::string> Check() {
    if (file_.service_count() == 0) return {};
    CheckFile();
    // Beside messages' and enums' classes, unless there is a namespace for services.
    std::map<std::string, std::string> classes;
    if (!has_own_namespace_) AddTypesOf(file_, &classes);
    for (int i = 0; i < file_.service_count(); ++i) CheckService(*file_.service(i), &classes);
    return std::move(problems_);
  }

 private:
  using Names = std::map<std::string, std::string>;  // in C++, to what has it

  void Report(const SourceLocation& place, absl::string_view message) {
    problems_.push_back(absl::StrCat(file_.name(), ":", place.start_line + 1, ":",
                                     place.start_column + 1, ": ", message));
  }
  template <typename D>
  void ReportAt(const D& descriptor, absl::string_view message) {
    SourceLocation place;
    if (descriptor.GetSourceLocation(&place)) {
      Report(place, message);
    } else {
      problems_.push_back(absl::StrCat(file_.name(), ": ", message));
    }
  }
  // At a field of the file as a whole.
  void ReportAtField(const std::vector<int>& path, absl::string_view message) {
    SourceLocation place;
    if (file_.GetSourceLocation(path, &place)) {
      Report(place, message);
    } else {
      problems_.push_back(absl::StrCat(file_.name(), ": ", message));
    }
  }

  void CheckFile() {
    for (absl::string_view part : absl::StrSplit(file_.package(), '.')) {
      if (!IsWord(part)) continue;
      ReportAtField({FileDescriptorProto::kPackageFieldNumber},
                    absl::StrCat("package ", file_.package(), ": '", part,
                                 "' means something in C++, so protoc's own C++ code for this "
                                 "package does not compile"));
    }
    if (file_.options().optimize_for() == FileOptions::LITE_RUNTIME) {
      ReportAtField(
          {FileDescriptorProto::kOptionsFieldNumber, FileOptions::kOptimizeForFieldNumber},
          "optimize_for = LITE_RUNTIME leaves out the descriptors that serving a gRPC "
          "service needs");
    }
    if (file_.options().cc_generic_services() && !has_own_namespace_) {
      ReportAtField(
          {FileDescriptorProto::kOptionsFieldNumber, FileOptions::kCcGenericServicesFieldNumber},
          "cc_generic_services makes protoc write classes with the names of the services: give the "
          "actors' classes a namespace (services_namespace), or leave this option out");
    }
  }

  template <typename Container>
  static void AddTypesOf(const Container& container, Names* names) {
    for (int i = 0; i < container.enum_type_count(); ++i) {
      const auto& type = *container.enum_type(i);
      names->emplace(google::protobuf::compiler::cpp::ClassName(&type),
                     absl::StrCat("enum ", type.name()));
    }
    for (int i = 0; i < CountOf(container); ++i) {
      const Descriptor& type = *TypeOf(container, i);
      names->emplace(google::protobuf::compiler::cpp::ClassName(&type),
                     absl::StrCat("message ", type.name()));
      AddTypesOf(type, names);
    }
  }
  static int CountOf(const FileDescriptor& file) { return file.message_type_count(); }
  static int CountOf(const Descriptor& message) { return message.nested_type_count(); }
  static const Descriptor* TypeOf(const FileDescriptor& file, int i) {
    return file.message_type(i);
  }
  static const Descriptor* TypeOf(const Descriptor& message, int i) {
    return message.nested_type(i);
  }

  void CheckService(const ServiceDescriptor& service, Names* classes) {
    const std::string text = absl::StrCat("service ", service.name());
    const std::string class_name = ClassNameOf(service);
    const auto [place, is_new] = classes->emplace(class_name, text);
    if (!is_new) {
      ReportAt(service, absl::StrCat(text, " and ", place->second, " would both be ", class_name,
                                     " in C++"));
    }
    if (service.method_count() > kMaxMethods) {
      ReportAt(service, absl::StrCat(text, " has ", service.method_count(),
                                     " rpcs: an actor class exports at most ", kMaxMethods));
    }
    Names methods;
    for (int i = 0; i < service.method_count(); ++i) CheckMethod(*service.method(i), &methods);
  }

  void CheckMethod(const MethodDescriptor& method, Names* methods) {
    const std::string text = absl::StrCat("rpc ", method.name());
    if (method.client_streaming()) {
      ReportAt(method,
               absl::StrCat(text, " takes a stream of requests: an actor's method takes one (",
                            method.server_streaming() ? "bidirectional" : "client",
                            " streaming is not supported)"));
    }
    const std::string name = MethodNameOf(method);
    const auto [place, is_new] = methods->emplace(name, text);
    if (!is_new) {
      ReportAt(method, absl::StrCat(text, " and ", place->second, " would both be ",
                                    ClassNameOf(*method.service()), "::", name, " in C++"));
    }
  }

  const FileDescriptor& file_;
  const bool has_own_namespace_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> Problems(const FileDescriptor& file,
                                  absl::string_view services_namespace) {
  return Checker(file, services_namespace).Check();
}

}  // namespace troupe::codegen

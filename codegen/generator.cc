#include "codegen/generator.h"

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "codegen/check.h"
#include "codegen/names.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream.h"

namespace troupe::codegen {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using google::protobuf::SourceLocation;
using google::protobuf::compiler::GeneratorContext;

constexpr size_t kMaxColumns = 100;

struct Options {
  std::string services_namespace;  // may be empty
};

// `text` as comment lines.
void AppendComment(absl::string_view indent, absl::string_view text, std::string* out) {
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  while (!lines.empty() && absl::StripAsciiWhitespace(lines.back()).empty()) lines.pop_back();
  while (!lines.empty() && absl::StripAsciiWhitespace(lines.front()).empty()) {
    lines.erase(lines.begin());
  }
  for (absl::string_view line : lines) {
    line = absl::StripTrailingAsciiWhitespace(line);
    absl::StrAppend(out, indent, "//");
    if (!line.empty() && line.front() != ' ') absl::StrAppend(out, " ");
    absl::StrAppend(out, line);
    // At the end of a line it would make the next one a part of the comment.
    if (!line.empty() && line.back() == '\\') absl::StrAppend(out, " (backslash)");
    absl::StrAppend(out, "\n");
  }
}

// What the .proto says of a service or rpc.
template <typename D>
void AppendCommentsOf(const D& descriptor, absl::string_view indent, std::string* out) {
  SourceLocation place;
  std::string text;
  if (descriptor.GetSourceLocation(&place)) {
    text = place.leading_comments;
    if (!place.trailing_comments.empty()) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", place.trailing_comments);
    }
  }
  if (descriptor.options().deprecated()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", " Deprecated in the .proto.");
  }
  AppendComment(indent, text, out);
}

// `head` and the items behind it, separated by commas, as many to the line as there is space for.
std::string Wrapped(absl::string_view head, const std::vector<std::string>& items,
                    absl::string_view tail) {
  std::string out;
  std::string line(head);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item =
        absl::StrCat(items[i], i + 1 < items.size() ? absl::string_view(",") : tail);
    const bool begins = i == 0;
    if (line.size() + (begins ? 0 : 1) + item.size() > kMaxColumns && !begins) {
      absl::StrAppend(&out, line, "\n");
      line = std::string(head.size(), ' ');
      line += item;
    } else {
      absl::StrAppend(&line, begins ? "" : " ", item);
    }
  }
  return absl::StrCat(out, line, items.empty() ? tail : "", "\n");
}

// A message's class as the service's class may name it: without its namespace, where that is the
// same and no member has the name.
std::string NameIn(const ServiceDescriptor& service, const Descriptor& message,
                   const Options& options) {
  const std::string full = MessageNameOf(message);
  const std::string last = full.substr(full.rfind(':') + 1);
  if (!options.services_namespace.empty() || last == ClassNameOf(service) ||
      message.file()->package() != service.file()->package()) {
    return full;
  }
  for (int i = 0; i < service.method_count(); ++i) {
    if (MethodNameOf(*service.method(i)) == last) return full;
  }
  return last;
}

std::string DeclarationOf(const MethodDescriptor& method, const Options& options) {
  const ServiceDescriptor& service = *method.service();
  const std::string head = absl::StrCat(
      "  virtual ::troupe::", method.server_streaming() ? "Stream<" : "Task<",
      NameIn(service, *method.output_type(), options), "> ", MethodNameOf(method), "(");
  const std::string tail =
      absl::StrCat(NameIn(service, *method.input_type(), options), " request) = 0;");
  const bool fits = head.size() + tail.size() <= kMaxColumns;
  return absl::StrCat(head, fits ? "" : "\n      ", tail, "\n");
}

void AppendClass(const ServiceDescriptor& service, const Options& options, std::string* out) {
  const std::string name = ClassNameOf(service);
  absl::StrAppend(out, "\n");
  AppendCommentsOf(service, "", out);
  absl::StrAppend(out, "class ", name, " {\n public:\n  virtual ~", name, "() = default;\n\n");
  std::vector<std::string> exported = {name};
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& method = *service.method(i);
    AppendCommentsOf(method, "  ", out);
    absl::StrAppend(out, DeclarationOf(method, options), "\n");
    exported.push_back(MethodNameOf(method));
  }
  absl::StrAppend(out, "  // What the gRPC service ", service.full_name(),
                  " is, for those who serve it.\n"
                  "  static const ::troupe::ServiceInfo& TroupeService();\n};\n",
                  Wrapped("TROUPE_ACTOR(", exported, ")"));
}

void AppendHead(const FileDescriptor& file, absl::string_view what, std::string* out) {
  absl::StrAppend(out, "// Generated by protoc-gen-troupe from ", file.name(), ". Do not edit.\n",
                  what, "\n");
}

std::string HeaderOf(const FileDescriptor& file, const Options& options) {
  const std::string name_space = NamespaceOf(file, options.services_namespace);
  std::string out;
  const std::string guard = "TROUPE_GENERATED_" + FileIdentifierOf(file);
  AppendHead(file,
             file.service_count() == 0
                 ? ""
                 : "//\n// Classes for actors that implement the services of that file. Write\n"
                   "//   class MyActor : public troupe::Actor, public Service {\n"
                   "//    public:\n"
                   "//     using Implements = troupe::Interfaces<Service>;\n"
                   "// and call it through a troupe::Ref<Service>.\n",
             &out);
  absl::StrAppend(&out, "#ifndef ", guard, "\n#define ", guard, "\n\n#include \"", StemOf(file),
                  ".pb.h\"\n#include \"troupe.h\"\n");
  if (file.service_count() > 0) {
    if (!name_space.empty()) absl::StrAppend(&out, "\nnamespace ", name_space, " {\n");
    for (int i = 0; i < file.service_count(); ++i) AppendClass(*file.service(i), options, &out);
    if (!name_space.empty()) absl::StrAppend(&out, "\n}  // namespace ", name_space, "\n");
  }
  absl::StrAppend(&out, "\n#endif  // ", guard, "\n");
  return out;
}

// How to get at the service's descriptor: through something of its file, since a linker leaves out
// the code of a file that nothing refers to. Only messages have a documented way.
std::string DescriptorOf(const ServiceDescriptor& service) {
  const FileDescriptor& file = *service.file();
  if (file.message_type_count() > 0) {
    return absl::StrCat(MessageNameOf(*file.message_type(0)), "::descriptor()->file()->service(",
                        service.index(), ")");
  }
  return absl::StrCat("::google::protobuf::DescriptorPool::generated_pool()\n",
                      "            ->FindFileByName(::descriptor_table_", FileIdentifierOf(file),
                      ".filename)\n            ->service(", service.index(), ")");
}

std::string Getter(absl::string_view expression) {
  const std::string line = absl::StrCat("      [] { return ", expression, "; }");
  const bool fits = line.size() + 2 <= kMaxColumns && !absl::StrContains(line, '\n');
  return fits ? line : absl::StrCat("      [] {\n        return ", expression, ";\n      }");
}

void AppendService(const ServiceDescriptor& service, std::string* out) {
  const std::string name = ClassNameOf(service);
  absl::StrAppend(out, "\nconst ::troupe::ServiceInfo& ", name, "::TroupeService() {\n");
  if (service.method_count() > 0) {
    absl::StrAppend(out, "  static const ::troupe::RpcInfo rpcs[] = {\n");
  }
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& method = *service.method(i);
    absl::StrAppend(out, "      ::troupe::internal::DescribeRpc<", name, ", &", name,
                    "::", MethodNameOf(method), ">(\n          \"", method.name(), "\", \"/",
                    service.full_name(), "/", method.name(), "\"),\n");
  }
  if (service.method_count() > 0) absl::StrAppend(out, "  };\n");
  absl::StrAppend(out, "  static const ::troupe::ServiceInfo service = {\n      \"",
                  service.full_name(), "\", ::troupe::internal::TypeIdOf<", name, ">(), ",
                  service.method_count() > 0 ? "rpcs" : "{}", ",\n", Getter(DescriptorOf(service)),
                  "};\n  return service;\n}\n");
}

std::string SourceOf(const FileDescriptor& file, const Options& options) {
  const std::string name_space = NamespaceOf(file, options.services_namespace);
  std::string out;
  AppendHead(file, "", &out);
  absl::StrAppend(&out, "#include \"", StemOf(file), ".troupe.h\"\n\n",
                  "#include \"google/protobuf/descriptor.h\"\n");
  if (file.service_count() == 0) return out;
  if (!name_space.empty()) absl::StrAppend(&out, "\nnamespace ", name_space, " {\n");
  for (int i = 0; i < file.service_count(); ++i) AppendService(*file.service(i), &out);
  if (!name_space.empty()) absl::StrAppend(&out, "\n}  // namespace ", name_space, "\n");
  return out;
}

// Writes all of `text`; what fails, the context reports.
void Write(GeneratorContext& context, const std::string& path, const std::string& text) {
  const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> stream(context.Open(path));
  google::protobuf::io::CodedOutputStream coded(stream.get());
  coded.WriteString(text);
}

bool ReadParameter(const std::string& parameter, Options* options, std::string* error) {
  std::vector<std::pair<std::string, std::string>> settings;
  google::protobuf::compiler::ParseGeneratorParameter(parameter, &settings);
  for (const auto& [name, value] : settings) {
    if (name != "services_namespace") {
      *error = absl::StrCat("unknown parameter '", name, "': there is services_namespace=NAME");
      return false;
    }
    if (!IsIdentifier(value) || IsWord(value)) {
      *error =
          absl::StrCat("services_namespace is to be the name of a namespace, not '", value, "'");
      return false;
    }
    options->services_namespace = value;
  }
  return true;
}

}  // namespace

bool Generator::Generate(const FileDescriptor* file, const std::string& parameter,
                         GeneratorContext* context, std::string* error) const {
  return GenerateAll({file}, parameter, context, error);
}

bool Generator::GenerateAll(const std::vector<const FileDescriptor*>& files,
                            const std::string& parameter, GeneratorContext* context,
                            std::string* error) const {
  Options options;
  if (!ReadParameter(parameter, &options, error)) return false;
  std::vector<std::string> problems;
  for (const FileDescriptor* file : files) {
    for (std::string& problem : Problems(*file, options.services_namespace)) {
      problems.push_back(std::move(problem));
    }
  }
  if (!problems.empty()) {
    // Protoc puts `--troupe_out: ` in front of the first line.
    *error = absl::StrCat("not everything here can be an actor:\n", absl::StrJoin(problems, "\n"));
    return false;
  }
  for (const FileDescriptor* file : files) {
    Write(*context, StemOf(*file) + ".troupe.h", HeaderOf(*file, options));
    Write(*context, StemOf(*file) + ".troupe.cc", SourceOf(*file, options));
  }
  return true;
}

}  // namespace troupe::codegen

#include "node/gateway_reflection.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "node/gateway.h"
#include "node/gateway_builtin_files.h"
#include "runtime/codec_context.h"
#include "runtime/wire_format.h"

namespace troupe::internal {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

// Fields of ServerReflectionRequest.
enum RequestField : uint32_t {
  kHost = 1,
  kFileByFilename = 3,
  kFileContainingSymbol = 4,
  kFileContainingExtension = 5,
  kAllExtensionNumbersOfType = 6,
  kListServices = 7,
};
// Of ServerReflectionResponse.
enum ResponseField : uint32_t {
  kValidHost = 1,
  kOriginalRequest = 2,
  kFileDescriptorResponse = 4,
  kAllExtensionNumbersResponse = 5,
  kListServicesResponse = 6,
  kErrorResponse = 7,
};

struct Request {
  absl::string_view host;
  uint32_t kind = 0;           // the last one of the oneof
  absl::string_view argument;  // or the containing type
  uint64_t extension_number = 0;
};

bool ReadExtension(Reader& reader, Request* request) {
  return reader.Message([&](uint32_t number, WireType type) {
    if (number == 1) {
      return reader.Expect(WireType::kBytes, type) && reader.LengthAndBytes(&request->argument);
    }
    if (number == 2) {
      return reader.Expect(WireType::kVarint, type) && reader.Varint(&request->extension_number);
    }
    return reader.Skip(number, type);
  });
}

absl::StatusOr<Request> ParseRequest(absl::string_view bytes) {
  const DecodeContext context;
  Reader reader(context, bytes);
  Request request;
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    if (number == kHost) {
      return reader.Expect(WireType::kBytes, type) && reader.LengthAndBytes(&request.host);
    }
    if (number < kFileByFilename || number > kListServices) return reader.Skip(number, type);
    request.kind = number;
    if (!reader.Expect(WireType::kBytes, type)) return false;
    if (number == kFileContainingExtension) return ReadExtension(reader, &request);
    return reader.LengthAndBytes(&request.argument);
  });
  if (!ok) return absl::InvalidArgumentError("no ServerReflectionRequest");
  return request;
}

// Appends the file, and behind it what it imports, but for those that were seen before.
void AddWithImports(const FileDescriptor* file, absl::flat_hash_set<const FileDescriptor*>* seen,
                    std::vector<const FileDescriptor*>* files) {
  if (!seen->insert(file).second) return;
  size_t next = files->size();
  files->push_back(file);
  for (; next < files->size(); ++next) {
    for (int i = 0; i < (*files)[next]->dependency_count(); ++i) {
      const FileDescriptor* const import = (*files)[next]->dependency(i);
      if (seen->insert(import).second) files->push_back(import);
    }
  }
}

// The files of the services, and what they import.
class KnownFiles {
 public:
  explicit KnownFiles(const std::vector<const ServiceInfo*>& services) {
    for (const FileDescriptor* file : BuiltInFiles()) AddWithImports(file, &seen_, &files_);
    for (const ServiceInfo* service : services) {
      AddWithImports(service->descriptor()->file(), &seen_, &files_);
    }
  }

  const FileDescriptor* ByName(absl::string_view name) const {
    for (const FileDescriptor* file : files_) {
      if (file->name() == name) return file;
    }
    return nullptr;
  }
  const FileDescriptor* BySymbol(absl::string_view symbol) const {
    for (const FileDescriptor* file : files_) {
      const FileDescriptor* found = file->pool()->FindFileContainingSymbol(std::string(symbol));
      if (found != nullptr && Has(found)) return found;
    }
    return nullptr;
  }
  // Of a message, those that files of ours declare.
  std::vector<const FieldDescriptor*> ExtensionsOf(absl::string_view type, bool* known) const {
    std::vector<const FieldDescriptor*> extensions;
    *known = false;
    const FileDescriptor* const file = BySymbol(type);
    if (file == nullptr) return extensions;
    const auto* message = file->pool()->FindMessageTypeByName(std::string(type));
    if (message == nullptr) return extensions;
    *known = true;
    file->pool()->FindAllExtensions(message, &extensions);
    std::erase_if(extensions, [this](const FieldDescriptor* field) { return !Has(field->file()); });
    return extensions;
  }

 private:
  bool Has(const FileDescriptor* file) const { return seen_.contains(file); }

  std::vector<const FileDescriptor*> files_;
  absl::flat_hash_set<const FileDescriptor*> seen_;
};

// A FileDescriptorResponse: the file, and behind it what it imports.
void WriteFiles(Writer& writer, const FileDescriptor* file) {
  std::vector<const FileDescriptor*> files;
  absl::flat_hash_set<const FileDescriptor*> seen;
  AddWithImports(file, &seen, &files);
  writer.Tag(kFileDescriptorResponse, WireType::kBytes);
  writer.Nested(0, [&] {
    for (const FileDescriptor* each : files) {
      google::protobuf::FileDescriptorProto proto;
      each->CopyTo(&proto);
      writer.Tag(1, WireType::kBytes);
      writer.LengthAndBytes(proto.SerializeAsString());
    }
  });
}

void WriteError(Writer& writer, absl::StatusCode code, absl::string_view message) {
  writer.Tag(kErrorResponse, WireType::kBytes);
  writer.Nested(0, [&] {
    writer.Tag(1, WireType::kVarint);
    writer.Varint(static_cast<uint64_t>(code));
    writer.Tag(2, WireType::kBytes);
    writer.LengthAndBytes(message);
  });
}

void WriteServices(Writer& writer, const std::vector<const ServiceInfo*>& services) {
  writer.Tag(kListServicesResponse, WireType::kBytes);
  writer.Nested(0, [&] {
    const auto write = [&writer](absl::string_view name) {
      writer.Tag(1, WireType::kBytes);
      writer.Nested(0, [&] {
        writer.Tag(1, WireType::kBytes);
        writer.LengthAndBytes(name);
      });
    };
    for (const absl::string_view name : Gateway::kBuiltIn) write(name);
    for (const ServiceInfo* service : services) write(service->full_name);
  });
}

void WriteExtensionNumbers(Writer& writer, const KnownFiles& files, absl::string_view type) {
  bool known = false;
  const std::vector<const FieldDescriptor*> extensions = files.ExtensionsOf(type, &known);
  if (!known) return WriteError(writer, absl::StatusCode::kNotFound, "no such message");
  writer.Tag(kAllExtensionNumbersResponse, WireType::kBytes);
  writer.Nested(0, [&] {
    writer.Tag(1, WireType::kBytes);
    writer.LengthAndBytes(type);
    for (const FieldDescriptor* field : extensions) {
      writer.Tag(2, WireType::kVarint);
      writer.Varint(static_cast<uint64_t>(field->number()));
    }
  });
}

void WriteAnswer(Writer& writer, GatewayRoutes& routes, const Request& request) {
  const std::vector<const ServiceInfo*> services = routes.Services();
  if (request.kind == kListServices) return WriteServices(writer, services);
  const KnownFiles files(services);
  const FileDescriptor* file = nullptr;
  switch (request.kind) {
    case kFileByFilename:
      file = files.ByName(request.argument);
      break;
    case kFileContainingSymbol:
      file = files.BySymbol(request.argument);
      break;
    case kFileContainingExtension: {
      bool known = false;
      for (const FieldDescriptor* field : files.ExtensionsOf(request.argument, &known)) {
        if (static_cast<uint64_t>(field->number()) == request.extension_number) {
          file = field->file();
        }
      }
      break;
    }
    case kAllExtensionNumbersOfType:
      return WriteExtensionNumbers(writer, files, request.argument);
    default:
      return WriteError(writer, absl::StatusCode::kInvalidArgument, "an unknown request");
  }
  if (file == nullptr) return WriteError(writer, absl::StatusCode::kNotFound, "not found");
  WriteFiles(writer, file);
}

class ReflectionCall final : public GatewayCall {
 public:
  explicit ReflectionCall(GatewayTicket ticket) : GatewayCall(std::move(ticket)) {}

 private:
  void OnBegin() override { Read(); }
  void OnRead(bool ok) override {
    if (!ok) return Finish(absl::OkStatus());
    absl::StatusOr<std::string> answer = AnswerReflection(gateway().node().routes(), message());
    if (!answer.ok()) return Finish(answer.status());
    Write(MoveToBuffer(*std::move(answer)));
  }
  void OnWritten(bool ok) override {
    if (ok) return Read();
    Finish(absl::CancelledError("the client is gone"));
  }
};

}  // namespace

absl::StatusOr<std::string> AnswerReflection(GatewayRoutes& routes, absl::string_view request) {
  const absl::StatusOr<Request> parsed = ParseRequest(request);
  if (!parsed.ok()) return parsed.status();
  std::string response;
  const EncodeContext context;
  Writer writer(context, &response);
  writer.Tag(kValidHost, WireType::kBytes);
  writer.LengthAndBytes(parsed->host);
  writer.Tag(kOriginalRequest, WireType::kBytes);
  writer.LengthAndBytes(request);
  WriteAnswer(writer, routes, *parsed);
  if (absl::Status status = writer.Finish(); !status.ok()) return status;
  return response;
}

void ServeReflection(GatewayTicket ticket) { (new ReflectionCall(std::move(ticket)))->Begin(); }

}  // namespace troupe::internal

#ifndef TROUPE_CODEGEN_GENERATOR_H_
#define TROUPE_CODEGEN_GENERATOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/compiler/code_generator.h"

namespace troupe::codegen {

// Writes FILE.troupe.h and FILE.troupe.cc for FILE.proto: for each service the abstract class of
// the actors that implement it (docs/services.md).
//
// Parameter: `services_namespace=NAME`, a namespace for the classes inside of the package's; gRPC's
// C++ plugin knows it too. Errors are lines of `file.proto:LINE:COLUMN: message`.
class Generator final : public google::protobuf::compiler::CodeGenerator {
 public:
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context,
                std::string* error) const override;
  bool GenerateAll(const std::vector<const google::protobuf::FileDescriptor*>& files,
                   const std::string& parameter,
                   google::protobuf::compiler::GeneratorContext* context,
                   std::string* error) const override;
  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace troupe::codegen

#endif  // TROUPE_CODEGEN_GENERATOR_H_

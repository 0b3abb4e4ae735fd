#ifndef TROUPE_TESTS_CODEGEN_GENERATOR_TEST_UTIL_H_
#define TROUPE_TESTS_CODEGEN_GENERATOR_TEST_UTIL_H_

// The generator, called as protoc would, in this process.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codegen/generator.h"
#include "google/protobuf/compiler/code_generator.h"
#include "google/protobuf/compiler/importer.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"

namespace troupe {
namespace testing {

// .proto files that are texts of the test, or else lie below the current folder.
class TestTree final : public google::protobuf::compiler::DiskSourceTree {
 public:
  TestTree() { MapPath("", "."); }
  void Add(const std::string& path, std::string text) { texts_[path] = std::move(text); }

  google::protobuf::io::ZeroCopyInputStream* Open(const std::string& path) override {
    const auto found = texts_.find(path);
    if (found == texts_.end()) return DiskSourceTree::Open(path);
    return new google::protobuf::io::ArrayInputStream(found->second.data(),
                                                      static_cast<int>(found->second.size()));
  }

 private:
  std::map<std::string, std::string> texts_;
};

class FilesInMemory final : public google::protobuf::compiler::GeneratorContext {
 public:
  google::protobuf::io::ZeroCopyOutputStream* Open(const std::string& path) override {
    return new google::protobuf::io::StringOutputStream(&files[path]);
  }
  std::map<std::string, std::string> files;
};

struct Generated {
  bool ok = false;
  std::string error;
  std::map<std::string, std::string> files;
};

inline Generated Generate(TestTree& tree, const std::string& path,
                          const std::string& parameter = "") {
  class Errors final : public google::protobuf::compiler::MultiFileErrorCollector {
   public:
    void AddError(const std::string& file, int line, int column, const std::string& text) override {
      ADD_FAILURE() << file << ":" << line + 1 << ":" << column + 1 << ": " << text;
    }
  };
  // Files of protobuf itself are those that are linked into this program.
  (void)google::protobuf::Empty::descriptor();
  (void)google::protobuf::Timestamp::descriptor();
  google::protobuf::DescriptorPoolDatabase linked(
      *google::protobuf::DescriptorPool::generated_pool());
  google::protobuf::compiler::SourceTreeDescriptorDatabase database(&tree, &linked);
  Errors errors;
  database.RecordErrorsTo(&errors);
  google::protobuf::DescriptorPool pool(&database, database.GetValidationErrorCollector());
  const google::protobuf::FileDescriptor* file = pool.FindFileByName(path);
  Generated generated;
  if (file == nullptr) {
    ADD_FAILURE() << path << " is no proper .proto file";
    return generated;
  }
  const codegen::Generator generator;
  FilesInMemory context;
  generated.ok = generator.GenerateAll({file}, parameter, &context, &generated.error);
  generated.files = std::move(context.files);
  return generated;
}

// For `text` as test.proto.
inline Generated GenerateFromText(const std::string& text, const std::string& parameter = "") {
  TestTree tree;
  tree.Add("test.proto", text);
  return Generate(tree, "test.proto", parameter);
}

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_CODEGEN_GENERATOR_TEST_UTIL_H_

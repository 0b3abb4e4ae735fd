// The plugin of protoc: protoc --plugin=protoc-gen-troupe --troupe_out=FOLDER FILE.proto

#include "codegen/generator.h"
#include "google/protobuf/compiler/plugin.h"

int main(int argc, char** argv) {
  const troupe::codegen::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}

// A gRPC server that is no node: with descriptions that have comments, a list of actors in pages of
// two, and calls by name. Writes its address, one line; ends when its standard input is closed.

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "google/protobuf/compiler/parser.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "proto/actors.pb.h"
#include "proto/reflection.pb.h"

ABSL_FLAG(std::string, reflection, "v1", "v1, v1alpha or none");
ABSL_FLAG(bool, list, true, "has troupe.v1.Actors");
ABSL_FLAG(bool, endless, false, "the list of actors comes again and again");

namespace {

namespace reflection = grpc::reflection::v1alpha;
using google::protobuf::FileDescriptorProto;

constexpr char kProto[] = R"(
syntax = "proto3";
package fake.v1;

// Says something.
service Greeter {
  // Says what it is told.
  rpc Hello(Greeting) returns (Greeting);
  rpc Collect(stream Greeting) returns (Greeting);
  rpc Twice(Greeting) returns (Greeting);
  rpc Never(Greeting) returns (Greeting);
}

service Other {
  rpc Hello(Greeting) returns (Greeting);
}

message Greeting {
  // In any language.
  string text = 1;
  Greeting next = 2;
  int64 number = 3;
}
)";

FileDescriptorProto ParseProto() {
  google::protobuf::io::ArrayInputStream input(kProto, sizeof(kProto) - 1);
  google::protobuf::io::Tokenizer tokenizer(&input, nullptr);
  FileDescriptorProto file;
  CHECK(google::protobuf::compiler::Parser().Parse(&tokenizer, &file));
  file.set_name("fake/v1/greeter.proto");
  return file;
}

reflection::ServerReflectionResponse Reflect(const reflection::ServerReflectionRequest& request) {
  static const FileDescriptorProto* const file = new FileDescriptorProto(ParseProto());
  reflection::ServerReflectionResponse response;
  if (request.has_list_services()) {
    auto* const list = response.mutable_list_services_response();
    for (const char* name : {"fake.v1.Greeter", "fake.v1.Other", "fake.v1.NotDescribed"}) {
      list->add_service()->set_name(name);
    }
    if (absl::GetFlag(FLAGS_list)) list->add_service()->set_name("troupe.v1.Actors");
  } else if (absl::StartsWith(request.file_containing_symbol(), "fake.v1.") &&
             request.file_containing_symbol() != "fake.v1.NotDescribed") {
    *response.mutable_file_descriptor_response()->add_file_descriptor_proto() =
        file->SerializeAsString();
  } else {
    response.mutable_error_response()->set_error_code(5);
  }
  return response;
}

std::vector<troupe::v1::NamedActor> Actors() {
  std::vector<troupe::v1::NamedActor> actors;
  for (const char* name : {"anna", "annabel", "bert", "carl\033[31m", "dora"}) {
    troupe::v1::NamedActor& actor = actors.emplace_back();
    actor.set_name(name);
    actor.set_urn(absl::StrCat("urn:uuid:00000000-0000-4000-8000-00000000000", actors.size()));
    actor.set_class_name("Person");
    actor.add_methods("Echo(Value) -> Value");
  }
  actors[0].add_services("fake.v1.Greeter");
  actors[4].set_node_address("10.0.0.9:7000");
  actors[4].clear_methods();
  return actors;
}

grpc::Status List(const std::string& bytes, std::string* reply) {
  troupe::v1::ListRequest request;
  request.ParseFromString(bytes);
  troupe::v1::ListResponse response;
  const size_t most = request.page_size() > 0 ? request.page_size() : 2;
  for (const troupe::v1::NamedActor& actor : Actors()) {
    if (!absl::StartsWith(actor.name(), request.prefix())) continue;
    if (!absl::GetFlag(FLAGS_endless) && actor.name() <= request.page_token()) continue;
    if (response.actors_size() == static_cast<int>(most)) {
      response.set_next_page_token(response.actors().rbegin()->name());
      break;
    }
    *response.add_actors() = actor;
  }
  *reply = response.SerializeAsString();
  return grpc::Status::OK;
}

grpc::Status CallByName(const std::string& actor, const std::string& bytes, std::string* reply) {
  troupe::v1::CallRequest request;
  request.ParseFromString(bytes);
  if (actor.empty()) return {grpc::StatusCode::FAILED_PRECONDITION, "no actor is named"};
  if (request.method() != "Echo") {
    return {grpc::StatusCode::UNIMPLEMENTED, absl::StrCat("no method ", request.method())};
  }
  troupe::v1::CallResponse response;
  auto* const items = response.mutable_result()->mutable_list();
  items->add_items()->set_text(actor);
  for (const auto& argument : request.arguments()) *items->add_items() = argument;
  *reply = response.SerializeAsString();
  return grpc::Status::OK;
}

// One call of any method.
class Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Reactor(grpc::GenericCallbackServerContext* context)
      : context_(context), method_(context->method()) {
    const std::string path = absl::StrCat("/grpc.reflection.", absl::GetFlag(FLAGS_reflection),
                                          ".ServerReflection/ServerReflectionInfo");
    reflects_ = method_ == path;
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    const std::string bytes = Bytes();
    std::string reply = bytes;
    grpc::Status status;
    if (reflects_) {
      reflection::ServerReflectionRequest request;
      request.ParseFromString(bytes);
      reply = Reflect(request).SerializeAsString();
    } else if (method_ == "/troupe.v1.Actors/List" && absl::GetFlag(FLAGS_list)) {
      status = List(bytes, &reply);
    } else if (method_ == "/troupe.v1.Actors/Call" && absl::GetFlag(FLAGS_list)) {
      status = CallByName(Actor(), bytes, &reply);
    } else if (method_ == "/fake.v1.Greeter/Never") {
      return Finish(grpc::Status::OK);
    } else if (!absl::StartsWith(method_, "/fake.v1.")) {
      status = {grpc::StatusCode::UNIMPLEMENTED, absl::StrCat("no ", method_)};
    }
    if (!status.ok()) return Finish(status);
    grpc::Slice slice(reply);
    reply_ = grpc::ByteBuffer(&slice, 1);
    left_ = method_ == "/fake.v1.Greeter/Twice" ? 1 : 0;
    StartWrite(&reply_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    if (reflects_) return StartRead(&request_);
    if (left_-- > 0) return StartWrite(&reply_);
    Finish(grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  std::string Bytes() const {
    std::vector<grpc::Slice> slices;
    std::string bytes;
    (void)request_.Dump(&slices);
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return bytes;
  }
  std::string Actor() const {
    const auto found = context_->client_metadata().find("troupe-actor");
    if (found == context_->client_metadata().end()) return "";
    return std::string(found->second.data(), found->second.size());
  }

  grpc::GenericCallbackServerContext* const context_;
  const std::string method_;
  bool reflects_ = false;
  int left_ = 0;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
};

class Service final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(context);
  }
};

}  // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  absl::ParseCommandLine(argc, argv);
  Service service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&service);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  CHECK(server != nullptr);
  std::cout << "127.0.0.1:" << port << std::endl;
  while (std::cin.get() >= 0) {
  }
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

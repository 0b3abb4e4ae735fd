// Feeds bytes to a node as the request of a gRPC client. The first byte says of which method; of
// the last kind the bytes are the method's own name. Whatever they are, the call ends, and the node
// goes on to serve.

#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "tests/node/gateway_test_util.h"
#include "troupe.h"

namespace troupe {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr int kMostReplies = 8;

void Require(bool condition) {
  if (!condition) std::abort();
}

class Target : public Actor {
 public:
  int64_t Add(int64_t number) { return total += number; }
  Value Echo(Value value) { return value; }
  AnyRef Reference(AnyRef ref) { return ref; }
  absl::StatusOr<Value> Receive(Value message) override { return message; }
  int64_t total = 0;
};
TROUPE_ACTOR(Target, Add, Echo, Reference, total)

struct Method {
  const char* path;
  const char* actor;
};

constexpr std::array<Method, 7> kMethods = {{
    {"/grpc.health.v1.Health/Check", ""},
    {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", ""},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", ""},
    {"/troupe.v1.Actors/List", ""},
    {"/troupe.v1.Actors/Call", "target"},
    {"/troupe.testing.gateway.Parrot/Say", "polly"},
    {"/troupe.testing.gateway.Parrot/Count", "polly"},
}};

class World {
 public:
  World() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    stub_ = std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
        aviary_.node->address(), grpc::InsecureChannelCredentials(), arguments));
    (void)aviary_.node->Spawn<Target>(SpawnOptions{.name = "target"});
  }

  // Returns the first reply.
  std::string Call(const std::string& path, const std::string& actor, absl::string_view request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    if (!actor.empty()) context.AddMetadata("troupe-actor", actor);
    const auto call = stub_->PrepareCall(&context, path, &queue_);
    call->StartCall(this);
    std::string first;
    if (Done()) {
      const grpc::Slice slice(request.data(), request.size());
      call->Write(grpc::ByteBuffer(&slice, 1), this);
      if (Done()) {
        call->WritesDone(this);
        (void)Done();
      }
      first = Read(*call);
      context.TryCancel();
    }
    grpc::Status status;
    call->Finish(&status, this);
    Require(Done());
    Require(status.error_code() >= 0 && status.error_code() <= grpc::UNAUTHENTICATED);
    Require(status.error_code() != grpc::DEADLINE_EXCEEDED);
    return first;
  }

 private:
  std::string Read(grpc::GenericClientAsyncReaderWriter& call) {
    std::string first;
    for (int i = 0; i < kMostReplies; ++i) {
      grpc::ByteBuffer reply;
      call.Read(&reply, this);
      if (!Done()) break;
      grpc::Slice slice;
      if (i == 0 && reply.DumpToSingleSlice(&slice).ok()) {
        first.assign(reinterpret_cast<const char*>(slice.begin()), slice.size());
      }
    }
    return first;
  }
  bool Done() {
    void* tag = nullptr;
    bool ok = false;
    Require(queue_.Next(&tag, &ok));
    return ok;
  }

  testing::Aviary aviary_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

void Run(World& world, uint8_t which, std::string bytes) {
  which %= kMethods.size() + 1;
  if (which < kMethods.size()) {
    world.Call(kMethods[which].path, kMethods[which].actor, bytes);
    return;
  }
  // What gRPC itself would not send is not for the node.
  for (char& c : bytes) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) c = '/';
  }
  world.Call("/" + bytes.substr(0, 1000), "polly", "");
}

}  // namespace
}  // namespace troupe

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const world = new troupe::World;
  if (size == 0) return 0;
  troupe::Run(*world, data[0], std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  static int inputs = 0;
  if (++inputs % 64 == 0) {
    troupe::Require(world->Call("/grpc.health.v1.Health/Check", "", "") == "\x08\x01");
  }
  return 0;
}

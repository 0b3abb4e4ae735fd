#include "tests/bench/gateway_client.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>

#include "tests/bench/gateway.grpc.pb.h"
#include "tests/bench/measure.h"
#include "tests/bench/other_process.h"

namespace troupe::bench {
namespace {

constexpr int64_t kWarmUp = 500;
constexpr size_t kBytes = 64;

std::unique_ptr<Pinger::Stub> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return Pinger::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

Ping PingOf(int64_t number) {
  Ping ping;
  ping.set_number(number);
  ping.set_data(std::string(kBytes, 'p'));
  return ping;
}

// One of the calls that are under way.
struct Slot {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Ping>> reader;
  Ping reply;
  grpc::Status status;
  int64_t number = 0;

  void Begin(Pinger::Stub* stub, grpc::CompletionQueue* queue, int64_t next) {
    number = next;
    context = std::make_unique<grpc::ClientContext>();
    reader = stub->AsyncEcho(context.get(), PingOf(number), queue);
    reader->Finish(&reply, &status, this);
  }
};

class PlainPinger final : public Pinger::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const Ping* request,
                                 Ping* reply) override {
    *reply = *request;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

std::vector<double> UnaryLatencies(const std::string& address, int64_t calls) {
  const std::unique_ptr<Pinger::Stub> stub = Connect(address);
  std::vector<double> micros;
  for (int64_t i = -kWarmUp; i < calls; ++i) {
    const Ping ping = PingOf(i);
    grpc::ClientContext context;
    Ping reply;
    const Stopwatch watch;
    const grpc::Status status = stub->Echo(&context, ping, &reply);
    if (i >= 0) micros.push_back(watch.Micros());
    ExpectEqual(status.error_code(), 0, status.error_message().c_str());
    ExpectEqual(reply.number(), i, "the reply");
  }
  return micros;
}

double UnaryCalls(const std::string& address, int outstanding, int64_t calls) {
  const std::unique_ptr<Pinger::Stub> stub = Connect(address);
  grpc::CompletionQueue queue;
  std::vector<Slot> slots(outstanding);
  int64_t begun = 0;
  int64_t ended = 0;
  Stopwatch watch;
  const int64_t all = calls + kWarmUp;
  for (Slot& slot : slots) slot.Begin(stub.get(), &queue, begun++);
  void* tag = nullptr;
  bool ok = false;
  while (ended < all && queue.Next(&tag, &ok)) {
    Slot& slot = *static_cast<Slot*>(tag);
    ExpectEqual(slot.status.error_code(), 0, slot.status.error_message().c_str());
    ExpectEqual(slot.reply.number(), slot.number, "the reply");
    if (++ended == kWarmUp) watch = Stopwatch();
    if (begun < all) slot.Begin(stub.get(), &queue, begun++);
  }
  const double seconds = watch.Seconds();
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return seconds;
}

void ServePlain() {
  PlainPinger service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  AnnounceAndWait("127.0.0.1:" + std::to_string(port));
  server->Shutdown();
}

}  // namespace troupe::bench

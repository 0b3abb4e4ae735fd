#ifndef TROUPE_TESTS_NODE_GATEWAY_CLIENT_H_
#define TROUPE_TESTS_NODE_GATEWAY_CLIENT_H_

// A gRPC client as others write it: gRPC's own stubs, and nothing of Troupe.

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "tests/node/gateway.grpc.pb.h"

namespace stock {

namespace pb = troupe::testing::gateway;

inline std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  // A connection for each: the tests must not see each other's.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// What a call is made with. Fails a test that waits in vain.
class Context : public grpc::ClientContext {
 public:
  explicit Context(const std::string& actor = "") {
    if (!actor.empty()) AddMetadata("troupe-actor", actor);
    set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  }

  // The first value; empty if there is none.
  std::string Trailer(const std::string& key) const {
    return First(GetServerTrailingMetadata(), key);
  }
  std::string Header(const std::string& key) const {
    return First(GetServerInitialMetadata(), key);
  }

 private:
  template <typename Metadata>
  static std::string First(const Metadata& metadata, const std::string& key) {
    const auto found = metadata.find(key);
    if (found == metadata.end()) return "";
    return std::string(found->second.data(), found->second.size());
  }
};

inline pb::Text TextOf(const std::string& text) {
  pb::Text message;
  message.set_text(text);
  return message;
}

// Parrots at one address.
class Client {
 public:
  explicit Client(const std::string& address)
      : channel(Connect(address)), parrot(pb::Parrot::NewStub(channel)) {}

  // What the parrot says, or CODE: MESSAGE.
  std::string Say(const std::string& text, const std::string& actor = "") {
    Context context(actor);
    pb::Text reply;
    const grpc::Status status = parrot->Say(&context, TextOf(text), &reply);
    if (status.ok()) return reply.text();
    return std::to_string(status.error_code()) + ": " + status.error_message();
  }
  grpc::StatusCode CodeOfSay(const std::string& text, const std::string& actor = "") {
    Context context(actor);
    pb::Text reply;
    return parrot->Say(&context, TextOf(text), &reply).error_code();
  }

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<pb::Parrot::Stub> parrot;
};

}  // namespace stock

#endif  // TROUPE_TESTS_NODE_GATEWAY_CLIENT_H_

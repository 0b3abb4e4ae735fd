#ifndef TROUPE_TESTS_NODE_GATEWAY_ACTORS_TEST_UTIL_H_
#define TROUPE_TESTS_NODE_GATEWAY_ACTORS_TEST_UTIL_H_

// Actors without a .proto, and a stock client of what every node says of them.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proto/actors.grpc.pb.h"
#include "tests/node/gateway_test_util.h"

namespace troupe {
namespace testing {
namespace office {

using wire::Value;

// What a clerk inherits.
class Doubler {
 public:
  virtual ~Doubler() = default;
  virtual int64_t Double(int64_t i) = 0;
};
TROUPE_ACTOR(Doubler, Double)

class Clerk : public Actor, public Doubler {
 public:
  using Implements = Interfaces<Doubler>;

  explicit Clerk(std::shared_ptr<Events> events) : events_(std::move(events)) {}

  int64_t AddOne(int64_t i) { return i + 1; }
  int64_t Double(int64_t i) override { return 2 * i; }
  void Write(std::string text) { note = std::move(text); }
  absl::Status Fail(int64_t code, std::string detail) {
    gateway::Failure failure;
    failure.set_code(static_cast<int>(code));
    failure.set_message("as asked");
    failure.set_detail(detail);
    return StatusOf(failure);
  }
  Task<void> Hang() {
    const AtEnd end(events_, "hung");
    events_->Add("hanging");
    co_await Sleep(absl::Hours(1));
  }
  std::string Fill(int64_t bytes) { return std::string(bytes, 'x'); }
  troupe::Value Echo(troupe::Value value) { return value; }
  AnyRef Me() { return self(); }
  Task<int64_t> Ask(Ref<Doubler> other, int64_t i) { co_return co_await other->Double(i); }
  std::vector<std::string> Look() {
    context().AddInitialMetadata("seen-initial", "1");
    context().AddTrailingMetadata("seen-trailing", "2");
    const ClientInfo* const client = context().client();
    if (client == nullptr) return {};
    const std::string* const key = client->Find("first-key");
    return {client->caller.transport_address, key != nullptr ? *key : "no key",
            context().deadline() != absl::InfiniteFuture() ? "deadline" : "no deadline"};
  }
  Stream<int64_t> Count(int64_t to) {
    for (int64_t i = 0; i < to; ++i) co_yield i;
  }

  std::string note = "empty";
  const int64_t desk = 7;

 private:
  const std::shared_ptr<Events> events_;
};
TROUPE_ACTOR(Clerk, AddOne, Write, Fail, Hang, Fill, Echo, Me, Ask, Look, Count, note, desk)

class Hermit : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  int64_t AddOne(int64_t i) { return i + 1; }
};
TROUPE_ACTOR(Hermit, AddOne)

inline Value Int(int64_t i) {
  Value value;
  value.set_integer(i);
  return value;
}
inline Value Text(const std::string& text) {
  Value value;
  value.set_text(text);
  return value;
}
inline Value Reference(const AnyRef& ref, const std::string& address) {
  Value value;
  value.mutable_reference()->set_urn(ref.urn().ToBytes());
  value.mutable_reference()->set_node_address(address);
  return value;
}

class ActorsClient {
 public:
  explicit ActorsClient(const std::string& address)
      : channel(stock::Connect(address)), stub(v1::Actors::NewStub(channel)) {}

  grpc::Status Call(stock::Context* context, const std::string& method,
                    const std::vector<Value>& arguments, Value* result) {
    v1::CallRequest request;
    request.set_method(method);
    for (const Value& argument : arguments) *request.add_arguments() = argument;
    v1::CallResponse response;
    const grpc::Status status = stub->Call(context, request, &response);
    *result = response.result();
    return status;
  }
  // The result, or CODE: MESSAGE.
  std::string Call(const std::string& actor, const std::string& method,
                   const std::vector<Value>& arguments = {}) {
    stock::Context context(actor);
    Value result;
    const grpc::Status status = Call(&context, method, arguments, &result);
    if (status.ok()) return result.ShortDebugString();
    return absl::StrCat(static_cast<int>(status.error_code()), ": ", status.error_message());
  }
  grpc::Status List(const v1::ListRequest& request, v1::ListResponse* response) {
    stock::Context context;
    return stub->List(&context, request, response);
  }
  v1::ListResponse List(const v1::ListRequest& request = {}) {
    v1::ListResponse response;
    const grpc::Status status = List(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::Actors::Stub> stub;
};

// A node with a clerk, and a client of it.
struct Office {
  explicit Office(NodeOptions options = {})
      : node(MakeGatewayNode(std::move(options))),
        clerk(node->Spawn<Clerk>(SpawnOptions{.name = "bob"}, events)),
        client(node->address()) {}

  const std::shared_ptr<Events> events = std::make_shared<Events>();
  const std::unique_ptr<Node> node;
  const Ref<Clerk> clerk;
  ActorsClient client;
};

inline std::string CodeText(grpc::StatusCode code) {
  return absl::StrCat(static_cast<int>(code), ": ");
}

inline std::vector<std::string> NamesOf(const v1::ListResponse& response) {
  std::vector<std::string> names;
  for (const v1::NamedActor& actor : response.actors()) names.push_back(actor.name());
  return names;
}

struct TwoOffices {
  TwoOffices() {
    absl::StatusOr<AnyRef> far = here.node->At(there.node->address()).Find("bob").Get();
    CHECK(far.ok()) << far.status();
    CHECK(here.node->Register("far", *far).ok());
  }

  Office there;
  Office here;
};

}  // namespace office
}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_NODE_GATEWAY_ACTORS_TEST_UTIL_H_

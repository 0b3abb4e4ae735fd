// A service in front of the bank's nodes: a program that is no node (troupe::Client), and serves
// the gRPC service Bank by calling the accounts on both.

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "examples/bank/account.h"
#include "examples/bank/bank.grpc.pb.h"
#include "examples/flags/tls_flags.h"
#include "troupe.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:7003",
          "where gRPC clients reach this service: host:port (port 0: any free one); without TLS");
ABSL_FLAG(std::vector<std::string>, nodes,
          std::vector<std::string>({"127.0.0.1:7001", "127.0.0.1:7002"}),
          "addresses of the bank's nodes (see bank_node), separated by commas");
ABSL_FLAG(int64_t, accounts, 1000, "accounts of the whole bank, account-0 and so on");

namespace bank::v1 {
namespace {

using AccountRef = troupe::Ref<actors::Account>;

// Of a call whose client says none.
constexpr absl::Duration kLongestCall = absl::Seconds(30);

// What a client gets for an error of an actor: the same code and text, and the details.
grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  ErrorStatus details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  status.ForEachPayload([&details](absl::string_view url, const absl::Cord& payload) {
    google::protobuf::Any& detail = *details.add_details();
    detail.set_type_url(std::string(url));
    detail.set_value(std::string(payload));
  });
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), details.message(),
                      details.details_size() > 0 ? details.SerializeAsString() : "");
}

absl::Duration TimeLeft(const grpc::CallbackServerContext& context) {
  const absl::Duration left = absl::FromChrono(context.deadline()) - absl::Now();
  return std::min(left, kLongestCall);
}

// Answers a client with what a future gives; the client's cancellation cancels that. Deletes
// itself.
class Relay : public grpc::ServerUnaryReactor {
 public:
  // `write` puts a good outcome into the reply.
  template <typename T, typename Write>
  static Relay* Start(const troupe::Future<T>& future, Write write) {
    auto* relay = new Relay([future] { future.Cancel(); });
    future.OnReady([relay, write](const absl::StatusOr<T>& outcome) {
      if (outcome.ok()) write(*outcome);
      relay->Finish(ToGrpc(outcome.status()));
    });
    return relay;
  }

  void OnCancel() override { cancel_(); }
  void OnDone() override { delete this; }

 private:
  explicit Relay(std::function<void()> cancel) : cancel_(std::move(cancel)) {}

  const std::function<void()> cancel_;
};

class BankService : public Bank::CallbackService {
 public:
  BankService(std::vector<troupe::NodeRef> nodes, int64_t accounts)
      : nodes_(std::move(nodes)), accounts_(accounts) {}

  // Whether each node is there and knows all accounts, as far as the first one and the last one
  // tell.
  absl::Status Check() const {
    for (const troupe::NodeRef& node : nodes_) {
      for (const int64_t i : {int64_t{0}, accounts_ - 1}) {
        const absl::Status found =
            node.Find<actors::Account>(AccountName(i)).Get(absl::Seconds(10)).status();
        if (absl::IsUnavailable(found)) {
          return absl::UnavailableError(absl::StrCat(
              "no node of the bank at ", node.address(), "; start one with bank_node --listen=",
              node.address(), ", or name others with --nodes: ", std::string(found.message())));
        }
        if (absl::IsNotFound(found)) {
          return absl::NotFoundError(absl::StrCat(
              "the node at ", node.address(), " does not know ", AccountName(i),
              "; its bank_node says when it knows all accounts, and --accounts is the same there"));
        }
        if (!found.ok()) return found;
      }
    }
    return absl::OkStatus();
  }

  grpc::ServerUnaryReactor* Transfer(grpc::CallbackServerContext* context,
                                     const TransferOrder* order, Balance* reply) override {
    const absl::Time end = absl::Now() + TimeLeft(*context);
    TransferRequest request;
    request.set_to(order->to());
    request.set_cents(order->cents());
    return Relay::Start(
        FindAccount(order->from()).Then([end, request](const absl::StatusOr<AccountRef>& account) {
          if (!account.ok()) return Failed(account.status());
          return account->With({.deadline = end - absl::Now()})->Transfer(request);
        }),
        [reply](const Balance& balance) { *reply = balance; });
  }

  grpc::ServerUnaryReactor* Total(grpc::CallbackServerContext* context, const TotalRequest*,
                                  TotalReply* reply) override {
    const absl::Time end = absl::Now() + TimeLeft(*context);
    std::vector<troupe::Future<Balance>> balances;
    for (int64_t i = 0; i < accounts_; ++i) {
      balances.push_back(
          FindAccount(AccountName(i)).Then([end](const absl::StatusOr<AccountRef>& account) {
            if (!account.ok()) return Failed(account.status());
            return account->With({.deadline = end - absl::Now()})->GetBalance(GetBalanceRequest());
          }));
    }
    return Relay::Start(troupe::Join(std::move(balances)),
                        [reply](const std::vector<Balance>& all) {
                          reply->set_accounts(static_cast<int64_t>(all.size()));
                          for (const Balance& one : all) {
                            reply->set_cents(reply->cents() + one.cents());
                            reply->set_pending_cents(reply->pending_cents() + one.pending_cents());
                          }
                        });
  }

 private:
  static troupe::Future<Balance> Failed(const absl::Status& status) {
    return troupe::Future<Balance>::Ready(status);
  }

  // Asked each time, of the nodes in turn: any of them knows all accounts, as they are now. The
  // account itself is then called where it lives.
  troupe::Future<AccountRef> FindAccount(const std::string& name) {
    const size_t turn = next_.fetch_add(1, std::memory_order_relaxed);
    return nodes_[turn % nodes_.size()].Find<actors::Account>(name);
  }

  const std::vector<troupe::NodeRef> nodes_;
  const int64_t accounts_;
  std::atomic<size_t> next_{0};
};

absl::Status CheckFlags() {
  if (absl::GetFlag(FLAGS_nodes).empty()) {
    return absl::InvalidArgumentError("--nodes names no node, as in --nodes=127.0.0.1:7001");
  }
  const int64_t accounts = absl::GetFlag(FLAGS_accounts);
  if (accounts < 1 || accounts > 1'000'000) {
    return absl::InvalidArgumentError(
        absl::StrCat("--accounts is a number from 1 to 1000000, not ", accounts));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<grpc::Server>> Serve(BankService* service) {
  const std::string listen = absl::GetFlag(FLAGS_listen);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a busy port is an error
  builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen at ", listen,
                     ": another process listens there, or it is no address of this machine; choose "
                     "another one with --listen=HOST:PORT"));
  }
  std::cout << "serving at " << listen.substr(0, listen.rfind(':')) << ":" << port << std::endl;
  return server;
}

absl::Status Run() {
  if (absl::Status status = CheckFlags(); !status.ok()) return status;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Before there are threads, which inherit it: nobody but sigwait below takes these signals.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto client = troupe::Client::Create({.name = "bank_service", .tls = TlsFromFlags()});
  if (!client.ok()) return client.status();
  std::vector<troupe::NodeRef> nodes;
  for (const std::string& address : absl::GetFlag(FLAGS_nodes)) {
    nodes.push_back((*client)->At(address));
  }
  BankService service(std::move(nodes), absl::GetFlag(FLAGS_accounts));
  if (absl::Status status = service.Check(); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<grpc::Server>> server = Serve(&service);
  if (!server.ok()) return server.status();

  int signal = 0;
  sigwait(&signals, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one ends the program at once
  (*server)->Shutdown(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  return absl::OkStatus();
}

}  // namespace
}  // namespace bank::v1

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "serves a bank to gRPC clients: bank_service [--listen=ADDRESS] [--nodes=ADDRESS,ADDRESS]");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  const absl::Status status =
      arguments.size() > 1
          ? absl::InvalidArgumentError(absl::StrCat(
                "\"", arguments[1], "\" is no flag; an address is given as --listen=ADDRESS"))
          : bank::v1::Run();
  if (!status.ok()) {
    std::cerr << "bank_service: " << status << "\n";
    return 1;
  }
}

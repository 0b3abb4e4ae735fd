// Replays a file of transfers (make_transfers.py): a plain gRPC client, made of gRPC's own stubs of
// account.proto and nothing of Troupe. Sends each to the account that pays, through the bank's
// nodes in turn, and never one twice. Several of these may each replay a part of the file.

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "examples/bank/account.grpc.pb.h"

ABSL_FLAG(std::string, file, "", "the transfers: lines of from,to,cents behind one of headings");
ABSL_FLAG(std::vector<std::string>, nodes,
          std::vector<std::string>({"127.0.0.1:7001", "127.0.0.1:7002"}),
          "addresses of the bank's nodes, separated by commas");
ABSL_FLAG(std::string, part, "1/1",
          "which part of the file: 2/4 is every fourth line from the second");
ABSL_FLAG(int, outstanding, 64, "calls at a time");
ABSL_FLAG(int, progress, 5000, "a line is printed after so many transfers");
ABSL_FLAG(absl::Duration, deadline, absl::Seconds(30), "of each call");

namespace bank::v1 {
namespace {

struct Order {
  std::string from = {};
  std::string to = {};
  int64_t cents = 0;
};

absl::StatusOr<std::vector<Order>> ReadPart(const std::string& path, size_t part, size_t parts) {
  std::ifstream file(path);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("cannot read --file=", path, "; make one with make_transfers.py"));
  }
  std::vector<Order> orders;
  std::string line;
  std::getline(file, line);
  for (size_t number = 0; std::getline(file, line); ++number) {
    if (number % parts != part) continue;
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    Order order;
    if (fields.size() != 3 || !absl::SimpleAtoi(fields[2], &order.cents)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number + 2, ": \"", line, "\" is not from,to,cents"));
    }
    order.from = fields[0];
    order.to = fields[1];
    orders.push_back(std::move(order));
  }
  return orders;
}

// Keeps a number of calls under way until all orders are answered. gRPC's threads run the
// callbacks, several at a time.
class Replay {
 public:
  Replay(std::vector<Order> orders, std::string name) : orders_(std::move(orders)), name_(name) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    for (const std::string& address : absl::GetFlag(FLAGS_nodes)) {
      stubs_.push_back(Account::NewStub(
          grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments)));
    }
  }

  // Whether every order was answered by the bank.
  bool Run() {
    for (int i = 0; i < absl::GetFlag(FLAGS_outstanding); ++i) Next();
    std::unique_lock<std::mutex> lock(mu_);
    all_done_.wait(lock, [this] { return answered_ == orders_.size(); });
    std::cout << name_ << ": " << outcomes_[grpc::StatusCode::OK] << " made, "
              << outcomes_[grpc::StatusCode::FAILED_PRECONDITION] << " refused" << std::endl;
    bool good = true;
    for (const auto& [code, count] : outcomes_) {
      if (code == grpc::StatusCode::OK || code == grpc::StatusCode::FAILED_PRECONDITION) continue;
      std::cerr << name_ << ": " << count << " failed with code " << code
                << ", the last one: " << texts_[code] << std::endl;
      good = false;
    }
    return good;
  }

 private:
  struct Call {
    grpc::ClientContext context;
    TransferRequest request;
    Balance reply;
  };

  void Next() {
    size_t number;
    {
      std::lock_guard<std::mutex> lock(mu_);
      if (next_ == orders_.size()) return;
      number = next_++;
    }
    const Order& order = orders_[number];
    auto* call = new Call;
    call->context.AddMetadata("troupe-actor", order.from);
    call->context.set_deadline(std::chrono::system_clock::now() +
                               absl::ToChronoMilliseconds(absl::GetFlag(FLAGS_deadline)));
    call->request.set_to(order.to);
    call->request.set_cents(order.cents);
    stubs_[number % stubs_.size()]->async()->Transfer(&call->context, &call->request, &call->reply,
                                                      [this, call](const grpc::Status& status) {
                                                        delete call;
                                                        Answered(status);
                                                      });
  }

  void Answered(const grpc::Status& status) {
    Next();
    std::lock_guard<std::mutex> lock(mu_);
    ++outcomes_[status.error_code()];
    if (!status.ok()) texts_[status.error_code()] = status.error_message();
    if (++answered_ % static_cast<size_t>(absl::GetFlag(FLAGS_progress)) == 0) {
      std::cout << name_ << ": " << answered_ << " of " << orders_.size() << std::endl;
    }
    if (answered_ == orders_.size()) all_done_.notify_all();
  }

  const std::vector<Order> orders_;
  const std::string name_;
  std::vector<std::unique_ptr<Account::Stub>> stubs_;

  std::mutex mu_;
  std::condition_variable all_done_;
  size_t next_ = 0;
  size_t answered_ = 0;
  std::map<grpc::StatusCode, int64_t> outcomes_;
  std::map<grpc::StatusCode, std::string> texts_;
};

absl::StatusOr<bool> RunFromFlags() {
  const std::vector<std::string> part = absl::StrSplit(absl::GetFlag(FLAGS_part), '/');
  size_t number = 0;
  size_t parts = 0;
  if (part.size() != 2 || !absl::SimpleAtoi(part[0], &number) ||
      !absl::SimpleAtoi(part[1], &parts) || number < 1 || number > parts) {
    return absl::InvalidArgumentError("--part is a part and their number, as in --part=2/4");
  }
  if (absl::GetFlag(FLAGS_outstanding) < 1 || absl::GetFlag(FLAGS_progress) < 1) {
    return absl::InvalidArgumentError("--outstanding and --progress are at least 1");
  }
  if (absl::GetFlag(FLAGS_nodes).empty()) {
    return absl::InvalidArgumentError("--nodes names no node, as in --nodes=127.0.0.1:7001");
  }
  absl::StatusOr<std::vector<Order>> orders =
      ReadPart(absl::GetFlag(FLAGS_file), number - 1, parts);
  if (!orders.ok()) return orders.status();
  return Replay(*std::move(orders), absl::StrCat("part ", absl::GetFlag(FLAGS_part))).Run();
}

}  // namespace
}  // namespace bank::v1

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("replays transfers: replay --file=CSV [--part=1/4] [--nodes=...]");
  absl::ParseCommandLine(argc, argv);
  const absl::StatusOr<bool> good = bank::v1::RunFromFlags();
  if (!good.ok()) std::cerr << "replay: " << good.status() << "\n";
  return good.ok() && *good ? 0 : 1;
}

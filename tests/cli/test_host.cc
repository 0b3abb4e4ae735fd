// The node that the tests of the command-line program talk to. Writes its address, one line, and
// then, of calls that only end when they are cancelled, "begun" and "ended"; ends in good order
// when its standard input is closed.

#include <signal.h>
#include <sys/prctl.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/cli/bank.troupe.h"
#include "troupe.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "NodeOptions::listen");
ABSL_FLAG(std::string, tls_certificate, "", "TlsFiles::certificate");
ABSL_FLAG(std::string, tls_private_key, "", "TlsFiles::private_key");
ABSL_FLAG(std::string, tls_authorities, "", "TlsFiles::authorities");
ABSL_FLAG(std::string, forbidden, "", "a method that the authorization hook refuses");

namespace bank::v1 {

// Tells the test that a call has ended.
class AtEnd {
 public:
  AtEnd() = default;
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;
  ~AtEnd() { std::cout << "ended" << std::endl; }
};

class SavingsAccount : public troupe::Actor, public Account {
 public:
  using Implements = troupe::Interfaces<Account>;

  troupe::Task<Balance> Deposit(DepositRequest request) override {
    if (request.amount() < 0) return absl::InvalidArgumentError("a negative amount");
    Add(DEPOSIT, request.amount(), request.note());
    return MakeBalance();
  }
  troupe::Task<Balance> Withdraw(WithdrawRequest request) override {
    if (request.amount() > balance_) {
      absl::Status status = absl::FailedPreconditionError("overdraft");
      Overdraft detail;
      detail.set_missing(request.amount() - balance_);
      status.SetPayload("type.googleapis.com/bank.v1.Overdraft",
                        absl::Cord(detail.SerializeAsString()));
      return status;
    }
    Add(WITHDRAWAL, -request.amount(), "");
    return MakeBalance();
  }
  troupe::Stream<Entry> History(HistoryRequest request) override {
    const std::vector<Entry> entries = entries_;
    std::unique_ptr<AtEnd> end;
    if (request.follow() || request.repeat()) end = std::make_unique<AtEnd>();
    do {
      for (const Entry& entry : entries) co_yield entry;
    } while (request.repeat());
    if (!request.follow()) co_return;
    co_await Sleep(absl::Hours(1));
  }
  troupe::Task<Empty> Hang(Empty) override {
    const AtEnd end;
    std::cout << "begun" << std::endl;
    co_await Sleep(absl::Hours(1));
    co_return Empty();
  }
  troupe::Task<Seen> Look(Empty) override {
    Seen seen;
    seen.set_has_deadline(context().deadline() != absl::InfiniteFuture());
    if (const troupe::ClientInfo* client = context().client()) {
      for (const auto& [key, value] : client->metadata) {
        seen.add_metadata(absl::StrCat(key, "=", value));
      }
      seen.set_common_name(client->caller.common_name);
    }
    return seen;
  }

 private:
  void Add(Kind kind, int64_t amount, const std::string& note) {
    balance_ += amount;
    Entry& entry = entries_.emplace_back();
    entry.set_kind(kind);
    entry.set_amount(amount);
    if (!note.empty()) entry.mutable_note()->set_text(note);
    entry.mutable_time()->set_seconds(1700000000);
  }
  Balance MakeBalance() const {
    Balance balance;
    balance.set_amount(balance_);
    balance.set_entries(static_cast<int32_t>(entries_.size()));
    return balance;
  }

  int64_t balance_ = 0;
  std::vector<Entry> entries_;
};
TROUPE_ACTOR(SavingsAccount)

class Auditor : public troupe::Actor, public Audit {
 public:
  using Implements = troupe::Interfaces<Audit>;

  troupe::Task<Balance> Total(Empty) override { return Balance(); }
  troupe::Task<Seen> Look(Empty) override { return Seen(); }
};
TROUPE_ACTOR(Auditor)

// Of no .proto: to be called by name.
class Adder : public troupe::Actor {
 public:
  int64_t AddOne(int64_t i) {
    ++calls;
    return i + 1;
  }
  troupe::Value Echo(troupe::Value value) { return value; }
  absl::Status Fail() { return absl::NotFoundError("nothing here"); }

  int64_t calls = 0;
};
TROUPE_ACTOR(Adder, AddOne, Echo, Fail, calls)

}  // namespace bank::v1

namespace {

troupe::NodeOptions OptionsFromFlags() {
  troupe::NodeOptions options;
  options.listen = absl::GetFlag(FLAGS_listen);
  options.system.threads = 2;
  options.tls = {.certificate = absl::GetFlag(FLAGS_tls_certificate),
                 .private_key = absl::GetFlag(FLAGS_tls_private_key),
                 .authorities = absl::GetFlag(FLAGS_tls_authorities)};
  if (const std::string forbidden = absl::GetFlag(FLAGS_forbidden); !forbidden.empty()) {
    options.authorize = [forbidden](const troupe::Caller&, absl::string_view interface,
                                    absl::string_view method) {
      return absl::StrCat(interface, ".", method) == forbidden
                 ? absl::PermissionDeniedError("not for you")
                 : absl::OkStatus();
    };
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  absl::ParseCommandLine(argc, argv);
  auto node = troupe::Node::Create(OptionsFromFlags());
  if (!node.ok()) {
    std::cerr << "test_host: " << node.status() << "\n";
    return 1;
  }
  using troupe::SpawnOptions;
  (*node)->Spawn<bank::v1::SavingsAccount>(SpawnOptions{.name = "alice"});
  const auto bob = (*node)->Spawn<bank::v1::SavingsAccount>(SpawnOptions{.name = "bob"});
  (*node)->Spawn<bank::v1::Auditor>(SpawnOptions{.name = "auditor"});
  (*node)->Spawn<bank::v1::Adder>(SpawnOptions{.name = "adder"});
  if (const absl::Status status = (*node)->RegisterDefault(bob); !status.ok()) {
    std::cerr << "test_host: " << status << "\n";
    return 1;
  }
  std::cout << (*node)->address() << std::endl;
  while (std::cin.get() >= 0) {
  }
  (*node)->Shutdown();
  return 0;
}

// One of the two nodes of a bank. Each hosts half of the accounts, and knows those of the other one
// by name, so that clients may use either. Runs until SIGINT or SIGTERM; then it finishes what was
// called, and takes nothing new.

#include <csignal>
#include <cstdint>
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
#include "absl/time/time.h"
#include "examples/bank/account.h"
#include "examples/flags/node_flags.h"
#include "troupe.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:7001",
          "where clients and the other node reach this node: host:port or unix:PATH");
ABSL_FLAG(std::string, peer, "127.0.0.1:7002", "where the other node of the bank listens");
ABSL_FLAG(int64_t, accounts, 1000,
          "accounts of the whole bank, account-0 and so on; an even number");
ABSL_FLAG(int64_t, first, 0,
          "number of the first account that lives here, half of all follow: 0 at one node, half of "
          "--accounts at the other");
ABSL_FLAG(int64_t, cents, 100'000, "what each account has at the beginning");

namespace bank::v1 {
namespace {

constexpr absl::Duration kDrainTime = absl::Seconds(10);
constexpr absl::Duration kPause = absl::Milliseconds(200);

// Registers the accounts of the other node here, again and again: a node that was started anew has
// other actors of the same names.
class Neighbour : public troupe::Actor {
 public:
  Neighbour(troupe::NodeRef peer, int64_t first, int64_t count)
      : peer_(std::move(peer)), first_(first), count_(count) {}

  troupe::Task<void> KeepUp() {
    for (;;) {
      for (int64_t i = first_; i < first_ + count_; ++i) co_await Introduce(AccountName(i));
      std::cout << "knows the accounts at " << peer_.address() << std::endl;
      waiting_ = false;
      const troupe::NodeDown down = co_await peer_.WhenDown();
      std::cerr << "bank_node: lost " << peer_.address() << ": " << down.reason << std::endl;
      for (int64_t i = first_; i < first_ + count_; ++i) system().Unregister(AccountName(i));
    }
  }

 private:
  troupe::Task<void> Introduce(std::string name) {
    for (;;) {
      const absl::StatusOr<troupe::Ref<actors::Account>> found =
          co_await troupe::AsStatusOr(peer_.Find<actors::Account>(name));
      if (found.ok()) {
        co_await system().Register(name, *found);
        co_return;
      }
      if (!std::exchange(waiting_, true)) {
        std::cerr << "bank_node: waits for the other node (--peer) to listen at " << peer_.address()
                  << " and to have " << name << ": " << found.status() << std::endl;
      }
      co_await Sleep(kPause);
    }
  }

  const troupe::NodeRef peer_;
  const int64_t first_;
  const int64_t count_;
  bool waiting_ = false;
};
TROUPE_ACTOR(Neighbour, KeepUp)

absl::Status CheckFlags() {
  const int64_t accounts = absl::GetFlag(FLAGS_accounts);
  if (accounts < 2 || accounts > 1'000'000 || accounts % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--accounts is an even number from 2 to 1000000, not ", accounts));
  }
  const int64_t first = absl::GetFlag(FLAGS_first);
  if (first != 0 && first != accounts / 2) {
    return absl::InvalidArgumentError(absl::StrCat("--first is 0 at one node and ", accounts / 2,
                                                   " at the other one, not ", first));
  }
  if (absl::GetFlag(FLAGS_cents) < 0) {
    return absl::InvalidArgumentError("--cents is 0 or more");
  }
  if (absl::GetFlag(FLAGS_peer) == absl::GetFlag(FLAGS_listen)) {
    return absl::InvalidArgumentError("--peer is the other node, and --listen this one");
  }
  return absl::OkStatus();
}

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

absl::Status Run() {
  if (absl::Status status = CheckFlags(); !status.ok()) return status;
  // Before there are threads, which inherit it: nobody but sigwait below takes these signals.
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto node = troupe::Node::Create(NodeOptionsFromFlags(absl::GetFlag(FLAGS_listen)));
  if (!node.ok()) return node.status();
  const int64_t half = absl::GetFlag(FLAGS_accounts) / 2;
  const int64_t first = absl::GetFlag(FLAGS_first);
  const troupe::NodeRef peer = (*node)->At(absl::GetFlag(FLAGS_peer));
  // It may not listen yet, but it must be an address.
  absl::Status found = peer.Find(AccountName(half - first)).Get(absl::Seconds(1)).status();
  if (absl::IsInvalidArgument(found)) return found;
  for (int64_t i = first; i < first + half; ++i) {
    (*node)->Spawn<AccountActor>({.name = AccountName(i)}, AccountName(i),
                                 absl::GetFlag(FLAGS_cents));
  }
  std::cout << "listening at " << (*node)->address() << ", with " << AccountName(first) << " to "
            << AccountName(first + half - 1) << std::endl;
  const troupe::Future<void> neighbour =
      (*node)
          ->Spawn<Neighbour>((*node)->At(absl::GetFlag(FLAGS_peer)), half - first, half)
          ->KeepUp();
  neighbour.OnReady([](const absl::Status& status) {
    if (!absl::IsCancelled(status)) std::cerr << "bank_node: " << status << std::endl;
  });

  int signal = 0;
  sigwait(&signals, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one ends the program at once
  std::cerr << "bank_node: signal " << signal << ", finishing what was called" << std::endl;
  neighbour.Cancel();
  if (const absl::Status drained = (*node)->Drain(kDrainTime); !drained.ok()) {
    std::cerr << "bank_node: " << drained << "\n";
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace bank::v1

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "hosts half of a bank's accounts: bank_node --listen=ADDRESS --peer=ADDRESS --first=NUMBER");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  const absl::Status status =
      arguments.size() > 1
          ? absl::InvalidArgumentError(absl::StrCat(
                "\"", arguments[1], "\" is no flag; an address is given as --listen=ADDRESS"))
          : bank::v1::Run();
  if (!status.ok()) {
    std::cerr << "bank_node: " << status << "\n";
    return 1;
  }
}

#ifndef TROUPE_EXAMPLES_BANK_ACCOUNT_H_
#define TROUPE_EXAMPLES_BANK_ACCOUNT_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "examples/bank/account.troupe.h"
#include "troupe.h"

namespace bank::v1 {

// An account, kept in memory. It finds the others by the names registered at its node, wherever
// they live.
//
// A transfer takes the money here, awaits the deposit at the other account, and gives the money
// back if that certainly was not made. Where nobody knows (the caller went away and its call was
// cancelled, the other node does not answer), it asks for the same deposit again until it is told,
// in the background. Deposits have numbers and the other account remembers them, so that it makes
// each once.
//
// Reentrant: it takes deposits while a transfer of its own waits. Otherwise two accounts that
// transfer to each other would wait for each other: in one process that fails at once
// (kFailedPrecondition), on two nodes only by the deadline. What that costs is care: others may
// change the balance during every co_await, so each step between two of them leaves the account
// right, and nothing read before one is used after it.
class AccountActor : public troupe::Actor, public actors::Account {
 public:
  using Implements = troupe::Interfaces<actors::Account>;
  static constexpr bool kReentrant = true;

  AccountActor(std::string name, int64_t cents);

  troupe::Task<Balance> Deposit(DepositRequest request) override;
  troupe::Task<Balance> Withdraw(WithdrawRequest request) override;
  troupe::Task<Balance> GetBalance(GetBalanceRequest request) override;
  troupe::Task<Balance> Transfer(TransferRequest request) override;
  troupe::Stream<Entry> History(HistoryRequest request) override;

 private:
  // A transfer to another account whose end is not known here.
  struct Outgoing {
    troupe::Ref<actors::Account> account = {};
    std::string to = {};
    int64_t cents = 0;
    absl::Duration next_pause = absl::ZeroDuration();
  };
  // What is remembered of the deposits that one other account has sent.
  struct Incoming {
    int64_t open_from = 1;
    absl::flat_hash_set<int64_t> made = {};  // of those from there on
  };

  Balance Now() const;
  void Record(Entry::Kind kind, int64_t cents, absl::string_view other = "");
  absl::Status Take(int64_t cents, Entry::Kind kind, absl::string_view other = "");
  // What is remembered of the account that makes this transfer; valid until the next call.
  absl::StatusOr<Incoming*> SenderOf(const TransferId& transfer);

  absl::StatusOr<int64_t> Begin(const TransferRequest& request);
  troupe::Future<Balance> AskForDeposit(int64_t number);
  void AskAgainLater(int64_t number);
  void GiveBack(int64_t number);
  void End(int64_t number);

  const std::string name_;
  int64_t cents_;
  int64_t pending_cents_ = 0;
  int64_t last_number_ = 0;
  std::map<int64_t, Outgoing> outgoing_;  // by number
  absl::flat_hash_map<troupe::Urn, Incoming> incoming_;
  std::deque<Entry> history_;
  int64_t movements_ = 0;
};
TROUPE_ACTOR(AccountActor)

// "account-17".
std::string AccountName(int64_t number);

}  // namespace bank::v1

#endif  // TROUPE_EXAMPLES_BANK_ACCOUNT_H_

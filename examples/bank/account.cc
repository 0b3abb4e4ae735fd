#include "examples/bank/account.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace bank::v1 {
namespace {

constexpr int64_t kMaxAmount = 100'000'000'000;
constexpr int64_t kMaxBalance = 1'000'000'000'000'000'000;
constexpr size_t kMaxHistory = 1000;
// Of the transfers of one account whose end is not known, how far the numbers may be apart: what
// another account has to remember of it at most.
constexpr int64_t kMaxOpen = 1024;
// Accounts that may ever have sent money to one account.
constexpr size_t kMaxSenders = 100'000;

// Local ones take microseconds. A deposit that takes longer is asked for again.
constexpr absl::Duration kDepositTime = absl::Seconds(2);
constexpr absl::Duration kFirstPause = absl::Milliseconds(10);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

absl::Status CheckAmount(int64_t cents) {
  if (cents >= 1 && cents <= kMaxAmount) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("an amount is from 1 to ", kMaxAmount, " cents, not ", cents));
}

// The other account itself refused: it has not made this deposit, and never will.
bool IsRefusal(const absl::Status& error) {
  return absl::IsInvalidArgument(error) || absl::IsOutOfRange(error);
}

// The call did not come to any account. Says nothing about calls before it.
bool DidNotArrive(const absl::Status& error) {
  return absl::IsNotFound(error) || absl::IsUnimplemented(error) ||
         absl::IsPermissionDenied(error) || troupe::DeliveryOf(error) == troupe::Delivery::kNotSent;
}

absl::Status OverdraftError(absl::string_view name, int64_t balance, int64_t wanted) {
  absl::Status error =
      absl::FailedPreconditionError(absl::StrCat(name, " has ", balance, " cents, not ", wanted));
  Overdraft overdraft;
  overdraft.set_balance(balance);
  overdraft.set_wanted(wanted);
  error.SetPayload(absl::StrCat("type.googleapis.com/", Overdraft::descriptor()->full_name()),
                   absl::Cord(overdraft.SerializeAsString()));
  return error;
}

}  // namespace

AccountActor::AccountActor(std::string name, int64_t cents)
    : name_(std::move(name)), cents_(cents) {}

troupe::Task<Balance> AccountActor::Deposit(DepositRequest request) {
  if (const absl::Status status = CheckAmount(request.cents()); !status.ok()) return status;
  Incoming* sender = nullptr;
  if (request.has_transfer()) {
    const absl::StatusOr<Incoming*> known = SenderOf(request.transfer());
    if (!known.ok()) return known.status();
    sender = *known;
    if (sender->made.contains(request.transfer().number())) return Now();
  }
  if (cents_ > kMaxBalance - request.cents()) {
    return absl::OutOfRangeError(absl::StrCat(name_, " is full"));
  }
  cents_ += request.cents();
  if (sender != nullptr) sender->made.insert(request.transfer().number());
  Record(sender != nullptr ? Entry::TRANSFER_IN : Entry::DEPOSIT, request.cents(),
         request.transfer().from());
  return Now();
}

troupe::Task<Balance> AccountActor::Withdraw(WithdrawRequest request) {
  const absl::Status taken = Take(request.cents(), Entry::WITHDRAWAL);
  if (!taken.ok()) return taken;
  return Now();
}

troupe::Task<Balance> AccountActor::GetBalance(GetBalanceRequest) { return Now(); }

troupe::Task<Balance> AccountActor::Transfer(TransferRequest request) {
  const absl::StatusOr<int64_t> number = Begin(request);
  if (!number.ok()) co_return number.status();
  const absl::StatusOr<Balance> made = co_await troupe::AsStatusOr(AskForDeposit(*number));
  if (made.ok()) {
    End(*number);
    co_return Now();
  }
  if (IsRefusal(made.status()) || DidNotArrive(made.status())) {
    GiveBack(*number);
    co_return made.status();
  }
  AskAgainLater(*number);
  co_return absl::Status(made.status().code(),
                         absl::StrCat("the transfer may have been made, and goes on: ",
                                      std::string(made.status().message())));
}

troupe::Stream<Entry> AccountActor::History(HistoryRequest request) {
  size_t count = history_.size();
  if (request.limit() > 0) count = std::min<size_t>(count, request.limit());
  // A copy: while a reader takes its time, the history goes on.
  const std::vector<Entry> entries(history_.end() - count, history_.end());
  for (const Entry& entry : entries) co_yield entry;
}

Balance AccountActor::Now() const {
  Balance balance;
  balance.set_cents(cents_);
  balance.set_pending_cents(pending_cents_);
  return balance;
}

void AccountActor::Record(Entry::Kind kind, int64_t cents, absl::string_view other) {
  Entry& entry = history_.emplace_back();
  entry.set_kind(kind);
  entry.set_cents(cents);
  entry.set_balance(cents_);
  entry.set_other(std::string(other));
  entry.set_number(++movements_);
  if (history_.size() > kMaxHistory) history_.pop_front();
}

absl::Status AccountActor::Take(int64_t cents, Entry::Kind kind, absl::string_view other) {
  if (absl::Status status = CheckAmount(cents); !status.ok()) return status;
  if (cents > cents_) return OverdraftError(name_, cents_, cents);
  cents_ -= cents;
  Record(kind, cents, other);
  return absl::OkStatus();
}

absl::StatusOr<AccountActor::Incoming*> AccountActor::SenderOf(const TransferId& transfer) {
  const absl::StatusOr<troupe::Urn> run = troupe::Urn::Parse(transfer.run());
  if (!run.ok()) return run.status();
  const int64_t number = transfer.number();
  if (transfer.open_from() < 1 || number < transfer.open_from() ||
      number - transfer.open_from() >= kMaxOpen) {
    return absl::InvalidArgumentError(absl::StrCat("transfer ", number, " of ", transfer.from(),
                                                   " while ", transfer.open_from(), " is open"));
  }
  if (incoming_.size() == kMaxSenders && !incoming_.contains(*run)) {
    return absl::OutOfRangeError(absl::StrCat(name_, " has had money from too many accounts"));
  }
  Incoming& sender = incoming_[*run];
  if (number < sender.open_from) {
    return absl::InvalidArgumentError(absl::StrCat("transfer ", number, " has ended"));
  }
  if (transfer.open_from() > sender.open_from) {
    sender.open_from = transfer.open_from();
    absl::erase_if(sender.made, [&sender](int64_t made) { return made < sender.open_from; });
  }
  return &sender;
}

// Everything up to the first call: one step. Gives the number of the transfer.
absl::StatusOr<int64_t> AccountActor::Begin(const TransferRequest& request) {
  if (request.to() == name_) return absl::InvalidArgumentError("a transfer to itself");
  absl::StatusOr<troupe::Ref<actors::Account>> account =
      system().Find<actors::Account>(request.to());
  if (!account.ok()) return account.status();
  if (!outgoing_.empty() && last_number_ + 1 - outgoing_.begin()->first >= kMaxOpen) {
    return absl::ResourceExhaustedError(absl::StrCat("transfer ", outgoing_.begin()->first, " of ",
                                                     name_, " to ", outgoing_.begin()->second.to,
                                                     " has to end first"));
  }
  const absl::Status taken = Take(request.cents(), Entry::TRANSFER_OUT, request.to());
  if (!taken.ok()) return taken;
  pending_cents_ += request.cents();
  outgoing_[++last_number_] = {.account = *std::move(account),
                               .to = request.to(),
                               .cents = request.cents(),
                               .next_pause = kFirstPause};
  return last_number_;
}

troupe::Future<Balance> AccountActor::AskForDeposit(int64_t number) {
  const Outgoing& outgoing = outgoing_.at(number);
  DepositRequest request;
  request.set_cents(outgoing.cents);
  TransferId& transfer = *request.mutable_transfer();
  transfer.set_from(name_);
  transfer.set_run(self().urn().ToString());
  transfer.set_number(number);
  transfer.set_open_from(outgoing_.begin()->first);
  return outgoing.account.With({.deadline = kDepositTime})->Deposit(std::move(request));
}

// Until it is known what became of it. An account that is gone may have had the money: then that is
// never known, and the money stays pending.
void AccountActor::AskAgainLater(int64_t number) {
  Outgoing& outgoing = outgoing_.at(number);
  // A timer's callback is part of no call: no caller that goes away cancels what it does.
  After(outgoing.next_pause, [this, number] {
    AskForDeposit(number).OnReady([this, number](const absl::StatusOr<Balance>& made) {
      if (made.ok()) {
        End(number);
      } else if (IsRefusal(made.status())) {
        GiveBack(number);
      } else {
        AskAgainLater(number);
      }
    });
  });
  outgoing.next_pause = std::min(2 * outgoing.next_pause, kLongestPause);
}

void AccountActor::GiveBack(int64_t number) {
  const Outgoing& outgoing = outgoing_.at(number);
  cents_ += outgoing.cents;
  Record(Entry::REFUND, outgoing.cents, outgoing.to);
  End(number);
}

void AccountActor::End(int64_t number) {
  const auto ended = outgoing_.find(number);
  pending_cents_ -= ended->second.cents;
  outgoing_.erase(ended);
}

std::string AccountName(int64_t number) { return absl::StrCat("account-", number); }

}  // namespace bank::v1

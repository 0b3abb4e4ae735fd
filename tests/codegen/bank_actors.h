#ifndef TROUPE_TESTS_CODEGEN_BANK_ACTORS_H_
#define TROUPE_TESTS_CODEGEN_BANK_ACTORS_H_

// Actors behind the services of bank.proto: an account, and a teller that calls accounts.

#include <cstdint>
#include <utility>

#include "tests/codegen/bank.troupe.h"
#include "troupe.h"

namespace troupe {
namespace testing {

inline bank::Balance BalanceOf(int64_t amount) {
  bank::Balance balance;
  balance.set_amount(amount);
  return balance;
}
inline bank::DepositRequest DepositOf(int64_t amount) {
  bank::DepositRequest request;
  request.set_amount(amount);
  return request;
}
inline bank::WithdrawRequest WithdrawalOf(int64_t amount) {
  bank::WithdrawRequest request;
  request.set_amount(amount);
  return request;
}
inline bank::TransferRequest TransferOf(int64_t amount) {
  bank::TransferRequest request;
  request.set_amount(amount);
  return request;
}

class MyAccount : public Actor, public bank::Account {
 public:
  using Implements = Interfaces<bank::Account>;

  // Some are coroutines, some are not.
  Task<bank::Balance> Deposit(bank::DepositRequest request) override {
    if (request.amount() < 0) return absl::InvalidArgumentError("a negative amount");
    amount_ += request.amount();
    return BalanceOf(amount_);
  }
  Task<bank::Balance> Withdraw(bank::WithdrawRequest request) override {
    co_await Sleep(absl::Milliseconds(1));
    if (request.amount() > amount_) {
      absl::Status status = absl::FailedPreconditionError("not enough money");
      status.SetPayload("amount", absl::Cord(std::to_string(amount_)));
      co_return status;
    }
    amount_ -= request.amount();
    co_return BalanceOf(amount_);
  }
  Task<bank::Balance> Close(bank::WithdrawRequest) override {
    Stop();
    return BalanceOf(amount_);
  }

 private:
  int64_t amount_ = 0;
};

class MyTeller : public Actor, public bank::Teller {
 public:
  using Implements = Interfaces<bank::Teller>;

  MyTeller(Ref<bank::Account> from, Ref<bank::Account> to)
      : from_(std::move(from)), to_(std::move(to)) {}

  Task<bank::Balance> Transfer(bank::TransferRequest request) override {
    co_await from_->Withdraw(WithdrawalOf(request.amount()));
    co_return co_await to_->Deposit(DepositOf(request.amount()));
  }

 private:
  const Ref<bank::Account> from_;
  const Ref<bank::Account> to_;
};

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_CODEGEN_BANK_ACTORS_H_

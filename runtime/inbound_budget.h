#ifndef TROUPE_RUNTIME_INBOUND_BUDGET_H_
#define TROUPE_RUNTIME_INBOUND_BUDGET_H_

#include <cstddef>
#include <utility>

namespace troupe::internal {

// What one peer's messages that wait in mailboxes here may take. Lives until all that was taken
// from it has been returned. Any thread.
class InboundBudget {
 public:
  // Never blocks; may be called with the lock of nobody held, from any destructor.
  virtual void Return(size_t bytes) = 0;

 protected:
  ~InboundBudget() = default;
};

// A part of a budget; gives its bytes back when it is destroyed.
class InboundCredit {
 public:
  InboundCredit() = default;
  // `bytes`, more than 0, have been taken from the budget.
  InboundCredit(InboundBudget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}
  InboundCredit(InboundCredit&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
  InboundCredit& operator=(InboundCredit other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~InboundCredit() {
    if (budget_ != nullptr) budget_->Return(bytes_);
  }

  size_t bytes() const { return budget_ != nullptr ? bytes_ : 0; }

  // Adds `other` to it, if both are of one budget and this is of some; else leaves it alone.
  void Join(InboundCredit& other) {
    if (budget_ == nullptr || budget_ != other.budget_) return;
    bytes_ += other.bytes_;
    other.budget_ = nullptr;
  }

 private:
  InboundBudget* budget_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_INBOUND_BUDGET_H_

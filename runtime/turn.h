#ifndef TROUPE_RUNTIME_TURN_H_
#define TROUPE_RUNTIME_TURN_H_

#include <cstddef>
#include <utility>

#include "runtime/inbound_budget.h"

namespace troupe::internal {

class ActorCell;
class Envelope;

// What the calling thread is doing for an actor right now: the root of nested calls' deadlines,
// cancellation and deadlock detection, and of Actor::self() and context(). Lives on the stack.
class Turn {
 public:
  // A null cell hides the surrounding turn from code that does not belong to it.
  explicit Turn(ActorCell* cell) : cell_(cell), outer_(current_) { current_ = this; }
  ~Turn() { current_ = outer_; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  ActorCell* cell() const { return cell_; }
  // The message being handled; null in a hook, a timer or a callback.
  Envelope* message = nullptr;

  // The credit of a message that was handled is given back at the end of the turn, or when the
  // thread is about to block: one atomic operation for many small messages.
  void ReturnLater(InboundCredit& credit) {
    returned_.Join(credit);
    if (credit.bytes() != 0 || returned_.bytes() > kMostKeptBack) {
      returned_ = std::move(credit);
    }
  }
  void ReturnCredits() { returned_ = InboundCredit(); }

  // Null where no actor's code runs on this thread.
  static Turn* Current() {
    return current_ != nullptr && current_->cell_ != nullptr ? current_ : nullptr;
  }

 private:
  static inline thread_local constinit Turn* current_ = nullptr;

  static constexpr size_t kMostKeptBack = 8 * 1024;

  ActorCell* const cell_;
  Turn* const outer_;
  InboundCredit returned_;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_TURN_H_

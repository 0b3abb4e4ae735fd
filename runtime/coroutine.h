#ifndef TROUPE_RUNTIME_COROUTINE_H_
#define TROUPE_RUNTIME_COROUTINE_H_

#include <coroutine>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "runtime/continuation.h"
#include "runtime/envelope.h"
#include "runtime/future_core.h"
#include "runtime/recipient.h"

namespace troupe::internal {

class PromiseBase;
class ResumeNode;

// A method's coroutine under way: a part of the envelope it works for.
struct TaskRun {
  explicit TaskRun(Envelope* envelope) : envelope(envelope) {}

  // Runs `coroutine`, and then what became `next` meanwhile.
  void Resume(std::coroutine_handle<> coroutine);

  Envelope* const envelope;
  // Goes on once the stack is unwound: it may destroy the coroutines that run on it now.
  std::coroutine_handle<> next;
  ResumeNode* waiting = nullptr;  // of the innermost coroutine, while all are suspended
};

// Brings a suspended coroutine back into its actor's turn when the future it awaits is ready. Made
// at the coroutine's first suspension and used for all of them. Not a part of its frame: the
// compiler may put that anywhere (clang elides its allocation), and the node may outlive it.
//
// Used by the actor's thread, but for OnReady. If the coroutine is destroyed while OnReady is under
// way, the node is deleted when the mailbox gives it back.
class ResumeNode final : public Envelope, public Continuation {
 public:
  ResumeNode() {
    lane = Lane::kUrgent;
    counted = false;
  }

  // The coroutine is destroyed. Deletes the node, at once or when it comes back.
  void Leave();

  // Waits for `awaited` on behalf of `promise`, in a turn of `cell`. False: it is ready.
  bool Await(PromiseBase& promise, ActorCell& cell, FutureCore& awaited);
  // Ends the wait early and gives what to go on with; null if the resumption is on its way already.
  std::coroutine_handle<> StopWaiting();

  void OnReady() override;
  void OnHandedOn() override;
  Progress Handle(ActorCell& cell) override;
  void Refuse(Refusal refusal) override;

 private:
  std::coroutine_handle<> Continue();
  void EndOfWait();

  PromiseBase* promise_ = nullptr;  // null: the coroutine is gone
  FutureCore* awaited_ = nullptr;   // not null: attached to it, or on the way through the mailbox
  ActorCell* cell_ = nullptr;       // one reference while awaited_ is set
};

// The untyped half of a Task's promise: who awaits it, and with what error it ended.
// Used in the turns of the actor it works for.
class PromiseBase {
 public:
  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* frame, size_t bytes) { FreeBlock(frame, bytes); }

  PromiseBase() = default;
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;
  ~PromiseBase() {
    if (node_ != nullptr) node_->Leave();
  }

  std::suspend_always initial_suspend() noexcept { return {}; }
  void unhandled_exception();

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
      return self.promise().NextAfterEnd();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  // Runs this coroutine for the first time, up to its first suspension. False: the one that awaits
  // it goes on at once, since this has ended. A plain call, not a transfer: that would need stack
  // for each task in a loop wherever the compiler makes no tail call of it (without optimization,
  // with a sanitizer).
  bool RunForOuter(std::coroutine_handle<> self);

  // Ends this coroutine, and those that await it, with `error`, as far as the first one that asked
  // for the status (AsStatusOr), which becomes run->next; if there is none, the outermost has
  // failed and will be destroyed by the cell. One that RunForOuter is starting is left to that.
  // Gives a handle that does nothing, for await_suspend.
  std::coroutine_handle<> FailWith(absl::Status error);

  // The error of the call this coroutine works for, if that was cancelled or is past its deadline.
  absl::Status AbortReason() const;

  // Awaits `awaited`; with `wants_status` an error is a result like others. Gives what to go on
  // with now.
  std::coroutine_handle<> Suspend(std::coroutine_handle<> self, FutureCore& awaited,
                                  bool wants_status);
  // The same once the wait is over, or was ended early because the call was aborted.
  std::coroutine_handle<> AfterWait(FutureCore& awaited);

  // Ended by FailWith: suspended for good, to be destroyed by the cell.
  bool failed() const { return failed_; }
  const absl::Status& error() const { return error_; }

  // Set before the coroutine starts to run; the outer ones by the awaiter of this task.
  TaskRun* run = nullptr;
  PromiseBase* outer = nullptr;
  std::coroutine_handle<> outer_handle;
  bool outer_wants_status = false;

 protected:
  absl::Status& mutable_error() { return error_; }

 private:
  friend struct FinalAwaiter;
  std::coroutine_handle<> NextAfterEnd();

  absl::Status error_;
  bool failed_ = false;
  bool starting_ = false;      // in RunForOuter, which sees to the rest
  bool ended_ = false;         // while starting_
  bool wants_status_ = false;  // of the await under way
  std::coroutine_handle<> self_;
  ResumeNode* node_ = nullptr;  // made at the first suspension
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_COROUTINE_H_

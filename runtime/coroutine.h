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

  Envelope* const envelope;
  ResumeNode* waiting = nullptr;  // of the innermost coroutine, while all are suspended
};

// Brings a suspended coroutine back into its actor's turn when the future it awaits is ready. Lives
// in front of the coroutine's frame, in one allocation with it, so that suspending allocates
// nothing.
//
// Used by the actor's thread, but for OnReady. If the coroutine is destroyed while OnReady is under
// way, the node outlives it and frees the memory when the mailbox gives it back.
class alignas(kBlockAlignment) ResumeNode final : public Envelope, public Continuation {
 public:
  explicit ResumeNode(size_t frame_bytes) : frame_bytes_(frame_bytes) {
    lane = Lane::kUrgent;
    counted = false;
  }

  // The node in front of the frame at `frame`, and the memory of both.
  static void* AllocateFrame(size_t frame_bytes);
  static void FreeFrame(void* frame);
  static ResumeNode* Of(void* frame);

  // Waits for `awaited` on behalf of `promise`, in a turn of `cell`. False: it is ready.
  bool Await(PromiseBase& promise, ActorCell& cell, FutureCore& awaited);
  // Ends the wait early and gives what to go on with; null if the resumption is on its way already.
  std::coroutine_handle<> StopWaiting();

  void OnReady() override;
  void OnHandedOn() override;
  Progress Handle(ActorCell& cell) override;
  void Refuse(Refusal refusal) override;

 private:
  static void Free(ResumeNode* node);
  std::coroutine_handle<> Continue();
  void EndOfWait();

  PromiseBase* promise_ = nullptr;  // null: the coroutine is gone
  FutureCore* awaited_ = nullptr;   // not null: attached to it, or on the way through the mailbox
  ActorCell* cell_ = nullptr;       // one reference while awaited_ is set
  const size_t frame_bytes_;
};

// The untyped half of a Task's promise: who awaits it, and with what error it ended.
// Used in the turns of the actor it works for.
class PromiseBase {
 public:
  static void* operator new(size_t bytes) { return ResumeNode::AllocateFrame(bytes); }
  static void operator delete(void* frame, size_t) { ResumeNode::FreeFrame(frame); }

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
  // for the status (AsStatusOr). Gives that one to go on with; if there is none, the outermost has
  // failed and will be destroyed by the cell, and the handle does nothing.
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
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_COROUTINE_H_

#ifndef TROUPE_RUNTIME_CALL_H_
#define TROUPE_RUNTIME_CALL_H_

// The envelopes of calls and one-way messages: templates over an *operation* (operation.h), thin
// over Envelope, FutureCore and CallFrame.

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/actor_cell.h"
#include "runtime/call_frame.h"
#include "runtime/class_info.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/control_envelopes.h"
#include "runtime/coroutine.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/operation.h"
#include "runtime/send.h"
#include "runtime/task.h"
#include "runtime/turn.h"
#include "runtime/wire_message.h"

namespace troupe::internal {

template <typename T>
inline constexpr bool kIsTask = false;
template <typename T>
inline constexpr bool kIsTask<Task<T>> = true;

// The coroutine of a message under way; nothing for methods that are none.
template <typename Raw>
struct TaskSlot {
  explicit TaskSlot(Envelope*) {}
};
template <typename T>
struct TaskSlot<Task<T>> {
  explicit TaskSlot(Envelope* envelope) : run(envelope) {}

  // Runs it up to its first suspension; true: it has ended.
  bool Start(Task<T> started) {
    task.emplace(std::move(started));
    task->handle().promise().run = &run;
    run.Resume(task->handle());
    return Ended();
  }
  bool Ended() const { return task->handle().done() || task->handle().promise().failed(); }

  TaskRun run;
  std::optional<Task<T>> task;
};

// `arguments` may also be references to such.
template <typename Op, typename Arguments>
absl::Status EncodeOperation(const EncodeContext& context, const Arguments& arguments,
                             OutgoingMessage* message) {
  message->kind = Op::kKind;
  absl::Status status;
  if constexpr (Op::kKind == MessageKind::kByName) {
    message->method_text = std::get<0>(arguments);
    status = EncodeCatching(message->arguments, [&] {
      return EncodeValues(context, message->arguments, std::get<1>(arguments));
    });
  } else if constexpr (kAllTravel<typename Op::Arguments> && kTravels<typename Op::Result>) {
    message->method = Op::kName;
    status = EncodeCatching(message->arguments, [&] {
      return EncodeArgumentTuple(context, message->arguments, arguments);
    });
  } else {
    return LocalOnlyError(Op::kName);
  }
  return status.ok() ? status : NotEncodedError(NameOf<Op>(arguments), status);
}

// What came back from another node.
template <typename T>
Outcome<T> DecodeOutcome(const DecodeContext& context, const char* method,
                         absl::string_view bytes) {
  if constexpr (std::is_void_v<T>) {
    return absl::OkStatus();
  } else if constexpr (kTravels<T>) {
    Turn outside(nullptr);  // decoding is no code of an actor's
    Outcome<T> outcome;
    const absl::Status thrown = RunUserCode([&] { outcome = DecodeResult<T>(context, bytes); });
    if (!thrown.ok()) return BadResultError(method, thrown.message());
    if (!outcome.ok()) return BadResultError(method, outcome.status().message());
    return outcome;
  } else {
    return LocalOnlyError(method);
  }
}

// A call: envelope and promise in one allocation. Shared by the mailbox side and the caller's
// future.
template <typename Op>
class Call final : public Envelope, public FutureState<typename Op::Result> {
 public:
  using Raw = typename Op::Raw;
  using Result = typename Op::Result;
  using Arguments = typename Op::Arguments;

  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* block, size_t bytes) { FreeBlock(block, bytes); }

  explicit Call(Arguments arguments) : arguments_(std::move(arguments)), slot_(this) {}
  ~Call() override { this->LogIfUnread(); }

  Progress Handle(ActorCell& cell) override {
    if (this->claimed()) return Done();  // cancelled, or past its deadline: nobody waits for it
    if constexpr (kIsTask<Raw>) {
      frame_.MarkStarted();
      bool ended = true;
      const absl::Status thrown =
          RunUserCode([&] { ended = slot_.Start(Op::Invoke(cell, arguments_)); });
      if (!thrown.ok()) return Finish(thrown);
      return ended ? Finish(slot_.task->TakeOutcome()) : Progress::kSuspended;
    } else if constexpr (kIsFuture<Raw>) {
      std::optional<Raw> result;
      const absl::Status thrown =
          RunUserCode([&] { result.emplace(Op::Invoke(cell, arguments_)); });
      if (!thrown.ok()) return Finish(thrown);
      if (!result->valid()) return Finish(DroppedPromiseError());
      // The actor is free; the answer comes when that future is ready.
      frame_.AddSource(result->state());
      frame_.MarkHandedOn();
      this->HandedOn();
      this->AddRef();
      Forwarder<Result>::Attach(*std::move(result), this);
      return Done();
    } else {
      return Finish(OutcomeOf([&]() -> Raw { return Op::Invoke(cell, arguments_); }));
    }
  }

  Progress Resumed(ActorCell& cell) override {
    (void)cell;
    if constexpr (kIsTask<Raw>) {
      if (!slot_.Ended()) return Progress::kSuspended;
      return Finish(slot_.task->TakeOutcome());
    } else {
      return Progress::kDone;
    }
  }

  void Abandon(const absl::Status& reason) override { Finish(reason); }

  void Refuse(Refusal refusal) override {
    if (!this->claimed()) this->Fulfil(refusal.ToStatus());
    Done();
  }

  absl::Status Encode(const EncodeContext& context, OutgoingMessage* message) override {
    absl::Status status = EncodeOperation<Op>(context, arguments_, message);
    // They are not needed again; a name is. Their memory serves the caller's next call, while that
    // of many calls under way would be cold.
    if constexpr (Op::kKind != MessageKind::kByName &&
                  !std::is_trivially_destructible_v<Arguments>) {
      if (status.ok()) {
        [[maybe_unused]] const Arguments gone(std::move(arguments_));
      }
    }
    return status;
  }
  bool wants_answer() const override { return true; }
  void Answer(const DecodeContext& context, const absl::Status& status,
              absl::string_view result) override {
    if (!this->claimed()) {
      this->Fulfil(status.ok() ? DecodeOutcome<Result>(context, method_name(), result)
                               : Outcome<Result>(status));
    }
    Done();
  }

  const char* method_name() const override { return NameOf<Op>(arguments_); }
  FutureCore* call() override { return this; }
  TaskRun* task_run() override {
    if constexpr (kIsTask<Raw>) {
      return &slot_.run;
    } else {
      return nullptr;
    }
  }
  CallFrame* frame() override { return &frame_; }
  absl::Time deadline() const override { return frame_.deadline(); }

  ActorCell* answering_cell() override {
    if (kIsFuture<Raw> && frame_.handed_on()) return nullptr;
    return frame_.recipient() != nullptr ? frame_.recipient()->local_cell() : nullptr;
  }
  std::string Description() const override {
    return absl::StrCat(frame_.recipient() != nullptr ? frame_.recipient()->class_name() : "(null)",
                        ".", method_name());
  }

 private:
  Progress Finish(Outcome<Result> outcome) {
    if constexpr (kIsTask<Raw>) slot_.task.reset();
    this->Fulfil(std::move(outcome));
    return Done();
  }
  Progress Done() {
    this->Release();
    return Progress::kDone;
  }
  void OnDone() override {
    frame_.StopTimer();
    frame_.ReleaseChildren();
  }
  void OnCallerDone() override {
    if (frame_.deadline() == absl::InfiniteFuture() || frame_.has_timer()) return;
    frame_.StartTimer(*this);
    if (this->ready()) frame_.StopTimer();
  }
  void OnAborted(const absl::Status& status) override {
    frame_.AbortChildren(status);
    if (const uint64_t id = frame_.remote_id(); id != 0) frame_.recipient()->CallAborted(this, id);
    if (kIsTask<Raw> && frame_.started()) {
      if (ActorCell* cell = answering_cell()) cell->DeliverControl(NewAbortNotice(this, this));
    }
  }

  CallFrame frame_;
  Arguments arguments_;
  [[no_unique_address]] TaskSlot<Raw> slot_;
};

inline absl::Status StatusOfOutcome(absl::Status outcome) { return outcome; }
template <typename T>
absl::Status StatusOfOutcome(const absl::StatusOr<T>& outcome) {
  return outcome.status();
}

// What a method ended with, its result aside; not for a Task or a Future. May throw.
template <typename F>
absl::Status StatusOfRun(F&& run) {
  using R = std::invoke_result_t<F>;
  if constexpr (std::is_same_v<Unwrapped<R>, std::remove_cvref_t<R>>) {  // no Status in it
    static_cast<void>(run());
    return absl::OkStatus();
  } else {
    return StatusOfOutcome(run());
  }
}

struct NoExtra {};

// A one-way message. What it ends with, nobody gets; an error is the actor's failure. `Extra` is
// kept as long as the message.
//
// `Arguments`: Op's, or references to such, which are still the sender's. That is for actors of
// other nodes: what goes there is encoded before Deliver returns, and copied only then.
template <typename Op, typename Extra = NoExtra, typename Arguments = typename Op::Arguments>
class OneWay final : public Envelope {
 public:
  using Raw = typename Op::Raw;
  static constexpr bool kBorrows = !std::is_same_v<Arguments, typename Op::Arguments>;

  OneWay(Arguments arguments, absl::Time deadline, Extra extra = {})
      : deadline_(deadline),
        arguments_(std::move(arguments)),
        slot_(this),
        extra_(std::move(extra)) {}

  Progress Handle(ActorCell& cell) override {
    if (deadline_ != absl::InfiniteFuture() && PastDeadline(cell, deadline_)) {
      const absl::Status passed = DeadlinePassedError(method_name());
      Refuse({.why = Refusal::Why::kOther, .recipient = &cell, .detail = &passed});
      return Progress::kDone;
    }
    if constexpr (kBorrows) {
      BorrowedArgumentsKept();
    } else if constexpr (kIsTask<Raw>) {
      bool ended = true;
      const absl::Status thrown =
          RunUserCode([&] { ended = slot_.Start(Op::Invoke(cell, arguments_)); });
      if (!thrown.ok()) return Finish(cell, thrown);
      return ended ? Finish(cell, StatusOfOutcome(slot_.task->TakeOutcome()))
                   : Progress::kSuspended;
    } else if constexpr (kIsFuture<Raw>) {
      return Finish(cell, RunUserCode([&] { (void)Op::Invoke(cell, arguments_); }));
    } else {
      return Finish(
          cell, StatusOfOutcome(OutcomeOf([&]() -> Raw { return Op::Invoke(cell, arguments_); })));
    }
  }

  Progress Resumed(ActorCell& cell) override {
    if constexpr (kIsTask<Raw>) {
      if (!slot_.Ended()) return Progress::kSuspended;
      return Finish(cell, StatusOfOutcome(slot_.task->TakeOutcome()));
    } else {
      return Finish(cell, absl::OkStatus());
    }
  }

  void Abandon(const absl::Status& reason) override {
    (void)reason;
    delete this;
  }
  void Refuse(Refusal refusal) override {
    CountDeadLetter(refusal);
    delete this;
  }
  absl::Status Encode(const EncodeContext& context, OutgoingMessage* message) override {
    return EncodeOperation<Op>(context, arguments_, message);
  }
  void Answer(const DecodeContext&, const absl::Status&, absl::string_view) override {
    delete this;
  }

  const char* method_name() const override { return NameOf<Op>(arguments_); }
  TaskRun* task_run() override {
    if constexpr (kIsTask<Raw>) {
      return &slot_.run;
    } else {
      return nullptr;
    }
  }
  absl::Time deadline() const override { return deadline_; }
  bool one_way() const override { return true; }

 private:
  Progress Finish(ActorCell& cell, absl::Status status) {
    if (!status.ok()) cell.ReportFailure(std::move(status));
    delete this;
    return Progress::kDone;
  }

  const absl::Time deadline_;
  Arguments arguments_;
  [[no_unique_address]] TaskSlot<Raw> slot_;
  [[no_unique_address]] Extra extra_;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CALL_H_

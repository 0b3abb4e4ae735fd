#ifndef TROUPE_RUNTIME_ACTOR_CELL_H_
#define TROUPE_RUNTIME_ACTOR_CELL_H_

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/class_info.h"
#include "runtime/clock.h"
#include "runtime/down.h"
#include "runtime/envelope.h"
#include "runtime/executor.h"
#include "runtime/future_state.h"
#include "runtime/mailbox.h"
#include "runtime/recipient.h"
#include "runtime/registration.h"
#include "runtime/spawn_options.h"
#include "runtime/stream_table.h"
#include "runtime/system_core.h"

namespace troupe {
class Actor;
class ActorSystem;
}  // namespace troupe

namespace troupe::internal {

struct CellExtras;

// Builds the object. Called once for each start; only a restartable actor's is called again.
using ActorFactory = absl::AnyInvocable<std::unique_ptr<Actor>()>;

// The home of one local actor: its mailbox, its life, and the one place that runs its code.
//
// Shared by the references to the actor; the system holds one reference from Start until the actor
// is gone. Deliver, DeliverControl and the observers may be called by any thread; everything else
// by the thread that runs the actor's turn, of which there is one at a time.
class ActorCell final : public Recipient, public Runnable {
 public:
  ActorCell(ActorSystem& system, const ClassInfo& info, Urn urn, ActorFactory factory,
            const SpawnOptions& options, RecipientPtr parent);
  ~ActorCell() override;

  // Schedules the first turn, which builds the object. Once, after registration.
  void Start();
  // Before Start: the actor is not built, but fails with `status`, whatever its restart policy.
  void FailAtStart(absl::Status status);
  // Instead of Start: the cell is that of an actor that is gone.
  void NeverStart();

  SendResult Deliver(Envelope* envelope) override;
  // For control envelopes, which only a cell that is gone refuses.
  void DeliverControl(Envelope* envelope) { (void)Deliver(envelope); }
  absl::string_view class_name() const override { return info_.name; }
  SystemCore& core() override { return *core_; }
  // Only while the actor lives.
  ActorSystem& system() { return system_; }
  ActorCell* local_cell() override { return this; }
  void EndWatch(const Urn& watcher) override;

  const ClassInfo& info() const { return info_; }
  Executor& executor() const { return *executor_; }
  bool reentrant() const { return reentrant_; }
  uint64_t sequence() const { return sequence_; }
  std::string ToString() const;

  // One turn: a batch of messages.
  void Run() override;

  // For envelopes, within the turn.
  Actor& actor() { return *object_; }
  // Counts the objects that were given up for a new one: what was made for an earlier one is void.
  uint32_t generation() const { return generation_; }
  void* CastTo(ClassInfo::TypeId interface);
  // A one-way message, a timer or a hook ended with an error: the actor fails after this message.
  void ReportFailure(absl::Status status);
  // Ends the actor after this message: what is queued is refused.
  void RequestStop() { stop_requested_ = true; }
  // Handles a Stop message: RequestStop, and `waiter` is fulfilled (and released) once the actor is
  // gone.
  void Stop(FutureState<void>* waiter);
  // Goes on with the coroutine of a suspended envelope.
  void GoOn(Envelope* envelope, std::coroutine_handle<> coroutine);
  bool IsSuspended(const Envelope* envelope) const;
  // Open streams (stream_call.h). kResourceExhausted, kInvalidArgument (the key is in use); the
  // table owns `call` until RemoveStream.
  absl::Status AddStream(const StreamKey& key, const void* method, Envelope* call);
  Envelope* FindStream(const StreamKey& key, const void* method) const;
  void RemoveStream(const StreamKey& key);
  // Of a stream that is not suspended: GoOn follows.
  void BeginStep(Envelope* call);
  // `tell` is called when this actor is gone.
  void AddWatcher(const Urn& watcher, absl::AnyInvocable<void(const Down&)> tell);
  void RemoveWatcher(const Urn& watcher);
  // Of this actor's own watches; false if nothing changed. StopWatching also tells the watched one.
  bool StartWatching(const Urn& urn, RecipientPtr watched);
  bool StopWatching(const Urn& urn);
  void HandleDown(const Down& down);
  void AddChild(RecipientPtr child);
  // It has begun to end: children that it still made would not be stopped with it.
  bool ending() const { return life_ == Life::kStopping || life_ == Life::kGone; }
  // Runs `callback` as a turn after `delay`, and every `period` if that is not zero.
  uint64_t StartTimer(absl::Duration delay, absl::Duration period,
                      absl::AnyInvocable<void()> callback);
  void CancelTimer(uint64_t id);
  // Ends the actor although a method is suspended or it waits for its restart.
  void Kill();

  // For deadlock detection: see deadlock.h.
  std::atomic<ActorCell*> waits_for{nullptr};

  // For Dump; each was true a moment ago.
  const char* method() const { return method_.load(std::memory_order_relaxed); }
  absl::Time busy_since() const;
  uint64_t queued() const { return inbox_.count(); }

  // The registry's own, see registry.h; lends its last bytes, as below.
  [[no_unique_address]] Registration registration;
  std::atomic<bool> ever_awaited{false};  // as waits_for

 private:
  enum class Life : uint8_t {
    kNew,  // not built yet
    kRunning,
    kBackingOff,  // failed, waits for its restart; messages queue
    kStopping,    // unregistered, waits for its children
    kGone,
  };

  Mailbox::Take TakeNow() const;
  void HandleOne(Envelope* envelope);
  void Settle();
  void BuildObject();
  // Null: the actor did not fail, it is ended.
  void AbandonSuspended(const absl::Status* failure);
  void AbandonStreams(const absl::Status* failure);
  void Fail(absl::Status status);
  void Restart(absl::Duration backoff);
  void BeginEnd(DownReason reason, absl::Status status);
  void RefuseAll(NodeList nodes, Refusal::Why why);
  void StopChildren();
  void RunEndHook();
  void FinishEnd();
  void EndWatches(CellExtras& extras);
  void TellBackoffOver();
  void ChildGone(const Urn& child);
  void RestartIfReady();
  void TimerDue(uint64_t id);
  bool ArmTimer(uint64_t id, absl::Time when);
  void CancelAllTimers();
  void GiveUpWatching(const RecipientPtr& watched);
  absl::Status RunHook(const char* name, absl::FunctionRef<void()> hook);
  CellExtras& extras();

  // What a push needs: constant, but for `inbox_`, which all threads share. The flag comes first,
  // into the room behind `registration`.
  const bool reentrant_;
  const IntrusivePtr<SystemCore> core_;
  Executor* executor_;  // constant after construction
  // The attribute lends its last bytes to what follows, here and below.
  [[no_unique_address]] Inbox inbox_;

  // Constant, or of the turn and hardly ever written. They stand here to keep what each message
  // writes away from the cache lines above, which other threads want meanwhile.
  uint32_t generation_ = 0;
  ActorSystem& system_;  // gone before this, if a reference is kept
  const ClassInfo& info_;
  const uint64_t sequence_;  // in the order of spawning
  RecipientPtr parent_;      // null: none, or it was told already
  ActorFactory factory_;
  std::unique_ptr<CellExtras> extras_;
  std::unique_ptr<Actor> object_;

  // Of the turn.
  [[no_unique_address]] Mailbox mailbox_;
  bool stop_requested_ = false;
  bool failed_ = false;  // the status is in extras_, as that of the end is
  Life life_ = Life::kNew;
  DownReason end_reason_ = DownReason::kStopped;
  absl::InlinedVector<Envelope*, 1> suspended_;

  // Written by the turn, read by Dump.
  std::atomic<const char*> method_{nullptr};
  std::atomic<int64_t> busy_since_{0};  // nanoseconds since the Unix epoch, in the clock's time
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_ACTOR_CELL_H_

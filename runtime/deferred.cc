#include "runtime/deferred.h"

#include <utility>

#include "runtime/actor_cell.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/executor.h"
#include "runtime/turn.h"

namespace troupe::internal {
namespace {

RecipientPtr CurrentActor() {
  Turn* turn = Turn::Current();
  return turn != nullptr ? RecipientPtr(turn->cell()) : nullptr;
}

}  // namespace

// Brings the callback into the owner's turn.
class DeferredEnvelope final : public Envelope {
 public:
  explicit DeferredEnvelope(Deferred* deferred) : deferred_(deferred) {
    lane = Lane::kUrgent;
    counted = false;
  }

  Progress Handle(ActorCell& cell) override {
    (void)cell;
    deferred_->RunHere();
    delete this;
    return Progress::kDone;
  }
  void Refuse(Refusal refusal) override {
    FutureCore& derived = deferred_->derived();
    if (deferred_->TryBegin()) deferred_->Refuse(refusal.ToStatus());
    derived.Release();
    delete this;
  }

 private:
  Deferred* const deferred_;
};

// Brings the callback to the executor. Deletes itself.
class DeferredRunnable final : public Runnable {
 public:
  explicit DeferredRunnable(Deferred* deferred) : deferred_(deferred) {}
  void Run() override {
    deferred_->RunHere();
    delete this;
  }

 private:
  Deferred* const deferred_;
};

Deferred::Deferred(FutureCore* source)
    : source_(*source),
      owner_(CurrentActor()),
      generation_(owner_ != nullptr ? owner_->local_cell()->generation() : 0) {}

absl::Status Deferred::OwnerGoneError() const {
  return NotFoundError(owner_->local_cell()->ToString(),
                       "it failed after it attached the callback");
}

bool Deferred::OwnerIsCurrent() const {
  return owner_ == nullptr || owner_->local_cell()->generation() == generation_;
}

void Deferred::Start() {
  if (source_.Attach(this)) return;
  if (owner_ == nullptr) {
    RunHere();
  } else {
    OnReady();
  }
}

void Deferred::OnReady() {
  if (owner_ != nullptr) {
    owner_->Deliver(new DeferredEnvelope(this));
  } else if (Executor* executor = Executor::Current()) {
    executor->Schedule(new DeferredRunnable(this));
  } else {
    RunHere();
  }
}

void Deferred::RunHere() {
  FutureCore& kept = derived();
  if (TryBegin()) {
    if (OwnerIsCurrent()) {
      Turn scope(owner_ != nullptr ? owner_->local_cell() : nullptr);
      Invoke();
    } else {
      Refuse(OwnerGoneError());
    }
  }
  kept.Release();
}

void Deferred::RunBeforeWait(absl::Duration timeout) {
  Turn* turn = Turn::Current();
  if (owner_ == nullptr || turn == nullptr || owner_->local_cell() != turn->cell()) return;
  if (!OwnerIsCurrent()) {
    if (TryBegin()) Refuse(OwnerGoneError());
    return;
  }
  if (!source_.Wait(timeout) || !TryBegin()) return;
  Invoke();
}

}  // namespace troupe::internal

#include "runtime/coroutine.h"

#include <new>
#include <utility>

#include "runtime/actor_cell.h"
#include "runtime/block_pool.h"
#include "runtime/deadlock.h"
#include "runtime/errors.h"
#include "runtime/turn.h"

namespace troupe::internal {

namespace {

// A reentrant actor's coroutines have no edge; one there may be belongs to a method that blocks.
void EndCoroutineWait(ActorCell& cell) {
  if (!cell.reentrant()) EndWait(cell);
}

}  // namespace

void ResumeNode::Leave() {
  promise_ = nullptr;
  if (awaited_ != nullptr && awaited_->Detach(this)) {
    EndCoroutineWait(*cell_);
    EndOfWait();
  }
  if (awaited_ == nullptr) delete this;
}

void ResumeNode::EndOfWait() {
  std::exchange(awaited_, nullptr)->Release();
  std::exchange(cell_, nullptr)->Release();
}

bool ResumeNode::Await(PromiseBase& promise, ActorCell& cell, FutureCore& awaited) {
  promise_ = &promise;
  awaited_ = &awaited;
  cell_ = &cell;
  awaited.AddRef();
  cell.AddRef();
  if (awaited.Attach(this)) return true;
  EndOfWait();
  return false;
}

std::coroutine_handle<> ResumeNode::StopWaiting() {
  if (!awaited_->Detach(this)) return nullptr;
  EndCoroutineWait(*cell_);
  return Continue();
}

std::coroutine_handle<> ResumeNode::Continue() {
  promise_->run->waiting = nullptr;
  const IntrusivePtr<FutureCore> awaited(awaited_);
  EndOfWait();
  return promise_->AfterWait(*awaited);
}

void ResumeNode::OnReady() {
  // Before the fulfilling actor can go on: see deadlock.h.
  EndCoroutineWait(*cell_);
  const RecipientPtr cell(cell_);  // the node may be gone as soon as it is delivered
  static_cast<ActorCell*>(cell.get())->DeliverControl(this);
}

void ResumeNode::OnHandedOn() { EndCoroutineWait(*cell_); }

Envelope::Progress ResumeNode::Handle(ActorCell& cell) {
  if (promise_ == nullptr) {
    EndOfWait();
    delete this;
    return Progress::kDone;
  }
  Envelope* envelope = promise_->run->envelope;
  cell.GoOn(envelope, Continue());
  return Progress::kDone;
}

void ResumeNode::Refuse(Refusal refusal) {
  (void)refusal;
  // Only a closed cell refuses, and that has destroyed its coroutines.
  EndOfWait();
  if (promise_ == nullptr) delete this;
}

void PromiseBase::unhandled_exception() { error_ = StatusFromCurrentException(); }

void TaskRun::Resume(std::coroutine_handle<> coroutine) {
  coroutine.resume();
  while (next) std::exchange(next, nullptr).resume();
}

std::coroutine_handle<> PromiseBase::FailWith(absl::Status error) {
  PromiseBase* promise = this;
  for (;;) {
    promise->error_ = error;
    if (promise->starting_) {
      promise->ended_ = true;
      break;
    }
    if (promise->outer == nullptr) {
      promise->failed_ = true;
      break;
    }
    if (promise->outer_wants_status) {
      run->next = promise->outer_handle;
      break;
    }
    promise = promise->outer;
  }
  return std::noop_coroutine();
}

bool PromiseBase::RunForOuter(std::coroutine_handle<> self) {
  starting_ = true;
  self.resume();
  starting_ = false;
  if (!ended_) return true;
  if (error_.ok() || outer_wants_status) return false;
  outer->FailWith(error_);
  return true;
}

std::coroutine_handle<> PromiseBase::NextAfterEnd() {
  if (starting_) {
    ended_ = true;
    return std::noop_coroutine();
  }
  if (outer == nullptr) return std::noop_coroutine();
  if (error_.ok() || outer_wants_status) return outer_handle;
  return outer->FailWith(error_);
}

absl::Status PromiseBase::AbortReason() const {
  FutureCore* call = run->envelope->call();
  return call != nullptr && call->ready() ? call->status() : absl::OkStatus();
}

std::coroutine_handle<> PromiseBase::Suspend(std::coroutine_handle<> self, FutureCore& awaited,
                                             bool wants_status) {
  self_ = self;
  wants_status_ = wants_status;
  if (awaited.ready() || !AbortReason().ok()) return AfterWait(awaited);

  ActorCell& cell = *Turn::Current()->cell();
  if (!cell.reentrant()) {
    const absl::Status deadlock = BeginWait(cell, awaited);
    if (!deadlock.ok()) awaited.Abort(deadlock);
  }
  if (node_ == nullptr) node_ = new ResumeNode;
  if (!node_->Await(*this, cell, awaited)) {
    EndCoroutineWait(cell);
    return AfterWait(awaited);
  }
  // Handed on between the two: OnHandedOn may have come before the attaching.
  if (awaited.answering_cell() == nullptr) EndCoroutineWait(cell);
  run->waiting = node_;
  return std::noop_coroutine();
}

std::coroutine_handle<> PromiseBase::AfterWait(FutureCore& awaited) {
  if (wants_status_) return self_;
  absl::Status aborted = AbortReason();
  if (!aborted.ok()) return FailWith(std::move(aborted));
  awaited.MarkObserved();
  absl::Status status = awaited.status();
  return status.ok() ? self_ : FailWith(std::move(status));
}

}  // namespace troupe::internal

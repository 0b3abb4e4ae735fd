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

// The frame must keep its alignment behind the node, and the node its own in the block.
static_assert(sizeof(ResumeNode) % kBlockAlignment == 0);

void* ResumeNode::AllocateFrame(size_t frame_bytes) {
  void* block = AllocateBlock(sizeof(ResumeNode) + frame_bytes);
  ::new (block) ResumeNode(frame_bytes);
  return static_cast<char*>(block) + sizeof(ResumeNode);
}

ResumeNode* ResumeNode::Of(void* frame) {
  return std::launder(
      reinterpret_cast<ResumeNode*>(static_cast<char*>(frame) - sizeof(ResumeNode)));
}

void ResumeNode::Free(ResumeNode* node) {
  const size_t bytes = sizeof(ResumeNode) + node->frame_bytes_;
  node->~ResumeNode();
  FreeBlock(node, bytes);
}

void ResumeNode::FreeFrame(void* frame) {
  ResumeNode* node = Of(frame);
  node->promise_ = nullptr;
  if (node->awaited_ != nullptr && node->awaited_->Detach(node)) {
    EndCoroutineWait(*node->cell_);
    node->EndOfWait();
  }
  if (node->awaited_ == nullptr) Free(node);
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
    Free(this);
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
  if (promise_ == nullptr) Free(this);
}

void PromiseBase::unhandled_exception() { error_ = StatusFromCurrentException(); }

std::coroutine_handle<> PromiseBase::FailWith(absl::Status error) {
  PromiseBase* promise = this;
  for (;;) {
    promise->error_ = error;
    if (promise->starting_) {
      promise->ended_ = true;
      return std::noop_coroutine();
    }
    if (promise->outer == nullptr) {
      promise->failed_ = true;
      return std::noop_coroutine();
    }
    if (promise->outer_wants_status) return promise->outer_handle;
    promise = promise->outer;
  }
}

bool PromiseBase::RunForOuter(std::coroutine_handle<> self) {
  starting_ = true;
  self.resume();
  starting_ = false;
  if (!ended_) return true;
  if (error_.ok() || outer_wants_status) return false;
  // May destroy this, and the coroutine that awaits it.
  outer->FailWith(error_).resume();
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
  ResumeNode* node = ResumeNode::Of(self.address());
  if (!node->Await(*this, cell, awaited)) {
    EndCoroutineWait(cell);
    return AfterWait(awaited);
  }
  // Handed on between the two: OnHandedOn may have come before the attaching.
  if (awaited.answering_cell() == nullptr) EndCoroutineWait(cell);
  run->waiting = node;
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

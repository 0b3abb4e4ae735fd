#include "runtime/call_frame.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "runtime/errors.h"
#include "runtime/future_core.h"
#include "runtime/future_state.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/system_core.h"

namespace troupe::internal {
namespace {

// Passes an abort on. A core of its own, because a core is in one frame's list only.
class AbortLink final : public FutureState<void> {
 public:
  explicit AbortLink(FutureCore* target) : target_(target) { MarkObserved(); }

 private:
  void OnAborted(const absl::Status& status) override { target_->Abort(status); }

  const IntrusivePtr<FutureCore> target_;
};

}  // namespace

CallFrame::~CallFrame() { ReleaseChildren(); }

void CallFrame::StartTimer(FutureCore& call) {
  Clock* clock = recipient_->core().clock();
  if (clock == nullptr) return;  // and nobody is there to answer either
  const Clock::TimerId timer =
      clock->ScheduleAt(deadline_, [kept = IntrusivePtr<FutureCore>(&call),
                                    core = IntrusivePtr<SystemCore>(&recipient_->core())] {
        const Executor::Scope scope(core->executor());
        kept->Abort(DeadlinePassedError(kept->Description()));
      });
  timer_.store(timer, std::memory_order_relaxed);
}

void CallFrame::AddChild(FutureCore* child) {
  child->AddRef();
  // Relaxed: read by the thread that ends the call, which is this one or has heard from it.
  has_children_.store(true, std::memory_order_relaxed);
  FutureCore* finished = nullptr;
  bool aborted = false;
  {
    SpinLockHolder holder(lock_);
    aborted = aborted_;
    if (!aborted) {
      // Children that are done need no note any more. The newest are looked at each time, all of
      // them whenever as many have been added as were left the last time, so that the notes stay in
      // proportion to what is under way.
      const bool sweep = --until_sweep_ == 0;
      uint64_t left = 0;
      FutureCore** link = &children_;
      while (*link != nullptr) {
        FutureCore* noted = *link;
        if (noted->ready()) {
          *link = std::exchange(noted->next_sibling, finished);
          finished = noted;
        } else if (sweep) {
          link = &noted->next_sibling;
          ++left;
        } else {
          break;
        }
      }
      if (sweep) {
        until_sweep_ = static_cast<uint16_t>(std::clamp<uint64_t>(left, kFirstSweep, UINT16_MAX));
      }
      child->next_sibling = std::exchange(children_, child);
    }
  }
  while (finished != nullptr) std::exchange(finished, finished->next_sibling)->Release();
  if (aborted) {
    child->Abort(CancelledCallError(child->Description()));
    child->Release();
  }
}

void CallFrame::AddSource(FutureCore* source) {
  if (source->ready()) return;
  auto* link = new AbortLink(source);
  AddChild(link);
  link->DropHandle();
  link->Release();
}

FutureCore* CallFrame::TakeChildren() {
  SpinLockHolder holder(lock_);
  return std::exchange(children_, nullptr);
}

void CallFrame::AbortChildren(const absl::Status& status) {
  {
    SpinLockHolder holder(lock_);
    aborted_ = true;
  }
  FutureCore* child = TakeChildren();
  while (child != nullptr) {
    FutureCore* next = child->next_sibling;
    child->Abort(status);
    child->Release();
    child = next;
  }
}

void CallFrame::ReleaseChildren() {
  if (!has_children_.load(std::memory_order_relaxed)) return;
  FutureCore* child = TakeChildren();
  while (child != nullptr) {
    FutureCore* next = child->next_sibling;
    if (!child->ready()) child->OnCallerDone();
    child->Release();
    child = next;
  }
}

void CallFrame::StopTimer() {
  // Relaxed: the clock has its own lock. A timer that fires before its id is stored needs no
  // cancelling.
  const Clock::TimerId timer = timer_.load(std::memory_order_relaxed);
  if (timer == 0 || timer_.exchange(0, std::memory_order_relaxed) == 0) return;
  if (Clock* clock = recipient_->core().clock()) clock->Cancel(timer);
}

}  // namespace troupe::internal

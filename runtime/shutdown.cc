// The end of a system: stopping all actors in order, ending what is left, waiting for the rest.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "glog/logging.h"
#include "runtime/actor_cell.h"
#include "runtime/any_ref.h"
#include "runtime/continuation.h"
#include "runtime/control_envelopes.h"
#include "runtime/dedicated_executor.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/mutex.h"
#include "runtime/system.h"
#include "runtime/system_parts.h"

namespace troupe {
namespace {

// Stops actors one after the other, each once the one before it is gone: on the threads that end
// them, so a million actors cost a million turns and not a million wake-ups of the caller. Shared
// by the caller and the stop under way.
class StopChain final : public RefCounted<StopChain>, public internal::Continuation {
 public:
  explicit StopChain(std::vector<AnyRef> refs) : refs_(std::move(refs)), reports_(refs_.size()) {
    for (size_t i = 0; i < refs_.size(); ++i) {
      reports_[i] = {refs_[i], absl::DeadlineExceededError(refs_[i].ToString() +
                                                           " had not stopped by the deadline")};
    }
  }
  ~StopChain() = default;

  void Start() {
    AddRef();  // the chain's own, until it ends
    StopNext();
  }

  void OnReady() override {
    {
      MutexLock lock(&mu_);
      if (!given_up_) reports_[next_ - 1].status = current_.state()->status();
    }
    current_.state()->MarkObserved();
    StopNext();
  }

  // What is not stopped yet, is asked to stop now, without order; the reports are the caller's.
  std::vector<StopReport> GiveUp() {
    size_t rest;
    std::vector<StopReport> reports;
    {
      MutexLock lock(&mu_);
      given_up_ = true;
      rest = next_;
      reports = std::move(reports_);
    }
    for (size_t i = rest; i < refs_.size(); ++i) {
      refs_[i].recipient()->Deliver(new internal::StopEnvelope(nullptr));
    }
    return reports;
  }

  std::vector<StopReport> TakeReports() {
    MutexLock lock(&mu_);
    return std::move(reports_);
  }

  Future<void> done() const { return done_.future(); }

 private:
  // Iterative where actors are gone already; otherwise it goes on in OnReady.
  void StopNext() {
    for (;;) {
      {
        MutexLock lock(&mu_);
        if (given_up_ || next_ == refs_.size()) break;
        ++next_;
      }
      current_ = refs_[next_ - 1].Stop();
      if (current_.state()->Attach(this)) return;
      current_.state()->MarkObserved();
      MutexLock lock(&mu_);
      // Gone between the look-up and now is stopped, too.
      if (!given_up_) reports_[next_ - 1].status = absl::OkStatus();
    }
    (void)done_.Set();
    Release();
  }

  const std::vector<AnyRef> refs_;
  Promise<void> done_;
  Future<void> current_;  // of the chain only

  Mutex mu_;
  bool given_up_ ABSL_GUARDED_BY(mu_) = false;
  size_t next_ = 0;  // written by the chain, under mu_
  std::vector<StopReport> reports_ ABSL_GUARDED_BY(mu_);
};

// Ends the thread of an actor that had its own, from a thread that may wait for it.
class RetireRunnable final : public Runnable {
 public:
  explicit RetireRunnable(std::unique_ptr<DedicatedExecutor> executor)
      : executor_(std::move(executor)) {}
  void Run() override { delete this; }

 private:
  const std::unique_ptr<DedicatedExecutor> executor_;
};

}  // namespace

std::vector<StopReport> ActorSystem::StopAll(absl::Duration timeout) {
  std::vector<AnyRef> refs = All();
  std::reverse(refs.begin(), refs.end());
  const auto chain = IntrusivePtr<StopChain>::Adopt(new StopChain(std::move(refs)));
  chain->Start();
  if (chain->done().Wait(timeout)) return chain->TakeReports();
  return chain->GiveUp();
}

void ActorSystem::Shutdown() {
  {
    MutexLock lock(&parts_->mu);
    // Under the lock: CellGone, too, counts down only afterwards.
    parts_->left = parts_->registry.Close();
  }
  const absl::Time deadline = clock_->Now() + options_.shutdown_deadline;
  for (const StopReport& report : StopAll(options_.shutdown_deadline)) {
    if (!report.status.ok()) LOG(WARNING) << "at shutdown: " << report.status;
  }
  if (!AwaitAllGone(deadline)) {
    parts_->blocked_waits.InterruptAll();
    for (const RecipientPtr& cell : parts_->registry.SelectWithEnding()) {
      cell->local_cell()->DeliverControl(new internal::Notice(
          internal::Lane::kUrgent, [](internal::ActorCell& cell) { cell.Kill(); }));
    }
    // Only methods that do not return are left now; memory they use cannot be taken from under
    // them.
    while (!AwaitAllGone(clock_->Now() + absl::Seconds(5))) {
      LOG(ERROR) << "the shutdown waits for methods that do not return:\n" << Dump();
    }
  }
  if (core_->own_executor_ != nullptr) core_->own_executor_->Shutdown();
  if (parts_->own_clock != nullptr) parts_->own_clock->Stop();
  core_->ended_.store(true, std::memory_order_release);
}

bool ActorSystem::AwaitAllGone(absl::Time deadline) {
  Event all_gone;
  {
    MutexLock lock(&parts_->mu);
    if (parts_->left == 0) return true;
    parts_->all_gone = &all_gone;
  }
  (void)executor_->Await(all_gone, deadline);
  // Also when it is set: CellGone may still hold the lock.
  MutexLock lock(&parts_->mu);
  parts_->all_gone = nullptr;
  return parts_->left == 0;
}

void ActorSystem::CellGone(internal::ActorCell& cell) {
  if (parts_->registry.EraseUnlessClosed(cell)) return;
  MutexLock lock(&parts_->mu);
  parts_->registry.Erase(cell);
  // Under the lock: the event is the waiter's, which takes the lock before it gives the event up.
  if (--parts_->left == 0 && parts_->all_gone != nullptr) parts_->all_gone->Set();
}

void ActorSystem::Retire(std::unique_ptr<DedicatedExecutor> executor) {
  executor_->Schedule(new RetireRunnable(std::move(executor)));
}

}  // namespace troupe

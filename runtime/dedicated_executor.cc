#include "runtime/dedicated_executor.h"

#include <glog/logging.h>

#include <utility>

namespace troupe {

DedicatedExecutor::DedicatedExecutor(const Clock* clock) : clock_(clock) {
  MutexLock lock(&join_mu_);
  thread_ = std::thread([this] { Work(); });
}

DedicatedExecutor::~DedicatedExecutor() { Shutdown(); }

void DedicatedExecutor::Schedule(Runnable* r) {
  {
    MutexLock lock(&mu_);
    if (!ended_) {
      queue_.PushBack(r);
      // Under the lock: once `r` can run, the executor may be destroyed.
      if (std::exchange(sleeping_, false)) work_or_stop_.Signal();
      r = nullptr;
    }
  }
  if (r != nullptr) RunInline(r);
}

bool DedicatedExecutor::Await(Event& event, absl::Time deadline) {
  if (event.IsSet()) return true;
  return event.WaitFor(deadline == absl::InfiniteFuture() ? absl::InfiniteDuration()
                                                          : deadline - clock_->Now());
}

void DedicatedExecutor::Shutdown() {
  CHECK(Current() != this) << "DedicatedExecutor::Shutdown() from inside a turn";
  {
    MutexLock lock(&mu_);
    stop_ = true;
    sleeping_ = false;
  }
  work_or_stop_.Signal();
  MutexLock lock(&join_mu_);
  if (thread_.joinable()) thread_.join();
}

void DedicatedExecutor::Work() {
  SetCurrent(this);
  mu_.Lock();
  while (true) {
    if (Runnable* r = queue_.PopFront()) {
      mu_.Unlock();
      r->Run();
      mu_.Lock();
    } else if (stop_) {
      break;
    } else {
      sleeping_ = true;
      while (sleeping_) work_or_stop_.Wait(&mu_);
    }
  }
  ended_ = true;
  mu_.Unlock();
}

}  // namespace troupe

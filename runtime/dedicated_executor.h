#ifndef TROUPE_RUNTIME_DEDICATED_EXECUTOR_H_
#define TROUPE_RUNTIME_DEDICATED_EXECUTOR_H_

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "runtime/clock.h"
#include "runtime/event.h"
#include "runtime/executor.h"
#include "runtime/mutex.h"

namespace troupe {

// One thread of its own that runs what is scheduled in FIFO order: for an actor that needs a thread
// to itself. Owned by the actor system. Any thread may call. While a turn blocks, in Await or
// otherwise, what is scheduled here waits: no other thread is put in. Idle, it sleeps.
class DedicatedExecutor final : public Executor {
 public:
  // `clock` gives the time for deadlines and outlives the executor. Starts the thread.
  explicit DedicatedExecutor(const Clock* clock);
  ~DedicatedExecutor() override;  // as Shutdown

  void Schedule(Runnable* r) override ABSL_LOCKS_EXCLUDED(mu_);
  void ScheduleLast(Runnable* r) override { Schedule(r); }
  bool Await(Event& event, absl::Time deadline) override;
  absl::Time Now() const override { return clock_->Now(); }
  void Shutdown() override ABSL_LOCKS_EXCLUDED(mu_, join_mu_);

 private:
  void Work() ABSL_LOCKS_EXCLUDED(mu_);

  const Clock* const clock_;  // constant

  Mutex mu_;
  CondVar work_or_stop_;
  internal::RunnableList queue_ ABSL_GUARDED_BY(mu_);
  bool sleeping_ ABSL_GUARDED_BY(mu_) = false;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;   // the thread ends when the queue is empty
  bool ended_ ABSL_GUARDED_BY(mu_) = false;  // the thread takes nothing any more

  Mutex join_mu_;
  std::thread thread_ ABSL_GUARDED_BY(join_mu_);
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_DEDICATED_EXECUTOR_H_

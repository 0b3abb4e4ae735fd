#ifndef TROUPE_NODE_GRPC_POLLER_H_
#define TROUPE_NODE_GRPC_POLLER_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "runtime/clock.h"
#include "runtime/event.h"
#include "runtime/mutex.h"
#include "runtime/thread_pool.h"

namespace troupe::internal {

// What happens when an operation on the completion queue is done: the tag that gRPC hands back.
// Owned by the object whose operation it is.
class GrpcTag {
 public:
  // `ok` as grpc::CompletionQueue::Next says it.
  virtual void Complete(bool ok) = 0;

 protected:
  ~GrpcTag() = default;
};

// What gRPC gets as the tag of an operation that is about to begin.
void* Begun(GrpcTag* tag);

// A tag that calls a member function of its owner.
template <typename T>
class GrpcMemberTag final : public GrpcTag {
 public:
  GrpcMemberTag(T* object, void (T::*function)(bool)) : object_(object), function_(function) {}
  void Complete(bool ok) override { (object_->*function_)(ok); }

 private:
  T* const object_;
  void (T::*const function_)(bool);
};

// Serves a completion queue from the threads that have nothing else to do: handles all that is
// ready, else looks on for a short while (a thread that sleeps takes longer to wake up than a
// message to come), else blocks. Owned by the transport; any thread.
class GrpcPoller final : public IdlePoller {
 public:
  // `clock` is that of Poll's deadlines; it outlives the poller. `spin`: whether to look on;
  // `busy_poll`: if not zero, for how long, whatever comes of it.
  GrpcPoller(std::unique_ptr<grpc::CompletionQueue> queue, const Clock* clock, bool spin,
             absl::Duration busy_poll = absl::ZeroDuration());
  // After Close().
  ~GrpcPoller() override;

  bool Poll(absl::Time deadline) override;
  void Interrupt() override;

  grpc::CompletionQueue* queue() { return queue_.get(); }

  // For tags: so many bytes have been handed on just now. After some of them the calling thread
  // looks after its actors, before it handles more: what it has decoded is still in the cache then.
  static void NoteHandled(size_t bytes) { handled_bytes_ += bytes; }

  // Handles one event, if one comes within `millis`. Unlike Poll, it may be called while another
  // thread polls.
  void Drain(int millis);
  // Shuts the queue down and handles what comes out of it to the last. From now on, Poll waits for
  // nothing but Interrupt. The caller has seen to it that no further operation begins.
  void Close();

 private:
  class Interruption final : public GrpcTag {
   public:
    explicit Interruption(GrpcPoller* poller) : poller_(poller) {}
    void Complete(bool ok) override;

   private:
    GrpcPoller* const poller_;
  };

  enum class Next { kNothing, kHandled, kInterrupted, kClosed };

  Next HandleOne(gpr_timespec deadline);
  bool HandleReady();
  bool LookOn();
  bool LookOnUntil(absl::Time deadline);
  bool Block(absl::Time deadline, absl::Time begin);
  void WaitClosed(absl::Time deadline);
  absl::Duration Remaining(absl::Time deadline) const;

  static inline thread_local size_t handled_bytes_ = 0;

  // Constant.
  const std::unique_ptr<grpc::CompletionQueue> queue_;
  const Clock* const clock_;
  const bool spin_;
  const absl::Duration busy_poll_;

  // Of the thread that polls; handed on with the pool's own synchronization.
  SpinBudget budget_;
  bool look_on_;

  std::atomic<bool> interrupted_{false};
  std::atomic<bool> closed_{false};
  Interruption interruption_{this};
  // Also held while the alarm is set: the queue must not be shut down in between. gRPC calls
  // nothing of ours from there.
  Mutex mu_;
  CondVar wake_;  // after Close
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mu_);
  bool alarm_set_ ABSL_GUARDED_BY(mu_) = false;
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
};

// Polls where no executor does: when the actors run on one of the caller's.
class GrpcPollThread {
 public:
  explicit GrpcPollThread(IdlePoller* poller);
  // Blocks until the thread has ended; not from a handler.
  ~GrpcPollThread();

 private:
  IdlePoller* const poller_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_POLLER_H_

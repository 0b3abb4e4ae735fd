#ifndef TROUPE_RUNTIME_CALL_FRAME_H_
#define TROUPE_RUNTIME_CALL_FRAME_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/call_options.h"
#include "runtime/client_info.h"
#include "runtime/clock.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/recipient.h"
#include "runtime/spin_lock.h"

namespace troupe::internal {

class FutureCore;

// What a call carries besides arguments and result: whom it was sent to, until when it is wanted,
// and the calls that were made while it was handled, so that they can be given up together with it.
// A part of the call's envelope.
class CallFrame {
 public:
  CallFrame() = default;
  ~CallFrame();
  CallFrame(const CallFrame&) = delete;
  CallFrame& operator=(const CallFrame&) = delete;

  // Before the call is sent. `call` is what this frame is a part of.
  void SetUp(Recipient* recipient, absl::Time deadline) {
    recipient_ = RecipientPtr(recipient);
    deadline_ = deadline;
  }
  // The same, for a call of a gRPC client.
  void SetClient(ClientCall* client) { client_ = IntrusivePtr<ClientCall>(client); }
  ClientCall* client() const { return client_.get(); }
  // Ends `call` with kDeadlineExceeded at the deadline.
  void StartTimer(FutureCore& call);
  bool has_timer() const { return timer_.load(std::memory_order_relaxed) != 0; }

  Recipient* recipient() const { return recipient_.get(); }
  absl::Time deadline() const { return deadline_; }

  // The actor has begun a coroutine. Its own thread; seen by whoever aborts. Sequentially
  // consistent: either the abort sees this and sends a notice, or the coroutine's next wait sees
  // the aborted call.
  void MarkStarted() { started_.store(true, std::memory_order_seq_cst); }
  bool started() const { return started_.load(std::memory_order_seq_cst); }

  // The method returned a future, which will end the call. Relaxed: ordered by
  // FutureCore::HandedOn.
  void MarkHandedOn() { handed_on_.store(true, std::memory_order_relaxed); }
  bool handed_on() const { return handed_on_.load(std::memory_order_relaxed); }

  // Set by the representative of an actor elsewhere while the call is under way there: what it
  // calls the call, not 0. Sequentially consistent: the representative sets it, then looks whether
  // the call is ready; an abort makes the call ready, then reads it. One of them sees the other.
  void SetRemoteId(uint64_t id) { remote_id_.store(id, std::memory_order_seq_cst); }
  uint64_t remote_id() const { return remote_id_.load(std::memory_order_seq_cst); }

  // Notes a call that was made while this one is handled. Aborts it at once if this one was
  // aborted. The thread that handles this call.
  void AddChild(FutureCore* child) ABSL_LOCKS_EXCLUDED(lock_);
  // The same for a future that this call passes on, which may be another call's child already.
  void AddSource(FutureCore* source) ABSL_LOCKS_EXCLUDED(lock_);
  // Any thread; runs no user code.
  void AbortChildren(const absl::Status& status) ABSL_LOCKS_EXCLUDED(lock_);
  // The call has its outcome. Any thread.
  void StopTimer();
  // The same: its children are on their own.
  void ReleaseChildren() ABSL_LOCKS_EXCLUDED(lock_);

 private:
  FutureCore* TakeChildren() ABSL_LOCKS_EXCLUDED(lock_);

  // Constant after SetUp and StartTimer.
  RecipientPtr recipient_;
  IntrusivePtr<ClientCall> client_;
  absl::Time deadline_ = absl::InfiniteFuture();

  std::atomic<Clock::TimerId> timer_{0};  // 0: none (any more)
  std::atomic<uint64_t> remote_id_{0};    // 0: none
  std::atomic<bool> started_{false};
  std::atomic<bool> handed_on_{false};
  std::atomic<bool> has_children_{false};
  SpinLock lock_;
  bool aborted_ ABSL_GUARDED_BY(lock_) = false;
  uint16_t until_sweep_ ABSL_GUARDED_BY(lock_) = kFirstSweep;
  FutureCore* children_ ABSL_GUARDED_BY(lock_) = nullptr;  // one reference each

  static constexpr uint16_t kFirstSweep = 16;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CALL_FRAME_H_

#include "node/grpc_poller.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "node/grpc_tsan.h"

namespace troupe::internal {
namespace {

// After so many events or bytes a worker looks after its actors again.
constexpr int kMaxEvents = 128;
constexpr size_t kMaxBytes = 64 * 1024;
// Looks before it blocks, at most; one takes about a microsecond.
constexpr int kMaxLooks = 100;
constexpr int kSpinsPerLook = SpinBudget::kMaxSpins / kMaxLooks;
// What came after a longer wait, a heartbeat perhaps, is not soon followed by more: looking on for
// it would cost more than the wake-up that it may save.
constexpr absl::Duration kWorthLooking = absl::Microseconds(500);
// A wait that was over within this time would better have been spent looking: blocking costs the
// side that sends about 20 us for the wake-up, and this one about as much until it runs again.
constexpr absl::Duration kShortWait = absl::Microseconds(100);

}  // namespace

void* Begun(GrpcTag* tag) { return GivenToGrpc(tag); }

GrpcPoller::GrpcPoller(std::unique_ptr<grpc::CompletionQueue> queue, const Clock* clock, bool spin,
                       absl::Duration busy_poll)
    : queue_(std::move(queue)),
      clock_(clock),
      spin_(spin && SpinningHelps()),
      busy_poll_(busy_poll),
      look_on_(spin_) {}

GrpcPoller::~GrpcPoller() { CHECK(closed_.load()) << "the poller was not closed"; }

void GrpcPoller::Interruption::Complete(bool) {
  MutexLock lock(&poller_->mu_);
  poller_->alarm_set_ = false;
}

bool GrpcPoller::Poll(absl::Time deadline) {
  if (closed_.load(std::memory_order_acquire)) {
    WaitClosed(deadline);
    return false;
  }
  if (HandleReady()) return true;
  if (deadline == absl::InfinitePast()) return false;
  if (interrupted_.exchange(false)) return false;
  const absl::Time begin = clock_->Now();
  if (busy_poll_ > absl::ZeroDuration() ? LookOnUntil(deadline) : look_on_ && LookOn()) return true;
  // Again: the look may have taken the alarm out of the queue. An Interrupt from now on puts a new
  // one in, or finds the old one there.
  if (interrupted_.exchange(false)) return false;
  return Block(deadline, begin);
}

GrpcPoller::Next GrpcPoller::HandleOne(gpr_timespec deadline) {
  void* tag = nullptr;
  bool ok = false;
  switch (queue_->AsyncNext(&tag, &ok, deadline)) {
    case grpc::CompletionQueue::SHUTDOWN:
      return Next::kClosed;
    case grpc::CompletionQueue::TIMEOUT:
      return Next::kNothing;
    case grpc::CompletionQueue::GOT_EVENT:
      break;
  }
  auto* const done = static_cast<GrpcTag*>(TakenFromGrpc(tag));
  const bool interrupted = done == &interruption_;
  done->Complete(ok);
  return interrupted ? Next::kInterrupted : Next::kHandled;
}

bool GrpcPoller::HandleReady() {
  const gpr_timespec now = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  bool handled = false;
  handled_bytes_ = 0;
  for (int i = 0; i < kMaxEvents && handled_bytes_ < kMaxBytes; ++i) {
    const Next next = HandleOne(now);
    if (next == Next::kNothing || next == Next::kClosed) break;
    handled |= next == Next::kHandled;
  }
  return handled;
}

// Looks until something comes, for as long as that has been worth it lately. Returns whether
// something was handled.
bool GrpcPoller::LookOn() {
  const int looks = budget_.spins() / kSpinsPerLook;
  bool handled = false;
  for (int i = 0; i < looks && !handled && !interrupted_.load(std::memory_order_relaxed); ++i) {
    // Whoever sends what we wait for may share the core.
    std::this_thread::yield();
    handled = HandleReady();
  }
  if (handled) budget_.Report(true);
  return handled;
}

// For busy_poll_, worth it or not.
bool GrpcPoller::LookOnUntil(absl::Time deadline) {
  const absl::Time until = std::min(deadline, clock_->Now() + busy_poll_);
  bool handled = false;
  do {
    std::this_thread::yield();
    handled = HandleReady();
  } while (!handled && !interrupted_.load(std::memory_order_relaxed) && clock_->Now() < until);
  return handled;
}

// At the end of a wait that began at `begin`.
bool GrpcPoller::Block(absl::Time deadline, absl::Time begin) {
  gpr_timespec until = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  if (deadline != absl::InfiniteFuture()) {
    const int64_t nanos = std::max<int64_t>(0, absl::ToInt64Nanoseconds(Remaining(deadline)));
    until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(nanos, GPR_TIMESPAN));
  }
  handled_bytes_ = 0;
  const Next next = HandleOne(until);
  const absl::Duration waited = clock_->Now() - begin;
  if (look_on_) budget_.Report(waited < kShortWait);
  look_on_ = spin_ && waited < kWorthLooking;
  if (next == Next::kInterrupted) interrupted_.store(false);
  if (next == Next::kHandled && handled_bytes_ < kMaxBytes) HandleReady();
  return next == Next::kHandled;
}

absl::Duration GrpcPoller::Remaining(absl::Time deadline) const {
  return deadline == absl::InfiniteFuture() ? absl::InfiniteDuration() : deadline - clock_->Now();
}

void GrpcPoller::WaitClosed(absl::Time deadline) {
  if (deadline == absl::InfinitePast()) return;
  MutexLock lock(&mu_);
  while (!interrupted_.load() && Remaining(deadline) > absl::ZeroDuration()) {
    wake_.WaitFor(&mu_, Remaining(deadline));
  }
  interrupted_.store(false);
}

void GrpcPoller::Interrupt() {
  interrupted_.store(true);
  MutexLock lock(&mu_);
  wake_.SignalAll();
  if (alarm_set_ || shut_down_) return;
  alarm_set_ = true;
  alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC), Begun(&interruption_));
}

void GrpcPoller::Drain(int millis) {
  HandleOne(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(millis, GPR_TIMESPAN)));
  HandleReady();
}

void GrpcPoller::Close() {
  {
    MutexLock lock(&mu_);
    if (shut_down_) return;
    shut_down_ = true;
  }
  queue_->Shutdown();
  while (HandleOne(gpr_inf_future(GPR_CLOCK_MONOTONIC)) != Next::kClosed) {
  }
  closed_.store(true, std::memory_order_release);
}

GrpcPollThread::GrpcPollThread(IdlePoller* poller)
    : poller_(poller), thread_([this] {
        while (!stop_.load(std::memory_order_acquire)) poller_->Poll(absl::InfiniteFuture());
      }) {}

GrpcPollThread::~GrpcPollThread() {
  stop_.store(true, std::memory_order_release);
  poller_->Interrupt();
  thread_.join();
}

}  // namespace troupe::internal

#include "runtime/testing/manual_executor.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

namespace troupe {

constinit thread_local ManualExecutor::Runner* ManualExecutor::this_runner_ = nullptr;

ManualExecutor::ManualExecutor() : ManualExecutor(Options()) {}

ManualExecutor::ManualExecutor(const Options& options)
    : options_(options),
      maker_(std::this_thread::get_id()),
      makers_previous_(SetCurrent(this)),
      random_(options.seed) {}

ManualExecutor::~ManualExecutor() {
  Shutdown();
  if (std::this_thread::get_id() == maker_) SetCurrent(makers_previous_);
}

void ManualExecutor::Schedule(Runnable* r) {
  {
    MutexLock lock(&mu_);
    if (!closed_) {
      ready_.push_back(r);
      return;
    }
  }
  RunInline(r);
}

size_t ManualExecutor::pending() const {
  MutexLock lock(&mu_);
  return ready_.size();
}

size_t ManualExecutor::blocked() const {
  MutexLock lock(&mu_);
  return blocked_.size();
}

bool ManualExecutor::RunOne() { return Step(1, nullptr) == 1; }

size_t ManualExecutor::RunUntilIdle(size_t max_steps) {
  size_t steps = 0;
  while (true) {
    steps += Step(max_steps - steps, nullptr);
    // Timers that are due now need no time to pass.
    if (steps == max_steps || options_.clock == nullptr) return steps;
    if (options_.clock->NextTimer() > options_.clock->Now()) return steps;
    options_.clock->AdvanceTo(options_.clock->Now());
  }
}

size_t ManualExecutor::RunFor(absl::Duration duration) {
  CHECK(options_.clock != nullptr) << "ManualExecutor::RunFor() needs a clock";
  const absl::Time end = options_.clock->Now() + duration;
  size_t steps = RunUntilIdle();
  while (options_.clock->Now() < end) {
    AdvanceToNextEvent(end);
    steps += RunUntilIdle();
  }
  return steps;
}

bool ManualExecutor::Await(Event& event, absl::Time deadline) {
  if (this_runner_ != nullptr) return AwaitInTurn(this_runner_, event, deadline);
  while (!event.IsSet()) {
    Step(std::numeric_limits<size_t>::max(), &event);
    if (event.IsSet() || Now() >= deadline || !AdvanceToNextEvent(deadline)) break;
  }
  return event.IsSet();
}

void ManualExecutor::Shutdown() {
  {
    MutexLock lock(&mu_);
    if (closed_) return;
  }
  RunUntilIdle();
  {
    MutexLock lock(&mu_);
    closing_ = true;
  }
  RunUntilIdle();
  std::vector<std::unique_ptr<Runner>> runners;
  {
    MutexLock lock(&mu_);
    closed_ = true;
    runners = std::move(runners_);
    for (const auto& runner : runners) runner->baton.Signal();
  }
  for (const auto& runner : runners) runner->thread.join();
}

absl::Time ManualExecutor::Now() const {
  return options_.clock == nullptr ? absl::UniversalEpoch() : options_.clock->Now();
}

absl::Time ManualExecutor::NextBlockedDeadline() const {
  MutexLock lock(&mu_);
  absl::Time next = absl::InfiniteFuture();
  for (const Runner* runner : blocked_) next = std::min(next, runner->deadline);
  return next;
}

// Moves the time to the next timer or deadline, but not beyond `limit`. False: there is none and no
// limit.
bool ManualExecutor::AdvanceToNextEvent(absl::Time limit) {
  if (options_.clock == nullptr) return false;
  const absl::Time next = std::min({options_.clock->NextTimer(), NextBlockedDeadline(), limit});
  if (next == absl::InfiniteFuture()) return false;
  options_.clock->AdvanceTo(next);
  return true;
}

// Lends the baton to the runners until they have done `max_steps` steps, `until` is set, or nothing
// can run.
size_t ManualExecutor::Step(size_t max_steps, const Event* until) {
  CHECK(this_runner_ == nullptr) << "a turn must not step its own executor";
  MutexLock lock(&mu_);
  CHECK(holder_ == &test_) << "only one thread at a time may step a ManualExecutor";
  steps_left_ = max_steps;
  steps_ = 0;
  until_ = until;
  if (StepsDone() || (ready_.empty() && Resumable().empty())) return 0;
  PassBaton(SpareRunner());
  AwaitBaton(&test_);
  until_ = nullptr;
  return steps_;
}

bool ManualExecutor::StepsDone() const {
  return steps_left_ == 0 || (until_ != nullptr && until_->IsSet());
}

// The positions in blocked_ of the turns that can go on.
std::vector<size_t> ManualExecutor::Resumable() const {
  std::vector<size_t> resumable;
  const absl::Time now = Now();
  for (size_t i = 0; i < blocked_.size(); ++i) {
    if (blocked_[i]->awaited->IsSet() || now >= blocked_[i]->deadline) resumable.push_back(i);
  }
  if (closing_ && resumable.empty() && ready_.empty() && !blocked_.empty()) resumable.push_back(0);
  return resumable;
}

ManualExecutor::Runner* ManualExecutor::SpareRunner() {
  if (!spare_.empty()) {
    Runner* runner = spare_.back();
    spare_.pop_back();
    return runner;
  }
  runners_.push_back(std::make_unique<Runner>());
  Runner* runner = runners_.back().get();
  runner->thread = std::thread([this, runner] { RunnerThread(runner); });
  return runner;
}

void ManualExecutor::PassBaton(Runner* to) {
  holder_ = to;
  to->baton.Signal();
}

void ManualExecutor::AwaitBaton(Runner* self) {
  while (holder_ != self && !closed_) self->baton.Wait(&mu_);
}

void ManualExecutor::RunnerThread(Runner* self) {
  SetCurrent(this);
  this_runner_ = self;
  MutexLock lock(&mu_);
  while (true) {
    AwaitBaton(self);
    if (closed_) return;
    RunSteps(self);
  }
}

// Returns without the baton, as a spare.
void ManualExecutor::RunSteps(Runner* self) {
  while (true) {
    const std::vector<size_t> resumable = Resumable();
    const size_t candidates = resumable.size() + ready_.size();
    if (candidates == 0 || StepsDone()) {
      spare_.push_back(self);
      PassBaton(&test_);
      return;
    }
    ++steps_;
    --steps_left_;
    const size_t pick = options_.order == Order::kFifo ? 0 : random_.NextBelow(candidates);
    if (pick < resumable.size()) {
      Runner* runner = blocked_[resumable[pick]];
      blocked_.erase(blocked_.begin() + resumable[pick]);
      spare_.push_back(self);
      PassBaton(runner);
      return;
    }
    const auto chosen = ready_.begin() + (pick - resumable.size());
    Runnable* r = *chosen;
    ready_.erase(chosen);
    mu_.Unlock();
    r->Run();
    mu_.Lock();
  }
}

bool ManualExecutor::AwaitInTurn(Runner* self, Event& event, absl::Time deadline) {
  if (event.IsSet()) return true;
  if (Now() >= deadline) return false;
  MutexLock lock(&mu_);
  self->awaited = &event;
  self->deadline = deadline;
  blocked_.push_back(self);
  PassBaton(SpareRunner());
  AwaitBaton(self);
  self->awaited = nullptr;
  return event.IsSet();
}

}  // namespace troupe

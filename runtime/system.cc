#include "runtime/system.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "runtime/control_envelopes.h"
#include "runtime/dump_signal.h"
#include "runtime/errors.h"
#include "runtime/mutex.h"
#include "runtime/registry.h"
#include "runtime/steady_clock.h"
#include "runtime/system_parts.h"
#include "runtime/thread_pool.h"

namespace troupe {

ActorSystem::ActorSystem(SystemOptions options)
    : options_(std::move(options)),
      core_(IntrusivePtr<internal::SystemCore>::Adopt(new internal::SystemCore)),
      clock_(options_.clock),
      executor_(options_.executor),
      parts_(std::make_unique<Parts>()),
      random_(options_.seed) {
  if (clock_ == nullptr) {
    auto own_clock = std::make_unique<SteadyClock>();
    clock_ = parts_->own_clock = own_clock.get();
    core_->own_clock_ = std::move(own_clock);
  }
  if (executor_ == nullptr) {
    ThreadPool::Options pool;
    pool.threads = options_.threads;
    core_->own_executor_ = std::make_unique<ThreadPool>(clock_, pool);
    executor_ = core_->own_executor_.get();
  }
  core_->default_deadline_ = options_.default_deadline;
  core_->clock_ = clock_;
  core_->executor_ = executor_;
  if (options_.dump_on_sigusr1) {
    parts_->dump_signal = std::make_unique<internal::DumpSignal>([this] { return Dump(); });
  }
}

ActorSystem::~ActorSystem() {
  parts_->dump_signal.reset();
  Shutdown();
}

RecipientPtr ActorSystem::SpawnCell(const internal::ClassInfo& info, internal::ActorFactory factory,
                                    const SpawnOptions& options, bool can_restart,
                                    internal::ActorCell* parent) {
  auto* cell = new internal::ActorCell(*this, info, Urn::Random(random_), std::move(factory),
                                       options, RecipientPtr(parent));
  RecipientPtr ref = RecipientPtr::Adopt(cell);
  const bool parent_ends = parent != nullptr && parent->ending();
  bool starts = false;
  {
    MutexLock lock(&parts_->mu);
    starts = !parts_->closed && !parent_ends;
    if (starts) {
      ++parts_->alive;
      // Under the lock: the shutdown finds in the registry all that are counted.
      parts_->registry.Add(*cell);
    }
  }
  if (!starts) {
    LOG(WARNING) << cell->ToString() << " was spawned while its "
                 << (parent_ends ? "parent ends" : "system shuts down") << ": it is not started";
    cell->NeverStart();
    return ref;
  }
  if (parent != nullptr) parent->AddChild(ref);
  if (!options.name.empty()) {
    const absl::Status registered = parts_->registry.Register(options.name, AnyRef(ref));
    if (!registered.ok()) cell->FailAtStart(registered);
  }
  if (!can_restart && options.restart.max_restarts > 0) {
    cell->FailAtStart(absl::InvalidArgumentError(
        "a restart policy needs constructor arguments that can be copied"));
  }
  cell->Start();
  return ref;
}

std::vector<AnyRef> ActorSystem::All() const {
  std::vector<AnyRef> all;
  for (RecipientPtr& cell :
       parts_->registry.Select([](const internal::ActorCell&) { return true; })) {
    all.push_back(AnyRef(std::move(cell)));
  }
  return all;
}

std::vector<RecipientPtr> ActorSystem::SelectByType(internal::ClassInfo::TypeId type) const {
  return parts_->registry.Select(
      [type](const internal::ActorCell& cell) { return cell.info().Is(type); });
}

std::vector<AnyRef> ActorSystem::FindByClassName(absl::string_view class_name) const {
  std::vector<AnyRef> found;
  for (RecipientPtr& cell : parts_->registry.Select([class_name](const internal::ActorCell& cell) {
         return cell.info().name == class_name || cell.info().full_name == class_name;
       })) {
    found.push_back(AnyRef(std::move(cell)));
  }
  return found;
}

absl::StatusOr<AnyRef> ActorSystem::Find(const Urn& urn) const {
  RecipientPtr cell = parts_->registry.Find(urn);
  if (cell == nullptr) return NotFoundError(urn.ToString());
  return AnyRef(std::move(cell));
}

absl::StatusOr<AnyRef> ActorSystem::Find(absl::string_view name) const {
  AnyRef ref = parts_->registry.FindByName(name);
  if (ref.is_null()) return NotFoundError(absl::StrCat("an actor named \"", name, "\""));
  return ref;
}

size_t ActorSystem::size() const { return parts_->registry.size(); }

absl::Status ActorSystem::Register(absl::string_view name, const AnyRef& ref) {
  return parts_->registry.Register(name, ref);
}

void ActorSystem::Unregister(absl::string_view name) { parts_->registry.Unregister(name); }

void ActorSystem::Unregister(internal::ActorCell& cell) { parts_->registry.Remove(cell); }

size_t ActorSystem::Broadcast(const Value& message) const {
  size_t sent = 0;
  for (const AnyRef& ref : All()) sent += ref.Tell(message) == SendResult::kSent;
  return sent;
}

Future<void> ActorSystem::Sleep(absl::Duration delay) {
  Promise<void> promise;
  Future<void> future = promise.future();
  const Clock::TimerId timer = clock_->ScheduleAt(
      clock_->Now() + delay, [promise = std::move(promise), core = core_]() mutable {
        const Executor::Scope scope(core->executor());
        (void)promise.Set();
      });
  // A clock at its limit drops the promise, which fails the future; the reason is better known
  // here.
  if (timer == 0 && delay != absl::InfiniteDuration()) {
    return Future<void>::Ready(absl::ResourceExhaustedError("the clock is at its limit of timers"));
  }
  return future;
}

internal::BlockedWaits& ActorSystem::blocked_waits() { return parts_->blocked_waits; }

namespace internal {

void SystemCore::CountDeadLetter(absl::string_view what, const Refusal& refusal) {
  const uint64_t number = dead_letters_.fetch_add(1, std::memory_order_relaxed) + 1;
  // A burst is told by its count: its first one, and one line a second while it lasts.
  LOG_EVERY_T(WARNING, 1) << "dead letter " << number << ": " << what << ": " << refusal.ToStatus();
}

}  // namespace internal
}  // namespace troupe

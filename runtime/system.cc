#include "runtime/system.h"

#include <algorithm>
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
namespace {

const absl::Duration kForEver = absl::Hours(24) * 36'525;  // a century

absl::Status NotRestartableError() {
  return absl::InvalidArgumentError(
      "a restart policy needs constructor arguments that can be copied");
}

}  // namespace

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
    pool.poller = options_.poller;
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
  const absl::Status admitted =
      parent_ends ? absl::UnavailableError("its parent ends") : Admit(*cell, UrnFrom::kHere);
  if (!admitted.ok()) {
    LOG(WARNING) << cell->ToString() << " is not started: " << admitted.message();
    cell->NeverStart();
    return ref;
  }
  if (parent != nullptr) parent->AddChild(ref);
  (void)StartCell(*cell, options, can_restart);
  return ref;
}

absl::StatusOr<AnyRef> ActorSystem::SpawnHosted(const Urn& urn, const internal::ClassInfo& info,
                                                internal::ActorFactory factory,
                                                const SpawnOptions& options, bool can_restart) {
  if (urn.is_nil()) return absl::InvalidArgumentError("the nil urn names no actor");
  if (!can_restart && options.restart.max_restarts > 0) return NotRestartableError();
  auto* cell =
      new internal::ActorCell(*this, info, urn, std::move(factory), options, RecipientPtr());
  const RecipientPtr ref = RecipientPtr::Adopt(cell);
  absl::Status status = Admit(*cell, UrnFrom::kElsewhere);
  if (status.ok()) {
    status = StartCell(*cell, options, can_restart);
  } else {
    cell->NeverStart();
  }
  if (!status.ok()) return status;
  return AnyRef(ref);
}

absl::Status ActorSystem::Admit(internal::ActorCell& cell, UrnFrom urn_from) {
  const internal::Registry::Added added = urn_from == UrnFrom::kHere
                                              ? parts_->registry.Add(cell)
                                              : parts_->registry.AddUnlessTaken(cell);
  switch (added) {
    case internal::Registry::Added::kClosed:
      return NodeUnavailableError("its system shuts down", Delivery::kNotSent);
    case internal::Registry::Added::kTaken:
      return absl::AlreadyExistsError(absl::StrCat(cell.urn().ToString(), " is another actor's"));
    case internal::Registry::Added::kYes:
      break;
  }
  if (!cell.info().services.empty()) {
    MutexLock lock(&parts_->mu);
    for (const ServiceInfo* service : cell.info().services) parts_->services.insert(service);
  }
  return absl::OkStatus();
}

absl::Status ActorSystem::StartCell(internal::ActorCell& cell, const SpawnOptions& options,
                                    bool can_restart) {
  absl::Status status;
  if (!options.name.empty()) {
    status = parts_->registry.Register(options.name, AnyRef(RecipientPtr(&cell)));
  }
  if (!can_restart && options.restart.max_restarts > 0) status = NotRestartableError();
  if (!status.ok()) cell.FailAtStart(status);
  cell.Start();
  return status;
}

std::vector<const ServiceInfo*> ActorSystem::Services() const {
  MutexLock lock(&parts_->mu);
  return {parts_->services.begin(), parts_->services.end()};
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

absl::StatusOr<AnyRef> ActorSystem::FindNamedOrHere(const Urn& urn) const {
  absl::StatusOr<AnyRef> here = Find(urn);
  if (here.ok()) return here;
  AnyRef named = parts_->registry.FindNamed(urn);
  return named.is_null() ? here : named;
}

std::vector<std::pair<std::string, AnyRef>> ActorSystem::FindNamed(absl::string_view prefix,
                                                                   absl::string_view from,
                                                                   size_t limit) const {
  return parts_->registry.SelectNamed(prefix, from, limit);
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
  // Also for ever needs a timer, which keeps the promise: one that is dropped fails the future.
  const Clock::TimerId timer =
      clock_->ScheduleAt(clock_->Now() + std::min(delay, kForEver),
                         [promise = std::move(promise), core = core_]() mutable {
                           const Executor::Scope scope(core->executor());
                           (void)promise.Set();
                         });
  // A clock at its limit drops the promise, which fails the future; the reason is better known
  // here.
  if (timer == 0) {
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

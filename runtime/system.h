#ifndef TROUPE_RUNTIME_SYSTEM_H_
#define TROUPE_RUNTIME_SYSTEM_H_

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/actor.h"
#include "runtime/actor_cell.h"
#include "runtime/class_info_of.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/future.h"
#include "runtime/random.h"
#include "runtime/ref.h"
#include "runtime/spawn_options.h"
#include "runtime/system_core.h"

namespace troupe {

class DedicatedExecutor;
class IdlePoller;
struct ServiceInfo;

struct SystemOptions {
  // Worker threads of the pool; 0: one for each core.
  int threads = 0;
  // Of actors whose SpawnOptions say nothing.
  uint32_t mailbox_capacity = 1'048'576;
  // Of calls that neither say nor inherit one.
  absl::Duration default_deadline = absl::InfiniteDuration();
  // How long the destructor lets the actors finish what they have, before it ends them.
  absl::Duration shutdown_deadline = absl::Seconds(10);
  // Of urns and everything else that is drawn by lot; 0: a different one each time.
  uint64_t seed = 0;
  // SIGUSR1 writes Dump() to standard error. One system of a process can have it.
  bool dump_on_sigusr1 = false;
  // Both belong to the caller and outlive the system; null: the system's own (thread pool, real
  // time).
  Executor* executor = nullptr;
  Clock* clock = nullptr;
  // For nodes: what the idle workers of the system's own thread pool wait in. Belongs to the caller
  // and outlives the system. Ignored with an executor of the caller's.
  IdlePoller* poller = nullptr;
};

// How the end of one actor went, in StopAll.
struct StopReport {
  AnyRef ref;
  absl::Status status;  // kDeadlineExceeded: it had not ended by the deadline
};

namespace internal {

class BlockedWaits;

// What is kept of a constructor argument: texts are copied, since the object is built later.
template <typename A>
struct StoredArgument {
  using type = std::decay_t<A>;
};
template <typename A>
requires(std::same_as<std::decay_t<A>, const char*> || std::same_as<std::decay_t<A>, char*> ||
         std::same_as<std::decay_t<A>, absl::string_view> ||
         std::same_as<std::decay_t<A>, std::string_view>) struct StoredArgument<A> {
  using type = std::string;
};

template <typename T, typename... Stored>
ActorFactory MakeFactory(bool restartable, Stored... arguments) {
  return [restartable, stored = std::tuple<Stored...>(std::move(arguments)...)]() mutable {
    (void)restartable;
    if constexpr ((std::copy_constructible<Stored> && ...)) {
      if (restartable) {
        auto copy = stored;
        return std::apply(
            [](auto&... a) -> std::unique_ptr<Actor> {
              return std::make_unique<T>(std::move(a)...);
            },
            copy);
      }
    }
    return std::apply(
        [](auto&... a) -> std::unique_ptr<Actor> { return std::make_unique<T>(std::move(a)...); },
        stored);
  };
}

}  // namespace internal

// Actors, and what they run on: an executor, a clock, a registry. Several systems in one process
// know nothing of each other. Any thread may call, but for the destructor.
//
// The destructor stops all actors, latest first, within options.shutdown_deadline, then ends those
// that are left; it waits for a method that never returns, and logs which. Calls still under way
// end with an error; futures may outlive the system. Not to be destroyed by one of its own actors.
class ActorSystem {
 public:
  explicit ActorSystem(SystemOptions options = {});
  ~ActorSystem();
  ActorSystem(const ActorSystem&) = delete;
  ActorSystem& operator=(const ActorSystem&) = delete;

  // Makes an actor of class T from `arguments` (kept as copies until it is built, on the executor).
  // Gives the reference at once: the actor is registered and its messages queue until it has
  // started. Options may come first: Spawn<T>({.name = "a"}, arguments...). After the destructor
  // began, the reference is of an actor that is gone.
  template <typename T, typename... A>
  Ref<T> Spawn(A&&... arguments) {
    return SpawnUnder<T>(nullptr, SpawnOptions(), std::forward<A>(arguments)...);
  }
  template <typename T, typename... A>
  Ref<T> Spawn(SpawnOptions options, A&&... arguments) {
    return SpawnUnder<T>(nullptr, options, std::forward<A>(arguments)...);
  }

  // Look-ups see actors from Spawn until they begin to end; the order is that of spawning.
  std::vector<AnyRef> All() const;
  // Of class T, or of a class that names T in `Implements`, directly or through its bases.
  template <typename T>
  std::vector<Ref<T>> FindAll() const {
    std::vector<Ref<T>> found;
    for (RecipientPtr& cell : SelectByType(internal::TypeIdOf<T>())) {
      found.push_back(Ref<T>(std::move(cell)));
    }
    return found;
  }
  // By the class's name, with or without its namespaces.
  std::vector<AnyRef> FindByClassName(absl::string_view class_name) const;
  // kNotFound: no such actor. The first look-up after many spawns takes longer: it indexes them.
  absl::StatusOr<AnyRef> Find(const Urn& urn) const;
  absl::StatusOr<AnyRef> Find(absl::string_view name) const;
  // Also of an actor elsewhere, if it has a name here.
  absl::StatusOr<AnyRef> FindNamedOrHere(const Urn& urn) const;
  // The first `limit` names that begin with `prefix` and are not before `from`, in their order, and
  // whose they are.
  std::vector<std::pair<std::string, AnyRef>> FindNamed(absl::string_view prefix,
                                                        absl::string_view from, size_t limit) const;
  // kNotFound; kInvalidArgument: the actor of that name is no T.
  template <typename T>
  absl::StatusOr<Ref<T>> Find(absl::string_view name) const {
    const absl::StatusOr<AnyRef> found = Find(name);
    if (!found.ok()) return found.status();
    return found->template As<T>();
  }
  size_t size() const;
  // The gRPC services that the actors spawned here up to now can serve, in no order.
  std::vector<const ServiceInfo*> Services() const;

  // kAlreadyExists: the name belongs to another actor. Names end with their actor.
  absl::Status Register(absl::string_view name, const AnyRef& ref);
  void Unregister(absl::string_view name);

  // Sends a plain message to all actors, or to those of class T; returns how many took it.
  size_t Broadcast(const Value& message) const;
  template <typename T>
  size_t Broadcast(const Value& message) const {
    size_t sent = 0;
    for (const Ref<T>& ref : FindAll<T>()) sent += ref.Tell(message) == SendResult::kSent;
    return sent;
  }

  // Stops all actors one after another, the latest spawned first, with one deadline for the whole;
  // blocks. A report for each, in the order of stopping. The actors that are not reached in time
  // are asked to stop all the same.
  std::vector<StopReport> StopAll(absl::Duration timeout = absl::InfiniteDuration());

  // Ready after `delay`, or as good as never if that is infinite. kResourceExhausted: the clock is
  // at its limit of timers.
  Future<void> Sleep(absl::Duration delay);

  // For each busy actor: what it does, since when, whom it waits for, and how many messages are in
  // its mailbox, those it handles now included.
  std::string Dump() const;

  // One-way messages that found no actor, a full mailbox or their deadline passed, since the start.
  uint64_t dead_letters() const { return core_->dead_letters(); }

  const SystemOptions& options() const { return options_; }
  Executor& executor() const { return *executor_; }
  Clock& clock() const { return *clock_; }
  RandomSource& random() { return random_; }

  // The rest is for the runtime.

  template <typename T, typename... A>
  Ref<T> SpawnUnder(internal::ActorCell* parent, const SpawnOptions& options, A&&... arguments);
  uint64_t NextSequence() { return next_sequence_.fetch_add(1, std::memory_order_relaxed); }
  void Unregister(internal::ActorCell& cell);
  // The last thing a cell does with the system.
  void CellGone(internal::ActorCell& cell);
  internal::SystemCore& core() { return *core_; }
  void Retire(std::unique_ptr<DedicatedExecutor> executor);
  internal::BlockedWaits& blocked_waits();
  // As Spawn, with an urn that another node chose. `can_restart`: `factory` may be called more than
  // once. kInvalidArgument: a nil urn, or a restart policy without `can_restart`. kAlreadyExists:
  // an actor of that urn lives (one that has begun to end does not count), or the name is
  // another's; with the latter the actor is there and fails at its start. kUnavailable: the system
  // shuts down.
  absl::StatusOr<AnyRef> SpawnHosted(const Urn& urn, const internal::ClassInfo& info,
                                     internal::ActorFactory factory, const SpawnOptions& options,
                                     bool can_restart);

 private:
  struct Parts;
  enum class UrnFrom { kHere, kElsewhere };

  RecipientPtr SpawnCell(const internal::ClassInfo& info, internal::ActorFactory factory,
                         const SpawnOptions& options, bool can_restart,
                         internal::ActorCell* parent);
  // Registers the cell and counts it as alive, unless it must not start.
  absl::Status Admit(internal::ActorCell& cell, UrnFrom urn_from);
  // The rest of spawning; an error is what the actor fails with at its start.
  absl::Status StartCell(internal::ActorCell& cell, const SpawnOptions& options, bool can_restart);
  std::vector<RecipientPtr> SelectByType(internal::ClassInfo::TypeId type) const;
  void Shutdown();
  bool AwaitAllGone(absl::Time deadline);

  // Constant.
  const SystemOptions options_;
  const IntrusivePtr<internal::SystemCore> core_;
  Clock* clock_;
  Executor* executor_;
  const std::unique_ptr<Parts> parts_;

  // Written by every Spawn: not on the cache line of what every turn reads.
  alignas(64) RandomSource random_;
  std::atomic<uint64_t> next_sequence_{1};
};

template <typename T, typename... A>
Ref<T> ActorSystem::SpawnUnder(internal::ActorCell* parent, const SpawnOptions& options,
                               A&&... arguments) {
  static_assert(std::is_base_of_v<Actor, T>, "troupe: an actor class derives from troupe::Actor");
  static_assert(
      !std::is_abstract_v<T>,
      "troupe: this actor class is abstract (an interface?): spawn a class that implements it");
  static_assert(std::is_constructible_v<T, typename internal::StoredArgument<A>::type...>,
                "troupe: the actor class has no public constructor that takes these arguments");
  constexpr bool kCopyable =
      (std::copy_constructible<typename internal::StoredArgument<A>::type> && ...);
  const bool restartable = options.restart.max_restarts > 0;
  internal::ActorFactory factory =
      internal::MakeFactory<T, typename internal::StoredArgument<A>::type...>(
          restartable, typename internal::StoredArgument<A>::type(std::forward<A>(arguments))...);
  return Ref<T>(
      SpawnCell(internal::ClassInfoOf<T>(), std::move(factory), options, kCopyable, parent));
}

template <typename T, typename... A>
Ref<T> Actor::Spawn(A&&... arguments) {
  return system().template SpawnUnder<T>(cell_, SpawnOptions(), std::forward<A>(arguments)...);
}

template <typename T, typename... A>
Ref<T> Actor::Spawn(SpawnOptions options, A&&... arguments) {
  return system().template SpawnUnder<T>(cell_, options, std::forward<A>(arguments)...);
}

template <typename T>
Ref<T> Actor::self() const {
  return Ref<T>(RecipientPtr(cell_));
}

}  // namespace troupe

#endif  // TROUPE_RUNTIME_SYSTEM_H_

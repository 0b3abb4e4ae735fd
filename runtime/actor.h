#ifndef TROUPE_RUNTIME_ACTOR_H_
#define TROUPE_RUNTIME_ACTOR_H_

#include <cstdint>
#include <ostream>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/any_ref.h"
#include "runtime/call_context.h"
#include "runtime/down.h"
#include "runtime/future.h"
#include "runtime/spawn_options.h"
#include "runtime/value.h"

namespace troupe {

class ActorSystem;
template <typename T>
class Ref;

namespace internal {
class ActorCell;
}

// The base of every actor class: a plain class whose exported members (TROUPE_ACTOR) others call
// through references. The runtime owns the object and runs one of its methods at a time, so it
// needs no lock. All functions here are for the actor itself, in its turns.
//
// An error of a call (a status or exception) goes to its caller. An error of anything that has no
// caller (the constructor, OnStart, a one-way message, a timer, OnDown) is the actor's failure.
class Actor {
 public:
  virtual ~Actor() = default;
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  // Before the first message. The actor is reachable already; messages queue. An error fails it.
  virtual absl::Status OnStart() { return absl::OkStatus(); }
  // After the last message. The actor is unregistered already; its children are gone. What it
  // throws is logged.
  virtual void OnStop() {}
  // The same after a failure; also before a restart, where the actor stays registered and its
  // children are stopped after this.
  virtual void OnFailure(const absl::Status& status) { (void)status; }
  // A plain message, from Tell or Ask. What it returns is Ask's answer.
  virtual absl::StatusOr<Value> Receive(Value message);
  // A watched actor is gone; exactly once for each.
  virtual void OnDown(const Down& down) { (void)down; }

 protected:
  // Inside the runtime the object learns here who it is. An object made by hand (in a unit test of
  // the plain class) has a null self() and none of the other functions.
  Actor();

  // Printed as `Adder (urn:uuid:...)`.
  AnyRef self() const;
  // T: the actor's own class, or a base or interface of it.
  template <typename T>
  Ref<T> self() const;
  ActorSystem& system() const;
  CallContext context() const { return CallContext(); }

  // Ends the actor after the message it handles now; what is queued is answered kNotFound.
  void Stop();

  // A child: stopped with this actor, and before it.
  template <typename T, typename... A>
  Ref<T> Spawn(A&&... arguments);
  template <typename T, typename... A>
  Ref<T> Spawn(SpawnOptions options, A&&... arguments);

  // OnDown will be called once when `ref` is gone, at once if it is already. Watching twice is
  // watching once.
  void Watch(const AnyRef& ref);
  // No OnDown for `ref` after this.
  void Unwatch(const AnyRef& ref);

  // A timer of this actor: its callback is a turn like a message's, and waits while a method is
  // suspended. It ends with the actor. 0 instead of an id: the clock is at its limit of timers.
  using TimerId = uint64_t;
  TimerId After(absl::Duration delay, absl::AnyInvocable<void()> callback);
  // First after `period`; again each `period` after the callback has returned. A period below a
  // millisecond is taken as one.
  TimerId Every(absl::Duration period, absl::AnyInvocable<void()> callback);
  // The callback will not run (again). An unknown id is ignored.
  void CancelTimer(TimerId id);
  // Ready after `delay`; for co_await. Infinite: until the caller's deadline, or it is cancelled.
  Future<void> Sleep(absl::Duration delay);

 private:
  internal::ActorCell* const cell_;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_ACTOR_H_

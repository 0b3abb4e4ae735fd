#ifndef TROUPE_RUNTIME_FUTURE_H_
#define TROUPE_RUNTIME_FUTURE_H_

#include <concepts>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/errors.h"
#include "runtime/future_core.h"
#include "runtime/future_state.h"

namespace troupe {

// A result that will be there: what every call gives at once.
//
// A handle; copies share the one result (a Future of a move-only type is move-only itself). Any
// thread may use a handle, one at a time. Every call's future ends with exactly one outcome; the
// errors are those of runtime/errors.h. Letting go of a future neither cancels nor awaits the call;
// a failure that nobody ever looked at is logged.
template <typename T>
class Future {
 public:
  using value_type = T;

  // Not valid until assigned to; every other function needs a valid one.
  Future() = default;
  Future(const Future& other) requires(std::is_void_v<T> || std::copy_constructible<T>)
      : state_(other.state_) {
    if (state_ != nullptr) state_->AddHandle();
  }
  Future(Future&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Future& operator=(Future other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~Future() {
    if (state_ != nullptr) state_->DropHandle();
  }

  // A future that has its outcome already.
  static Future Ready(Outcome<T> outcome) {
    auto* state = new internal::FutureState<T>;
    state->Fulfil(std::move(outcome));
    state->Release();
    return Future(state);
  }

  bool valid() const { return state_ != nullptr; }
  bool IsReady() const { return state_->ready(); }

  // Blocks until ready. Legal inside an actor's method: the executor puts another thread in, while
  // the actor itself handles nothing else. The rvalue form moves the result out if this is the last
  // handle.
  Outcome<T> Get() const& requires(std::is_void_v<T> || std::copy_constructible<T>) {
    return Get(absl::InfiniteDuration());
  }
  Outcome<T> Get() && { return std::move(*this).Get(absl::InfiniteDuration()); }
  // Gives up waiting after `timeout` with kDeadlineExceeded; the call goes on, and the same future
  // can be read later.
  Outcome<T> Get(absl::Duration timeout) const& requires(std::is_void_v<T> ||
                                                         std::copy_constructible<T>) {
    if (!Wait(timeout)) return GaveUpWaitingError(timeout, state_->Description());
    return Peek();
  }
  Outcome<T> Get(absl::Duration timeout) && {
    if (!Wait(timeout)) return GaveUpWaitingError(timeout, state_->Description());
    return Take();
  }

  // Blocks until ready or until `timeout` has passed; returns whether it is ready.
  bool Wait(absl::Duration timeout = absl::InfiniteDuration()) const {
    return state_->Wait(timeout);
  }

  // Ends the future with kCancelled, unless it is ready already; true if this call ended it. What
  // is still queued for it is not started, a running method sees context().cancelled(), its
  // co_await points end with kCancelled, and the calls nested in it are cancelled too.
  bool Cancel() const { return state_->Abort(CancelledCallError(state_->Description())); }

  // The callbacks below run once, when the future is ready: attached inside an actor, as a turn of
  // that actor (also while its method is suspended or blocked on the very result); attached
  // elsewhere, on the executor (on the thread that fulfils a promise, if that is none of an
  // executor's), or on the attaching thread if the future is ready already. An
  // exception in a callback becomes the derived future's error. Cancelling a derived future cancels
  // its source.

  // fn(Outcome<T>) gives the outcome of the derived future: U, void, Status, StatusOr<U> or
  // Future<U>. The rvalue forms give this handle away, the only way for a move-only T.
  template <typename F>
  auto Then(F fn) const& {
    return Future(*this).ThenOnce(std::move(fn));
  }
  template <typename F>
  auto Then(F fn) && {
    return std::move(*this).ThenOnce(std::move(fn));
  }
  // fn(Outcome<T>), without a derived future.
  template <typename F>
  void OnReady(F fn) const& {
    Future(*this).OnReady(std::move(fn));
  }
  template <typename F>
  void OnReady(F fn) &&;
  // fn(T) gives the result; an error passes by it unchanged.
  template <typename F>
  auto Map(F fn) const& {
    return Future(*this).Map(std::move(fn));
  }
  template <typename F>
  auto Map(F fn) &&;
  // For a T that is a container: keeps the elements for which predicate(element) holds.
  template <typename F>
  Future Filter(F predicate) const;
  // For a T that is a container: fn(accumulated, element) over the elements, in order, from
  // `initial`.
  template <typename U, typename F>
  Future<U> Reduce(F fn, U initial) const;
  // A future of std::tuple of this and the others' results; see troupe::Join.
  template <typename... Us>
  auto Join(Future<Us>... others) const;

  // For the runtime and for await adapters.
  explicit Future(internal::FutureState<T>* adopted) : state_(adopted) {}
  internal::FutureState<T>* state() const { return state_; }
  // The outcome of a ready future: a copy, or the result itself if this is the last handle.
  Outcome<T> Peek() const {
    state_->MarkObserved();
    return state_->outcome();
  }
  Outcome<T> Take() {
    state_->MarkObserved();
    if constexpr (std::is_void_v<T> || std::copy_constructible<T>) {
      if (!state_->has_one_handle()) return state_->outcome();
    }
    return std::move(state_->outcome());
  }

 private:
  template <typename F>
  auto ThenOnce(F fn) &&;

  internal::FutureState<T>* state_ = nullptr;
};

// The fulfilling side of a future. Move-only; owned by whoever will know the result. Any thread,
// one at a time. Destroyed without a result, it fails its future (kUnknown, "promise was dropped").
template <typename T>
class Promise {
 public:
  Promise() : state_(new internal::FutureState<T>), future_(state_) {}
  Promise(Promise&& other) noexcept
      : state_(std::exchange(other.state_, nullptr)),
        future_(std::move(other.future_)),
        set_(std::exchange(other.set_, false)) {}
  Promise& operator=(Promise other) noexcept {
    std::swap(state_, other.state_);
    std::swap(future_, other.future_);
    std::swap(set_, other.set_);
    return *this;
  }
  ~Promise() {
    if (state_ == nullptr) return;
    // Nobody can read what only this side ever had.
    if (state_->has_one_handle() && future_.valid()) state_->MarkObserved();
    state_->Fulfil(DroppedPromiseError());
    state_->Release();
  }

  // As often as wanted, also after Set.
  Future<T> future() const requires(std::is_void_v<T> || std::copy_constructible<T>) {
    return future_;
  }
  // Of a move-only type: once.
  Future<T> future() requires(!std::is_void_v<T> && !std::copy_constructible<T>) {
    return std::move(future_);
  }

  // kFailedPrecondition if the future has an outcome already (set before, or cancelled), which it
  // keeps. Wakes whoever waits; never blocks.
  absl::Status Set(Outcome<T> outcome) {
    if (state_ == nullptr || !state_->Fulfil(std::move(outcome))) return AlreadyFulfilledError();
    set_ = true;
    return absl::OkStatus();
  }
  absl::Status Set() requires std::is_void_v<T> { return Set(absl::OkStatus()); }
  absl::Status SetError(absl::Status error) { return Set(Outcome<T>(std::move(error))); }

  // The future ended without this promise (it was cancelled), so nobody wants the result any more.
  bool cancelled() const { return state_ != nullptr && !set_ && state_->ready(); }

 private:
  internal::FutureState<T>* state_;
  Future<T> future_;
  bool set_ = false;
};

}  // namespace troupe

#include "runtime/future_combinators.h"  // IWYU pragma: export

#endif  // TROUPE_RUNTIME_FUTURE_H_

#ifndef TROUPE_RUNTIME_TASK_H_
#define TROUPE_RUNTIME_TASK_H_

#include <concepts>
#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/coroutine.h"
#include "runtime/future.h"

namespace troupe {

template <typename T>
class Task;

namespace internal {

template <typename Awaited>
struct StatusAwait {
  Awaited awaited;
};

// What `co_await future` does: gives the value, or ends the coroutine with the error.
template <typename T, bool kWantsStatus>
class FutureAwaiter {
 public:
  FutureAwaiter(Future<T> future, PromiseBase& promise)
      : future_(std::move(future)), promise_(promise) {}

  bool await_ready() const {
    return future_.IsReady() && (kWantsStatus || future_.state()->status().ok()) &&
           promise_.AbortReason().ok();
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> self) {
    return promise_.Suspend(self, *future_.state(), kWantsStatus);
  }
  auto await_resume() {
    if constexpr (kWantsStatus) {
      // A cancelled call ends its waits, also those that wanted to know.
      absl::Status aborted = promise_.AbortReason();
      if (!aborted.ok() && !future_.IsReady()) return Outcome<T>(std::move(aborted));
      return future_.Take();
    } else if constexpr (!std::is_void_v<T>) {
      return T(*future_.Take());
    }
  }

 private:
  Future<T> future_;
  PromiseBase& promise_;
};

template <typename T, bool kWantsStatus>
class TaskAwaiter {
 public:
  TaskAwaiter(Task<T> task, PromiseBase& outer) : task_(std::move(task)), outer_(outer) {}

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    auto& inner = task_.handle().promise();
    inner.outer = &outer_;
    inner.outer_handle = self;
    inner.outer_wants_status = kWantsStatus;
    inner.run = outer_.run;
    return inner.RunForOuter(task_.handle());
  }
  auto await_resume() {
    if constexpr (kWantsStatus) {
      return task_.TakeOutcome();
    } else if constexpr (!std::is_void_v<Unwrapped<T>>) {
      return Unwrapped<T>(*task_.TakeOutcome());
    }
  }

 private:
  Task<T> task_;
  PromiseBase& outer_;
};

// What `co_await status_or` does: the value, or the end of the coroutine, like `?` in Rust.
template <typename T>
class StatusOrAwaiter {
 public:
  StatusOrAwaiter(Outcome<T> outcome, PromiseBase& promise)
      : outcome_(std::move(outcome)), promise_(promise) {}

  bool await_ready() const { return outcome_.ok(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<>) {
    if constexpr (std::is_void_v<T>) {
      return promise_.FailWith(outcome_);
    } else {
      return promise_.FailWith(outcome_.status());
    }
  }
  auto await_resume() {
    if constexpr (!std::is_void_v<T>) return T(*std::move(outcome_));
  }

 private:
  Outcome<T> outcome_;
  PromiseBase& promise_;
};

// What can stand behind co_await in a Task.
class AwaitTransforms : public PromiseBase {
 public:
  template <typename T>
  auto await_transform(Future<T> future) {
    return FutureAwaiter<T, false>(std::move(future), *this);
  }
  template <typename T>
  auto await_transform(StatusAwait<Future<T>> wanted) {
    return FutureAwaiter<T, true>(std::move(wanted.awaited), *this);
  }
  template <typename T>
  auto await_transform(Task<T> task) {
    return TaskAwaiter<T, false>(std::move(task), *this);
  }
  template <typename T>
  auto await_transform(StatusAwait<Task<T>> wanted) {
    return TaskAwaiter<T, true>(std::move(wanted.awaited), *this);
  }
  template <typename T>
  auto await_transform(absl::StatusOr<T> value) {
    return StatusOrAwaiter<T>(std::move(value), *this);
  }
  auto await_transform(absl::Status status) {
    return StatusOrAwaiter<void>(std::move(status), *this);
  }
};

template <typename T>
class TaskPromise final : public AwaitTransforms {
 public:
  Task<T> get_return_object();
  void return_value(T value) { value_.emplace(std::move(value)); }
  // `co_return absl::NotFoundError(...)`: ends with that error.
  void return_value(absl::Status error) requires(!std::same_as<T, absl::Status>) {
    if (error.ok()) {
      error = absl::InternalError("co_return of an OK status from a Task that has a value to give");
    }
    mutable_error() = std::move(error);
  }
  // A template, so that `co_return {...}` means a T.
  template <std::same_as<absl::StatusOr<T>> Result>
  void return_value(Result outcome) {
    if (outcome.ok()) {
      value_.emplace(*std::move(outcome));
    } else {
      mutable_error() = std::move(outcome).status();
    }
  }

  absl::StatusOr<T> TakeOutcome() {
    if (!error().ok()) return error();
    return *std::move(value_);
  }

 private:
  std::optional<T> value_;
};

// Task<absl::Status> and Task<absl::StatusOr<U>>: the status they return is their outcome.
template <>
class TaskPromise<absl::Status> final : public AwaitTransforms {
 public:
  Task<absl::Status> get_return_object();
  void return_value(absl::Status status) { mutable_error() = std::move(status); }
  absl::Status TakeOutcome() { return error(); }
};
template <typename U>
class TaskPromise<absl::StatusOr<U>> final : public AwaitTransforms {
 public:
  Task<absl::StatusOr<U>> get_return_object();
  void return_value(absl::StatusOr<U> outcome) {
    if (outcome.ok()) {
      value_.emplace(*std::move(outcome));
    } else {
      mutable_error() = std::move(outcome).status();
    }
  }
  absl::StatusOr<U> TakeOutcome() {
    if (!error().ok()) return error();
    return *std::move(value_);
  }

 private:
  std::optional<U> value_;
};
template <>
class TaskPromise<void> final : public AwaitTransforms {
 public:
  Task<void> get_return_object();
  void return_void() {}
  absl::Status TakeOutcome() { return error(); }
};

}  // namespace internal

// The result of a coroutine method. Inside it, `co_await` takes a Future, a Task, a StatusOr or a
// Status: it gives the value or ends the coroutine with the error; `co_await AsStatusOr(f)` gives
// the StatusOr (Status for void). `co_return` takes the value, an error status or a StatusOr. An
// exception ends it with kUnknown.
//
// A method that awaits nothing need not be a coroutine: `return value;` and `return
// absl::NotFoundError(...);` make a task that gives just that.
//
// Lazy: it starts when the runtime gets it back from a method, or when another Task awaits it.
// While a method is suspended its actor handles no other message, unless it is reentrant. Owned by
// one holder, used in the turns of one actor.
template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  template <typename R>
  requires(!std::same_as<std::remove_cvref_t<R>, Task> &&
           std::convertible_to<R, Outcome<internal::Unwrapped<T>>>)
      Task(R&& outcome)  // NOLINT(google-explicit-constructor)
      : Task(Give<Given<R>>(std::forward<R>(outcome))) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // For the runtime.
  Handle handle() const { return handle_; }
  auto TakeOutcome() { return handle_.promise().TakeOutcome(); }

 private:
  // A Status by itself, because an OK one is no StatusOr.
  template <typename R>
  using Given = std::conditional_t<std::same_as<std::remove_cvref_t<R>, absl::Status>, absl::Status,
                                   Outcome<internal::Unwrapped<T>>>;
  template <typename G>
  static Task Give(G given) {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(given);
    } else {
      co_return std::move(given);
    }
  }

  Handle handle_;
};

// `absl::StatusOr<T> result = co_await AsStatusOr(future);`
template <typename T>
internal::StatusAwait<Future<T>> AsStatusOr(Future<T> future) {
  return {std::move(future)};
}
template <typename T>
internal::StatusAwait<Task<T>> AsStatusOr(Task<T> task) {
  return {std::move(task)};
}

namespace internal {

template <typename T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<absl::Status> TaskPromise<absl::Status>::get_return_object() {
  return Task<absl::Status>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
template <typename U>
Task<absl::StatusOr<U>> TaskPromise<absl::StatusOr<U>>::get_return_object() {
  return Task<absl::StatusOr<U>>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_TASK_H_

#ifndef TROUPE_RUNTIME_FUTURE_STATE_H_
#define TROUPE_RUNTIME_FUTURE_STATE_H_

#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/future_core.h"

namespace troupe {

template <typename T>
class Future;
template <typename T>
class Task;

// What a Future<T> gives: StatusOr<T>, and plain Status for Future<void>.
template <typename T>
using Outcome = std::conditional_t<std::is_void_v<T>, absl::Status,
                                   absl::StatusOr<std::conditional_t<std::is_void_v<T>, bool, T>>>;

namespace internal {

// What the caller of a method that returns R gets: Status, StatusOr, Task and Future are taken off.
template <typename R>
struct Unwrap {
  using type = std::remove_cvref_t<R>;
};
template <>
struct Unwrap<void> {
  using type = void;
};
template <>
struct Unwrap<absl::Status> {
  using type = void;
};
template <typename T>
struct Unwrap<absl::StatusOr<T>> {
  using type = T;
};
template <typename T>
struct Unwrap<Task<T>> : Unwrap<T> {};
template <typename T>
struct Unwrap<Future<T>> : Unwrap<T> {};
template <typename R>
using Unwrapped = typename Unwrap<std::remove_cv_t<R>>::type;

// The typed half: FutureCore plus the place of the result.
template <typename T>
class FutureState : public FutureCore {
 public:
  ~FutureState() override { LogIfUnread(); }

  // False: it has an outcome already, and keeps that one.
  bool Fulfil(Outcome<T> outcome) {
    if (!TryClaim()) return false;
    outcome_ = std::move(outcome);
    Publish();
    OnDone();
    return true;
  }

  // Only once ready.
  Outcome<T>& outcome() { return outcome_; }
  absl::Status status() const override { return StatusOf(outcome_); }

 protected:
  void StoreError(absl::Status status) override { outcome_ = std::move(status); }

 private:
  static const absl::Status& StatusOf(const absl::Status& outcome) { return outcome; }
  template <typename U>
  static const absl::Status& StatusOf(const absl::StatusOr<U>& outcome) {
    return outcome.status();
  }

  Outcome<T> outcome_;
};

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_FUTURE_STATE_H_

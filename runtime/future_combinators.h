#ifndef TROUPE_RUNTIME_FUTURE_COMBINATORS_H_
#define TROUPE_RUNTIME_FUTURE_COMBINATORS_H_

// The derived futures declared in future.h, and those of several futures. Included by future.h
// only.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/continuation.h"
#include "runtime/deferred.h"
#include "runtime/errors.h"
#include "runtime/future_core.h"
#include "runtime/future_state.h"

namespace troupe {
namespace internal {

template <typename T>
inline constexpr bool kIsFuture = false;
template <typename T>
inline constexpr bool kIsFuture<Future<T>> = true;

// Fulfils `target` with the outcome of a future, on the thread that fulfils that. Deletes itself.
template <typename T>
class Forwarder final : public Continuation {
 public:
  // Takes over one reference of `target`.
  static void Attach(Future<T> source, FutureState<T>* target) {
    auto* forwarder = new Forwarder(std::move(source), target);
    if (!forwarder->source_.state()->Attach(forwarder)) forwarder->OnReady();
  }

  void OnReady() override {
    target_->Fulfil(source_.Take());
    target_->Release();
    delete this;
  }

 private:
  Forwarder(Future<T> source, FutureState<T>* target)
      : source_(std::move(source)), target_(target) {}

  Future<T> source_;
  FutureState<T>* const target_;
};

// Runs `body` and turns what it gives (U, void, Status, StatusOr<U>) into the outcome for its
// caller.
template <typename F>
auto OutcomeOf(F&& body) -> Outcome<Unwrapped<std::invoke_result_t<F>>> {
  using R = std::invoke_result_t<F>;
  using Result = Outcome<Unwrapped<R>>;
  if constexpr (std::is_void_v<R>) {
    return RunUserCode([&] { body(); });
  } else {
    std::optional<Result> result;
    const absl::Status thrown = RunUserCode([&] { result.emplace(body()); });
    if (!thrown.ok()) return thrown;
    return *std::move(result);
  }
}

// The state of a future derived by a callback: fn(Outcome<T>) gives R.
template <typename T, typename R, typename F>
class ThenState final : public FutureState<Unwrapped<R>>, public Deferred {
 public:
  ThenState(Future<T> source, F fn)
      : Deferred(source.state()), source_(std::move(source)), fn_(std::move(fn)) {}

  std::string Description() const override { return source_->state()->Description(); }
  void BeforeWait(absl::Duration timeout) override { RunBeforeWait(timeout); }

 private:
  void Invoke() override {
    // Given away before the callback runs, so that what fn holds is gone when the future is ready.
    F fn = std::move(*fn_);
    fn_.reset();
    if constexpr (kIsFuture<R>) {
      std::optional<R> next;
      const absl::Status thrown = RunUserCode([&] { next.emplace(fn(source_->Take())); });
      if (!thrown.ok()) {
        this->Fulfil(thrown);
      } else {
        this->AddRef();
        Forwarder<Unwrapped<R>>::Attach(*std::move(next), this);
      }
    } else {
      this->Fulfil(OutcomeOf([&]() -> R { return fn(source_->Take()); }));
    }
  }
  void Refuse(absl::Status status) override { this->Abort(status); }
  void OnAborted(const absl::Status& status) override { source_->state()->Abort(status); }
  FutureCore& derived() override { return *this; }

  std::optional<Future<T>> source_;
  std::optional<F> fn_;
};

enum class OnError : uint8_t { kEnd, kGoOn };

// The state of a future of several results, ready with the last result or (kEnd) with the first
// error. The sources' handles stay with it, so that cancelling it cancels them.
template <typename Result, typename Sources, OnError kOnError = OnError::kEnd>
class JoinState final : public FutureState<Result> {
 public:
  template <typename Collect>
  static Future<Result> Start(Sources sources, std::vector<FutureCore*> cores, Collect collect) {
    auto* state = new JoinState(std::move(sources), std::move(cores));
    Future<Result> future(state);
    state->collect_ = [collect](JoinState& self) { self.Fulfil(collect(self.sources_)); };
    state->pending_.store(state->cores_.size() + 1, std::memory_order_relaxed);
    for (size_t i = 0; i < state->cores_.size(); ++i) {
      state->AddRef();
      Part& part = state->parts_[i];
      part.state = state;
      part.core = state->cores_[i];
      if (!part.core->Attach(&part)) part.OnReady();
    }
    state->OnePartDone();
    return future;
  }

  std::string Description() const override { return "several futures"; }
  void BeforeWait(absl::Duration timeout) override {
    // One by one, each with its own chance to run callbacks and to detect a deadlock.
    this->WaitForParts(cores_, timeout);
  }

 private:
  struct Part final : Continuation {
    void OnReady() override {
      core->MarkObserved();
      if (kOnError == OnError::kEnd && !core->status().ok()) state->Fulfil(core->status());
      state->OnePartDone();
    }
    JoinState* state = nullptr;
    FutureCore* core = nullptr;
  };

  JoinState(Sources sources, std::vector<FutureCore*> cores)
      : sources_(std::move(sources)), cores_(std::move(cores)), parts_(new Part[cores_.size()]) {}

  void OnePartDone() {
    // Acquire-release: the last one sees every part's result.
    if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      if (!this->claimed()) collect_(*this);
    }
    this->Release();
  }
  void OnAborted(const absl::Status& status) override {
    for (FutureCore* core : cores_) core->Abort(status);
  }

  Sources sources_;
  const std::vector<FutureCore*> cores_;
  const std::unique_ptr<Part[]> parts_;
  absl::AnyInvocable<void(JoinState&)> collect_;
  std::atomic<size_t> pending_{0};
};

}  // namespace internal

template <typename T>
template <typename F>
auto Future<T>::ThenOnce(F fn) && {
  static_assert(std::is_invocable_v<F&, Outcome<T>>,
                "troupe: the callback of Then and OnReady takes the outcome: an absl::StatusOr<T> "
                "(an absl::Status for Future<void>)");
  using R = std::invoke_result_t<F&, Outcome<T>>;
  auto* state = new internal::ThenState<T, R, F>(std::move(*this), std::move(fn));
  Future<internal::Unwrapped<R>> derived(state);
  state->Start();
  return derived;
}

template <typename T>
template <typename F>
void Future<T>::OnReady(F fn) && {
  (void)std::move(*this).ThenOnce(
      [fn = std::move(fn)](Outcome<T> outcome) mutable { fn(std::move(outcome)); });
}

template <typename T>
template <typename F>
auto Future<T>::Map(F fn) && {
  if constexpr (std::is_void_v<T>) {
    using R = std::invoke_result_t<F&>;
    using U = internal::Unwrapped<R>;
    return std::move(*this).ThenOnce(
        [fn = std::move(fn)](absl::Status status) mutable -> Outcome<U> {
          if (!status.ok()) return status;
          return internal::OutcomeOf([&]() -> R { return fn(); });
        });
  } else {
    static_assert(std::is_invocable_v<F&, T>,
                  "troupe: the callback of Map takes the future's value");
    using R = std::invoke_result_t<F&, T>;
    using U = internal::Unwrapped<R>;
    return std::move(*this).ThenOnce(
        [fn = std::move(fn)](absl::StatusOr<T> value) mutable -> Outcome<U> {
          if (!value.ok()) return std::move(value).status();
          return internal::OutcomeOf([&]() -> R { return fn(*std::move(value)); });
        });
  }
}

template <typename T>
template <typename F>
Future<T> Future<T>::Filter(F predicate) const {
  return Map([predicate = std::move(predicate)](T elements) mutable {
    T kept;
    for (auto& element : elements) {
      if (predicate(std::as_const(element))) kept.insert(kept.end(), std::move(element));
    }
    return kept;
  });
}

template <typename T>
template <typename U, typename F>
Future<U> Future<T>::Reduce(F fn, U initial) const {
  return Map([fn = std::move(fn), initial = std::move(initial)](T elements) mutable -> U {
    U accumulated = std::move(initial);
    for (auto& element : elements) accumulated = fn(std::move(accumulated), std::move(element));
    return accumulated;
  });
}

// A future of all results in the order given, ready when the last one is, or with the first error
// as soon as it happens. Cancelling it cancels all. Blocking on it inside an actor's method waits
// for them in the order given, so there an error is only seen when those before it are ready.
template <typename T>
Future<std::vector<T>> Join(std::vector<Future<T>> futures) {
  std::vector<internal::FutureCore*> cores;
  cores.reserve(futures.size());
  for (const Future<T>& future : futures) cores.push_back(future.state());
  using Sources = std::vector<Future<T>>;
  return internal::JoinState<std::vector<T>, Sources>::Start(std::move(futures), std::move(cores),
                                                             [](Sources& sources) {
                                                               std::vector<T> results;
                                                               results.reserve(sources.size());
                                                               for (Future<T>& source : sources)
                                                                 results.push_back(*source.Take());
                                                               return results;
                                                             });
}

// Without results: ready when the last one is.
inline Future<void> Join(std::vector<Future<void>> futures) {
  std::vector<internal::FutureCore*> cores;
  cores.reserve(futures.size());
  for (const Future<void>& future : futures) cores.push_back(future.state());
  using Sources = std::vector<Future<void>>;
  return internal::JoinState<void, Sources>::Start(std::move(futures), std::move(cores),
                                                   [](Sources&) { return absl::OkStatus(); });
}

template <typename... Ts>
Future<std::tuple<Ts...>> Join(Future<Ts>... futures) {
  static_assert((!std::is_void_v<Ts> && ...), "troupe: Join needs futures of values");
  using Sources = std::tuple<Future<Ts>...>;
  std::vector<internal::FutureCore*> cores{futures.state()...};
  return internal::JoinState<std::tuple<Ts...>, Sources>::Start(
      Sources(std::move(futures)...), std::move(cores), [](Sources& sources) {
        return std::apply([](auto&... source) { return std::tuple<Ts...>(*source.Take()...); },
                          sources);
      });
}

template <typename T>
template <typename... Us>
auto Future<T>::Join(Future<Us>... others) const {
  return troupe::Join(*this, std::move(others)...);
}

// Blocks until all are ready or one failed (see Join); all results in the order given, or the first
// error. kDeadlineExceeded after `timeout`; the calls go on.
template <typename T>
absl::StatusOr<std::vector<T>> GetAll(std::vector<Future<T>> futures,
                                      absl::Duration timeout = absl::InfiniteDuration()) {
  return Join(std::move(futures)).Get(timeout);
}
inline absl::Status GetAll(std::vector<Future<void>> futures,
                           absl::Duration timeout = absl::InfiniteDuration()) {
  return Join(std::move(futures)).Get(timeout);
}

// A future of all outcomes, errors included, in the order given; ready when the last one is.
template <typename T>
Future<std::vector<Outcome<T>>> Settle(std::vector<Future<T>> futures) {
  std::vector<internal::FutureCore*> cores;
  cores.reserve(futures.size());
  for (const Future<T>& future : futures) cores.push_back(future.state());
  using Sources = std::vector<Future<T>>;
  using State = internal::JoinState<std::vector<Outcome<T>>, Sources, internal::OnError::kGoOn>;
  return State::Start(std::move(futures), std::move(cores), [](Sources& sources) {
    std::vector<Outcome<T>> outcomes;
    outcomes.reserve(sources.size());
    for (Future<T>& source : sources) outcomes.push_back(source.Take());
    return outcomes;
  });
}

}  // namespace troupe

#endif  // TROUPE_RUNTIME_FUTURE_COMBINATORS_H_

#ifndef TROUPE_TESTS_RUNTIME_EXECUTOR_TEST_UTIL_H_
#define TROUPE_TESTS_RUNTIME_EXECUTOR_TEST_UTIL_H_

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/event.h"
#include "runtime/executor.h"

namespace troupe {
namespace testing {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

// A Runnable made of a function; each turn calls it.
class FunctionRunnable final : public Runnable {
 public:
  explicit FunctionRunnable(std::function<void()> fn) : fn_(std::move(fn)) {}
  void Run() override { fn_(); }

 private:
  const std::function<void()> fn_;
};

// Runs each function once, as a turn of its own that deletes itself.
class OneShot final : public Runnable {
 public:
  static OneShot* Make(std::function<void()> fn) { return new OneShot(std::move(fn)); }
  void Run() override {
    fn_();
    delete this;
  }

 private:
  explicit OneShot(std::function<void()> fn) : fn_(std::move(fn)) {}
  ~OneShot() = default;
  const std::function<void()> fn_;
};

// Set when counted down to zero. The last to count may be the last to touch it.
class Latch {
 public:
  explicit Latch(int count) : count_(count) {}
  void CountDown() {
    if (count_.fetch_sub(1) == 1) done_.Set();
  }
  Event& done() { return done_; }
  void Wait() { done_.Wait(); }

 private:
  std::atomic<int> count_;
  Event done_;
};

// Waits, for as long as it takes, until `condition` holds.
template <typename Condition>
void WaitUntil(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_RUNTIME_EXECUTOR_TEST_UTIL_H_

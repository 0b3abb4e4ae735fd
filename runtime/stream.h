#ifndef TROUPE_RUNTIME_STREAM_H_
#define TROUPE_RUNTIME_STREAM_H_

#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/stream_reader.h"
#include "runtime/task.h"

namespace troupe {

template <typename T>
class Stream;

namespace internal {

// Where a generator's items go. Within the turns of its actor.
template <typename T>
class StreamSink {
 public:
  // False: the generator is to wait until it is resumed.
  virtual bool Take(T item) = 0;

 protected:
  ~StreamSink() = default;
};

struct YieldAwaiter {
  bool go_on;

  bool await_ready() const noexcept { return go_on; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}
};

template <typename T>
class StreamPromise final : public AwaitTransforms {
 public:
  Stream<T> get_return_object();
  YieldAwaiter yield_value(T item) { return {sink->Take(std::move(item))}; }
  void return_void() {}

  StreamSink<T>* sink = nullptr;  // set before the coroutine starts to run
};

template <typename R>
struct StreamTraits {
  static constexpr bool kIsStream = false;
};
template <typename T>
struct StreamTraits<Stream<T>> {
  static constexpr bool kIsStream = true;
  using Item = T;
};
template <typename R>
inline constexpr bool kIsStream = StreamTraits<R>::kIsStream;
template <typename R>
using StreamItem = typename StreamTraits<R>::Item;

}  // namespace internal

// Items that come one after the other. A method returns one by being a *generator*: a coroutine
// with `co_yield item;`, which may await as a Task does, and ends with `co_return;` (or at its
// end), with an error by `co_await absl::...Error(...)`, a failed `co_await`, or an exception.
// Through a reference the same method gives its *reader* at once, here as from another node:
//
//   troupe::Stream<Entry> History(int64_t from);               // in the actor class
//   troupe::Stream<Entry> entries = account->History(7);       // whoever calls it
//   while (std::optional<Entry> entry = co_await entries.Next()) { ... }
//
// With g++ 12, which destroys them twice, no braces in a co_yield: `Entry entry{1, "x"};` and then
// `co_yield entry;`.
//
// The generator runs in turns of its actor, and only as long as its reader has room (128 items; on
// another node also 256 KiB). While it waits for that, at a co_yield, the actor takes other
// messages; while it awaits a future the actor does what it does in every coroutine method.
//
// Move-only. A reader is used by any thread, one at a time. The stream ends with its reader, with
// the deadline of the call, or cancelled together with the message in which it was opened: then the
// generator is destroyed, in a turn of its actor.
template <typename T>
class [[nodiscard]] Stream {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                "troupe: a stream's items are values: no void, reference or const type");

 public:
  using value_type = T;
  using promise_type = internal::StreamPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  // Not valid until assigned to; every other function needs a valid one.
  Stream() = default;
  Stream(Stream&& other) noexcept
      : generator_(std::exchange(other.generator_, nullptr)), reader_(std::move(other.reader_)) {}
  Stream& operator=(Stream other) noexcept {
    std::swap(generator_, other.generator_);
    std::swap(reader_, other.reader_);
    return *this;
  }
  // Ends the stream, unless it has ended.
  ~Stream() {
    if (generator_) generator_.destroy();
    if (reader_ != nullptr) reader_->Close();
  }

  bool valid() const { return generator_ || reader_ != nullptr; }

  // The next item; nullopt behind the last one; or the error that the stream ended with, behind the
  // items that came before it. After the end it gives the same each time. One at a time:
  // kFailedPrecondition while the one before is awaited. A future that is cancelled, or let go of
  // unread, takes no item with it: the next call gives it.
  Future<std::optional<T>> Next() {
    if (reader_ == nullptr) return Future<std::optional<T>>::Ready(NotReadableError());
    return reader_->Next();
  }

  // Ends the stream: the generator is destroyed, what was not read is dropped, Next gives
  // kCancelled. Never blocks.
  void Cancel() {
    if (reader_ != nullptr) reader_->Close();
  }

  // For the runtime.
  explicit Stream(Handle generator) : generator_(generator) {}
  explicit Stream(IntrusivePtr<internal::StreamReader<T>> reader) : reader_(std::move(reader)) {}
  Handle generator() const { return generator_; }
  bool is_reader() const { return reader_ != nullptr; }

 private:
  // One of them: of a method's result the generator, of a reference's the reader.
  Handle generator_;
  IntrusivePtr<internal::StreamReader<T>> reader_;
};

namespace internal {

template <typename T>
Stream<T> StreamPromise<T>::get_return_object() {
  return Stream<T>(std::coroutine_handle<StreamPromise>::from_promise(*this));
}

// A generator of what another stream gives.
template <typename T>
Stream<T> Relay(Stream<T> source) {
  for (;;) {
    std::optional<T> item = co_await source.Next();
    if (!item.has_value()) break;
    co_yield *std::move(item);
  }
}

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_STREAM_H_

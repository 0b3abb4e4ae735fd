#ifndef TROUPE_RUNTIME_STREAM_READER_H_
#define TROUPE_RUNTIME_STREAM_READER_H_

// The consumer's side of a stream: what is behind a Stream that a reference gave.
//
// A stream is made of ordinary calls. One opens it, and is answered when it has ended, with the
// status that it ended with: the stream lives as long as that call is open, so deadlines,
// cancellation and the loss of a node need nothing of their own. The others are *pulls*, one at a
// time, each with a credit of items and bytes, answered with what the generator gave within that. A
// generator runs only while there is a pull to put items in: who does not read stops it.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "runtime/continuation.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/future_state.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/mailbox.h"
#include "runtime/recipient.h"
#include "runtime/stream_wire.h"

namespace troupe::internal {

// What a pull is answered with. Move-only, also where a vector would claim that it can be copied.
template <typename T>
struct StreamBatch {
  StreamBatch() = default;
  StreamBatch(StreamBatch&&) noexcept = default;
  StreamBatch& operator=(StreamBatch&&) noexcept = default;

  struct Item {
    T value;
    size_t bytes = 0;  // encoded; 0 if it never was
  };
  std::vector<Item> items;
  // Instead of items: for another node, as troupe.wire.StreamItems.
  std::string encoded;
  // The stream has ended behind these; how, the opening call says.
  bool last = false;
};

// `Account.History`.
std::string DescribeStream(const RecipientPtr& recipient, const char* method);

// The stream as its consumer opened it.
struct StreamOrigin {
  RecipientPtr recipient = {};
  const char* method = "";  // in static storage
  Lane lane = Lane::kNormal;
  uint64_t number = 0;
  IntrusivePtr<FutureCore> open = {};  // the opening call, which has been sent
};

// The untyped half: decides when to pull, and with what the stream ends. Shared by the Stream and
// by what it waits for. Any thread.
//
// All state but events_ belongs to the *pump*, the one thread at a time that looks after what has
// happened:
//  1. events_ has kPumping exactly while some thread is in the loop of Tell; only that one touches
//     the other members.
//  2. Whoever has news sets its bit. If kPumping was not set, it becomes the pump; if it was, the
//     pump sees the bit before it clears kPumping, since it clears that only with no other bit set.
//  3. Every change of events_ is acquire-release, so each pump sees what the one before wrote, and
//     what was written before a bit was set.
class StreamReaderBase : public RefCounted<StreamReaderBase> {
 public:
  virtual ~StreamReaderBase();

  // Once, before anything else.
  void Begin();
  // The consumer wants no more. Next ends with kCancelled from now on.
  void Close() { Tell(kClosed); }

 protected:
  explicit StreamReaderBase(StreamOrigin origin);

  enum Event : uint32_t {
    kPumping = 1,
    kAsked = 2,   // Next was called
    kPulled = 4,  // the pull is ready
    kEnded = 8,   // the opening call is
    kClosed = 16,
  };
  void Tell(Event event);

  const StreamOrigin& origin() const { return origin_; }

  // What waits to be read; kept by the derived class.
  uint32_t stock_items_ = 0;
  uint64_t stock_bytes_ = 0;
  // Nothing comes behind the stock; with an error if this says so.
  bool over_ = false;
  absl::Status end_;

 private:
  class Waiter final : public Continuation {
   public:
    Waiter(StreamReaderBase* reader, Event event) : reader_(reader), event_(event) {}
    void Await(FutureCore& future);
    void OnReady() override;

   private:
    StreamReaderBase* const reader_;  // one reference while attached
    const Event event_;
  };

  // Sends a pull and keeps its future.
  virtual FutureCore& SendPull(StreamCredit credit) = 0;
  // Takes over what the pull brought, unless `drop`.
  virtual absl::Status TakePull(bool drop, bool* last) = 0;
  virtual void Adopt() = 0;  // what Next asked for
  virtual void Serve() = 0;  // gives to whom asked
  virtual void DropStock() = 0;

  void Handle(uint32_t events);
  void HandlePull();
  void End(absl::Status status);
  absl::Status CancelledError() const;
  void PullIfLow();

  StreamOrigin origin_;
  Waiter pull_waiter_{this, kPulled};
  Waiter open_waiter_{this, kEnded};
  bool answered_ = false;       // the opening call is ready
  FutureCore* pull_ = nullptr;  // under way
  bool no_more_pulls_ = false;  // there is nothing behind the last one
  absl::Status pull_error_;

  std::atomic<uint32_t> events_{0};
};

// What Next gives. Owned by the future's handles and by the reader, until the next call of Next.
template <typename T>
class NextState final : public FutureState<std::optional<T>> {
 public:
  explicit NextState(const StreamOrigin& origin)
      : recipient_(origin.recipient), method_(origin.method) {}

  // Takes the item, unless this was cancelled.
  bool Give(T& item) {
    if (!this->TryClaim()) return false;
    this->outcome().emplace(std::move(item));
    given_ = true;
    this->Publish();
    return true;
  }
  // An item that nobody looked at, and nobody can any more.
  bool has_left_item() const { return given_ && this->has_no_handle() && !this->observed(); }

  ActorCell* answering_cell() override {
    return recipient_ != nullptr ? recipient_->local_cell() : nullptr;
  }
  std::string Description() const override { return DescribeStream(recipient_, method_); }

  NextState* older = nullptr;  // in the list of what was asked for

 private:
  const RecipientPtr recipient_;
  const char* const method_;
  bool given_ = false;  // the reader's pump
};

template <typename T>
class StreamReader final : public StreamReaderBase {
 public:
  using Batch = StreamBatch<T>;
  using Pull = absl::AnyInvocable<Future<Batch>(const StreamOrigin&, StreamCredit)>;

  // `pull` sends one; called by the pump.
  StreamReader(StreamOrigin origin, Pull pull)
      : StreamReaderBase(std::move(origin)), send_pull_(std::move(pull)) {}
  ~StreamReader() override {
    if (current_ != nullptr) current_->Release();
  }

  Future<std::optional<T>> Next() {
    auto* next = new NextState<T>(origin());
    Future<std::optional<T>> future(next);
    next->older = asked_.load(std::memory_order_relaxed);
    // Release: what is in it, for the pump.
    while (!asked_.compare_exchange_weak(next->older, next, std::memory_order_release,
                                         std::memory_order_relaxed)) {
    }
    Tell(kAsked);
    return future;
  }

 private:
  FutureCore& SendPull(StreamCredit credit) override {
    pulled_ = send_pull_(origin(), credit);
    return *pulled_.state();
  }

  absl::Status TakePull(bool drop, bool* last) override {
    Outcome<Batch> batch = std::exchange(pulled_, {}).Take();
    if (!batch.ok()) return batch.status();
    *last = batch->last;
    if (drop) return absl::OkStatus();
    for (auto& item : batch->items) {
      ++stock_items_;
      stock_bytes_ += item.bytes;
      stock_.push_back(std::move(item));
    }
    return absl::OkStatus();
  }

  void Adopt() override {
    // Acquire: what is in them. Another Next may come behind these, with an event of its own.
    NextState<T>* newest = asked_.exchange(nullptr, std::memory_order_acquire);
    NextState<T>* oldest = nullptr;
    while (newest != nullptr) {
      NextState<T>* const older = std::exchange(newest->older, oldest);
      oldest = std::exchange(newest, older);
    }
    while (oldest != nullptr) {
      NextState<T>* const next = std::exchange(oldest, oldest->older);
      if (current_ != nullptr && !LetGo(*current_)) {
        next->Fulfil(NextUnderWayError(next->Description()));
        next->Release();
        continue;
      }
      if (current_ != nullptr) current_->Release();
      current_ = next;
      Serve();
    }
  }

  // False: somebody still waits for it.
  bool LetGo(NextState<T>& before) {
    if (before.has_left_item()) {
      stock_.push_front({**std::move(before.outcome()), 0});
      ++stock_items_;
      return true;
    }
    if (before.claimed()) return true;
    if (!before.has_no_handle()) return false;
    before.Abort(CancelledCallError(before.Description()));
    return true;
  }

  void Serve() override {
    if (current_ == nullptr || current_->claimed()) return;
    if (!stock_.empty()) {
      if (!current_->Give(stock_.front().value)) return;
      --stock_items_;
      stock_bytes_ -= stock_.front().bytes;
      stock_.pop_front();
    } else if (over_) {
      if (end_.ok()) {
        current_->Fulfil(std::optional<T>());
      } else {
        current_->Fulfil(end_);
      }
    }
  }

  void DropStock() override {
    stock_.clear();
    stock_items_ = 0;
    stock_bytes_ = 0;
  }

  Pull send_pull_;
  Future<Batch> pulled_;
  std::deque<typename Batch::Item> stock_;
  NextState<T>* current_ = nullptr;  // the last one adopted; one reference
  std::atomic<NextState<T>*> asked_{nullptr};
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_STREAM_READER_H_

#ifndef TROUPE_RUNTIME_EXECUTOR_H_
#define TROUPE_RUNTIME_EXECUTOR_H_

#include <atomic>

#include "absl/time/time.h"
#include "runtime/event.h"

namespace troupe {

namespace internal {
class RunnableList;
class RunnableStack;
}  // namespace internal

// Something an executor runs, one *turn* at a time; an actor's cell is one. Intrusive, so that
// scheduling allocates nothing. Owned by whoever schedules it, and must outlive its turn.
class Runnable {
 public:
  Runnable() = default;
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;

  // One turn. May block (see Executor::Await), must not throw. Once it has begun, the Runnable may
  // be scheduled again, and then another thread may begin the next turn before this one has
  // returned; the executor does not touch the Runnable any more, so a turn may also destroy it.
  virtual void Run() = 0;

 protected:
  ~Runnable() = default;

 private:
  friend class internal::RunnableList;
  friend class internal::RunnableStack;
  Runnable* next_ = nullptr;  // belongs to the queue it is in
};

// Runs Runnables on threads of its own. Owned by the actor system (or the test). All functions may
// be called from any thread unless they say otherwise.
//
// A Runnable is in the queues at most once at any time: the caller guarantees that it is scheduled
// again only after its previous turn began. That also bounds the queues.
class Executor {
 public:
  virtual ~Executor() = default;

  // Gives `r` a turn soon. Everything the caller did before is visible to the turn. Never blocks on
  // user code, never fails, does not allocate per call. Inside a turn of this executor it may put
  // `r` ahead of others, as the next to run on this thread, where what the turn just wrote is still
  // in the cache. After Shutdown has returned, `r` runs on the calling thread before the call
  // returns, so that nothing is lost; do not hold a lock then that `r` takes.
  virtual void Schedule(Runnable* r) = 0;

  // Like Schedule, but `r` gets behind everything that is queued here: for "run me again, after the
  // others".
  virtual void ScheduleLast(Runnable* r) = 0;

  // Like ScheduleLast, but behind everything that these turns schedule as well: when this thread
  // has nothing else to run, or after a hundred turns or so. Wakes no other thread (one that
  // looks for work anyway may come first, and a turn that goes on for long does not hold it up).
  // For what serves many turns at once, like writing out what they have sent.
  virtual void ScheduleWhenDry(Runnable* r) { ScheduleLast(r); }

  // Blocks the calling thread until `event` is set or the executor's clock reaches `deadline`
  // (absl::InfiniteFuture(): no deadline); returns whether it is set. Inside a turn of this
  // executor another thread is put in meanwhile, so that turns that wait for each other make
  // progress (each implementation states its limits). On any other thread it simply waits.
  virtual bool Await(Event& event, absl::Time deadline) = 0;

  // The time on the executor's clock.
  virtual absl::Time Now() const = 0;

  // Waits until everything that is scheduled, and what that schedules, has run; then ends the
  // threads. The caller has seen to it that this comes to an end (stopped the actors). Idempotent,
  // not from inside a turn. Blocks.
  virtual void Shutdown() = 0;

  // The executor whose turn runs on this thread, or null.
  static Executor* Current();

  // Makes `executor` (null: nothing changes) the Current() of a thread that is not its own, where
  // that thread fulfils futures on its behalf: callbacks then go to the executor. Lives on the
  // stack.
  class Scope {
   public:
    explicit Scope(Executor* executor)
        : previous_(SetCurrent(executor != nullptr ? executor : Current())) {}
    ~Scope() { SetCurrent(previous_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Executor* const previous_;
  };

 protected:
  // For implementations: makes `executor` the calling thread's Current() and returns the previous
  // one.
  static Executor* SetCurrent(Executor* executor);

  // For implementations: what Schedule does after Shutdown. Runs `r` on the calling thread,
  // iteratively where a turn that runs like this schedules further ones.
  static void RunInline(Runnable* r);
};

namespace internal {

// An intrusive FIFO of Runnables. Not thread-safe.
class RunnableList {
 public:
  bool empty() const { return head_ == nullptr; }

  void PushBack(Runnable* r) {
    r->next_ = nullptr;
    if (tail_ == nullptr) {
      head_ = r;
    } else {
      tail_->next_ = r;
    }
    tail_ = r;
  }

  // Null when empty.
  Runnable* PopFront() {
    Runnable* r = head_;
    if (r != nullptr) {
      head_ = r->next_;
      if (head_ == nullptr) tail_ = nullptr;
    }
    return r;
  }

 private:
  Runnable* head_ = nullptr;
  Runnable* tail_ = nullptr;
};

// An intrusive heap of Runnables in no particular order. Any thread.
//
// Invariant: what is in the stack belongs to it; TakeAll hands all of it to one caller. (Nothing is
// ever taken singly, so a push that succeeds late cannot have missed a change: no ABA.)
class RunnableStack {
 public:
  bool Empty() const { return head_.load(std::memory_order_relaxed) == nullptr; }

  void Push(Runnable* r) {
    Runnable* head = head_.load(std::memory_order_relaxed);
    do {
      r->next_ = head;
      // Sequentially consistent: it makes work visible, see "Wake-ups" in thread_pool.h.
    } while (!head_.compare_exchange_weak(head, r, std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
  }

  RunnableList TakeAll() {
    RunnableList list;
    Runnable* r = head_.exchange(nullptr, std::memory_order_seq_cst);
    while (r != nullptr) {
      Runnable* const next = r->next_;
      list.PushBack(r);
      r = next;
    }
    return list;
  }

 private:
  std::atomic<Runnable*> head_{nullptr};
};

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_EXECUTOR_H_

#include "runtime/thread_pool.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "runtime/run_queue.h"
#include "runtime/thread_pool_worker.h"

namespace troupe {
namespace {

// After so many turns a worker looks at the global queue before its own: nothing there starves. (A
// prime, as in Go and Tokio, so as not to fall into step with the load.)
constexpr uint32_t kGlobalInterval = 61;
// So many turns in a row may come from the LIFO slot: two actors that message each other do not
// starve what is in the ring.
constexpr int kMaxLifoStreak = 16;
// Pauses between two looks at the others' queues while spinning.
constexpr int kPausesPerLook = 4;

uint64_t NextRandom(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

}  // namespace

constinit thread_local ThreadPool::Worker* ThreadPool::current_worker_ = nullptr;

ThreadPool::Worker* ThreadPool::CurrentWorker() const {
  Worker* w = current_worker_;
  return w != nullptr && w->pool == this ? w : nullptr;
}

void ThreadPool::Schedule(Runnable* r) {
  if (Worker* w = CurrentWorker()) {
    ScheduleHere(*w, r);
    return;
  }
  internal::RunnableList list;
  list.PushBack(r);
  // What it schedules may be the last thing that kept the pool's owner from destroying it.
  external_calls_.fetch_add(1, std::memory_order_seq_cst);
  if (Inject(list, 1)) Notify();
  external_calls_.fetch_sub(1, std::memory_order_release);
}

void ThreadPool::ScheduleLast(Runnable* r) {
  Worker* w = CurrentWorker();
  if (w == nullptr) {
    Schedule(r);
    return;
  }
  // What is alone here runs next on this thread: waking another one for it would only move it to a
  // colder cache. (If this turn goes on for long, the monitor tells the others.)
  const bool alone = w->queue.Empty();
  PushLocal(*w, r);
  if (!alone && !w->polling) Notify();
}

void ThreadPool::ScheduleWhenDry(Runnable* r) {
  Worker* w = CurrentWorker();
  if (w == nullptr) {
    Schedule(r);
    return;
  }
  w->when_dry.Push(r);
  // As in ScheduleHere.
  if (w->status.load(std::memory_order_seq_cst) != Worker::kRunning && !w->polling &&
      HandOver(*w)) {
    Notify();
  }
}

void ThreadPool::ScheduleHere(Worker& w, Runnable* r) {
  if (w.polling) {  // it runs them right after Poll, and tells the others then
    Runnable* none = nullptr;
    // The first of them is not for thieves: all that was read for it is in this cache.
    if (!w.lifo.compare_exchange_strong(none, r, std::memory_order_seq_cst)) PushLocal(w, r);
    return;
  }
  // seq_cst: see the status below.
  Runnable* displaced = w.lifo.exchange(r, std::memory_order_seq_cst);
  if (displaced != nullptr) PushLocal(w, displaced);
  // The ring is not what this turn is about to run: somebody else may.
  if (displaced != nullptr || !w.queue.Empty()) Notify();
  // A stalled turn's LIFO slot is nobody's next. The monitor first sets the status, then empties
  // the slot; here it is the other way round: in the single total order one of the two sees the
  // other.
  if (w.status.load(std::memory_order_seq_cst) != Worker::kRunning && HandOver(w)) Notify();
}

void ThreadPool::PushLocal(Worker& w, Runnable* r) {
  if (w.queue.Push(r)) return;
  internal::RunQueue::Batch batch;
  internal::RunnableList list;
  const size_t count = w.queue.StealHalf(batch);
  for (size_t i = 0; i < count; ++i) list.PushBack(batch[i]);
  list.PushBack(r);
  w.overflows.Add(1);
  Inject(list, count + 1);
}

// False: the pool is shut down, and the list ran right here.
bool ThreadPool::Inject(internal::RunnableList& list, size_t count) {
  {
    MutexLock lock(&injector_mu_);
    if (!closed_) {
      while (Runnable* r = list.PopFront()) injector_.PushBack(r);
      injected_ += count;
      // seq_cst: step (1) of "Wake-ups".
      injector_size_.store(injector_size_.load(std::memory_order_relaxed) + count,
                           std::memory_order_seq_cst);
      return true;
    }
  }
  while (Runnable* r = list.PopFront()) RunInline(r);
  return false;
}

// Gives all that is queued here to the global queue; false: there was nothing.
bool ThreadPool::HandOver(Worker& w) {
  internal::RunnableList list;
  size_t count = 0;
  if (Runnable* r = w.lifo.exchange(nullptr, std::memory_order_seq_cst)) {
    list.PushBack(r);
    ++count;
  }
  while (Runnable* r = w.queue.Pop()) {
    list.PushBack(r);
    ++count;
  }
  internal::RunnableList dry = w.when_dry.TakeAll();
  while (Runnable* r = dry.PopFront()) {
    list.PushBack(r);
    ++count;
  }
  return count > 0 && Inject(list, count);
}

void ThreadPool::Work(Worker& w) {
  current_worker_ = &w;
  SetCurrent(this);
  clockid_t cpu_clock;
  if (pthread_getcpuclockid(pthread_self(), &cpu_clock) != 0) cpu_clock = 0;
  w.cpu_clock.store(cpu_clock, std::memory_order_relaxed);
  w.searching = true;  // whoever started the thread counted it so
  while (true) {
    // relaxed, all three: what they tell is acted upon under mu_, or may be seen a turn late.
    if (w.status.load(std::memory_order_relaxed) != Worker::kRunning) Resume(w);
    if (running_.load(std::memory_order_relaxed) > threads_ && !Retire(w)) break;
    Runnable* r = nullptr;
    if (poll_due_.load(std::memory_order_relaxed)) {
      r = DryBeforePoll(w);
      if (r == nullptr) PollBriefly(w);
    }
    if (r == nullptr) r = Next(w);
    if (r == nullptr) r = NextWhenDry(w);
    if (r == nullptr) r = Search(w);
    if (r != nullptr) {
      RunTurn(w, r);
    } else if (!Idle(w)) {
      break;
    }
  }
  Exit(w);
}

void ThreadPool::RunTurn(Worker& w, Runnable* r) {
  if (w.searching) FoundWork(w);
  w.turn.store(w.turn.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  r->Run();
  w.turn.store(w.turn.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

Runnable* ThreadPool::Next(Worker& w) {
  if (++w.ticks >= kGlobalInterval) {
    w.ticks = 0;
    w.quiet_turns -= std::min(w.quiet_turns, kGlobalInterval);
    if (w.quiet_turns < kGlobalInterval) {
      if (Runnable* r = DryBeforePoll(w)) {
        w.ticks = kGlobalInterval;  // and next the poll
        return r;
      }
      if (options_.poller != nullptr && PollerElsewhere(w) == nullptr) PollBriefly(w);
    }
    if (Runnable* r = PopInjector(w, false)) return r;
  }
  return NextLocal(w);
}

// One of those that wait for the queue to be empty; the others go into the queue then.
Runnable* ThreadPool::NextWhenDry(Worker& w) {
  if (w.when_dry.Empty()) return nullptr;
  internal::RunnableList list = w.when_dry.TakeAll();
  Runnable* const first = list.PopFront();
  while (Runnable* r = list.PopFront()) PushLocal(w, r);
  return first;
}

// Before a poll between turns, one of those; null the next time, when the poll is due. Mostly it
// sends what other turns have left to be sent: the other side has that to work at while this worker
// reads.
Runnable* ThreadPool::DryBeforePoll(Worker& w) {
  Runnable* const r = w.dry_had_turn ? nullptr : NextWhenDry(w);
  w.dry_had_turn = r != nullptr;
  return r;
}

Runnable* ThreadPool::NextLocal(Worker& w) {
  // relaxed: only this thread fills the slot; the exchange decides against the monitor.
  if (w.lifo.load(std::memory_order_relaxed) != nullptr) {
    if (w.lifo_streak < kMaxLifoStreak || w.queue.Empty()) {
      ++w.lifo_streak;
      // acq_rel: pairs with nothing but itself here; the Runnable was stored by this thread.
      if (Runnable* r = w.lifo.exchange(nullptr, std::memory_order_acq_rel)) return r;
    } else if (Runnable* r = w.lifo.exchange(nullptr, std::memory_order_acq_rel)) {
      PushLocal(w, r);
    }
  }
  w.lifo_streak = 0;
  return w.queue.Pop();
}

// One Runnable of the global queue, or null; with `batch`, a fair share of the others comes along
// into the own ring, which must be empty then.
Runnable* ThreadPool::PopInjector(Worker& w, bool batch) {
  // relaxed: a look; what it misses, HasWork sees before the worker sleeps.
  if (injector_size_.load(std::memory_order_relaxed) == 0) return nullptr;
  MutexLock lock(&injector_mu_);
  Runnable* first = injector_.PopFront();
  if (first == nullptr) return nullptr;
  const size_t size = injector_size_.load(std::memory_order_relaxed);
  size_t taken = 1;
  if (batch) {
    const size_t share = std::min(size / threads_ + 1, internal::RunQueue::kCapacity / 2);
    while (taken < share) {
      Runnable* r = injector_.PopFront();
      if (r == nullptr) break;
      w.queue.Push(r);
      ++taken;
    }
  }
  injector_size_.store(size - taken, std::memory_order_seq_cst);
  return first;
}

Runnable* ThreadPool::Search(Worker& w) {
  if (!w.searching) {
    // Half of those awake are enough to search. (The others look once more before they sleep.)
    if (2 * searching_.load(std::memory_order_relaxed) >=
        running_.load(std::memory_order_relaxed)) {
      return nullptr;
    }
    searching_.fetch_add(1, std::memory_order_seq_cst);
    w.searching = true;
  }
  Runnable* r = SearchOnce(w);
  if (r != nullptr) return r;
  if (options_.poller != nullptr && PollerElsewhere(w) == nullptr && PollBriefly(w)) {
    r = NextLocal(w);
    // Behind this there is only sleep, or the poller.
    return r != nullptr ? r : NextWhenDry(w);
  }
  if (!spin_) return nullptr;
  const int spins = w.spin.spins();
  for (int done = 0; done < spins && r == nullptr; done += kPausesPerLook) {
    internal::SpinPause(done, kPausesPerLook);
    r = SearchOnce(w);
  }
  w.spin.Report(r != nullptr);
  return r;
}

Runnable* ThreadPool::SearchOnce(Worker& w) {
  if (Runnable* r = PopInjector(w, true)) return r;
  const int slots = slots_used_.load(std::memory_order_acquire);
  const int start = static_cast<int>(NextRandom(w.random) % slots);
  for (int i = 0; i < slots; ++i) {
    Worker* victim = slots_[(start + i) % slots].load(std::memory_order_acquire);
    if (victim == &w || victim->queue.Empty()) continue;
    if (Runnable* r = StealFrom(*victim, w)) return r;
  }
  return nullptr;
}

Runnable* ThreadPool::StealFrom(Worker& victim, Worker& thief) {
  internal::RunQueue::Batch batch;
  const size_t count = victim.queue.StealHalf(batch);
  if (count == 0) return nullptr;
  thief.steals.Add(1);
  thief.stolen.Add(count);
  for (size_t i = 1; i < count; ++i) PushLocal(thief, batch[i]);
  return batch[0];
}

void ThreadPool::FoundWork(Worker& w) {
  w.searching = false;
  // seq_cst: step (3) of "Wake-ups"; producers that counted on this searcher are seen by HasWork,
  // step (4).
  searching_.fetch_sub(1, std::memory_order_seq_cst);
  const bool shares = WorthSharing(w);
  if (shares || HasWork(&w)) Notify();
}

// Whether there is anything to take, LIFO slots and the queue of `but_for` aside. A producer's step
// (1) that is before this call in the single total order is seen.
bool ThreadPool::HasWork(const Worker* but_for) const {
  if (injector_size_.load(std::memory_order_seq_cst) != 0) return true;
  const int slots = slots_used_.load(std::memory_order_seq_cst);
  for (int i = 0; i < slots; ++i) {
    const Worker* w = slots_[i].load(std::memory_order_acquire);
    if (w != but_for && !w->queue.Empty()) return true;
  }
  return false;
}

}  // namespace troupe

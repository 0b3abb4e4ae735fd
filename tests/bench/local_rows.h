#ifndef TROUPE_TESTS_BENCH_LOCAL_ROWS_H_
#define TROUPE_TESTS_BENCH_LOCAL_ROWS_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "troupe.h"

// The rows of local.cc. Each function does its work once, in a system of its own, checks the
// result, and gives what it did per second.
namespace troupe::bench {

struct LocalOptions {
  int threads = 0;     // worker threads; 0: one for each core
  double scale = 1.0;  // share of the full amount of work

  int64_t Scaled(int64_t full) const;
  SystemOptions System() const;
};

// How actors tell the main thread that they are done: a promise that travels by pointer within the
// process.
using Done = std::shared_ptr<Promise<int64_t>>;

inline std::pair<Done, Future<int64_t>> NewDone() {
  auto done = std::make_shared<Promise<int64_t>>();
  return {done, done->future()};
}

// Counts and sums what it is sent; gives the sum when all has come.
class Consumer : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  Consumer(int64_t expected, Done done) : expected_(expected), done_(std::move(done)) {}
  void Take(int64_t number) {
    sum_ += number;
    if (++count_ == expected_) (void)done_->Set(sum_);
  }

 private:
  const int64_t expected_;
  const Done done_;
  int64_t count_ = 0;
  int64_t sum_ = 0;
};
TROUPE_ACTOR(Consumer, Take)

// local_messages.cc: one-way messages.

// Two actors send one message to and fro. Round trips.
double RunPingPong(const LocalOptions& options);
// Producers send numbers to one consumer whose mailbox holds 2 M.
double RunManyToOne(const LocalOptions& options, int producers);
// The same with 8 producers and a mailbox of 1,024, so that it is full most of the time.
double RunBounded(const LocalOptions& options);
// A ring of 503 actors hands a token on. Hops.
double RunRing(const LocalOptions& options);

// local_calls.cc: calls with an answer.

// Calls from a plain thread, `outstanding` at a time, `full` in all.
double RunAsk(const LocalOptions& options, int outstanding, int64_t full);
// An actor awaits another's answers, one after the other.
double RunActorAsk(const LocalOptions& options);
// 64 actors in a row; each one's method blocks in a call of the next. Calls, 64 a chain.
double RunBlockingChain(const LocalOptions& options);

// local_spawn.cc: the making of actors.

// Spawns actors, each gets one message and reports; the time runs until the last report.
// `bytes_per_actor`: what stays resident of each, its object included.
double RunSpawn(const LocalOptions& options, double* bytes_per_actor);
// A tree of actors: each spawns two, awaits their sums, answers, stops. Actors.
double RunForkJoin(const LocalOptions& options);

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_LOCAL_ROWS_H_

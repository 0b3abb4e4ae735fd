// The rows of local.cc that send one-way messages.

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "glog/logging.h"
#include "tests/bench/local_rows.h"
#include "tests/bench/measure.h"
#include "troupe.h"

namespace troupe::bench {
namespace {

class PingPong : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  void Connect(Ref<PingPong> peer, Done done) {
    peer_ = std::move(peer);
    done_ = std::move(done);
  }
  void Ball(int64_t left);

 private:
  Ref<PingPong> peer_;
  Done done_;
};
TROUPE_ACTOR(PingPong, Connect, Ball)

void PingPong::Ball(int64_t left) {
  if (left == 0) {
    (void)done_->Set(0);
  } else {
    peer_.Tell<&PingPong::Ball>(left - 1);
  }
}

// Sends numbers, and waits at every `window`th until it has been taken: a mailbox is bounded, and
// what is under way stays in the cache.
class Producer : public Actor {
 public:
  Producer(Ref<Consumer> consumer, int64_t numbers, int64_t window)
      : consumer_(std::move(consumer)), numbers_(numbers), window_(window) {}

  Task<void> Produce() {
    for (int64_t left = numbers_; left > 0; --left) {
      if (left % window_ == 0) {
        co_await consumer_->Take(left);
      } else {
        CHECK(consumer_.Tell<&Consumer::Take>(left) == SendResult::kSent);
      }
    }
  }

 private:
  const Ref<Consumer> consumer_;
  const int64_t numbers_;
  const int64_t window_;
};
TROUPE_ACTOR(Producer, Produce)

struct ManyToOne {
  int producers;
  int64_t messages;
  uint32_t mailbox_capacity;
};

double Run(const LocalOptions& options, const ManyToOne& work) {
  const int64_t each = options.Scaled(work.messages) / work.producers;
  const int64_t all = each * work.producers;
  ActorSystem system(options.System());
  auto [done, future] = NewDone();
  const auto consumer =
      system.Spawn<Consumer>(SpawnOptions{.mailbox_capacity = work.mailbox_capacity}, all, done);
  // Half of it: the room of what was just handled may not have been given back yet.
  const int64_t window = work.mailbox_capacity / 2 / work.producers;
  std::vector<Ref<Producer>> producers;
  for (int i = 0; i < work.producers; ++i) {
    producers.push_back(system.Spawn<Producer>(consumer, each, window));
  }
  const Stopwatch watch;
  for (const auto& producer : producers) producer.Tell<&Producer::Produce>();
  CHECK_EQ(*future.Get(), work.producers * each * (each + 1) / 2);
  return watch.PerSecond(all);
}

class Ring : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  void Connect(Ref<Ring> next, Done done) {
    next_ = std::move(next);
    done_ = std::move(done);
  }
  void Token(int64_t left);

 private:
  Ref<Ring> next_;
  Done done_;
};
TROUPE_ACTOR(Ring, Connect, Token)

void Ring::Token(int64_t left) {
  if (left == 0) {
    (void)done_->Set(0);
  } else {
    next_.Tell<&Ring::Token>(left - 1);
  }
}

}  // namespace

double RunPingPong(const LocalOptions& options) {
  const int64_t round_trips = options.Scaled(2'000'000);
  ActorSystem system(options.System());
  const auto a = system.Spawn<PingPong>();
  const auto b = system.Spawn<PingPong>();
  auto [done, future] = NewDone();
  CHECK(a->Connect(b, done).Get().ok());
  CHECK(b->Connect(a, done).Get().ok());
  const Stopwatch watch;
  a.Tell<&PingPong::Ball>(2 * round_trips);
  CHECK_EQ(*future.Get(), 0);
  return watch.PerSecond(round_trips);
}

double RunManyToOne(const LocalOptions& options, int producers) {
  return Run(options, {.producers = producers, .messages = 10'000'000, .mailbox_capacity = 8'192});
}

double RunBounded(const LocalOptions& options) {
  return Run(options, {.producers = 8, .messages = 2'000'000, .mailbox_capacity = 1'024});
}

double RunRing(const LocalOptions& options) {
  constexpr int kActors = 503;
  const int64_t hops = options.Scaled(5'000'000);
  ActorSystem system(options.System());
  auto [done, future] = NewDone();
  std::vector<Ref<Ring>> ring;
  for (int i = 0; i < kActors; ++i) ring.push_back(system.Spawn<Ring>());
  for (int i = 0; i < kActors; ++i) {
    CHECK(ring[i]->Connect(ring[(i + 1) % kActors], done).Get().ok());
  }
  const Stopwatch watch;
  ring[0].Tell<&Ring::Token>(hops);
  CHECK_EQ(*future.Get(), 0);
  return watch.PerSecond(hops);
}

}  // namespace troupe::bench

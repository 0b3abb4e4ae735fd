// What two threads of one process can reach at all: the limits that the rows of
// tests/bench/local.cc are held against.
//
//   local_limits ROW [SCALE]
//
// limit_cache_line: two threads change one word in turn: what it costs that a cache line moves to
// another core and back. limit_queue: one thread sends numbers through a lock-free queue to another
// one, a new and a delete each, nothing else around it.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "tests/bench/measure.h"

namespace {

using troupe::bench::ExpectEqual;
using troupe::bench::PrintFigure;
using troupe::bench::Scaled;
using troupe::bench::Stopwatch;

constexpr size_t kCacheLine = 64;

// Looks until `done` holds; lets others run now and then, for machines with a single core.
template <typename F>
void SpinUntil(F done) {
  constexpr int kSpins = 10'000;
  for (int i = 1; !done(); ++i) {
    if (i % kSpins == 0) std::this_thread::yield();
  }
}

void RunCacheLine(double scale) {
  const int64_t round_trips = Scaled(10'000'000, scale);
  alignas(kCacheLine) std::atomic<int64_t> turn = 0;
  const auto play = [&turn](int64_t first, int64_t end) {
    for (int64_t mine = first; mine < end; mine += 2) {
      SpinUntil([&] { return turn.load(std::memory_order_acquire) == mine; });
      turn.store(mine + 1, std::memory_order_release);
    }
  };
  std::thread other(play, 1, 2 * round_trips);
  const Stopwatch watch;
  play(0, 2 * round_trips);
  other.join();
  const double per_second = watch.PerSecond(round_trips);
  ExpectEqual(turn, 2 * round_trips, "turns");
  PrintFigure("limit_cache_line", per_second, "/s");
}

struct Message {
  Message* next;
  int64_t number;
};

// Takes all that has come at once, and puts it back into the order in which it was sent.
Message* TakeAll(std::atomic<Message*>& inbox) {
  Message* newest = inbox.exchange(nullptr, std::memory_order_acquire);
  Message* oldest = nullptr;
  while (newest != nullptr) {
    Message* const next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

void RunQueue(double scale) {
  const int64_t messages = Scaled(10'000'000, scale);
  alignas(kCacheLine) std::atomic<Message*> inbox = nullptr;
  const Stopwatch watch;
  std::thread producer([&inbox, messages] {
    for (int64_t i = 0; i < messages; ++i) {
      auto* const message = new Message{inbox.load(std::memory_order_relaxed), i};
      while (!inbox.compare_exchange_weak(message->next, message, std::memory_order_release,
                                          std::memory_order_relaxed)) {
      }
    }
  });
  int64_t count = 0;
  int64_t out_of_order = 0;
  while (count < messages) {
    Message* batch = nullptr;
    SpinUntil([&] { return (batch = TakeAll(inbox)) != nullptr; });
    while (batch != nullptr) {
      Message* const message = batch;
      batch = message->next;
      out_of_order += message->number != count++;
      delete message;
    }
  }
  const double per_second = watch.PerSecond(messages);
  producer.join();
  ExpectEqual(out_of_order, 0, "messages out of order");
  PrintFigure("limit_queue", per_second, "/s");
}

}  // namespace

int main(int argc, char** argv) {
  const double scale = argc > 2 ? std::atof(argv[2]) : 1;
  if (argc > 1 && std::strcmp(argv[1], "limit_cache_line") == 0) {
    RunCacheLine(scale);
  } else if (argc > 1 && std::strcmp(argv[1], "limit_queue") == 0) {
    RunQueue(scale);
  } else {
    std::fprintf(stderr, "usage: %s limit_cache_line|limit_queue [SCALE]\n", argv[0]);
    return 2;
  }
  return 0;
}

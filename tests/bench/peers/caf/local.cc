// What the C++ Actor Framework (CAF 0.17, libcaf-dev) reaches with the work of
// tests/bench/local.cc.
//
//   local ROW [SCALE]
//
// One worker thread a core, everything else as CAF has it by default. Actors are event-based, and
// spawned with lazy_init where their spawner sends the first message, as in CAF's own benchmarks.
// Where many numbers go to one consumer, producers wait for an answer now and then, so that no more
// than 4,096 are under way (1,024 in `bounded`; CAF 0.17 has no bounded mailbox): a fifth faster
// than not to wait. (CAF's streams bound what is under way, too, but send batches.)

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "caf/all.hpp"
#include "tests/bench/measure.h"

namespace {

using caf::actor;
using caf::actor_system;
using caf::behavior;
using caf::event_based_actor;
using caf::scoped_actor;
using troupe::bench::ExpectEqual;
using troupe::bench::PrintFigure;
using troupe::bench::Scaled;
using troupe::bench::Stopwatch;

// How many numbers may be under way to the consumer: in general, and in `bounded`.
constexpr int kWindow = 4096;
constexpr int kBound = 1024;

void Exit(const std::vector<actor>& actors) {
  for (const actor& each : actors) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
}

[[noreturn]] void Fail(const caf::error& error) {
  std::fprintf(stderr, "CAF: %s\n", caf::to_string(error).c_str());
  std::_Exit(1);
}

// What an actor sends to `self`, which waits for it.
int64_t Receive(scoped_actor& self) {
  int64_t result = 0;
  self->receive([&result](int64_t value) { result = value; });
  return result;
}

// Hands a number on to its neighbour until it is zero. Two of them play ping-pong.
class Node : public event_based_actor {
 public:
  Node(caf::actor_config& config, actor done) : event_based_actor(config), done_(std::move(done)) {}

  behavior make_behavior() override {
    return {
        [this](int64_t left) {
          if (left == 0) {
            send(done_, left);
          } else {
            send(next_, left - 1);
          }
        },
        [this](const actor& next) { next_ = next; },
    };
  }

 private:
  const actor done_;
  actor next_;
};

double RunNodes(actor_system& system, int nodes, int64_t messages) {
  scoped_actor self(system);
  std::vector<actor> ring;
  for (int i = 0; i < nodes; ++i) ring.push_back(system.spawn<Node>(actor(self)));
  for (int i = 0; i < nodes; ++i) self->send(ring[i], ring[(i + 1) % nodes]);
  const Stopwatch watch;
  self->send(ring[0], messages);
  ExpectEqual(Receive(self), 0, "messages left");
  const double per_second = watch.PerSecond(messages);
  Exit(ring);
  return per_second;
}

void RunPingPong(actor_system& system, double scale) {
  PrintFigure("ping_pong", RunNodes(system, 2, 2 * Scaled(2'000'000, scale)) / 2, "/s");
}

void RunRing(actor_system& system, double scale) {
  PrintFigure("ring", RunNodes(system, 503, Scaled(5'000'000, scale)), "/s");
}

// Counts and sums what it is sent; tells the sum when all has come.
class Consumer : public event_based_actor {
 public:
  Consumer(caf::actor_config& config, int64_t expected, actor done)
      : event_based_actor(config), expected_(expected), done_(std::move(done)) {}

  behavior make_behavior() override {
    return {[this](int64_t number) {
      sum_ += number;
      if (++count_ < expected_) return;
      send(done_, sum_);
      quit();
    }};
  }

 private:
  const int64_t expected_;
  const actor done_;
  int64_t count_ = 0;
  int64_t sum_ = 0;
};

// Awaits the consumer's answer to the last number of each window.
class Producer : public event_based_actor {
 public:
  Producer(caf::actor_config& config, actor consumer, int64_t numbers, int window)
      : event_based_actor(config),
        consumer_(std::move(consumer)),
        window_(window),
        left_(numbers) {}

  behavior make_behavior() override {
    return {[this](caf::tick_atom) { Produce(); }};
  }

 private:
  void Produce() {
    if (left_ == 0) return quit();
    for (int i = 1; i < window_ && left_ > 1; ++i) send(consumer_, left_--);
    request(consumer_, caf::infinite, left_--).await([this] { Produce(); });
  }

  const actor consumer_;
  const int window_;
  int64_t left_;
};

// At most `bound` of the numbers are under way.
void RunManyToOne(actor_system& system, const char* figure, int producers, int64_t numbers,
                  int bound) {
  const int64_t each = numbers / producers;
  scoped_actor self(system);
  const actor consumer = system.spawn<Consumer>(each * producers, actor(self));
  const Stopwatch watch;
  for (int i = 0; i < producers; ++i) {
    self->send(system.spawn<Producer, caf::lazy_init>(consumer, each, bound / producers),
               caf::tick_atom::value);
  }
  ExpectEqual(Receive(self), producers * each * (each + 1) / 2, "sum");
  PrintFigure(figure, watch.PerSecond(each * producers), "/s");
}

behavior Counter(event_based_actor* self, const actor& consumer) {
  return {[=](caf::tick_atom) { self->send(consumer, int64_t{1}); }};
}

void RunSpawn(actor_system& system, double scale) {
  const int64_t actors = Scaled(1'000'000, scale);
  scoped_actor self(system);
  const actor consumer = system.spawn<Consumer>(actors, actor(self));
  std::vector<actor> counters;
  counters.reserve(actors);
  malloc_trim(0);
  const int64_t before = troupe::bench::ResidentBytes();
  const Stopwatch watch;
  for (int64_t i = 0; i < actors; ++i) {
    counters.push_back(system.spawn<caf::lazy_init>(Counter, consumer));
    self->send(counters.back(), caf::tick_atom::value);
  }
  ExpectEqual(Receive(self), actors, "messages");
  const double per_second = watch.PerSecond(actors);
  malloc_trim(0);
  const int64_t bytes = troupe::bench::ResidentBytes() - before;
  PrintFigure("spawn", per_second, "/s");
  PrintFigure("spawn_bytes", static_cast<double>(bytes) / static_cast<double>(actors), "bytes");
  Exit(counters);
}

// Spawns two like itself, sums what they count, tells its parent, ends.
class Branch : public event_based_actor {
 public:
  Branch(caf::actor_config& config, actor parent)
      : event_based_actor(config), parent_(std::move(parent)) {}

  behavior make_behavior() override {
    return {
        [this](int32_t levels) {
          if (levels == 1) return Answer();
          for (int i = 0; i < 2; ++i) {
            send(spawn<Branch, caf::lazy_init>(caf::actor_cast<actor>(this)), levels - 1);
          }
        },
        [this](int64_t count) {
          count_ += count;
          if (--unanswered_ == 0) Answer();
        },
    };
  }

 private:
  void Answer() {
    send(parent_, count_);
    quit();
  }

  const actor parent_;
  int64_t count_ = 1;
  int unanswered_ = 2;
};

void RunForkJoin(actor_system& system, double scale) {
  int32_t levels = 1;
  while ((int64_t{1} << (levels + 1)) <= Scaled(int64_t{1} << 20, scale)) ++levels;
  const int64_t actors = (int64_t{1} << levels) - 1;
  scoped_actor self(system);
  const Stopwatch watch;
  self->send(system.spawn<Branch, caf::lazy_init>(actor(self)), levels);
  ExpectEqual(Receive(self), actors, "actors");
  PrintFigure("fork_join", watch.PerSecond(actors), "/s");
}

behavior Adder() {
  return {[](int64_t i) { return i + 1; }};
}

class Asker : public event_based_actor {
 public:
  Asker(caf::actor_config& config, actor adder, int64_t target, actor done)
      : event_based_actor(config), adder_(std::move(adder)), target_(target), done_(done) {}

  behavior make_behavior() override {
    return {[this](caf::tick_atom) { Ask(0); }};
  }

 private:
  void Ask(int64_t i) {
    request(adder_, caf::infinite, i).await([this](int64_t answer) {
      if (answer < target_) return Ask(answer);
      send(done_, answer);
      quit();
    });
  }

  const actor adder_;
  const int64_t target_;
  const actor done_;
};

void RunActorAsk(actor_system& system, double scale) {
  const int64_t calls = Scaled(2'000'000, scale);
  scoped_actor self(system);
  const actor adder = system.spawn(Adder);
  const actor asker = system.spawn<Asker>(adder, calls, actor(self));
  const Stopwatch watch;
  self->send(asker, caf::tick_atom::value);
  ExpectEqual(Receive(self), calls, "answer");
  PrintFigure("actor_ask", watch.PerSecond(calls), "/s");
  Exit({adder});
}

// The main thread asks, through a scoped_actor: CAF's bridge for threads that are no actors.
void RunAsk(actor_system& system, const char* figure, size_t outstanding, int64_t calls) {
  scoped_actor self(system);
  const actor adder = system.spawn(Adder);
  std::deque<decltype(self->request(adder, caf::infinite, int64_t{0}))> handles;
  int64_t sum = 0;
  const Stopwatch watch;
  for (int64_t sent = 0; sent < calls || !handles.empty();) {
    if (sent < calls && handles.size() < outstanding) {
      handles.push_back(self->request(adder, caf::infinite, sent++));
      continue;
    }
    handles.front().receive([&sum](int64_t answer) { sum += answer - 1; }, Fail);
    handles.pop_front();
  }
  const double per_second = watch.PerSecond(calls);
  ExpectEqual(sum, calls * (calls - 1) / 2, "sum of the answers");
  PrintFigure(figure, per_second, "/s");
  Exit({adder});
}

// Asks the next one and blocks; each has a thread of its own, as CAF requires.
void Relay(caf::blocking_actor* self, const actor& next) {
  bool running = true;
  self->receive_while(running)(
      [&](int64_t start) {
        int64_t result = start + 1;
        if (next) {
          self->request(next, caf::infinite, result)
              .receive([&result](int64_t answer) { result = answer; }, Fail);
        }
        return result;
      },
      [&running](const caf::exit_msg&) { running = false; });
}

void RunBlockingChain(actor_system& system, double scale) {
  constexpr int kActors = 64;
  const int64_t chains = Scaled(2'000, scale);
  scoped_actor self(system);
  std::vector<actor> relays = {actor()};
  for (int i = 0; i < kActors; ++i) {
    relays.push_back(system.spawn<caf::detached>(Relay, relays.back()));
  }
  const auto count = [&](int64_t start) {
    self->request(relays.back(), caf::infinite, start)
        .receive([&](int64_t answer) { ExpectEqual(answer, start + kActors, "relays"); }, Fail);
  };
  count(0);
  const Stopwatch watch;
  for (int64_t i = 0; i < chains; ++i) count(i);
  PrintFigure("blocking_chain", watch.PerSecond(chains * kActors), "/s");
  Exit({relays.begin() + 1, relays.end()});
}

using Row = std::function<void(actor_system&, double scale)>;

const std::map<std::string, Row>& Rows() {
  static const auto* const rows = new std::map<std::string, Row>{
      {"ping_pong", RunPingPong},
      {"one_to_one",
       [](auto& system, double s) {
         RunManyToOne(system, "one_to_one", 1, Scaled(10'000'000, s), kWindow);
       }},
      {"four_to_one",
       [](auto& system, double s) {
         RunManyToOne(system, "four_to_one", 4, Scaled(10'000'000, s), kWindow);
       }},
      {"bounded",
       [](auto& system, double s) {
         RunManyToOne(system, "bounded", 8, Scaled(2'000'000, s), kBound);
       }},
      {"ring", RunRing},
      {"spawn", RunSpawn},
      {"fork_join", RunForkJoin},
      {"actor_ask", RunActorAsk},
      {"ask_1", [](auto& system, double s) { RunAsk(system, "ask_1", 1, Scaled(100'000, s)); }},
      {"ask_1000",
       [](auto& system, double s) { RunAsk(system, "ask_1000", 1'000, Scaled(2'000'000, s)); }},
      {"blocking_chain", RunBlockingChain},
  };
  return *rows;
}

}  // namespace

int main(int argc, char** argv) {
  const auto row = argc > 1 ? Rows().find(argv[1]) : Rows().end();
  if (row == Rows().end()) {
    std::fprintf(stderr, "usage: %s ROW [SCALE]; rows:", argv[0]);
    for (const auto& each : Rows()) std::fprintf(stderr, " %s", each.first.c_str());
    std::fputs("\n", stderr);
    return 2;
  }
  caf::actor_system_config config;
  // CAF itself takes four where there are fewer cores.
  config.set("scheduler.max-threads", std::max(1U, std::thread::hardware_concurrency()));
  actor_system system(config);
  row->second(system, argc > 2 ? std::atof(argv[2]) : 1);
  return 0;
}

// The remote rows in CAF 0.17: actors of two processes over its middleman (TCP on loopback).
//
//   remote ROW [SCALE]
//
// Event-based actors, which the manual recommends over blocking ones. Requests have no timeout of
// their own, which would cost a timer each; the whole program has one instead. CAF bounds no queue,
// so the one-way rows keep two windows of messages under way, as Troupe's do. Left out: the idle
// and the busy-polling rows, which are about Troupe's own options.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "caf/all.hpp"
#include "caf/io/all.hpp"
#include "glog/logging.h"
#include "tests/bench/figures.h"
#include "tests/bench/measure.h"
#include "tests/bench/other_process.h"

namespace {

using troupe::bench::Figures;
using troupe::bench::OtherProcess;
using troupe::bench::Stopwatch;

constexpr int kRowSeconds = 300;

using TellAtom = caf::atom_constant<caf::atom("tell")>;
using TakeAtom = caf::atom_constant<caf::atom("take")>;
using AnotherAtom = caf::atom_constant<caf::atom("another")>;

// The work-sharing scheduler for one message at a time, since its workers wait for work; those of
// the default one look for it with pauses of 50 us and more, and do better where there is much.
class Config : public caf::actor_system_config {
 public:
  explicit Config(const std::string& row) {
    load<caf::io::middleman>();
    set("scheduler.max-threads", std::max(1U, std::thread::hardware_concurrency()));
    if (row == "ask") set("scheduler.policy", caf::atom("sharing"));
  }
};

struct Counts {
  int64_t messages = 0;
  int64_t bytes = 0;
};

// Answers what it is asked, counts what it is told, and makes more of its kind.
caf::behavior Echo(caf::stateful_actor<Counts>* self) {
  return {
      [](std::string& text) { return std::move(text); },
      [self](TellAtom, const std::string& text) {
        ++self->state.messages;
        self->state.bytes += static_cast<int64_t>(text.size());
      },
      [self](TakeAtom) {
        const Counts counts = std::exchange(self->state, Counts());
        return std::make_tuple(counts.messages, counts.bytes);
      },
      [self](AnotherAtom) { return caf::actor_cast<caf::actor>(self->spawn(Echo)); },
  };
}

// Asks one question after another, then answers how many were answered as they should.
struct Asking {
  caf::actor echo;
  std::string text;
  int64_t left = 0;
  int64_t right = 0;
  std::vector<double>* micros = nullptr;  // of each round, if wanted
  Stopwatch watch;
  caf::typed_response_promise<int64_t> done;
};

void AskNext(caf::stateful_actor<Asking>* self) {
  Asking& state = self->state;
  if (state.left-- == 0) {
    state.done.deliver(state.right);
    return;
  }
  state.watch = Stopwatch();
  self->request(state.echo, caf::infinite, state.text).then([self](const std::string& answer) {
    Asking& state = self->state;
    if (state.micros != nullptr) state.micros->push_back(state.watch.Micros());
    state.right += answer == state.text;
    AskNext(self);
  });
}

caf::behavior Asker(caf::stateful_actor<Asking>* self, caf::actor echo,
                    std::vector<double>* micros) {
  self->state.echo = std::move(echo);
  self->state.text = std::string(64, 'x');
  self->state.micros = micros;
  return {[self](int64_t questions) {
    self->state.left = questions;
    self->state.done = self->make_response_promise<int64_t>();
    AskNext(self);
    return self->state.done;
  }};
}

// Tells, with at most two windows under way, then answers how many bytes have arrived.
struct Telling {
  caf::actor echo;
  std::string text;
  int64_t window = 0;
  int64_t left = 0;
  int64_t missing = 0;  // messages
  int64_t bytes = 0;
  caf::typed_response_promise<int64_t> done;
};

void TellWindow(caf::stateful_actor<Telling>* self) {
  Telling& state = self->state;
  const int64_t count = std::min(state.window, state.left);
  if (count == 0) return;
  state.left -= count;
  for (int64_t i = 0; i < count; ++i) self->send(state.echo, TellAtom::value, state.text);
  self->request(state.echo, caf::infinite, TakeAtom::value)
      .then([self](int64_t messages, int64_t bytes) {
        self->state.missing -= messages;
        self->state.bytes += bytes;
        TellWindow(self);
        if (self->state.missing == 0) self->state.done.deliver(self->state.bytes);
      });
}

caf::behavior Teller(caf::stateful_actor<Telling>* self, caf::actor echo, size_t bytes,
                     int64_t window) {
  self->state.echo = std::move(echo);
  self->state.text = std::string(bytes, 'x');
  self->state.window = window;
  return {[self](int64_t messages) {
    self->state.left = self->state.missing = messages;
    self->state.done = self->make_response_promise<int64_t>();
    TellWindow(self);
    TellWindow(self);
    return self->state.done;
  }};
}

// The calling process's side.
class Bench {
 public:
  Bench(std::string row, double scale) : row_(std::move(row)), scale_(scale) {}

  Figures Ask() {
    std::vector<double> micros;
    const caf::actor asker = system_.spawn(Asker, Connect(system_), &micros);
    const int64_t rounds = Scaled(20'000);
    CHECK_EQ(Result(asker, rounds), rounds);
    return troupe::bench::Percentiles(row_, std::move(micros));
  }

  template <int outstanding>
  Figures Asks() {
    return AsksOf(std::vector<caf::actor>(outstanding, Connect(system_)));
  }

  Figures ManyToMany() {
    const caf::actor first = Connect(system_);
    std::vector<caf::actor> echoes;
    for (int i = 0; i < 1000; ++i) {
      self_->request(first, caf::infinite, AnotherAtom::value)
          .receive([&echoes](const caf::actor& echo) { echoes.push_back(echo); }, &Fail);
    }
    return AsksOf(echoes);
  }

  Figures OneWay() {
    const int64_t messages = Scaled(500'000);
    const troupe::bench::CpuWatch cpu(other_);
    const double seconds = Tell(64, messages, 20'000);
    Figures figures = cpu.PerMessage(row_, static_cast<double>(messages));
    figures.push_back(troupe::bench::Rate(row_, static_cast<double>(messages), seconds));
    return figures;
  }

  template <int64_t bytes>
  Figures Bytes() {
    const int64_t messages = Scaled((256 << 20) / std::max<int64_t>(bytes, 4 << 10));
    const double seconds = Tell(bytes, messages, std::max<int64_t>(4, (4 << 20) / bytes));
    return {troupe::bench::MegabyteRate(row_, static_cast<double>(bytes * messages), seconds)};
  }

  // A system of its own each time: one system keeps its connections.
  Figures ConnectRounds() {
    std::vector<double> rounds;
    for (int64_t i = 0; i < Scaled(50); ++i) {
      const Stopwatch watch;
      Config config(row_);
      caf::actor_system system(config);
      Connect(system);
      rounds.push_back(watch.Micros());
    }
    return {{row_, troupe::bench::Median(std::move(rounds)), "us"}};
  }

 private:
  static void Fail(const caf::error& error) { LOG(FATAL) << "CAF: " << caf::to_string(error); }
  int64_t Scaled(int64_t full) const { return troupe::bench::Scaled(full, scale_); }

  // The other process's echo, once it has answered.
  caf::actor Connect(caf::actor_system& system) {
    const std::string& port = other_.address();
    auto echo =
        system.middleman().remote_actor("127.0.0.1", static_cast<uint16_t>(std::stoi(port)));
    if (!echo) LOG(FATAL) << "CAF: " << system.render(echo.error());
    caf::scoped_actor self(system);
    const std::string text(64, 'x');
    self->request(*echo, caf::infinite, text)
        .receive([&text](const std::string& answer) { CHECK_EQ(answer, text); }, &Fail);
    return *echo;
  }

  int64_t Result(const caf::actor& worker, int64_t work) {
    int64_t result = 0;
    self_->request(worker, caf::infinite, work)
        .receive([&result](int64_t got) { result = got; }, &Fail);
    return result;
  }

  // As many actors here as there are echoes ask one question at a time, each its own echo.
  Figures AsksOf(const std::vector<caf::actor>& echoes) {
    const int64_t each =
        std::max<int64_t>(1, Scaled(200'000) / static_cast<int64_t>(echoes.size()));
    std::vector<caf::actor> askers;
    for (const caf::actor& echo : echoes) {
      askers.push_back(system_.spawn(Asker, echo, nullptr));
    }
    const troupe::bench::CpuWatch cpu(other_);
    const Stopwatch watch;
    for (const caf::actor& asker : askers) self_->send(asker, each);
    int64_t right = 0;
    size_t ended = 0;
    self_->receive_for(ended, askers.size())([&right](int64_t got) { right += got; });
    const double seconds = watch.Seconds();
    Figures figures = cpu.PerMessage(row_, static_cast<double>(right));
    CHECK_EQ(right, each * static_cast<int64_t>(echoes.size()));
    figures.push_back(troupe::bench::Rate(row_, static_cast<double>(right), seconds));
    return figures;
  }

  // Seconds for `messages` of `bytes` one way.
  double Tell(size_t bytes, int64_t messages, int64_t window) {
    const caf::actor teller = system_.spawn(Teller, Connect(system_), bytes, window);
    const Stopwatch watch;
    CHECK_EQ(Result(teller, messages), messages * static_cast<int64_t>(bytes));
    return watch.Seconds();
  }

  const std::string row_;
  const double scale_;
  OtherProcess other_{{"--serve", row_}};
  Config config_{row_};
  caf::actor_system system_{config_};
  caf::scoped_actor self_{system_};
};

int Serve(const std::string& row) {
  troupe::bench::EndWithin(kRowSeconds);
  Config config(row);
  caf::actor_system system(config);
  const caf::actor echo = system.spawn(Echo);
  const auto port = system.middleman().publish(echo, 0, "127.0.0.1");
  if (!port) LOG(FATAL) << "CAF: " << system.render(port.error());
  troupe::bench::AnnounceAndWait(std::to_string(*port));
  _exit(0);  // the system would wait for the end of its actors
}

}  // namespace

int main(int argc, char** argv) {
  const std::string row = argc > 1 ? argv[1] : "";
  if (row == "--serve" && argc > 2) return Serve(argv[2]);
  troupe::bench::EndWithin(kRowSeconds);
  using Run = Figures (Bench::*)();
  const std::map<std::string, Run> rows = {
      {"ask", &Bench::Ask},
      {"asks_16", &Bench::Asks<16>},
      {"asks_256", &Bench::Asks<256>},
      {"asks_4096", &Bench::Asks<4096>},
      {"many_to_many", &Bench::ManyToMany},
      {"one_way_64", &Bench::OneWay},
      {"bytes_1k", &Bench::Bytes<1 << 10>},
      {"bytes_64k", &Bench::Bytes<64 << 10>},
      {"bytes_1m", &Bench::Bytes<1 << 20>},
      {"connect", &Bench::ConnectRounds},
  };
  const auto found = rows.find(row);
  if (found == rows.end()) {
    std::cerr << "usage: remote ROW [SCALE]; no such row: " << row << "\n";
    return 2;
  }
  Bench bench(row, argc > 2 ? std::atof(argv[2]) : 1.0);
  troupe::bench::PrintPlain((bench.*found->second)());
  _exit(0);  // as above
}

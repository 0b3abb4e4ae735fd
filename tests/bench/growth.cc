// How the cost of Troupe's work grows with the number of actors, the size of messages, the number
// of other processes and that of calls under way.
//
//   bazel run //tests/bench:growth -- --only=actors_1000 [--scale=1]
//
// Each row is one size of one of these, AXIS_SIZE: actors_1000, size_65536, peers_8, pending_100.
// It checks its result and prints lines FIGURE VALUE UNIT. Memory is exact with one row a process.

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "glog/logging.h"
#include "tests/bench/figures.h"
#include "tests/bench/measure.h"
#include "tests/bench/other_process.h"
#include "troupe.h"

ABSL_FLAG(std::vector<std::string>, only, {}, "rows to run, by name; all if empty");
ABSL_FLAG(double, scale, 1.0, "share of the full number of messages");
ABSL_FLAG(bool, serve, false, "for the other processes: be one");

namespace {

using troupe::Future;
using troupe::Node;
using troupe::Ref;
using troupe::Task;
using troupe::bench::Figure;
using troupe::bench::Figures;
using troupe::bench::OtherProcess;
using troupe::bench::Stopwatch;

constexpr int kRowSeconds = 300;

int64_t Scaled(int64_t full) { return troupe::bench::Scaled(full, absl::GetFlag(FLAGS_scale)); }

// A line of /proc/self/status, in bytes: "VmRSS" is what is resident, "VmHWM" the most there was.
int64_t Memory(absl::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, absl::StrCat(name, ":"))) continue;
    int64_t kilobytes = 0;
    CHECK(absl::SimpleAtoi(absl::StripSuffix(absl::StripAsciiWhitespace(rest), " kB"), &kilobytes));
    return kilobytes * 1024;
  }
  LOG(FATAL) << "no " << name << " in /proc/self/status";
}

int64_t ResidentBytes() {
  malloc_trim(0);
  return Memory("VmRSS");
}

Figure BytesEach(const std::string& name, int64_t bytes, int64_t count) {
  return {absl::StrCat(name, "_bytes"),
          static_cast<double>(std::max<int64_t>(bytes, 0)) / static_cast<double>(count), "bytes"};
}

std::unique_ptr<Node> NewNode(std::vector<troupe::HostedClass> classes) {
  absl::StatusOr<std::unique_ptr<Node>> node =
      Node::Create({.listen = "127.0.0.1:0", .classes = std::move(classes)});
  CHECK(node.ok()) << node.status();
  return *std::move(node);
}

// ---- actors

// How many are still to come, of actors and then of tokens.
struct Countdown {
  explicit Countdown(int64_t count) : left(count) {}
  void Down() {
    if (left.fetch_sub(1) == 1) (void)done.Set(0);
  }
  std::atomic<int64_t> left;
  troupe::Promise<int64_t> done;
};

// Hands tokens on to the next one.
class Hop : public troupe::Actor {
 public:
  static constexpr bool kLocalOnly = true;
  void Connect(Ref<Hop> next, Countdown* connected, Countdown* ended) {
    next_ = std::move(next);
    ended_ = ended;
    connected->Down();
  }
  void Token(int64_t left);

 private:
  Ref<Hop> next_;
  Countdown* ended_ = nullptr;
};
TROUPE_ACTOR(Hop, Connect, Token)

void Hop::Token(int64_t left) {
  if (left == 0) {
    ended_->Down();
  } else {
    next_.Tell<&Hop::Token>(left - 1);
  }
}

constexpr int64_t kStride = 7919;  // a prime: the way comes by all of them

// `hops` from block to block, a word of each cache line changed; how many a second.
double WalkAlone(int64_t blocks, int64_t hops) {
  struct alignas(64) Line {
    Line* next = nullptr;
    int64_t visits = 0;
  };
  constexpr int64_t kLines = 6;
  std::vector<Line> lines(static_cast<size_t>(blocks * kLines));
  for (int64_t i = 0; i < blocks; ++i) {
    lines[i * kLines].next = &lines[(i + kStride) % blocks * kLines];
  }
  Line* at = lines.data();
  const Stopwatch watch;
  for (int64_t i = 0; i < hops; ++i) {
    for (int64_t j = 0; j < kLines; ++j) ++at[j].visits;
    at = at->next;
  }
  const double seconds = watch.Seconds();
  int64_t visits = 0;
  for (const Line& line : lines) visits += line.visits;
  CHECK_EQ(visits, hops * kLines);
  return static_cast<double>(hops) / seconds;
}

// The same way as Actors over bare memory: blocks of an actor's size, shared out to as many
// threads, each with a core's cache to itself. What it costs more among many blocks, it costs
// because of the caches.
Figure Walk(const std::string& row, int64_t blocks) {
  const int64_t threads = std::max(1u, std::thread::hardware_concurrency());
  const int64_t hops = Scaled(4'000'000) / threads;
  std::vector<double> rates(static_cast<size_t>(threads));
  std::vector<std::thread> walkers;
  for (double& rate : rates) {
    walkers.emplace_back(
        [&rate, blocks, threads, hops] { rate = WalkAlone(blocks / threads, hops); });
  }
  for (std::thread& walker : walkers) walker.join();
  return {row + "_walk_rate", std::accumulate(rates.begin(), rates.end(), 0.0), "/s"};
}

// A thousand tokens go round all actors, from each to one that was made long before or after it.
Figures Actors(const std::string& row, int64_t actors) {
  constexpr int64_t kTokens = 1000;
  const int64_t hops = std::max<int64_t>(1, Scaled(4'000'000) / kTokens);
  Countdown connected(actors);
  Countdown ended(kTokens);
  troupe::ActorSystem system;
  std::vector<Ref<Hop>> all;
  all.reserve(actors);
  const int64_t before = ResidentBytes();
  for (int64_t i = 0; i < actors; ++i) all.push_back(system.Spawn<Hop>());
  for (int64_t i = 0; i < actors; ++i) {
    all[i].Tell<&Hop::Connect>(all[(i + kStride) % actors], &connected, &ended);
  }
  CHECK_EQ(*connected.done.future().Get(), 0);
  const Figure bytes = BytesEach(row, ResidentBytes() - before, actors);
  const Stopwatch watch;
  for (int64_t i = 0; i < kTokens; ++i) all[i * (actors / kTokens)].Tell<&Hop::Token>(hops);
  CHECK_EQ(*ended.done.future().Get(), 0);
  const double seconds = watch.Seconds();
  return {troupe::bench::Rate(row + "_rate", static_cast<double>(kTokens * hops), seconds),
          Walk(row, actors), bytes};
}

// ---- other processes

class Echo : public troupe::Actor {
 public:
  int64_t Ask(int64_t number) { return number; }
  int64_t Size(std::string text) { return static_cast<int64_t>(text.size()); }
  // Answers nothing before Release, which says how many it answers then.
  Future<int64_t> Hold(int64_t number) {
    held_.emplace_back(number, troupe::Promise<int64_t>());
    return held_.back().second.future();
  }
  int64_t Release() {
    for (auto& [number, promise] : held_) (void)promise.Set(number);
    return static_cast<int64_t>(std::exchange(held_, {}).size());
  }

 private:
  std::vector<std::pair<int64_t, troupe::Promise<int64_t>>> held_;
};
TROUPE_ACTOR(Echo, Ask, Size, Hold, Release)

// Asks one question after another, wherever it and the echo are.
class Asker : public troupe::Actor {
 public:
  Task<int64_t> Run(Ref<Echo> echo, int64_t questions) {
    int64_t right = 0;
    for (int64_t i = 0; i < questions; ++i) {
      const int64_t answer = co_await echo->Ask(i);
      right += answer == i;
    }
    co_return right;
  }
};
TROUPE_ACTOR(Asker, Run)

std::vector<troupe::HostedClass> Classes() {
  return {troupe::Hosts<Echo>(), troupe::Hosts<Asker>()};
}

std::unique_ptr<OtherProcess> NewOther() {
  return std::make_unique<OtherProcess>(std::vector<std::string>{"--serve"});
}

Ref<Echo> EchoAt(const Node& node, const std::string& address) {
  const Ref<Echo> echo = node.At(address).Spawn<Echo>();
  CHECK_EQ(*echo->Ask(1).Get(), 1);
  return echo;
}

// At most so many messages under way as a program would have that minds its memory.
Figures Size(const std::string& row, int64_t size) {
  constexpr int64_t kMiB = 1 << 20;
  const int64_t window = std::clamp<int64_t>(4 * kMiB / size, 4, 1024);
  const int64_t messages =
      std::clamp<int64_t>(Scaled(1024 * kMiB) / size, 2 * window, Scaled(1'000'000) + 2 * window);
  const std::unique_ptr<OtherProcess> other = NewOther();
  const std::unique_ptr<Node> node = NewNode({});
  const Ref<Echo> echo = EchoAt(*node, other->address());
  const std::string text(static_cast<size_t>(size), 'x');
  std::vector<Future<int64_t>> sent(static_cast<size_t>(window));
  const int64_t before = ResidentBytes();
  int64_t bytes = 0;
  const Stopwatch watch;
  for (int64_t i = 0; i < messages + window; ++i) {
    Future<int64_t>& slot = sent[i % window];
    if (slot.valid()) bytes += std::exchange(slot, {}).Get().value();
    if (i < messages) slot = echo->Size(text);
  }
  const double seconds = watch.Seconds();
  CHECK_EQ(bytes, messages * size);
  return {troupe::bench::Rate(row + "_rate", static_cast<double>(messages), seconds),
          BytesEach(row, Memory("VmHWM") - before, window * size)};
}

// Of asks/s, with every asker asking its echo.
Figure AsksOf(const std::string& name, const std::vector<Ref<Asker>>& askers,
              const std::vector<Ref<Echo>>& echos) {
  const int64_t each = std::max<int64_t>(20, Scaled(300'000) / std::ssize(askers));
  const Stopwatch watch;
  std::vector<Future<int64_t>> runs;
  for (size_t i = 0; i < askers.size(); ++i) {
    runs.push_back(askers[i]->Run(echos[i % echos.size()], each));
  }
  int64_t right = 0;
  for (const Future<int64_t>& run : runs) right += run.Get().value();
  CHECK_EQ(right, each * std::ssize(askers));
  return troupe::bench::Rate(name, static_cast<double>(right), watch.Seconds());
}

// Sixteen askers for each other process: first these ask here, then those here ask there.
Figures Peers(const std::string& row, int64_t count) {
  constexpr int kAskers = 16;
  const std::unique_ptr<OtherProcess> first = NewOther();  // what there is of memory once
  std::vector<std::unique_ptr<OtherProcess>> others;
  for (int64_t i = 0; i < count; ++i) others.push_back(NewOther());
  const std::unique_ptr<Node> node = NewNode({});
  EchoAt(*node, first->address()).Stop();
  const Ref<Echo> here = node->Spawn<Echo>();
  const int64_t before = ResidentBytes();
  std::vector<Ref<Echo>> echos;
  for (const auto& other : others) echos.push_back(EchoAt(*node, other->address()));
  std::vector<Ref<Asker>> there;
  std::vector<Ref<Asker>> askers;
  for (int i = 0; i < kAskers; ++i) {
    for (const auto& other : others) {
      there.push_back(node->At(other->address()).Spawn<Asker>());
      askers.push_back(node->Spawn<Asker>());
    }
  }
  Figures figures = {AsksOf(row + "_in_rate", there, {here}),
                     AsksOf(row + "_out_rate", askers, echos)};
  figures.push_back(BytesEach(row, ResidentBytes() - before, count));
  return figures;
}

Figures Pending(const std::string& row, int64_t outstanding) {
  const std::unique_ptr<OtherProcess> other = NewOther();
  const std::unique_ptr<Node> node = NewNode({});
  const Ref<Echo> echo = EchoAt(*node, other->address());
  std::vector<Future<int64_t>> calls(static_cast<size_t>(outstanding));
  Figures figures;
  const int64_t before = ResidentBytes();
  for (int64_t i = 0; i < outstanding; ++i) calls[i] = echo->Hold(i);
  // Behind them, and answered when all of them are held.
  CHECK_EQ(*echo->Ask(1).Get(), 1);
  // Few calls hide in pages that are there anyway.
  if (outstanding >= 1000) {
    figures.push_back(BytesEach(row, ResidentBytes() - before, outstanding));
  }
  CHECK_EQ(*echo->Release().Get(), outstanding);
  for (int64_t i = 0; i < outstanding; ++i) CHECK_EQ(*calls[i].Get(), i);

  const int64_t total = std::max(2 * outstanding, Scaled(outstanding == 1    ? 20'000
                                                         : outstanding < 100 ? 100'000
                                                                             : 1'000'000));
  const Stopwatch watch;
  for (int64_t i = 0; i < total; ++i) {
    Future<int64_t>& slot = calls[i % outstanding];
    if (i >= outstanding) CHECK_EQ(*slot.Get(), i - outstanding);
    slot = echo->Ask(i);
  }
  for (const Future<int64_t>& call : calls) CHECK(call.Get().ok());
  figures.push_back(
      troupe::bench::Rate(row + "_rate", static_cast<double>(total), watch.Seconds()));
  return figures;
}

struct Axis {
  std::string name;
  std::vector<int64_t> sizes;
  std::function<Figures(const std::string& row, int64_t size)> run;
};

std::vector<Axis> Axes() {
  return {
      {"actors", {1000, 10'000, 100'000, 1'000'000}, Actors},
      {"size", {16, 256, 4096, 65'536, 1'048'576, 16'777'216}, Size},
      {"peers", {1, 2, 4, 8, 16, 32}, Peers},
      {"pending", {1, 10, 100, 1000, 10'000, 100'000}, Pending},
  };
}

int Run() {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  bool ran = false;
  for (const Axis& axis : Axes()) {
    for (const int64_t size : axis.sizes) {
      const std::string row = absl::StrCat(axis.name, "_", size);
      if (!only.empty() && std::find(only.begin(), only.end(), row) == only.end()) continue;
      troupe::bench::EndWithin(kRowSeconds);
      troupe::bench::PrintPlain(axis.run(row, size));
      ran = true;
    }
  }
  if (!ran) std::cerr << "no such row\n";
  return ran ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures how costs grow");
  absl::ParseCommandLine(argc, argv);
  FLAGS_logtostderr = true;
  signal(SIGPIPE, SIG_IGN);
  if (!absl::GetFlag(FLAGS_serve)) return Run();
  const std::unique_ptr<Node> node = NewNode(Classes());
  troupe::bench::AnnounceAndWait(node->address());
  return 0;
}

// What the runtime reaches inside one process: message rates, spawning, memory, calls with futures.
//
//   bazel run //tests/bench:local -- [--only=NAME[,NAME]] [--runs=5] [--threads=0] [--scale=1]
//
// Each row is the median of --runs runs, with the fastest and slowest beside it. Every run checks
// its result.

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "glog/logging.h"
#include "troupe.h"

ABSL_FLAG(std::vector<std::string>, only, {}, "rows to run, by name; all if empty");
ABSL_FLAG(int, runs, 5, "runs of each row");
ABSL_FLAG(int, threads, 0, "worker threads; 0: one for each core");
ABSL_FLAG(double, scale, 1.0, "share of the full number of messages and actors");

namespace {

using troupe::ActorSystem;
using troupe::Future;
using troupe::Ref;
using troupe::Task;

int64_t Scaled(int64_t full) {
  return std::max<int64_t>(
      1, static_cast<int64_t>(static_cast<double>(full) * absl::GetFlag(FLAGS_scale)));
}

troupe::SystemOptions Options() {
  troupe::SystemOptions options;
  options.threads = absl::GetFlag(FLAGS_threads);
  return options;
}

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// A promise that travels by pointer within the process: how actors tell the main thread that they
// are done.
using Done = std::shared_ptr<troupe::Promise<int64_t>>;

std::pair<Done, Future<int64_t>> NewDone() {
  auto done = std::make_shared<troupe::Promise<int64_t>>();
  return {done, done->future()};
}

// Two actors that send one message to and fro; a round trip is two messages.
class PingPong : public troupe::Actor {
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

double RunPingPong() {
  const int64_t round_trips = Scaled(2'000'000);
  ActorSystem system(Options());
  const auto a = system.Spawn<PingPong>();
  const auto b = system.Spawn<PingPong>();
  auto [done, future] = NewDone();
  CHECK(a->Connect(b, done).Get().ok());
  CHECK(b->Connect(a, done).Get().ok());
  const Stopwatch watch;
  a.Tell<&PingPong::Ball>(2 * round_trips);
  CHECK_EQ(*future.Get(), 0);
  return static_cast<double>(round_trips) / watch.Seconds();
}

// Counts and sums what it is sent.
class Consumer : public troupe::Actor {
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

// Sends numbers in portions, so that it shares the threads; tries again later where the consumer's
// mailbox is full.
class Producer : public troupe::Actor {
 public:
  Producer(Ref<Consumer> consumer, int64_t numbers)
      : consumer_(std::move(consumer)), left_(numbers) {}
  void Produce();

 private:
  static constexpr int kPortion = 1024;
  const Ref<Consumer> consumer_;
  int64_t left_;
};
TROUPE_ACTOR(Producer, Produce)

void Producer::Produce() {
  for (int i = 0; i < kPortion && left_ > 0; ++i, --left_) {
    if (consumer_.Tell<&Consumer::Take>(left_) != troupe::SendResult::kSent) {
      After(absl::Milliseconds(1), [this] { Produce(); });
      return;
    }
  }
  if (left_ > 0) self<Producer>().Tell<&Producer::Produce>();
}

double RunManyToOne(int producers) {
  const int64_t each = Scaled(10'000'000) / producers;
  ActorSystem system(Options());
  auto [done, future] = NewDone();
  const auto consumer = system.Spawn<Consumer>(troupe::SpawnOptions{.mailbox_capacity = 2'000'000},
                                               each * producers, done);
  std::vector<Ref<Producer>> senders;
  for (int i = 0; i < producers; ++i) senders.push_back(system.Spawn<Producer>(consumer, each));
  const Stopwatch watch;
  for (const auto& sender : senders) sender.Tell<&Producer::Produce>();
  CHECK_EQ(*future.Get(), producers * each * (each + 1) / 2);
  return static_cast<double>(each * producers) / watch.Seconds();
}

// A ring of actors that hand a token on.
class Ring : public troupe::Actor {
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

double RunRing() {
  constexpr int kActors = 503;
  const int64_t hops = Scaled(5'000'000);
  ActorSystem system(Options());
  auto [done, future] = NewDone();
  std::vector<Ref<Ring>> ring;
  for (int i = 0; i < kActors; ++i) ring.push_back(system.Spawn<Ring>());
  for (int i = 0; i < kActors; ++i) {
    CHECK(ring[i]->Connect(ring[(i + 1) % kActors], done).Get().ok());
  }
  const Stopwatch watch;
  ring[0].Tell<&Ring::Token>(hops);
  CHECK_EQ(*future.Get(), 0);
  return static_cast<double>(hops) / watch.Seconds();
}

class Counter : public troupe::Actor {
 public:
  static constexpr bool kLocalOnly = true;
  explicit Counter(Ref<Consumer> consumer) : consumer_(std::move(consumer)) {}
  void Hit() { consumer_.Tell<&Consumer::Take>(1); }

 private:
  const Ref<Consumer> consumer_;
};
TROUPE_ACTOR(Counter, Hit)

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// Spawns actors, each gets one message and reports; the time runs until the last report.
double RunSpawn(double* bytes_per_actor) {
  const int64_t actors = Scaled(1'000'000);
  ActorSystem system(Options());
  auto [done, future] = NewDone();
  const auto consumer =
      system.Spawn<Consumer>(troupe::SpawnOptions{.mailbox_capacity = 2'000'000}, actors, done);
  std::vector<Ref<Counter>> refs;
  refs.reserve(actors);
  malloc_trim(0);
  const int64_t before = ResidentBytes();
  const Stopwatch watch;
  for (int64_t i = 0; i < actors; ++i) {
    refs.push_back(system.Spawn<Counter>(consumer));
    refs.back().Tell<&Counter::Hit>();
  }
  CHECK_EQ(*future.Get(), actors);
  const double seconds = watch.Seconds();
  malloc_trim(0);
  *bytes_per_actor = static_cast<double>(ResidentBytes() - before) / static_cast<double>(actors);
  return static_cast<double>(actors) / seconds;
}

class Adder : public troupe::Actor {
 public:
  int64_t AddOne(int64_t i) { return i + 1; }
};
TROUPE_ACTOR(Adder, AddOne)

// Calls from a plain thread, `outstanding` at a time.
double RunAsk(int outstanding, int64_t full) {
  const int64_t calls = Scaled(full);
  ActorSystem system(Options());
  const auto adder = system.Spawn<Adder>();
  std::vector<Future<int64_t>> futures(outstanding);
  const Stopwatch watch;
  int64_t sum = 0;
  for (int64_t i = 0; i < calls + outstanding; ++i) {
    Future<int64_t>& slot = futures[i % outstanding];
    if (slot.valid()) sum += *std::move(slot).Get() - 1;
    if (i < calls) slot = adder->AddOne(i);
  }
  const double seconds = watch.Seconds();
  CHECK_EQ(sum, calls * (calls - 1) / 2);
  return static_cast<double>(calls) / seconds;
}

class Asker : public troupe::Actor {
 public:
  explicit Asker(Ref<Adder> adder) : adder_(std::move(adder)) {}
  Task<int64_t> CountTo(int64_t target) {
    int64_t i = 0;
    while (i < target) i = co_await adder_->AddOne(i);
    co_return i;
  }

 private:
  const Ref<Adder> adder_;
};
TROUPE_ACTOR(Asker, CountTo)

// An actor that awaits another's answers, one after the other.
double RunActorAsk() {
  const int64_t calls = Scaled(2'000'000);
  ActorSystem system(Options());
  const auto asker = system.Spawn<Asker>(system.Spawn<Adder>());
  const Stopwatch watch;
  CHECK_EQ(*asker->CountTo(calls).Get(), calls);
  return static_cast<double>(calls) / watch.Seconds();
}

struct Row {
  std::string name;
  std::string unit;
  std::function<double()> run;
};

void Print(const Row& row, std::vector<double> results) {
  std::sort(results.begin(), results.end());
  std::printf("%s\n", absl::StrFormat("%-16s %14.0f  (%.0f to %.0f)  %s", row.name,
                                      results[results.size() / 2], results.front(), results.back(),
                                      row.unit)
                          .c_str());
  std::fflush(stdout);
}

bool Wanted(const std::string& name) {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures the runtime inside one process");
  absl::ParseCommandLine(argc, argv);
  FLAGS_logtostderr = true;

  std::vector<double> bytes;
  const std::vector<Row> rows = {
      {"ping_pong", "round trips/s", RunPingPong},
      {"one_to_one", "messages/s", [] { return RunManyToOne(1); }},
      {"four_to_one", "messages/s", [] { return RunManyToOne(4); }},
      {"ring", "hops/s", RunRing},
      {"spawn", "actors/s, each with one message",
       [&bytes] {
         bytes.push_back(0);
         return RunSpawn(&bytes.back());
       }},
      {"actor_ask", "calls/s, co_await, 1 outstanding", RunActorAsk},
      {"ask_1", "calls/s from a plain thread, 1 outstanding", [] { return RunAsk(1, 100'000); }},
      {"ask_1000", "calls/s from a plain thread, 1,000 outstanding",
       [] { return RunAsk(1000, 2'000'000); }},
  };
  for (const Row& row : rows) {
    if (!Wanted(row.name)) continue;
    std::vector<double> results;
    for (int i = 0; i < absl::GetFlag(FLAGS_runs); ++i) results.push_back(row.run());
    Print(row, std::move(results));
  }
  // Only the first run starts with a heap that later ones find warm.
  if (!bytes.empty())
    Print({"spawn_bytes", "resident bytes an idle actor", nullptr}, {bytes.front()});
  return 0;
}

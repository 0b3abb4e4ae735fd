// What calls between two processes on this machine reach, beside what gRPC itself does there.
//
//   bazel run //tests/bench:remote -- [--only=NAME[,NAME]] [--runs=5] [--scale=1] [--unix]
//
// Each row is the median of --runs runs, with the fastest and slowest beside it; the rows of Troupe
// and of plain gRPC are run in turn, so that both see the same machine. Every run checks its
// result.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "tests/bench/remote_raw.h"
#include "troupe.h"

ABSL_FLAG(std::vector<std::string>, only, {}, "rows to run, by name; all if empty");
ABSL_FLAG(int, runs, 5, "runs of each row");
ABSL_FLAG(double, scale, 1.0, "share of the full number of messages");
ABSL_FLAG(bool, unix, false, "over unix sockets");
ABSL_FLAG(std::string, serve, "", "for the other process: what it serves");

extern char** environ;

namespace {

using troupe::Future;
using troupe::Ref;
using troupe::Task;
using troupe::bench::RawOptions;

int64_t Scaled(int64_t full) {
  return std::max<int64_t>(
      1, static_cast<int64_t>(static_cast<double>(full) * absl::GetFlag(FLAGS_scale)));
}

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Answers what it is asked, and counts what it is told.
class Echo : public troupe::Actor {
 public:
  std::string Ask(std::string text) { return text; }
  void Tell(std::string text) {
    ++messages;
    bytes += static_cast<int64_t>(text.size());
  }
  // Behind all that was told before.
  std::pair<int64_t, int64_t> Take() {
    return {std::exchange(messages, 0), std::exchange(bytes, 0)};
  }

 private:
  int64_t messages = 0;
  int64_t bytes = 0;
};
TROUPE_ACTOR(Echo, Ask, Tell, Take)

// Asks one question after another.
class Asker : public troupe::Actor {
 public:
  explicit Asker(Ref<Echo> echo) : echo_(std::move(echo)) {}
  Task<int64_t> Run(int64_t questions, std::string text) {
    int64_t right = 0;
    for (int64_t i = 0; i < questions; ++i) {
      const std::string answer = co_await echo_->Ask(text);
      right += answer == text;
    }
    co_return right;
  }

 private:
  const Ref<Echo> echo_;
};
TROUPE_ACTOR(Asker, Run)

// Tells as fast as it may: when the outbox is full, it waits until the other side has taken all.
class Teller : public troupe::Actor {
 public:
  explicit Teller(Ref<Echo> echo) : echo_(std::move(echo)) {}
  Task<int64_t> Run(int64_t messages, std::string text) {
    int64_t arrived = 0;
    for (int64_t i = 0; i < messages; ++i) {
      // Half a million at a time: no mailbox and no outbox has to refuse any.
      if (i % kWindow == kWindow - 1) {
        const std::pair<int64_t, int64_t> taken = co_await echo_->Take();
        arrived += taken.first;
      }
      (void)echo_.Tell<&Echo::Tell>(text);
    }
    const std::pair<int64_t, int64_t> taken = co_await echo_->Take();
    co_return arrived + taken.first;
  }

 private:
  static constexpr int64_t kWindow = 500'000;
  const Ref<Echo> echo_;
};
TROUPE_ACTOR(Teller, Run)

// This program in another role, in another process; ends with it.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string& role) {
    int from_child[2];
    int to_child[2];
    PCHECK(pipe2(from_child, O_CLOEXEC) == 0 && pipe2(to_child, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    std::string serve = absl::StrCat("--serve=", role);
    std::string unix_flag = absl::GetFlag(FLAGS_unix) ? "--unix" : "--nounix";
    std::string program = "/proc/self/exe";
    char* arguments[] = {program.data(), serve.data(), unix_flag.data(), nullptr};
    CHECK_EQ(posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(to_child[0]);
    close(from_child[1]);
    stdin_ = to_child[1];
    FILE* output = fdopen(from_child[0], "r");
    char line[256];
    CHECK(fgets(line, sizeof(line), output) != nullptr) << "the other process did not start";
    address_ = std::string(line, strcspn(line, "\n"));
    fclose(output);
  }
  ~OtherProcess() {
    close(stdin_);  // which it waits for
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  const std::string& address() const { return address_; }

 private:
  pid_t pid_ = 0;
  int stdin_ = -1;
  std::string address_;
};

std::string ListenAddress(const std::string& role) {
  if (!absl::GetFlag(FLAGS_unix)) return "127.0.0.1:0";
  const char* folder = getenv("TMPDIR");
  return absl::StrCat("unix:", folder != nullptr ? folder : "/tmp", "/troupe-bench-", getpid(), "-",
                      role);
}

void AnnounceAndWait(const std::string& address) {
  std::cout << address << std::endl;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

RawOptions RawApi(const std::string& role) {
  RawOptions options;
  options.api = role == "callback" ? RawOptions::Api::kCallback : RawOptions::Api::kQueue;
  if (role == "spin") options.spin = absl::Microseconds(50);
  return options;
}

int Serve(const std::string& role) {
  if (role == "node") {
    auto node =
        troupe::Node::Create({.listen = ListenAddress(role), .classes = {troupe::Hosts<Echo>()}});
    CHECK(node.ok()) << node.status();
    AnnounceAndWait((*node)->address());
    return 0;
  }
  const troupe::bench::RawServer server(ListenAddress(role), RawApi(role));
  AnnounceAndWait(server.address());
  return 0;
}

struct Bench {
  std::unique_ptr<troupe::Node> node;
  std::map<std::string, std::unique_ptr<OtherProcess>> others;

  const std::string& At(const std::string& role) {
    std::unique_ptr<OtherProcess>& other = others[role];
    if (other == nullptr) other = std::make_unique<OtherProcess>(role);
    return other->address();
  }
  Ref<Echo> SpawnEcho() { return node->At(At("node")).Spawn<Echo>(); }
};

// Microseconds at a share of the sorted rounds.
double Percentile(std::vector<absl::Duration>& rounds, double share) {
  std::sort(rounds.begin(), rounds.end());
  const size_t at =
      std::min(rounds.size() - 1, static_cast<size_t>(share * static_cast<double>(rounds.size())));
  return absl::ToDoubleMicroseconds(rounds[at]);
}

std::vector<absl::Duration> AskRounds(Bench& bench) {
  const Ref<Echo> echo = bench.SpawnEcho();
  const std::string text(64, 'x');
  CHECK(echo->Ask(text).Get().ok());
  std::vector<absl::Duration> rounds;
  for (int64_t i = 0; i < Scaled(20'000); ++i) {
    const Stopwatch watch;
    const absl::StatusOr<std::string> answer = echo->Ask(text).Get();
    rounds.push_back(absl::Seconds(watch.Seconds()));
    CHECK(answer.ok() && *answer == text);
  }
  (void)echo.Stop();
  return rounds;
}

// The same while messages of almost the largest size go to another actor over there.
std::vector<absl::Duration> AskRoundsBesideLarge(Bench& bench) {
  const Ref<Echo> echo = bench.SpawnEcho();
  const Ref<Echo> sink = bench.SpawnEcho();
  const std::string text(64, 'x');
  CHECK(echo->Ask(text).Get().ok());
  std::atomic<bool> done{false};
  std::thread sender([&sink, &done] {
    const std::string large((size_t{64} << 20) - 4096, 'x');
    for (int64_t i = 0; i < Scaled(40); ++i) CHECK(sink->Tell(large).Get().ok());
    done.store(true);
  });
  std::vector<absl::Duration> rounds;
  while (!done.load()) {
    const Stopwatch watch;
    CHECK_EQ(*echo->Ask(text).Get(), text);
    rounds.push_back(absl::Seconds(watch.Seconds()));
  }
  sender.join();
  (void)echo.Stop();
  (void)sink.Stop();
  return rounds;
}

double ActorAskMicros(Bench& bench) {
  const Ref<Echo> echo = bench.SpawnEcho();
  const Ref<Asker> asker = bench.node->Spawn<Asker>(echo);
  const std::string text(64, 'x');
  const int64_t questions = Scaled(20'000);
  CHECK(asker->Run(1, text).Get().ok());
  const Stopwatch watch;
  CHECK_EQ(*asker->Run(questions, text).Get(), questions);
  const double micros = watch.Seconds() * 1e6 / static_cast<double>(questions);
  (void)asker.Stop();
  (void)echo.Stop();
  return micros;
}

double Asks(Bench& bench, int outstanding) {
  const Ref<Echo> echo = bench.SpawnEcho();
  std::vector<Ref<Asker>> askers;
  for (int i = 0; i < outstanding; ++i) askers.push_back(bench.node->Spawn<Asker>(echo));
  const std::string text(64, 'x');
  const int64_t total = Scaled(outstanding < 64 ? 200'000 : 1'000'000);
  const int64_t each = std::max<int64_t>(1, total / outstanding);
  CHECK(echo->Ask(text).Get().ok());
  const Stopwatch watch;
  std::vector<Future<int64_t>> runs;
  for (const Ref<Asker>& asker : askers) runs.push_back(asker->Run(each, text));
  int64_t right = 0;
  for (const Future<int64_t>& run : runs) right += run.Get().value();
  const double seconds = watch.Seconds();
  CHECK_EQ(right, each * outstanding);
  for (const Ref<Asker>& asker : askers) (void)asker.Stop();
  (void)echo.Stop();
  return static_cast<double>(right) / seconds;
}

double OneWay(Bench& bench, size_t bytes, int64_t messages) {
  const Ref<Echo> echo = bench.SpawnEcho();
  const Ref<Teller> teller = bench.node->Spawn<Teller>(echo);
  const std::string text(bytes, 'x');
  CHECK(echo->Ask("warm").Get().ok());
  const Stopwatch watch;
  const absl::StatusOr<int64_t> arrived = teller->Run(messages, text).Get();
  const double seconds = watch.Seconds();
  CHECK(arrived.ok()) << arrived.status();
  CHECK_EQ(*arrived, messages);
  (void)teller.Stop();
  (void)echo.Stop();
  return static_cast<double>(messages) / seconds;
}

// With at most four on the way, as a program would that does not want to fill memory.
double LargeMegabytes(Bench& bench) {
  constexpr size_t kBytes = 1 << 20;
  const Ref<Echo> echo = bench.SpawnEcho();
  const std::string text(kBytes, 'x');
  const int64_t messages = Scaled(400);
  CHECK(echo->Ask("warm").Get().ok());
  const Stopwatch watch;
  std::vector<Future<void>> sent;
  for (int64_t i = 0; i < messages; ++i) {
    if (sent.size() >= 4) CHECK(sent[sent.size() - 4].Get().ok());
    sent.push_back(echo->Tell(text));
  }
  for (const Future<void>& one : sent) CHECK(one.Get().ok());
  const double seconds = watch.Seconds();
  CHECK_EQ(echo->Take().Get()->first, messages);
  (void)echo.Stop();
  return static_cast<double>(kBytes) * static_cast<double>(messages) / 1e6 / seconds;
}

struct Row {
  std::string name;
  std::string unit;
  std::function<double(Bench&)> run;
};

std::vector<Row> Rows() {
  const auto raw_latency = [](const char* role, double share) {
    return [role, share](Bench& bench) {
      auto rounds = troupe::bench::RawPingPong(bench.At(role), RawApi(role),
                                               static_cast<int>(Scaled(20'000)));
      return Percentile(rounds, share);
    };
  };
  const auto raw_asks = [](int outstanding) {
    return [outstanding](Bench& bench) {
      return troupe::bench::RawAsks(bench.At("queue"), RawApi("queue"), outstanding,
                                    Scaled(outstanding < 64 ? 200'000 : 1'000'000));
    };
  };
  return {
      {"raw_ping_callback_p50", "us", raw_latency("callback", 0.5)},
      {"raw_ping_queue_p50", "us", raw_latency("queue", 0.5)},
      {"raw_ping_spin_p50", "us", raw_latency("spin", 0.5)},
      {"raw_ping_callback_p99", "us", raw_latency("callback", 0.99)},
      {"ask_p50", "us",
       [](Bench& bench) {
         auto rounds = AskRounds(bench);
         return Percentile(rounds, 0.5);
       }},
      {"ask_p99", "us",
       [](Bench& bench) {
         auto rounds = AskRounds(bench);
         return Percentile(rounds, 0.99);
       }},
      {"ask_beside_64m_p50", "us",
       [](Bench& bench) {
         auto rounds = AskRoundsBesideLarge(bench);
         return Percentile(rounds, 0.5);
       }},
      {"ask_beside_64m_p99", "us",
       [](Bench& bench) {
         auto rounds = AskRoundsBesideLarge(bench);
         return Percentile(rounds, 0.99);
       }},
      {"actor_ask_mean", "us", &ActorAskMicros},
      {"raw_asks_16", "/s", raw_asks(16)},
      {"asks_16", "/s", [](Bench& bench) { return Asks(bench, 16); }},
      {"raw_asks_256", "/s", raw_asks(256)},
      {"asks_256", "/s", [](Bench& bench) { return Asks(bench, 256); }},
      {"raw_asks_4096", "/s", raw_asks(4096)},
      {"asks_4096", "/s", [](Bench& bench) { return Asks(bench, 4096); }},
      {"raw_one_way_64", "/s",
       [](Bench& bench) {
         return troupe::bench::RawOneWay(bench.At("queue"), RawApi("queue"), 128,
                                         Scaled(5'000'000));
       }},
      {"one_way_64", "/s", [](Bench& bench) { return OneWay(bench, 64, Scaled(5'000'000)); }},
      {"raw_large_1m", "MB/s",
       [](Bench& bench) {
         return troupe::bench::RawLarge(bench.At("queue"), RawApi("queue"), 1 << 20, Scaled(400));
       }},
      {"large_1m", "MB/s", &LargeMegabytes},
  };
}

void Run() {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  std::vector<Row> rows = Rows();
  std::erase_if(rows, [&only](const Row& row) {
    return !only.empty() && std::find(only.begin(), only.end(), row.name) == only.end();
  });
  Bench bench;
  auto node = troupe::Node::Create({.listen = ListenAddress("caller")});
  CHECK(node.ok()) << node.status();
  bench.node = *std::move(node);
  std::map<std::string, std::vector<double>> results;
  for (int run = 0; run < absl::GetFlag(FLAGS_runs); ++run) {
    for (const Row& row : rows) results[row.name].push_back(row.run(bench));
  }
  std::cout << absl::StreamFormat("%-24s %14s %14s %14s\n", "row", "median", "least", "most");
  for (const Row& row : rows) {
    std::vector<double>& values = results[row.name];
    std::sort(values.begin(), values.end());
    std::cout << absl::StreamFormat("%-24s %14.1f %14.1f %14.1f %s\n", row.name,
                                    values[values.size() / 2], values.front(), values.back(),
                                    row.unit);
  }
  bench.node->Shutdown();
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures calls between two processes");
  absl::ParseCommandLine(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  if (!absl::GetFlag(FLAGS_serve).empty()) return Serve(absl::GetFlag(FLAGS_serve));
  Run();
}

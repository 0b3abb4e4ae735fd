// What the runtime reaches inside one process: message rates, spawning, memory, calls with futures.
//
//   bazel run //tests/bench:local -- [--only=NAME[,NAME]] [--runs=5] [--threads=0] [--scale=1]
//                                    [--plain]
//
// Each row is the median of --runs runs, with the fastest and slowest beside it; with --plain a
// line `NAME VALUE UNIT`, for scripts. Every run checks its result. The rows themselves are in
// local_rows.h.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_format.h"
#include "glog/logging.h"
#include "tests/bench/local_rows.h"
#include "tests/bench/measure.h"
#include "troupe.h"

ABSL_FLAG(std::vector<std::string>, only, {}, "rows to run, by name; all if empty");
ABSL_FLAG(int, runs, 5, "runs of each row");
ABSL_FLAG(int, threads, 0, "worker threads; 0: one for each core");
ABSL_FLAG(double, scale, 1.0, "share of the full number of messages and actors");
ABSL_FLAG(bool, plain, false, "print the median alone: NAME VALUE UNIT");

namespace troupe::bench {

int64_t LocalOptions::Scaled(int64_t full) const { return bench::Scaled(full, scale); }

SystemOptions LocalOptions::System() const {
  SystemOptions system;
  system.threads = threads;
  return system;
}

namespace {

struct Row {
  std::string name;
  std::string meaning;
  std::function<double(const LocalOptions&)> run;
  const char* unit = "/s";
};

void Print(const Row& row, std::vector<double> results) {
  std::sort(results.begin(), results.end());
  const double median = results[results.size() / 2];
  if (absl::GetFlag(FLAGS_plain)) {
    PrintFigure(row.name.c_str(), median, row.unit);
    return;
  }
  std::printf("%s\n", absl::StrFormat("%-16s %14.0f  (%.0f to %.0f)  %s", row.name, median,
                                      results.front(), results.back(), row.meaning)
                          .c_str());
  std::fflush(stdout);
}

// `bytes` receives what RunSpawn measured, once for each run.
std::vector<Row> Rows(std::vector<double>* bytes) {
  return {
      {"ping_pong", "round trips/s", RunPingPong},
      {"one_to_one", "messages/s", [](const auto& options) { return RunManyToOne(options, 1); }},
      {"four_to_one", "messages/s", [](const auto& options) { return RunManyToOne(options, 4); }},
      {"bounded", "messages/s, 8 producers, a mailbox of 1,024", RunBounded},
      {"ring", "hops/s", RunRing},
      {"spawn", "actors/s, each with one message",
       [bytes](const auto& options) {
         bytes->push_back(0);
         return RunSpawn(options, &bytes->back());
       }},
      {"fork_join", "actors/s, a tree that sums up", RunForkJoin},
      {"actor_ask", "calls/s, co_await, 1 outstanding", RunActorAsk},
      {"ask_1", "calls/s from a plain thread, 1 outstanding",
       [](const auto& options) { return RunAsk(options, 1, 100'000); }},
      {"ask_1000", "calls/s from a plain thread, 1,000 outstanding",
       [](const auto& options) { return RunAsk(options, 1'000, 2'000'000); }},
      {"blocking_chain", "calls/s, 64 actors that block on the next", RunBlockingChain},
  };
}

// How many rows were wanted.
int RunAll() {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  const LocalOptions options = {.threads = absl::GetFlag(FLAGS_threads),
                                .scale = absl::GetFlag(FLAGS_scale)};
  int wanted = 0;
  std::vector<double> bytes;
  for (const Row& row : Rows(&bytes)) {
    if (!only.empty() && std::find(only.begin(), only.end(), row.name) == only.end()) continue;
    ++wanted;
    std::vector<double> results;
    for (int i = 0; i < absl::GetFlag(FLAGS_runs); ++i) results.push_back(row.run(options));
    Print(row, std::move(results));
  }
  // Only the first run starts with a heap that later ones find warm.
  if (!bytes.empty()) {
    Print({"spawn_bytes", "resident bytes an idle actor", nullptr, "bytes"}, {bytes.front()});
  }
  return wanted;
}

}  // namespace
}  // namespace troupe::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures the runtime inside one process");
  absl::ParseCommandLine(argc, argv);
  FLAGS_logtostderr = true;
  if (troupe::bench::RunAll() > 0) return 0;
  std::fputs("local: --only names no row\n", stderr);
  return 1;
}

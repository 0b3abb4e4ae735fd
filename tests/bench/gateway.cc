// What a stock gRPC client gets from an actor, beside what the same stub gets from a plain gRPC
// server (callback API): each in another process on this machine, over loopback.
//
//   bazel run //tests/bench:gateway -- [--only=ROW[,ROW]] [--runs=5] [--scale=1] [--plain]
//
// Rows: gateway_unary, raw_unary (one call at a time: gateway_unary_p50, ...), gateway_calls_64,
// raw_calls_64 (64 under way). Gateway and plain server take turns, so that both see the same
// machine. With --plain each run prints a line FIGURE VALUE UNIT for each figure, and nothing else.

#include <signal.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "glog/logging.h"
#include "node/freed_memory.h"
#include "tests/bench/figures.h"
#include "tests/bench/gateway.troupe.h"
#include "tests/bench/gateway_client.h"
#include "tests/bench/measure.h"
#include "tests/bench/other_process.h"
#include "troupe.h"

ABSL_FLAG(std::vector<std::string>, only, {}, "rows to run, by name; all if empty");
ABSL_FLAG(int, runs, 5, "runs of each row");
ABSL_FLAG(double, scale, 1.0, "share of the full number of calls");
ABSL_FLAG(bool, plain, false, "one line FIGURE VALUE UNIT for each figure, for programs");
ABSL_FLAG(std::string, serve, "", "for the other process: what it serves");

namespace {

using troupe::bench::Figure;
using troupe::bench::Figures;
using troupe::bench::OtherProcess;

constexpr int64_t kLatencyCalls = 20'000;
constexpr int64_t kCalls = 200'000;
constexpr int kOutstanding = 64;
constexpr int kRowSeconds = 300;

class PingerActor : public troupe::Actor, public troupe::bench::actors::Pinger {
 public:
  using Implements = troupe::Interfaces<troupe::bench::actors::Pinger>;
  troupe::Task<troupe::bench::Ping> Echo(troupe::bench::Ping request) override { return request; }
};
TROUPE_ACTOR(PingerActor)

void ServeActor() {
  auto node = troupe::Node::Create();
  CHECK(node.ok()) << node.status();
  CHECK((*node)->RegisterDefault((*node)->Spawn<PingerActor>()).ok());
  troupe::bench::AnnounceAndWait((*node)->address());
}

struct Row {
  std::string name;
  std::function<Figures()> run;
};

std::vector<Row> Rows(double scale) {
  std::vector<Row> rows;
  for (const std::string server : {"gateway", "raw"}) {
    rows.push_back({server + "_unary", [server, scale] {
                      const OtherProcess other({"--serve=" + server});
                      return troupe::bench::Percentiles(
                          server + "_unary",
                          troupe::bench::UnaryLatencies(
                              other.address(), troupe::bench::Scaled(kLatencyCalls, scale)));
                    }});
  }
  for (const std::string server : {"gateway", "raw"}) {
    rows.push_back({server + "_calls_64", [server, scale] {
                      const OtherProcess other({"--serve=" + server});
                      const int64_t calls = troupe::bench::Scaled(kCalls, scale);
                      const double seconds =
                          troupe::bench::UnaryCalls(other.address(), kOutstanding, calls);
                      return Figures{troupe::bench::Rate(server + "_calls_64", calls, seconds)};
                    }});
  }
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  std::erase_if(rows, [&only](const Row& row) {
    return !only.empty() && std::find(only.begin(), only.end(), row.name) == only.end();
  });
  return rows;
}

void PrintTable(std::map<std::string, std::vector<double>>& results) {
  std::cout << absl::StreamFormat("%-20s %12s %12s %12s\n", "figure", "median", "least", "most");
  for (auto& [name, values] : results) {
    std::sort(values.begin(), values.end());
    std::cout << absl::StreamFormat("%-20s %12.6g %12.6g %12.6g\n", name, values[values.size() / 2],
                                    values.front(), values.back());
  }
}

int Run() {
  const std::vector<Row> rows = Rows(absl::GetFlag(FLAGS_scale));
  if (rows.empty()) {
    std::cerr << "no such row\n";
    return 2;
  }
  std::map<std::string, std::vector<double>> results;
  for (int run = 0; run < absl::GetFlag(FLAGS_runs); ++run) {
    for (const Row& row : rows) {
      troupe::bench::EndWithin(kRowSeconds);
      const Figures figures = row.run();
      if (absl::GetFlag(FLAGS_plain)) troupe::bench::PrintPlain(figures);
      for (const Figure& figure : figures) results[figure.name].push_back(figure.value);
    }
  }
  if (!absl::GetFlag(FLAGS_plain)) PrintTable(results);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures calls of gRPC clients");
  absl::ParseCommandLine(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  troupe::internal::KeepFreedMemory();  // the plain programs are to have what nodes have
  // As docs/performance.md advises, and for the plain programs too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string role = absl::GetFlag(FLAGS_serve);
  if (role.empty()) return Run();
  if (role == "gateway") {
    ServeActor();
  } else {
    troupe::bench::ServePlain();
  }
  return 0;
}

// What calls between two processes on this machine reach, beside what gRPC itself does there.
//
//   bazel run //tests/bench:remote -- [--only=ROW[,ROW]] [--runs=5] [--scale=1] [--unix] [--plain]
//
// Each figure is the median of --runs runs, with the least and most beside it; the rows of Troupe
// and of plain gRPC are run in turn, so that both see the same machine. Every run checks its
// result. With --plain each run prints a line FIGURE VALUE UNIT for each figure, and nothing else.

#include <signal.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "node/freed_memory.h"
#include "tests/bench/figures.h"
#include "tests/bench/remote_rows.h"

ABSL_FLAG(std::vector<std::string>, only, {}, "rows to run, by name; all if empty");
ABSL_FLAG(int, runs, 5, "runs of each row");
ABSL_FLAG(double, scale, 1.0, "share of the full number of messages");
ABSL_FLAG(bool, unix, false, "over unix sockets");
ABSL_FLAG(bool, plain, false, "one line FIGURE VALUE UNIT for each figure, for programs");
ABSL_FLAG(std::string, serve, "", "for the other process: what it serves");

namespace {

using troupe::bench::Figure;
using troupe::bench::Row;

constexpr int kRowSeconds = 300;

// Those that are wanted, each behind its limits.
std::vector<Row> Rows(troupe::bench::RemoteBench* bench) {
  std::vector<Row> rows = troupe::bench::RawRows(bench);
  for (Row& row : troupe::bench::TroupeRows(bench)) rows.push_back(std::move(row));
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  std::erase_if(rows, [&only](const Row& row) {
    return !only.empty() && std::find(only.begin(), only.end(), row.name) == only.end();
  });
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return absl::StripPrefix(a.name, "raw_") < absl::StripPrefix(b.name, "raw_");
  });
  return rows;
}

void PrintTable(std::map<std::string, std::vector<Figure>>& runs,
                const std::vector<std::string>& order) {
  std::cout << absl::StreamFormat("%-28s %14s %14s %14s\n", "figure", "median", "least", "most");
  for (const std::string& name : order) {
    std::vector<Figure>& figures = runs[name];
    std::sort(figures.begin(), figures.end(),
              [](const Figure& a, const Figure& b) { return a.value < b.value; });
    std::cout << absl::StreamFormat("%-28s %14.6g %14.6g %14.6g %s\n", name,
                                    figures[figures.size() / 2].value, figures.front().value,
                                    figures.back().value, figures.front().unit);
  }
}

int Run() {
  troupe::bench::RemoteBench bench(absl::GetFlag(FLAGS_scale), absl::GetFlag(FLAGS_unix));
  const std::vector<Row> rows = Rows(&bench);
  if (rows.empty()) {
    std::cerr << "no such row\n";
    return 2;
  }
  std::map<std::string, std::vector<Figure>> results;
  std::vector<std::string> order;
  for (int run = 0; run < absl::GetFlag(FLAGS_runs); ++run) {
    for (const Row& row : rows) {
      troupe::bench::EndWithin(kRowSeconds);
      const troupe::bench::Figures figures = row.run();
      bench.EndRow();
      if (absl::GetFlag(FLAGS_plain)) troupe::bench::PrintPlain(figures);
      for (const Figure& figure : figures) {
        if (run == 0) order.push_back(figure.name);
        results[figure.name].push_back(figure);
      }
    }
  }
  if (!absl::GetFlag(FLAGS_plain)) PrintTable(results, order);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures calls between two processes");
  absl::ParseCommandLine(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  troupe::internal::KeepFreedMemory();  // the plain programs are to have what nodes have
  // As docs/performance.md advises, and for the plain programs too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string role = absl::GetFlag(FLAGS_serve);
  const bool unix_sockets = absl::GetFlag(FLAGS_unix);
  if (role.empty()) return Run();
  if (absl::StartsWith(role, "raw_")) {
    troupe::bench::ServeRaw(role, unix_sockets);
  } else {
    troupe::bench::ServeNode(role, unix_sockets);
  }
  return 0;
}

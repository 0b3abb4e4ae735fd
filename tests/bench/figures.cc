#include "tests/bench/figures.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace troupe::bench {
namespace {

// Microseconds at a share of the sorted rounds.
double At(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(sorted.size() - 1, at)];
}

void TimeIsUp(int) {
  constexpr char kMessage[] = "the benchmark did not end in time\n";
  (void)!write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1);
  _exit(1);
}

}  // namespace

double Median(std::vector<double> rounds) {
  std::sort(rounds.begin(), rounds.end());
  return At(rounds, 0.5);
}

Figures Percentiles(const std::string& name, std::vector<double> micros) {
  std::sort(micros.begin(), micros.end());
  return {{name + "_p50", At(micros, 0.5), "us"},
          {name + "_p99", At(micros, 0.99), "us"},
          {name + "_p999", At(micros, 0.999), "us"}};
}

Figure Rate(const std::string& name, double count, double seconds) {
  return {name, count / seconds, "/s"};
}

Figure MegabyteRate(const std::string& name, double bytes, double seconds) {
  return {name, bytes / 1e6 / seconds, "MB/s"};
}

void PrintPlain(const Figures& figures) {
  for (const Figure& figure : figures) {
    std::printf("%s %.6g %s\n", figure.name.c_str(), figure.value, figure.unit.c_str());
  }
  std::fflush(stdout);
}

void EndWithin(int seconds) {
  signal(SIGALRM, TimeIsUp);
  alarm(static_cast<unsigned>(seconds));
}

}  // namespace troupe::bench

#ifndef TROUPE_TESTS_BENCH_FIGURES_H_
#define TROUPE_TESTS_BENCH_FIGURES_H_

#include <string>
#include <vector>

namespace troupe::bench {

// What a run of a row gives: one or several of these.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
};
using Figures = std::vector<Figure>;

// Half of the rounds took no longer; 0 without rounds.
double Median(std::vector<double> rounds);

// NAME_p50, NAME_p99 and NAME_p999.
Figures Percentiles(const std::string& name, std::vector<double> micros);

// NAME, `count` in `seconds`.
Figure Rate(const std::string& name, double count, double seconds);

// NAME, in MB (1e6 bytes) a second.
Figure MegabyteRate(const std::string& name, double bytes, double seconds);

// A line for each: FIGURE VALUE UNIT.
void PrintPlain(const Figures& figures);

// Ends this process with an error when it still runs `seconds` from now, in place of a deadline for
// each single wait. Each call replaces the one before.
void EndWithin(int seconds);

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_FIGURES_H_

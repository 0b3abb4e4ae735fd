#ifndef TROUPE_TESTS_BENCH_MEASURE_H_
#define TROUPE_TESTS_BENCH_MEASURE_H_

// What the benchmark programs of this tree share, those of the peers too: needs nothing but the
// standard library.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace troupe::bench {

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double Micros() const { return Seconds() * 1e6; }
  // Of `work` since the start.
  double PerSecond(int64_t work) const { return static_cast<double>(work) / Seconds(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The share `scale` of the full amount of work, at least one.
inline int64_t Scaled(int64_t full, double scale) {
  return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(full) * scale));
}

// Of this process.
inline int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// One figure of one run, in the form that scripts/bench reads.
inline void PrintFigure(const char* name, double value, const char* unit) {
  std::printf("%s %.1f %s\n", name, value, unit);
  std::fflush(stdout);
}

// Ends the program if a benchmark did not do its work.
inline void ExpectEqual(int64_t actual, int64_t expected, const char* what) {
  if (actual == expected) return;
  std::fprintf(stderr, "%s: %lld instead of %lld\n", what, static_cast<long long>(actual),
               static_cast<long long>(expected));
  std::_Exit(1);  // threads of a library may still run
}

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_MEASURE_H_

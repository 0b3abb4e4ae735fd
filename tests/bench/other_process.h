#ifndef TROUPE_TESTS_BENCH_OTHER_PROCESS_H_
#define TROUPE_TESTS_BENCH_OTHER_PROCESS_H_

#include <sys/types.h>
#include <time.h>

#include <string>
#include <vector>

#include "tests/bench/figures.h"

namespace troupe::bench {

// This program once more, with other arguments: what the measured process talks to. It serves until
// this object ends, or the process that has it.
class OtherProcess {
 public:
  // Waits until it has announced its address, for up to 30 s.
  explicit OtherProcess(std::vector<std::string> arguments);
  // Asks it to end, and kills it 10 s later. Fatal, unless it ends by itself and without an error.
  ~OtherProcess();
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  const std::string& address() const { return address_; }
  // What all of its threads have used so far.
  double CpuSeconds() const;
  // Watches it for this long: whether it has ended by then.
  bool EndsWithin(double seconds) const;

 private:
  pid_t pid_ = 0;
  int stdin_ = -1;
  int stdout_ = -1;
  clockid_t clock_ = 0;
  std::string address_;
};

// The other process's part: says what its address is. When its input ends, it is to end.
void Announce(const std::string& address);
// The same, and returns when it is to end.
void AnnounceAndWait(const std::string& address);

// The processor time that both sides use from now on.
class CpuWatch {
 public:
  explicit CpuWatch(const OtherProcess& other);
  // NAME_cpu_caller and NAME_cpu_host: nanoseconds for each of `messages`.
  Figures PerMessage(const std::string& name, double messages) const;

 private:
  const OtherProcess& other_;
  const double caller_;
  const double host_;
};

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_OTHER_PROCESS_H_

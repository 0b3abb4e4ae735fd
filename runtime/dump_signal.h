#ifndef TROUPE_RUNTIME_DUMP_SIGNAL_H_
#define TROUPE_RUNTIME_DUMP_SIGNAL_H_

#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"

namespace troupe::internal {

// Writes a dump to standard error at each SIGUSR1. A process has one at a time; a second one is
// logged and does nothing. Owned by the system that wants it. The handler only writes to a pipe; a
// thread of its own reads from that and makes the dump.
class DumpSignal {
 public:
  explicit DumpSignal(absl::AnyInvocable<std::string()> dump);
  // Restores the previous handler. No dump is made afterwards.
  ~DumpSignal();

 private:
  void Serve();

  absl::AnyInvocable<std::string()> dump_;
  bool installed_ = false;
  std::thread thread_;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_DUMP_SIGNAL_H_

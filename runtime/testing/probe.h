#ifndef TROUPE_RUNTIME_TESTING_PROBE_H_
#define TROUPE_RUNTIME_TESTING_PROBE_H_

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "runtime/actor.h"
#include "runtime/down.h"
#include "runtime/mutex.h"
#include "runtime/ref.h"
#include "runtime/system.h"
#include "runtime/value.h"

namespace troupe {

// An actor that records what it is sent and what ends: a stand-in for the actors that the one under
// test talks to. Owned by the test; the actor lives in `system` and stops with the Probe. Its
// functions may be called from any thread.
class Probe {
 public:
  explicit Probe(ActorSystem& system);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  const AnyRef& ref() const { return ref_; }

  // Plain messages (Tell and Ask) in the order in which they were handled.
  std::vector<Value> messages() const;
  // The next answers to Ask, in order; null once they are used up.
  void AnswerWith(absl::StatusOr<Value> answer);
  // Makes the probe watch `ref`; what it was told is in downs().
  void Watch(const AnyRef& ref);
  std::vector<Down> downs() const;

 private:
  class ProbeActor;
  struct Record {
    mutable Mutex mu;
    std::vector<Value> messages ABSL_GUARDED_BY(mu);
    std::vector<Down> downs ABSL_GUARDED_BY(mu);
    std::deque<absl::StatusOr<Value>> answers ABSL_GUARDED_BY(mu);
  };

  const std::shared_ptr<Record> record_;
  AnyRef ref_;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_TESTING_PROBE_H_

#include "tests/bench/remote_raw_queue.h"

#include <thread>

#include "absl/time/clock.h"
#include "glog/logging.h"

namespace troupe::bench {

grpc::ByteBuffer EncodeRaw(const RawBatch& batch) {
  grpc::ByteBuffer bytes;
  bool own = false;
  CHECK(RawTraits::Serialize(batch, &bytes, &own).ok());
  return bytes;
}

void Poll(grpc::CompletionQueue* queue, absl::Duration spin, const std::function<void()>& flush,
          const std::function<bool()>& done) {
  const gpr_timespec now = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  const gpr_timespec never = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  bool fresh = false;
  absl::Time since = absl::Now();
  while (!done()) {
    void* tag = nullptr;
    bool ok = false;
    const bool block = !fresh && absl::Now() - since >= spin;
    switch (queue->AsyncNext(&tag, &ok, block ? never : now)) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::GOT_EVENT:
        static_cast<Step*>(tag)->run(ok);
        fresh = true;
        break;
      case grpc::CompletionQueue::TIMEOUT:
        if (fresh) {
          flush();
          since = absl::Now();
        } else {
          std::this_thread::yield();  // the other side may share the core
        }
        fresh = false;
        break;
    }
  }
}

}  // namespace troupe::bench

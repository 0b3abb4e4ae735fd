#ifndef TROUPE_TESTS_BENCH_REMOTE_RAW_QUEUE_H_
#define TROUPE_TESTS_BENCH_REMOTE_RAW_QUEUE_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <functional>

#include "absl/time/time.h"
#include "tests/bench/remote_raw.pb.h"

namespace troupe::bench {

// What both sides of the plain streams are made of.

using RawTraits = grpc::SerializationTraits<RawBatch>;

inline constexpr char kRawEcho[] = "/troupe.bench.Raw/Echo";    // the same message back
inline constexpr char kRawAsk[] = "/troupe.bench.Raw/Ask";      // a reply for each call
inline constexpr char kRawSink[] = "/troupe.bench.Raw/Sink";    // nothing back but, at the end,
inline constexpr char kRawBytes[] = "/troupe.bench.Raw/Bytes";  // the count; this one is no batch
// In the trailing metadata: how many envelopes the sink has got, or bytes.
inline constexpr char kRawCount[] = "count";

grpc::ByteBuffer EncodeRaw(const RawBatch& batch);

// What a completion queue's events are: called by the queue's thread.
struct Step {
  std::function<void(bool ok)> run;
};

// Handles all that is ready, then flushes, then waits for more: spinning, then blocked. Returns
// when `done` says so or the queue is shut down.
void Poll(grpc::CompletionQueue* queue, absl::Duration spin, const std::function<void()>& flush,
          const std::function<bool()>& done);

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_REMOTE_RAW_QUEUE_H_

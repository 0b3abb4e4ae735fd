#ifndef TROUPE_TESTS_BENCH_REMOTE_RAW_H_
#define TROUPE_TESTS_BENCH_REMOTE_RAW_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace troupe::bench {

// gRPC as it is, without Troupe: what the figures of remote.cc are held against. Both sides work on
// one bidirectional stream each.
struct RawOptions {
  enum class Api { kQueue, kCallback };
  // One thread at a completion queue, or gRPC's own threads (kCallback: ping-pong only).
  Api api = Api::kQueue;
  // How long the thread looks at the queue again and again before it blocks.
  absl::Duration spin = absl::ZeroDuration();
};

// Serves all of the functions below, as many at a time as there are streams, until it is destroyed.
class RawServer {
 public:
  // Listens at "host:port" or "unix:PATH"; a port of 0 picks one.
  RawServer(const std::string& address, const RawOptions& options);
  ~RawServer();
  // With the port that it got.
  const std::string& address() const { return address_; }

  class Impl;

 private:
  std::string address_;
  std::unique_ptr<Impl> impl_;
};

// The functions below check their results and return seconds, for exactly `total` messages, unless
// they say otherwise.

// One 64-byte message at a time to and fro: microseconds of each round.
std::vector<double> RawPingPong(const std::string& address, const RawOptions& options, int rounds);

// A new channel and stream, and one round on it: microseconds.
double RawConnect(const std::string& address, const RawOptions& options);

// Requests and replies of 64 bytes in batches (remote_raw.proto), `outstanding` of them under way;
// each reply makes the next request. Both sides handle all that has arrived, then write once.
double RawAsks(const std::string& address, const RawOptions& options, int outstanding,
               int64_t total);

// Messages of `bytes` (at least 64) one way, in batches of `batch`, which the other side decodes.
double RawOneWay(const std::string& address, const RawOptions& options, size_t bytes, int batch,
                 int64_t total);

// Messages of `bytes` one way, a write each; the other side takes them as they come.
double RawLarge(const std::string& address, const RawOptions& options, size_t bytes, int64_t total);

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_REMOTE_RAW_H_

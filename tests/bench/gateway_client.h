#ifndef TROUPE_TESTS_BENCH_GATEWAY_CLIENT_H_
#define TROUPE_TESTS_BENCH_GATEWAY_CLIENT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::bench {

// A stock gRPC client, and a stock gRPC server: what the gateway is held against. All check their
// results.

// One call at a time, after some that do not count: microseconds of each.
std::vector<double> UnaryLatencies(const std::string& address, int64_t calls);

// `calls` calls, `outstanding` of them under way, by one thread: seconds.
double UnaryCalls(const std::string& address, int outstanding, int64_t calls);

// Serves Pinger with gRPC's callback API, as the other process (AnnounceAndWait).
void ServePlain();

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_GATEWAY_CLIENT_H_

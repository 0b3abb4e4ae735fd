// The rows of plain gRPC and plain TCP, which are the limits of those in remote_rows.cc.

#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "tests/bench/raw_tcp.h"
#include "tests/bench/remote_raw.h"
#include "tests/bench/remote_rows.h"

namespace troupe::bench {
namespace {

RawOptions OptionsFor(const std::string& role) {
  RawOptions options;
  options.api = role == "raw_callback" ? RawOptions::Api::kCallback : RawOptions::Api::kQueue;
  if (role == "raw_spin") options.spin = absl::Microseconds(50);
  return options;
}

Row Ping(RemoteBench* bench, const std::string& api) {
  const std::string name = "raw_ping_" + api;
  return {name, [bench, name, role = "raw_" + api] {
            const int rounds = static_cast<int>(bench->Scaled(20'000));
            return Percentiles(name,
                               RawPingPong(bench->Other(role).address(), OptionsFor(role), rounds));
          }};
}

// `work` gives seconds. Everything but the ping-pong is done by one thread at a completion queue.
Figures RateAndCpu(RemoteBench* bench, const std::string& name, int64_t messages,
                   const std::function<double(const std::string&, const RawOptions&)>& work) {
  const OtherProcess& other = bench->Other("raw_queue");
  const CpuWatch cpu(other);
  const double seconds = work(other.address(), OptionsFor("raw_queue"));
  Figures figures = cpu.PerMessage(name, static_cast<double>(messages));
  figures.insert(figures.begin(), Rate(name, static_cast<double>(messages), seconds));
  return figures;
}

Row Asks(RemoteBench* bench, int outstanding) {
  const std::string name = absl::StrCat("raw_asks_", outstanding);
  return {name, [bench, name, outstanding] {
            const int64_t total = bench->Scaled(outstanding < 64 ? 200'000 : 1'000'000);
            return RateAndCpu(bench, name, total, [&](const auto& address, const auto& options) {
              return RawAsks(address, options, outstanding, total);
            });
          }};
}

Row OneWay(RemoteBench* bench, const std::string& name, int batch, int64_t messages) {
  return {name, [bench, name, batch, messages] {
            const int64_t total = bench->Scaled(messages);
            return RateAndCpu(bench, name, total, [&](const auto& address, const auto& options) {
              return RawOneWay(address, options, 64, batch, total);
            });
          }};
}

// Small messages go in batches of 128 KiB.
Row Bytes(RemoteBench* bench, const std::string& name, size_t bytes, int64_t total_bytes) {
  return {name, [bench, name, bytes, total_bytes] {
            const int64_t size = static_cast<int64_t>(bytes);
            const int64_t total = bench->Scaled(total_bytes / size);
            const std::string& address = bench->Other("raw_queue").address();
            const RawOptions options = OptionsFor("raw_queue");
            const double seconds = bytes < (16 << 10)
                                       ? RawOneWay(address, options, bytes, 128, total)
                                       : RawLarge(address, options, bytes, total);
            return Figures{MegabyteRate(name, static_cast<double>(size * total), seconds)};
          }};
}

Figures Connect(RemoteBench* bench) {
  std::vector<double> rounds;
  for (int64_t i = 0; i < bench->Scaled(50); ++i) {
    rounds.push_back(RawConnect(bench->Other("raw_queue").address(), OptionsFor("raw_queue")));
  }
  return {{"raw_connect", Median(std::move(rounds)), "us"}};
}

Figures TcpPing(RemoteBench* bench) {
  const int rounds = static_cast<int>(bench->Scaled(20'000));
  return Percentiles("raw_tcp_ping", TcpPingPong(bench->Other("raw_tcp").address(), rounds));
}

}  // namespace

std::vector<Row> RawRows(RemoteBench* bench) {
  return {
      Ping(bench, "callback"),
      Ping(bench, "queue"),
      Ping(bench, "spin"),
      Asks(bench, 16),
      Asks(bench, 256),
      Asks(bench, 4096),
      OneWay(bench, "raw_one_way_64", 128, 5'000'000),
      OneWay(bench, "raw_one_way_single", 1, 500'000),
      Bytes(bench, "raw_bytes_1k", 1 << 10, 512 << 20),
      Bytes(bench, "raw_bytes_64k", 64 << 10, int64_t{2} << 30),
      Bytes(bench, "raw_bytes_1m", 1 << 20, int64_t{2} << 30),
      {"raw_connect", [bench] { return Connect(bench); }},
      {"raw_tcp_ping", [bench] { return TcpPing(bench); }},
  };
}

void ServeRaw(const std::string& role, bool unix_sockets) {
  if (role == "raw_tcp") {
    const TcpEcho server;
    AnnounceAndWait(server.address());
    return;
  }
  const RawServer server(ListenAddress(role, unix_sockets), OptionsFor(role));
  AnnounceAndWait(server.address());
}

}  // namespace troupe::bench

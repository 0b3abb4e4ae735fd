#ifndef TROUPE_TESTS_BENCH_RAW_TCP_H_
#define TROUPE_TESTS_BENCH_RAW_TCP_H_

#include <string>
#include <thread>
#include <vector>

namespace troupe::bench {

// A plain TCP socket that sends back what it gets: what the kernel itself takes. One thread, one
// connection after the other.
class TcpEcho {
 public:
  TcpEcho();
  ~TcpEcho();
  // "127.0.0.1:port".
  const std::string& address() const { return address_; }

 private:
  void Serve() const;

  int listener_ = -1;
  std::string address_;
  std::thread thread_;
};

// One 64-byte message at a time to and fro, both sides blocked in read: microseconds of each round.
std::vector<double> TcpPingPong(const std::string& address, int rounds);

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_RAW_TCP_H_

#include "tests/bench/raw_tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "glog/logging.h"
#include "tests/bench/measure.h"

namespace troupe::bench {
namespace {

constexpr size_t kBytes = 64;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

void SendAtOnce(int fd) {
  const int on = 1;
  PCHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
}

// False at the end of the stream.
bool ReadMessage(int fd, char* message) {
  size_t got = 0;
  while (got < kBytes) {
    const ssize_t more = read(fd, message + got, kBytes - got);
    if (more <= 0) return false;
    got += static_cast<size_t>(more);
  }
  return true;
}

}  // namespace

TcpEcho::TcpEcho() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  PCHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  PCHECK(listen(listener_, 8) == 0);
  PCHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  thread_ = std::thread([this] { Serve(); });
}

TcpEcho::~TcpEcho() {
  shutdown(listener_, SHUT_RDWR);  // wakes the thread
  thread_.join();
  close(listener_);
}

void TcpEcho::Serve() const {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    SendAtOnce(fd);
    char message[kBytes];
    while (ReadMessage(fd, message) && write(fd, message, kBytes) == kBytes) {
    }
    close(fd);
  }
}

std::vector<double> TcpPingPong(const std::string& address, int rounds) {
  int port = 0;
  CHECK(absl::SimpleAtoi(absl::string_view(address).substr(address.rfind(':') + 1), &port));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in there = Loopback(port);
  PCHECK(connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) == 0);
  SendAtOnce(fd);
  const std::string sent(kBytes, 'x');
  std::string received(kBytes, ' ');
  std::vector<double> micros;
  micros.reserve(rounds);
  for (int i = 0; i < rounds; ++i) {
    const Stopwatch watch;
    PCHECK(write(fd, sent.data(), kBytes) == kBytes);
    CHECK(ReadMessage(fd, received.data()));
    micros.push_back(watch.Micros());
    CHECK_EQ(received, sent);
  }
  close(fd);
  return micros;
}

}  // namespace troupe::bench

#include "node/grpc_listener.h"

#include <glog/logging.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace troupe::internal {
namespace {

constexpr int kBacklog = 1024;
// How long accepting rests when there are no descriptors left.
constexpr int kRestMillis = 100;

absl::Status Unavailable(const Address& address, int error) {
  const char* advice = "";
  if (error == EADDRINUSE) advice = "; another process listens there";
  if (error == EADDRNOTAVAIL) advice = "; it is not an address of this machine";
  if (error == EACCES) advice = "; this user may not (ports below 1024 are the administrator's)";
  return absl::UnavailableError(
      absl::StrCat("cannot listen at ", address.ToString(), ": ", std::strerror(error), advice));
}

absl::StatusOr<FileDescriptor> Bind(const Address& address, int family, const sockaddr* where,
                                    socklen_t size) {
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return Unavailable(address, errno);
  if (family != AF_UNIX) {  // a restarted node gets its port although old connections linger
    const int on = 1;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  if (family == AF_INET6) {
    const int off = 0;
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (bind(socket.get(), where, size) != 0 || listen(socket.get(), kBacklog) != 0) {
    return Unavailable(address, errno);
  }
  return socket;
}

sockaddr_un UnixAddress(const Address& address) {
  sockaddr_un where = {};
  where.sun_family = AF_UNIX;
  std::copy(address.path.begin(), address.path.end(), where.sun_path);
  return where;
}

absl::StatusOr<FileDescriptor> BindUnix(const Address& address) {
  const sockaddr_un where = UnixAddress(address);
  const auto* generic = reinterpret_cast<const sockaddr*>(&where);
  absl::StatusOr<FileDescriptor> socket = Bind(address, AF_UNIX, generic, sizeof(where));
  if (socket.ok() || errno != EADDRINUSE) return socket;
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (connect(probe.get(), generic, sizeof(where)) == 0 || errno != ECONNREFUSED) return socket;
  unlink(address.path.c_str());
  return Bind(address, AF_UNIX, generic, sizeof(where));
}

absl::StatusOr<FileDescriptor> BindTcp(Address& address) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen at ", address.ToString(), ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  absl::StatusOr<FileDescriptor> socket = Unavailable(address, EADDRNOTAVAIL);
  for (const addrinfo* at = found; at != nullptr && !socket.ok(); at = at->ai_next) {
    socket = Bind(address, at->ai_family, at->ai_addr, at->ai_addrlen);
  }
  if (!socket.ok()) return socket;
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  if (getsockname(socket->get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return Unavailable(address, errno);
  }
  address.port =
      ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
                                        : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
  return socket;
}

// Descriptors are given out from the lowest: one so high means that few are left, which the process
// needs for other things.
bool FewLeft(int fd) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  return static_cast<rlim_t>(fd) >= limit.rlim_cur - limit.rlim_cur / 8;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  FileDescriptor old(std::exchange(fd_, other.Release()));
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

int FileDescriptor::Release() { return std::exchange(fd_, -1); }

absl::StatusOr<std::unique_ptr<GrpcListener>> GrpcListener::Listen(const Address& address) {
  Address got = address;
  absl::StatusOr<FileDescriptor> socket = address.is_unix() ? BindUnix(got) : BindTcp(got);
  if (!socket.ok()) return socket.status();
  return std::unique_ptr<GrpcListener>(new GrpcListener(std::move(got), *std::move(socket)));
}

GrpcListener::GrpcListener(Address address, FileDescriptor socket)
    : address_(std::move(address)),
      socket_(std::move(socket)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

GrpcListener::~GrpcListener() {
  if (thread_.joinable()) {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  if (address_.is_unix()) unlink(address_.path.c_str());
}

void GrpcListener::Accept(std::function<void(int, FileDescriptor)> take) {
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
}

void GrpcListener::Run() {
  bool rest = false;
  while (true) {
    pollfd events[] = {{stop_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}};
    poll(events, rest ? 1 : 2, rest ? kRestMillis : -1);
    if (events[0].revents != 0) return;
    rest = !AcceptOne();
  }
}

// False: there are no descriptors; rest a while.
bool GrpcListener::AcceptOne() {
  FileDescriptor connection(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection.get() < 0) {
    const bool out = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (out) {
      LOG_EVERY_N(WARNING, 100) << "cannot accept at " << address_.ToString() << ": "
                                << std::strerror(errno);
    }
    return !out;
  }
  if (FewLeft(connection.get())) {
    LOG_EVERY_N(WARNING, 1000) << "a connection at " << address_.ToString()
                               << " was closed at once: the process is near its limit of open "
                                  "files (ulimit -n)";
    return true;
  }
  if (!address_.is_unix()) {
    const int on = 1;
    setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  take_(socket_.get(), std::move(connection));
  return true;
}

}  // namespace troupe::internal

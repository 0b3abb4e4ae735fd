#ifndef TROUPE_NODE_GRPC_LISTENER_H_
#define TROUPE_NODE_GRPC_LISTENER_H_

#include <functional>
#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "node/address.h"

namespace troupe::internal {

// A file descriptor. Closed with its owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return fd_; }
  int Release();

 private:
  int fd_ = -1;
};

// A listening socket and the thread that accepts from it. gRPC's own listener stops for ever when
// the process is out of file descriptors, shares a busy port unless told otherwise, and does not
// say why it cannot listen. Owned by the transport.
class GrpcListener {
 public:
  // At `address`, port 0 for any free one. A unix socket that nobody listens at any more is
  // replaced. kUnavailable: taken, or not an address of this machine. Looks up the host name.
  static absl::StatusOr<std::unique_ptr<GrpcListener>> Listen(const Address& address);
  // Ends the thread, closes the socket, removes a unix socket's file. Blocks briefly.
  ~GrpcListener();

  // With the port that it got.
  const Address& address() const { return address_; }

  // Begins to accept. `take`, called by the thread, gets each connection (non-blocking). Those that
  // would leave the process with few file descriptors are closed at once. Once.
  void Accept(std::function<void(int listening, FileDescriptor connection)> take);

 private:
  GrpcListener(Address address, FileDescriptor socket);

  void Run();
  bool AcceptOne();

  // Constant after Accept.
  const Address address_;
  FileDescriptor socket_;
  FileDescriptor stop_;  // an event descriptor
  std::function<void(int, FileDescriptor)> take_;
  std::thread thread_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_LISTENER_H_

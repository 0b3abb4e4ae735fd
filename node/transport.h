#ifndef TROUPE_NODE_TRANSPORT_H_
#define TROUPE_NODE_TRANSPORT_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "runtime/caller.h"

namespace troupe::internal {

// No message on a connection is larger.
inline constexpr size_t kMaxBatchBytes = size_t{1} << 20;

// The session keeps them until they are acknowledged, the connection until they are written.
using SharedBytes = std::shared_ptr<const std::string>;

// The bytes of one message: its own, and behind them a part of what several messages share, so that
// nobody has to copy it. Never changed once it was written.
struct Message {
  Message() = default;  // none
  // Implicit: most have nothing but their own.
  Message(SharedBytes bytes) : own(std::move(bytes)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return own != nullptr; }
  size_t size() const { return own->size() + tail.size(); }
  // All of it in one; a copy only if there is a tail.
  SharedBytes Joined() const {
    if (tail.empty()) return own;
    auto all = std::make_shared<std::string>();
    all->reserve(size());
    all->append(*own).append(tail.data(), tail.size());
    return all;
  }

  SharedBytes own = nullptr;
  SharedBytes shared = nullptr;  // holds the tail
  absl::string_view tail = {};
};

// What a connection tells its session. Held by the connection until OnClosed has returned.
//
// Called by threads of the transport's, never from inside a call of Connection or Transport, and
// with no lock held. Calls of OnMessage do not overlap, nor does anything overlap with or follow
// OnClosed; OnWritten may overlap with OnMessage. None of them may block.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  // One message, in the order in which the other side wrote them, each once; the bytes are valid
  // during the call. False: no further message until Connection::ResumeReading, so that the other
  // side is slowed down.
  virtual bool OnMessage(absl::string_view message) = 0;
  // Instead of OnMessage, and with its result, for a message that lies in several parts (at least
  // one): whoever need not have it in one takes it here. Nothing: it was not looked at, and comes
  // to OnMessage, in one.
  virtual std::optional<bool> OnParts(absl::Span<const absl::string_view> parts) {
    (void)parts;
    return std::nullopt;
  }
  // The last Write is done, the next may come.
  virtual void OnWritten() = 0;
  // Exactly once, the last call. What was written and is not acknowledged may have arrived or not.
  // kUnavailable: it could not be made, or broke off; otherwise what the other side closed it with
  // (kPermissionDenied, kUnauthenticated, kFailedPrecondition, kResourceExhausted: refused).
  virtual void OnClosed(const absl::Status& reason) = 0;
};

// One stream of messages to another node and back, as long as it lasts: nothing is repeated or
// reordered on it, and what was lost when it breaks is the session's concern. Any thread.
class Connection {
 public:
  virtual ~Connection() = default;

  // Sends a message. One at a time: the next only after OnWritten. Legal before the connection is
  // made. On a closed connection the message is dropped; OnClosed follows or has been.
  virtual void Write(Message message) = 0;
  // Once for each OnMessage or OnParts that returns false; may come while that call still returns.
  virtual void ResumeReading() = 0;
  // Ends it; what is not written yet may be lost. An acceptor's `reason` reaches the other side's
  // OnClosed. OnClosed follows, from a thread of the transport's.
  virtual void Close(const absl::Status& reason) = 0;
  // Who is on the other side, as far as the transport has verified it. Known from the first
  // OnMessage on.
  virtual const Caller& caller() const = 0;
};

// The node's side of what others begin. Outlives the transport's Shutdown.
class Acceptor {
 public:
  virtual ~Acceptor() = default;

  // A new connection; null refuses it (kResourceExhausted). As ConnectionHandler's functions.
  virtual std::shared_ptr<ConnectionHandler> OnConnection(
      std::shared_ptr<Connection> connection) = 0;
};

// What carries messages between nodes: gRPC streams (grpc_transport.h), or memory
// (testing/memory_transport.h). Owned by the node. Any thread.
class Transport {
 public:
  virtual ~Transport() = default;

  // Accepts connections at `address`: "host:port" (port 0: any free one) or "unix:PATH". Returns
  // the address with the port it got. kInvalidArgument: no such kind of address, or unusable TLS
  // files. kUnavailable: it is taken or not ours. Once.
  virtual absl::StatusOr<std::string> Listen(const std::string& address, Acceptor* acceptor) = 0;

  // Begins a connection. Never blocks; a failure comes as OnClosed.
  virtual std::shared_ptr<Connection> Connect(const std::string& address,
                                              std::shared_ptr<ConnectionHandler> handler) = 0;

  // No new connections from others; the existing ones stay.
  virtual void StopListening() = 0;

  // Closes all connections. Blocks until no handler is being called nor will be. Once, the last
  // call; not from a handler.
  virtual void Shutdown() = 0;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_TRANSPORT_H_

#ifndef TROUPE_NODE_OPTIONS_H_
#define TROUPE_NODE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/hosted_class.h"
#include "runtime/caller.h"
#include "runtime/system.h"

namespace troupe {

// Paths of PEM files. They are read again when they change, at most `reload_interval` later;
// connections that stand are not touched.
struct TlsFiles {
  // This node's own certificate chain and its key. A client may have none.
  std::string certificate = {};
  std::string private_key = {};
  // The authorities that others' certificates are checked against. Required.
  std::string authorities = {};
  // Refuse peers without a certificate of these authorities (mutual TLS).
  bool require_certificate = true;
  absl::Duration reload_interval = absl::Seconds(10);

  bool empty() const { return certificate.empty() && private_key.empty() && authorities.empty(); }
};

// The bounds of what a node keeps for others. Reaching one is answered kResourceExhausted, with the
// limit in the text, unless it says otherwise. Bytes are those of encoded messages.
struct NodeLimits {
  // Of one message or result, arguments included.
  size_t message_bytes = size_t{64} << 20;
  // What waits for one peer: to be sent, and to be acknowledged.
  size_t outbox_bytes = size_t{128} << 20;
  // Calls, watches and requests that one peer owes an answer.
  uint32_t pending_calls = 1 << 20;
  // What one peer has sent that waits in mailboxes here. Above it, this node reads no further from
  // that peer for up to two heartbeats, then refuses until it is below again.
  size_t inbound_bytes = size_t{64} << 20;
  // A batch is closed when it is over this; larger messages travel in pieces of this size between
  // the others.
  size_t batch_bytes = size_t{256} << 10;
  // Other nodes and clients that may be connected to this node, and of these, how many that have
  // not introduced themselves yet.
  uint32_t connections = 1024;
  uint32_t handshakes = 128;
  // Nodes that this one has references to, or calls.
  uint32_t peers = 4096;
  // Calls of gRPC clients that are under way at a time, all clients together; what they have sent
  // is within another `inbound_bytes`.
  uint32_t client_calls = 1 << 16;
  // Actor and method names that are kept as numbers for each peer.
  uint32_t dictionary = 1 << 16;
};

// Decides whether `caller` may call `method` of an actor of class `interface` (its name without
// namespaces). What concerns the node itself has the interface "Node" and the methods
// "spawn:Class", "find", "list", "register", "unregister", "broadcast"; stopping and watching an
// actor have its interface and "Stop", "Watch"; plain messages "Receive". Anything but OK: the
// caller gets kPermissionDenied, and nothing else. Called for each message, at several threads at
// the same time; must be fast and not block.
using Authorizer = std::function<absl::Status(const Caller& caller, absl::string_view interface,
                                              absl::string_view method)>;

struct NodeOptions {
  // Where others reach this node: "host:port" (port 0: any free one) or "unix:PATH".
  std::string listen = "127.0.0.1:0";
  // What references to this node's actors say, where that is not what it listens at (a name, a
  // forwarded port, or because it listens at 0.0.0.0). A port of 0 stands for the one it got.
  std::string advertise = {};
  // For people: in logs, Peers() and Caller::node_name.
  std::string name = {};
  // The classes whose actors other nodes may spawn here: {Hosts<Adder>(), ...}.
  std::vector<HostedClass> classes = {};

  TlsFiles tls = {};
  // Without TLS, beyond the own machine: everybody who reaches the port may call, and read what
  // others send. Without this, Create refuses such an address.
  bool insecure = false;
  Authorizer authorize = {};

  absl::Duration heartbeat = absl::Seconds(1);
  // A node that was not heard for this long is down; counted in heartbeats.
  absl::Duration down_after = absl::Seconds(5);
  NodeLimits limits = {};
  // How long an idle worker looks for messages again and again before it sleeps: a message that
  // comes within that time waits for no thread to wake up, and one core is busy meanwhile. Zero:
  // up to some 100 microseconds, and only while news comes that soon.
  absl::Duration busy_poll = absl::ZeroDuration();
  // Whether replies to gRPC clients are compressed, as each of them accepts it. Costs processor
  // time; messages that would not become smaller are sent as they are. Compressed requests are
  // taken in either case, and what nodes say to each other is never compressed.
  bool compress_replies = false;

  // Threads, mailboxes, seed. With an executor of the caller's, a thread of the node's own serves
  // the network; otherwise the system's idle workers do.
  SystemOptions system = {};
};

// Of a program that calls actors and hosts none: no address, no classes.
struct ClientOptions {
  std::string name = {};
  TlsFiles tls = {};
  absl::Duration heartbeat = absl::Seconds(1);
  absl::Duration down_after = absl::Seconds(5);
  NodeLimits limits = {};
  absl::Duration busy_poll = absl::ZeroDuration();  // see NodeOptions
  SystemOptions system = {};
};

}  // namespace troupe

#endif  // TROUPE_NODE_OPTIONS_H_

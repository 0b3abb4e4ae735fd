#ifndef TROUPE_NODE_PEER_INFO_H_
#define TROUPE_NODE_PEER_INFO_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace troupe {

// The end of a session with another node: its watched actors are taken for gone, and the outcome of
// calls under way is unknown. It may have ended itself, or only be out of reach.
struct NodeDown {
  std::string address;
  absl::Status reason;
};

// A session with another node, as Node::Peers tells it; each number was true a moment ago.
struct PeerInfo {
  enum class Direction : uint8_t {
    kOutgoing,  // this node calls
    kIncoming,  // the other one does
  };
  enum class State : uint8_t {
    kIdle,        // nothing was sent yet, or the last session has ended
    kConnecting,  // the first connection is being made
    kConnected,
    kReconnecting,  // the connection was lost; the session goes on if another one comes in time
  };

  Direction direction = Direction::kOutgoing;
  State state = State::kIdle;
  std::string address = {};   // where it can be reached; of a client: empty
  std::string name = {};      // what it calls itself; empty until it has said so
  uint64_t incarnation = 0;   // of its run; likewise 0
  size_t outbox_bytes = 0;    // not sent, or not acknowledged
  size_t calls = 0;           // that wait for their reply (outgoing) or work here (incoming)
  size_t inbound_bytes = 0;   // of incoming messages that wait in mailboxes here
  int silent_heartbeats = 0;  // since something was heard
};

}  // namespace troupe

#endif  // TROUPE_NODE_PEER_INFO_H_

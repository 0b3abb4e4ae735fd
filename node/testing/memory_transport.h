#ifndef TROUPE_NODE_TESTING_MEMORY_TRANSPORT_H_
#define TROUPE_NODE_TESTING_MEMORY_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "node/transport.h"
#include "runtime/clock.h"

namespace troupe::internal {

// A network in memory, for tests: nodes' transports, and everything that can go wrong between them.
// Owned by the test. Must outlive the nodes; the clock must outlive it. Any thread may call.
//
// All that happens in it happens in timers of the clock, one at a time, so with a VirtualClock on
// the thread that moves the time, and the same way for the same seed. The only exception is
// Transport::Shutdown, which calls the OnClosed that are left on a thread of its own and waits for
// it.
//
// A connection keeps the order of its messages. What is on its way is lost when it breaks. An
// acceptor that closes it has what was written before delivered first. The side that closes is told
// its own reason; an acceptor whose initiator closes is told kUnavailable.
//
// Names: of a transport, its address (as Listen returned it) or the name that NewTransport gave it.
// What is said about a name also holds for transports that get it later.
class MemoryNetwork {
 public:
  struct Options {
    Clock* clock = nullptr;  // required
    uint64_t seed = 1;       // 0: unpredictable
    // One way, of each message, each attempt to connect and each end; uniform between the two.
    absl::Duration min_delay = absl::Microseconds(100);
    absl::Duration max_delay = absl::Milliseconds(1);
    // That the connection breaks when a message would arrive: half of the time before it, half of
    // the time after.
    double break_probability = 0;
    // Connections also break after a random time with this mean.
    absl::Duration mean_lifetime = absl::InfiniteDuration();
    // That an initiator that closes loses what it has on its way.
    double close_loss_probability = 0;
    // Written and not yet taken by the other side: with more, OnWritten waits.
    size_t window_bytes = size_t{256} << 10;
  };
  struct Counters {
    uint64_t connections = 0;  // made
    uint64_t refused = 0;      // could not be made
    uint64_t broken = 0;       // by Options, Break, BreakAll or Kill
    uint64_t messages = 0;     // that arrived
    uint64_t bytes = 0;        // of these
  };

  explicit MemoryNetwork(const Options& options);
  ~MemoryNetwork();
  MemoryNetwork(const MemoryNetwork&) = delete;
  MemoryNetwork& operator=(const MemoryNetwork&) = delete;

  // Its Listen takes "host:port" (port 0: a free one) and "unix:PATH". `name` is what tests call it
  // as long as it does not listen; empty: "client-N".
  std::unique_ptr<Transport> NewTransport(const std::string& name = "");

  // Takes the cable out: what is on its way, and what comes later, arrives after Heal if the
  // connection still stands then; attempts to connect hang. Nobody is told.
  void CutOff(const std::string& a, const std::string& b);
  void Heal(const std::string& a, const std::string& b);

  // As SIGSTOP for the network part of a node: its handlers and acceptor are not called until Thaw.
  // What it writes goes out.
  void Freeze(const std::string& name);
  void Thaw(const std::string& name);

  // As SIGKILL: the other sides see their connections break, later ones are refused. Its own side
  // hears nothing more until its Shutdown, and what it writes is lost. The address is free for
  // another transport.
  void Kill(const std::string& name);

  // Breaks the connections between two, or all. Both sides are told.
  void Break(const std::string& a, const std::string& b);
  void BreakAll();

  Counters counters() const;

 private:
  class State;
  class MemoryConnection;
  class MemoryTransport;

  // Shared with the connections and transports.
  const std::shared_ptr<State> state_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_TESTING_MEMORY_TRANSPORT_H_

#ifndef TROUPE_NODE_TESTING_MEMORY_STATE_H_
#define TROUPE_NODE_TESTING_MEMORY_STATE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/testing/memory_transport.h"
#include "node/transport.h"
#include "runtime/caller.h"
#include "runtime/clock.h"
#include "runtime/mutex.h"
#include "runtime/random.h"

// The inside of memory_transport.h.

namespace troupe::internal {

// A transport as the network sees it. Guarded by the network's lock.
struct MemoryHost {
  std::string name;
  std::string address;           // empty: it never listened
  Acceptor* acceptor = nullptr;  // null: it does not listen
  bool dead = false;             // killed
  bool down = false;             // shut down
  int calls = 0;                 // of its handlers and its acceptor, right now
};

struct MemoryPacket {
  SharedBytes bytes;
  absl::Time arrival;
};

struct MemoryEnd {
  absl::Status reason;
  absl::Time at;
  bool through_network = false;  // it does not arrive while the two are cut off from each other
  bool after_inbound = false;    // what is on its way arrives before
};

// One side of a connection. Guarded by the network's lock.
struct MemorySide {
  std::shared_ptr<MemoryHost> host;            // null: nobody has accepted yet
  std::shared_ptr<ConnectionHandler> handler;  // null: not yet, or closed
  std::deque<MemoryPacket> inbound;            // on their way to this side
  size_t inbound_bytes = 0;                    // of these, and of the one that is being taken
  absl::Time last_arrival = absl::InfinitePast();
  std::optional<MemoryEnd> end;
  bool closed = false;
  int pauses = 0;  // messages refused further ones, less calls of ResumeReading
  bool in_message = false;
  bool writing = false;  // until OnWritten
  bool in_written = false;
  bool written_timer = false;
  Clock::TimerId timer = 0;  // for the next message or the end
  absl::Time timer_at;
};

enum MemorySideIndex : int { kInitiator = 0, kAcceptor = 1 };

struct MemoryPair {
  uint64_t id = 0;
  std::string address;  // that it is for
  absl::Time attempt_at;
  bool attempting = true;  // has not reached the other side
  bool attempt_timer = false;
  bool made = false;
  MemorySide sides[2];
};

using MemoryPairPtr = std::shared_ptr<MemoryPair>;

// What happens in the network. Any thread.
class MemoryNetwork::State : public std::enable_shared_from_this<State> {
 public:
  explicit State(const Options& options);

  std::shared_ptr<MemoryHost> AddHost(const std::string& name);
  absl::StatusOr<std::string> Listen(const std::shared_ptr<MemoryHost>& host,
                                     const std::string& address, Acceptor* acceptor);
  void StopListening(MemoryHost& host);
  std::shared_ptr<Connection> Connect(const std::shared_ptr<MemoryHost>& host,
                                      const std::string& address,
                                      std::shared_ptr<ConnectionHandler> handler);
  void Shutdown(const std::shared_ptr<MemoryHost>& host);

  void Write(MemoryPair& pair, MemorySideIndex index, SharedBytes message);
  void ResumeReading(MemoryPair& pair, MemorySideIndex index);
  void Close(MemoryPair& pair, MemorySideIndex index, const absl::Status& reason);

  void SetCut(const std::string& a, const std::string& b, bool cut);
  void SetFrozen(const std::string& name, bool frozen);
  void Kill(const std::string& name);
  void BreakBetween(const std::string* a, const std::string* b);
  Counters counters() const;

 private:
  absl::Time Now() const { return options_.clock->Now(); }
  absl::Duration Delay() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Chance(double probability) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Clock::TimerId SetTimer(absl::Time when, uint64_t pair, MemorySideIndex index,
                          void (State::*call)(const MemoryPairPtr&, MemorySideIndex))
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  std::shared_ptr<Connection> NewConnection(MemoryPairPtr pair, MemorySideIndex index,
                                            Caller caller);
  static bool IsNamed(const MemoryHost* host, const std::string& name) {
    return host != nullptr && (host->name == name || host->address == name);
  }
  static bool IsSideNamed(const MemoryPair& pair, MemorySideIndex index, const std::string& name) {
    return IsNamed(pair.sides[index].host.get(), name) ||
           (index == kAcceptor && pair.address == name);
  }
  static bool IsBetween(const MemoryPair& pair, const std::string& a, const std::string& b) {
    return (IsSideNamed(pair, kInitiator, a) && IsSideNamed(pair, kAcceptor, b)) ||
           (IsSideNamed(pair, kInitiator, b) && IsSideNamed(pair, kAcceptor, a));
  }
  bool IsCut(const MemoryPair& pair) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsFrozen(const MemoryHost& host) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether its code may be called.
  bool IsReachable(const MemoryHost& host) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return !host.dead && !host.down && !IsFrozen(host);
  }
  std::shared_ptr<MemoryHost> Listener(const std::string& address)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Sets the timers for what can happen next.
  void Pump(MemoryPair& pair) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PumpAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PumpAttempt(MemoryPair& pair) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PumpSide(MemoryPair& pair, MemorySideIndex index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PumpWritten(MemoryPair& pair, MemorySideIndex index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // When the end of a side is due, or its next message; InfiniteFuture: not as things are.
  absl::Time EndTime(const MemoryPair& pair, const MemorySide& side) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Time MessageTime(const MemoryPair& pair, const MemorySide& side) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndSide(MemorySide& side, MemoryEnd end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void BreakPair(MemoryPair& pair) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Refuse(MemoryPair& pair, absl::Status reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Accept(MemoryPair& pair, std::shared_ptr<ConnectionHandler> handler)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetIfClosed(const MemoryPair& pair) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CallEnded(MemoryHost& host) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // What the timers run.
  void OnAttempt(const MemoryPairPtr& pair, MemorySideIndex index) ABSL_LOCKS_EXCLUDED(mu_);
  void OnSideTimer(const MemoryPairPtr& pair, MemorySideIndex index) ABSL_LOCKS_EXCLUDED(mu_);
  void OnWrittenTimer(const MemoryPairPtr& pair, MemorySideIndex index) ABSL_LOCKS_EXCLUDED(mu_);
  void OnLifetimeEnd(const MemoryPairPtr& pair, MemorySideIndex index) ABSL_LOCKS_EXCLUDED(mu_);
  void DeliverMessage(const MemoryPairPtr& pair, MemorySideIndex index) ABSL_LOCKS_EXCLUDED(mu_);
  void DeliverEnd(const MemoryPairPtr& pair, MemorySideIndex index) ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;

  mutable Mutex mu_;
  CondVar idle_;  // a host has no calls any more
  RandomSource random_ ABSL_GUARDED_BY(mu_);
  Counters counters_ ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<MemoryHost>> hosts_ ABSL_GUARDED_BY(mu_);
  uint64_t pairs_made_ ABSL_GUARDED_BY(mu_) = 0;
  int next_port_ ABSL_GUARDED_BY(mu_) = 10'000;
  std::map<std::string, std::shared_ptr<MemoryHost>> listeners_ ABSL_GUARDED_BY(mu_);  // by address
  // Those with a side that is not closed.
  std::map<uint64_t, MemoryPairPtr> pairs_ ABSL_GUARDED_BY(mu_);
  std::set<std::pair<std::string, std::string>> cuts_ ABSL_GUARDED_BY(mu_);  // in order of names
  std::set<std::string> frozen_ ABSL_GUARDED_BY(mu_);
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_TESTING_MEMORY_STATE_H_

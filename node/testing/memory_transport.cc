#include "node/testing/memory_transport.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "node/testing/memory_state.h"
#include "runtime/caller.h"
#include "runtime/mutex.h"

namespace troupe::internal {
namespace {

bool IsAddress(const std::string& address) {
  if (absl::StartsWith(address, "unix:")) return address.size() > 5;
  const size_t colon = address.rfind(':');
  int port = 0;
  return colon != std::string::npos && colon > 0 &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port >= 0 && port < 65536;
}

}  // namespace

class MemoryNetwork::MemoryConnection final : public Connection {
 public:
  MemoryConnection(std::shared_ptr<State> state, MemoryPairPtr pair, MemorySideIndex index,
                   Caller caller)
      : state_(std::move(state)),
        pair_(std::move(pair)),
        index_(index),
        caller_(std::move(caller)) {}

  void Write(Message message) override { state_->Write(*pair_, index_, message.Joined()); }
  void ResumeReading() override { state_->ResumeReading(*pair_, index_); }
  void Close(const absl::Status& reason) override { state_->Close(*pair_, index_, reason); }
  const Caller& caller() const override { return caller_; }

 private:
  const std::shared_ptr<State> state_;
  const MemoryPairPtr pair_;
  const MemorySideIndex index_;
  const Caller caller_;
};

class MemoryNetwork::MemoryTransport final : public Transport {
 public:
  MemoryTransport(std::shared_ptr<State> state, std::shared_ptr<MemoryHost> host)
      : state_(std::move(state)), host_(std::move(host)) {}

  absl::StatusOr<std::string> Listen(const std::string& address, Acceptor* acceptor) override {
    return state_->Listen(host_, address, acceptor);
  }
  std::shared_ptr<Connection> Connect(const std::string& address,
                                      std::shared_ptr<ConnectionHandler> handler) override {
    return state_->Connect(host_, address, std::move(handler));
  }
  void StopListening() override { state_->StopListening(*host_); }
  void Shutdown() override { state_->Shutdown(host_); }

 private:
  const std::shared_ptr<State> state_;
  const std::shared_ptr<MemoryHost> host_;
};

std::shared_ptr<Connection> MemoryNetwork::State::NewConnection(MemoryPairPtr pair,
                                                                MemorySideIndex index,
                                                                Caller caller) {
  return std::make_shared<MemoryConnection>(shared_from_this(), std::move(pair), index,
                                            std::move(caller));
}

std::shared_ptr<MemoryHost> MemoryNetwork::State::AddHost(const std::string& name) {
  MutexLock lock(&mu_);
  auto host = std::make_shared<MemoryHost>();
  host->name = name.empty() ? absl::StrCat("client-", hosts_.size() + 1) : name;
  hosts_.push_back(host);
  return host;
}

absl::StatusOr<std::string> MemoryNetwork::State::Listen(const std::shared_ptr<MemoryHost>& host,
                                                         const std::string& address,
                                                         Acceptor* acceptor) {
  if (!IsAddress(address)) {
    return absl::InvalidArgumentError(absl::StrCat("not host:port or unix:PATH: ", address));
  }
  MutexLock lock(&mu_);
  std::string own = address;
  if (!absl::StartsWith(address, "unix:") && absl::EndsWith(address, ":0")) {
    own.pop_back();
    do {
      host->address = absl::StrCat(own, next_port_++);
    } while (listeners_.count(host->address) > 0);
    own = host->address;
  }
  if (!listeners_.emplace(own, host).second) {
    return absl::UnavailableError(absl::StrCat("address in use: ", own));
  }
  host->address = own;
  host->acceptor = acceptor;
  return own;
}

void MemoryNetwork::State::StopListening(MemoryHost& host) {
  MutexLock lock(&mu_);
  const auto it = listeners_.find(host.address);
  if (it != listeners_.end() && it->second.get() == &host) listeners_.erase(it);
}

std::shared_ptr<Connection> MemoryNetwork::State::Connect(
    const std::shared_ptr<MemoryHost>& host, const std::string& address,
    std::shared_ptr<ConnectionHandler> handler) {
  MutexLock lock(&mu_);
  auto pair = std::make_shared<MemoryPair>();
  pair->id = ++pairs_made_;
  pair->address = address;
  pair->attempt_at = Now() + Delay();
  pair->sides[kInitiator].host = host;
  Caller caller;
  caller.transport_address = absl::StrCat("memory:", address);
  std::shared_ptr<Connection> connection = NewConnection(pair, kInitiator, std::move(caller));
  if (host->down || host->dead) return connection;
  pair->sides[kInitiator].handler = std::move(handler);
  pairs_.emplace(pair->id, pair);
  Pump(*pair);
  return connection;
}

void MemoryNetwork::State::Write(MemoryPair& pair, MemorySideIndex index, SharedBytes message) {
  MutexLock lock(&mu_);
  MemorySide& side = pair.sides[index];
  MemorySide& other = pair.sides[1 - index];
  if (side.closed || side.end.has_value() || side.host->dead || side.host->down) return;
  CHECK(!side.writing) << "a Write before the OnWritten of the one before";
  side.writing = true;
  // A side that is gone, or is about to hear so, takes nothing; this one will hear of it.
  if (other.closed || other.end.has_value()) return;
  other.last_arrival = std::max(other.last_arrival, Now() + Delay());
  other.inbound_bytes += message->size();
  other.inbound.push_back({std::move(message), other.last_arrival});
  Pump(pair);
}

void MemoryNetwork::State::ResumeReading(MemoryPair& pair, MemorySideIndex index) {
  MutexLock lock(&mu_);
  --pair.sides[index].pauses;
  Pump(pair);
}

void MemoryNetwork::State::Close(MemoryPair& pair, MemorySideIndex index,
                                 const absl::Status& reason) {
  MutexLock lock(&mu_);
  MemorySide& side = pair.sides[index];
  MemorySide& other = pair.sides[1 - index];
  if (side.closed) return;
  EndSide(side, {.reason = reason, .at = Now()});
  if (index == kInitiator && pair.sides[kAcceptor].host == nullptr) {
    pair.attempting = false;
    other.closed = true;
  } else {
    const bool lost = index == kInitiator && Chance(options_.close_loss_probability);
    const absl::Time arrival = std::max(other.last_arrival, Now() + Delay());
    absl::Status told = index == kAcceptor
                            ? reason
                            : absl::UnavailableError("the other side closed the connection");
    EndSide(other, {std::move(told), arrival, /*through_network=*/true, /*after_inbound=*/!lost});
  }
  Pump(pair);
}

void MemoryNetwork::State::Shutdown(const std::shared_ptr<MemoryHost>& host) {
  StopListening(*host);
  std::vector<std::pair<std::shared_ptr<ConnectionHandler>, absl::Status>> left;
  {
    MutexLock lock(&mu_);
    host->down = true;
    while (host->calls > 0) idle_.Wait(&mu_);
    std::vector<MemoryPairPtr> pairs;
    for (const auto& [id, pair] : pairs_) pairs.push_back(pair);
    for (const MemoryPairPtr& pair : pairs) {
      for (const MemorySideIndex index : {kInitiator, kAcceptor}) {
        MemorySide& side = pair->sides[index];
        if (side.host != host || side.closed) continue;
        side.closed = true;
        const absl::Status reason = absl::UnavailableError("the other side shut down");
        if (side.handler != nullptr) {
          left.emplace_back(std::move(side.handler), side.end ? side.end->reason : reason);
        }
        side.handler = nullptr;
        MemorySide& other = pair->sides[1 - index];
        if (index == kInitiator && other.host == nullptr) other.closed = true;
        EndSide(other, {reason, std::max(other.last_arrival, Now() + Delay()),
                        /*through_network=*/true, /*after_inbound=*/true});
      }
      pair->attempting = pair->attempting && !pair->sides[kInitiator].closed;
      Pump(*pair);
      ForgetIfClosed(*pair);
    }
  }
  // Not on this thread: handlers are never called from inside a call of the transport.
  std::thread([&left] {
    for (auto& [handler, reason] : left) handler->OnClosed(reason);
    left.clear();
  }).join();
}

void MemoryNetwork::State::SetCut(const std::string& a, const std::string& b, bool cut) {
  MutexLock lock(&mu_);
  const auto names = std::minmax(a, b);
  if (cut) {
    cuts_.insert(names);
  } else {
    cuts_.erase(names);
    PumpAll();
  }
}

void MemoryNetwork::State::SetFrozen(const std::string& name, bool frozen) {
  MutexLock lock(&mu_);
  if (frozen) {
    frozen_.insert(name);
  } else {
    frozen_.erase(name);
    PumpAll();
  }
}

void MemoryNetwork::State::Kill(const std::string& name) {
  MutexLock lock(&mu_);
  listeners_.erase(name);
  std::set<const MemoryHost*> killed;
  for (const std::shared_ptr<MemoryHost>& host : hosts_) {
    if (!IsNamed(host.get(), name) || host->dead || host->down) continue;
    host->dead = true;
    listeners_.erase(host->address);
    killed.insert(host.get());
  }
  for (const auto& [id, pair] : pairs_) {
    for (const MemorySideIndex index : {kInitiator, kAcceptor}) {
      MemorySide& side = pair->sides[index];
      MemorySide& other = pair->sides[1 - index];
      if (side.closed || killed.count(side.host.get()) == 0) continue;
      ++counters_.broken;
      side.inbound.clear();
      side.inbound_bytes = 0;
      pair->attempting = pair->attempting && index == kAcceptor;
      EndSide(other, {absl::UnavailableError("the connection broke"), Now() + Delay(),
                      /*through_network=*/true, /*after_inbound=*/false});
      Pump(*pair);
    }
  }
}

void MemoryNetwork::State::BreakBetween(const std::string* a, const std::string* b) {
  MutexLock lock(&mu_);
  for (const auto& [id, pair] : pairs_) {
    if (a == nullptr || IsBetween(*pair, *a, *b)) BreakPair(*pair);
  }
}

MemoryNetwork::Counters MemoryNetwork::State::counters() const {
  MutexLock lock(&mu_);
  return counters_;
}

MemoryNetwork::MemoryNetwork(const Options& options) : state_(std::make_shared<State>(options)) {}

MemoryNetwork::~MemoryNetwork() = default;

std::unique_ptr<Transport> MemoryNetwork::NewTransport(const std::string& name) {
  return std::make_unique<MemoryTransport>(state_, state_->AddHost(name));
}

void MemoryNetwork::CutOff(const std::string& a, const std::string& b) {
  state_->SetCut(a, b, true);
}
void MemoryNetwork::Heal(const std::string& a, const std::string& b) {
  state_->SetCut(a, b, false);
}
void MemoryNetwork::Freeze(const std::string& name) { state_->SetFrozen(name, true); }
void MemoryNetwork::Thaw(const std::string& name) { state_->SetFrozen(name, false); }
void MemoryNetwork::Kill(const std::string& name) { state_->Kill(name); }
void MemoryNetwork::Break(const std::string& a, const std::string& b) {
  state_->BreakBetween(&a, &b);
}
void MemoryNetwork::BreakAll() { state_->BreakBetween(nullptr, nullptr); }

MemoryNetwork::Counters MemoryNetwork::counters() const { return state_->counters(); }

}  // namespace troupe::internal

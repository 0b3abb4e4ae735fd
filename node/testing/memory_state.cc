#include "node/testing/memory_state.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "glog/logging.h"
#include "runtime/caller.h"

namespace troupe::internal {
namespace {

// A network gives a longer message in parts, of which the first one has the beginnings of frames.
bool GiveInParts(ConnectionHandler& handler, absl::string_view message) {
  constexpr size_t kFirst = 128;
  if (message.size() > kFirst) {
    const size_t half = (message.size() - kFirst) / 2;
    const absl::string_view parts[] = {message.substr(0, kFirst), message.substr(kFirst, half),
                                       message.substr(kFirst + half)};
    if (const std::optional<bool> more = handler.OnParts(parts)) return *more;
  }
  return handler.OnMessage(message);
}

}  // namespace

MemoryNetwork::State::State(const Options& options) : options_(options), random_(options.seed) {
  CHECK(options.clock != nullptr);
  CHECK(options.min_delay <= options.max_delay);
}

absl::Duration MemoryNetwork::State::Delay() {
  const int64_t spread = absl::ToInt64Nanoseconds(options_.max_delay - options_.min_delay);
  return options_.min_delay + absl::Nanoseconds(static_cast<int64_t>(
                                  random_.NextBelow(static_cast<uint64_t>(spread) + 1)));
}

bool MemoryNetwork::State::Chance(double probability) {
  return probability > 0 && random_.NextDouble() < probability;
}

// The timer knows the connection by its number only, so that it keeps nothing alive.
Clock::TimerId MemoryNetwork::State::SetTimer(absl::Time when, uint64_t pair, MemorySideIndex index,
                                              void (State::*call)(const MemoryPairPtr&,
                                                                  MemorySideIndex)) {
  const std::weak_ptr<State> weak = weak_from_this();
  const Clock::TimerId id = options_.clock->ScheduleAt(when, [weak, pair, index, call] {
    const std::shared_ptr<State> self = weak.lock();
    if (self == nullptr) return;
    MemoryPairPtr found;
    {
      MutexLock lock(&self->mu_);
      const auto it = self->pairs_.find(pair);
      if (it == self->pairs_.end()) return;
      found = it->second;
    }
    (self.get()->*call)(found, index);
  });
  CHECK_NE(id, 0u) << "the clock takes no more timers";
  return id;
}

bool MemoryNetwork::State::IsCut(const MemoryPair& pair) const {
  return std::any_of(cuts_.begin(), cuts_.end(),
                     [&](const auto& cut) { return IsBetween(pair, cut.first, cut.second); });
}

bool MemoryNetwork::State::IsFrozen(const MemoryHost& host) const {
  return frozen_.count(host.name) > 0 || frozen_.count(host.address) > 0;
}

std::shared_ptr<MemoryHost> MemoryNetwork::State::Listener(const std::string& address) {
  const auto it = listeners_.find(address);
  return it == listeners_.end() ? nullptr : it->second;
}

void MemoryNetwork::State::PumpAll() {
  for (const auto& [id, pair] : pairs_) Pump(*pair);
}

void MemoryNetwork::State::Pump(MemoryPair& pair) {
  PumpAttempt(pair);
  for (const MemorySideIndex index : {kInitiator, kAcceptor}) {
    PumpSide(pair, index);
    PumpWritten(pair, index);
  }
}

void MemoryNetwork::State::PumpAttempt(MemoryPair& pair) {
  if (!pair.attempting || pair.attempt_timer || IsCut(pair)) return;
  const std::shared_ptr<MemoryHost> listener = Listener(pair.address);
  if (listener != nullptr && IsFrozen(*listener)) return;
  pair.attempt_timer = true;
  SetTimer(std::max(pair.attempt_at, Now()), pair.id, kAcceptor, &State::OnAttempt);
}

absl::Time MemoryNetwork::State::EndTime(const MemoryPair& pair, const MemorySide& side) const {
  if (!side.end.has_value() || side.in_message || side.in_written) return absl::InfiniteFuture();
  if (side.end->after_inbound && !side.inbound.empty()) return absl::InfiniteFuture();
  if (side.end->through_network && IsCut(pair)) return absl::InfiniteFuture();
  return side.end->at;
}

absl::Time MemoryNetwork::State::MessageTime(const MemoryPair& pair, const MemorySide& side) const {
  if (side.inbound.empty() || side.in_message || side.pauses > 0 || !pair.made || IsCut(pair)) {
    return absl::InfiniteFuture();
  }
  return side.inbound.front().arrival;
}

void MemoryNetwork::State::PumpSide(MemoryPair& pair, MemorySideIndex index) {
  MemorySide& side = pair.sides[index];
  if (side.closed || side.handler == nullptr || !IsReachable(*side.host)) return;
  const absl::Time next = std::min(EndTime(pair, side), MessageTime(pair, side));
  if (next == absl::InfiniteFuture()) return;
  const absl::Time when = std::max(next, Now());
  if (side.timer != 0) {
    if (side.timer_at <= when) return;
    options_.clock->Cancel(side.timer);
  }
  side.timer_at = when;
  side.timer = SetTimer(when, pair.id, index, &State::OnSideTimer);
}

void MemoryNetwork::State::PumpWritten(MemoryPair& pair, MemorySideIndex index) {
  MemorySide& side = pair.sides[index];
  const MemorySide& other = pair.sides[1 - index];
  if (!side.writing || side.written_timer || !pair.made || side.closed || side.end.has_value() ||
      other.inbound_bytes > options_.window_bytes || !IsReachable(*side.host)) {
    return;
  }
  side.written_timer = true;
  SetTimer(Now(), pair.id, index, &State::OnWrittenTimer);
}

void MemoryNetwork::State::EndSide(MemorySide& side, MemoryEnd end) {
  if (side.closed) return;
  // The first one counts, but what breaks a connection does not wait for what is on its way.
  if (side.end.has_value() && (!side.end->after_inbound || end.after_inbound)) return;
  if (!end.after_inbound) {
    side.inbound.clear();
    side.inbound_bytes = 0;
  }
  side.end = std::move(end);
}

void MemoryNetwork::State::BreakPair(MemoryPair& pair) {
  ++counters_.broken;
  pair.attempting = false;
  for (MemorySide& side : pair.sides) {
    EndSide(side,
            {.reason = absl::UnavailableError("the connection broke"), .at = Now() + Delay()});
  }
  if (pair.sides[kAcceptor].host == nullptr) pair.sides[kAcceptor].closed = true;
  Pump(pair);
}

void MemoryNetwork::State::Refuse(MemoryPair& pair, absl::Status reason) {
  ++counters_.refused;
  MemorySide& acceptor = pair.sides[kAcceptor];
  acceptor.closed = true;
  acceptor.inbound.clear();
  EndSide(pair.sides[kInitiator],
          {.reason = std::move(reason), .at = Now() + Delay(), .through_network = true});
  Pump(pair);
}

void MemoryNetwork::State::ForgetIfClosed(const MemoryPair& pair) {
  if (pair.sides[kInitiator].closed && pair.sides[kAcceptor].closed) pairs_.erase(pair.id);
}

void MemoryNetwork::State::CallEnded(MemoryHost& host) {
  if (--host.calls == 0) idle_.SignalAll();
}

void MemoryNetwork::State::OnAttempt(const MemoryPairPtr& pair, MemorySideIndex) {
  std::shared_ptr<MemoryHost> host;
  Acceptor* acceptor = nullptr;
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(&mu_);
    pair->attempt_timer = false;
    if (!pair->attempting || IsCut(*pair)) return;
    host = Listener(pair->address);
    if (host != nullptr && IsFrozen(*host)) return;
    pair->attempting = false;
    if (host == nullptr) {
      Refuse(*pair, absl::UnavailableError(absl::StrCat("nobody listens at ", pair->address)));
      return;
    }
    acceptor = host->acceptor;
    pair->sides[kAcceptor].host = host;
    ++host->calls;
    Caller caller;
    caller.transport_address = absl::StrCat("memory:", pair->sides[kInitiator].host->name);
    connection = NewConnection(pair, kAcceptor, std::move(caller));
  }
  std::shared_ptr<ConnectionHandler> handler = acceptor->OnConnection(std::move(connection));
  MutexLock lock(&mu_);
  CallEnded(*host);
  Accept(*pair, std::move(handler));
  ForgetIfClosed(*pair);
}

void MemoryNetwork::State::Accept(MemoryPair& pair, std::shared_ptr<ConnectionHandler> handler) {
  if (handler == nullptr) {
    Refuse(pair, absl::ResourceExhaustedError("the other side takes no more connections"));
    return;
  }
  ++counters_.connections;
  pair.made = true;
  MemorySide& acceptor = pair.sides[kAcceptor];
  acceptor.handler = std::move(handler);
  const MemorySide& initiator = pair.sides[kInitiator];
  if (initiator.closed || initiator.end.has_value()) {
    EndSide(acceptor, {.reason = absl::UnavailableError("the other side closed the connection"),
                       .at = Now() + Delay()});
  } else if (options_.mean_lifetime < absl::InfiniteDuration()) {
    const double lifetimes = -std::log(1 - random_.NextDouble());
    SetTimer(Now() + options_.mean_lifetime * lifetimes, pair.id, kInitiator,
             &State::OnLifetimeEnd);
  }
  Pump(pair);
}

void MemoryNetwork::State::OnLifetimeEnd(const MemoryPairPtr& pair, MemorySideIndex) {
  MutexLock lock(&mu_);
  BreakPair(*pair);
}

void MemoryNetwork::State::OnSideTimer(const MemoryPairPtr& pair, MemorySideIndex index) {
  bool message = false;
  {
    MutexLock lock(&mu_);
    MemorySide& side = pair->sides[index];
    side.timer = 0;
    if (side.closed || side.handler == nullptr || !IsReachable(*side.host)) return;
    const absl::Time now = Now();
    if (EndTime(*pair, side) > now) {
      message = MessageTime(*pair, side) <= now;
      if (!message) return PumpSide(*pair, index);
    }
  }
  message ? DeliverMessage(pair, index) : DeliverEnd(pair, index);
}

void MemoryNetwork::State::DeliverMessage(const MemoryPairPtr& pair, MemorySideIndex index) {
  MemorySide& side = pair->sides[index];
  std::shared_ptr<ConnectionHandler> handler;
  SharedBytes bytes;
  bool break_after = false;
  {
    MutexLock lock(&mu_);
    if (side.inbound.empty() || !IsReachable(*side.host)) return;
    break_after = Chance(options_.break_probability);
    if (break_after && Chance(0.5)) return BreakPair(*pair);
    bytes = std::move(side.inbound.front().bytes);
    side.inbound.pop_front();
    ++counters_.messages;
    counters_.bytes += bytes->size();
    handler = side.handler;
    side.in_message = true;
    ++side.host->calls;
  }
  const bool more = GiveInParts(*handler, *bytes);
  MutexLock lock(&mu_);
  side.in_message = false;
  if (!more) ++side.pauses;
  // A break has made it 0 meanwhile.
  side.inbound_bytes -= std::min(side.inbound_bytes, bytes->size());
  CallEnded(*side.host);
  if (break_after) BreakPair(*pair);
  Pump(*pair);
}

void MemoryNetwork::State::DeliverEnd(const MemoryPairPtr& pair, MemorySideIndex index) {
  MemorySide& side = pair->sides[index];
  std::shared_ptr<ConnectionHandler> handler;
  absl::Status reason;
  {
    MutexLock lock(&mu_);
    if (side.closed || !IsReachable(*side.host)) return;
    side.closed = true;
    reason = side.end->reason;
    handler = std::move(side.handler);
    side.handler = nullptr;
    ++side.host->calls;
    ForgetIfClosed(*pair);
  }
  handler->OnClosed(reason);
  handler.reset();
  MutexLock lock(&mu_);
  CallEnded(*side.host);
}

void MemoryNetwork::State::OnWrittenTimer(const MemoryPairPtr& pair, MemorySideIndex index) {
  MemorySide& side = pair->sides[index];
  std::shared_ptr<ConnectionHandler> handler;
  {
    MutexLock lock(&mu_);
    side.written_timer = false;
    if (!side.writing || side.closed || side.end.has_value() || !IsReachable(*side.host)) return;
    side.writing = false;
    side.in_written = true;
    handler = side.handler;
    ++side.host->calls;
  }
  handler->OnWritten();
  MutexLock lock(&mu_);
  side.in_written = false;
  CallEnded(*side.host);
  Pump(*pair);
}

}  // namespace troupe::internal

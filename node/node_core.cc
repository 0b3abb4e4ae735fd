#include "node/node_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "node/address.h"
#include "node/client_session.h"
#include "node/peer.h"
#include "node/remote_recipient.h"
#include "node/server_connection.h"
#include "node/server_session.h"
#include "proto/wire.pb.h"
#include "runtime/actor_cell.h"
#include "runtime/errors.h"

namespace troupe::internal {
namespace {

SessionOptions SessionOptionsFrom(const NodeOptions& options) {
  SessionOptions session;
  session.message_bytes = options.limits.message_bytes;
  session.outbox_bytes = options.limits.outbox_bytes;
  session.batch_bytes = options.limits.batch_bytes;
  session.ticks_until_down = std::max<int>(
      2, static_cast<int>(absl::Ceil(options.down_after, options.heartbeat) / options.heartbeat));
  session.ticks_until_reconnect = std::max(2, (session.ticks_until_down + 1) / 2);
  session.ticks_until_heartbeat = std::min(2, session.ticks_until_reconnect - 1);
  return session;
}

}  // namespace

// One heartbeat, off the clock's thread.
class NodeCore::TickRunnable final : public Runnable {
 public:
  explicit TickRunnable(std::shared_ptr<NodeCore> core) : core_(std::move(core)) {}
  void Run() override {
    core_->Tick();
    delete this;
  }

 private:
  const std::shared_ptr<NodeCore> core_;
};

NodeCore::NodeCore(const NodeOptions& options, ActorSystem* system, Transport* transport)
    : options_(options),
      session_options_(SessionOptionsFrom(options)),
      system_(system),
      system_core_(&system->core()),
      transport_(transport),
      random_(system->random().Next()),
      incarnation_(RandomId()),
      routes_(options_.classes, system),
      encode_context_{.refs = this},
      decode_context_{.refs = this} {}

NodeCore::~NodeCore() = default;

ActorSystem* NodeCore::SystemUnlessClosed() const {
  MutexLock lock(&mu_);
  return closed_ ? nullptr : system_;
}

uint64_t NodeCore::RandomId() {
  uint64_t id = 0;
  while (id == 0) id = random_.Next();
  return id;
}

Urn NodeCore::RandomUrn() { return Urn::Random(random_); }

void NodeCore::Start(std::string address) {
  address_ = std::move(address);
  started_.store(true);
  ScheduleTick();
}

void NodeCore::ScheduleTick() {
  Clock* const clock = system_core_->clock();
  if (clock == nullptr) return;
  MutexLock lock(&mu_);
  if (closed_) return;
  timer_ = clock->ScheduleAt(clock->Now() + options_.heartbeat, [weak = weak_from_this()] {
    const std::shared_ptr<NodeCore> self = weak.lock();
    Executor* const executor = self != nullptr ? self->system_core_->executor() : nullptr;
    if (executor != nullptr) executor->Schedule(new TickRunnable(self));
  });
  LOG_IF(ERROR, timer_ == 0) << "the clock is at its limit of timers: no heartbeats";
}

std::vector<std::shared_ptr<Session>> NodeCore::Sessions() {
  std::vector<std::shared_ptr<Session>> sessions;
  std::vector<std::shared_ptr<Session>> ended;  // destroyed without the lock
  std::vector<std::weak_ptr<Session>> kept;
  MutexLock lock(&mu_);
  for (std::weak_ptr<Session>& weak : sessions_) {
    std::shared_ptr<Session> session = weak.lock();
    if (session == nullptr) continue;
    if (session->ended()) {
      ended.push_back(std::move(session));
      continue;
    }
    sessions.push_back(std::move(session));
    kept.push_back(std::move(weak));
  }
  sessions_ = std::move(kept);
  return sessions;
}

void NodeCore::Tick() {
  for (const std::shared_ptr<Session>& session : Sessions()) session->Tick();
  std::vector<std::shared_ptr<ServerConnection>> strangers;
  {
    MutexLock lock(&mu_);
    for (const auto& [key, weak] : strangers_) {
      if (auto stranger = weak.lock()) strangers.push_back(std::move(stranger));
    }
  }
  for (const auto& stranger : strangers) stranger->Tick(session_options_.ticks_until_down);
  if (on_tick_ != nullptr) on_tick_();
  ScheduleTick();
}

void NodeCore::AddSession(std::weak_ptr<Session> session) {
  MutexLock lock(&mu_);
  sessions_.push_back(std::move(session));
}

void NodeCore::CallClosed() {
  if (open_calls_.fetch_sub(1) == 1 && draining()) calls_done_.Set();
}

bool NodeCore::AwaitCallsDone(absl::Time deadline) {
  while (open_calls_.load() > 0) {
    calls_done_.Reset();
    if (open_calls_.load() == 0) break;
    Executor* const executor = system_core_->executor();
    if (executor == nullptr || !executor->Await(calls_done_, deadline)) break;
  }
  return open_calls_.load() == 0;
}

void NodeCore::Close(absl::Time deadline) {
  StopTakingWork();
  routes_.Close();
  const absl::Status reason = absl::UnavailableError("this node has shut down");
  std::vector<IntrusivePtr<Peer>> peers;
  std::vector<std::shared_ptr<ServerSession>> servers;
  {
    MutexLock lock(&mu_);
    closed_ = true;
    for (const auto& [address, peer] : peers_) peers.push_back(peer);
    for (const auto& [id, session] : server_sessions_) servers.push_back(session);
  }
  for (const IntrusivePtr<Peer>& peer : peers) peer->Close(reason);
  for (const auto& session : servers) session->SayGoodbye(reason);
  // They end when the other side has taken the goodbye; a short look now and then is enough here.
  Executor* const executor = system_core_->executor();
  Clock* const clock = system_core_->clock();
  Event never;
  while (executor != nullptr && clock != nullptr && !Sessions().empty() &&
         clock->Now() < deadline) {
    (void)executor->Await(never, std::min(deadline, clock->Now() + absl::Milliseconds(2)));
  }
  for (const std::shared_ptr<Session>& session : Sessions()) session->End(reason);
  Clock::TimerId timer = 0;
  {
    MutexLock lock(&mu_);
    timer = timer_;
    peers_.clear();
  }
  if (clock != nullptr && timer != 0) clock->Cancel(timer);
}

void NodeCore::FillHello(wire::Hello* hello) const {
  hello->add_versions(kWireVersion);
  hello->set_node_name(options_.name);
  hello->set_incarnation(incarnation_);
  hello->set_address(address_);
  hello->set_max_message_bytes(options_.limits.message_bytes);
  hello->set_max_pending_calls(options_.limits.pending_calls);
  hello->set_max_dictionary(options_.limits.dictionary);
  hello->set_down_after_millis(absl::ToInt64Milliseconds(options_.down_after));
  for (const HostedClass& hosted : options_.classes) hello->add_classes(hosted.class_name);
}

RecipientPtr NodeCore::FindCell(const Urn& urn) const {
  absl::StatusOr<AnyRef> found = system_->Find(urn);
  return found.ok() ? found->recipient() : nullptr;
}

bool NodeCore::MayCall(const Caller& caller, absl::string_view interface,
                       absl::string_view method) const {
  if (options_.authorize == nullptr) return true;
  absl::Status verdict;
  const absl::Status thrown =
      RunUserCode([&] { verdict = options_.authorize(caller, interface, method); });
  LOG_IF_EVERY_N(ERROR, !thrown.ok(), 1000) << "the authorization hook threw: " << thrown;
  return thrown.ok() && verdict.ok();
}

absl::Status NodeCore::DrainingError() const {
  return NodeUnavailableError(absl::StrCat("node ", address_, " shuts down"), Delivery::kNotSent);
}

absl::StatusOr<IntrusivePtr<Peer>> NodeCore::PeerAt(const std::string& address) {
  const absl::StatusOr<Address> parsed = Address::Parse(address);
  if (!parsed.ok()) return parsed.status();
  std::vector<IntrusivePtr<Peer>> released;
  MutexLock lock(&mu_);
  if (closed_) {
    return NodeUnavailableError(
        absl::StrCat("node ", address, " cannot be called: this node has shut down"),
        Delivery::kNotSent);
  }
  const auto known = peers_.find(address);
  if (known != peers_.end()) return known->second;
  if (peers_.size() >= options_.limits.peers) {
    // Those that nobody has a reference to, and that no session is with.
    for (auto peer = peers_.begin(); peer != peers_.end();) {
      const auto next = std::next(peer);
      if (peer->second->HasOneOwner()) {
        released.push_back(std::move(peer->second));
        peers_.erase(peer);
      }
      peer = next;
    }
    if (peers_.size() >= options_.limits.peers) {
      return absl::ResourceExhaustedError(
          absl::StrCat("this node knows ", options_.limits.peers, " others, its limit"));
    }
  }
  auto peer = IntrusivePtr<Peer>::Adopt(new Peer(shared_from_this(), address));
  peers_.emplace(address, peer);
  return peer;
}

bool NodeCore::KnowsPeer(absl::string_view address) const {
  MutexLock lock(&mu_);
  return peers_.contains(address);
}

std::vector<PeerInfo> NodeCore::Peers() const {
  std::vector<IntrusivePtr<Peer>> peers;
  std::vector<std::shared_ptr<ServerSession>> servers;
  {
    MutexLock lock(&mu_);
    for (const auto& [address, peer] : peers_) peers.push_back(peer);
    for (const auto& [id, session] : server_sessions_) servers.push_back(session);
  }
  std::vector<PeerInfo> infos;
  for (const IntrusivePtr<Peer>& peer : peers) infos.push_back(peer->Info());
  for (const auto& session : servers) infos.push_back(session->Info());
  std::sort(infos.begin(), infos.end(), [](const PeerInfo& a, const PeerInfo& b) {
    return a.direction != b.direction ? a.direction < b.direction : a.address < b.address;
  });
  return infos;
}

absl::StatusOr<RefParts> NodeCore::Describe(const AnyRef& ref) const {
  Recipient& recipient = *ref.recipient();
  RefParts parts;
  parts.urn = recipient.urn();
  parts.class_name = std::string(recipient.class_name());
  if (const auto* remote = dynamic_cast<const RemoteRecipient*>(&recipient)) {
    parts.node_address = remote->peer().address();
    parts.incarnation = remote->incarnation();
    return parts;
  }
  if (&recipient.core() != system_core_.get()) {
    return absl::InvalidArgumentError(absl::StrCat(
        ref.ToString(), " cannot travel: it belongs to an actor system without this node"));
  }
  if (address_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(ref.ToString(), " cannot travel: this is a client, which others cannot call"));
  }
  if (ActorCell* cell = recipient.local_cell(); cell != nullptr && cell->info().local_only) {
    return absl::InvalidArgumentError(
        absl::StrCat(ref.ToString(), " cannot travel: its class is local-only"));
  }
  parts.node_address = address_;
  parts.incarnation = incarnation_;
  return parts;
}

absl::StatusOr<AnyRef> NodeCore::Resolve(const RefParts& parts) const {
  if (is_self(parts.node_address)) {
    RecipientPtr cell;
    if (parts.incarnation == 0 || parts.incarnation == incarnation_) cell = FindCell(parts.urn);
    if (cell != nullptr) return AnyRef(std::move(cell));
    return AnyRef(RecipientPtr::Adopt(
        new GoneRecipient(system_core_, parts.urn, parts.class_name, absl::OkStatus())));
  }
  // Sees the references that arrive, so it makes the peers that they name.
  auto* self = const_cast<NodeCore*>(this);
  absl::StatusOr<IntrusivePtr<Peer>> peer = self->PeerAt(parts.node_address);
  if (!peer.ok()) return peer.status();
  return AnyRef(RecipientPtr::Adopt(
      new RemoteRecipient(*std::move(peer), parts.urn, parts.class_name, parts.incarnation)));
}

std::shared_ptr<ConnectionHandler> NodeCore::OnConnection(std::shared_ptr<Connection> connection) {
  auto handler = std::make_shared<ServerConnection>(shared_from_this(), std::move(connection));
  MutexLock lock(&mu_);
  if (!started_.load() || closed_ || strangers_.size() >= options_.limits.handshakes)
    return nullptr;
  strangers_.emplace(handler.get(), handler);
  return handler;
}

void NodeCore::ConnectionIntroduced(ServerConnection* connection) {
  MutexLock lock(&mu_);
  strangers_.erase(connection);
}

absl::StatusOr<std::shared_ptr<ServerSession>> NodeCore::Admit(const wire::Hello& hello,
                                                               const Caller& caller) {
  if (std::find(hello.versions().begin(), hello.versions().end(), kWireVersion) ==
      hello.versions().end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("this node speaks version ", kWireVersion, " of the protocol only"));
  }
  if (hello.session() == 0 || hello.incarnation() == 0) {
    return absl::InvalidArgumentError("protocol error: a Hello without session or incarnation");
  }
  std::shared_ptr<ServerSession> session;
  {
    MutexLock lock(&mu_);
    if (closed_ || draining()) return absl::UnavailableError("this node shuts down");
    const auto known = server_sessions_.find(hello.session());
    if (known != server_sessions_.end()) {
      const bool same = known->second->peer_incarnation() == hello.incarnation() &&
                        known->second->caller().common_name == caller.common_name;
      if (!hello.resumed() || !same) {
        return absl::InvalidArgumentError("protocol error: the session is another one's");
      }
      return known->second;
    }
    if (hello.resumed())
      return absl::NotFoundError("it was started again, or has given the session up");
    if (server_sessions_.size() >= options_.limits.connections) {
      return absl::ResourceExhaustedError(
          absl::StrCat("this node has ", options_.limits.connections, " connections, its limit"));
    }
    session = std::make_shared<ServerSession>(shared_from_this(), hello.session(), hello, caller);
    server_sessions_.emplace(hello.session(), session);
    sessions_.push_back(session);
  }
  session->Start();
  return session;
}

void NodeCore::ServerSessionEnded(const ServerSession& session, const absl::Status& reason) {
  std::shared_ptr<ServerSession> released;
  {
    MutexLock lock(&mu_);
    const auto known = server_sessions_.find(session.id());
    if (known == server_sessions_.end() || known->second.get() != &session) return;
    released = std::move(known->second);
    server_sessions_.erase(known);
  }
  if (!draining() && !absl::StartsWith(reason.message(), kSaidGoodbye)) {
    LOG(INFO) << "the session of "
              << absl::StrCat(session.caller().node_name, "(", session.caller().transport_address,
                              ")")
              << " has ended: " << reason.message();
  }
}

}  // namespace troupe::internal

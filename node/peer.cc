#include "node/peer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "node/client_session.h"
#include "node/node_core.h"
#include "node/scratch.h"
#include "proto/wire.pb.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/wire_message.h"

namespace troupe::internal {
namespace {

// Before the next session, after so many that could not be made in a row.
constexpr absl::Duration kMinPause = absl::Milliseconds(50);
constexpr absl::Duration kMaxPause = absl::Seconds(1);

absl::Duration PauseAfter(int failures) {
  absl::Duration pause = kMinPause;
  for (int i = 1; i < failures && pause < kMaxPause; ++i) pause *= 2;
  return std::min(pause, kMaxPause);
}

}  // namespace

Peer::Peer(std::shared_ptr<NodeCore> node, std::string address)
    : node_(std::move(node)), address_(std::move(address)) {}

Peer::~Peer() = default;

SystemCore& Peer::core() const { return *node_->system_core(); }

std::shared_ptr<ClientSession> Peer::session() const {
  MutexLock lock(&mu_);
  return session_;
}

bool Peer::OpenSession() {
  std::shared_ptr<ClientSession> session;
  absl::Duration pause;
  {
    MutexLock lock(&mu_);
    if (session_ != nullptr) return true;
    Clock* const clock = core().clock();
    if (closed_ || clock == nullptr) return false;
    if (failures_ > 0) pause = last_failure_ + PauseAfter(failures_) - clock->Now();
    session = session_ = std::make_shared<ClientSession>(node_, IntrusivePtr<Peer>(this),
                                                         ++last_serial_, node_->RandomId());
  }
  node_->AddSession(session);
  session->Start(pause);
  return true;
}

SendResult Peer::Send(Recipient& recipient, Envelope* envelope) {
  Scratch scratch;
  OutgoingMessage message;
  message.arguments = scratch.get();
  absl::Status status = envelope->Encode(node_->encode_context(), &message);
  if (!status.ok()) {
    envelope->Refuse({.why = Refusal::Why::kOther, .recipient = &recipient, .detail = &status});
    return SendResult::kBadArguments;
  }
  const bool wants_answer = envelope->wants_answer();
  const uint64_t timeout_nanos = TimeoutOf(*envelope);
  // A session that has ended is replaced; that one ends at the same moment, hardly happens twice.
  for (int attempt = 0; attempt < 3; ++attempt) {
    ClientSession::Sent sent;
    sent.ended = true;
    std::shared_ptr<ClientSession> session;  // only where something is left to do
    {
      MutexLock lock(&mu_);
      if (session_ != nullptr) {
        session_->AssertLocked();
        session_->SendLocked(recipient, envelope, message, timeout_nanos, &sent);
        if (!sent.done()) session = session_;
      }
    }
    if (!sent.ended) {
      const SendResult result =
          session != nullptr ? session->Finish(sent, recipient, envelope) : SendResult::kSent;
      if (!wants_answer && result == SendResult::kSent) {
        envelope->Answer(node_->decode_context(), absl::OkStatus(), "");
      }
      return result;
    }
    if (session != nullptr) DropSession(*session);
    if (!OpenSession()) break;
  }
  status = NodeUnavailableError(
      absl::StrCat("node ", address_, " cannot be called: this node has shut down"),
      Delivery::kNotSent);
  envelope->Refuse({.why = Refusal::Why::kOther, .recipient = &recipient, .detail = &status});
  return SendResult::kNotFound;
}

// It has ended, and whoever ended it has not come to SessionEnded yet.
void Peer::DropSession(const ClientSession& session) {
  std::shared_ptr<ClientSession> released;
  MutexLock lock(&mu_);
  if (session_.get() == &session) released = std::move(session_);
}

uint64_t Peer::TimeoutOf(const Envelope& envelope) const {
  const absl::Time deadline = envelope.deadline();
  if (deadline == absl::InfiniteFuture()) return 0;
  Clock* const clock = core().clock();
  if (clock == nullptr) return 1;
  return static_cast<uint64_t>(
      std::max<int64_t>(1, absl::ToInt64Nanoseconds(deadline - clock->Now())));
}

void Peer::CallAborted(Envelope* envelope, uint64_t remote_id) {
  const std::shared_ptr<ClientSession> session = this->session();
  if (session == nullptr || session->serial() != static_cast<uint32_t>(remote_id >> 32)) return;
  session->CallAborted(envelope, static_cast<uint32_t>(remote_id));
}

void Peer::EndWatch(const Urn& watched, const Urn& watcher) {
  if (const auto session = this->session()) session->EndWatch(watched, watcher);
}

Future<NodeDown> Peer::WhenLost() {
  Promise<NodeDown> promise;
  Future<NodeDown> future = promise.future();
  bool closed = false;
  {
    MutexLock lock(&mu_);
    closed = closed_;
    if (!closed) lost_.push_back(std::move(promise));
  }
  if (closed) {
    (void)promise.Set(NodeDown{address_, absl::UnavailableError("this node has shut down")});
  } else if (!node_->is_self(address_)) {
    (void)OpenSession();
  }
  return future;
}

void Peer::Close(const absl::Status& reason) {
  std::shared_ptr<ClientSession> session;
  std::vector<Promise<NodeDown>> lost;
  {
    MutexLock lock(&mu_);
    closed_ = true;
    session = session_;
    if (session == nullptr) lost = std::exchange(lost_, {});
  }
  if (session != nullptr) session->SayGoodbye(reason);
  for (Promise<NodeDown>& promise : lost) (void)promise.Set(NodeDown{address_, reason});
}

void Peer::Connected(const wire::Hello& hello) {
  MutexLock lock(&mu_);
  failures_ = 0;
  name_ = hello.node_name();
  incarnation_ = hello.incarnation();
}

void Peer::SessionEnded(const ClientSession& session, const absl::Status& reason) {
  std::vector<Promise<NodeDown>> lost;
  std::shared_ptr<ClientSession> released;
  bool closed = false;
  const bool was_made = session.peer_incarnation() != 0;
  {
    MutexLock lock(&mu_);
    if (session_.get() == &session) released = std::move(session_);
    closed = closed_;
    failures_ = was_made ? 0 : failures_ + 1;
    Clock* const clock = core().clock();
    if (clock != nullptr) last_failure_ = clock->Now();
    lost = std::move(lost_);
    lost_.clear();
  }
  const bool told = absl::StartsWith(reason.message(), kSaidGoodbye);
  if (was_made && !closed && !told)
    LOG(WARNING) << "node " << address_ << " is lost: " << reason.message();
  const Executor::Scope scope(core().executor());
  for (Promise<NodeDown>& promise : lost) (void)promise.Set(NodeDown{address_, reason});
}

PeerInfo Peer::Info() const {
  PeerInfo info;
  info.direction = PeerInfo::Direction::kOutgoing;
  info.address = address_;
  std::shared_ptr<ClientSession> session;
  {
    MutexLock lock(&mu_);
    info.name = name_;
    info.incarnation = incarnation_;
    session = session_;
  }
  if (session == nullptr) return info;
  const bool established = session->peer_incarnation() != 0;
  info.state = session->connected() ? PeerInfo::State::kConnected
               : established        ? PeerInfo::State::kReconnecting
                                    : PeerInfo::State::kConnecting;
  info.outbox_bytes = session->outbox_bytes();
  info.calls = session->pending_calls();
  info.silent_heartbeats = session->silent_ticks();
  return info;
}

}  // namespace troupe::internal

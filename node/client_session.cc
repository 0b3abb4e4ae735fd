#include "node/client_session.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "node/client_connection.h"
#include "node/node_core.h"
#include "node/peer.h"
#include "proto/wire.pb.h"
#include "runtime/call_frame.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/future_core.h"

namespace troupe::internal {
namespace {

constexpr absl::Duration kMinBackoff = absl::Milliseconds(20);
constexpr absl::Duration kMaxBackoff = absl::Milliseconds(500);
// Heartbeats that one attempt may take while the session waits for a new connection.
constexpr int kMaxConnectingTicks = 2;
// Of what goes in pieces only for the sake of order, so much is copied.
constexpr size_t kSmallBody = 4096;

// What the other side says so with, it means: trying again leads nowhere.
bool IsFinal(const absl::Status& reason) {
  switch (reason.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDeadlineExceeded:
      return false;
    default:
      return true;
  }
}

}  // namespace

ClientSession::ClientSession(std::shared_ptr<NodeCore> node, IntrusivePtr<Peer> peer,
                             uint32_t serial, uint64_t id)
    : Session(node->system_core(), node->session_options(), SessionSide::kInitiator, peer->mu()),
      node_(std::move(node)),
      peer_(std::move(peer)),
      serial_(serial),
      id_(id),
      pending_(node_->limits().pending_calls),
      message_bytes_(node_->limits().message_bytes),
      backoff_(kMinBackoff) {}

ClientSession::~ClientSession() = default;

void ClientSession::Start(absl::Duration delay) {
  if (delay <= absl::ZeroDuration()) {
    Connect();
  } else {
    ConnectAfter(delay);
  }
}

void ClientSession::Connect() {
  auto connection = std::make_shared<ClientConnection>(
      std::static_pointer_cast<ClientSession>(shared_from_this()));
  {
    MutexLock lock(&mu_);
    if (ended_ || connecting_ != nullptr) return;
    connecting_ = connection;
    connecting_ticks_ = 0;
  }
  connection->Begin(node_->transport(), peer_->address(), MakeHello());
}

void ClientSession::ConnectAfter(absl::Duration delay) {
  const std::weak_ptr<Session> weak = weak_from_this();
  Clock* const clock = core_->clock();
  const Clock::TimerId timer =
      clock == nullptr ? 0 : clock->ScheduleAt(clock->Now() + delay, [weak] {
        if (const auto self = weak.lock()) static_cast<ClientSession*>(self.get())->Connect();
      });
  if (timer == 0) End(absl::UnavailableError("no timer is left to connect again"));
}

SharedBytes ClientSession::MakeHello() {
  wire::Hello hello;
  node_->FillHello(&hello);
  hello.set_session(id_);
  {
    MutexLock lock(&mu_);
    hello.set_resumed(established_);
  }
  hello.set_received(received());
  return std::make_shared<const std::string>(EncodeHelloBatch(hello));
}

absl::Status ClientSession::Introduced(const std::shared_ptr<Connection>& connection,
                                       const wire::Hello& hello, bool writing) {
  {
    MutexLock lock(&mu_);
    if (ended_) return absl::CancelledError("the session has ended");
    if (std::find(hello.versions().begin(), hello.versions().end(), kWireVersion) ==
        hello.versions().end()) {
      return absl::FailedPreconditionError("it speaks no version of the protocol that we do");
    }
    if (hello.session() != id_ || hello.incarnation() == 0 || hello.resumed() != established_ ||
        (established_ && hello.incarnation() != peer_incarnation_)) {
      return absl::InvalidArgumentError("protocol error: its Hello is of another session");
    }
    if (!established_) {
      established_ = true;
      peer_incarnation_ = hello.incarnation();
      numbers_.set_limit(std::min(node_->limits().dictionary, hello.max_dictionary()));
      pending_.LowerLimit(hello.max_pending_calls());
      message_bytes_ = std::min<uint64_t>(message_bytes_, hello.max_message_bytes());
      too_large_ = outbox_.DropLargerThan(message_bytes_ + kFrameOverhead);
    }
  }
  absl::Status attached = Attach(connection, hello.received(), writing);
  if (!attached.ok()) return attached;
  {
    MutexLock lock(&mu_);
    connecting_ = nullptr;
  }
  peer_->Connected(hello);
  return absl::OkStatus();
}

void ClientSession::RefuseTooLarge() {
  std::vector<std::pair<Envelope*, size_t>> refused;
  size_t limit = 0;
  {
    MutexLock lock(&mu_);
    limit = message_bytes_;
    for (const auto& [call, bytes] : std::exchange(too_large_, {})) {
      if (ended_ || !pending_.Has(call)) continue;
      if (Envelope* envelope = pending_.Finish(call)) refused.emplace_back(envelope, bytes);
      ForgetWatchLocked(call);
    }
  }
  for (const auto& [envelope, bytes] : refused) {
    const absl::Status status =
        MessageTooLargeError(absl::StrCat("a message for node ", peer_->address()), bytes, limit);
    envelope->Refuse({.why = Refusal::Why::kOther, .detail = &status});
  }
}

void ClientSession::ConnectFailed(ClientConnection* connection, const absl::Status& reason) {
  bool established = false;
  absl::Duration delay;
  {
    MutexLock lock(&mu_);
    if (connection != connecting_.get()) return;
    connecting_ = nullptr;
    if (ended_) return;
    established = established_;
    delay = backoff_;
    backoff_ = std::min(2 * backoff_, kMaxBackoff);
  }
  // A session that never was loses nothing by ending, and who calls learns at once.
  if (!established || IsFinal(reason)) {
    End(reason);
  } else {
    ConnectAfter(delay);
  }
}

void ClientSession::Disconnected(const absl::Status& reason) {
  if (IsFinal(reason)) {
    End(reason);
    return;
  }
  absl::Duration delay;
  {
    MutexLock lock(&mu_);
    // One that has worked is replaced at once; a peer that only ever hangs up has to wait.
    if (!heard_on_connection()) delay = backoff_;
    backoff_ = heard_on_connection() ? kMinBackoff : std::min(2 * backoff_, kMaxBackoff);
  }
  Start(delay);
}

void ClientSession::Ticked() {
  std::shared_ptr<ClientConnection> stuck;
  {
    MutexLock lock(&mu_);
    if (connecting_ == nullptr || !established_) return;
    if (++connecting_ticks_ >= kMaxConnectingTicks) stuck = connecting_;
  }
  if (stuck != nullptr) stuck->Close(absl::UnavailableError("no answer"));
}

void ClientSession::Ended(const absl::Status& reason, uint64_t written) {
  std::vector<PendingCalls::Left> left;
  std::shared_ptr<ClientConnection> connecting;
  bool established = false;
  size_t one_way = 0;
  {
    MutexLock lock(&mu_);
    left = pending_.TakeAll();
    watches_.clear();
    watch_of_.clear();
    connecting = std::exchange(connecting_, nullptr);
    established = established_;
    one_way = one_way_;
  }
  if (connecting != nullptr) connecting->Close(reason);
  peer_->SessionEnded(*this, reason);
  const Executor::Scope scope(core_->executor());
  const std::string text = WhyEnded(reason, established);
  const absl::Status unknown = NodeUnavailableError(text, Delivery::kOutcomeUnknown);
  const bool is_refusal =
      IsFinal(reason) && !absl::IsInvalidArgument(reason) && !absl::IsNotFound(reason);
  const absl::Status not_sent = is_refusal ? absl::Status(reason.code(), text)
                                           : NodeUnavailableError(text, Delivery::kNotSent);
  for (const PendingCalls::Left& call : left) {
    const bool may_have_arrived = written != 0 && call.batch <= written;
    call.envelope->Refuse(
        {.why = Refusal::Why::kOther, .detail = may_have_arrived ? &unknown : &not_sent});
  }
  // Of a session that stood, nobody knows how many did not arrive.
  for (size_t i = 0; !established && i < one_way; ++i) {
    core_->CountDeadLetter("message for another node",
                           {.why = Refusal::Why::kOther, .detail = &not_sent});
  }
}

std::string ClientSession::WhyEnded(const absl::Status& reason, bool established) const {
  absl::string_view why = reason.message();
  // The transport's errors begin with the address.
  if (absl::ConsumePrefix(&why, peer_->address())) absl::ConsumePrefix(&why, ": ");
  if (established) return absl::StrCat("node ", peer_->address(), " is lost: ", why);
  const bool refused = absl::StrContains(why, "refused");
  const bool closed = absl::IsUnavailable(reason) && !refused;
  return absl::StrCat("node ", peer_->address(), " cannot be reached: ", why,
                      refused  ? "; does a node run there?"
                      : closed ? "; if one side uses TLS, both have to"
                               : "");
}

absl::Status ClientSession::CheckRoomLocked(Recipient& recipient, const OutgoingMessage& message,
                                            bool wants_answer) {
  // A method called by name may have any name.
  const size_t bytes = message.arguments->size() + message.method_text.size();
  if (bytes > message_bytes_) {
    return MessageTooLargeError(
        absl::StrCat("the message for ", recipient.class_name(), ".",
                     message.method != nullptr ? message.method : message.method_text.c_str()),
        bytes, message_bytes_);
  }
  if (!outbox_.HasRoom(bytes)) {
    return OutboxFullError(peer_->address(), node_->limits().outbox_bytes);
  }
  if (wants_answer && pending_.full()) {
    return PendingLimitError(peer_->address(), pending_.limit());
  }
  return absl::OkStatus();
}

void ClientSession::AppendLocked(Recipient& recipient, Envelope* envelope,
                                 const OutgoingMessage& message, uint64_t timeout_nanos) {
  CallFrameFields call;
  call.kind = message.kind;
  call.arguments = *message.arguments;
  call.timeout_nanos = timeout_nanos;
  call.high_priority = envelope->lane == Lane::kHigh;
  const bool wants_answer = envelope->wants_answer();
  if (wants_answer) call.id = pending_.Add(envelope);
  const Urn& urn = recipient.urn();
  const absl::string_view method =
      message.method != nullptr ? absl::string_view(message.method) : message.method_text;
  const bool large =
      outbox_.IsLarge(call.arguments.size() + method.size()) || outbox_.HasLarge(urn);

  bool new_target = true;
  bool new_method = true;
  if (!large) {
    if (message.kind != MessageKind::kNode) call.target = numbers_.OfActor(urn, &new_target);
    if (message.method != nullptr && message.kind == MessageKind::kMethod) {
      call.method = numbers_.OfMethod(message.method, &new_method);
    }
  }
  std::string urn_bytes;
  if ((new_target || call.target == 0) && message.kind != MessageKind::kNode) {
    urn_bytes = urn.ToBytes();
    call.target_urn = urn_bytes;
    call.target_class = recipient.class_name();
  }
  if (new_method || call.method == 0) call.method_name = method;

  uint64_t batch = 0;
  if (large) {
    // The encoded arguments go as they are, for a spare string that can take the next ones.
    std::string body = outbox_.TakeSpareBody();
    if (call.arguments.size() > kSmallBody) {
      std::swap(body, *message.arguments);
    } else {
      body.assign(call.arguments.data(), call.arguments.size());
    }
    outbox_.AddLarge(EncodeCallHead(call), std::move(body), urn, call.id);
  } else {
    AppendCall(outbox_.BeginFrame(), call);
    batch = outbox_.EndFrame();
  }
  if (!wants_answer) {
    ++one_way_;
    return;
  }
  pending_.SetBatch(call.id, batch);
  if (CallFrame* frame = envelope->frame()) {
    frame->SetRemoteId(uint64_t{serial_} << 32 | call.id);
  }
  if (message.kind == MessageKind::kWatch && !message.watcher.is_nil()) {
    const WatchKey key(urn, message.watcher);
    watches_[key] = call.id;
    watch_of_[call.id] = key;
  }
}

void ClientSession::SendLocked(Recipient& recipient, Envelope* envelope,
                               const OutgoingMessage& message, uint64_t timeout_nanos, Sent* sent) {
  sent->ended = ended_;
  if (ended_) return;
  const bool wants_answer = envelope->wants_answer();
  sent->refused = CheckRoomLocked(recipient, message, wants_answer);
  if (!sent->refused.ok()) {
    sent->too_large = message.arguments->size() > message_bytes_;
    return;
  }
  AppendLocked(recipient, envelope, message, timeout_nanos);
  sent->flush = AppendedLocked();
  // An abort that came before the remote id was set, has not reached CallAborted.
  FutureCore* const call = wants_answer ? envelope->call() : nullptr;
  if (call != nullptr && call->ready()) {
    sent->aborted_id = static_cast<uint32_t>(envelope->frame()->remote_id());
  }
}

SendResult ClientSession::Finish(const Sent& sent, Recipient& recipient, Envelope* envelope) {
  if (!sent.refused.ok()) {
    envelope->Refuse(
        {.why = Refusal::Why::kOther, .recipient = &recipient, .detail = &sent.refused});
    return sent.too_large ? SendResult::kBadArguments : SendResult::kFull;
  }
  if (sent.aborted_id != 0) CallAborted(envelope, sent.aborted_id);
  DoFlush(sent.flush);
  return SendResult::kSent;
}

ClientSession::Flush ClientSession::AppendCancelLocked(uint32_t id) {
  if (pending_.batch(id) == 0) {  // it is sent in pieces, and this must come behind them
    std::string cancel;
    AppendCancel(&cancel, id);
    outbox_.AddBehindLarge(cancel);
  } else {
    AppendCancel(outbox_.BeginFrame(), id);
    (void)outbox_.EndFrame();
  }
  return AppendedLocked();
}

void ClientSession::CallAborted(Envelope* envelope, uint32_t id) {
  Flush flush = Flush::kNo;
  {
    MutexLock lock(&mu_);
    if (ended_ || !pending_.Abandon(id, envelope)) return;
    flush = AppendCancelLocked(id);
  }
  DoFlush(flush);
  envelope->Refuse({});
}

void ClientSession::EndWatch(const Urn& watched, const Urn& watcher) {
  Flush flush = Flush::kNo;
  Envelope* envelope = nullptr;
  {
    MutexLock lock(&mu_);
    const auto watch = watches_.find(WatchKey(watched, watcher));
    if (ended_ || watch == watches_.end()) return;
    const uint32_t id = watch->second;
    envelope = pending_.AbandonAny(id);
    ForgetWatchLocked(id);
    flush = AppendCancelLocked(id);
  }
  DoFlush(flush);
  if (envelope != nullptr) envelope->Abandon(absl::CancelledError("the watch was ended"));
}

void ClientSession::ForgetWatchLocked(uint32_t id) {
  if (watch_of_.empty()) return;
  const auto watch = watch_of_.find(id);
  if (watch == watch_of_.end()) return;
  watches_.erase(watch->second);
  watch_of_.erase(watch);
}

absl::Status ClientSession::OnCall(const CallFrameFields& call) {
  (void)call;
  return absl::InvalidArgumentError("a call from the acceptor");
}

absl::Status ClientSession::OnCancel(uint32_t id) {
  return absl::InvalidArgumentError(absl::StrCat("a cancel of ", id, " from the acceptor"));
}

absl::Status ClientSession::OnReply(uint32_t id, absl::Status status, absl::string_view result) {
  Envelope* envelope = nullptr;
  {
    MutexLock lock(&mu_);
    if (ended_) return absl::OkStatus();
    if (!pending_.Has(id))
      return absl::InvalidArgumentError(absl::StrCat("a reply to no call: ", id));
    envelope = pending_.Finish(id);
    ForgetWatchLocked(id);
  }
  if (envelope != nullptr) envelope->Answer(node_->decode_context(), status, result);
  return absl::OkStatus();
}

size_t ClientSession::pending_calls() const {
  MutexLock lock(&mu_);
  return pending_.size();
}

uint64_t ClientSession::peer_incarnation() const {
  MutexLock lock(&mu_);
  return peer_incarnation_;
}

}  // namespace troupe::internal

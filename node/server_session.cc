#include "node/server_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "node/node_core.h"
#include "node/node_requests.h"
#include "node/server_call.h"
#include "node/server_connection.h"
#include "proto/wire.pb.h"
#include "runtime/actor_cell.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/future_core.h"
#include "runtime/stream_wire.h"

namespace troupe::internal {
namespace {

// What a message takes besides its arguments, about.
constexpr size_t kMessageOverhead = 64;
// Spawns that failed are remembered, so that the calls that follow learn why.
constexpr size_t kMaxFailedSpawns = 1024;
// Replies cannot be refused. An initiator that leaves so many times its share unread is given up.
constexpr size_t kMaxOutboxFactor = 2;
// Taken from the window at once, for the messages of a batch.
constexpr size_t kReserve = 32 * 1024;
// A reply that would exceed that becomes an error, unless it is hardly larger than one.
constexpr size_t kSmallReply = 1024;

size_t StatusBytes(const absl::Status& status) {
  size_t bytes = status.message().size();
  status.ForEachPayload([&bytes](absl::string_view url, const absl::Cord& payload) {
    bytes += url.size() + payload.size();
  });
  return bytes;
}

}  // namespace

void InboundWindow::Return(size_t bytes) {
  const auto returned = static_cast<int64_t>(bytes);
  int64_t before = word_.load(std::memory_order_relaxed);
  std::shared_ptr<ServerSession> session;
  bool opens = false;
  do {
    opens = before - kSession > limit_ / 2 && before - kSession - returned <= limit_ / 2;
    // Before the bytes are gone: without them, nothing else keeps the window.
    if (opens && session == nullptr) session = session_.lock();
    // Sequentially consistent: against the look that OnBatch takes after it has noted that it
    // pauses.
  } while (!word_.compare_exchange_weak(before, before - returned, std::memory_order_seq_cst,
                                        std::memory_order_relaxed));
  if (before == returned) {
    delete this;
  } else if (opens && session != nullptr) {
    session->WindowOpened();
  }
}

void InboundWindow::SessionGone() {
  if (word_.fetch_sub(kSession, std::memory_order_acq_rel) == kSession) delete this;
}

ServerSession::ServerSession(std::shared_ptr<NodeCore> node, uint64_t id, const wire::Hello& hello,
                             Caller caller)
    : Session(node->system_core(), node->session_options(), SessionSide::kAcceptor, own_mu_),
      node_(std::move(node)),
      id_(id),
      peer_incarnation_(hello.incarnation()),
      peer_address_(hello.address()),
      caller_(std::move(caller)),
      result_bytes_(std::min<uint64_t>(node_->limits().message_bytes, hello.max_message_bytes())),
      window_(new InboundWindow(static_cast<int64_t>(node_->limits().inbound_bytes))) {}

ServerSession::~ServerSession() { ReturnReserve(); }

void ServerSession::Start() {
  window_->set_session(
      std::weak_ptr<ServerSession>(std::static_pointer_cast<ServerSession>(shared_from_this())));
}

void ServerSession::Offer(std::shared_ptr<ServerConnection> connection) {
  std::shared_ptr<ServerConnection> replaced;
  {
    MutexLock lock(&mu_);
    if (occupant_ == nullptr) {
      occupant_ = connection;
    } else {
      replaced = std::exchange(next_, std::move(connection));
    }
  }
  if (connection != nullptr) {
    connection->Attach();
    return;
  }
  const absl::Status reason = absl::CancelledError("replaced by another connection");
  if (replaced != nullptr) replaced->Close(reason);
  DropConnection(reason);
}

void ServerSession::ConnectionGone(const ServerConnection& connection) {
  std::shared_ptr<ServerConnection> next;
  std::shared_ptr<ServerConnection> released;
  {
    MutexLock lock(&mu_);
    if (next_.get() == &connection) released = std::move(next_);
    if (occupant_.get() != &connection) return;
    released = std::move(occupant_);
    occupant_ = next = std::exchange(next_, nullptr);
  }
  if (next != nullptr) next->Attach();
}

const EncodeContext& ServerSession::encode_context() const { return node_->encode_context(); }

// Each atomic operation waits for the stores of the message before; one serves many messages.
InboundCredit ServerSession::TakeCredit(size_t bytes) {
  if (reserve_ < bytes) {
    const size_t more = std::max(bytes, kReserve);
    window_->Take(more);
    reserve_ += more;
  }
  reserve_ -= bytes;
  return InboundCredit(window_.get(), bytes);
}

void ServerSession::ReturnReserve() {
  if (reserve_ > 0) window_->Return(std::exchange(reserve_, 0));
}

bool ServerSession::MayReadOn() { return !window_->Exceeded() || refusing_.load(); }

void ServerSession::Ticked() {
  const bool is_paused = paused();
  if (is_paused && was_paused_) {
    // Its actors may wait for something that comes only behind what we do not read.
    refusing_.store(true);
    ResumeReading();
  }
  was_paused_ = is_paused;
}

absl::Status ServerSession::OpenCallNumber(uint32_t id) {
  MutexLock lock(&mu_);
  if (!calls_.Open(id)) {
    return absl::InvalidArgumentError(absl::StrCat("call number ", id, " is in use"));
  }
  ++open_calls_;
  node_->CallOpened();
  outbox_full_ = !outbox_.HasRoom(0);
  return absl::OkStatus();
}

absl::Status ServerSession::FindTarget(const CallFrameFields& call, Target** target) {
  *target = &unnumbered_target_;
  if (call.target != 0) {
    if (call.target > targets_.size() + 1 || call.target > node_->limits().dictionary) {
      return absl::InvalidArgumentError(absl::StrCat("target number ", call.target));
    }
    if (call.target > targets_.size()) {
      if (call.target_urn.empty()) {
        return absl::InvalidArgumentError(absl::StrCat("unknown target number ", call.target));
      }
      targets_.emplace_back();
    }
    *target = &targets_[call.target - 1];
  } else if (call.target_urn.empty()) {
    return absl::InvalidArgumentError("a call without a target");
  }
  if (!call.target_urn.empty()) {
    const absl::StatusOr<Urn> urn = Urn::FromBytes(call.target_urn);
    if (!urn.ok()) return urn.status();
    **target = {.urn = *urn, .class_name = std::string(call.target_class), .cell = nullptr};
  }
  if ((*target)->cell == nullptr) (*target)->cell = node_->FindCell((*target)->urn);
  return absl::OkStatus();
}

absl::Status ServerSession::FindMethod(const CallFrameFields& call, Method** method) {
  *method = &unnumbered_method_;
  if (call.method != 0) {
    if (call.method > methods_.size() + 1 || call.method > node_->limits().dictionary) {
      return absl::InvalidArgumentError(absl::StrCat("method number ", call.method));
    }
    if (call.method > methods_.size()) {
      if (call.method_name.empty()) {
        return absl::InvalidArgumentError(absl::StrCat("unknown method number ", call.method));
      }
      methods_.emplace_back();
    }
    *method = &methods_[call.method - 1];
    if (call.method_name.empty()) return absl::OkStatus();
  }
  **method = {.name = std::string(call.method_name)};
  return absl::OkStatus();
}

absl::Status ServerSession::NotFound(const Target& target) const {
  const auto failed = failed_spawns_.find(target.urn);
  const std::string text =
      ActorText(target.class_name.empty() ? "actor" : target.class_name, target.urn);
  if (failed == failed_spawns_.end()) return NotFoundError(text);
  return NotFoundError(text, absl::StrCat("it was not spawned: ", failed->second.message()));
}

size_t ServerSession::ArgumentBytesOf(const CallFrameFields& call) const {
  return call.arguments.size() + (rest() != nullptr ? rest()->size() : 0);
}

absl::Status ServerSession::CheckCall(const CallFrameFields& call) {
  // A stop only ends work, and a pull goes on with a call that is open.
  if (node_->draining() && call.kind != MessageKind::kStop &&
      !(call.kind == MessageKind::kMethod && IsStreamPull(call.arguments))) {
    return node_->DrainingError();
  }
  if (const size_t bytes = ArgumentBytesOf(call); bytes > node_->limits().message_bytes) {
    return MessageTooLargeError("the message", bytes, node_->limits().message_bytes);
  }
  // Before that, this batch is the last one that is read for now, and still taken.
  if (refusing_.load(std::memory_order_relaxed)) {
    ReturnReserve();  // the window as it is
    if (window_->Exceeded()) return InboundFullError(node_->limits().inbound_bytes);
    // Not sooner: or each message would be one more pause, for all actors.
    if (window_->bytes() <= window_->limit() / 2) {
      refusing_.store(false, std::memory_order_relaxed);
    }
  }
  // Its replies are not read, or not as fast as it calls.
  if (call.id != 0 && outbox_full_) {
    return OutboxFullError(caller_.node_name, options_.outbox_bytes);
  }
  return absl::OkStatus();
}

absl::Status ServerSession::OnCall(const CallFrameFields& call) {
  // Of an initiator that did not know the limit yet. The numbers that the call gives to names hold.
  const bool beyond_limit = call.id > node_->limits().pending_calls;
  if (call.id != 0 && !beyond_limit) {
    if (absl::Status status = OpenCallNumber(call.id); !status.ok()) return status;
  }
  Method* method = nullptr;
  if (absl::Status status = FindMethod(call, &method); !status.ok()) return status;
  const bool for_node = call.kind == MessageKind::kNode && call.unknown_kind == 0;
  if (for_node && !beyond_limit) {
    HandleNodeRequest(call, method->name);
    return absl::OkStatus();
  }
  Target* target = nullptr;
  if (!for_node) {
    if (absl::Status status = FindTarget(call, &target); !status.ok()) return status;
  }
  if (beyond_limit) {
    Refuse(call, PendingLimitError(node_->address(), node_->limits().pending_calls));
    return absl::OkStatus();
  }
  absl::Status refused = CheckCall(call);
  if (refused.ok()) refused = Dispatch(call, *target, *method);
  if (!refused.ok()) Refuse(call, refused);
  return absl::OkStatus();
}

absl::Status ServerSession::Dispatch(const CallFrameFields& call, Target& target, Method& method) {
  if (call.unknown_kind != 0) {
    return absl::UnimplementedError(absl::StrCat("calls of kind ", call.unknown_kind));
  }
  ActorCell* const cell = target.cell != nullptr ? target.cell->local_cell() : nullptr;
  const bool is_method = call.kind == MessageKind::kMethod || call.kind == MessageKind::kByName;
  if (node_->has_authorizer()) {
    const absl::string_view name = is_method ? absl::string_view(method.name)
                                   : call.kind == MessageKind::kStop  ? "Stop"
                                   : call.kind == MessageKind::kWatch ? "Watch"
                                                                      : "Receive";
    const absl::string_view interface = cell != nullptr ? cell->class_name() : target.class_name;
    if (!node_->MayCall(caller_, interface, name)) return PermissionDeniedError();
  }
  if (cell == nullptr && call.kind != MessageKind::kWatch) return NotFound(target);
  InboundOptions options{.high_priority = call.high_priority, .origin = id_};
  if (call.timeout_nanos != 0) {
    Clock* const clock = core_->clock();
    if (clock == nullptr) return NotFound(target);
    constexpr uint64_t kMost = INT64_MAX;
    options.deadline =
        clock->Now() + absl::Nanoseconds(static_cast<int64_t>(std::min(call.timeout_nanos, kMost)));
  }
  if (call.kind == MessageKind::kMethod && method.info != &cell->info()) {
    method.info = &cell->info();
    method.method = cell->info().FindMethod(method.name);
  }
  return Deliver(call, target, method, options);
}

absl::Status ServerSession::Deliver(const CallFrameFields& call, Target& target, Method& method,
                                    const InboundOptions& options) {
  const CallTarget to{target.cell.get(), nullptr};
  const DecodeContext context = {.refs = node_->decode_context().refs, .rest = rest()};
  const size_t bytes = ArgumentBytesOf(call) + kMessageOverhead;
  InboundCredit credit = TakeCredit(bytes);
  if (call.kind == MessageKind::kMethod && method.method == nullptr) {
    return NoSuchMethodError(to.recipient->class_name(), method.name);
  }
  if (call.id == 0) {
    switch (call.kind) {
      case MessageKind::kMethod:
        return method.method->receive_one_way(to, options, context, call.arguments,
                                              std::move(credit));
      case MessageKind::kPlain:
        return ReceivePlainOneWay(to, options, context, call.arguments, std::move(credit));
      case MessageKind::kByName:
        return ReceiveByNameOneWay(to, options, context, method.name, call.arguments,
                                   std::move(credit));
      case MessageKind::kStop:
        ReceiveStop(to.recipient, nullptr);
        return absl::OkStatus();
      default:
        return absl::InvalidArgumentError("a watch without a number");
    }
  }
  if (call.kind == MessageKind::kWatch && to.recipient == nullptr) {
    Reply(call.id, absl::OkStatus(),
          EncodeDown({AnyRef(), DownReason::kNotFound, NotFound(target)}));
    return absl::OkStatus();
  }
  auto* inbound = new ServerCall(std::static_pointer_cast<ServerSession>(shared_from_this()),
                                 call.id, std::move(credit));
  absl::Status status;
  switch (call.kind) {
    case MessageKind::kMethod:
      status = method.method->receive(to, options, context, call.arguments, inbound);
      break;
    case MessageKind::kPlain:
      status = ReceivePlain(to, options, context, call.arguments, inbound);
      break;
    case MessageKind::kByName:
      status = ReceiveByName(to, options, context, method.name, call.arguments, inbound);
      break;
    case MessageKind::kStop:
      ReceiveStop(to.recipient, inbound);
      break;
    default:
      ReceiveWatch(to.recipient, inbound);
      break;
  }
  if (!status.ok()) delete inbound;
  return status;
}

void ServerSession::HandleNodeRequest(const CallFrameFields& call, absl::string_view method) {
  if (const absl::Status refused = CheckCall(call); !refused.ok()) return Refuse(call, refused);
  Urn spawned;
  const absl::StatusOr<std::string> reply =
      AnswerNodeRequest(*node_, caller_, method, call.arguments, &spawned);
  if (!reply.ok() && !spawned.is_nil() && !absl::IsAlreadyExists(reply.status())) {
    if (failed_spawns_.size() >= kMaxFailedSpawns) {
      failed_spawns_.erase(failed_spawn_order_.front());
      failed_spawn_order_.pop_front();
    }
    if (failed_spawns_.insert_or_assign(spawned, reply.status()).second) {
      failed_spawn_order_.push_back(spawned);
    }
  }
  if (!reply.ok()) return Refuse(call, reply.status());
  if (call.id != 0) Reply(call.id, absl::OkStatus(), *reply);
}

void ServerSession::Refuse(const CallFrameFields& call, const absl::Status& status) {
  if (call.id != 0) return Reply(call.id, status, "");
  core_->CountDeadLetter("message from another node",
                         {.why = Refusal::Why::kOther, .detail = &status});
}

void ServerSession::Started(uint32_t id, FutureCore* call) {
  {
    MutexLock lock(&mu_);
    if (!ended_) {
      calls_.Make(id).call = call;
      return;
    }
  }
  call->Abort(CancelledCallError(call->Description()));
}

void ServerSession::Reply(uint32_t id, const absl::Status& status, absl::string_view result) {
  Flush flush = Flush::kNo;
  bool give_up = false;
  absl::Status outcome = status;
  size_t bytes = status.ok() ? result.size() : StatusBytes(status);
  if (bytes > result_bytes_) {
    outcome = MessageTooLargeError(status.ok() ? "the result" : "the error", bytes, result_bytes_);
    result = "";
    bytes = 0;
  }
  std::string body;  // of a large one: copied without the lock
  if (outcome.ok() && bytes > options_.batch_bytes) {
    {
      MutexLock lock(&mu_);
      body = outbox_.TakeSpareBody();
    }
    body.assign(result.data(), result.size());
  }
  {
    MutexLock lock(&mu_);
    if (OpenCalls::Entry* entry = calls_.Find(id); entry != nullptr && entry->open) {
      *entry = {};
      --open_calls_;
      node_->CallClosed();
    }
    if (ended_) return;
    if (outbox_.bytes() + bytes > kMaxOutboxFactor * options_.outbox_bytes && bytes > kSmallReply) {
      outcome = OutboxFullError(caller_.node_name, options_.outbox_bytes);
      result = "";
      bytes = 0;
    }
    if (outbox_.IsLarge(bytes) && outcome.ok()) {
      outbox_.AddLarge(EncodeReplyHead(id, bytes), std::move(body), Urn());
    } else if (outbox_.IsLarge(bytes)) {
      outbox_.AddLarge(EncodeReplyFrame(id, outcome, ""), std::string(), Urn());
    } else {
      AppendReply(outbox_.BeginFrame(), id, outcome, result);
      outbox_.EndFrame();
    }
    give_up = outbox_.bytes() > kMaxOutboxFactor * options_.outbox_bytes;
    flush = AppendedLocked();
  }
  if (give_up) {
    End(absl::ResourceExhaustedError("it does not read its replies"));
  } else {
    DoFlush(flush);
  }
}

absl::Status ServerSession::OnReply(uint32_t id, absl::Status status, absl::string_view result) {
  (void)status;
  (void)result;
  return absl::InvalidArgumentError(absl::StrCat("a reply to ", id, " from the initiator"));
}

absl::Status ServerSession::OnCancel(uint32_t id) {
  FutureCore* call = nullptr;
  {
    MutexLock lock(&mu_);
    if (id == 0) return absl::InvalidArgumentError("a cancel without a number");
    // Answered, or refused because of its number.
    const OpenCalls::Entry* entry = calls_.Find(id);
    if (entry == nullptr || entry->call == nullptr) return absl::OkStatus();
    call = entry->call;
    call->AddRef();
  }
  const Executor::Scope scope(core_->executor());
  call->Abort(CancelledCallError(call->Description()));
  call->Release();
  return absl::OkStatus();
}

// The initiator comes back, or the ticks end it.
void ServerSession::Disconnected(const absl::Status& reason) { (void)reason; }

void ServerSession::Ended(const absl::Status& reason, uint64_t written) {
  (void)written;
  std::vector<FutureCore*> calls;
  {
    MutexLock lock(&mu_);
    calls = calls_.LatestFirst();
    for (FutureCore* call : calls) call->AddRef();
  }
  node_->ServerSessionEnded(*this, reason);
  const Executor::Scope scope(core_->executor());
  for (FutureCore* call : calls) {
    call->Abort(absl::CancelledError(
        absl::StrCat(call->Description(), " was cancelled: its caller's node is gone")));
    call->Release();
  }
}

PeerInfo ServerSession::Info() const {
  PeerInfo info;
  info.direction = PeerInfo::Direction::kIncoming;
  info.state = connected() ? PeerInfo::State::kConnected : PeerInfo::State::kReconnecting;
  info.address = peer_address_;
  info.name = caller_.node_name;
  info.incarnation = peer_incarnation_;
  info.outbox_bytes = outbox_bytes();
  info.inbound_bytes = static_cast<size_t>(std::max<int64_t>(0, window_->bytes()));
  info.silent_heartbeats = silent_ticks();
  MutexLock lock(&mu_);
  info.calls = open_calls_;
  return info;
}

}  // namespace troupe::internal

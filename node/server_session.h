#ifndef TROUPE_NODE_SERVER_SESSION_H_
#define TROUPE_NODE_SERVER_SESSION_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/open_calls.h"
#include "node/peer_info.h"
#include "node/session.h"
#include "runtime/caller.h"
#include "runtime/class_info.h"
#include "runtime/inbound_call.h"
#include "runtime/recipient.h"

namespace troupe::wire {
class Hello;
}

namespace troupe::internal {

class NodeCore;
class ServerConnection;
class ServerSession;

// What one peer's messages that wait in mailboxes here take. Owned by the session and, after that
// is gone, by the messages that are left; one word counts both, so that a message costs two
// operations on it and no count of its own.
class InboundWindow final : public InboundBudget {
 public:
  explicit InboundWindow(int64_t limit) : limit_(limit) {}

  // The session's only.
  void Take(size_t bytes) {
    // relaxed: what is taken is only compared with the limit, by this same thread.
    word_.fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed);
  }
  bool Exceeded() const { return bytes() > limit_; }
  int64_t bytes() const { return word_.load(std::memory_order_seq_cst) - kSession; }
  int64_t limit() const { return limit_; }
  // Whom to tell when it is half empty again.
  void set_session(std::weak_ptr<ServerSession> session) { session_ = std::move(session); }
  // The last call of the session.
  void SessionGone();

  // Any thread.
  void Return(size_t bytes) override;

  struct Deleter {
    void operator()(InboundWindow* window) const { window->SessionGone(); }
  };

 private:
  static constexpr int64_t kSession = int64_t{1} << 62;

  ~InboundWindow() = default;

  const int64_t limit_;
  std::weak_ptr<ServerSession> session_;  // constant after the session is made
  // What is taken, and kSession while there is a session. Who brings it to 0 deletes the window.
  std::atomic<int64_t> word_{kSession};
};

// The acceptor's half of a session: hands what arrives to the actors and the node, and sends what
// they answer. Owned by the node until it has ended, its connection and the calls under way. Any
// thread, but see Session.
class ServerSession final : public Session {
 public:
  ServerSession(std::shared_ptr<NodeCore> node, uint64_t id, const wire::Hello& hello,
                Caller caller);
  ~ServerSession() override;

  uint64_t id() const { return id_; }
  uint64_t peer_incarnation() const { return peer_incarnation_; }
  const Caller& caller() const { return caller_; }
  PeerInfo Info() const;

  // Once, when it is shared.
  void Start();

  // From its connections. A new one is attached at once, or when the one before is gone.
  void Offer(std::shared_ptr<ServerConnection> connection) ABSL_LOCKS_EXCLUDED(mu_);
  void ConnectionGone(const ServerConnection& connection) ABSL_LOCKS_EXCLUDED(mu_);

  // From its calls.
  const EncodeContext& encode_context() const;
  void Started(uint32_t id, FutureCore* call) ABSL_LOCKS_EXCLUDED(mu_);
  void Reply(uint32_t id, const absl::Status& status, absl::string_view result)
      ABSL_LOCKS_EXCLUDED(mu_);
  // From its window.
  void WindowOpened() { ResumeReading(); }

 private:
  // What a number of Call.target stands for.
  struct Target {
    Urn urn;
    std::string class_name;  // as the initiator knows it
    RecipientPtr cell;       // null: not found when it was last looked for
  };
  // What a number of Call.method stands for, and where it was found last.
  struct Method {
    std::string name;
    const ClassInfo* info = nullptr;
    const MethodInfo* method = nullptr;
  };

  absl::Status OnCall(const CallFrameFields& call) override ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status OnReply(uint32_t id, absl::Status status, absl::string_view result) override;
  absl::Status OnCancel(uint32_t id) override ABSL_LOCKS_EXCLUDED(mu_);
  void Disconnected(const absl::Status& reason) override;
  void Ended(const absl::Status& reason, uint64_t written) override ABSL_LOCKS_EXCLUDED(mu_);
  void Ticked() override;
  void BatchRead() override { ReturnReserve(); }
  bool MayReadOn() override;

  // Errors of these are protocol errors.
  absl::Status OpenCallNumber(uint32_t id) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status FindTarget(const CallFrameFields& call, Target** target);
  absl::Status FindMethod(const CallFrameFields& call, Method** method);

  // Errors of these are the call's.
  size_t ArgumentBytesOf(const CallFrameFields& call) const;
  InboundCredit TakeCredit(size_t bytes);
  void ReturnReserve();
  absl::Status CheckCall(const CallFrameFields& call);
  absl::Status Dispatch(const CallFrameFields& call, Target& target, Method& method);
  absl::Status Deliver(const CallFrameFields& call, Target& target, Method& method,
                       const InboundOptions& options);
  void HandleNodeRequest(const CallFrameFields& call, absl::string_view method);
  void Refuse(const CallFrameFields& call, const absl::Status& status);
  absl::Status NotFound(const Target& target) const;

  Mutex own_mu_;
  const std::shared_ptr<NodeCore> node_;
  const uint64_t id_;
  const uint64_t peer_incarnation_;
  const std::string peer_address_;
  const Caller caller_;
  const size_t result_bytes_;  // the initiator's limit, and ours
  const std::unique_ptr<InboundWindow, InboundWindow::Deleter> window_;

  OpenCalls calls_ ABSL_GUARDED_BY(mu_);
  size_t open_calls_ ABSL_GUARDED_BY(mu_) = 0;
  std::shared_ptr<ServerConnection> occupant_ ABSL_GUARDED_BY(mu_);  // attached, or soon
  std::shared_ptr<ServerConnection> next_ ABSL_GUARDED_BY(mu_);      // waits for its end

  // A full window did not open in time: no pauses until it is half empty.
  std::atomic<bool> refusing_{false};
  bool was_paused_ = false;  // at the last tick

  // Of whoever is in OnBatch.
  size_t reserve_ = 0;        // taken from the window for what is left of the batch
  bool outbox_full_ = false;  // when the last call came
  std::vector<Target> targets_;
  std::vector<Method> methods_;
  Target unnumbered_target_;
  Method unnumbered_method_;
  absl::flat_hash_map<Urn, absl::Status> failed_spawns_;
  std::deque<Urn> failed_spawn_order_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_SERVER_SESSION_H_

#ifndef TROUPE_NODE_CLIENT_SESSION_H_
#define TROUPE_NODE_CLIENT_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/name_numbers.h"
#include "node/pending_calls.h"
#include "node/session.h"
#include "runtime/recipient.h"
#include "runtime/wire_message.h"

namespace troupe::wire {
class Hello;
}

namespace troupe::internal {

class ClientConnection;
class NodeCore;
class Peer;

// The initiator's half of a session: sends calls, and gives each its reply, or the reason why there
// is none. Begins connections and replaces lost ones until the other node is down. Shared by its
// peer, which drops it when it has ended, and its connections. Any thread.
class ClientSession final : public Session {
 public:
  // `serial` tells the peer's sessions apart; `id` names it on the wire.
  ClientSession(std::shared_ptr<NodeCore> node, IntrusivePtr<Peer> peer, uint32_t serial,
                uint64_t id);
  ~ClientSession() override;

  // Begins the first connection, now or after `delay`.
  void Start(absl::Duration delay);

  // What became of a message, and what is still to be done about it without the lock.
  struct Sent {
    bool ended = false;  // nothing: the session has ended
    absl::Status refused = {};
    bool too_large = false;
    Flush flush = Flush::kNo;
    uint32_t aborted_id = 0;  // it was aborted before it could be found

    bool done() const { return !ended && refused.ok() && flush == Flush::kNo && aborted_id == 0; }
  };
  // Sends the envelope, whose encoded form is `message`, and keeps it if it wants an answer. The
  // lock is the peer's; Finish does the rest, unless done().
  // Into a new `sent`, because moving it stalls the processor.
  void SendLocked(Recipient& recipient, Envelope* envelope, const OutgoingMessage& message,
                  uint64_t timeout_nanos, Sent* sent) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  SendResult Finish(const Sent& sent, Recipient& recipient, Envelope* envelope)
      ABSL_LOCKS_EXCLUDED(mu_);
  void AssertLocked() const ABSL_ASSERT_EXCLUSIVE_LOCK(mu_) {}
  void CallAborted(Envelope* envelope, uint32_t id) ABSL_LOCKS_EXCLUDED(mu_);
  void EndWatch(const Urn& watched, const Urn& watcher) ABSL_LOCKS_EXCLUDED(mu_);

  uint32_t serial() const { return serial_; }
  size_t pending_calls() const ABSL_LOCKS_EXCLUDED(mu_);
  // The other node's, once it has introduced itself; else 0.
  uint64_t peer_incarnation() const ABSL_LOCKS_EXCLUDED(mu_);

  // From its connections. OK: attached, and RefuseTooLarge and FlushNow are to follow, without a
  // lock.
  absl::Status Introduced(const std::shared_ptr<Connection>& connection, const wire::Hello& hello,
                          bool writing) ABSL_LOCKS_EXCLUDED(mu_);
  // What was queued before the other node's limit was known, and is over it.
  void RefuseTooLarge() ABSL_LOCKS_EXCLUDED(mu_);
  void ConnectFailed(ClientConnection* connection, const absl::Status& reason)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using WatchKey = std::pair<Urn, Urn>;  // watched, watcher

  void Connect() ABSL_LOCKS_EXCLUDED(mu_);
  void ConnectAfter(absl::Duration delay) ABSL_LOCKS_EXCLUDED(mu_);
  SharedBytes MakeHello() ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status CheckRoomLocked(Recipient& recipient, const OutgoingMessage& message,
                               bool wants_answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AppendLocked(Recipient& recipient, Envelope* envelope, const OutgoingMessage& message,
                    uint64_t timeout_nanos) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string WhyEnded(const absl::Status& reason, bool established) const;
  void ForgetWatchLocked(uint32_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Of a call that is in pending_.
  Flush AppendCancelLocked(uint32_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  void Disconnected(const absl::Status& reason) override;
  void Ended(const absl::Status& reason, uint64_t written) override;
  void Ticked() override;
  absl::Status OnCall(const CallFrameFields& call) override;
  absl::Status OnReply(uint32_t id, absl::Status status, absl::string_view result) override;
  absl::Status OnCancel(uint32_t id) override;

  const std::shared_ptr<NodeCore> node_;
  const IntrusivePtr<Peer> peer_;
  const uint32_t serial_;
  const uint64_t id_;

  PendingCalls pending_ ABSL_GUARDED_BY(mu_);
  NameNumbers numbers_ ABSL_GUARDED_BY(mu_);
  size_t message_bytes_ ABSL_GUARDED_BY(mu_);
  std::vector<Outbox::Dropped> too_large_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<WatchKey, uint32_t> watches_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<uint32_t, WatchKey> watch_of_ ABSL_GUARDED_BY(mu_);

  bool established_ ABSL_GUARDED_BY(mu_) = false;  // the other node has introduced itself once
  uint64_t peer_incarnation_ ABSL_GUARDED_BY(mu_) = 0;
  std::shared_ptr<ClientConnection> connecting_ ABSL_GUARDED_BY(mu_);
  int connecting_ticks_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration backoff_ ABSL_GUARDED_BY(mu_);
  size_t one_way_ ABSL_GUARDED_BY(mu_) = 0;  // messages, ever
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_CLIENT_SESSION_H_

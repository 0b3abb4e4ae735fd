#ifndef TROUPE_NODE_PEER_H_
#define TROUPE_NODE_PEER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "node/peer_info.h"
#include "runtime/future.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/mutex.h"
#include "runtime/recipient.h"
#include "runtime/system_core.h"

namespace troupe::wire {
class Hello;
}

namespace troupe::internal {

class ClientSession;
class NodeCore;

// Another node, as this one calls it: one session after another, begun when there is something to
// send. Owned by the node and by the references to the other node's actors. Any thread.
class Peer final : public RefCounted<Peer> {
 public:
  Peer(std::shared_ptr<NodeCore> node, std::string address);
  ~Peer();

  const std::string& address() const { return address_; }
  SystemCore& core() const;
  // The lock of the peer and of its session: a message takes it once.
  Mutex& mu() ABSL_LOCK_RETURNED(mu_) { return mu_; }

  // As Recipient's functions.
  SendResult Send(Recipient& recipient, Envelope* envelope);
  void CallAborted(Envelope* envelope, uint64_t remote_id);
  void EndWatch(const Urn& watched, const Urn& watcher);

  // Ready when the session that there is, or that is begun for this, has ended, with the reason.
  Future<NodeDown> WhenLost();

  // Ends the session, and none is begun any more. What is queued is sent first, and the other node
  // told; see Session::SayGoodbye.
  void Close(const absl::Status& reason);
  // Null: there is none now.
  std::shared_ptr<ClientSession> session() const ABSL_LOCKS_EXCLUDED(mu_);
  PeerInfo Info() const;

  // From its session.
  void Connected(const wire::Hello& hello) ABSL_LOCKS_EXCLUDED(mu_);
  void SessionEnded(const ClientSession& session, const absl::Status& reason)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void DropSession(const ClientSession& session) ABSL_LOCKS_EXCLUDED(mu_);
  // What is left until the envelope's deadline; 0: it has none.
  uint64_t TimeoutOf(const Envelope& envelope) const;
  // Begins a session unless there is one; false once closed.
  bool OpenSession() ABSL_LOCKS_EXCLUDED(mu_);

  const std::shared_ptr<NodeCore> node_;
  const std::string address_;

  mutable Mutex mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<ClientSession> session_ ABSL_GUARDED_BY(mu_);
  uint32_t last_serial_ ABSL_GUARDED_BY(mu_) = 0;
  int failures_ ABSL_GUARDED_BY(mu_) = 0;  // sessions in a row that were not made
  absl::Time last_failure_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  std::string name_ ABSL_GUARDED_BY(mu_);
  uint64_t incarnation_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<Promise<NodeDown>> lost_ ABSL_GUARDED_BY(mu_);
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_PEER_H_

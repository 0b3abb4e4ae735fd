#ifndef TROUPE_NODE_REMOTE_RECIPIENT_H_
#define TROUPE_NODE_REMOTE_RECIPIENT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/recipient.h"

namespace troupe::internal {

class Peer;

// An actor on another node, as this one sees it: what is sent to it goes to the peer. Shared by the
// references to the actor. Any thread.
class RemoteRecipient final : public Recipient {
 public:
  RemoteRecipient(IntrusivePtr<Peer> peer, const Urn& urn, std::string class_name,
                  uint64_t incarnation);
  ~RemoteRecipient() override;

  SendResult Deliver(Envelope* envelope) override;
  absl::string_view class_name() const override { return class_name_; }
  SystemCore& core() override;
  void CallAborted(Envelope* envelope, uint64_t remote_id) override;
  void EndWatch(const Urn& watcher) override;

  Peer& peer() const { return *peer_; }
  // Of the run of the node in which the actor lives; 0: not known.
  uint64_t incarnation() const { return incarnation_; }

 private:
  const IntrusivePtr<Peer> peer_;
  const std::string class_name_;
  const uint64_t incarnation_;
};

// An actor that is known to be gone, or that never came to be, and why. Any thread.
class GoneRecipient final : public Recipient {
 public:
  GoneRecipient(IntrusivePtr<SystemCore> core, const Urn& urn, std::string class_name,
                absl::Status why);
  ~GoneRecipient() override;

  SendResult Deliver(Envelope* envelope) override;
  absl::string_view class_name() const override { return class_name_; }
  SystemCore& core() override;

 private:
  const IntrusivePtr<SystemCore> core_;
  const std::string class_name_;
  const absl::Status why_;  // ok: it is not known
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_REMOTE_RECIPIENT_H_

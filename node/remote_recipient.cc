#include "node/remote_recipient.h"

#include <utility>

#include "node/peer.h"
#include "runtime/envelope.h"
#include "runtime/system_core.h"

namespace troupe::internal {

RemoteRecipient::RemoteRecipient(IntrusivePtr<Peer> peer, const Urn& urn, std::string class_name,
                                 uint64_t incarnation)
    : Recipient(urn),
      peer_(std::move(peer)),
      class_name_(std::move(class_name)),
      incarnation_(incarnation) {}

RemoteRecipient::~RemoteRecipient() = default;

SendResult RemoteRecipient::Deliver(Envelope* envelope) { return peer_->Send(*this, envelope); }

SystemCore& RemoteRecipient::core() { return peer_->core(); }

void RemoteRecipient::CallAborted(Envelope* envelope, uint64_t remote_id) {
  peer_->CallAborted(envelope, remote_id);
}

void RemoteRecipient::EndWatch(const Urn& watcher) { peer_->EndWatch(urn(), watcher); }

GoneRecipient::GoneRecipient(IntrusivePtr<SystemCore> core, const Urn& urn, std::string class_name,
                             absl::Status why)
    : Recipient(urn),
      core_(std::move(core)),
      class_name_(std::move(class_name)),
      why_(std::move(why)) {}

GoneRecipient::~GoneRecipient() = default;

SendResult GoneRecipient::Deliver(Envelope* envelope) {
  envelope->Refuse(
      {.why = Refusal::Why::kNotFound, .recipient = this, .detail = why_.ok() ? nullptr : &why_});
  return SendResult::kNotFound;
}

SystemCore& GoneRecipient::core() { return *core_; }

}  // namespace troupe::internal

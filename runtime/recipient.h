#ifndef TROUPE_RUNTIME_RECIPIENT_H_
#define TROUPE_RUNTIME_RECIPIENT_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/urn.h"

namespace troupe {

// What became of a message at the moment it was sent.
enum class SendResult : uint8_t {
  kSent,          // accepted: it will be handled, or become a dead letter if the actor ends first
  kFull,          // refused: the mailbox (or the outbox to another node) is at its limit
  kNotFound,      // refused: the actor is gone, or the reference is null
  kBadArguments,  // refused: of a message by name, no such method or arguments that do not fit it
};

namespace internal {
class Envelope;
class ActorCell;
class SystemCore;
struct ClassInfo;
}  // namespace internal

// Whatever takes messages for one actor: the actor's own cell, or its representative on this node
// for an actor elsewhere. This one interface is location transparency; nothing above it asks where.
// Shared by all references to the actor. Any thread.
class Recipient : public RefCounted<Recipient> {
 public:
  virtual ~Recipient() = default;

  // Takes the envelope over. Never blocks and runs no user code but codecs. An envelope that is not
  // kSent has been answered (a call) or counted as a dead letter (one-way) before this returns.
  virtual SendResult Deliver(internal::Envelope* envelope) = 0;

  // The call `envelope`, whose CallFrame has this remote id, was aborted: nobody waits for its
  // answer. The envelope lives during the call, but it may have been answered, and the id be used
  // for another one by now. Never blocks.
  virtual void CallAborted(internal::Envelope* envelope, uint64_t remote_id) {
    (void)envelope;
    (void)remote_id;
  }

  // Ends the watch of the actor `watcher`, who is not told any more; behind what it sent before.
  virtual void EndWatch(const Urn& watcher) { (void)watcher; }

  virtual absl::string_view class_name() const = 0;

  // Of the system of this process through which the actor is reached.
  virtual internal::SystemCore& core() = 0;

  // The cell, where the actor lives in this process; null for a representative.
  virtual internal::ActorCell* local_cell() { return nullptr; }

  const Urn& urn() const { return urn_; }

 protected:
  explicit Recipient(Urn urn) : urn_(urn) {}

 private:
  const Urn urn_;
};

using RecipientPtr = IntrusivePtr<Recipient>;

}  // namespace troupe

#endif  // TROUPE_RUNTIME_RECIPIENT_H_

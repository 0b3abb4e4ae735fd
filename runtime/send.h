#ifndef TROUPE_RUNTIME_SEND_H_
#define TROUPE_RUNTIME_SEND_H_

#include "absl/time/time.h"
#include "runtime/class_info.h"
#include "runtime/recipient.h"

namespace troupe::internal {

class Envelope;
class FutureCore;
class CallFrame;

// Sends `envelope`, which is the call `core` with the frame `frame`: inherits what is left of the
// deadline of the call that is handled on this thread, and is noted as its child. Never blocks; an
// error becomes the outcome of the call.
void SendCall(const CallTarget& target, Envelope* envelope, FutureCore* core, CallFrame* frame);

SendResult SendOneWay(const CallTarget& target, Envelope* envelope);

// Ends the process: an envelope with the sender's own arguments came into a mailbox.
[[noreturn]] void BorrowedArgumentsKept();

// When the caller's interest in a message sent now ends.
absl::Time DeadlineFor(const CallTarget& target);

bool PastDeadline(ActorCell& cell, absl::Time deadline);

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_SEND_H_

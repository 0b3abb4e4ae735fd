#ifndef TROUPE_RUNTIME_ERRORS_H_
#define TROUPE_RUNTIME_ERRORS_H_

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/urn.h"

namespace troupe {

// Every error a call can end with is made here, so that text and code of one event are the same
// everywhere. A method's own absl::Status passes unchanged, payloads too.
//
//   event                                           code                 function
//   actor stopped, or never existed                 kNotFound            NotFoundError
//   node unreachable or dead                        kUnavailable         NodeUnavailableError
//   not allowed to the caller                       kPermissionDenied    PermissionDeniedError
//   message or result over the limit                kResourceExhausted   MessageTooLargeError
//   too much waits for another node                 kResourceExhausted   OutboxFullError
//   too many calls wait for another node            kResourceExhausted   PendingLimitError
//   too much of another node waits here             kResourceExhausted   InboundFullError
//   the call's deadline passed                      kDeadlineExceeded    DeadlinePassedError
//   the caller gave up waiting (the call goes on)   kDeadlineExceeded    GaveUpWaitingError
//   waiting where nothing is left that could run    kFailedPrecondition  GaveUpWaitingError
//   cancelled                                       kCancelled           CancelledCallError
//   mailbox at its limit                            kResourceExhausted   MailboxFullError
//   no such method                                  kUnimplemented       NoSuchMethodError
//   method that two interfaces have, by its name  kUnimplemented       AmbiguousMethodError
//   plain message to an actor without Receive       kUnimplemented       NoReceiveError
//   arguments of wrong count or type                kInvalidArgument     BadArgumentsError
//   message of a local-only class to another node   kInvalidArgument     LocalOnlyError
//   arguments or result cannot be encoded           the codec's          NotEncodedError
//   result does not decode                          kInvalidArgument     BadResultError
//   exception in a method                           kUnknown             StatusFromCurrentException
//   the actor failed while it handled the call      kUnknown             FailedMeanwhileError
//   promise destroyed without a result              kUnknown             DroppedPromiseError
//   promise fulfilled twice                         kFailedPrecondition  AlreadyFulfilledError
//   a chain of calls comes back to who waits in it  kFailedPrecondition  DeadlockError
//   a name is taken                                 kAlreadyExists       NameTakenError
//   too many open streams at the actor              kResourceExhausted   StreamLimitError
//   items are asked of a stream that has ended      kNotFound            StreamGoneError
//   one-way or by name, of a method with a stream   kUnimplemented       StreamNeedsReaderError
//   Next while another Next is awaited              kFailedPrecondition  NextUnderWayError
//   Next of a stream that no reference gave         kFailedPrecondition  NotReadableError
//
// `actor` is what ActorText gives.
absl::Status NotFoundError(absl::string_view actor, absl::string_view reason = "");
absl::Status DeadlinePassedError(absl::string_view call);
absl::Status GaveUpWaitingError(absl::Duration timeout, absl::string_view call);
absl::Status CancelledCallError(absl::string_view call);
absl::Status MailboxFullError(absl::string_view actor, uint64_t capacity);
absl::Status NoSuchMethodError(absl::string_view class_name, absl::string_view method);
absl::Status AmbiguousMethodError();
absl::Status NoReceiveError(absl::string_view class_name);
absl::Status BadArgumentsError(absl::string_view method, absl::string_view detail);
absl::Status FailedMeanwhileError(absl::string_view actor, absl::string_view call,
                                  const absl::Status& reason);
absl::Status DroppedPromiseError();
absl::Status AlreadyFulfilledError();
absl::Status DeadlockError(absl::string_view path);
absl::Status NameTakenError(absl::string_view name);
absl::Status StreamLimitError(absl::string_view actor, uint64_t limit);
absl::Status StreamGoneError(absl::string_view actor, absl::string_view method);
absl::Status StreamNeedsReaderError(absl::string_view method);
absl::Status NextUnderWayError(absl::string_view stream);
absl::Status NotReadableError();

// What became of a message to another node that is unreachable or dead.
enum class Delivery : uint8_t {
  kOutcomeUnknown,  // it may have been handled, or not
  kNotSent,         // it has not been handled, and will not be
};
absl::Status NodeUnavailableError(absl::string_view text, Delivery delivery);
// What such an error says; nothing for others.
std::optional<Delivery> DeliveryOf(const absl::Status& status);

// `node` is an address. Limits are of bytes, but for PendingLimitError.
// Nothing else is told to whom it is refused.
absl::Status PermissionDeniedError();
absl::Status MessageTooLargeError(absl::string_view message, uint64_t bytes, uint64_t limit);
absl::Status OutboxFullError(absl::string_view node, uint64_t limit);
absl::Status PendingLimitError(absl::string_view node, uint64_t limit);
absl::Status InboundFullError(uint64_t limit);
absl::Status LocalOnlyError(absl::string_view method);
absl::Status NotEncodedError(absl::string_view what, const absl::Status& reason);
absl::Status BadResultError(absl::string_view method, absl::string_view detail);

// `Adder (urn:uuid:...)`.
std::string ActorText(absl::string_view class_name, const Urn& urn);

namespace internal {

// Runs code of the user's; what it throws becomes a Status (kUnknown: the type's name and what()).
// With Task's unhandled_exception, which calls StatusFromCurrentException, the one place that
// catches.
absl::Status RunUserCode(absl::FunctionRef<void()> body);
// Only inside a handler.
absl::Status StatusFromCurrentException();

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_ERRORS_H_

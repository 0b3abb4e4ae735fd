#ifndef TROUPE_RUNTIME_ENVELOPE_H_
#define TROUPE_RUNTIME_ENVELOPE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/block_pool.h"
#include "runtime/mailbox.h"

namespace troupe {
class Recipient;
}

namespace troupe::internal {

class ActorCell;
class CallFrame;
class FutureCore;
struct DecodeContext;
struct EncodeContext;
struct OutgoingMessage;
struct TaskRun;

// Why an envelope is not handled. The text is only made for those who will read it.
struct Refusal {
  enum class Why : uint8_t {
    kNotFound,
    kJustEnded,  // the same, for what the actor still held when it ended
    kFull,
    kOther,
  };

  Why why = Why::kNotFound;
  const Recipient* recipient = nullptr;  // null: the reference was
  uint64_t capacity = 0;                 // for kFull
  const absl::Status* detail =
      nullptr;  // kNotFound: how the actor failed, or null; kOther: the status

  absl::Status ToStatus() const;
};

// One thing that an actor will do: a call, a one-way message, a continuation, a system notice.
//
// Owned by whoever holds it: the sender, then the mailbox, then the cell. Handle (when done) and
// Refuse take it over and end it; exactly one of them, or Abandon after a suspension, happens to
// every envelope.
class Envelope : public MailboxNode {
 public:
  enum class Progress : uint8_t {
    kDone,       // the envelope is gone
    kSuspended,  // its coroutine waits; the envelope goes on with Resumed or Abandon
  };

  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* block, size_t bytes) { FreeBlock(block, bytes); }

  // In the actor's turn.
  virtual Progress Handle(ActorCell& cell) = 0;
  // Anywhere; runs no user code but destructors.
  virtual void Refuse(Refusal refusal) = 0;

  // After a coroutine that works for this envelope was resumed.
  virtual Progress Resumed(ActorCell& cell);
  // Ends it while its coroutine waits: the coroutine is destroyed, the caller told `reason`. A
  // watch is ended untold.
  virtual void Abandon(const absl::Status& reason);

  // For an actor of another node, in place of Handle: what to send there, once. Runs codecs of the
  // user's. An error (kInvalidArgument: it cannot travel, or what its codecs say) leaves the
  // envelope, and message->arguments, as they were.
  virtual absl::Status Encode(const EncodeContext& context, OutgoingMessage* message);
  // Whether an answer comes back, which then ends the envelope. If not, it is to be ended with
  // Answer(OK) once it has been sent.
  virtual bool wants_answer() const { return false; }
  // The answer from there: an error, or OK and the encoded result. Takes the envelope over and ends
  // it. Runs codecs of the user's; a result that does not decode is an error of the call.
  virtual void Answer(const DecodeContext& context, const absl::Status& status,
                      absl::string_view result);

  // What Dump and error texts call it: a method's name, null for what is not a message.
  virtual const char* method_name() const { return nullptr; }
  // The future of its caller, if there is one.
  virtual FutureCore* call() { return nullptr; }
  // The coroutine that handles it, while there is one.
  virtual TaskRun* task_run() { return nullptr; }
  // Where calls that are made meanwhile are noted, if somebody may cancel this one; else null.
  virtual CallFrame* frame() { return nullptr; }
  // When the sender's interest ends; inherited by nested calls.
  virtual absl::Time deadline() const { return absl::InfiniteFuture(); }
  // A one-way message of a user's: a dead letter when refused, a failure of the actor when it
  // fails.
  virtual bool one_way() const { return false; }

 protected:
  // A one-way message ends as a dead letter.
  void CountDeadLetter(const Refusal& refusal);
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_ENVELOPE_H_

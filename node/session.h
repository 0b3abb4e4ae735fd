#ifndef TROUPE_NODE_SESSION_H_
#define TROUPE_NODE_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/frames.h"
#include "node/last_piece.h"
#include "node/last_text.h"
#include "node/outbox.h"
#include "node/transport.h"
#include "runtime/executor.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/mutex.h"
#include "runtime/system_core.h"

namespace troupe::internal {

// What the reason of a session that the other side has ended begins with.
inline constexpr char kSaidGoodbye[] = "it said goodbye";

// Of a message: what stands around its arguments.
inline constexpr size_t kFrameOverhead = 64 * 1024;

struct SessionOptions {
  size_t message_bytes = 0;
  size_t outbox_bytes = 0;
  size_t batch_bytes = 0;
  // Ticks without a word from the other side after which the session, and before that the
  // connection, is given up (by the initiator; the acceptor waits one more).
  int ticks_until_down = 5;
  int ticks_until_reconnect = 3;
  // Ticks without a word to the other side after which an empty batch tells it that we live.
  int ticks_until_heartbeat = 2;
};

// Which of the session's sides this is. An initiator also answers the heartbeats that it gets, and
// needs few of its own then: so those of all who call an idle node reach it together, just after
// its tick, and wake it once.
enum class SessionSide : uint8_t { kInitiator, kAcceptor };

// One side's half of an ordered, resumable exchange with one run of another node: rules 1 to 5 of
// proto/wire.proto. ClientSession (the initiator) and ServerSession (the acceptor) say what the
// frames mean.
//
// Shared by its owner, by its connection and by calls under way. Any thread, but what comes from a
// connection comes one call at a time: a new connection is attached only after the old one's
// OnClosed.
class Session : public FrameHandler, public Runnable, public std::enable_shared_from_this<Session> {
 public:
  ~Session() override = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // From the handlers of connections.

  // The connection is the session's now: both sides have introduced themselves, and the other one
  // has our batches up to `received`. `writing`: a write (of our Hello) is still under way. Writes
  // nothing itself. An error: the other side's number cannot be, or the session has ended.
  absl::Status Attach(std::shared_ptr<Connection> connection, uint64_t received, bool writing)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Writes what there is, unless a write is under way already.
  void FlushNow() ABSL_LOCKS_EXCLUDED(mu_);
  bool OnBatch(Connection* connection, absl::string_view batch) ABSL_LOCKS_EXCLUDED(mu_);
  // A batch that lies in parts. Nothing: it has to be put together first, for OnBatch.
  std::optional<bool> OnParts(Connection* connection, absl::Span<const absl::string_view> parts)
      ABSL_LOCKS_EXCLUDED(mu_);
  void OnWritten(Connection* connection) ABSL_LOCKS_EXCLUDED(mu_);
  void OnClosed(Connection* connection, const absl::Status& reason) ABSL_LOCKS_EXCLUDED(mu_);

  // Once in every heartbeat interval.
  void Tick() ABSL_LOCKS_EXCLUDED(mu_);

  // Ends it at once, if it has not ended.
  void End(const absl::Status& reason) ABSL_LOCKS_EXCLUDED(mu_);
  // Tells the other side that it ends, once what is queued is written; then ends it. `reason` is
  // also what calls that are open then end with.
  void SayGoodbye(const absl::Status& reason) ABSL_LOCKS_EXCLUDED(mu_);

  bool ended() const ABSL_LOCKS_EXCLUDED(mu_);
  // The highest number received, for a Hello.
  uint64_t received() const ABSL_LOCKS_EXCLUDED(mu_);
  size_t outbox_bytes() const ABSL_LOCKS_EXCLUDED(mu_);
  bool connected() const ABSL_LOCKS_EXCLUDED(mu_);
  int silent_ticks() const ABSL_LOCKS_EXCLUDED(mu_);

  // As a Runnable: the flush.
  void Run() override;

 protected:
  // What a caller of Appended does once it has let go of the lock.
  enum class Flush : uint8_t { kNo, kHere, kLater };

  // `mu` is the session's lock; it may be that of its owner, which it must not outlive.
  Session(IntrusivePtr<SystemCore> core, const SessionOptions& options, SessionSide side,
          Mutex& mu);

  // What the session means. None is called with the lock held.

  // Its connection is gone, but not the session.
  virtual void Disconnected(const absl::Status& reason) = 0;
  // Exactly once. `written`: batches up to this number may have arrived, later ones have not.
  virtual void Ended(const absl::Status& reason, uint64_t written) = 0;
  virtual void Ticked() {}
  // All frames of a batch have been read.
  virtual void BatchRead() {}
  // After each batch; false: no more until ResumeReading. ServerSession's budget.
  virtual bool MayReadOn() { return true; }

  // Frames were appended to outbox_.
  Flush AppendedLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void DoFlush(Flush flush) ABSL_LOCKS_EXCLUDED(mu_);
  void ResumeReading() ABSL_LOCKS_EXCLUDED(mu_);
  bool paused() const ABSL_LOCKS_EXCLUDED(mu_);
  // Closes the connection, so that it is replaced.
  void DropConnection(const absl::Status& reason) ABSL_LOCKS_EXCLUDED(mu_);

  absl::Status OnPiece(uint64_t total_bytes, absl::string_view data) override;
  absl::Status OnGoodbye(absl::string_view reason) override;

  // In OnCall: what follows the call's arguments, see DecodeContext. Null: nothing.
  std::string* rest() const { return rest_; }

  // Whether anything but a Hello came on the last connection.
  bool heard_on_connection() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return heard_; }

  const IntrusivePtr<SystemCore> core_;
  const SessionOptions options_;
  const SessionSide side_;

  Mutex& mu_;
  Outbox outbox_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;

 private:
  // A batch of so many bytes, all of it or what stands before a piece at its end.
  bool HandleBatch(Connection* connection, absl::string_view batch, size_t bytes,
                   const LastPiece* piece, absl::Span<const absl::string_view> data)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status AcceptBatch(Connection* connection, absl::string_view batch, bool more_frames,
                           bool* is_new) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status AddPiece(uint64_t total_bytes, absl::Span<const absl::string_view> data)
      ABSL_LOCKS_EXCLUDED(mu_);
  void MakeRoom(size_t more);
  absl::Status ReadLarge() ABSL_LOCKS_EXCLUDED(mu_);
  // None: nothing is to be written now.
  Message NextToWriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether to acknowledge now although there is nothing to send.
  bool NoteReceived(size_t bytes) ABSL_LOCKS_EXCLUDED(mu_);
  // A batch has come with nothing new in it, as a heartbeat is.
  void AnswerHeartbeat() ABSL_LOCKS_EXCLUDED(mu_);
  // An initiator that has answered a heartbeat may be quiet for one tick more, and so the acceptor
  // waits one tick more before it gives a connection up: always longer than the other side is quiet
  // on purpose, if its interval is the same.
  int TicksUntilReconnect() const;
  int TicksUntilHeartbeat() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  std::shared_ptr<Connection> connection_ ABSL_GUARDED_BY(mu_);
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool flush_wanted_ ABSL_GUARDED_BY(mu_) = false;     // once the write under way is done
  bool flush_scheduled_ ABSL_GUARDED_BY(mu_) = false;  // as a Runnable
  std::shared_ptr<Session> while_scheduled_ ABSL_GUARDED_BY(mu_);
  bool heard_ ABSL_GUARDED_BY(mu_) = false;  // on the last connection
  bool paused_ ABSL_GUARDED_BY(mu_) = false;
  bool saying_goodbye_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status goodbye_ ABSL_GUARDED_BY(mu_);
  uint64_t received_ ABSL_GUARDED_BY(mu_) = 0;
  size_t unacknowledged_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  int unacknowledged_batches_ ABSL_GUARDED_BY(mu_) = 0;
  bool acknowledge_ ABSL_GUARDED_BY(mu_) = false;  // or just show that we live
  int quiet_ticks_ ABSL_GUARDED_BY(mu_) = 0;       // since the last write
  bool answering_ ABSL_GUARDED_BY(mu_) = false;    // a heartbeat, by the next write
  bool answered_ ABSL_GUARDED_BY(mu_) = false;     // by the last one
  int silent_ticks_ ABSL_GUARDED_BY(mu_) = 0;
  std::string spare_large_ ABSL_GUARDED_BY(mu_);  // empty; the memory of the last large_
  bool spare_used_ ABSL_GUARDED_BY(mu_) = false;  // since the last tick

  // Of whoever is in OnBatch: a frame that arrives in pieces.
  std::string large_;
  uint64_t large_bytes_ = 0;  // with those left out
  std::optional<LastText> last_text_;
  size_t left_out_ = 0;  // of large_: what stands before the last text
  bool in_large_ = false;
  std::string* rest_ = nullptr;
  absl::Status farewell_;  // the other side said goodbye
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_SESSION_H_

#ifndef TROUPE_NODE_FRAMES_H_
#define TROUPE_NODE_FRAMES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/wire_message.h"

// Writes and reads the messages of proto/wire.proto that every call needs (Batch, Frame and what is
// in it), without objects in between. Plain functions: any thread, nothing blocks.

namespace troupe::wire {
class Hello;
}

namespace troupe::internal {

// A Call. The views are the caller's; those that a FrameHandler is given end with its call.
struct CallFrameFields {
  // Not left to the compiler, which would clear the whole by `rep stos`: 9 ns for each message.
  CallFrameFields() {}

  uint32_t id = 0;
  MessageKind kind = MessageKind::kMethod;
  // The number of a kind that is none of MessageKind's; `kind` says nothing then. Only read, never
  // written.
  int32_t unknown_kind = 0;
  uint32_t target = 0;
  absl::string_view target_urn = {};
  absl::string_view target_class = {};
  uint32_t method = 0;
  absl::string_view method_name = {};
  absl::string_view arguments = {};
  uint64_t timeout_nanos = 0;
  bool high_priority = false;
};

// A batch in the making begins with room for its header, which is filled in when it is sealed.
inline constexpr size_t kBatchHeaderBytes = 18;

// Makes `batch` one without frames, whose header says 0 and 0; keeps its capacity.
void BeginBatch(std::string* batch);
// Of a batch that BeginBatch began, at any time. Sequence 0: a batch without frames.
void SetBatchHeader(std::string* batch, uint64_t sequence, uint64_t acknowledged);

// Each appends one frame to a batch.
void AppendCall(std::string* batch, const CallFrameFields& call);
// `result` only if `status` is ok.
void AppendReply(std::string* batch, uint32_t id, const absl::Status& status,
                 absl::string_view result);
void AppendCancel(std::string* batch, uint32_t id);
// `total_bytes`: of the whole frame in its first piece, 0 in the others. `more` follows `data`.
void AppendPiece(std::string* batch, uint64_t total_bytes, absl::string_view data,
                 absl::string_view more = {});
// The same, but those `more_bytes` are left to the caller, as the end of the batch.
void AppendPieceHead(std::string* batch, uint64_t total_bytes, absl::string_view data,
                     size_t more_bytes);
void AppendGoodbye(std::string* batch, absl::string_view reason);

// The bytes of a Frame that is too large for a batch, to be cut into pieces: all but those of the
// arguments, which follow.
std::string EncodeCallHead(const CallFrameFields& call);
std::string EncodeReplyFrame(uint32_t id, const absl::Status& status, absl::string_view result);
// The same for an OK one, all but the bytes of the result, which follow.
std::string EncodeReplyHead(uint32_t id, size_t result_bytes);

// The first message on a connection.
std::string EncodeHelloBatch(const wire::Hello& hello);

struct BatchView {
  bool has_hello = false;
  absl::string_view hello = {};  // a wire::Hello, not parsed
  uint64_t sequence = 0;
  uint64_t acknowledged = 0;
  bool has_frames = false;
};

// What a batch says about itself; its frames are passed over. kInvalidArgument: it does not parse.
absl::StatusOr<BatchView> ReadBatchHeader(absl::string_view batch);

// Takes the frames that are read. An error ends the reading and is what the reader returns.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;

  virtual absl::Status OnCall(const CallFrameFields& call) = 0;
  // A status whose code this version does not know has the code() kUnknown.
  virtual absl::Status OnReply(uint32_t id, absl::Status status, absl::string_view result) = 0;
  virtual absl::Status OnCancel(uint32_t id) = 0;
  virtual absl::Status OnPiece(uint64_t total_bytes, absl::string_view data) = 0;
  virtual absl::Status OnGoodbye(absl::string_view reason) = 0;
};

// Gives the frames of a batch to the handler, in order and as they are read: those before one that
// does not parse have been handled. Frames of an unknown kind, and unknown fields, are ignored; of
// a field that is there more than once the last one holds. Text is not checked to be UTF-8.
// kInvalidArgument: it does not parse, the text says where ("frame 2: call: id: ..."); otherwise
// the handler's error.
absl::Status ReadFrames(absl::string_view batch, FrameHandler& handler);
// The same for one Frame, put together from its pieces.
absl::Status ReadFrame(absl::string_view frame, FrameHandler& handler);

}  // namespace troupe::internal

#endif  // TROUPE_NODE_FRAMES_H_

#ifndef TROUPE_NODE_OUTBOX_H_
#define TROUPE_NODE_OUTBOX_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "node/transport.h"
#include "runtime/urn.h"

namespace troupe::internal {

// What one side of a session sends: batches in order, kept until the other side has acknowledged
// them, so that they can be sent again on another connection. Owned by the session and guarded by
// its lock.
//
// Frames are appended to the open batch, which is sealed when it is taken for writing or over its
// limit. A frame too large for a batch goes to a queue of its own, from which each batch takes
// pieces of one batch's size: so small frames overtake large ones. Those for whom order matters ask
// HasLarge first. Pieces are not copied into their batches: these share the frame's memory, which
// is so kept until the last one is acknowledged, while bytes() counts what is left to acknowledge.
class Outbox {
 public:
  // `max_bytes` bounds everything that is kept; see HasRoom.
  Outbox(size_t max_bytes, size_t batch_bytes) : max_bytes_(max_bytes), batch_bytes_(batch_bytes) {}

  // The bound is the caller's to respect: nothing below refuses.
  bool HasRoom(size_t bytes) const { return bytes_ + bytes <= max_bytes_; }
  size_t bytes() const { return bytes_; }

  // The open batch, to append one frame to; then EndFrame, which returns the batch's number.
  std::string* BeginFrame();
  uint64_t EndFrame();

  // A frame (without the field of the batch) that is sent in pieces, in two parts. `order` is of
  // those who must not overtake it, `call` the number of the call that it is, for DropLargerThan.
  void AddLarge(std::string head, std::string body, const Urn& order, uint32_t call = 0);
  // An empty string, which may have the memory of a body that nobody needs any more.
  std::string TakeSpareBody();
  // A small frame (with that field) that must not overtake any that is sent in pieces.
  void AddBehindLarge(absl::string_view frame);
  // Before anything was written: forgets the frames in pieces that have more bytes, and says which
  // they were.
  struct Dropped {
    uint32_t call;
    size_t bytes;
  };
  std::vector<Dropped> DropLargerThan(size_t bytes);
  bool HasLarge(const Urn& order) const {
    return !large_.empty() && large_of_.find(order) != large_of_.end();
  }
  bool IsLarge(size_t frame_bytes) const { return frame_bytes > batch_bytes_; }

  // The next batch to write, or none. `acknowledged` is what it tells the other side, if it is
  // sealed now.
  Message Next(uint64_t acknowledged);
  bool HasNext() const;

  // The other side has all up to `sequence`: false if it cannot, because that was never written.
  bool Acknowledge(uint64_t sequence);
  // A new connection begins, on which all that is not acknowledged is written again. False: as
  // Acknowledge.
  bool Rewind(uint64_t acknowledged);

  // Gives back the memory that is kept for what may come.
  void DropSpare();

  // The number of the last batch that was taken for writing, ever.
  uint64_t written() const { return written_; }
  bool empty() const { return bytes_ == 0; }

 private:
  using Buffer = std::shared_ptr<std::string>;

  struct Large {
    size_t size() const { return head.size() + body->size(); }

    std::string head;
    Buffer body;
    size_t sent = 0;
    Urn order;
    uint32_t call = 0;
    bool small = false;  // sent as it is
  };

  // A batch that is sealed: as Message says.
  struct Sealed {
    size_t size() const { return own->size() + tail.size(); }

    Buffer own;
    Buffer body = nullptr;
    absl::string_view tail = {};
  };

  // What is in open_, and behind it `tail`, a part of `body`.
  void Seal(uint64_t acknowledged, const Buffer& body = nullptr, absl::string_view tail = {});
  void RecycleBatch(Buffer batch);
  void RecycleBody(Buffer body);
  // Of the first of large_, at most as large as the room that is left in the batch. Returns what is
  // left then; nothing, if the batch had to be sealed.
  size_t AppendPiece(size_t room);
  void ForgetOrder(const Urn& order);

  const size_t max_bytes_;
  const size_t batch_bytes_;

  std::string open_;
  size_t open_counted_ = 0;    // of open_, what is in bytes_
  std::deque<Sealed> sealed_;  // numbers first_ ...
  // Empty buffers that are used again, for batches and for bodies.
  std::vector<std::string> spare_;
  std::vector<std::string> spare_bodies_;
  uint64_t first_ = 1;    // of sealed_
  uint64_t next_ = 1;     // to write
  uint64_t written_ = 0;  // the highest ever
  std::deque<Large> large_;
  absl::flat_hash_map<Urn, int> large_of_;  // how many of large_
  size_t bytes_ = 0;
  uint64_t acknowledged_ = 0;  // what the last sealed batch told the other side
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_OUTBOX_H_

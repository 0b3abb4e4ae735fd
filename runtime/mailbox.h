#ifndef TROUPE_RUNTIME_MAILBOX_H_
#define TROUPE_RUNTIME_MAILBOX_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/block_pool.h"

namespace troupe::internal {

// Where a node goes among what waits.
enum class Lane : uint8_t {
  kUrgent,  // taken also while a method is suspended: its own continuation, the system's notices
  kHigh,    // Priority::kHigh
  kNormal,
};

// What a mailbox holds: the intrusive base of every envelope. Its address must be a multiple of
// kBlockAlignment (AllocateBlock's are): that leaves room for the mailbox's count in one word.
struct MailboxNode {
  virtual ~MailboxNode() = default;

  MailboxNode* next = nullptr;
  Lane lane = Lane::kNormal;
  // Control nodes (stop, down, timers, continuations) neither count nor are ever refused as too
  // many: each is bounded by something else (a watch, a timer, a suspended method).
  bool counted = true;
  // How far away the node is that the same thread pushed to the same mailbox some pushes before, in
  // kBlockAlignment; 0: not known. A hint for fetching it, no link: it may be gone.
  int32_t earlier = 0;
};

// A FIFO of nodes in consumer-only hands.
class NodeList {
 public:
  bool empty() const { return head_ == nullptr; }
  void PushBack(MailboxNode* node);
  // The nodes that hang together from `first` to `last`; null, null: none.
  void Append(MailboxNode* first, MailboxNode* last);
  MailboxNode* PopFront();

 private:
  MailboxNode* head_ = nullptr;
  MailboxNode* tail_ = nullptr;
};

// Where many threads push to one actor. Owned by the actor's cell, together with the Mailbox that
// takes from it; owns nothing: whoever takes or drains a node owns it.
//
// All that threads agree on is in one 64-bit word: a LIFO list of what was pushed and not yet taken
// (the consumer takes it whole and reverses it, as CAF's lifo_inbox does), the number of counted
// messages, and the phase:
//
//   [ address of the newest node / 64 | phase: 2 bits | count ]
//
// so one compare-and-exchange decides between pushed, pushed-and-wake, full and closed, and no
// check-then-push race exists. Invariants:
//  1. In kRunning exactly one consumer is scheduled or runs; in kIdle, kWaiting and kClosed none
//  does.
//  2. kIdle is only entered with nothing queued anywhere, kWaiting with no urgent node queued.
//  3. A push moves kIdle to kRunning, an urgent push also kWaiting; exactly that push reports
//  kPushedAndWake.
//  4. count = counted messages pushed and not yet handled, also those in the consumer's lists; it
//  never
//     exceeds the capacity. kCountClosed instead of a count refuses counted messages but not
//     control nodes.
//  5. kClosed is final: the list stays empty.
//  6. `earlier` is written before the push that publishes the node, and no address made of it is
//  ever read from or written to.
class Inbox {
 public:
  enum class Push : uint8_t { kPushed, kPushedAndWake, kFull, kClosed };

#if defined(__x86_64__)
  static constexpr int kAddressBits = 47;  // user space of Linux without an explicit wish for more
#else
  static constexpr int kAddressBits = 48;
#endif
  static constexpr int kAlignmentBits = 6;
  static_assert(kBlockAlignment == size_t{1} << kAlignmentBits);
  static constexpr int kCountBits = 64 - 2 - (kAddressBits - kAlignmentBits);
  static constexpr uint64_t kMaxCapacity = (uint64_t{1} << kCountBits) - 2;

  // Starts in kRunning: its creator schedules the consumer's first turn.
  explicit Inbox(uint32_t capacity);
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Any thread. On kFull and kClosed the node stays the caller's.
  Push PushNode(MailboxNode* node);

  bool closed_to_messages() const {
    return (word_.load(std::memory_order_relaxed) & kCountMask) == kCountClosed;
  }
  // A number that was true a moment ago; for dumps and tests.
  uint64_t count() const;
  uint32_t capacity() const { return capacity_; }

 private:
  friend class Mailbox;

  enum Phase : uint64_t { kRunning = 0, kIdle = 1, kWaiting = 2, kClosedPhase = 3 };

  static constexpr uint64_t kCountMask = (uint64_t{1} << kCountBits) - 1;
  static constexpr uint64_t kCountClosed = kCountMask;
  static constexpr uint64_t kPhaseMask = uint64_t{3} << kCountBits;
  static constexpr int kAddressShift = kCountBits + 2;

  static uint64_t Pack(MailboxNode* node, uint64_t phase, uint64_t count) {
    return (reinterpret_cast<uint64_t>(node) >> kAlignmentBits) << kAddressShift |
           phase << kCountBits | count;
  }
  static MailboxNode* NodeOf(uint64_t word) {
    return reinterpret_cast<MailboxNode*>((word >> kAddressShift) << kAlignmentBits);
  }
  static uint64_t PhaseOf(uint64_t word) { return (word & kPhaseMask) >> kCountBits; }
  static uint64_t CountOf(uint64_t word) { return word & kCountMask; }
  // The count that stays in the word once `handled` is taken off.
  static uint64_t RemainingOf(uint64_t word, uint64_t handled);

  std::atomic<uint64_t> word_;
  const uint32_t capacity_;
};

// The consumer's side of an Inbox: what was taken from there, in its order. Of the one thread that
// runs the actor's turn, in kRunning. Owned by the actor's cell, away from the inbox: it is written
// for each message that is handled, and the producers want the inbox's cache line meanwhile. Each
// call names the inbox, always the same one: with a reference to it every cell would be larger.
class Mailbox {
 public:
  // What the consumer can take now: everything, or (while a method is suspended) urgent nodes only.
  enum class Take : uint8_t { kAll, kUrgentOnly };

  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // The next node by lane, then by age; null if there is none of the kind. Looks for newly pushed
  // nodes when its own lists have none, and at every call of Refresh.
  MailboxNode* Next(Inbox& inbox, Take take);
  // Takes over what was pushed meanwhile, so that urgent and high nodes overtake.
  void Refresh(Inbox& inbox);
  // Tells that a counted node from Next has been handled; published to the producers in batches.
  void Handled() { ++handled_; }
  // Publishes what Handled counted. At the end of a turn that will be continued.
  void PublishHandled(Inbox& inbox);
  // Tries to end the turns: true if there is nothing to take, after which the consumer must not
  // touch the mailbox unless scheduled again. False: something arrived, go on.
  bool TryRest(Inbox& inbox, Take take);

  // Refuses counted messages from now on. Returns what was queued of them (any order of lanes
  // kept).
  NodeList CloseToMessages(Inbox& inbox);
  // Refuses everything from now on, and gives what was still queued. The last call.
  NodeList Close(Inbox& inbox);

 private:
  void Sort(MailboxNode* newest_first);

  NodeList urgent_;
  NodeList high_;
  NodeList normal_;
  uint32_t handled_ = 0;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_MAILBOX_H_

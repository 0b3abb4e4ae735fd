#include "runtime/mailbox.h"

#include <algorithm>
#include <utility>

namespace troupe::internal {
namespace {

// How far ahead of its place in the list a node is fetched. With 4, 6 and 16 four_to_one was not
// faster.
constexpr uint32_t kAhead = 8;

// What the calling thread pushed last onto nodes that were there already. Addresses only: the
// inbox and the node may be gone.
struct RecentPushes {
  struct One {
    const Inbox* inbox = nullptr;
    uintptr_t node = 0;
  };
  One ring[kAhead];
  uint32_t pushes = 0;
};
thread_local constinit RecentPushes t_recent;

// MailboxNode::earlier of a node that is about to be pushed.
int32_t NotePush(const Inbox* inbox, const MailboxNode* node) {
  RecentPushes::One& one = t_recent.ring[t_recent.pushes++ % kAhead];
  const auto address = reinterpret_cast<uintptr_t>(node);
  const auto blocks = static_cast<intptr_t>(one.node - address) >> Inbox::kAlignmentBits;
  const bool known = one.inbox == inbox && blocks == static_cast<int32_t>(blocks);
  one = {inbox, address};
  return known ? static_cast<int32_t>(blocks) : 0;
}

// Starts to fetch the node that `node` knows of. Any address will do: what is not mapped is not
// fetched.
void FetchEarlier(const MailboxNode* node) {
  if (node->earlier == 0) return;
  const auto bytes = static_cast<intptr_t>(node->earlier) * intptr_t{kBlockAlignment};
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(node) + bytes), 1);
}

}  // namespace

void NodeList::PushBack(MailboxNode* node) {
  node->next = nullptr;
  if (tail_ != nullptr) {
    tail_->next = node;
  } else {
    head_ = node;
  }
  tail_ = node;
}

void NodeList::Append(MailboxNode* first, MailboxNode* last) {
  if (first == nullptr) return;
  last->next = nullptr;
  (tail_ != nullptr ? tail_->next : head_) = first;
  tail_ = last;
}

MailboxNode* NodeList::PopFront() {
  MailboxNode* node = head_;
  if (node != nullptr) {
    head_ = node->next;
    if (head_ == nullptr) tail_ = nullptr;
  }
  return node;
}

Inbox::Inbox(uint32_t capacity)
    : word_(Pack(nullptr, kRunning, 0)),
      capacity_(static_cast<uint32_t>(std::clamp<uint64_t>(capacity, 1, kMaxCapacity))) {}

Inbox::Push Inbox::PushNode(MailboxNode* node) {
  // Acquire, here and where the exchange fails: whoever is told kClosed sees what the consumer did
  // before.
  uint64_t word = word_.load(std::memory_order_acquire);
  bool noted = false;
  for (;;) {
    const uint64_t phase = PhaseOf(word);
    uint64_t count = CountOf(word);
    if (phase == kClosedPhase) return Push::kClosed;
    if (node->counted) {
      if (count == kCountClosed) return Push::kClosed;
      if (count >= capacity_) return Push::kFull;
      ++count;
    }
    const bool wake = phase == kIdle || (phase == kWaiting && node->lane == Lane::kUrgent);
    node->next = NodeOf(word);
    if (node->next != nullptr && !noted) {
      node->earlier = NotePush(this, node);
      noted = true;
    }
    // Release publishes the node's content to the consumer. Acquire, because a push that wakes goes
    // on to schedule the consumer, whose last turn must have happened before; and because of
    // `next`'s owner.
    if (word_.compare_exchange_weak(word, Pack(node, wake ? kRunning : phase, count),
                                    std::memory_order_acq_rel, std::memory_order_acquire)) {
      return wake ? Push::kPushedAndWake : Push::kPushed;
    }
  }
}

uint64_t Inbox::RemainingOf(uint64_t word, uint64_t handled) {
  const uint64_t count = CountOf(word);
  return count == kCountClosed ? kCountClosed : count - handled;
}

// The list is a chain through memory that other cores have written last: each node would be waited
// for before the next one is known. So the nodes say where earlier ones are.
void Mailbox::Sort(MailboxNode* newest_first) {
  MailboxNode* const newest = newest_first;
  MailboxNode* oldest_first = nullptr;
  bool all_normal = true;
  while (newest_first != nullptr) {
    all_normal &= newest_first->lane == Lane::kNormal;
    MailboxNode* next = newest_first->next;
    if (next != nullptr) FetchEarlier(newest_first);
    newest_first->next = oldest_first;
    oldest_first = newest_first;
    newest_first = next;
  }
  if (all_normal) {  // as nearly always: no second walk
    normal_.Append(oldest_first, newest);
    return;
  }
  while (oldest_first != nullptr) {
    MailboxNode* next = oldest_first->next;
    switch (oldest_first->lane) {
      case Lane::kUrgent:
        urgent_.PushBack(oldest_first);
        break;
      case Lane::kHigh:
        high_.PushBack(oldest_first);
        break;
      case Lane::kNormal:
        normal_.PushBack(oldest_first);
        break;
    }
    oldest_first = next;
  }
}

void Mailbox::Refresh(Inbox& inbox) {
  uint64_t word = inbox.word_.load(std::memory_order_relaxed);
  if (Inbox::NodeOf(word) == nullptr) return;
  // Acquire: what the producers wrote into the nodes. Release: what handling them did happens
  // before the push that finds room because of it.
  while (!inbox.word_.compare_exchange_weak(
      word, Inbox::Pack(nullptr, Inbox::kRunning, Inbox::RemainingOf(word, handled_)),
      std::memory_order_acq_rel, std::memory_order_relaxed)) {
  }
  handled_ = 0;
  Sort(Inbox::NodeOf(word));
}

MailboxNode* Mailbox::Next(Inbox& inbox, Take take) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (MailboxNode* node = urgent_.PopFront()) return node;
    if (take == Take::kAll) {
      if (MailboxNode* node = high_.PopFront()) return node;
      if (MailboxNode* node = normal_.PopFront()) return node;
    }
    if (attempt == 0) Refresh(inbox);
  }
  return nullptr;
}

void Mailbox::PublishHandled(Inbox& inbox) {
  if (handled_ == 0) return;
  uint64_t word = inbox.word_.load(std::memory_order_relaxed);
  while (!inbox.word_.compare_exchange_weak(
      word, Inbox::Pack(Inbox::NodeOf(word), Inbox::kRunning, Inbox::RemainingOf(word, handled_)),
      std::memory_order_acq_rel, std::memory_order_relaxed)) {
  }
  handled_ = 0;
}

bool Mailbox::TryRest(Inbox& inbox, Take take) {
  const uint64_t phase = take == Take::kAll ? Inbox::kIdle : Inbox::kWaiting;
  for (;;) {
    Refresh(inbox);
    if (!urgent_.empty()) return false;
    if (take == Take::kAll && !(high_.empty() && normal_.empty())) return false;
    // Cleared before the exchange: after it another thread may already run the next turn.
    const uint32_t handled = std::exchange(handled_, 0);
    uint64_t word = inbox.word_.load(std::memory_order_relaxed);
    // Release: this turn happens before the one that the next waking push starts.
    if (Inbox::NodeOf(word) == nullptr &&
        inbox.word_.compare_exchange_strong(
            word, Inbox::Pack(nullptr, phase, Inbox::RemainingOf(word, handled)),
            std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return true;
    }
    handled_ = handled;
  }
}

NodeList Mailbox::CloseToMessages(Inbox& inbox) {
  uint64_t word = inbox.word_.load(std::memory_order_relaxed);
  while (!inbox.word_.compare_exchange_weak(
      word, Inbox::Pack(nullptr, Inbox::kRunning, Inbox::kCountClosed), std::memory_order_acq_rel,
      std::memory_order_relaxed)) {
  }
  handled_ = 0;
  Sort(Inbox::NodeOf(word));
  NodeList refused;
  for (NodeList* lane : {&high_, &normal_}) {
    NodeList kept;
    while (MailboxNode* node = lane->PopFront()) {
      (node->counted ? refused : kept).PushBack(node);
    }
    *lane = kept;
  }
  return refused;
}

NodeList Mailbox::Close(Inbox& inbox) {
  // Acquire-release as in Refresh; no compare is needed, since nothing of the old word is kept.
  Sort(Inbox::NodeOf(inbox.word_.exchange(
      Inbox::Pack(nullptr, Inbox::kClosedPhase, Inbox::kCountClosed), std::memory_order_acq_rel)));
  NodeList rest;
  for (NodeList* lane : {&urgent_, &high_, &normal_}) {
    while (MailboxNode* node = lane->PopFront()) rest.PushBack(node);
  }
  return rest;
}

uint64_t Inbox::count() const {
  const uint64_t count = CountOf(word_.load(std::memory_order_relaxed));
  return count == kCountClosed ? 0 : count;
}

}  // namespace troupe::internal

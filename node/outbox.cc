#include "node/outbox.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "node/frames.h"

namespace troupe::internal {
namespace {

// Buffers of batches that are used again: under load one is filled while others are written and
// wait for their acknowledgement.
constexpr size_t kMostSpare = 4;
constexpr size_t kMostSpareBody = size_t{2} << 20;
// Of a piece, what is worth a part of a message to itself; less is copied.
constexpr size_t kMinShared = 4096;

// One that the transport still holds must stay as it is.
bool IsLastShare(const std::shared_ptr<std::string>& bytes) {
  if (bytes.use_count() != 1) return false;
  // Whoever gave up the other shares read the bytes before. use_count() does not wait for that;
  // taking one more share does, as libstdc++ counts them (acquire-release). A fence would do as
  // well, but ThreadSanitizer knows none.
  const std::shared_ptr<std::string> ordered = bytes;
  return true;
}

}  // namespace

std::string* Outbox::BeginFrame() {
  if (open_.size() >= batch_bytes_) Seal(acknowledged_);
  if (open_.empty()) {
    BeginBatch(&open_);
    open_counted_ = 0;
  }
  return &open_;
}

uint64_t Outbox::EndFrame() {
  bytes_ += open_.size() - open_counted_;
  open_counted_ = open_.size();
  return first_ + sealed_.size();
}

void Outbox::AddLarge(std::string head, std::string body, const Urn& order, uint32_t call) {
  bytes_ += head.size() + body.size();
  ++large_of_[order];
  large_.push_back({.head = std::move(head),
                    .body = std::make_shared<std::string>(std::move(body)),
                    .sent = 0,
                    .order = order,
                    .call = call,
                    .small = false});
}

std::string Outbox::TakeSpareBody() {
  if (spare_bodies_.empty()) return std::string();
  std::string body = std::move(spare_bodies_.back());
  spare_bodies_.pop_back();
  return body;
}

void Outbox::DropSpare() {
  spare_ = {};
  spare_bodies_ = {};
}

void Outbox::AddBehindLarge(absl::string_view frame) {
  if (large_.empty()) {
    BeginFrame()->append(frame.data(), frame.size());
    (void)EndFrame();
    return;
  }
  AddLarge(std::string(frame), std::string(), Urn());
  large_.back().small = true;
}

std::vector<Outbox::Dropped> Outbox::DropLargerThan(size_t bytes) {
  std::vector<Dropped> dropped;
  std::deque<Large> kept;
  for (Large& large : large_) {
    if (large.size() <= bytes) {
      kept.push_back(std::move(large));
      continue;
    }
    bytes_ -= large.size();
    ForgetOrder(large.order);
    dropped.push_back({large.call, large.size()});
  }
  large_ = std::move(kept);
  return dropped;
}

void Outbox::ForgetOrder(const Urn& order) {
  const auto count = large_of_.find(order);
  if (--count->second == 0) large_of_.erase(count);
}

void Outbox::Seal(uint64_t acknowledged, const Buffer& body, absl::string_view tail) {
  SetBatchHeader(&open_, first_ + sealed_.size(), acknowledged);
  sealed_.push_back({std::make_shared<std::string>(std::move(open_)), body, tail});
  open_.clear();
  if (!spare_.empty()) {
    open_ = std::move(spare_.back());
    spare_.pop_back();
  }
  open_counted_ = 0;
}

void Outbox::RecycleBatch(Buffer batch) {
  if (spare_.size() >= kMostSpare || batch->capacity() > 2 * batch_bytes_ || !IsLastShare(batch)) {
    return;
  }
  batch->clear();
  spare_.push_back(std::move(*batch));
}

void Outbox::RecycleBody(Buffer body) {
  if (body == nullptr || spare_bodies_.size() >= kMostSpare || body->capacity() > kMostSpareBody ||
      !IsLastShare(body)) {
    return;
  }
  body->clear();
  spare_bodies_.push_back(std::move(*body));
}

size_t Outbox::AppendPiece(size_t room) {
  Large& large = large_.front();
  const size_t size = large.small ? large.size() : std::min(room, large.size() - large.sent);
  std::string* const batch = BeginFrame();
  absl::string_view shared;
  if (large.small) {
    absl::StrAppend(batch, large.head, *large.body);
  } else {
    const size_t from_head = std::min(large.sent, large.head.size());
    const size_t of_head = std::min(size, large.head.size() - from_head);
    const absl::string_view of_body =
        absl::string_view(*large.body).substr(large.sent - from_head, size - of_head);
    AppendPieceHead(batch, large.sent == 0 ? large.size() : 0,
                    absl::string_view(large.head).substr(from_head, of_head), of_body.size());
    if (of_body.size() >= kMinShared) {
      shared = of_body;
    } else {
      batch->append(of_body.data(), of_body.size());
    }
  }
  (void)EndFrame();
  bytes_ -= size - shared.size();  // they count in the batch now
  if (!shared.empty()) Seal(acknowledged_, large.body, shared);
  large.sent += size;
  if (large.sent == large.size()) {
    ForgetOrder(large.order);
    RecycleBody(std::move(large.body));
    large_.pop_front();
  }
  return shared.empty() ? room - std::min(room, size) : 0;
}

bool Outbox::HasNext() const {
  return next_ < first_ + sealed_.size() || !open_.empty() || !large_.empty();
}

Message Outbox::Next(uint64_t acknowledged) {
  if (next_ == first_ + sealed_.size()) {
    acknowledged_ = acknowledged;
    for (size_t room = batch_bytes_; room > 0 && !large_.empty();) room = AppendPiece(room);
    if (!open_.empty()) Seal(acknowledged);
    if (next_ == first_ + sealed_.size()) return Message();
  }
  const Sealed& sealed = sealed_[next_ - first_];
  Message batch(sealed.own);
  batch.shared = sealed.body;
  batch.tail = sealed.tail;
  written_ = std::max(written_, next_);
  ++next_;
  return batch;
}

bool Outbox::Acknowledge(uint64_t sequence) {
  if (sequence > written_) return false;
  while (first_ <= sequence) {
    Sealed& sealed = sealed_.front();
    bytes_ -= sealed.size();
    RecycleBatch(std::move(sealed.own));
    RecycleBody(std::move(sealed.body));
    sealed_.pop_front();
    ++first_;
  }
  next_ = std::max(next_, first_);
  return true;
}

bool Outbox::Rewind(uint64_t acknowledged) {
  if (!Acknowledge(acknowledged)) return false;
  next_ = first_;
  return true;
}

}  // namespace troupe::internal

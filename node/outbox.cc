#include "node/outbox.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "node/frames.h"

namespace troupe::internal {
namespace {

constexpr size_t kMostReserved = 16 * 1024;

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

void Outbox::AddLarge(std::string frame, const Urn& order, uint32_t call) {
  bytes_ += frame.size();
  ++large_of_[order];
  large_.push_back(
      {.frame = std::move(frame), .sent = 0, .order = order, .call = call, .small = false});
}

void Outbox::AddBehindLarge(absl::string_view frame) {
  if (large_.empty()) {
    BeginFrame()->append(frame.data(), frame.size());
    (void)EndFrame();
    return;
  }
  AddLarge(std::string(frame), Urn());
  large_.back().small = true;
}

std::vector<Outbox::Dropped> Outbox::DropLargerThan(size_t bytes) {
  std::vector<Dropped> dropped;
  std::deque<Large> kept;
  for (Large& large : large_) {
    if (large.frame.size() <= bytes) {
      kept.push_back(std::move(large));
      continue;
    }
    bytes_ -= large.frame.size();
    ForgetOrder(large.order);
    dropped.push_back({large.call, large.frame.size()});
  }
  large_ = std::move(kept);
  return dropped;
}

void Outbox::ForgetOrder(const Urn& order) {
  const auto count = large_of_.find(order);
  if (--count->second == 0) large_of_.erase(count);
}

void Outbox::Seal(uint64_t acknowledged) {
  SetBatchHeader(&open_, first_ + sealed_.size(), acknowledged);
  const size_t size = open_.size();
  sealed_.push_back(std::make_shared<const std::string>(std::move(open_)));
  open_.clear();
  // The next batch is probably like this one; a small one must not keep much more than it needs.
  open_.reserve(std::min(size, kMostReserved));
  open_counted_ = 0;
}

size_t Outbox::AppendPiece(size_t most) {
  Large& large = large_.front();
  const size_t size =
      large.small ? large.frame.size() : std::min(most, large.frame.size() - large.sent);
  std::string* const batch = BeginFrame();
  if (large.small) {
    batch->append(large.frame);
  } else {
    internal::AppendPiece(batch, large.sent == 0 ? large.frame.size() : 0,
                          absl::string_view(large.frame).substr(large.sent, size));
  }
  (void)EndFrame();
  bytes_ -= size;  // they count in the batch now
  large.sent += size;
  if (large.sent < large.frame.size()) return size;
  ForgetOrder(large.order);
  large_.pop_front();
  return size;
}

bool Outbox::HasNext() const {
  return next_ < first_ + sealed_.size() || !open_.empty() || !large_.empty();
}

SharedBytes Outbox::Next(uint64_t acknowledged) {
  if (next_ == first_ + sealed_.size()) {
    acknowledged_ = acknowledged;
    for (size_t room = batch_bytes_; room > 0 && !large_.empty();) {
      room -= std::min(room, AppendPiece(room));
    }
    if (open_.empty()) return nullptr;
    Seal(acknowledged);
  }
  const SharedBytes& batch = sealed_[next_ - first_];
  written_ = std::max(written_, next_);
  ++next_;
  return batch;
}

bool Outbox::Acknowledge(uint64_t sequence) {
  if (sequence > written_) return false;
  while (first_ <= sequence) {
    bytes_ -= sealed_.front()->size();
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

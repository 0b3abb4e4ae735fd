#include "runtime/registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "runtime/actor_cell.h"
#include "runtime/errors.h"

namespace troupe::internal {
namespace {

void SortByAge(std::vector<RecipientPtr>& cells) {
  std::sort(cells.begin(), cells.end(), [](const RecipientPtr& a, const RecipientPtr& b) {
    return a->local_cell()->sequence() < b->local_cell()->sequence();
  });
}

}  // namespace

size_t Registry::CellHash::operator()(const ActorCell* cell) const {
  return absl::Hash<Urn>()(cell->urn());
}

bool Registry::CellEqual::operator()(const ActorCell* cell, const Urn& urn) const {
  return cell->urn() == urn;
}

Registry::Added Registry::Add(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  if (shard.closed) return Added::kClosed;
  shard.cells.insert(&cell);
  return Added::kYes;
}

Registry::Added Registry::AddUnlessTaken(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  if (shard.closed) return Added::kClosed;
  const auto other = shard.cells.find(cell.urn());
  if (other != shard.cells.end()) {
    if (!(*other)->registration.ending) return Added::kTaken;
    shard.replaced.insert(*other);
    shard.cells.erase(other);
    --shard.ending;
  }
  shard.cells.insert(&cell);
  return Added::kYes;
}

void Registry::Remove(ActorCell& cell) {
  {
    Shard& shard = ShardOf(cell.urn());
    MutexLock lock(&shard.mu);
    cell.registration.ending = true;
    ++shard.ending;
  }
  // relaxed: Register sets it before it takes the shard's lock to see whether the actor ends. If
  // that was before us, it is seen here; if not, the actor gets no name.
  if (!cell.registration.named.load(std::memory_order_relaxed)) return;
  std::vector<AnyRef> released;  // after the lock: a reference may be the last one
  MutexLock lock(&names_mu_);
  const auto names = names_of_.find(cell.urn());
  if (names == names_of_.end()) return;
  for (const std::string& name : names->second) {
    const auto entry = names_.find(name);
    if (entry == names_.end()) continue;
    released.push_back(std::move(entry->second));
    names_.erase(entry);
    sorted_names_.erase(name);
  }
  names_of_.erase(names);
}

void Registry::Shard::EraseLocked(ActorCell& cell) {
  if (cells.erase(&cell) != 0) {
    --ending;
  } else {
    replaced.erase(&cell);
  }
}

bool Registry::EraseUnlessClosed(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  if (shard.closed) return false;
  shard.EraseLocked(cell);
  return true;
}

void Registry::Erase(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  shard.EraseLocked(cell);
}

size_t Registry::Close() {
  size_t left = 0;
  for (Shard& shard : shards_) {
    MutexLock lock(&shard.mu);
    shard.closed = true;
    left += shard.cells.size() + shard.replaced.size();
  }
  return left;
}

RecipientPtr Registry::Find(const Urn& urn) const {
  const Shard& shard = ShardOf(urn);
  MutexLock lock(&shard.mu);
  const auto cell = shard.cells.find(urn);
  if (cell == shard.cells.end() || (*cell)->registration.ending) return nullptr;
  return RecipientPtr(*cell);
}

std::vector<RecipientPtr> Registry::Select(absl::FunctionRef<bool(const ActorCell&)> wanted) const {
  std::vector<RecipientPtr> selected;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mu);
    for (ActorCell* cell : shard.cells) {
      if (!cell->registration.ending && wanted(*cell)) selected.push_back(RecipientPtr(cell));
    }
  }
  SortByAge(selected);
  return selected;
}

std::vector<RecipientPtr> Registry::SelectWithEnding() const {
  std::vector<RecipientPtr> selected;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mu);
    for (ActorCell* cell : shard.cells) selected.push_back(RecipientPtr(cell));
    for (ActorCell* cell : shard.replaced) selected.push_back(RecipientPtr(cell));
  }
  SortByAge(selected);
  return selected;
}

size_t Registry::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mu);
    size += shard.cells.size() - shard.ending;
  }
  return size;
}

absl::Status Registry::Register(absl::string_view name, const AnyRef& ref) {
  if (ref.is_null()) return NotFoundError("the actor of a null reference");
  MutexLock lock(&names_mu_);
  if (ActorCell* const cell = ref.recipient()->local_cell()) {
    // relaxed: see Remove, which takes the lock that is held here once the actor is not found any
    // more: no name outlives its actor.
    cell->registration.named.store(true, std::memory_order_relaxed);
    if (Find(ref.urn()) == nullptr) return NotFoundError(ref.ToString());
  }
  const auto [entry, is_new] = names_.emplace(name, ref);
  if (is_new) {
    sorted_names_.emplace(name);
    names_of_[ref.urn()].emplace_back(name);
  } else if (entry->second != ref) {
    return NameTakenError(name);
  }
  return absl::OkStatus();
}

void Registry::Unregister(absl::string_view name) {
  AnyRef released;
  MutexLock lock(&names_mu_);
  const auto entry = names_.find(name);
  if (entry == names_.end()) return;
  released = std::move(entry->second);
  names_.erase(entry);
  sorted_names_.erase(name);
  const auto names = names_of_.find(released.urn());
  std::erase(names->second, name);
  if (names->second.empty()) names_of_.erase(names);
}

AnyRef Registry::FindByName(absl::string_view name) const {
  MutexLock lock(&names_mu_);
  const auto entry = names_.find(name);
  return entry != names_.end() ? entry->second : AnyRef();
}

AnyRef Registry::FindNamed(const Urn& urn) const {
  MutexLock lock(&names_mu_);
  const auto names = names_of_.find(urn);
  return names != names_of_.end() ? names_.find(names->second.front())->second : AnyRef();
}

std::vector<std::pair<std::string, AnyRef>> Registry::SelectNamed(absl::string_view prefix,
                                                                  absl::string_view from,
                                                                  size_t limit) const {
  std::vector<std::pair<std::string, AnyRef>> selected;
  MutexLock lock(&names_mu_);
  for (auto name = sorted_names_.lower_bound(std::max(prefix, from));
       name != sorted_names_.end() && selected.size() < limit && absl::StartsWith(*name, prefix);
       ++name) {
    selected.emplace_back(*name, names_.find(*name)->second);
  }
  return selected;
}

}  // namespace troupe::internal

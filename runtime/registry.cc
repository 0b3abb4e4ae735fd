#include "runtime/registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "runtime/actor_cell.h"
#include "runtime/errors.h"

namespace troupe::internal {
namespace {

// A snapshot under way. What is compared is beside the references: the cells are cold.
using Aged = std::vector<std::pair<uint64_t, RecipientPtr>>;

void Append(ActorCell* cell, Aged* cells) {
  cells->emplace_back(cell->sequence(), RecipientPtr(cell));
}

std::vector<RecipientPtr> ByAge(Aged cells) {
  std::sort(cells.begin(), cells.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<RecipientPtr> sorted;
  sorted.reserve(cells.size());
  for (auto& [sequence, cell] : cells) sorted.push_back(std::move(cell));
  return sorted;
}

}  // namespace

size_t Registry::CellHash::operator()(const ActorCell* cell) const {
  return absl::Hash<Urn>()(cell->urn());
}

bool Registry::CellEqual::operator()(const ActorCell* a, const ActorCell* b) const {
  return a->urn() == b->urn();
}

bool Registry::CellEqual::operator()(const ActorCell* cell, const Urn& urn) const {
  return cell->urn() == urn;
}

void Registry::Shard::AppendLocked(ActorCell& cell) {
  cell.registration.index = static_cast<uint32_t>(cells.size());
  cells.push_back(&cell);
}

void Registry::Shard::IndexLocked() {
  for (; indexed < cells.size(); ++indexed) {
    if (!cells[indexed]->registration.ending) by_urn.insert(cells[indexed]);
  }
}

void Registry::Shard::MoveLocked(size_t from, size_t to) {
  cells[to] = cells[from];
  cells[to]->registration.index = static_cast<uint32_t>(to);
}

void Registry::Shard::EraseLocked(ActorCell& cell) {
  size_t hole = cell.registration.index;
  if (hole < indexed) {
    MoveLocked(--indexed, hole);
    hole = indexed;
  }
  // Otherwise what is last is the erased cell, or a copy that was left of one that has moved.
  if (hole + 1 < cells.size()) MoveLocked(cells.size() - 1, hole);
  cells.pop_back();
  --ending;
}

Registry::Added Registry::Add(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  if (shard.closed) return Added::kClosed;
  shard.AppendLocked(cell);
  return Added::kYes;
}

Registry::Added Registry::AddUnlessTaken(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  if (shard.closed) return Added::kClosed;
  shard.IndexLocked();
  if (!shard.by_urn.insert(&cell).second) return Added::kTaken;
  shard.AppendLocked(cell);
  ++shard.indexed;
  return Added::kYes;
}

void Registry::Remove(ActorCell& cell) {
  {
    Shard& shard = ShardOf(cell.urn());
    MutexLock lock(&shard.mu);
    if (cell.registration.index < shard.indexed) shard.by_urn.erase(&cell);
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
    left += shard.cells.size();
  }
  return left;
}

RecipientPtr Registry::Find(const Urn& urn) {
  Shard& shard = ShardOf(urn);
  MutexLock lock(&shard.mu);
  shard.IndexLocked();
  const auto cell = shard.by_urn.find(urn);
  return cell != shard.by_urn.end() ? RecipientPtr(*cell) : nullptr;
}

std::vector<RecipientPtr> Registry::Select(absl::FunctionRef<bool(const ActorCell&)> wanted) const {
  Aged selected;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mu);
    for (ActorCell* cell : shard.cells) {
      if (!cell->registration.ending && wanted(*cell)) Append(cell, &selected);
    }
  }
  return ByAge(std::move(selected));
}

std::vector<RecipientPtr> Registry::SelectWithEnding() const {
  Aged selected;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mu);
    for (ActorCell* cell : shard.cells) Append(cell, &selected);
  }
  return ByAge(std::move(selected));
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

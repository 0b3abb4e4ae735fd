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

void Registry::Add(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  shard.cells.insert(&cell);
}

bool Registry::AddUnlessTaken(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  if (shard.cells.contains(cell.urn())) return false;
  shard.cells.insert(&cell);
  return true;
}

void Registry::Remove(ActorCell& cell) {
  {
    Shard& shard = ShardOf(cell.urn());
    MutexLock lock(&shard.mu);
    shard.cells.erase(&cell);
    shard.ending.insert(&cell);
  }
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

void Registry::Erase(ActorCell& cell) {
  Shard& shard = ShardOf(cell.urn());
  MutexLock lock(&shard.mu);
  shard.ending.erase(&cell);
}

RecipientPtr Registry::Find(const Urn& urn) const {
  const Shard& shard = ShardOf(urn);
  MutexLock lock(&shard.mu);
  const auto cell = shard.cells.find(urn);
  return cell != shard.cells.end() ? RecipientPtr(*cell) : nullptr;
}

std::vector<RecipientPtr> Registry::Select(absl::FunctionRef<bool(const ActorCell&)> wanted) const {
  std::vector<RecipientPtr> selected;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mu);
    for (ActorCell* cell : shard.cells) {
      if (wanted(*cell)) selected.push_back(RecipientPtr(cell));
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
    for (ActorCell* cell : shard.ending) selected.push_back(RecipientPtr(cell));
  }
  SortByAge(selected);
  return selected;
}

size_t Registry::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mu);
    size += shard.cells.size();
  }
  return size;
}

absl::Status Registry::Register(absl::string_view name, const AnyRef& ref) {
  if (ref.is_null()) return NotFoundError("the actor of a null reference");
  MutexLock lock(&names_mu_);
  // Under the lock that Remove takes after it took the cell out: no name outlives its actor.
  if (ref.recipient()->local_cell() != nullptr && Find(ref.urn()) == nullptr) {
    return NotFoundError(ref.ToString());
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

#ifndef TROUPE_RUNTIME_REGISTRY_H_
#define TROUPE_RUNTIME_REGISTRY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/any_ref.h"
#include "runtime/mutex.h"
#include "runtime/urn.h"

namespace troupe::internal {

class ActorCell;

// The actors of one system, from Spawn until they are gone. Owned by the system. Any thread.
//
// Holds no references: a cell is erased before it gives up its own.
class Registry {
 public:
  enum class Added : uint8_t { kYes, kTaken, kClosed };

  // With an urn drawn by lot: never kTaken.
  Added Add(ActorCell& cell);
  // With one that was chosen elsewhere. kTaken: an actor of that urn is there, and has not begun to
  // end.
  Added AddUnlessTaken(ActorCell& cell);
  // It begins to end: it and its names are found no more, but by SelectWithEnding.
  void Remove(ActorCell& cell);
  // It is gone, after Remove. False: nothing was done, the registry is closed.
  bool EraseUnlessClosed(ActorCell& cell);
  void Erase(ActorCell& cell);
  // From now on nothing is added. Returns how many are left to be erased, each with Erase.
  size_t Close();

  RecipientPtr Find(const Urn& urn);
  // A snapshot of those for which `wanted` holds, in the order in which they were spawned.
  std::vector<RecipientPtr> Select(absl::FunctionRef<bool(const ActorCell&)> wanted) const;
  // All, also those that have begun to end and are not gone yet; in the same order.
  std::vector<RecipientPtr> SelectWithEnding() const;
  size_t size() const;

  // kAlreadyExists if another actor has the name, kNotFound for a null reference, a local actor
  // that has begun to end, or one of another system of this process. A name may belong to an actor
  // elsewhere. An actor may have several.
  absl::Status Register(absl::string_view name, const AnyRef& ref);
  void Unregister(absl::string_view name);
  // Null if nobody has it.
  AnyRef FindByName(absl::string_view name) const;
  // An actor, here or elsewhere, that has a name; null if none.
  AnyRef FindNamed(const Urn& urn) const;
  // The first `limit` names that begin with `prefix` and are not before `from`, in their order.
  std::vector<std::pair<std::string, AnyRef>> SelectNamed(absl::string_view prefix,
                                                          absl::string_view from,
                                                          size_t limit) const;

 private:
  // Spawning threads rarely meet in one of them.
  static constexpr size_t kShards = 16;

  struct CellHash {
    using is_transparent = void;
    size_t operator()(const ActorCell* cell) const;
    size_t operator()(const Urn& urn) const { return absl::Hash<Urn>()(urn); }
  };
  struct CellEqual {
    using is_transparent = void;
    bool operator()(const ActorCell* a, const ActorCell* b) const;
    bool operator()(const ActorCell* cell, const Urn& urn) const;
  };
  // Most actors are never looked up by their urn: a cell is only appended to a list, and those that
  // are not indexed yet are when an urn is asked for. So spawning touches no cold memory, neither a
  // table's nor, when a table grows, that of all other cells.
  //
  // On cache lines of its own: the one that another thread works in is not disturbed.
  struct alignas(64) Shard {
    mutable Mutex mu;
    bool closed ABSL_GUARDED_BY(mu) = false;
    size_t ending ABSL_GUARDED_BY(mu) = 0;  // of `cells`, those that have begun to end
    std::vector<ActorCell*> cells ABSL_GUARDED_BY(mu);
    // Of `cells`, so many of the first are in `by_urn` until they begin to end.
    size_t indexed ABSL_GUARDED_BY(mu) = 0;
    absl::flat_hash_set<ActorCell*, CellHash, CellEqual> by_urn ABSL_GUARDED_BY(mu);

    void AppendLocked(ActorCell& cell) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
    void IndexLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
    void EraseLocked(ActorCell& cell) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
    void MoveLocked(size_t from, size_t to) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  };

  // Not by the bits of the hash that tell the entries of a table apart.
  Shard& ShardOf(const Urn& urn) {
    return shards_[(uint64_t{absl::Hash<Urn>()(urn)} >> 32) % kShards];
  }

  std::array<Shard, kShards> shards_;

  mutable Mutex names_mu_;
  absl::flat_hash_map<std::string, AnyRef> names_ ABSL_GUARDED_BY(names_mu_);
  // The same names in order. Calls of gRPC clients look names up, which the hash map does faster.
  absl::btree_set<std::string> sorted_names_ ABSL_GUARDED_BY(names_mu_);
  absl::flat_hash_map<Urn, std::vector<std::string>> names_of_ ABSL_GUARDED_BY(names_mu_);
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_REGISTRY_H_

#ifndef TROUPE_RUNTIME_DEADLOCK_H_
#define TROUPE_RUNTIME_DEADLOCK_H_

#include <string>

#include "absl/status/status.h"

namespace troupe::internal {

class ActorCell;
class FutureCore;

// Finds actors that wait for each other, at the moment the last of them begins to.
//
// An actor that handles one message at a time and waits for a call's answer has an edge to the
// actor that must give it (ActorCell::waits_for): a graph with at most one edge from each node, so
// a cycle is found by following the edges (Chandy, Misra and Haas, "Distributed Deadlock
// Detection", ACM TOCS 1983, call this the single-resource model). Invariants:
//  1. The waiter sets its edge before it looks at others' (both sequentially consistent), so of two
//  actors
//     that close a cycle at the same time at least one sees it.
//  2. An edge is cleared by the thread that fulfils the awaited future, before that thread's actor
//  goes on:
//     an actor that answered is never seen as one that is still waited for by those it answered.
//  3. An edge's target is alive while the edge stands (the awaited future owns it); cells are
//  destroyed,
//     and edges are followed beyond the first, only under one lock.
//
// Not seen: a wait by co_await for a derived future (Then, Join, CallByName), waits through an
// actor that was handed the call on by another one, and waits through actors of other nodes.

// Notes that `waiter` begins to wait for `awaited`. kFailedPrecondition, with the path, if that
// would never end; the edge is then not set.
absl::Status BeginWait(ActorCell& waiter, FutureCore& awaited);
void EndWait(ActorCell& waiter);
// The actor that `cell` waits for, as ActorText writes it; empty if none is known.
std::string AwaitedActor(const ActorCell& cell);
// Before the memory of a cell that was ever waited for goes.
void ForgetCell();

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_DEADLOCK_H_

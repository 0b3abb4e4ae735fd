// A server-streaming rpc: its method gives a Stream, here and on another node.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/codegen/streams.troupe.h"
#include "tests/node/sim_cluster.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::ElementsAre;
using testing::streams::Entry;
using testing::streams::History;

Entry EntryOf(int64_t number) {
  Entry entry;
  entry.set_number(number);
  return entry;
}

class MyHistory : public Actor, public History {
 public:
  using Implements = Interfaces<History>;

  Stream<Entry> List(Entry from) override {
    if (from.number() < 0) co_await absl::InvalidArgumentError("a negative number");
    for (int64_t i = from.number(); i > 0; --i) {
      Entry entry = EntryOf(i);
      co_yield entry;
    }
  }
  Task<Entry> Get(Entry request) override { return request; }
};
TROUPE_ACTOR(MyHistory)

struct Read {
  std::vector<int64_t> numbers;
  absl::Status status;
};

Read ReadAll(testing::SimCluster& cluster, const Ref<History>& history, int64_t from) {
  Read read;
  Stream<Entry> entries = history->List(EntryOf(from));
  for (;;) {
    const absl::StatusOr<std::optional<Entry>> entry = cluster.Await(entries.Next());
    read.status = entry.status();
    if (!entry.ok() || !entry->has_value()) return read;
    read.numbers.push_back((*entry)->number());
  }
}

TEST(ActorStreamsTest, AServerStreamingRpcGivesAStreamHereAndElsewhere) {
  testing::SimCluster cluster;
  Node& here = cluster.Add();
  Node& there = cluster.Add();
  const Ref<History> history = there.Spawn<MyHistory>(SpawnOptions{.name = "history"});
  const Ref<History> remote = *cluster.Await(here.At(cluster.address(1)).Find<History>("history"));
  for (const Ref<History>& each : {history, remote}) {
    EXPECT_THAT(ReadAll(cluster, each, 3).numbers, ElementsAre(3, 2, 1));
    EXPECT_EQ(ReadAll(cluster, each, 1000).numbers.size(), 1000u);
    EXPECT_EQ(ReadAll(cluster, each, -1).status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(cluster.Await(each->Get(EntryOf(7)))->number(), 7);
  }
}

}  // namespace
}  // namespace troupe

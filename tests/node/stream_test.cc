// Streams between actors of different nodes.

#include "runtime/stream.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"
#include "tests/runtime/stream_test_actors.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr int64_t kWindow = internal::kStreamWindowItems;

struct StreamCluster : SimCluster {
  explicit StreamCluster(uint64_t seed = 1, MemoryNetwork::Options network = {})
      : SimCluster(seed, network) {
    Add();
    Add();
    here = nodes[1]->Spawn<Giver>(SpawnOptions{.name = "giver"}, journal);
    giver = *Await(nodes[0]->At(address(1)).Find<Giver>("giver"));
  }

  // Of the giver, looked at where it lives.
  int64_t Given() { return *Await(here->given()); }
  template <typename T>
  WholeStream<T> ReadAll(Stream<T>& stream) {
    WholeStream<T> whole;
    for (;;) {
      const auto item = Await(stream.Next());
      if (!item.ok()) whole.end = item.status();
      if (!item.ok() || !item->has_value()) return whole;
      whole.items.push_back(**item);
    }
  }

  const JournalPtr journal = std::make_shared<Journal>();
  Ref<Giver> here;
  Ref<Giver> giver;  // as node 0 sees it
};

TEST(RemoteStreamTest, AllItemsComeOnceAndInOrder) {
  ForSeeds(8, [](uint64_t seed) {
    StreamCluster cluster(seed);
    for (const int64_t count : {0, 1, 63, 64, 65, 128, 129, 2000}) {
      Stream<int64_t> items = cluster.giver->Count(count);
      const auto whole = cluster.ReadAll(items);
      EXPECT_THAT(whole.items, ElementsAreArray(FirstNumbers(count)));
      EXPECT_TRUE(whole.end.ok()) << whole.end;
    }
    Stream<std::vector<std::string>> lists = cluster.giver->Lists(3);
    EXPECT_THAT(cluster.ReadAll(lists).items,
                ElementsAre(IsEmpty(), ElementsAre("x"), ElementsAre("x", "x")));
    Stream<bool> bits = cluster.giver->Bits(3);
    EXPECT_THAT(cluster.ReadAll(bits).items, ElementsAre(true, false, false));
    EXPECT_EQ(cluster[0].Peers()[0].calls, 0u);
  });
}

TEST(RemoteStreamTest, AnActorReadsAndPassesOn) {
  ForSeeds(8, [](uint64_t seed) {
    StreamCluster cluster(seed);
    const auto reader = cluster[0].Spawn<Reader>();
    EXPECT_EQ(*cluster.Await(reader->Sum(cluster.giver, 1000)), 499500);
    EXPECT_EQ(*cluster.Await(reader->SumSlowly(cluster.giver, 20, absl::Milliseconds(50))), 190);
    const auto middle = cluster[0].Spawn<Giver>(cluster.journal);
    Stream<int64_t> items = middle->CountOf(cluster.giver, 300);
    EXPECT_EQ(cluster.ReadAll(items).items.size(), 300u);
  });
}

TEST(RemoteStreamTest, AnErrorComesBehindTheItemsBeforeIt) {
  ForSeeds(8, [](uint64_t seed) {
    StreamCluster cluster(seed);
    for (const int64_t count : {0, 1, 300}) {
      Stream<int64_t> items = cluster.giver->CountAndFail(count, "lost");
      const auto whole = cluster.ReadAll(items);
      EXPECT_THAT(whole.items, ElementsAreArray(FirstNumbers(count)));
      EXPECT_EQ(whole.end, absl::DataLossError("lost"));
    }
  });
}

TEST(RemoteStreamTest, ABrokenConnectionLosesAndRepeatsNothing) {
  ForSeeds(20, [](uint64_t seed) {
    StreamCluster cluster(seed);
    Stream<int64_t> items = cluster.giver->Count(3000);
    Stream<std::string> texts = cluster.giver->Texts(100, 20'000);
    for (int64_t i = 0; i < 3000; ++i) {
      if (cluster.Below(100) == 0) cluster.network.BreakAll();
      const auto item = cluster.Await(items.Next());
      ASSERT_TRUE(item.ok()) << item.status();
      ASSERT_EQ(*item, i);
    }
    EXPECT_EQ(*cluster.Await(items.Next()), std::nullopt);
    for (int64_t i = 0; i < 100; ++i) {
      if (cluster.Below(10) == 0) cluster.network.BreakAll();
      const auto text = cluster.Await(texts.Next());
      ASSERT_TRUE(text.ok()) << text.status();
      ASSERT_EQ((**text)[0], 'a' + i % 26);
    }
    EXPECT_EQ(*cluster.Await(texts.Next()), std::nullopt);
  });
}

TEST(RemoteStreamTest, AReaderThatDoesNotReadStopsTheGenerator) {
  StreamCluster cluster;
  Stream<int64_t> items = cluster.giver->Count(-1);
  cluster.RunFor(absl::Seconds(60));
  EXPECT_EQ(cluster.Given(), kWindow);
  // By bytes: what is too much waits at its co_yield.
  Stream<std::string> texts = cluster.giver->Texts(1000, 100 << 10);
  cluster.RunFor(absl::Seconds(60));
  EXPECT_EQ(cluster.Given(), kWindow + 3);
  // An item larger than the window comes alone, in pieces.
  Stream<std::string> large = cluster.giver->Texts(5, 3 << 20);
  cluster.RunFor(absl::Seconds(60));
  EXPECT_EQ(cluster.Given(), kWindow + 3 + 1);
  const auto whole = cluster.ReadAll(large);
  EXPECT_EQ(whole.items.size(), 5u);
  EXPECT_TRUE(whole.end.ok()) << whole.end;
  EXPECT_EQ(cluster.ReadAll(texts).items.size(), 1000u);
  for (int64_t i = 0; i < 1000; ++i) ASSERT_EQ(*cluster.Await(items.Next()), i);
}

TEST(RemoteStreamTest, AnItemOverTheMessageLimitEndsTheStream) {
  StreamCluster cluster;
  Stream<std::string> texts = cluster.giver->Texts(3, 70 << 20);
  const auto whole = cluster.ReadAll(texts);
  EXPECT_THAT(whole.items, IsEmpty());
  EXPECT_EQ(whole.end.code(), absl::StatusCode::kResourceExhausted) << whole.end;
  cluster.RunFor(absl::Seconds(1));
  EXPECT_EQ(cluster[0].Peers()[0].calls, 0u);
}

TEST(RemoteStreamTest, AReaderThatIsGoneEndsTheGenerator) {
  ForSeeds(8, [](uint64_t seed) {
    StreamCluster cluster(seed);
    {
      Stream<int64_t> items = cluster.giver->Count(-1);
      EXPECT_EQ(*cluster.Await(items.Next()), 0);
    }
    cluster.RunFor(absl::Seconds(1));
    EXPECT_THAT(cluster.journal->lines(), ElementsAre("ended in a turn"));
    Stream<int64_t> items = cluster.giver->CountSlowly(-1, absl::Milliseconds(10));
    cluster.RunFor(cluster.RandomTime(absl::Milliseconds(30)));
    items.Cancel();
    EXPECT_TRUE(absl::IsCancelled(cluster.Await(items.Next()).status()));
    cluster.RunFor(absl::Seconds(1));
    EXPECT_EQ(cluster.journal->Count("ended outside"), 0u);
    EXPECT_LE(cluster.journal->Count("ended in a turn"), 2u);
    EXPECT_EQ(cluster[0].Peers()[0].calls, 0u);
    EXPECT_LE(cluster.Given(), kWindow + 10);
  });
}

TEST(RemoteStreamTest, TheDeadlineHoldsHereAndThere) {
  ForSeeds(8, [](uint64_t seed) {
    StreamCluster cluster(seed);
    Stream<int64_t> items = cluster.giver.With({.deadline = absl::Seconds(1)})
                                ->CountSlowly(-1, absl::Milliseconds(100));
    const auto whole = cluster.ReadAll(items);
    EXPECT_GE(whole.items.size(), 8u);
    EXPECT_LE(whole.items.size(), 10u);
    EXPECT_TRUE(absl::IsDeadlineExceeded(whole.end)) << whole.end;
    cluster.RunFor(absl::Seconds(1));
    EXPECT_THAT(cluster.journal->lines(), ElementsAre("ended in a turn"));

    // The deadline ends it here also where nothing comes from there.
    Stream<int64_t> cut = cluster.giver.With({.deadline = absl::Seconds(2)})->Count(-1);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(cluster.Await(cut.Next()).ok());
    cluster.network.CutOff(cluster.address(0), cluster.address(1));
    cluster.network.BreakAll();
    const absl::Time before = cluster.clock.Now();
    EXPECT_TRUE(absl::IsDeadlineExceeded(cluster.ReadAll(cut).end));
    EXPECT_LE(cluster.clock.Now() - before, absl::Seconds(2));
  });
}

TEST(RemoteStreamTest, TheLossOfTheReadersNodeEndsTheGenerator) {
  ForSeeds(8, [](uint64_t seed) {
    StreamCluster cluster(seed);
    Stream<int64_t> waiting = cluster.giver->Count(-1);
    Stream<int64_t> awaiting = cluster.giver->CountSlowly(-1, absl::Milliseconds(10));
    EXPECT_EQ(*cluster.Await(waiting.Next()), 0);
    cluster.network.CutOff(cluster.address(0), cluster.address(1));
    cluster.network.BreakAll();
    cluster.RunFor(absl::Seconds(20));
    EXPECT_EQ(cluster.journal->Count("ended in a turn"), 2u);
    EXPECT_EQ(cluster.journal->lines().size(), 2u);
    const int64_t given = cluster.Given();
    cluster.RunFor(absl::Seconds(20));
    EXPECT_EQ(cluster.Given(), given);
  });
}

TEST(RemoteStreamTest, TheLossOfTheGiversNodeIsUnavailable) {
  ForSeeds(8, [](uint64_t seed) {
    StreamCluster cluster(seed);
    Stream<int64_t> waiting = cluster.giver->Count(-1);
    Stream<int64_t> awaiting = cluster.giver->CountSlowly(-1, absl::Hours(1));
    EXPECT_EQ(*cluster.Await(waiting.Next()), 0);
    cluster.network.CutOff(cluster.address(0), cluster.address(1));
    cluster.network.BreakAll();
    const auto whole = cluster.ReadAll(waiting);
    EXPECT_GE(whole.items.size(), static_cast<size_t>(kWindow) - 1) << "what had come";
    EXPECT_TRUE(absl::IsUnavailable(whole.end)) << whole.end;
    EXPECT_TRUE(absl::IsUnavailable(cluster.ReadAll(awaiting).end));
    Stream<int64_t> late = cluster.giver->Count(1);
    EXPECT_TRUE(absl::IsUnavailable(cluster.ReadAll(late).end));
  });
}

TEST(RemoteStreamTest, StoppingTheActorEndsItsStreams) {
  ForSeeds(8, [](uint64_t seed) {
    StreamCluster cluster(seed);
    Stream<int64_t> items = cluster.giver->Count(-1);
    EXPECT_EQ(*cluster.Await(items.Next()), 0);
    EXPECT_TRUE(cluster.Await(cluster.giver.Stop()).ok());
    EXPECT_TRUE(absl::IsNotFound(cluster.ReadAll(items).end));
    Stream<int64_t> late = cluster.giver->Count(1);
    EXPECT_TRUE(absl::IsNotFound(cluster.ReadAll(late).end));
  });
}

TEST(RemoteStreamTest, AnOpenStreamIsReadToItsEndWhileTheNodeDrains) {
  StreamCluster cluster;
  Stream<int64_t> items = cluster.giver->Count(1000);
  EXPECT_EQ(*cluster.Await(items.Next()), 0);
  EXPECT_TRUE(absl::IsDeadlineExceeded(cluster[1].Drain(absl::Seconds(1))));
  Stream<int64_t> late = cluster.giver->Count(1);
  EXPECT_TRUE(absl::IsUnavailable(cluster.ReadAll(late).end));
  EXPECT_EQ(cluster.ReadAll(items).items.size(), 999u);
  EXPECT_TRUE(cluster[1].Drain(absl::Seconds(1)).ok());
}

TEST(RemoteStreamTest, ByNameItIsRefused) {
  StreamCluster cluster;
  EXPECT_EQ(cluster.Await(cluster.giver.CallByName("Count", {1})).status(),
            StreamNeedsReaderError("Count"));
  EXPECT_EQ(cluster.giver.TellByName("Count", {1}), SendResult::kSent);
  cluster.RunFor(absl::Seconds(1));
  EXPECT_EQ(cluster.Given(), 0);
}

TEST(RemoteStreamTest, TheHookIsAskedForOpeningsAndPulls) {
  std::vector<std::string> asked;
  SimCluster cluster;
  cluster.Add();
  NodeOptions options;
  options.authorize = [&asked](const Caller&, absl::string_view interface,
                               absl::string_view method) {
    if (interface != "Giver") return absl::OkStatus();
    asked.emplace_back(method);
    return asked.size() < 3 ? absl::OkStatus() : absl::PermissionDeniedError("enough");
  };
  Node& node = cluster.Add(options);
  (void)node.Spawn<Giver>(SpawnOptions{.name = "giver"}, std::make_shared<Journal>());
  const auto giver = *cluster.Await(cluster[0].At(cluster.address(1)).Find<Giver>("giver"));
  Stream<int64_t> items = giver->Count(-1);
  absl::Status end;
  while (end.ok()) end = cluster.Await(items.Next()).status();
  EXPECT_TRUE(absl::IsPermissionDenied(end)) << end;
  EXPECT_THAT(asked, ElementsAre("Count", "Count", "Count"));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

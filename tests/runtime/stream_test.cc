#include "runtime/stream.h"

#include <memory>
#include <numeric>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/stream_table.h"
#include "tests/runtime/stream_test_actors.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kWindow = internal::kStreamWindowItems;

struct StreamWorld : World {
  explicit StreamWorld(uint64_t seed = 0)
      : World(seed), journal(std::make_shared<Journal>()), giver((*this)->Spawn<Giver>(journal)) {}

  JournalPtr journal;
  Ref<Giver> giver;
};

void InSeveralStreamOrders(const std::function<void(StreamWorld&)>& body) {
  for (uint64_t seed = 0; seed < 12 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    StreamWorld world(seed);
    body(world);
  }
}

TEST(StreamTest, APlainThreadReadsAllItemsInOrder) {
  InSeveralStreamOrders([](StreamWorld& world) {
    for (const int64_t count : {1, 2, 64, 65, 127, 128, 129, 1000}) {
      Stream<int64_t> items = world.giver->Count(count);
      EXPECT_TRUE(items.valid());
      const auto whole = ReadAll(items);
      EXPECT_THAT(whole.items, ElementsAreArray(FirstNumbers(count)));
      EXPECT_TRUE(whole.end.ok()) << whole.end;
      EXPECT_EQ(*items.Next().Get(), std::nullopt) << "the end stays the end";
    }
  });
}

TEST(StreamTest, AnActorReadsAllItems) {
  InSeveralStreamOrders([](StreamWorld& world) {
    const auto reader = world->Spawn<Reader>();
    EXPECT_EQ(*reader->Sum(world.giver, 1000).Get(), 499500);
    EXPECT_EQ(*reader->Blocking(world.giver, 1000).Get(), 499500);
    EXPECT_EQ(*reader->SumSlowly(world.giver, 100, absl::Seconds(1)).Get(), 4950);
  });
}

TEST(StreamTest, ManyReadersOfOneActorDoNotMixUpTheirItems) {
  InSeveralStreamOrders([](StreamWorld& world) {
    std::vector<Future<int64_t>> sums;
    for (int64_t i = 1; i <= 20; ++i) {
      sums.push_back(world->Spawn<Reader>()->Sum(world.giver, i * 37));
    }
    for (int64_t i = 1; i <= 20; ++i) {
      EXPECT_EQ(*sums[static_cast<size_t>(i - 1)].Get(), i * 37 * (i * 37 - 1) / 2);
    }
  });
}

TEST(StreamTest, AnEmptyStreamEndsAtOnce) {
  StreamWorld world;
  Stream<int64_t> items = world.giver->Count(0);
  EXPECT_EQ(*items.Next().Get(), std::nullopt);
  EXPECT_EQ(*items.Next().Get(), std::nullopt);
}

TEST(StreamTest, ItemsOfAllTypesPass) {
  StreamWorld world;
  Stream<bool> bits = world.giver->Bits(200);
  const auto whole = ReadAll(bits);
  ASSERT_EQ(whole.items.size(), 200u);
  EXPECT_TRUE(whole.items[3]);
  EXPECT_FALSE(whole.items[4]);
  Stream<std::vector<std::string>> lists = world.giver->Lists(3);
  EXPECT_THAT(ReadAll(lists).items,
              ElementsAre(IsEmpty(), ElementsAre("x"), ElementsAre("x", "x")));
}

class MovingGiver : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  Stream<std::unique_ptr<int64_t>> Give(int64_t count) {
    for (int64_t i = 0; i < count; ++i) co_yield std::make_unique<int64_t>(i);
  }
};
TROUPE_ACTOR(MovingGiver, Give)

TEST(StreamTest, ItemsMayBeMoveOnly) {
  StreamWorld world;
  auto items = world->Spawn<MovingGiver>()->Give(300);
  for (int64_t i = 0; i < 300; ++i) EXPECT_EQ(**items.Next().Get().value(), i);
  EXPECT_EQ(items.Next().Get().value(), std::nullopt);
}

TEST(StreamTest, AnErrorComesBehindTheItemsBeforeIt) {
  InSeveralStreamOrders([](StreamWorld& world) {
    for (const int64_t count : {0, 1, 200}) {
      Stream<int64_t> by_status = world.giver->CountAndFail(count, "status");
      auto whole = ReadAll(by_status);
      EXPECT_THAT(whole.items, ElementsAreArray(FirstNumbers(count)));
      EXPECT_EQ(whole.end, absl::DataLossError("status"));
      EXPECT_EQ(by_status.Next().Get().status(), absl::DataLossError("status"));

      Stream<int64_t> by_exception = world.giver->CountAndFail(count, "throw");
      whole = ReadAll(by_exception);
      EXPECT_THAT(whole.items, ElementsAreArray(FirstNumbers(count)));
      EXPECT_EQ(whole.end, absl::UnknownError("std::runtime_error: thrown"));

      Stream<int64_t> by_await = world.giver->CountAndFail(count, "await");
      whole = ReadAll(by_await);
      EXPECT_THAT(whole.items, ElementsAreArray(FirstNumbers(count)));
      EXPECT_EQ(whole.end, absl::OutOfRangeError("awaited"));
    }
    EXPECT_EQ(*world.giver->Echo(1).Get(), 1) << "the actor lives on";
  });
}

TEST(StreamTest, AMethodThatGivesNoGeneratorIsAnError) {
  StreamWorld world;
  Stream<int64_t> nothing = world.giver->Nothing();
  EXPECT_EQ(nothing.Next().Get().status().code(), absl::StatusCode::kUnknown);
  Stream<int64_t> thrown = world.giver->ThrowAtOnce();
  EXPECT_EQ(thrown.Next().Get().status(), absl::UnknownError("std::runtime_error: at once"));
  const Ref<Giver> null;
  EXPECT_TRUE(absl::IsNotFound(null->Count(1).Next().Get().status()));
}

TEST(StreamTest, AReaderThatDoesNotReadStopsTheGenerator) {
  InSeveralStreamOrders([](StreamWorld& world) {
    Stream<int64_t> items = world.giver->Count(-1);
    world.RunFor(absl::Seconds(1));
    EXPECT_EQ(*world.giver->given().Get(), kWindow);
    for (int64_t i = 0; i < kWindow; ++i) EXPECT_EQ(*items.Next().Get(), i);
    world.RunFor(absl::Seconds(1));
    EXPECT_LE(*world.giver->given().Get(), 2 * kWindow);
    EXPECT_GT(*world.giver->given().Get(), kWindow);
    for (int64_t i = kWindow; i < 5 * kWindow; ++i) EXPECT_EQ(*items.Next().Get(), i);
  });
}

TEST(StreamTest, WhileItWaitsForItsReaderTheActorTakesOtherMessages) {
  StreamWorld world;
  Stream<int64_t> items = world.giver->Count(-1);
  world.Run();
  EXPECT_EQ(*world.giver->Echo(5).Get(), 5);
  EXPECT_EQ(*items.Next().Get(), 0);
}

TEST(StreamTest, WhileItAwaitsAFutureTheActorTakesNoOther) {
  StreamWorld world;
  Stream<int64_t> items = world.giver->CountSlowly(1, absl::Seconds(10));
  const Future<int64_t> echo = world.giver->Echo(5);
  world.RunFor(absl::Seconds(9));
  EXPECT_FALSE(echo.IsReady());
  world.RunFor(absl::Seconds(2));
  EXPECT_EQ(*items.Next().Get(), 0);
  EXPECT_TRUE(echo.IsReady());

  const auto reentrant = world->Spawn<Giver>(SpawnOptions{.reentrant = true}, world.journal);
  Stream<int64_t> more = reentrant->CountSlowly(-1, absl::Seconds(10));
  EXPECT_EQ(*reentrant->Echo(6).Get(absl::Seconds(1)), 6);
  for (int64_t i = 0; i < 500; ++i) ASSERT_EQ(*more.Next().Get(), i);
}

TEST(StreamTest, AnItemDoesNotWaitForTheNextOne) {
  InSeveralStreamOrders([](StreamWorld& world) {
    Stream<int64_t> items = world.giver->CountSlowly(5, absl::Seconds(10));
    for (int64_t i = 0; i < 5; ++i) {
      const absl::Time before = world.clock.Now();
      EXPECT_EQ(*items.Next().Get(), i);
      EXPECT_EQ(world.clock.Now() - before, absl::Seconds(10));
    }
    EXPECT_EQ(*items.Next().Get(), std::nullopt);
  });
}

TEST(StreamTest, WithoutItsReaderAGeneratorEndsInATurnOfItsActor) {
  InSeveralStreamOrders([](StreamWorld& world) {
    {
      Stream<int64_t> items = world.giver->Count(-1);
      EXPECT_EQ(*items.Next().Get(), 0);
      world.Run();
      EXPECT_THAT(world.journal->lines(), IsEmpty());
    }
    world.Run();
    EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn"));

    { const Stream<int64_t> never_read = world.giver->Count(-1); }
    {
      Stream<int64_t> waiting = world.giver->CountSlowly(-1, absl::Seconds(1));
      EXPECT_EQ(*waiting.Next().Get(), 0);
      Stream<int64_t> other = world.giver->Count(1);
      waiting = std::move(other);
      EXPECT_EQ(*waiting.Next().Get(), 0);
    }
    world.RunFor(absl::Seconds(5));
    EXPECT_EQ(world.journal->Count("ended outside"), 0u);
    EXPECT_LE(*world.giver->given().Get(), 2 * kWindow + 8);
  });
}

TEST(StreamTest, CancelDropsWhatWasNotRead) {
  InSeveralStreamOrders([](StreamWorld& world) {
    Stream<int64_t> items = world.giver->Count(-1);
    EXPECT_EQ(*items.Next().Get(), 0);
    items.Cancel();
    EXPECT_EQ(items.Next().Get().status(), absl::CancelledError("Giver.Count was cancelled"));
    items.Cancel();
    EXPECT_TRUE(absl::IsCancelled(items.Next().Get().status()));
    world.Run();
    EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn"));
  });
}

TEST(StreamTest, CancelEndsAnAwaitedNext) {
  StreamWorld world;
  Stream<int64_t> items = world.giver->CountSlowly(-1, absl::Seconds(10));
  const auto next = items.Next();
  world.RunFor(absl::Seconds(1));
  EXPECT_FALSE(next.IsReady());
  items.Cancel();
  EXPECT_TRUE(absl::IsCancelled(next.Get(absl::ZeroDuration()).status()));
  world.RunFor(absl::ZeroDuration());
  EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn"));
}

TEST(StreamTest, TheDeadlineEndsTheWholeStream) {
  InSeveralStreamOrders([](StreamWorld& world) {
    Stream<int64_t> items =
        world.giver.With({.deadline = absl::Seconds(35)})->CountSlowly(-1, absl::Seconds(10));
    const auto whole = ReadAll(items);
    EXPECT_THAT(whole.items, ElementsAre(0, 1, 2));
    EXPECT_EQ(whole.end,
              absl::DeadlineExceededError("the deadline of Giver.CountSlowly has passed"));
    world.Run();
    EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn"));

    Stream<int64_t> unread = world.giver.With({.deadline = absl::Seconds(1)})->Count(-1);
    world.RunFor(absl::Seconds(2));
    EXPECT_EQ(world.journal->Count("ended in a turn"), 2u);
    EXPECT_EQ(*unread.Next().Get(), 0) << "what came before can be read";
    EXPECT_TRUE(absl::IsDeadlineExceeded(ReadAll(unread).end));
    Stream<int64_t> late = world.giver.With({.deadline = absl::ZeroDuration()})->Count(-1);
    EXPECT_TRUE(absl::IsDeadlineExceeded(late.Next().Get().status()));
  });
}

TEST(StreamTest, AStreamEndsWithTheCancelledMessageThatOpenedIt) {
  InSeveralStreamOrders([](StreamWorld& world) {
    const auto reader = world->Spawn<Reader>();
    const auto sum = reader->SumSlowly(world.giver, -1, absl::Seconds(1));
    world.RunFor(absl::Seconds(10));
    EXPECT_TRUE(sum.Cancel());
    world.RunFor(absl::Seconds(10));
    EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn"));
    const auto late =
        reader.With({.deadline = absl::Seconds(5)})->SumSlowly(world.giver, -1, absl::Seconds(1));
    EXPECT_TRUE(absl::IsDeadlineExceeded(late.Get().status()));
    world.RunFor(absl::Seconds(10));
    EXPECT_EQ(world.journal->Count("ended in a turn"), 2u);
    EXPECT_EQ(world.journal->lines().size(), 2u);
  });
}

TEST(StreamTest, AStreamMayOutliveTheMessageThatOpenedIt) {
  InSeveralStreamOrders([](StreamWorld& world) {
    const auto reader = world->Spawn<Reader>();
    EXPECT_TRUE(reader->Open(world.giver, 300).Get().ok());
    for (int64_t i = 0; i < 300; ++i) {
      if (i % 7 == 0) (void)reader->ReadOne().Cancel();  // takes nothing
      ASSERT_EQ(*reader->ReadOne().Get(), i);
    }
    EXPECT_EQ(reader->ReadOne().Get().status(), absl::OutOfRangeError("the end"));
  });
}

TEST(StreamTest, ANextThatIsGivenUpTakesNoItem) {
  InSeveralStreamOrders([](StreamWorld& world) {
    Stream<int64_t> items = world.giver->CountSlowly(10, absl::Seconds(10));
    EXPECT_TRUE(absl::IsDeadlineExceeded(items.Next().Get(absl::Seconds(1)).status()));
    EXPECT_EQ(*items.Next().Get(), 0);
    EXPECT_TRUE(items.Next().Cancel());
    EXPECT_EQ(*items.Next().Get(), 1);
    {
      const auto unread = items.Next();
      world.RunFor(absl::Seconds(11));
      EXPECT_TRUE(unread.IsReady());
    }
    EXPECT_EQ(*items.Next().Get(), 2);
    const auto kept = items.Next();
    EXPECT_TRUE(absl::IsDeadlineExceeded(kept.Get(absl::Seconds(1)).status()));
    EXPECT_EQ(items.Next().Get().status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(*kept.Get(), 3);
    EXPECT_EQ(*items.Next().Get(), 4);
  });
}

TEST(StreamTest, StoppingTheActorEndsItsStreams) {
  InSeveralStreamOrders([](StreamWorld& world) {
    Stream<int64_t> items = world.giver->Count(-1);
    Stream<int64_t> untouched = world.giver->Count(-1);
    EXPECT_EQ(*items.Next().Get(), 0);
    world.Run();
    EXPECT_TRUE(world.giver.Stop().Get().ok());
    auto whole = ReadAll(items);
    EXPECT_GE(whole.items.size(), static_cast<size_t>(kWindow - 1));
    const absl::Status gone = absl::NotFoundError(world.giver.ToString() + " not found");
    EXPECT_EQ(whole.end, gone);
    EXPECT_EQ(ReadAll(untouched).end, gone);
    EXPECT_EQ(world.giver->Count(1).Next().Get().status(), gone);
    EXPECT_THAT(world.journal->lines(),
                ElementsAre("ended in a turn", "ended in a turn", "stopped"));
  });
}

TEST(StreamTest, StoppingWaitsForAFutureThatAGeneratorAwaits) {
  StreamWorld world;
  Stream<int64_t> items = world.giver->CountSlowly(-1, absl::Seconds(10));
  world.RunFor(absl::Seconds(1));
  const auto stop = world.giver.Stop();
  world.RunFor(absl::Seconds(1));
  EXPECT_FALSE(stop.IsReady());
  EXPECT_TRUE(stop.Get().ok());
  EXPECT_TRUE(absl::IsNotFound(ReadAll(items).end));
}

TEST(StreamTest, AFailureOfTheActorEndsItsStreams) {
  InSeveralStreamOrders([](StreamWorld& world) {
    SpawnOptions options;
    options.restart.max_restarts = 1;
    const auto giver = world->Spawn<Giver>(options, world.journal);
    Stream<int64_t> items = giver->Count(-1);
    EXPECT_EQ(*items.Next().Get(), 0);
    EXPECT_EQ(giver.Tell<&Giver::Fail>(), SendResult::kSent);
    const auto whole = ReadAll(items);
    EXPECT_EQ(whole.end.code(), absl::StatusCode::kUnknown);
    EXPECT_THAT(std::string(whole.end.message()), HasSubstr("failing"));
    EXPECT_THAT(world.journal->lines(), ElementsAre("ended in a turn"));
    Stream<int64_t> again = giver->Count(3);
    EXPECT_THAT(ReadAll(again).items, ElementsAre(0, 1, 2)) << "after the restart";
  });
}

TEST(StreamTest, ACancelledGeneratorMayCleanUpButGivesNothingMore) {
  InSeveralStreamOrders([](StreamWorld& world) {
    {
      Stream<int64_t> items = world.giver->Stubborn();
      EXPECT_EQ(*items.Next().Get(), 1);
    }
    world.RunFor(absl::Seconds(1));
    EXPECT_EQ(*world.giver->Echo(1).Get(absl::Seconds(1)), 1);
    // It is cancelled at the co_yield or in the await, as it happens.
    EXPECT_EQ(world.journal->lines().back(), "ended in a turn");
    EXPECT_FALSE(world.journal->Has("not reached"));
  });
}

TEST(StreamTest, AMethodMayPassOnAnothersStream) {
  InSeveralStreamOrders([](StreamWorld& world) {
    const auto middle = world->Spawn<Giver>(world.journal);
    Stream<int64_t> items = middle->CountOf(world.giver, 300);
    EXPECT_THAT(ReadAll(items).items, ElementsAreArray(FirstNumbers(300)));
    {
      Stream<int64_t> endless = middle->CountOf(world.giver, -1);
      EXPECT_EQ(*endless.Next().Get(), 0);
    }
    world.Run();
    EXPECT_EQ(world.journal->Count("ended in a turn"), 2u) << "the first source, and the second";
  });
}

TEST(StreamTest, AGeneratorThatWaitsForItsReaderIsADeadlock) {
  InSeveralStreamOrders([](StreamWorld& world) {
    const auto reader = world->Spawn<Reader>();
    const absl::Status status = reader->BeAskedBack(world.giver).Get().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("deadlock"));
    EXPECT_EQ(*reader->Answer().Get(), 42);
    EXPECT_EQ(*world.giver->Echo(1).Get(), 1);
  });
}

TEST(StreamTest, TooManyOpenStreamsAreRefused) {
  StreamWorld world;
  std::vector<Stream<int64_t>> open;
  for (uint64_t i = 0; i < internal::kMaxOpenStreams; ++i) {
    open.push_back(world.giver->CountSlowly(1, absl::ZeroDuration()));
  }
  open.clear();
  world.Run();
  for (uint64_t i = 0; i < internal::kMaxOpenStreams; ++i) open.push_back(world.giver->Count(-1));
  world.Run();
  Stream<int64_t> one_more = world.giver->Count(-1);
  EXPECT_EQ(one_more.Next().Get().status(),
            StreamLimitError(world.giver.ToString(), internal::kMaxOpenStreams));
  open.pop_back();
  world.Run();
  one_more = world.giver->Count(-1);
  EXPECT_EQ(*one_more.Next().Get(), 0);
}

TEST(StreamTest, ByNameAndOneWayItIsRefused) {
  StreamWorld world;
  EXPECT_EQ(world.giver.CallByName("Count", {1}).Get().status(), StreamNeedsReaderError("Count"));
  EXPECT_EQ(world.giver.TellByName("Count", {1}), SendResult::kBadArguments);
  const auto* method = internal::ClassInfoOf<Giver>().FindMethod("Count");
  EXPECT_EQ(method->signature(), "Count(int64) -> stream of int64");
}

TEST(StreamTest, AStreamThatNoReferenceGaveCannotBeRead) {
  Stream<int64_t> items;
  EXPECT_FALSE(items.valid());
  EXPECT_EQ(items.Next().Get().status(), NotReadableError());
}

TEST(StreamTest, AReaderOutlivesTheSystem) {
  Stream<int64_t> items;
  Stream<int64_t> slow;
  {
    StreamWorld world;
    items = world.giver->Count(-1);
    EXPECT_EQ(*items.Next().Get(), 0);
    slow = world.giver->CountSlowly(-1, absl::Hours(1));
    world.Run();
  }
  EXPECT_TRUE(absl::IsNotFound(ReadAll(items).end));
  EXPECT_FALSE(slow.Next().Get().ok());
}

TEST(StreamTest, AHighPriorityStreamKeepsItsOrder) {
  InSeveralStreamOrders([](StreamWorld& world) {
    Stream<int64_t> items = world.giver.With({.priority = Priority::kHigh})->Count(500);
    EXPECT_THAT(ReadAll(items).items, ElementsAreArray(FirstNumbers(500)));
  });
}

TEST(StreamTest, ThreadsReadWhileOthersCancelAndStop) {
  for (int round = 0; round < 20; ++round) {
    ActorSystem system(SystemOptions{.threads = 3});
    const auto journal = std::make_shared<Journal>();
    const auto giver = system.Spawn<Giver>(journal);
    std::vector<Future<int64_t>> sums;
    for (int i = 0; i < 8; ++i) sums.push_back(system.Spawn<Reader>()->Sum(giver, 2000));
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&giver, i] {
        for (int64_t k = 0; k < 20; ++k) {
          Stream<int64_t> items = giver->Count(i == 0 ? 300 : -1);
          for (int64_t n = 0; n < 10 + 60 * k % 290; ++n) EXPECT_EQ(*items.Next().Get(), n);
          if (k % 3 == 0) items.Cancel();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& sum : sums) EXPECT_EQ(*sum.Get(), 1999000);
    Stream<int64_t> cut = giver->Count(-1);
    EXPECT_EQ(*cut.Next().Get(), 0);
    EXPECT_TRUE(giver.Stop().Get().ok());
    EXPECT_TRUE(absl::IsNotFound(ReadAll(cut).end));
    EXPECT_EQ(journal->Count("ended outside"), 0u);
  }
}

}  // namespace
}  // namespace testing
}  // namespace troupe

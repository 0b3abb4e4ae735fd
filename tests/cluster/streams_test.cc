// Streams from an actor of this node, of another node in this process, and of another process.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster_test_util.h"

namespace troupe {
namespace testing {
namespace {

enum class Where { kThisNode, kOtherNode, kOtherProcess };

class StreamsTest : public ::testing::TestWithParam<Where> {
 protected:
  StreamsTest() : node_(MakeNode()), there_(node_->At(node_->address())) {
    if (GetParam() == Where::kOtherNode) {
      other_ = MakeNode();
      there_ = node_->At(other_->address());
    } else if (GetParam() == Where::kOtherProcess) {
      process_ = std::make_unique<TestNode>();
      there_ = node_->At(process_->address());
    }
  }

  const std::unique_ptr<Node> node_;
  std::unique_ptr<Node> other_;
  std::unique_ptr<TestNode> process_;
  NodeRef there_;
};

std::string WhereName(const ::testing::TestParamInfo<Where>& info) {
  constexpr const char* kNames[] = {"ThisNode", "OtherNode", "OtherProcess"};
  return kNames[static_cast<int>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Everywhere, StreamsTest,
                         ::testing::Values(Where::kThisNode, Where::kOtherNode,
                                           Where::kOtherProcess),
                         WhereName);

TEST_P(StreamsTest, AThreadReadsAllItemsInOrder) {
  const Ref<Fountain> fountain = there_.Spawn<Fountain>();
  Stream<int64_t> numbers = fountain->Numbers(10'000);
  for (int64_t i = 0; i < 10'000; ++i) ASSERT_EQ(*Await(numbers.Next()), i);
  EXPECT_EQ(*Await(numbers.Next()), std::nullopt);
}

TEST_P(StreamsTest, LargeItemsComeAndThenTheError) {
  const Ref<Fountain> fountain = there_.Spawn<Fountain>();
  Stream<Item> items = fountain->Items(20, 1 << 20);
  for (int64_t i = 0; i < 20; ++i) {
    const auto item = Await(items.Next());
    ASSERT_TRUE(item.ok()) << item.status();
    EXPECT_EQ((*item)->count, i);
    EXPECT_EQ((*item)->name.size(), size_t{1} << 20);
  }
  EXPECT_EQ(Await(items.Next()).status(), absl::DataLossError("dry"));
}

TEST_P(StreamsTest, ManyActorsReadAtOnce) {
  const Ref<Fountain> fountain = there_.Spawn<Fountain>();
  std::vector<Future<int64_t>> sums;
  for (int64_t i = 0; i < 20; ++i) {
    sums.push_back(node_->Spawn<Drinker>()->Sum(fountain, 5000));
    sums.push_back(there_.Spawn<Drinker>()->Sum(fountain, 5000));
  }
  for (const Future<int64_t>& sum : sums) EXPECT_EQ(*Await(sum), 12497500);
  EXPECT_TRUE(Await(fountain->Ended(40)).ok());
}

TEST_P(StreamsTest, AReaderThatIsGoneEndsTheGenerator) {
  const Ref<Fountain> fountain = there_.Spawn<Fountain>();
  const Ref<Gate> gate = there_.Spawn<Gate>();
  {
    Stream<int64_t> endless = fountain->Numbers(-1);
    EXPECT_EQ(*Await(endless.Next()), 0);
    Stream<int64_t> gated = fountain->Gated(gate);
    EXPECT_EQ(*Await(gated.Next()), 1);
    ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  }
  EXPECT_TRUE(Await(fountain->Ended(2)).ok());
  EXPECT_LE(*Await(fountain->given()), 2 * 128);
}

TEST_P(StreamsTest, TheDeadlineEndsItHereAndThere) {
  const Ref<Fountain> fountain = there_.Spawn<Fountain>();
  const Ref<Gate> gate = there_.Spawn<Gate>();
  Stream<int64_t> gated = fountain.With({.deadline = absl::Seconds(2)})->Gated(gate);
  EXPECT_EQ(*Await(gated.Next()), 1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(Await(gated.Next()).status()));
  EXPECT_TRUE(Await(fountain->Ended(1)).ok());
}

TEST_P(StreamsTest, StoppingTheActorEndsItsStreams) {
  const Ref<Fountain> fountain = there_.Spawn<Fountain>();
  Stream<int64_t> endless = fountain->Numbers(-1);
  EXPECT_EQ(*Await(endless.Next()), 0);
  EXPECT_TRUE(Await(fountain.Stop()).ok());
  absl::Status end;
  while (end.ok()) end = Await(endless.Next()).status();
  EXPECT_TRUE(absl::IsNotFound(end)) << end;
}

TEST_P(StreamsTest, TheDeathOfTheOtherProcessIsUnavailable) {
  if (process_ == nullptr) GTEST_SKIP() << "there is no other process";
  const Ref<Fountain> fountain = there_.Spawn<Fountain>();
  const Ref<Gate> gate = there_.Spawn<Gate>();
  Stream<int64_t> gated = fountain->Gated(gate);
  EXPECT_EQ(*Await(gated.Next()), 1);
  const Future<std::optional<int64_t>> next = gated.Next();
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  process_->Kill();
  EXPECT_TRUE(absl::IsUnavailable(Await(next).status()));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

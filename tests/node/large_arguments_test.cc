// Arguments that come in pieces: a text at their end is taken as it was put together, everything
// else is decoded from all of them. Nobody can tell.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"

namespace troupe {
namespace testing {
namespace {

class Shapes : public Actor {
 public:
  std::string Text(const std::string& text) { return Kept(text); }
  std::string NumberAndText(int64_t number, std::string text) {
    EXPECT_EQ(number, 7);
    return Kept(text);
  }
  std::string TextAndNumber(const std::string& text, int64_t number) {
    EXPECT_EQ(number, 7);
    return Kept(text);
  }
  std::string TwoTexts(const std::string& first, const std::string& second) {
    return Kept(first + second);
  }
  std::vector<int64_t> Numbers(const std::vector<int64_t>& numbers) { return numbers; }
  std::vector<std::string> Texts(const std::vector<std::string>& texts) { return texts; }
  std::optional<std::string> Maybe(const std::optional<std::string>& text) { return text; }
  std::map<std::string, std::string> Map(const std::map<std::string, std::string>& map) {
    return map;
  }
  std::pair<int64_t, std::string> Pair(const std::pair<int64_t, std::string>& pair) { return pair; }
  absl::Cord Cord(const absl::Cord& cord) { return cord; }
  Task<std::string> Later(std::string text) {
    co_await Sleep(absl::Milliseconds(1));
    co_return Kept(text);
  }
  Stream<std::string> Halves(std::string text) {
    co_yield text.substr(0, text.size() / 2);
    co_yield text.substr(text.size() / 2);
  }
  Stream<int64_t> Each(std::vector<int64_t> numbers) {
    for (const int64_t number : numbers) co_yield number;
  }
  size_t bytes = 0;

 private:
  std::string Kept(const std::string& text) {
    bytes += text.size();
    return text;
  }
};
TROUPE_ACTOR(Shapes, Text, NumberAndText, TextAndNumber, TwoTexts, Numbers, Texts, Maybe, Map, Pair,
             Cord, Later, Halves, Each, bytes)

std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

class LargeArgumentsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.Add();
    local_ = cluster_.Add().Spawn<Shapes>(SpawnOptions{.name = "shapes"});
    auto found = cluster_.Await(cluster_[0].At(cluster_.address(1)).Find<Shapes>("shapes"));
    ASSERT_TRUE(found.ok()) << found.status();
    ref_ = *found;
  }
  template <typename T>
  void ExpectBack(const Future<T>& reply, const T& value) {
    const Outcome<T> outcome = cluster_.Await(reply);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_TRUE(*outcome == value);
  }

  SimCluster cluster_;
  Ref<Shapes> local_;
  Ref<Shapes> ref_;
};

TEST_F(LargeArgumentsTest, AllShapesArrive) {
  for (const size_t size : {size_t{300'000}, size_t{1'048'576}, size_t{3'000'000}}) {
    const std::string text = Pattern(size);
    ExpectBack(ref_->Text(text), text);
    ExpectBack(ref_->NumberAndText(7, text), text);
    ExpectBack(ref_->TextAndNumber(text, 7), text);
    ExpectBack(ref_->TwoTexts(text.substr(0, 500), text), text.substr(0, 500) + text);
    ExpectBack(ref_->TwoTexts("a", text), "a" + text);
    ExpectBack(ref_->TwoTexts(text, "b"), text + "b");
    ExpectBack(ref_->TwoTexts(text, ""), text);
    ExpectBack(ref_->Later(text), text);
    ExpectBack(ref_->Texts({"a", text}), {"a", text});
    ExpectBack(ref_->Texts({text, "a"}), {text, "a"});
    ExpectBack(ref_->Maybe(text), {text});
    ExpectBack(ref_->Map({{"a", text}, {"b", "c"}}), {{"a", text}, {"b", "c"}});
    ExpectBack(ref_->Map({{"a", "b"}, {"c", text}}), {{"a", "b"}, {"c", text}});
    ExpectBack(ref_->Pair({7, text}), {7, text});
    ExpectBack(ref_->Cord(absl::Cord(text)), absl::Cord(text));
    std::vector<int64_t> numbers;
    for (size_t i = 0; i < size / 8; ++i) numbers.push_back(static_cast<int64_t>(i * i));
    ExpectBack(ref_->Numbers(numbers), numbers);
  }
}

TEST_F(LargeArgumentsTest, StreamsAreOpenedWithThem) {
  const std::string text = Pattern(1'000'000);
  Stream<std::string> halves = ref_->Halves(text);
  std::string both;
  for (int i = 0; i < 2; ++i) both += cluster_.Await(halves.Next()).value().value();
  EXPECT_TRUE(both == text);
  const std::vector<int64_t> numbers(200'000, int64_t{1} << 40);
  Stream<int64_t> each = ref_->Each(numbers);
  EXPECT_EQ(*cluster_.Await(each.Next()), int64_t{1} << 40);
}

TEST_F(LargeArgumentsTest, OneWayMessagesArriveInOrder) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ref_.Tell<&Shapes::Text>(Pattern(400'000)), SendResult::kSent);
    EXPECT_EQ((ref_.Tell<&Shapes::NumberAndText>(int64_t{7}, Pattern(10))), SendResult::kSent);
  }
  ExpectBack(ref_->bytes(), size_t{10 * 400'010});
}

// A one-way message that is given a variable is encoded from it, without a copy in between.
TEST_F(LargeArgumentsTest, AVariableIsSentAsItIsNow) {
  for (const size_t size : {size_t{10}, size_t{100'000}, size_t{1'000'000}}) {
    const auto before = cluster_.Await(ref_->bytes());
    ASSERT_TRUE(before.ok());
    std::string text = Pattern(size);
    EXPECT_EQ(ref_.Tell<&Shapes::Text>(text), SendResult::kSent);
    EXPECT_EQ(text, Pattern(size));
    text.assign(3, 'x');
    int64_t number = 7;
    EXPECT_EQ(ref_.Tell<&Shapes::NumberAndText>(number, text), SendResult::kSent);
    number = 8;
    ExpectBack(ref_->bytes(), *before + size + 3);
  }
}

TEST_F(LargeArgumentsTest, AVariableForANodeThatCannotBeCalledIsRefused) {
  const std::string text = Pattern(100);
  cluster_[0].Shutdown();
  EXPECT_EQ(ref_.Tell<&Shapes::Text>(text), SendResult::kNotFound);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

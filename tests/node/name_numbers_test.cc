#include "node/name_numbers.h"

#include <map>

#include "gtest/gtest.h"
#include "runtime/random.h"

namespace troupe::internal {
namespace {

TEST(NameNumbersTest, ThereAreNoneUntilTheOtherSidesLimitIsKnown) {
  NameNumbers numbers;
  bool is_new = true;
  EXPECT_EQ(numbers.OfActor(Urn(1, 1), &is_new), 0u);
  EXPECT_FALSE(is_new);
  is_new = true;
  EXPECT_EQ(numbers.OfMethod("M", &is_new), 0u);
  EXPECT_FALSE(is_new);
}

TEST(NameNumbersTest, ANameIsNewOnce) {
  NameNumbers numbers;
  numbers.set_limit(10);
  bool is_new = false;
  EXPECT_EQ(numbers.OfActor(Urn(1, 1), &is_new), 1u);
  EXPECT_TRUE(is_new);
  EXPECT_EQ(numbers.OfActor(Urn(1, 2), &is_new), 2u);
  EXPECT_TRUE(is_new);
  EXPECT_EQ(numbers.OfActor(Urn(1, 1), &is_new), 1u);
  EXPECT_FALSE(is_new);
  static constexpr char kM[] = "M";
  static constexpr char kN[] = "N";
  EXPECT_EQ(numbers.OfMethod(kM, &is_new), 1u);
  EXPECT_TRUE(is_new);
  EXPECT_EQ(numbers.OfMethod(kN, &is_new), 2u);
  EXPECT_TRUE(is_new);
  EXPECT_EQ(numbers.OfMethod(kM, &is_new), 1u);
  EXPECT_FALSE(is_new);
}

TEST(NameNumbersTest, MethodsOverTheLimitGetNone) {
  NameNumbers numbers;
  numbers.set_limit(1);
  bool is_new = false;
  static constexpr char kM[] = "M";
  static constexpr char kN[] = "N";
  EXPECT_EQ(numbers.OfMethod(kM, &is_new), 1u);
  EXPECT_EQ(numbers.OfMethod(kN, &is_new), 0u);
  EXPECT_FALSE(is_new);
  EXPECT_EQ(numbers.OfMethod(kM, &is_new), 1u);
}

// The other side, which only knows what it was told, always finds the right actor.
TEST(NameNumbersTest, TheOldestActorGivesItsNumberUpAndBothSidesAgree) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    RandomSource random(seed);
    NameNumbers numbers;
    const auto limit = static_cast<uint32_t>(1 + random.NextBelow(8));
    numbers.set_limit(limit);
    std::map<uint32_t, Urn> there;
    for (int i = 0; i < 1000; ++i) {
      const Urn urn(0, 1 + random.NextBelow(12));
      bool is_new = false;
      const uint32_t number = numbers.OfActor(urn, &is_new);
      ASSERT_GE(number, 1u);
      ASSERT_LE(number, limit);
      ASSERT_LE(number, there.size() + 1) << "the other side takes no gaps";
      if (is_new) there[number] = urn;
      ASSERT_EQ(there[number], urn);
    }
  }
}

}  // namespace
}  // namespace troupe::internal

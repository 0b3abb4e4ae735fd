#include "runtime/urn.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "runtime/random.h"

namespace troupe {
namespace {

TEST(UrnTest, RandomOnesAreVersion4OfTheRfc4122Variant) {
  RandomSource random(7);
  for (int i = 0; i < 1000; ++i) {
    const std::string text = Urn::Random(random).ToString();
    ASSERT_EQ(text.size(), 45u);
    EXPECT_EQ(text.substr(0, 9), "urn:uuid:");
    EXPECT_EQ(text[9 + 14], '4') << text;
    EXPECT_NE(std::string("89ab").find(text[9 + 19]), std::string::npos) << text;
  }
}

TEST(UrnTest, TenThousandRandomOnesDiffer) {
  RandomSource random(0);
  absl::flat_hash_set<Urn> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(Urn::Random(random)).second);
}

TEST(UrnTest, TheSameSeedGivesTheSameUrns) {
  RandomSource one(11), other(11), third(12);
  const Urn urn = Urn::Random(one);
  EXPECT_EQ(urn, Urn::Random(other));
  EXPECT_NE(urn, Urn::Random(third));
}

TEST(UrnTest, TextAndBytesComeBackAsTheSameUrn) {
  RandomSource random(3);
  for (int i = 0; i < 1000; ++i) {
    const Urn urn = Urn::Random(random);
    EXPECT_EQ(*Urn::Parse(urn.ToString()), urn);
    EXPECT_EQ(*Urn::Parse(absl::AsciiStrToUpper(urn.ToString())), urn);
    ASSERT_EQ(urn.ToBytes().size(), Urn::kBytes);
    EXPECT_EQ(*Urn::FromBytes(urn.ToBytes()), urn);
  }
}

TEST(UrnTest, BytesAreInNetworkOrder) {
  const Urn urn(0x0102030405060708, 0x090a0b0c0d0e0f10);
  EXPECT_EQ(urn.ToString(), "urn:uuid:01020304-0506-0708-090a-0b0c0d0e0f10");
  EXPECT_EQ(urn.ToBytes(), std::string("\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10", 16));
}

TEST(UrnTest, ParseRefusesEverythingElse) {
  const std::string good = Urn(0x0102030405060708, 0x090a0b0c0d0e0f10).ToString();
  ASSERT_TRUE(Urn::Parse(good).ok());
  for (const std::string& bad :
       {std::string(), std::string("urn:uuid:"), good + "0", good.substr(0, 44),
        " " + good.substr(1), "urn:uuix:" + good.substr(9), good.substr(9),
        good + std::string(1 << 20, 'x')}) {
    EXPECT_EQ(Urn::Parse(bad).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_LT(Urn::Parse(bad).status().message().size(), 500u)
        << "the text of the error is bounded";
  }
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = '#';
    EXPECT_FALSE(Urn::Parse(bad).ok()) << bad;
    bad[i] = '\0';
    EXPECT_FALSE(Urn::Parse(bad).ok()) << i;
  }
  for (const size_t dash : {9 + 8, 9 + 13, 9 + 18, 9 + 23}) {
    std::string bad = good;
    bad[dash] = '0';
    EXPECT_FALSE(Urn::Parse(bad).ok()) << bad;
  }
}

TEST(UrnTest, FromBytesWantsExactlySixteen) {
  for (const size_t size : {0, 1, 15, 17, 1000}) {
    EXPECT_EQ(Urn::FromBytes(std::string(size, 'x')).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(UrnTest, TheDefaultOneIsNilAndOrderIsThatOfTheText) {
  EXPECT_TRUE(Urn().is_nil());
  EXPECT_EQ(Urn().ToString(), "urn:uuid:00000000-0000-0000-0000-000000000000");
  RandomSource random(5);
  std::set<Urn> urns;
  std::set<std::string> texts;
  for (int i = 0; i < 100; ++i) {
    const Urn urn = Urn::Random(random);
    EXPECT_FALSE(urn.is_nil());
    urns.insert(urn);
    texts.insert(urn.ToString());
  }
  auto text = texts.begin();
  for (const Urn& urn : urns) EXPECT_EQ(urn.ToString(), *text++);
}

}  // namespace
}  // namespace troupe

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::ElementsAre;

class Account : public Actor {
 public:
  void Add(int64_t amount) { balance += amount; }
  Task<void> AddSlowly(int64_t amount) {
    const int64_t before = balance;
    co_await Sleep(absl::Seconds(1));
    balance = before + amount;
  }

  int64_t balance = 0;
  const std::string currency = "NOK";
  std::vector<std::string> notes;
};
TROUPE_ACTOR(Account, Add, AddSlowly, balance, currency, notes)

class FieldTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Account> ref_ = manual_.system.Spawn<Account>();
};

TEST_F(FieldTest, ReadGivesAFutureOfACopy) {
  static_assert(std::is_same_v<decltype(ref_->balance()), Future<int64_t>>);
  static_assert(std::is_same_v<decltype(ref_->currency()), Future<std::string>>);
  EXPECT_EQ(*ref_->balance().Get(), 0);
  EXPECT_EQ(*ref_->currency().Get(), "NOK");
  std::vector<std::string> copy = *ref_->notes().Get();
  copy.push_back("mine");
  EXPECT_TRUE(ref_->notes().Get()->empty());
}

TEST_F(FieldTest, WriteIsAFutureTooAndSeenByLaterReads) {
  static_assert(std::is_same_v<decltype(ref_->balance(1)), Future<void>>);
  const Future<void> written = ref_->balance(5);
  EXPECT_FALSE(written.IsReady());
  EXPECT_EQ(*ref_->balance().Get(), 5);
  EXPECT_TRUE(written.IsReady());
  EXPECT_TRUE(ref_->notes({"a", "b"}).Get().ok());
  EXPECT_THAT(*ref_->notes().Get(), ElementsAre("a", "b"));
}

template <typename Member>
concept Writable = requires(Member member) {
  member(std::string("EUR"));
};

TEST_F(FieldTest, AConstFieldCannotBeWritten) {
  using Exports = internal::ExportsOf<Account>;
  static_assert(!Writable<decltype(std::declval<Exports>().currency)>);
  EXPECT_EQ(ref_.CallByName("currency", {"EUR"}).Get().status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*ref_->currency().Get(), "NOK");
}

TEST_F(FieldTest, ReadsAndWritesKeepTheirPlaceAmongCalls) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ManualSystem manual(seed);
    const auto account = manual.system.Spawn<Account>();
    account->Add(1);
    const auto first = account->balance();
    account->balance(10);
    account.Tell<&Account::Add>(2);
    const auto second = account->balance();
    account->AddSlowly(5);
    const auto third = account->balance();
    EXPECT_EQ(*first.Get(), 1);
    EXPECT_EQ(*second.Get(), 12);
    EXPECT_EQ(*third.Get(), 17);
  }
}

TEST_F(FieldTest, WithOptionsAndByMemberPointer) {
  EXPECT_TRUE(ref_.With({.deadline = absl::Seconds(1)})->balance(3).Get().ok());
  EXPECT_EQ(*ref_.With({.priority = Priority::kHigh})->balance().Get(), 3);
  EXPECT_EQ(*ref_.Call<&Account::balance>().Get(), 3);
  EXPECT_TRUE(ref_.Call<&Account::balance>(4).Get().ok());
  EXPECT_EQ(*ref_->balance().Get(), 4);
}

TEST_F(FieldTest, OfAStoppedActorIsNotFound) {
  ASSERT_TRUE(ref_.Stop().Get().ok());
  EXPECT_EQ(ref_->balance().Get().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ref_->balance(1).Get().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace troupe

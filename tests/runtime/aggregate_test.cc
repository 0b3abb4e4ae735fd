#include "runtime/aggregate.h"

#include <any>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/value.h"

namespace zoo {

struct None {};
struct One {
  std::string name;
};
struct Rich {
  int number = 5;
  std::vector<std::string> words;
  std::map<std::string, std::vector<int>> table;
  std::optional<std::pair<int, int>> pair;
  std::variant<int, std::string> variant;
  std::array<int, 3> array{};
  std::unique_ptr<int> pointer;
  std::any any;
  One nested;
  troupe::Value value;
};
struct Sixteen {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o;
  std::string p;
};
struct Seventeen {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q;
};
struct ArrayFirst {
  int items[2];
};
struct ArrayLast {
  std::string name;
  One items[3];
};
struct Derived : One {
  int extra;
};
struct Greedy {
  struct TakesAll {
    TakesAll() = default;
    template <typename T>
    TakesAll(const T&) {}  // NOLINT(google-explicit-constructor): what is tested
  };
  int number;
  TakesAll all;
};
union Either {
  int number;
  float other;
};
class Hidden {
 public:
  int open = 1;

 private:
  [[maybe_unused]] int closed_ = 2;
};
struct Wide {
  Wide() {}
  int a = 1;
  int b = 2;
  std::string c = "3";
};
TROUPE_STRUCT(Wide, c, a)

struct Outer {
  struct Inner {
    Inner() {}
    int x = 4;
  };
};
TROUPE_STRUCT(Outer::Inner, x)

}  // namespace zoo

namespace troupe::internal {
namespace {

TEST(AggregateTest, FieldsAreCounted) {
  static_assert(kFieldCount<zoo::None> == 0);
  static_assert(kFieldCount<zoo::One> == 1);
  static_assert(kFieldCount<zoo::Rich> == 10);
  static_assert(kFieldCount<zoo::Sixteen> == 16);
  static_assert(kFieldCount<zoo::Wide> == 2);
}

TEST(AggregateTest, FieldsAreReachedInOrder) {
  zoo::Rich rich;
  auto fields = TieFields(rich);
  std::get<0>(fields) = 6;
  std::get<8>(fields).name = "inner";
  EXPECT_EQ(rich.number, 6);
  EXPECT_EQ(rich.nested.name, "inner");
  const zoo::Sixteen sixteen{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, "16"};
  EXPECT_EQ(std::get<0>(TieFields(sixteen)), 1);
  EXPECT_EQ(std::get<14>(TieFields(sixteen)), 15);
  EXPECT_EQ(std::get<15>(TieFields(sixteen)), "16");
}

TEST(AggregateTest, WhatCannotBeReachedIsNoStruct) {
  static_assert(!Struct<zoo::Seventeen>);
  static_assert(!Struct<zoo::ArrayFirst> && !Struct<zoo::ArrayLast>);
  static_assert(!Struct<zoo::Derived> && !Struct<zoo::Either> && !Struct<zoo::Hidden>);
  static_assert(!Struct<zoo::Greedy>);
  static_assert(!Struct<int> && !Struct<int*> && !Struct<int[2]> && !Struct<std::string>);
  static_assert(Struct<zoo::Rich> && Struct<zoo::Wide> && Struct<zoo::Outer::Inner>);
}

TEST(AggregateTest, TheMacroGivesNamesAndItsOwnOrder) {
  zoo::Wide wide;
  auto fields = TieFields(wide);
  EXPECT_EQ(std::get<0>(fields), "3");
  std::get<1>(fields) = 10;
  EXPECT_EQ(wide.a, 10);
  EXPECT_EQ(FieldNames<zoo::Wide>(), (std::array<std::string_view, 2>{"c", "a"}));
  static_assert(HasStructMacro<zoo::Wide> && !HasStructMacro<zoo::One>);
}

#define TROUPE_TEST_COUNT(X, item) +X
TEST(AggregateTest, TheMacroTakesManyFields) {
  EXPECT_EQ(0 TROUPE_INTERNAL_FOR_EACH(TROUPE_TEST_COUNT, 1, a, b, c, d, e, f, g, h, i, j, k, l, m,
                                       n, o, p, q, r, s, t, u, v, w, x, y, z, a, b, c, d, e, f, g,
                                       h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, a,
                                       b, c, d, e, f, g, h, i, j),
            62);
  EXPECT_EQ(0 TROUPE_INTERNAL_FOR_EACH(TROUPE_TEST_COUNT, 1), 0);
}

}  // namespace
}  // namespace troupe::internal

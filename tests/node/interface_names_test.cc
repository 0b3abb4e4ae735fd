// Interfaces that export methods of the same name, of one actor.

#include <string>

#include "gtest/gtest.h"
#include "tests/node/sim_cluster.h"
#include "troupe.h"

namespace troupe {
namespace testing {
namespace {

class Shop {
 public:
  virtual ~Shop() = default;
  virtual std::string Name(int64_t i) = 0;
  virtual int64_t Price() { return 3; }
};
TROUPE_ACTOR(Shop, Name, Price)

class Ship {
 public:
  virtual ~Ship() = default;
  virtual std::string Name(std::string flag) = 0;
  virtual int64_t Length() { return 5; }
};
TROUPE_ACTOR(Ship, Name, Length)

// Has what it extends again.
class BookShop : public Shop {
 public:
  using Implements = Interfaces<Shop>;
  std::string Name(int64_t i) override { return "books " + std::to_string(i); }
};
TROUPE_ACTOR(BookShop, Name)

class ShopShip : public Actor, public Shop, public Ship {
 public:
  using Implements = Interfaces<Shop, Ship>;
  std::string Name(int64_t i) override { return "shop " + std::to_string(i); }
  std::string Name(std::string flag) override { return "ship " + flag; }
};

class Books : public Actor, public BookShop {
 public:
  using Implements = Interfaces<Shop, BookShop>;
};

// A class's own name comes first.
class Own : public Actor, public Shop, public Ship {
 public:
  using Implements = Interfaces<Shop, Ship>;
  std::string Name(int64_t i) override { return "shop " + std::to_string(i); }
  std::string Name(std::string flag) override { return "ship " + flag; }
  int64_t Length() override { return 6; }
};
TROUPE_ACTOR(Own, Length)

class InterfaceNamesTest : public ::testing::Test {
 protected:
  InterfaceNamesTest() {
    NodeOptions options;
    options.classes = {Hosts<ShopShip>(), Hosts<Books>(), Hosts<Own>()};
    for (int i = 0; i < 2; ++i) cluster.Add(options);
  }
  template <typename T>
  Ref<T> There() {
    return cluster[0].At(cluster.address(1)).Spawn<T>();
  }

  SimCluster cluster;
};

TEST_F(InterfaceNamesTest, AReferenceHereSaysWhichMethodItMeans) {
  const auto both = cluster[0].Spawn<ShopShip>();
  EXPECT_EQ(*cluster.Await(Ref<Shop>(both)->Name(1)), "shop 1");
  EXPECT_EQ(*cluster.Await(Ref<Ship>(both)->Name("x")), "ship x");
}

TEST_F(InterfaceNamesTest, CallsThatSayOnlyTheNameAreRefused) {
  const auto here = cluster[0].Spawn<ShopShip>();
  const auto there = There<ShopShip>();
  const absl::Status refused = AmbiguousMethodError();
  EXPECT_EQ(cluster.Await(Ref<Shop>(there)->Name(1)).status(), refused);
  EXPECT_EQ(cluster.Await(Ref<Ship>(there)->Name("x")).status(), refused);
  EXPECT_EQ(cluster.Await(here.CallByName("Name", {Value(1)})).status(), refused);
  EXPECT_EQ(cluster.Await(there.CallByName("Name", {Value(1)})).status(), refused);
  EXPECT_EQ(here.TellByName("Name", {Value(1)}), SendResult::kBadArguments);
  EXPECT_EQ(*cluster.Await(Ref<Shop>(there)->Price()), 3);
  EXPECT_EQ(*cluster.Await(Ref<Ship>(there)->Length()), 5);
}

TEST_F(InterfaceNamesTest, AnInterfaceThatExtendsAnotherMayExportItsMethodsAgain) {
  const auto there = There<Books>();
  EXPECT_EQ(*cluster.Await(Ref<Shop>(there)->Name(1)), "books 1");
  EXPECT_EQ(*cluster.Await(Ref<BookShop>(there)->Name(2)), "books 2");
  EXPECT_EQ(*cluster.Await(there.CallByName("Name", {Value(3)})), Value("books 3"));
}

TEST_F(InterfaceNamesTest, WhatTheClassExportsItselfStandsBeforeThat) {
  EXPECT_EQ(*cluster.Await(Ref<Ship>(There<Own>())->Length()), 6);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

// What the plugin writes, in use: calls between actors, here and on other nodes.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/codegen/bank_actors.h"
#include "tests/codegen/everything.troupe.h"
#include "tests/codegen/no_package.troupe.h"
#include "tests/codegen/only_imports.troupe.h"
#include "tests/codegen/words.troupe.h"
#include "tests/node/sim_cluster.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace testing {
namespace {

using bank::Account;
using bank::Balance;
using bank::Teller;

class ActorsTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Account> account_ = manual_.system.Spawn<MyAccount>();
};

TEST_F(ActorsTest, CallsGiveRepliesAndErrors) {
  EXPECT_EQ(account_->Deposit(DepositOf(5)).Get()->amount(), 5);
  EXPECT_EQ(account_->Withdraw(WithdrawalOf(2)).Get()->amount(), 3);
  EXPECT_EQ(account_->Deposit(DepositOf(-1)).Get().status(),
            absl::InvalidArgumentError("a negative amount"));
  EXPECT_EQ(account_->Withdraw(WithdrawalOf(4)).Get().status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(account_->Close({}).Get()->amount(), 3);
  EXPECT_EQ(account_->Deposit(DepositOf(1)).Get().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ActorsTest, AnActorCallsOthersThroughTheirService) {
  const Ref<Account> other = manual_.system.Spawn<MyAccount>();
  const Ref<Teller> teller = manual_.system.Spawn<MyTeller>(account_, other);
  EXPECT_TRUE(account_->Deposit(DepositOf(10)).Get().ok());
  EXPECT_EQ(teller->Transfer(TransferOf(7)).Get()->amount(), 7);
  EXPECT_EQ(teller->Transfer(TransferOf(7)).Get().status().message(), "not enough money");
}

TEST_F(ActorsTest, CallsByNameTakeAndGiveMessages) {
  const auto reply = account_.CallByName("Deposit", {Value(DepositOf(4))}).Get();
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->AsMessage<Balance>()->amount(), 4);
  EXPECT_EQ(account_.CallByName("Deposit", {Value(1)}).Get().status().code(),
            absl::StatusCode::kInvalidArgument);
}

// A node each for two accounts and a teller, and their actors as a client sees them.
class RemoteActorsTest : public ::testing::Test {
 protected:
  RemoteActorsTest() {
    NodeOptions options;
    options.classes = {Hosts<MyAccount>(), Hosts<MyTeller, Ref<Account>, Ref<Account>>()};
    for (int i = 0; i < 3; ++i) cluster.Add(options);
    from = cluster[0].At(cluster.address(1)).Spawn<MyAccount>();
    to = cluster[0].At(cluster.address(2)).Spawn<MyAccount>();
  }

  SimCluster cluster;
  Ref<Account> from;
  Ref<Account> to;
};

TEST_F(RemoteActorsTest, CallsGiveRepliesAndErrors) {
  EXPECT_EQ(cluster.Await(from->Deposit(DepositOf(5)))->amount(), 5);
  EXPECT_EQ(cluster.Await(from->Withdraw(WithdrawalOf(2)))->amount(), 3);
  const absl::Status error = cluster.Await(from->Withdraw(WithdrawalOf(9))).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(error.message(), "not enough money");
  EXPECT_EQ(error.GetPayload("amount"), absl::Cord("3"));
}

TEST_F(RemoteActorsTest, ReferencesToServicesTravel) {
  const Ref<Teller> teller = cluster[1].At(cluster.address(0)).Spawn<MyTeller>(from, to);
  EXPECT_TRUE(cluster.Await(from->Deposit(DepositOf(10))).ok());
  EXPECT_EQ(cluster.Await(teller->Transfer(TransferOf(7)))->amount(), 7);
  EXPECT_EQ(cluster.Await(teller->Transfer(TransferOf(7))).status().message(), "not enough money");
  EXPECT_EQ(cluster.Await(to->Withdraw(WithdrawalOf(7)))->amount(), 0);
}

TEST_F(RemoteActorsTest, AnActorIsFoundByItsService) {
  EXPECT_TRUE(cluster[1].Register("mine", cluster[1].Spawn<MyAccount>()).ok());
  const auto found = cluster.Await(cluster[0].At(cluster.address(1)).Find<Account>("mine"));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(cluster.Await((*found)->Deposit(DepositOf(1)))->amount(), 1);
  EXPECT_EQ(cluster.Await(cluster[0].At(cluster.address(1)).Find<Teller>("mine")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

namespace every = everything::v1;

class MyEverything : public Actor, public every::Everything, public every::Nothing {
 public:
  using Implements = Interfaces<every::Everything, every::Nothing>;

  Task<every::Scalars> Echo(every::Scalars request) override { return request; }
  Task<every::Outer_Middle> Nest(every::Outer_Middle_Inner request) override {
    every::Outer_Middle middle;
    *middle.mutable_inner() = std::move(request);
    return middle;
  }
  Task<common::Money> Import(common::Money_Unit request) override {
    common::Money money;
    *money.mutable_unit() = std::move(request);
    return money;
  }
  Task<google::protobuf::Timestamp> WellKnown(google::protobuf::Empty) override {
    google::protobuf::Timestamp time;
    time.set_seconds(1);
    return time;
  }
  Task<every::Outer_Middle_Inner> Outer(every::Outer_Middle_Inner request) override {
    return request;
  }
};

every::Scalars AllScalars() {
  every::Scalars all;
  all.set_a_double(0.5);
  all.set_a_float(0.25);
  all.set_an_int32(-1);
  all.set_an_int64(-2);
  all.set_a_uint32(0xffffffff);
  all.set_a_uint64(0xffffffffffffffff);
  all.set_a_sint32(-3);
  all.set_a_sint64(-4);
  all.set_a_fixed32(5);
  all.set_a_fixed64(6);
  all.set_an_sfixed32(-7);
  all.set_an_sfixed64(-8);
  all.set_a_bool(true);
  all.set_a_string("text");
  all.set_some_bytes(std::string("\0\xff", 2));
  all.set_a_color(every::COLOR_RED);
  all.set_an_optional(0);
  all.add_numbers(-9);
  (*all.mutable_by_name())["inner"].set_an_int64(10);
  all.mutable_time()->set_nanos(11);
  return all;
}

TEST(EverythingTest, EveryKindOfMessageTravels) {
  SimCluster cluster;
  cluster.Add();
  NodeOptions options;
  options.classes = {Hosts<MyEverything>()};
  cluster.Add(options);
  const Ref<every::Everything> ref = cluster[0].At(cluster.address(1)).Spawn<MyEverything>();
  const every::Scalars all = AllScalars();
  EXPECT_EQ(cluster.Await(ref->Echo(all))->SerializeAsString(), all.SerializeAsString());
  every::Outer_Middle_Inner inner;
  inner.set_depth(3);
  EXPECT_EQ(cluster.Await(ref->Nest(inner))->inner().depth(), 3);
  EXPECT_EQ(cluster.Await(ref->Outer(inner))->depth(), 3);
  common::Money_Unit unit;
  unit.set_name("pound");
  EXPECT_EQ(cluster.Await(ref->Import(unit))->unit().name(), "pound");
  EXPECT_EQ(cluster.Await(ref->WellKnown({}))->seconds(), 1);
}

using words::class_;

class MyWords : public Actor, public words::operator_, public words::Search {
 public:
  using Implements = Interfaces<words::operator_, words::Search>;

  Task<words::class__delete> new_(class_ request) override { return request.namespace_(); }
  Task<class_> co_await_(class_ request) override { co_return request; }
  Task<class_> operator__(class_ request) override { return request; }
  Task<class_> namespace_(class_ request) override { return request; }
  Task<class_> Receive_(class_ request) override { return request; }
  Task<class_> OnStart_(class_ request) override { return request; }
  Task<class_> Stop_(class_ request) override { return request; }
  Task<class_> self_(class_ request) override { return request; }
  Task<class_> Implements_(class_ request) override { return request; }
  Task<class_> TroupeService_(class_ request) override { return request; }
  Task<class_> troupe(class_ request) override { return request; }
  Task<class_> std(class_ request) override { return request; }
  Task<class_> request(class_ request) override { return request; }
  Task<class_> rpcs(class_ request) override { return request; }
  Task<class_> Search_(class_) override {
    ::troupe::Actor::Stop();  // what the actor has is still its own
    return absl::NotFoundError(self().ToString());
  }
};

TEST(WordsTest, MangledMethodsCanBeCalled) {
  ManualSystem manual;
  const Ref<MyWords> both = manual.system.Spawn<MyWords>();
  const Ref<words::operator_> ref = both;
  const Ref<words::Search> search = both;
  class_ request;
  request.mutable_namespace_()->set_int_(3);
  EXPECT_EQ(ref->new_(request).Get()->int_(), 3);
  EXPECT_EQ(ref->co_await_(request).Get()->namespace_().int_(), 3);
  EXPECT_EQ(ref->operator__(request).Get()->namespace_().int_(), 3);
  EXPECT_EQ(ref->Stop_(request).Get()->namespace_().int_(), 3);
  EXPECT_EQ(ref->troupe(request).Get()->namespace_().int_(), 3);
  EXPECT_EQ(search->Search_(request).Get().status(), absl::NotFoundError(both.ToString()));
  EXPECT_EQ(ref->std(request).Get().status().code(), absl::StatusCode::kNotFound);
}

class MyNotes : public Actor, public TroupeTestingNotes, public only_imports::Changer {
 public:
  using Implements = Interfaces<TroupeTestingNotes, only_imports::Changer>;
  Task<TroupeTestingNote> Take(TroupeTestingNote request) override { return request; }
  Task<common::Money> Change(common::Money request) override { return request; }
};

TEST(NoPackageTest, AServiceWithoutAPackageIsUsedAsOthers) {
  ManualSystem manual;
  const Ref<TroupeTestingNotes> notes = manual.system.Spawn<MyNotes>();
  TroupeTestingNote note;
  note.set_text("x");
  EXPECT_EQ(notes->Take(note).Get()->text(), "x");
}

}  // namespace
}  // namespace testing
}  // namespace troupe

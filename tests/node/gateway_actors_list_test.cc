// The list of the actors that have a name at a node.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/gateway_actors_test_util.h"

namespace troupe {
namespace testing {
namespace office {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Code = grpc::StatusCode;

TEST(GatewayActorsListTest, ANodeWithoutNamesHasAnEmptyList) {
  const std::unique_ptr<Node> node = MakeGatewayNode();
  (void)node->Spawn<Parrot>();
  (void)node->Spawn<Hermit>(SpawnOptions{.name = "hermit"});
  EXPECT_EQ(ActorsClient(node->address()).List().ByteSizeLong(), 0u);
}

TEST(GatewayActorsListTest, AnActorIsDescribed) {
  Office office;
  const Ref<Parrot> parrot = office.node->Spawn<Parrot>(SpawnOptions{.name = "polly"});
  const v1::ListResponse response = office.client.List();
  ASSERT_THAT(NamesOf(response), ElementsAre("bob", "polly"));
  const v1::NamedActor& bob = response.actors(0);
  EXPECT_EQ(bob.urn(), office.clerk.urn().ToString());
  EXPECT_EQ(bob.class_name(), "Clerk");
  EXPECT_EQ(bob.node_address(), "");
  EXPECT_THAT(bob.methods(),
              AllOf(Contains("AddOne(int64) -> int64"), Contains("Double(int64) -> int64"),
                    Contains("Hang()"), Contains("Count(int64) -> stream of int64"),
                    Contains("desk: int64")));
  EXPECT_THAT(bob.services(), IsEmpty());
  EXPECT_EQ(response.actors(1).urn(), parrot.urn().ToString());
  EXPECT_THAT(response.actors(1).services(), ElementsAre("troupe.testing.gateway.Parrot"));
  EXPECT_THAT(response.actors(1).methods(), Contains(StartsWith("Say(")));
}

TEST(GatewayActorsListTest, NamesComeInOrderAndInPages) {
  Office office;
  for (const std::string name : {"b", "c", "a", "bobby", "\xc3\xa4", "\xff"}) {
    ASSERT_TRUE(office.node->Register(name, office.clerk).ok());
  }
  EXPECT_THAT(NamesOf(office.client.List()),
              ElementsAre("a", "b", "bob", "bobby", "c", "\xc3\xa4", "\\xff"));
  v1::ListRequest request;
  request.set_prefix("b");
  EXPECT_THAT(NamesOf(office.client.List(request)), ElementsAre("b", "bob", "bobby"));
  request.set_page_size(2);
  v1::ListResponse page = office.client.List(request);
  EXPECT_THAT(NamesOf(page), ElementsAre("b", "bob"));
  ASSERT_NE(page.next_page_token(), "");
  request.set_page_token(page.next_page_token());
  page = office.client.List(request);
  EXPECT_THAT(NamesOf(page), ElementsAre("bobby"));
  EXPECT_EQ(page.next_page_token(), "");
  // The name that a page would begin with may be gone by then.
  office.node->system().Unregister("bobby");
  EXPECT_THAT(NamesOf(office.client.List(request)), IsEmpty());
  request.set_prefix("");
  EXPECT_THAT(NamesOf(office.client.List(request)), ElementsAre("c", "\xc3\xa4"));
}

TEST(GatewayActorsListTest, APageIsBounded) {
  Office office;
  for (int i = 0; i < 1001; ++i) {
    ASSERT_TRUE(office.node->Register(absl::StrCat("n", i), office.clerk).ok());
  }
  v1::ListRequest request;
  request.set_prefix("n");
  request.set_page_size(5000);
  v1::ListResponse page = office.client.List(request);
  EXPECT_EQ(page.actors_size(), 1000);
  request.set_page_token(page.next_page_token());
  page = office.client.List(request);
  EXPECT_THAT(NamesOf(page), ElementsAre("n999"));
  EXPECT_EQ(page.next_page_token(), "");
  // By its bytes, too.
  for (int i = 0; i < 3; ++i) {
    const std::string name = absl::StrCat("long ", i, std::string(700'000, 'x'));
    ASSERT_TRUE(office.node->Register(name, office.clerk).ok());
  }
  request.set_prefix("long");
  request.clear_page_token();
  page = office.client.List(request);
  EXPECT_EQ(page.actors_size(), 2);
  request.set_page_token(page.next_page_token());
  EXPECT_EQ(office.client.List(request).actors_size(), 1);
}

TEST(GatewayActorsListTest, AWrongRequestIsInvalid) {
  Office office;
  v1::ListRequest request;
  v1::ListResponse response;
  request.set_page_size(-1);
  EXPECT_EQ(office.client.List(request, &response).error_code(), Code::INVALID_ARGUMENT);
  request.set_page_size(0);
  request.set_page_token("?");
  EXPECT_EQ(office.client.List(request, &response).error_code(), Code::INVALID_ARGUMENT);
  request.set_page_token("Ym9i");  // bob
  EXPECT_TRUE(office.client.List(request, &response).ok());
  request.set_prefix("c");
  EXPECT_EQ(office.client.List(request, &response).error_code(), Code::INVALID_ARGUMENT);
}

TEST(GatewayActorsListTest, ANameOfAnActorElsewhereSaysWhere) {
  TwoOffices offices;
  const v1::ListResponse response = offices.here.client.List();
  ASSERT_THAT(NamesOf(response), ElementsAre("bob", "far"));
  const v1::NamedActor& far = response.actors(1);
  EXPECT_EQ(far.urn(), offices.there.clerk.urn().ToString());
  EXPECT_EQ(far.class_name(), "Clerk");
  EXPECT_EQ(far.node_address(), offices.there.node->address());
  EXPECT_THAT(far.methods(), IsEmpty());
}

}  // namespace
}  // namespace office
}  // namespace testing
}  // namespace troupe

// What is known of a service, and calls with the bytes of messages.

#include "runtime/service_info.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "runtime/actor_cell.h"
#include "tests/codegen/bank_actors.h"
#include "tests/codegen/no_package.troupe.h"
#include "tests/codegen/only_imports.troupe.h"
#include "tests/codegen/words.troupe.h"
#include "tests/node/sim_cluster.h"
#include "troupe.h"

namespace troupe {
namespace testing {
namespace {

using bank::Account;
using bank::Balance;
using bank::Teller;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ServiceInfoTest, NamesTheServiceAndItsRpcs) {
  const ServiceInfo& service = Account::TroupeService();
  EXPECT_EQ(service.full_name, "troupe.testing.bank.Account");
  EXPECT_EQ(service.actor_class, internal::TypeIdOf<Account>());
  ASSERT_THAT(service.rpcs, SizeIs(3));
  const RpcInfo& withdraw = service.rpcs[1];
  EXPECT_EQ(withdraw.name, "Withdraw");
  EXPECT_EQ(withdraw.path, "/troupe.testing.bank.Account/Withdraw");
  EXPECT_STREQ(withdraw.method, "Withdraw");
  EXPECT_FALSE(withdraw.server_streaming);
  EXPECT_EQ(&withdraw.request(), &bank::WithdrawRequest::default_instance());
  EXPECT_EQ(&withdraw.reply(), &Balance::default_instance());
  EXPECT_EQ(service.FindRpc("Withdraw"), &withdraw);
  EXPECT_EQ(service.FindRpc("withdraw"), nullptr);
}

TEST(ServiceInfoTest, MangledNamesAreTheActorsOnly) {
  const RpcInfo* rpc = words::operator_::TroupeService().FindRpc("new");
  ASSERT_NE(rpc, nullptr);
  EXPECT_STREQ(rpc->method, "new_");
  EXPECT_EQ(rpc->path, "/troupe.testing.words.operator/new");
}

TEST(ServiceInfoTest, HasTheDescriptors) {
  for (const ServiceInfo* service :
       {&Account::TroupeService(), &Teller::TroupeService(), &words::Search::TroupeService(),
        &TroupeTestingNotes::TroupeService(), &only_imports::Changer::TroupeService()}) {
    const auto* descriptor = service->descriptor();
    ASSERT_NE(descriptor, nullptr) << service->full_name;
    EXPECT_EQ(descriptor->full_name(), service->full_name);
    ASSERT_EQ(descriptor->method_count(), static_cast<int>(service->rpcs.size()));
    for (int i = 0; i < descriptor->method_count(); ++i) {
      EXPECT_EQ(descriptor->method(i)->name(), service->rpcs[i].name);
      EXPECT_EQ(descriptor->method(i)->input_type(), service->rpcs[i].request().GetDescriptor());
    }
  }
}

// Has a service, an interface that is none, and a member of its own.
class Clerk {
 public:
  virtual ~Clerk() = default;
  virtual int64_t Number() { return 1; }
};
TROUPE_ACTOR(Clerk, Number)

class Both : public MyAccount, public bank::Teller, public Clerk {
 public:
  using Implements = Interfaces<MyAccount, bank::Teller, Clerk>;
  Task<Balance> Transfer(bank::TransferRequest) override { return BalanceOf(0); }
};
TROUPE_ACTOR(MyAccount)

TEST(ServiceInfoTest, AClassKnowsTheServicesItImplements) {
  EXPECT_THAT(internal::ClassInfoOf<Account>().services, ElementsAre(&Account::TroupeService()));
  EXPECT_THAT(internal::ClassInfoOf<MyAccount>().services, ElementsAre(&Account::TroupeService()));
  EXPECT_THAT(internal::ClassInfoOf<Both>().services,
              ElementsAre(&Account::TroupeService(), &Teller::TroupeService()));
  EXPECT_THAT(internal::ClassInfoOf<Clerk>().services, IsEmpty());
  EXPECT_THAT(Hosts<MyAccount>().info->services, ElementsAre(&Account::TroupeService()));
}

// The outcome of a call with bytes; `finished` counts.
struct Record {
  int finished = 0;
  absl::Status status;
  std::string reply;
};

class RecordingCall final : public internal::InboundCall {
 public:
  explicit RecordingCall(std::shared_ptr<Record> record) : record_(std::move(record)) {}
  const internal::EncodeContext& encode_context() override { return context_; }
  void Started(internal::FutureCore*) override {}
  void Finish(const absl::Status& status, absl::string_view result) override {
    ++record_->finished;
    record_->status = status;
    record_->reply = std::string(result);
    delete this;
  }

 private:
  const std::shared_ptr<Record> record_;
  const internal::EncodeContext context_;
};

// An account here and one on another node: both are called the same way.
class BytesCallTest : public ::testing::TestWithParam<bool> {
 protected:
  BytesCallTest() {
    NodeOptions options;
    options.classes = {Hosts<MyAccount>()};
    for (int i = 0; i < 2; ++i) cluster.Add(options);
    cluster.ConnectAll();
    account = cluster[0].At(cluster.address(GetParam() ? 1 : 0)).Spawn<MyAccount>();
  }
  std::shared_ptr<Record> Call(absl::string_view rpc, const std::string& request,
                               const internal::InboundOptions& options = {}) {
    auto record = std::make_shared<Record>();
    auto* call = new RecordingCall(record);
    const absl::Status sent = Account::TroupeService().FindRpc(rpc)->receive(
        {account.recipient().get(), nullptr}, options, request, call);
    if (!sent.ok()) {
      EXPECT_EQ(record->finished, 0);
      record->status = sent;
      delete call;
    }
    cluster.RunFor(absl::Seconds(1));
    return record;
  }

  SimCluster cluster;
  Ref<Account> account;
};
INSTANTIATE_TEST_SUITE_P(HereAndThere, BytesCallTest, ::testing::Bool());

TEST_P(BytesCallTest, TheReplyIsTheBareMessage) {
  const auto call = Call("Deposit", DepositOf(5).SerializeAsString());
  EXPECT_EQ(call->finished, 1);
  EXPECT_EQ(call->status, absl::OkStatus());
  EXPECT_EQ(call->reply, BalanceOf(5).SerializeAsString());
}

TEST_P(BytesCallTest, AMessageOfDefaultsHasNoBytes) {
  const auto call = Call("Deposit", "");
  EXPECT_EQ(call->finished, 1);
  EXPECT_EQ(call->status, absl::OkStatus());
  EXPECT_EQ(call->reply, "");
}

TEST_P(BytesCallTest, TheMethodsErrorArrivesAsItIs) {
  const auto call = Call("Withdraw", WithdrawalOf(5).SerializeAsString());
  EXPECT_EQ(call->finished, 1);
  EXPECT_EQ(call->status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(call->status.GetPayload("amount"), absl::Cord("0"));
}

TEST_P(BytesCallTest, BytesThatAreNoRequestAreRefusedAndNothingIsSent) {
  const auto call = Call("Deposit", "\x08");
  EXPECT_EQ(call->finished, 0);
  EXPECT_EQ(call->status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(call->status.message()),
              ::testing::HasSubstr("these 1 bytes are no troupe.testing.bank.DepositRequest"));
}

TEST_P(BytesCallTest, TheDeadlineHolds) {
  // The account sleeps for a millisecond.
  const auto call =
      Call("Withdraw", "", {.deadline = cluster.clock.Now() + absl::Microseconds(10)});
  EXPECT_EQ(call->finished, 1);
  EXPECT_EQ(call->status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(BytesCallTest, AnActorThatIsGoneIsNotFound) {
  EXPECT_EQ(Call("Close", "")->status, absl::OkStatus());
  const auto call = Call("Deposit", "");
  EXPECT_EQ(call->finished, 1);
  EXPECT_EQ(call->status.code(), absl::StatusCode::kNotFound);
}

TEST(ParseRequestTest, ARequiredFieldThatIsMissingIsAnError) {
  TroupeTestingNote note;
  EXPECT_EQ(internal::ParseRequest("Take", "", &note),
            internal::ParseRequest("Take", absl::string_view(), &note));
  EXPECT_EQ(internal::ParseRequest("Take", "", &note).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(internal::ParseRequest("Take", absl::string_view("\n\1x"), &note).ok());
  EXPECT_EQ(note.text(), "x");
}

}  // namespace
}  // namespace testing
}  // namespace troupe

// Stock gRPC clients in C++ and Python, in processes of their own, call actors on two nodes in
// processes of their own: where the actor lives, and by way of the other node.

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/process.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::StartsWith;

constexpr char kCancelled[] = "1 ";
constexpr char kInvalidArgument[] = "3 ";
constexpr char kDeadlineExceeded[] = "4 ";
constexpr char kNotFound[] = "5 ";
constexpr char kResourceExhausted[] = "8 ";
constexpr char kFailedPrecondition[] = "9 ";
constexpr char kUnimplemented[] = "12 ";
constexpr char kUnavailable[] = "14 ";

constexpr int kMessageBytes = 2'000'000;

// A process that answers each line with one.
class Answering {
 public:
  Answering(const std::string& program, const std::vector<std::string>& flags)
      : process_(program, flags) {}

  void Send(const std::string& line) { process_.WriteLine(line); }
  std::string Read() { return process_.ReadLine(); }
  std::string Ask(const std::string& line) {
    Send(line);
    return Read();
  }
  ChildProcess& process() { return process_; }

 private:
  ChildProcess process_;
};

std::unique_ptr<Answering> StartNode() {
  return std::make_unique<Answering>(
      ProgramPath("gateway_node"),
      std::vector<std::string>{"--listen=" + TestNode::OwnLoopbackAddress(),
                               absl::StrCat("--message_bytes=", kMessageBytes)});
}

enum class Way { kFirstNode, kSecondNode, kForwarded };

class GatewayStockClientsTest
    : public ::testing::TestWithParam<std::tuple<const char* /*client*/, Way>> {
 protected:
  GatewayStockClientsTest()
      : first_(StartNode()),
        second_(StartNode()),
        first_address_(first_->Read()),
        second_address_(second_->Read()),
        client_(ProgramPath(std::get<0>(GetParam())), {}) {
    EXPECT_EQ(first_->Ask("register far " + second_address_ + " polly"), "OK");
    switch (std::get<1>(GetParam())) {
      case Way::kFirstNode:
        here_ = first_address_;
        actor_ = "polly";
        break;
      case Way::kSecondNode:
        here_ = second_address_;
        actor_ = "polly";
        break;
      case Way::kForwarded:
        here_ = first_address_;
        actor_ = "far";
        break;
    }
  }

  bool forwarded() const { return std::get<1>(GetParam()) == Way::kForwarded; }
  // The node where the actor lives.
  Answering& home() { return std::get<1>(GetParam()) == Way::kFirstNode ? *first_ : *second_; }
  const std::string& home_address() const {
    return std::get<1>(GetParam()) == Way::kFirstNode ? first_address_ : second_address_;
  }

  // `command ADDRESS ACTOR rest`.
  std::string Line(const std::string& command, const std::string& rest) const {
    return LineTo(actor_, command, rest);
  }
  std::string LineTo(const std::string& actor, const std::string& command,
                     const std::string& rest) const {
    return absl::StrCat(command, " ", here_, " ", actor, " ", rest);
  }
  std::string Call(const std::string& command, const std::string& rest) {
    return client_.Ask(Line(command, rest));
  }
  std::string CallRaw(const std::string& method, const std::string& hex) {
    return Call("raw", absl::StrCat(method, " ", hex));
  }
  void AwaitThere(const std::string& event) {
    ASSERT_EQ(home().Ask(absl::StrCat("await ", event, " 1")), "OK");
  }

  const std::unique_ptr<Answering> first_;
  const std::unique_ptr<Answering> second_;
  const std::string first_address_;
  const std::string second_address_;
  Answering client_;
  std::string here_;  // the node that is called
  std::string actor_;
};

std::string ParamName(const ::testing::TestParamInfo<std::tuple<const char*, Way>>& info) {
  constexpr const char* kWays[] = {"FirstNode", "SecondNode", "Forwarded"};
  const auto& [client, way] = info.param;
  return absl::StrCat(client == std::string("stock_client") ? "Cpp" : "Python",
                      kWays[static_cast<int>(way)]);
}
INSTANTIATE_TEST_SUITE_P(Clients, GatewayStockClientsTest,
                         ::testing::Combine(::testing::Values("stock_client", "stock_client_py"),
                                            ::testing::Values(Way::kFirstNode, Way::kSecondNode,
                                                              Way::kForwarded)),
                         ParamName);

TEST_P(GatewayStockClientsTest, CallsAreAnsweredWhereTheActorLives) {
  EXPECT_EQ(Call("say", "hello"), "0 hello " + home_address());
  EXPECT_EQ(Call("resize", "10 900000"), "0 900000");
  EXPECT_EQ(Call("resize", "900000 10"), "0 10");
}

TEST_P(GatewayStockClientsTest, ErrorsKeepCodeTextAndDetails) {
  EXPECT_EQ(Call("fail", "9 no thanks"), "9 no with thanks");
  EXPECT_EQ(Call("fail", "15 lost detail"), "15 lost with detail");
}

TEST_P(GatewayStockClientsTest, StreamsComeInOrder) {
  EXPECT_EQ(Call("count", "0 0"), "0 0");
  EXPECT_EQ(Call("count", "5000 0"), "0 5000");
  EXPECT_EQ(Call("count", "50 100000"), "0 50");
}

TEST_P(GatewayStockClientsTest, DeadlinesEndCallsAndStreams) {
  EXPECT_THAT(Call("hang", "300"), StartsWith(kDeadlineExceeded));
  client_.Send(Line("hang_stream", "300"));
  std::string answer;
  do {
    answer = client_.Read();
  } while (answer == "item");
  EXPECT_THAT(answer, StartsWith(kDeadlineExceeded));
  EXPECT_EQ(Call("say", "free"), "0 free " + home_address());
}

TEST_P(GatewayStockClientsTest, TheMethodSeesACancellation) {
  ASSERT_EQ(client_.Ask("cancel"), "1");
  client_.Send(Line("hang", "0"));
  AwaitThere("hanging");
  EXPECT_THAT(client_.Ask("now"), StartsWith(kCancelled));
  AwaitThere("hung");
}

TEST_P(GatewayStockClientsTest, TheGeneratorSeesACancellation) {
  ASSERT_EQ(client_.Ask("cancel"), "1");
  client_.Send(Line("hang_stream", "0"));
  ASSERT_EQ(client_.Read(), "item");
  AwaitThere("stream_hanging");
  EXPECT_THAT(client_.Ask("now"), StartsWith(kCancelled));
  AwaitThere("stream_hung");
}

TEST_P(GatewayStockClientsTest, MetadataGoesBothWays) {
  // Only the deadline goes along to another node.
  EXPECT_EQ(Call("look", "some-key value"), forwarded()
                                                ? "0 seen=0 deadline=1 initial= trailing=0"
                                                : "0 seen=1 deadline=1 initial=before trailing=2");
}

TEST_P(GatewayStockClientsTest, WrongActorsAndMethodsHaveTheirCodes) {
  EXPECT_THAT(client_.Ask(LineTo("nobody", "say", "x")), StartsWith(kNotFound));
  EXPECT_THAT(client_.Ask(LineTo("", "say", "x")), StartsWith(kFailedPrecondition));
  EXPECT_THAT(client_.Ask(LineTo("urn:uuid:1", "say", "x")), StartsWith(kInvalidArgument));
  EXPECT_THAT(client_.Ask(LineTo("other", "say", "x")), StartsWith(kUnimplemented));
  EXPECT_THAT(CallRaw("/troupe.testing.gateway.Parrot/Sing", ""), StartsWith(kUnimplemented));
  EXPECT_THAT(CallRaw("/no.such.Service/Say", ""), StartsWith(kUnimplemented));
  EXPECT_EQ(Call("say", "unharmed"), "0 unharmed " + home_address());
}

TEST_P(GatewayStockClientsTest, RequestsThatCannotBeTakenHaveTheirCodes) {
  EXPECT_THAT(CallRaw("/troupe.testing.gateway.Parrot/Say", "ffffff"),
              StartsWith(kInvalidArgument));
  EXPECT_THAT(CallRaw("/troupe.testing.gateway.Parrot/Count", "ffffff"),
              StartsWith(kInvalidArgument));
  EXPECT_THAT(Call("resize", absl::StrCat(kMessageBytes + 1, " 0")),
              StartsWith(kResourceExhausted));
  EXPECT_THAT(Call("resize", absl::StrCat("0 ", kMessageBytes + 1)),
              StartsWith(kResourceExhausted));
  EXPECT_THAT(Call("count", absl::StrCat("1 ", kMessageBytes + 1)), StartsWith(kResourceExhausted));
  EXPECT_EQ(Call("say", "unharmed"), "0 unharmed " + home_address());
}

TEST_P(GatewayStockClientsTest, TheDeathOfTheNodeIsUnavailable) {
  client_.Send(Line("hang", "0"));
  AwaitThere("hanging");
  home().process().Kill();
  EXPECT_THAT(client_.Read(), StartsWith(kUnavailable));
  EXPECT_THAT(Call("say", "x"), StartsWith(kUnavailable));
}

TEST_P(GatewayStockClientsTest, TheDeathOfTheNodeEndsStreams) {
  client_.Send(Line("hang_stream", "0"));
  ASSERT_EQ(client_.Read(), "item");
  AwaitThere("stream_hanging");
  home().process().Kill();
  EXPECT_THAT(client_.Read(), StartsWith(kUnavailable));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

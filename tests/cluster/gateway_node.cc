// A node with a parrot, for the tests with stock gRPC clients. Its first line is its address; then
// it obeys the lines of its standard input, each of which it answers with one:
//   register NAME ADDRESS OTHER  the actor OTHER of the node there is called NAME here
//   await EVENT COUNT            answers when the parrot has done this (_ for spaces) so often
// Ends in good order when its standard input is closed, at once when its parent ends.

#include <signal.h>
#include <sys/prctl.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/cluster/timing.h"
#include "tests/node/gateway_test_util.h"
#include "troupe.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "NodeOptions::listen");
ABSL_FLAG(uint64_t, message_bytes, 2'000'000, "NodeLimits::message_bytes");

namespace troupe {
namespace testing {
namespace {

std::string Obey(const Node& node, Events* events, const std::string& line) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  int count = 0;
  if (words[0] == "register" && words.size() == 4) {
    const absl::StatusOr<AnyRef> found = node.At(words[2]).Find(words[3]).Get(absl::Seconds(60));
    if (!found.ok()) return found.status().ToString();
    return node.Register(words[1], *found).ToString();
  }
  if (words[0] == "await" && words.size() == 3 && absl::SimpleAtoi(words[2], &count)) {
    events->Await(absl::StrReplaceAll(words[1], {{"_", " "}}), count);
    return "OK";
  }
  return absl::StrCat("unknown: ", line);
}

int Run() {
  NodeOptions options;
  options.listen = absl::GetFlag(FLAGS_listen);
  options.heartbeat = kHeartbeat;
  options.down_after = kDownAfter;
  options.limits.message_bytes = absl::GetFlag(FLAGS_message_bytes);
  const std::unique_ptr<Node> node = MakeGatewayNode(std::move(options));
  const auto events = std::make_shared<Events>();
  (void)node->Spawn<Parrot>(SpawnOptions{.name = "polly"}, events);
  (void)node->Spawn<OtherActor>(SpawnOptions{.name = "other"});
  std::cout << node->address() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << Obey(*node, events.get(), line) << std::endl;
  }
  node->Shutdown();
  return 0;
}

}  // namespace
}  // namespace testing
}  // namespace troupe

int main(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  absl::ParseCommandLine(argc, argv);
  return troupe::testing::Run();
}

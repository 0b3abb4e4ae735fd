// A node that hosts the actors of the other examples, for those that take --node or --nodes: other
// nodes and clients may spawn them here, and find two that are here already, "adder" and "plain".
// Runs until SIGINT or SIGTERM; then it finishes what was called, and takes nothing new.

#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "examples/counter/actors.h"
#include "examples/flags/node_flags.h"
#include "examples/plain_actor/actors.h"
#include "examples/wordcount/actors.h"
#include "troupe.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:7000",
          "where others reach this node: host:port (port 0: any free one) or unix:PATH");

namespace {

constexpr absl::Duration kDrainTime = absl::Seconds(10);

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

absl::Status Run() {
  troupe::NodeOptions options = NodeOptionsFromFlags(absl::GetFlag(FLAGS_listen));
  options.classes = {
      troupe::Hosts<Adder>(),
      troupe::Hosts<Bookkeeper, troupe::Ref<Adder>>(),
      troupe::Hosts<PlainActor>(),
      troupe::Hosts<wordcount::Mapper, troupe::Ref<wordcount::FileQueue>,
                    std::vector<troupe::Ref<wordcount::Reducer>>>(),
      troupe::Hosts<wordcount::Reducer, troupe::Ref<wordcount::FileQueue>>(),
  };
  // Before there are threads, which inherit it: nobody but sigwait below takes these signals.
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto node = troupe::Node::Create(std::move(options));
  if (!node.ok()) return node.status();
  (*node)->Spawn<Adder>({.name = "adder"});
  (*node)->Spawn<PlainActor>({.name = "plain"});
  std::cout << "listening at " << (*node)->address() << std::endl;

  int signal = 0;
  sigwait(&signals, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one ends the program at once
  std::cerr << "host: signal " << signal << ", finishing what was called" << std::endl;
  if (const absl::Status drained = (*node)->Drain(kDrainTime); !drained.ok()) {
    std::cerr << "host: " << drained << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("hosts the examples' actors: host [--listen=ADDRESS]");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  const absl::Status status =
      arguments.size() > 1
          ? absl::InvalidArgumentError(absl::StrCat(
                "\"", arguments[1], "\" is no flag; an address is given as --listen=ADDRESS"))
          : Run();
  if (!status.ok()) {
    std::cerr << "host: " << status << "\n";
    return 1;
  }
}

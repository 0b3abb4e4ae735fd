// Two actors that talk to each other: a bookkeeper counts to 10 with the help of an adder. It
// awaits the adder's answers in a coroutine or, with --blocking, with a Get() inside of its method.
//
// With --node one of them lives in another process (examples/host): the adder or, with
// --remote_bookkeeper, the bookkeeper, which then calls this process back. One line differs.

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "examples/counter/actors.h"
#include "examples/flags/node_flags.h"
#include "troupe.h"

ABSL_FLAG(bool, blocking, false, "wait for the adder with Get() instead of co_await");
ABSL_FLAG(int64_t, target, 10, "what is counted to");
ABSL_FLAG(std::string, node, "",
          "address of the node where one of the actors lives (see examples/host); empty: both live "
          "in this process");
ABSL_FLAG(std::string, listen, "127.0.0.1:0",
          "with --node: where that node calls this process back: host:port (port 0: any free one) "
          "or unix:PATH");
ABSL_FLAG(bool, remote_bookkeeper, false,
          "with --node: it is the bookkeeper who lives there, and the adder here");

absl::Status Count(const troupe::Ref<Bookkeeper>& bookkeeper) {
  const int64_t target = absl::GetFlag(FLAGS_target);
  return (absl::GetFlag(FLAGS_blocking) ? bookkeeper->CountToBlocking(target)
                                        : bookkeeper->CountTo(target))
      .Get();
}

absl::Status RunHere() {
  troupe::ActorSystem system;
  auto adder = system.Spawn<Adder>();
  auto bookkeeper = system.Spawn<Bookkeeper>(adder);
  return Count(bookkeeper);
}

absl::Status RunWithAdderAt(const std::string& address, const troupe::Node& node) {
  auto adder = node.At(address).Spawn<Adder>();
  auto bookkeeper = node.Spawn<Bookkeeper>(adder);
  absl::Status status = Count(bookkeeper);
  (void)adder.Stop().Get();  // or it would live on when this program is gone
  return status;
}

absl::Status RunWithBookkeeperAt(const std::string& address, const troupe::Node& node) {
  auto adder = node.Spawn<Adder>();
  auto bookkeeper = node.At(address).Spawn<Bookkeeper>(adder);
  absl::Status status = Count(bookkeeper);
  (void)bookkeeper.Stop().Get();
  return status;
}

absl::Status Run() {
  const std::string address = absl::GetFlag(FLAGS_node);
  const bool remote_bookkeeper = absl::GetFlag(FLAGS_remote_bookkeeper);
  if (address.empty()) {
    if (!remote_bookkeeper) return RunHere();
    return absl::InvalidArgumentError("--remote_bookkeeper needs --node=ADDRESS, of examples/host");
  }
  auto node = troupe::Node::Create(NodeOptionsFromFlags(absl::GetFlag(FLAGS_listen)));
  if (!node.ok()) return node.status();
  return remote_bookkeeper ? RunWithBookkeeperAt(address, **node) : RunWithAdderAt(address, **node);
}

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("counts to 10 with two actors: counter [--node=ADDRESS]");
  absl::ParseCommandLine(argc, argv);
  if (const absl::Status status = Run(); !status.ok()) {
    std::cerr << "counter: " << status << "\n";
    return 1;
  }
}

// Two actors that talk to each other: a bookkeeper counts to 10 with the help of an adder. It
// awaits the adder's answers in a coroutine or, with --blocking, with a Get() inside of its method.

#include <iostream>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "examples/counter/actors.h"
#include "troupe.h"

ABSL_FLAG(bool, blocking, false, "wait for the adder with Get() instead of co_await");

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("counts to 10 with two actors");
  absl::ParseCommandLine(argc, argv);

  troupe::ActorSystem system;
  auto adder = system.Spawn<Adder>();
  auto bookkeeper = system.Spawn<Bookkeeper>(adder);
  troupe::Future<void> counted =
      absl::GetFlag(FLAGS_blocking) ? bookkeeper->CountToBlocking(10) : bookkeeper->CountTo(10);
  if (const absl::Status status = counted.Get(); !status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
}

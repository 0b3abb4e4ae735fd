// A plain actor: it has no exported methods, it takes messages that are dictionaries, as in
// Python's Pykka. This one stores every message it is sent, and prints them all when it is asked
// to. With --node it lives in another process (examples/host), and prints there.

#include <iostream>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "examples/flags/tls_flags.h"
#include "examples/plain_actor/actors.h"
#include "troupe.h"

ABSL_FLAG(std::string, node, "",
          "address of the node where the actor lives (see examples/host); empty: it lives here");

absl::Status Talk(const troupe::Ref<PlainActor>& actor) {
  actor.Tell({{"no", "Norway"}, {"se", "Sweden"}});
  actor.Tell({{"a", 3}, {"b", 4}, {"c", 5}});
  return actor.Ask({{"command", "print"}}).Get().status();
}

absl::Status RunHere() {
  troupe::ActorSystem system;
  auto actor = system.Spawn<PlainActor>();
  return Talk(actor);
}

// This process hosts nothing that others could call, so it needs no Node: a Client is enough.
absl::Status RunAt(const std::string& node) {
  auto client = troupe::Client::Create({.tls = TlsFromFlags()});
  if (!client.ok()) return client.status();
  auto actor = (*client)->At(node).Spawn<PlainActor>();
  absl::Status status = Talk(actor);
  (void)actor.Stop().Get();  // or it would live on when this program is gone
  return status;
}

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("sends dictionaries to an actor: plain_actor [--node=ADDRESS]");
  absl::ParseCommandLine(argc, argv);
  const std::string node = absl::GetFlag(FLAGS_node);
  const absl::Status status = node.empty() ? RunHere() : RunAt(node);
  if (!status.ok()) {
    std::cerr << "plain_actor: " << status << "\n";
    return 1;
  }
}

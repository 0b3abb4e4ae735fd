// The other process of the tests with several processes: a node that hosts the actors of actors.h.
// Writes its address, one line, and ends in good order when its standard input is closed, at once
// when its parent ends.

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/cluster/actors.h"
#include "tests/cluster/timing.h"
#include "troupe.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "NodeOptions::listen");
ABSL_FLAG(std::string, advertise, "", "NodeOptions::advertise");
ABSL_FLAG(std::string, name, "test_node", "NodeOptions::name");
ABSL_FLAG(bool, insecure, false, "NodeOptions::insecure");
ABSL_FLAG(absl::Duration, heartbeat, troupe::testing::kHeartbeat, "NodeOptions::heartbeat");
ABSL_FLAG(absl::Duration, down_after, troupe::testing::kDownAfter, "NodeOptions::down_after");
ABSL_FLAG(int, threads, 2, "SystemOptions::threads");
ABSL_FLAG(uint64_t, message_bytes, 0, "NodeLimits::message_bytes; as the following, 0: default");
ABSL_FLAG(uint64_t, outbox_bytes, 0, "NodeLimits::outbox_bytes");
ABSL_FLAG(uint64_t, inbound_bytes, 0, "NodeLimits::inbound_bytes");
ABSL_FLAG(uint32_t, pending_calls, 0, "NodeLimits::pending_calls");
ABSL_FLAG(uint32_t, connections, 0, "NodeLimits::connections");
ABSL_FLAG(uint32_t, handshakes, 0, "NodeLimits::handshakes");
ABSL_FLAG(std::string, tls_certificate, "", "TlsFiles::certificate");
ABSL_FLAG(std::string, tls_private_key, "", "TlsFiles::private_key");
ABSL_FLAG(std::string, tls_authorities, "", "TlsFiles::authorities");
ABSL_FLAG(std::string, only_caller, "",
          "the common name of the certificate whose holder alone may call");
ABSL_FLAG(bool, own_network, false, "in a network namespace of its own; needs root");

namespace {

template <typename T, typename F>
void SetIfGiven(T* limit, const F& flag) {
  if (absl::GetFlag(flag) != 0) *limit = absl::GetFlag(flag);
}

troupe::NodeOptions OptionsFromFlags() {
  troupe::NodeOptions options;
  options.listen = absl::GetFlag(FLAGS_listen);
  options.advertise = absl::GetFlag(FLAGS_advertise);
  options.name = absl::GetFlag(FLAGS_name);
  options.classes = troupe::testing::AllTestClasses();
  options.insecure = absl::GetFlag(FLAGS_insecure);
  options.heartbeat = absl::GetFlag(FLAGS_heartbeat);
  options.down_after = absl::GetFlag(FLAGS_down_after);
  options.system.threads = absl::GetFlag(FLAGS_threads);
  SetIfGiven(&options.limits.message_bytes, FLAGS_message_bytes);
  SetIfGiven(&options.limits.outbox_bytes, FLAGS_outbox_bytes);
  SetIfGiven(&options.limits.inbound_bytes, FLAGS_inbound_bytes);
  SetIfGiven(&options.limits.pending_calls, FLAGS_pending_calls);
  SetIfGiven(&options.limits.connections, FLAGS_connections);
  SetIfGiven(&options.limits.handshakes, FLAGS_handshakes);
  options.tls.certificate = absl::GetFlag(FLAGS_tls_certificate);
  options.tls.private_key = absl::GetFlag(FLAGS_tls_private_key);
  options.tls.authorities = absl::GetFlag(FLAGS_tls_authorities);
  options.tls.reload_interval = absl::Seconds(1);
  if (const std::string only = absl::GetFlag(FLAGS_only_caller); !only.empty()) {
    options.authorize = [only](const troupe::Caller& caller, absl::string_view interface,
                               absl::string_view method) {
      if (caller.authenticated && caller.common_name == only) return absl::OkStatus();
      return absl::PermissionDeniedError(absl::StrCat(interface, ".", method));
    };
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  absl::ParseCommandLine(argc, argv);
  if (absl::GetFlag(FLAGS_own_network) && unshare(CLONE_NEWNET) != 0) {
    std::cerr << "test_node: no network namespace\n";
    return 1;
  }
  auto node = troupe::Node::Create(OptionsFromFlags());
  if (!node.ok()) {
    std::cerr << "test_node: " << node.status() << "\n";
    return 1;
  }
  (*node)->Spawn<troupe::testing::Worker>(troupe::SpawnOptions{.name = "worker"});
  (*node)->Spawn<troupe::testing::Sink>(troupe::SpawnOptions{.name = "sink"});
  std::cout << (*node)->address() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "abort") abort();
  }
  (*node)->Shutdown();
  return 0;
}

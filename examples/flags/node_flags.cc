#include "examples/flags/node_flags.h"

#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "examples/flags/tls_flags.h"

ABSL_FLAG(std::string, advertise, "",
          "what other nodes are told instead of --listen, as with --listen=0.0.0.0:7000; port 0 "
          "stands for the one that was found");
ABSL_FLAG(std::string, name, "", "what this node is called in logs");
ABSL_FLAG(bool, insecure, false,
          "listen beyond this machine without TLS: everybody who reaches the port may call");

troupe::NodeOptions NodeOptionsFromFlags(std::string listen) {
  return {.listen = std::move(listen),
          .advertise = absl::GetFlag(FLAGS_advertise),
          .name = absl::GetFlag(FLAGS_name),
          .tls = TlsFromFlags(),
          .insecure = absl::GetFlag(FLAGS_insecure)};
}

#ifndef TROUPE_RUNTIME_CALLER_H_
#define TROUPE_RUNTIME_CALLER_H_

#include <string>
#include <vector>

namespace troupe {

// Who calls from elsewhere: for the authorization hook (NodeOptions::authorize), and for methods
// that gRPC clients call (CallContext::client).
struct Caller {
  // The peer showed a certificate that this node's authorities vouch for.
  bool authenticated = false;
  // Of that certificate: its common name, and its subject alternative names.
  std::string common_name = {};
  std::vector<std::string> alternative_names = {};
  // Where it calls from, as gRPC writes it ("ipv4:10.0.0.7:51234", "unix:"). For logs.
  std::string transport_address = {};
  // What the other node says it is called. Not verified. Empty for gRPC clients.
  std::string node_name = {};
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_CALLER_H_

#include "node/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace troupe::internal {
namespace {

constexpr absl::string_view kUnixPrefix = "unix:";
constexpr size_t kMaxHostName = 253;  // RFC 1035

absl::Status Invalid(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("bad address \"", text.substr(0, 300), "\": ", why,
                   "; right are \"10.0.0.7:7000\", \"[::1]:7000\" and \"unix:/run/node.sock\""));
}

bool IsHostName(absl::string_view host) {
  if (host.empty() || host.size() > kMaxHostName) return false;
  for (const char c : host) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '-' && c != '_') return false;
  }
  return true;
}

bool IsIpv6(const std::string& host) {
  // A zone ("fe80::1%eth0") is not part of what inet_pton takes.
  in6_addr unused;
  return inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &unused) == 1;
}

absl::StatusOr<Address> ParseUnix(absl::string_view text, absl::string_view path) {
  if (path.empty()) return Invalid(text, "it has no path");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Invalid(
        text, absl::StrCat("the path has more than ", sizeof(sockaddr_un::sun_path) - 1, " bytes"));
  }
  if (path.find('\0') != absl::string_view::npos) return Invalid(text, "the path has a zero byte");
  Address address;
  address.path = std::string(path);
  return address;
}

}  // namespace

absl::StatusOr<Address> Address::Parse(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, kUnixPrefix)) return ParseUnix(text, rest);
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return Invalid(text, "it has no port");
  Address address;
  absl::string_view host = text.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]") || !IsIpv6(std::string(host))) {
      return Invalid(text, "there is no IPv6 address in the brackets");
    }
  } else if (host.find(':') != absl::string_view::npos) {
    return Invalid(text, "an IPv6 address needs brackets");
  } else if (!IsHostName(host)) {
    return Invalid(text, "it has no host name");
  }
  address.host = std::string(host);
  const absl::string_view port = text.substr(colon + 1);
  uint32_t number = 0;
  if (port.empty() || port.size() > 5 || !absl::ascii_isdigit(port[0]) ||
      !absl::SimpleAtoi(port, &number) || number > UINT16_MAX) {
    return Invalid(text, "the port is no number up to 65535");
  }
  address.port = static_cast<uint16_t>(number);
  return address;
}

bool Address::IsLoopback() const {
  if (is_unix() || absl::EqualsIgnoreCase(host, "localhost")) return true;
  in_addr v4;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6;
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

std::string Address::ToString() const {
  if (is_unix()) return absl::StrCat(kUnixPrefix, path);
  if (host.find(':') != std::string::npos) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

}  // namespace troupe::internal

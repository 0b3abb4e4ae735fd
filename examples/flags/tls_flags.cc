#include "examples/flags/tls_flags.h"

#include <string>

#include "absl/flags/flag.h"

ABSL_FLAG(std::string, tls_certificate, "", "PEM file with the certificate of this program");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the private key of --tls_certificate");
ABSL_FLAG(std::string, tls_authorities, "",
          "PEM file with the authorities that others' certificates are checked against");

troupe::TlsFiles TlsFromFlags() {
  return {.certificate = absl::GetFlag(FLAGS_tls_certificate),
          .private_key = absl::GetFlag(FLAGS_tls_key),
          .authorities = absl::GetFlag(FLAGS_tls_authorities)};
}

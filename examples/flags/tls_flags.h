#ifndef TROUPE_EXAMPLES_FLAGS_TLS_FLAGS_H_
#define TROUPE_EXAMPLES_FLAGS_TLS_FLAGS_H_

#include "troupe.h"

// What the flags --tls_certificate, --tls_key and --tls_authorities say; none of them: no TLS.
troupe::TlsFiles TlsFromFlags();

#endif  // TROUPE_EXAMPLES_FLAGS_TLS_FLAGS_H_

#ifndef TROUPE_EXAMPLES_FLAGS_NODE_FLAGS_H_
#define TROUPE_EXAMPLES_FLAGS_NODE_FLAGS_H_

#include <string>

#include "troupe.h"

// A node that listens at `listen`, with what the flags --advertise, --name, --insecure and those of
// tls_flags.h say.
troupe::NodeOptions NodeOptionsFromFlags(std::string listen);

#endif  // TROUPE_EXAMPLES_FLAGS_NODE_FLAGS_H_

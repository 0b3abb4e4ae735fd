#ifndef TROUPE_TROUPE_TESTING_H_
#define TROUPE_TROUPE_TESTING_H_

// What tests of actors include besides troupe.h: deps = ["@troupe//:testing"].

#include "runtime/testing/manual_executor.h"  // IWYU pragma: export
#include "runtime/testing/probe.h"            // IWYU pragma: export
#include "runtime/testing/virtual_clock.h"    // IWYU pragma: export

#endif  // TROUPE_TROUPE_TESTING_H_

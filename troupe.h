#ifndef TROUPE_TROUPE_H_
#define TROUPE_TROUPE_H_

// All that users of Troupe include.

#include "node/node.h"              // IWYU pragma: export
#include "runtime/actor.h"          // IWYU pragma: export
#include "runtime/aggregate.h"      // IWYU pragma: export
#include "runtime/any_ref.h"        // IWYU pragma: export
#include "runtime/call_context.h"   // IWYU pragma: export
#include "runtime/call_options.h"   // IWYU pragma: export
#include "runtime/caller.h"         // IWYU pragma: export
#include "runtime/client_info.h"    // IWYU pragma: export
#include "runtime/codec.h"          // IWYU pragma: export
#include "runtime/down.h"           // IWYU pragma: export
#include "runtime/errors.h"         // IWYU pragma: export
#include "runtime/exports.h"        // IWYU pragma: export
#include "runtime/future.h"         // IWYU pragma: export
#include "runtime/ref.h"            // IWYU pragma: export
#include "runtime/service_info.h"   // IWYU pragma: export
#include "runtime/spawn_options.h"  // IWYU pragma: export
#include "runtime/stream.h"         // IWYU pragma: export
#include "runtime/system.h"         // IWYU pragma: export
#include "runtime/task.h"           // IWYU pragma: export
#include "runtime/urn.h"            // IWYU pragma: export
#include "runtime/value.h"          // IWYU pragma: export
#include "runtime/value_convert.h"  // IWYU pragma: export

#endif  // TROUPE_TROUPE_H_

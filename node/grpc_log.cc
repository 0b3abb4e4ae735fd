#include "node/grpc_log.h"

#include <glog/logging.h>
#include <grpc/support/log.h>

#include <cstdlib>

namespace troupe::internal {
namespace {

void Forward(gpr_log_func_args* args) {
  LOG_EVERY_T(WARNING, 1) << "gRPC: " << args->message << " (" << args->file << ":" << args->line
                          << ")";
}

}  // namespace

void LimitGrpcLog() {
  static const bool unused = [] {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function(Forward);
    return true;
  }();
  static_cast<void>(unused);
}

}  // namespace troupe::internal

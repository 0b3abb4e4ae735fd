#include <utility>

#include "node/cli/commands.h"

namespace troupe::cli {

absl::StatusOr<std::unique_ptr<Session>> Session::Create(const Options& options, Output* output) {
  auto connection = Connection::Create(options.arguments[0], options);
  if (!connection.ok()) return connection.status();
  return std::unique_ptr<Session>(new Session(options, output, *std::move(connection)));
}

Session::Session(const Options& options, Output* output, std::unique_ptr<Connection> connection)
    : options_(options),
      output_(output),
      connection_(std::move(connection)),
      reflection_(connection_.get()),
      factory_(&reflection_.pool()),
      types_{.pool = &reflection_.pool(), .factory = &factory_} {}

}  // namespace troupe::cli

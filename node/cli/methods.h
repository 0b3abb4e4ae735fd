#ifndef TROUPE_NODE_CLI_METHODS_H_
#define TROUPE_NODE_CLI_METHODS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "node/cli/connection.h"
#include "node/cli/reflection_pool.h"

namespace troupe::cli {

// `/bank.v1.Account/Deposit`
std::string PathOf(const google::protobuf::MethodDescriptor& method);
// `bank.v1.Account/Deposit`, as users write it.
std::string NameOf(const google::protobuf::MethodDescriptor& method);

// The rpcs that a name may mean: `Deposit`, `/Deposit`, `Account/Deposit`,
// `bank.v1.Account/Deposit` or, with dots, `Account.Deposit`. Built-in services only by their full
// names, or if no other has it and `built_in`.
absl::StatusOr<std::vector<const google::protobuf::MethodDescriptor*>> MethodsNamed(
    ReflectionPool* reflection, absl::string_view name, bool built_in);

// The rpc that `troupe call ADDRESS ACTOR METHOD` means; null: METHOD is to be called by name.
// UsageError: several rpcs, or a service that is not there.
absl::StatusOr<const google::protobuf::MethodDescriptor*> ResolveMethod(Connection* connection,
                                                                        ReflectionPool* reflection,
                                                                        const std::string& actor,
                                                                        const std::string& name);

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_METHODS_H_

#ifndef TROUPE_CODEGEN_CHECK_H_
#define TROUPE_CODEGEN_CHECK_H_

// What in a .proto file cannot become actors.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace troupe::codegen {

// How many members TROUPE_ACTOR exports.
inline constexpr int kMaxMethods = 256;

// `bank/account.proto:12:3: message`, one for each problem, in the order of the file.
std::vector<std::string> Problems(const google::protobuf::FileDescriptor& file,
                                  absl::string_view services_namespace);

}  // namespace troupe::codegen

#endif  // TROUPE_CODEGEN_CHECK_H_

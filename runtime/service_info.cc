#include "runtime/service_info.h"

#include <climits>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace troupe {

const RpcInfo* ServiceInfo::FindRpc(absl::string_view name) const {
  for (const RpcInfo& rpc : rpcs) {
    if (rpc.name == name) return &rpc;
  }
  return nullptr;
}

namespace internal {

absl::Status ParseRequest(const char* method, absl::string_view bytes,
                          google::protobuf::MessageLite* request) {
  // Partial, because protobuf logs a line of its own when it finds a required field missing.
  if (bytes.size() > INT_MAX ||
      !request->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !request->IsInitialized()) {
    return BadArgumentsError(
        method, absl::StrCat("these ", bytes.size(), " bytes are no ", request->GetTypeName()));
  }
  return absl::OkStatus();
}

absl::Status AppendReply(const google::protobuf::MessageLite& reply, std::string* out) {
  const size_t size = reply.ByteSizeLong();
  if (size > INT_MAX) return MessageTooLargeError(reply.GetTypeName(), size, INT_MAX);
  const size_t before = out->size();
  out->resize(before + size);
  reply.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(out->data() + before));
  return absl::OkStatus();
}

}  // namespace internal
}  // namespace troupe

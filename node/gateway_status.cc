#include "node/gateway_status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "proto/wire.pb.h"

namespace troupe::internal {
namespace {

// As they travel; our own trailing metadata and the client's other limits need the rest.
constexpr size_t kTextBytes = 2 * 1024;
constexpr size_t kDetailsBytes = 4 * 1024;

// Of this byte in `grpc-message`, where it is percent-encoded.
size_t WireSize(char c) { return c >= 0x20 && c < 0x7f && c != '%' ? 1 : 3; }

// As much of the text as there is room for, and no half characters at the end.
absl::string_view Cut(absl::string_view text) {
  size_t bytes = 0;
  size_t size = 0;
  while (size < text.size() && bytes + WireSize(text[size]) <= kTextBytes) {
    bytes += WireSize(text[size++]);
  }
  if (size < text.size()) {
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  }
  return text.substr(0, size);
}

}  // namespace

grpc::Status ToClientStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string text(Cut(status.message()));
  // Wire-compatible with google.rpc.Status.
  wire::Status details;
  status.ForEachPayload([&details](absl::string_view url, const absl::Cord& payload) {
    google::protobuf::Any* any = details.add_details();
    any->set_type_url(std::string(url));
    any->set_value(std::string(payload));
  });
  std::string encoded;
  if (details.details_size() > 0) {
    details.set_code(static_cast<int>(status.code()));
    details.set_message(text);
    if (details.ByteSizeLong() <= kDetailsBytes / 4 * 3) encoded = details.SerializeAsString();
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), text, encoded);
}

}  // namespace troupe::internal

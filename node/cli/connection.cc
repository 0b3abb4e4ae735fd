#include "node/cli/connection.h"

#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/channel_arguments.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "node/cli/failure.h"

namespace troupe::cli {
namespace {

// Where Debian has the authorities that everybody trusts.
constexpr char kSystemAuthorities[] = "/etc/ssl/certs/ca-certificates.crt";

absl::Status CheckAddress(const std::string& address) {
  // What gRPC has names of its own for.
  if (absl::StartsWith(address, "unix:") || absl::StartsWith(address, "unix-abstract:") ||
      absl::StrContains(address, "://")) {
    return absl::OkStatus();
  }
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(absl::string_view(address).substr(colon + 1), &port) || port == 0 ||
      port > 65535) {
    return UsageError(absl::StrCat("\"", address,
                                   "\" is no address; right are 10.0.0.7:7000, [::1]:7000, "
                                   "localhost:7000, unix:/path"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const Options& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  const std::pair<std::string, std::string*> files[] = {
      {options.tls_ca.empty() ? kSystemAuthorities : options.tls_ca, &ssl.pem_root_certs},
      {options.tls_cert, &ssl.pem_cert_chain},
      {options.tls_key, &ssl.pem_private_key},
  };
  for (const auto& [path, contents] : files) {
    if (path.empty()) continue;
    absl::StatusOr<std::string> read = ReadFile(path);
    if (!read.ok()) return read.status();
    if (!absl::StrContains(*read, "-----BEGIN ")) {
      return UsageError(absl::StrCat("\"", path, "\" is to be a PEM file"));
    }
    *contents = *std::move(read);
  }
  return grpc::SslCredentials(ssl);
}

grpc::ChannelArguments Arguments(const Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.max_message);
  arguments.SetMaxSendMessageSize(options.max_message);
  // As nodes connect to each other.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!options.tls_name.empty()) arguments.SetSslTargetNameOverride(options.tls_name);
  return arguments;
}

absl::Time DeadlineAfter(absl::Duration timeout) {
  return timeout == absl::InfiniteDuration() ? absl::InfiniteFuture() : absl::Now() + timeout;
}

absl::Duration TimeoutOf(const Options& options) {
  return options.timeout.value_or(options.watch ? absl::InfiniteDuration() : kDefaultTimeout);
}

// The end of gRPC's message, which says why.
std::string WhyNot(std::string message) {
  for (const absl::string_view before : {"last error: ", "UNKNOWN: ", "UNAVAILABLE: "}) {
    if (const size_t at = message.find(std::string(before)); at != std::string::npos) {
      message.erase(0, at + before.size());
    }
  }
  return message;
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!buffer.Dump(&slices).ok()) return text;
  text.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  std::ifstream file(path, std::ios::binary);
  if (!file || folder) {
    return UsageError(
        absl::StrCat("cannot read \"", path, "\": ", std::strerror(folder ? EISDIR : errno)));
  }
  std::ostringstream contents;
  if (file.peek() != std::ifstream::traits_type::eof()) contents << file.rdbuf();
  return std::move(contents).str();
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Create(const std::string& address,
                                                               const Options& options) {
  if (absl::Status status = CheckAddress(address); !status.ok()) return status;
  auto credentials = MakeCredentials(options);
  if (!credentials.ok()) return credentials.status();
  return std::unique_ptr<Connection>(new Connection(address, options, *credentials));
}

Connection::Connection(std::string address, const Options& options,
                       const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    : address_(std::move(address)),
      tls_(options.tls),
      metadata_(options.metadata),
      timeout_(TimeoutOf(options)),
      deadline_(DeadlineAfter(timeout_)),
      channel_(grpc::CreateCustomChannel(address_, credentials, Arguments(options))),
      stub_(channel_) {}

absl::Status Connection::ToError(const grpc::Status& status) {
  if (Interrupted()) return InterruptedError();
  const grpc::StatusCode code = status.error_code();
  const bool may_be_unreached =
      code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED;
  if (!may_be_unreached) reached_ = true;
  if (status.ok()) return absl::OkStatus();
  if (reached_ || channel_->GetState(false) == GRPC_CHANNEL_READY) return CallError(status);
  if (code == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return UnreachableError(
        absl::StrCat("cannot reach ", address_, " within ", absl::FormatDuration(timeout_)));
  }
  const std::string why = WhyNot(status.error_message());
  // Somebody listens there: he may expect TLS.
  const bool tls_missing = !tls_ && !absl::StrContains(why, "onnection refused") &&
                           (absl::StrContains(why, "closed") || absl::StrContains(why, "reset"));
  return UnreachableError(absl::StrCat("cannot reach ", address_, ": ", why,
                                       tls_missing ? " (if it uses TLS: --tls_ca=FILE)" : ""));
}

absl::StatusOr<std::string> Connection::Unary(const std::string& path, const std::string& request,
                                              const Metadata& metadata) {
  Call call(this, path, metadata);
  std::string reply;
  std::string more;
  const bool replied = call.Write(request, /*last=*/true) && call.Read(&reply);
  if (replied && call.Read(&more)) {
    return absl::InternalError(absl::StrCat(path, " sent more than one reply"));
  }
  if (absl::Status status = call.Finish(); !status.ok()) return status;
  if (!replied) return absl::InternalError(absl::StrCat(path, " sent no reply"));
  return reply;
}

Call::Call(Connection* connection, const std::string& path, const Metadata& metadata)
    : connection_(connection), interruptible_(&context_) {
  if (connection->deadline_ != absl::InfiniteFuture()) {
    context_.set_deadline(absl::ToChronoTime(connection->deadline_));
  }
  for (const auto& [key, value] : connection->metadata_) context_.AddMetadata(key, value);
  for (const auto& [key, value] : metadata) context_.AddMetadata(key, value);
  stream_ = connection->stub_.PrepareCall(&context_, path, &queue_);
  stream_->StartCall(this);
  Await();
}

Call::~Call() {
  if (!finished_) {
    context_.TryCancel();
    grpc::Status ignored;
    stream_->Finish(&ignored, this);
    Await();
  }
  queue_.Shutdown();
  while (Await()) {
  }
}

bool Call::Await() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool Call::Write(const std::string& message, bool last) {
  grpc::Slice slice(message);
  grpc::WriteOptions options;
  if (last) options.set_last_message();
  stream_->Write(grpc::ByteBuffer(&slice, 1), options, this);
  return Await();
}

bool Call::Read(std::string* message) {
  grpc::ByteBuffer buffer;
  stream_->Read(&buffer, this);
  if (!Await()) return false;
  connection_->reached_ = true;
  *message = ToString(buffer);
  return true;
}

absl::Status Call::Finish() {
  finished_ = true;
  grpc::Status status;
  stream_->Finish(&status, this);
  Await();
  return connection_->ToError(status);
}

}  // namespace troupe::cli

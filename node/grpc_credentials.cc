#include "node/grpc_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace troupe::internal {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Bio = std::unique_ptr<BIO, Free>;

absl::StatusOr<Bio> Open(const char* option, const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // To the stream an empty file is a failure too; to the system it is none.
  if (!file || (!(text << file.rdbuf()) && errno != 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("tls.", option, ": cannot read \"", path, "\" (", std::strerror(errno),
                     "); give the path of a PEM file that this process may read"));
  }
  const std::string bytes = text.str();
  Bio bio(BIO_new(BIO_s_mem()));
  BIO_write(bio.get(), bytes.data(), static_cast<int>(bytes.size()));
  return bio;
}

absl::StatusOr<Certificate> ReadCertificate(const char* option, const std::string& path) {
  absl::StatusOr<Bio> bio = Open(option, path);
  if (!bio.ok()) return bio.status();
  Certificate certificate(PEM_read_bio_X509(bio->get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("tls.", option, ": \"", path,
                     "\" has no certificate; it must be PEM, with \"BEGIN CERTIFICATE\""));
  }
  return certificate;
}

absl::StatusOr<Key> ReadKey(const std::string& path) {
  absl::StatusOr<Bio> bio = Open("private_key", path);
  if (!bio.ok()) return bio.status();
  // A key with a passphrase must not make OpenSSL ask the terminal for it.
  const auto no_passphrase = [](char*, int, int, void*) { return 0; };
  Key key(PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tls.private_key: \"", path,
        "\" has no private key; it must be PEM, with \"BEGIN PRIVATE KEY\", without passphrase"));
  }
  return key;
}

absl::Status Check(const TlsFiles& files) {
  if (files.authorities.empty()) {
    return absl::InvalidArgumentError(
        "tls.authorities is empty; give the path of the certificates that others are checked "
        "against");
  }
  if (auto read = ReadCertificate("authorities", files.authorities); !read.ok()) {
    return read.status();
  }
  if (files.certificate.empty() && files.private_key.empty()) return absl::OkStatus();
  if (files.certificate.empty() || files.private_key.empty()) {
    return absl::InvalidArgumentError("tls.certificate and tls.private_key go together");
  }
  auto certificate = ReadCertificate("certificate", files.certificate);
  if (!certificate.ok()) return certificate.status();
  auto key = ReadKey(files.private_key);
  if (!key.ok()) return key.status();
  if (X509_check_private_key(certificate->get(), key->get()) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("tls.private_key: \"", files.private_key,
                                                   "\" is not the key of the certificate in \"",
                                                   files.certificate, "\""));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GrpcCredentials> MakeGrpcCredentials(const TlsFiles& files) {
  GrpcCredentials credentials;
  if (files.empty()) {
    credentials.channel = grpc::InsecureChannelCredentials();
    credentials.server = grpc::InsecureServerCredentials();
    return credentials;
  }
  if (absl::Status status = Check(files); !status.ok()) return status;
  const int64_t seconds = std::max<int64_t>(1, absl::ToInt64Seconds(files.reload_interval));
  auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.private_key, files.certificate, files.authorities,
      static_cast<unsigned>(std::min<int64_t>(seconds, 1 << 20)));
  grpc::experimental::TlsChannelCredentialsOptions channel;
  channel.set_certificate_provider(provider);
  channel.watch_root_certs();
  if (!files.certificate.empty()) channel.watch_identity_key_cert_pairs();
  credentials.channel = grpc::experimental::TlsCredentials(channel);
  if (files.certificate.empty()) return credentials;
  grpc::experimental::TlsServerCredentialsOptions server(provider);
  server.watch_root_certs();
  server.watch_identity_key_cert_pairs();
  server.set_cert_request_type(files.require_certificate
                                   ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                   : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  credentials.server = grpc::experimental::TlsServerCredentials(server);
  return credentials;
}

Caller CallerFrom(const grpc::AuthContext& context, const std::string& peer) {
  Caller caller;
  caller.transport_address = peer;
  caller.authenticated = context.IsPeerAuthenticated();
  if (!caller.authenticated) return caller;
  for (const grpc::string_ref& name : context.FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)) {
    caller.common_name.assign(name.data(), name.size());
  }
  for (const grpc::string_ref& name : context.FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME)) {
    caller.alternative_names.emplace_back(name.data(), name.size());
  }
  return caller;
}

}  // namespace troupe::internal

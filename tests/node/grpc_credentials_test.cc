#include "node/grpc_credentials.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/grpc_test_util.h"
#include "tests/runtime/executor_test_util.h"

namespace troupe::internal {
namespace {

using ::testing::Contains;
using Code = absl::StatusCode;

void Execute(const std::string& command) {
  ASSERT_EQ(std::system(absl::StrCat(command, " >/dev/null 2>&1").c_str()), 0) << command;
}

// Authorities and certificates in a folder of the test's own, made by the openssl program.
class GrpcCredentialsTest : public ::testing::Test {
 protected:
  GrpcCredentialsTest()
      : folder_(absl::StrCat(::testing::TempDir(), "tls", getpid(), ".",
                             ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
    MakeAuthority("ca");
  }
  ~GrpcCredentialsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }

  void MakeAuthority(const std::string& name) {
    Execute(absl::StrCat(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ",
        "-days 2 -subj /CN=", name, " -keyout ", Path(name), ".key -out ", Path(name), ".pem"));
  }

  // A certificate for `name` at localhost, of `authority`, in NAME.pem and NAME.key.
  void MakeCertificate(const std::string& name, const std::string& authority) {
    std::ofstream(Path("extensions"))
        << "subjectAltName=DNS:localhost,DNS:" << name << ".test,IP:127.0.0.1\n";
    Execute(
        absl::StrCat("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj ",
                     "/CN=", name, " -keyout ", Path(name), ".key -out ", Path("request")));
    Execute(absl::StrCat("openssl x509 -req -days 2 -in ", Path("request"), " -CA ",
                         Path(authority), ".pem -CAkey ", Path(authority),
                         ".key -CAcreateserial -extfile ", Path("extensions"), " -out ", Path(name),
                         ".pem"));
  }

  TlsFiles Files(const std::string& certificate, const std::string& authority = "ca") const {
    TlsFiles files;
    if (!certificate.empty()) {
      files.certificate = Path(certificate + ".pem");
      files.private_key = Path(certificate + ".key");
    }
    files.authorities = Path(authority + ".pem");
    files.reload_interval = absl::Seconds(1);
    return files;
  }

  static GrpcTransportOptions With(TlsFiles files) {
    GrpcTransportOptions options;
    options.tls = std::move(files);
    return options;
  }

  void ExpectRefused(const TlsFiles& files, const std::string& text) {
    const auto credentials = MakeGrpcCredentials(files);
    EXPECT_EQ(credentials.status().code(), Code::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(credentials.status().message(), text)) << credentials.status();
  }

  // Connects, and says what became of it: OK after an exchange.
  static absl::Status Try(TestSide& client, const std::string& address) {
    auto a = client.Connect(address);
    a->Send("x");
    testing::WaitUntil([&] { return a->closed() || a->count() > 0; });
    return a->closed() ? a->ClosedWith() : absl::OkStatus();
  }

 private:
  const std::string folder_;
};

TEST_F(GrpcCredentialsTest, BothSidesKnowWhoIsThere) {
  MakeCertificate("alice", "ca");
  MakeCertificate("bob", "ca");
  TestSide server(With(Files("alice")), TestSide::Makes<Echo>());
  TestSide client(With(Files("bob")));
  auto a = client.Connect(server.Listen("localhost:0"));
  a->Send("x");
  a->WaitForMessages(1);
  const Caller at_client = a->connection()->caller();
  EXPECT_TRUE(at_client.authenticated);
  EXPECT_EQ(at_client.common_name, "alice");
  const Caller at_server = server.acceptor().handler(0)->connection()->caller();
  EXPECT_TRUE(at_server.authenticated);
  EXPECT_EQ(at_server.common_name, "bob");
  EXPECT_THAT(at_server.alternative_names, Contains("bob.test"));
  EXPECT_TRUE(absl::StartsWith(at_server.transport_address, "ipv")) << at_server.transport_address;
}

TEST_F(GrpcCredentialsTest, WithoutTlsNobodyIsAuthenticated) {
  TestSide server({}, TestSide::Makes<Echo>());
  TestSide client;
  auto a = client.Connect(server.Listen());
  a->Send("x");
  a->WaitForMessages(1);
  const Caller caller = server.acceptor().handler(0)->connection()->caller();
  EXPECT_FALSE(caller.authenticated);
  EXPECT_EQ(caller.common_name, "");
  EXPECT_TRUE(absl::StartsWith(caller.transport_address, "ipv4:127.0.0.1:"));
}

TEST_F(GrpcCredentialsTest, AServerOfAnotherAuthorityIsRefused) {
  MakeAuthority("other");
  MakeCertificate("alice", "other");
  TestSide server(With(Files("alice", "ca")), TestSide::Makes<Echo>());
  TestSide client(With(Files("")));
  const absl::Status status = Try(client, server.Listen());
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_TRUE(absl::StrContains(status.message(), "TLS")) << status;
}

TEST_F(GrpcCredentialsTest, AServerOfAnotherNameIsRefused) {
  MakeCertificate("alice", "ca");
  TestSide server(With(Files("alice")), TestSide::Makes<Echo>());
  TestSide client(With(Files("alice")));
  const std::string address = server.Listen("127.0.0.2:0");  // not in the certificate
  const absl::Status status = Try(client, address);
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_TRUE(absl::StrContains(status.message(), "TLS")) << status;
}

TEST_F(GrpcCredentialsTest, MutualTlsRefusesAClientWithoutCertificate) {
  MakeCertificate("alice", "ca");
  TestSide server(With(Files("alice")), TestSide::Makes<Echo>());
  const std::string address = server.Listen();
  TestSide anonymous(With(Files("")));
  EXPECT_EQ(Try(anonymous, address).code(), Code::kUnavailable);
  EXPECT_EQ(server.acceptor().count(), 0u);
}

TEST_F(GrpcCredentialsTest, MutualTlsRefusesAClientOfAnotherAuthority) {
  MakeAuthority("other");
  MakeCertificate("alice", "ca");
  MakeCertificate("mallory", "other");
  TestSide server(With(Files("alice")), TestSide::Makes<Echo>());
  TestSide mallory(With(Files("mallory")));
  EXPECT_EQ(Try(mallory, server.Listen()).code(), Code::kUnavailable);
  EXPECT_EQ(server.acceptor().count(), 0u);
}

TEST_F(GrpcCredentialsTest, WhereACertificateIsOptionalAClientMayHaveNone) {
  MakeCertificate("alice", "ca");
  TlsFiles files = Files("alice");
  files.require_certificate = false;
  TestSide server(With(files), TestSide::Makes<Echo>());
  const std::string address = server.Listen();
  TestSide anonymous(With(Files("")));
  TestSide alice(With(Files("alice")));
  EXPECT_TRUE(Try(anonymous, address).ok());
  EXPECT_FALSE(server.acceptor().handler(0)->connection()->caller().authenticated);
  EXPECT_TRUE(Try(alice, address).ok());
  EXPECT_TRUE(server.acceptor().handler(1)->connection()->caller().authenticated);
}

TEST_F(GrpcCredentialsTest, OneSideWithoutTlsIsRefused) {
  MakeCertificate("alice", "ca");
  TestSide secure(With(Files("alice")), TestSide::Makes<Echo>());
  TestSide plain({}, TestSide::Makes<Echo>());
  EXPECT_EQ(Try(plain, secure.Listen()).code(), Code::kUnavailable);
  EXPECT_EQ(Try(secure, plain.Listen()).code(), Code::kUnavailable);
}

TEST_F(GrpcCredentialsTest, ARenewedCertificateIsTakenWithoutARestart) {
  MakeAuthority("new");
  MakeCertificate("alice", "ca");
  MakeCertificate("renewed", "new");
  TlsFiles files = Files("alice");
  files.require_certificate = false;
  TestSide server(With(files), TestSide::Makes<Echo>());
  const std::string address = server.Listen();
  TestSide old_client(With(Files("")));
  TestSide new_client(With(Files("", "new")));
  auto standing = old_client.Connect(address);
  standing->Send("x");
  standing->WaitForMessages(1);
  EXPECT_FALSE(Try(new_client, address).ok());
  // The pair does not match in between; gRPC compares the two reads and tries again.
  std::filesystem::rename(Path("renewed.key"), Path("alice.key"));
  std::filesystem::rename(Path("renewed.pem"), Path("alice.pem"));
  testing::WaitUntil([&] { return Try(new_client, address).ok(); });
  EXPECT_FALSE(Try(old_client, address).ok());
  standing->Send("y");
  standing->WaitForMessages(2);
}

TEST_F(GrpcCredentialsTest, UnusableFilesAreNamed) {
  MakeCertificate("alice", "ca");
  MakeCertificate("bob", "ca");
  EXPECT_TRUE(MakeGrpcCredentials(Files("alice")).ok());
  TlsFiles files = Files("alice");
  files.authorities = "";
  ExpectRefused(files, "tls.authorities is empty");
  files = Files("alice");
  files.private_key = "";
  ExpectRefused(files, "go together");
  files = Files("alice");
  files.certificate = Path("missing.pem");
  ExpectRefused(files, Path("missing.pem"));
  files = Files("alice");
  files.certificate = Path("alice.key");
  ExpectRefused(files, Path("alice.key"));
  files = Files("alice");
  files.private_key = Path("alice.pem");
  ExpectRefused(files, "no private key");
  files = Files("alice");
  files.private_key = Path("bob.key");
  ExpectRefused(files, "is not the key of the certificate");
  files = Files("alice");
  files.authorities = ::testing::TempDir();
  ExpectRefused(files, "tls.authorities");
}

TEST_F(GrpcCredentialsTest, ListeningWithTlsNeedsACertificate) {
  TestSide client(With(Files("")));
  const auto got = client.transport().Listen("127.0.0.1:0", &client.acceptor());
  EXPECT_EQ(got.status().code(), Code::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(got.status().message(), "tls.certificate")) << got.status();
}

}  // namespace
}  // namespace troupe::internal

// TLS for stock clients: who is let in, and who a method and the authorization hook see.

#include <grpcpp/security/credentials.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/node/gateway_test_util.h"

namespace troupe {
namespace testing {
namespace {

using Code = grpc::StatusCode;

// An authority, and certificates of it for a node and for Alice, in a folder of the test's own.
class GatewayTlsTest : public ::testing::Test {
 protected:
  GatewayTlsTest()
      : folder_(absl::StrCat(::testing::TempDir(), "/gateway_tls", getpid(), ".",
                             ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
    Execute(absl::StrCat("openssl req -x509 ", kNewKey, " -days 2 -subj /CN=authority -keyout ",
                         Path("authority.key"), " -out ", Path("authority.pem")));
    MakeCertificate("host");
    MakeCertificate("alice");
    NodeOptions options;
    options.tls = {.certificate = Path("host.pem"),
                   .private_key = Path("host.key"),
                   .authorities = Path("authority.pem")};
    options.authorize = [](const Caller& caller, absl::string_view,
                           absl::string_view method) -> absl::Status {
      const bool may = caller.authenticated && caller.common_name == "alice" && method != "Say";
      return may ? absl::OkStatus() : absl::PermissionDeniedError("no");
    };
    aviary_ = std::make_unique<Aviary>(std::move(options));
  }
  ~GatewayTlsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  std::string Contents(const std::string& name) const {
    std::ostringstream contents;
    contents << std::ifstream(Path(name)).rdbuf();
    return contents.str();
  }
  static void Execute(const std::string& command) {
    CHECK_EQ(std::system(absl::StrCat(command, " >/dev/null 2>&1").c_str()), 0) << command;
  }
  void MakeCertificate(const std::string& name) {
    std::ofstream(Path("extensions")) << "subjectAltName=IP:127.0.0.1";
    Execute(absl::StrCat("openssl req ", kNewKey, " -subj /CN=", name, " -keyout ",
                         Path(name + ".key"), " -out ", Path("request")));
    Execute(absl::StrCat("openssl x509 -req -days 2 -in ", Path("request"), " -CA ",
                         Path("authority.pem"), " -CAkey ", Path("authority.key"),
                         " -CAcreateserial -extfile ", Path("extensions"), " -out ",
                         Path(name + ".pem")));
  }

  // A look at what the parrot sees.
  grpc::Status Look(const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                    gateway::Seen* seen) {
    const auto channel = grpc::CreateChannel(aviary_->node->address(), credentials);
    stock::Context context("polly");
    return gateway::Parrot::NewStub(channel)->Look(&context, stock::TextOf("x"), seen);
  }
  std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& name) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Contents("authority.pem");
    if (!name.empty()) {
      options.pem_cert_chain = Contents(name + ".pem");
      options.pem_private_key = Contents(name + ".key");
    }
    return grpc::SslCredentials(options);
  }

  static constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  const std::string folder_;
  std::unique_ptr<Aviary> aviary_;
};

TEST_F(GatewayTlsTest, TheMethodSeesTheCertificatesName) {
  gateway::Seen seen;
  const grpc::Status status = Look(Credentials("alice"), &seen);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(seen.common_name(), "alice");
}

TEST_F(GatewayTlsTest, OtherCertificatesAndOtherMethodsAreRefused) {
  gateway::Seen seen;
  EXPECT_EQ(Look(Credentials("host"), &seen).error_code(), Code::PERMISSION_DENIED);
  const auto channel = grpc::CreateChannel(aviary_->node->address(), Credentials("alice"));
  stock::Context context("polly");
  gateway::Text reply;
  EXPECT_EQ(
      gateway::Parrot::NewStub(channel)->Say(&context, stock::TextOf("x"), &reply).error_code(),
      Code::PERMISSION_DENIED);
}

TEST_F(GatewayTlsTest, WithoutACertificateOrWithoutTlsNobodyIsLetIn) {
  gateway::Seen seen;
  EXPECT_EQ(Look(Credentials(""), &seen).error_code(), Code::UNAVAILABLE);
  EXPECT_EQ(Look(grpc::InsecureChannelCredentials(), &seen).error_code(), Code::UNAVAILABLE);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

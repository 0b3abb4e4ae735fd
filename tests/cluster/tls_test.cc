// TLS between processes: who is let in, what the others are told, and certificates that change.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::HasSubstr;

// Authorities and certificates in a folder of the test's own, made by the openssl program.
class TlsTest : public ::testing::Test {
 protected:
  TlsTest()
      : folder_(absl::StrCat(::testing::TempDir(), "/tls", getpid(), ".",
                             ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
    MakeAuthority("authority");
    MakeCertificate("host", "authority");
    MakeCertificate("alice", "authority");
    MakeCertificate("bob", "authority");
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  static void Execute(const std::string& command) {
    CHECK_EQ(std::system(absl::StrCat(command, " >/dev/null 2>&1").c_str()), 0) << command;
  }
  void MakeAuthority(const std::string& name) {
    Execute(absl::StrCat(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj ",
        "/CN=", name, " -keyout ", Path(name), ".key -out ", Path(name), ".pem"));
  }
  // For `name`, in NAME.pem and NAME.key. The new files take the place of old ones at once.
  void MakeCertificate(const std::string& name, const std::string& authority) {
    const std::string host(absl::StripSuffix(TestNode::OwnLoopbackAddress(), ":0"));
    std::ofstream(Path("extensions")) << "subjectAltName=IP:" << host << ",DNS:" << name << ".test";
    Execute(absl::StrCat("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ",
                         "-subj /CN=", name, " -keyout ", Path("new.key"), " -out ",
                         Path("request")));
    Execute(absl::StrCat("openssl x509 -req -days 2 -in ", Path("request"), " -CA ",
                         Path(authority), ".pem -CAkey ", Path(authority),
                         ".key -CAcreateserial -extfile ", Path("extensions"), " -out ",
                         Path("new.pem")));
    std::filesystem::rename(Path("new.key"), Path(name + ".key"));
    std::filesystem::rename(Path("new.pem"), Path(name + ".pem"));
  }
  TlsFiles Files(const std::string& certificate, const std::string& authority = "authority") const {
    TlsFiles files;
    if (!certificate.empty()) {
      files.certificate = Path(certificate + ".pem");
      files.private_key = Path(certificate + ".key");
    }
    files.authorities = Path(authority + ".pem");
    files.reload_interval = absl::Seconds(1);
    return files;
  }
  std::vector<std::string> HostFlags(std::vector<std::string> flags = {}) const {
    flags.push_back("--tls_certificate=" + Path("host.pem"));
    flags.push_back("--tls_private_key=" + Path("host.key"));
    flags.push_back("--tls_authorities=" + Path("authority.pem"));
    return flags;
  }
  static std::unique_ptr<Client> MakeClient(TlsFiles files) {
    auto client = Client::Create(
        {.tls = std::move(files), .heartbeat = kHeartbeat, .down_after = kDownAfter});
    CHECK(client.ok()) << client.status();
    return *std::move(client);
  }
  // Whether a client with these files gets through.
  static absl::Status TryToCall(const TestNode& host, TlsFiles files) {
    const std::unique_ptr<Client> client = MakeClient(std::move(files));
    const auto worker = Await(client->At(host.address()).Find<Worker>("worker"));
    if (!worker.ok()) return worker.status();
    return Await((*worker)->Add(1, 2)).status();
  }
  static void ExpectRefused(const absl::Status& status, const std::string& text) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(DeliveryOf(status), Delivery::kNotSent) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(text));
  }

  const std::string folder_;
};

TEST_F(TlsTest, NodesWithCertificatesCallEachOther) {
  TestNode host(HostFlags());
  NodeOptions options = QuickOptions();
  options.tls = Files("alice");
  const std::unique_ptr<Node> node = MakeNode(options);
  const Ref<Worker> there = FindWorker(node->At(host.address()));
  const Ref<Worker> here = node->Spawn<Worker>();
  EXPECT_EQ(*Await(there->Add(1, 2)), 3);
  EXPECT_EQ(*Await(there->AddAsTask(Ref<Summing>(here), 3, 4)), 7);
}

TEST_F(TlsTest, TheAuthorizationHookSeesTheName) {
  TestNode host(HostFlags({"--only_caller=alice"}));
  EXPECT_EQ(TryToCall(host, Files("alice")), absl::OkStatus());
  const absl::Status refused = TryToCall(host, Files("bob"));
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_THAT(std::string(refused.message()), ::testing::Not(HasSubstr("Node.find")))
      << "the hook's reason is not the caller's business";
}

TEST_F(TlsTest, ClientsWithoutAGoodCertificateAreRefused) {
  MakeAuthority("stranger");
  MakeCertificate("mallory", "stranger");
  TestNode host(HostFlags());
  ExpectRefused(TryToCall(host, Files("")), "certificate");
  ExpectRefused(TryToCall(host, Files("mallory")), "certificate");
  // It does not know the host's authority.
  ExpectRefused(TryToCall(host, Files("mallory", "stranger")), "certificate");
  EXPECT_EQ(TryToCall(host, Files("alice")), absl::OkStatus());
}

TEST_F(TlsTest, PlainTextAndTlsDoNotMix) {
  TestNode host(HostFlags());
  ExpectRefused(TryToCall(host, TlsFiles()), "TLS");
  TestNode plain;
  ExpectRefused(TryToCall(plain, Files("alice")), "TLS");
  EXPECT_EQ(TryToCall(host, Files("alice")), absl::OkStatus());
  EXPECT_EQ(TryToCall(plain, TlsFiles()), absl::OkStatus());
}

TEST_F(TlsTest, RenewedCertificatesAreUsedForNewConnections) {
  TestNode host(HostFlags());
  const std::unique_ptr<Client> standing = MakeClient(Files("alice"));
  const Ref<Worker> worker = FindWorker(standing->At(host.address()));
  MakeAuthority("successor");
  ExpectRefused(TryToCall(host, Files("alice", "successor")), "certificate");
  // The host's certificate is another authority's from now on.
  MakeCertificate("host", "successor");
  for (;;) {
    const absl::Status status = TryToCall(host, Files("alice", "successor"));
    if (status.ok()) break;
    ExpectRefused(status, "certificate");
  }
  EXPECT_EQ(*Await(worker->Add(1, 2)), 3) << "connections that stand are not touched";
  // And the authorities that it believes.
  MakeCertificate("carol", "successor");
  ExpectRefused(TryToCall(host, Files("carol", "successor")), "certificate");
  std::filesystem::copy(Path("successor.pem"), Path("authority.pem.new"));
  std::filesystem::rename(Path("authority.pem.new"), Path("authority.pem"));
  for (;;) {
    const absl::Status status = TryToCall(host, Files("carol", "successor"));
    if (status.ok()) break;
    ExpectRefused(status, "certificate");
  }
  EXPECT_EQ(*Await(worker->Add(1, 2)), 3);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

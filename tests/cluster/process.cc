#include "tests/cluster/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "glog/logging.h"
#include "tests/node/socket_folder.h"

extern char** environ;

namespace troupe {
namespace testing {
namespace {

int WaitFor(pid_t pid, int options) {
  int status = 0;
  pid_t got;
  do {
    got = waitpid(pid, &status, options);
  } while (got < 0 && errno == EINTR);
  PCHECK(got == pid) << "waitpid";
  return status;
}

}  // namespace

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments) {
  // Close-on-exec: otherwise one child would hold the pipes of another.
  int from_child[2];
  int to_child[2];
  PCHECK(pipe2(from_child, O_CLOEXEC) == 0 && pipe2(to_child, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int error =
      posix_spawnp(&pid_, program.c_str(), &actions, nullptr, pointers.data(), environ);
  CHECK_EQ(error, 0) << "cannot start " << program;
  posix_spawn_file_actions_destroy(&actions);
  close(to_child[0]);
  close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
}

ChildProcess::~ChildProcess() {
  Kill();
  if (input_ >= 0) close(input_);
  close(output_);
}

std::string ChildProcess::ReadLine() {
  std::string line;
  char c;
  for (;;) {
    const ssize_t got = read(output_, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == '\n') return line;
    line.push_back(c);
  }
}

void ChildProcess::WriteLine(const std::string& line) {
  const std::string text = line + "\n";
  PCHECK(write(input_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

void ChildProcess::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  Wait();
}

void ChildProcess::Stop() {
  kill(pid_, SIGSTOP);
  CHECK(WIFSTOPPED(WaitFor(pid_, WUNTRACED)));
}

void ChildProcess::Continue() { kill(pid_, SIGCONT); }

int ChildProcess::CloseAndWait() {
  if (input_ >= 0) close(std::exchange(input_, -1));
  return Wait();
}

int ChildProcess::Wait() { return WaitFor(std::exchange(pid_, -1), 0); }

std::string ProgramPath(const std::string& name) {
  const char* runfiles = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  if (runfiles != nullptr && workspace != nullptr) {
    return absl::StrCat(runfiles, "/", workspace, "/tests/cluster/", name);
  }
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

TestNode::TestNode(std::vector<std::string> flags) : flags_(std::move(flags)) {
  std::string listen = OwnLoopbackAddress();
  for (const std::string& flag : flags_) {
    if (absl::StartsWith(flag, "--listen=")) listen = flag.substr(strlen("--listen="));
  }
  Start(listen);
}

void TestNode::Restart() { Start(address_); }

void TestNode::Start(const std::string& listen) {
  std::vector<std::string> flags = flags_;
  flags.push_back(absl::StrCat("--listen=", listen));  // the last one holds
  process_ = nullptr;
  process_ = std::make_unique<ChildProcess>(Path(), flags);
  address_ = process_->ReadLine();
  CHECK(!address_.empty()) << "test_node did not start; it says why above";
}

size_t TestNode::ResidentBytes() const {
  std::ifstream status(absl::StrCat("/proc/", pid(), "/status"));
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, "VmRSS:")) continue;
    rest = absl::StripSuffix(absl::StripAsciiWhitespace(rest), " kB");
    size_t kilobytes = 0;
    CHECK(absl::SimpleAtoi(rest, &kilobytes)) << line;
    return kilobytes * 1024;
  }
  LOG(FATAL) << "no resident memory in /proc of " << pid();
}

size_t TestNode::OpenDescriptors() const {
  size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", pid(), "/fd"))) {
    (void)entry;
    ++count;
  }
  return count;
}

std::string TestNode::OwnLoopbackAddress() {
  // By lot, not by the process's number: in sandboxes several may have the same.
  static const std::string address = [] {
    std::random_device random;
    return absl::StrCat("127.", 1 + random() % 250, ".", 1 + random() % 250, ".",
                        1 + random() % 250, ":0");
  }();
  return address;
}

std::string TestNode::OwnUnixAddress() { return absl::StrCat("unix:", SocketFolder(), "/socket"); }

std::string TestNode::FreeAddress() {
  const std::string host = absl::StrCat(absl::StripSuffix(OwnLoopbackAddress(), ":0"));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  socklen_t size = sizeof(address);
  PCHECK(inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1);
  PCHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  PCHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return absl::StrCat(host, ":", ntohs(address.sin_port));
}

std::string TestNode::Path() { return ProgramPath("test_node"); }

}  // namespace testing
}  // namespace troupe

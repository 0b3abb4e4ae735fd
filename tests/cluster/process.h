#ifndef TROUPE_TESTS_CLUSTER_PROCESS_H_
#define TROUPE_TESTS_CLUSTER_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace troupe {
namespace testing {

// A program that runs beside the test, with a pipe to its standard input and one from its standard
// output. Killed when this is destroyed; a test_node also ends when the test does. Owned by the
// test, one thread.
class ChildProcess {
 public:
  // `program` is a path, or a name to be looked for in PATH.
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Without its newline; empty at the end of the output. Blocks.
  std::string ReadLine();
  void WriteLine(const std::string& line);
  // SIGKILL; afterwards it is gone.
  void Kill();
  // SIGSTOP; afterwards none of its threads runs.
  void Stop();
  void Continue();
  // Closes its standard input and waits for its end. What wait(2) gives: 0 is a good end.
  int CloseAndWait();
  // Waits for an end that it comes to by itself.
  int Wait();

 private:
  pid_t pid_ = -1;  // -1: it has been waited for
  int input_ = -1;
  int output_ = -1;
};

// The path of a program that Bazel built in this folder; outside of Bazel, beside the test.
std::string ProgramPath(const std::string& name);

// A node in a process of its own: tests/cluster/test_node.cc, whose flags are documented there.
// Listens at a loopback address that no other test uses, so that its port stays free while it is
// down.
class TestNode {
 public:
  explicit TestNode(std::vector<std::string> flags = {});

  const std::string& address() const { return address_; }
  ChildProcess& process() { return *process_; }
  pid_t pid() const { return process_->pid(); }
  void Kill() { process_->Kill(); }
  void Stop() { process_->Stop(); }
  void Continue() { process_->Continue(); }
  // The node shuts down in good order; true if the process ended well.
  bool Terminate() { return process_->CloseAndWait() == 0; }
  // Another run with the same flags at the same address. Not while it runs.
  void Restart();

  // Resident memory, in bytes.
  size_t ResidentBytes() const;
  size_t OpenDescriptors() const;

  // 127.x.y.z:0 of this test process.
  static std::string OwnLoopbackAddress();
  // A unix socket of this test process, in a folder that goes with it.
  static std::string OwnUnixAddress();
  // One where nobody listens now, and nobody but this test will.
  static std::string FreeAddress();
  // The program.
  static std::string Path();

 private:
  void Start(const std::string& listen);

  const std::vector<std::string> flags_;
  std::unique_ptr<ChildProcess> process_;
  std::string address_;
};

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_CLUSTER_PROCESS_H_

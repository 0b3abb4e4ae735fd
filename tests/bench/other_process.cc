#include "tests/bench/other_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "glog/logging.h"
#include "tests/bench/measure.h"

extern char** environ;

namespace troupe::bench {
namespace {

constexpr int kStartSeconds = 30;
constexpr int kEndSeconds = 10;

double SecondsOf(clockid_t clock) {
  timespec time{};
  PCHECK(clock_gettime(clock, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Whether there is something to read, or the other end is closed.
bool ReadableWithin(int fd, double seconds) {
  const Stopwatch watch;
  for (;;) {
    const double left = std::max(0.0, seconds - watch.Seconds());
    pollfd events{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = poll(&events, 1, static_cast<int>(left * 1e3) + (left > 0));
    if (ready > 0) return true;
    PCHECK(ready == 0 || errno == EINTR);
    if (ready == 0 && watch.Seconds() >= seconds) return false;
  }
}

}  // namespace

OtherProcess::OtherProcess(std::vector<std::string> arguments) {
  int from_child[2];
  int to_child[2];
  PCHECK(pipe2(from_child, O_CLOEXEC) == 0 && pipe2(to_child, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  std::string program = "/proc/self/exe";
  std::vector<char*> words = {program.data()};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  CHECK_EQ(posix_spawn(&pid_, program.c_str(), &actions, nullptr, words.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(to_child[0]);
  close(from_child[1]);
  stdin_ = to_child[1];
  stdout_ = from_child[0];
  CHECK_EQ(clock_getcpuclockid(pid_, &clock_), 0);
  char byte = 0;
  while (ReadableWithin(stdout_, kStartSeconds) && read(stdout_, &byte, 1) == 1 && byte != '\n') {
    address_ += byte;
  }
  CHECK_EQ(byte, '\n') << "the other process did not start";
}

OtherProcess::~OtherProcess() {
  close(stdin_);  // which it waits for
  if (!EndsWithin(kEndSeconds)) {
    LOG(ERROR) << "the other process does not end: killing it";
    kill(pid_, SIGKILL);
  }
  close(stdout_);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  CHECK_EQ(status, 0) << "the other process has failed";
}

double OtherProcess::CpuSeconds() const { return SecondsOf(clock_); }

bool OtherProcess::EndsWithin(double seconds) const { return ReadableWithin(stdout_, seconds); }

void Announce(const std::string& address) {
  std::printf("%s\n", address.c_str());
  std::fflush(stdout);
}

void AnnounceAndWait(const std::string& address) {
  Announce(address);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  EndWithin(kEndSeconds);
}

CpuWatch::CpuWatch(const OtherProcess& other)
    : other_(other), caller_(SecondsOf(CLOCK_PROCESS_CPUTIME_ID)), host_(other.CpuSeconds()) {}

Figures CpuWatch::PerMessage(const std::string& name, double messages) const {
  const double caller = SecondsOf(CLOCK_PROCESS_CPUTIME_ID) - caller_;
  const double host = other_.CpuSeconds() - host_;
  return {{name + "_cpu_caller", caller * 1e9 / messages, "ns"},
          {name + "_cpu_host", host * 1e9 / messages, "ns"}};
}

}  // namespace troupe::bench

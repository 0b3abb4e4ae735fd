// What actors do right now, for people: ActorSystem::Dump and SIGUSR1.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "runtime/actor_cell.h"
#include "runtime/deadlock.h"
#include "runtime/dump_signal.h"
#include "runtime/registry.h"
#include "runtime/system.h"
#include "runtime/system_parts.h"

namespace troupe {

std::string ActorSystem::Dump() const {
  const absl::Time now = clock_->Now();
  std::vector<RecipientPtr> busy = parts_->registry.SelectWithEnding();
  std::erase_if(busy,
                [](const RecipientPtr& cell) { return cell->local_cell()->method() == nullptr; });
  std::string text =
      absl::StrCat(size(), " actors, ", busy.size(), " busy, ", dead_letters(), " dead letters\n");
  for (const RecipientPtr& recipient : busy) {
    internal::ActorCell& cell = *recipient->local_cell();
    const char* method = cell.method();
    if (method == nullptr) continue;  // done meanwhile
    absl::StrAppend(
        &text, "  ", cell.ToString(), " in ", method, " for ",
        absl::FormatDuration(absl::Trunc(now - cell.busy_since(), absl::Milliseconds(1))));
    const std::string awaited = internal::AwaitedActor(cell);
    if (!awaited.empty()) absl::StrAppend(&text, ", waits for ", awaited);
    absl::StrAppend(&text, ", ", cell.queued(), " in the mailbox\n");
  }
  return text;
}

namespace internal {
namespace {

// The pipe of the one DumpSignal of the process; -1 without one.
std::atomic<int> g_read_end{-1};
std::atomic<int> g_write_end{-1};
struct sigaction g_previous;

void WriteByte(char byte) {
  const int write_end = g_write_end.load();
  if (write_end < 0) return;
  const ssize_t ignored = write(write_end, &byte, 1);
  (void)ignored;  // a full pipe has a dump coming already
}

void OnSignal(int) {
  const int saved_errno = errno;
  WriteByte('d');
  errno = saved_errno;
}

}  // namespace

DumpSignal::DumpSignal(absl::AnyInvocable<std::string()> dump) : dump_(std::move(dump)) {
  int ends[2];
  int none = -1;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    LOG(ERROR) << "no dump on SIGUSR1: pipe: " << std::strerror(errno);
    return;
  }
  if (!g_write_end.compare_exchange_strong(none, ends[1])) {
    LOG(ERROR) << "no dump on SIGUSR1: another system of this process has it";
    close(ends[0]);
    close(ends[1]);
    return;
  }
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  g_read_end.store(ends[0]);
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, &g_previous);
  installed_ = true;
  thread_ = std::thread([this] { Serve(); });
}

DumpSignal::~DumpSignal() {
  if (!installed_) return;
  sigaction(SIGUSR1, &g_previous, nullptr);
  WriteByte('q');
  thread_.join();
  close(g_read_end.exchange(-1));
  close(g_write_end.exchange(-1));
}

void DumpSignal::Serve() {
  char byte = 0;
  for (;;) {
    const ssize_t got = read(g_read_end.load(), &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1 || byte == 'q') return;
    const std::string text = dump_();
    const ssize_t ignored = write(STDERR_FILENO, text.data(), text.size());
    (void)ignored;
  }
}

}  // namespace internal
}  // namespace troupe

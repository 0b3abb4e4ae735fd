#ifndef TROUPE_TESTS_RUNTIME_LIFE_TEST_UTIL_H_
#define TROUPE_TESTS_RUNTIME_LIFE_TEST_UTIL_H_

// What the tests of actors' lives share: a world that is stepped by hand, a journal, and an actor
// that writes into it whatever happens to it.

#include <glog/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/mutex.h"
#include "troupe.h"
#include "troupe_testing.h"

namespace troupe {
namespace testing {

// A system on virtual time whose turns run in an order of the seed; 0: in the order scheduled.
struct World {
  explicit World(uint64_t seed = 0, SystemOptions options = {})
      : executor(
            {.seed = seed,
             .order = seed == 0 ? ManualExecutor::Order::kFifo : ManualExecutor::Order::kSeeded,
             .clock = &clock}) {
    options.executor = &executor;
    options.clock = &clock;
    options.seed = seed + 1;
    system.emplace(options);
  }

  ActorSystem* operator->() { return &*system; }
  void Run() { executor.RunUntilIdle(); }
  void RunFor(absl::Duration duration) { executor.RunFor(duration); }

  VirtualClock clock;
  ManualExecutor executor;
  std::optional<ActorSystem> system;
};

// Runs `body` in a fresh world for the FIFO order and several random ones.
inline void InSeveralOrders(const std::function<void(World&)>& body, uint64_t orders = 12,
                            const SystemOptions& options = {}) {
  for (uint64_t seed = 0; seed < orders; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    World world(seed, options);
    body(world);
  }
}

// What happened, in order. Any thread.
class Journal {
 public:
  void Add(std::string line) {
    MutexLock lock(&mu_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    MutexLock lock(&mu_);
    return lines_;
  }
  size_t Count(const std::string& line) const {
    MutexLock lock(&mu_);
    return std::count(lines_.begin(), lines_.end(), line);
  }
  bool Has(const std::string& line) const { return Count(line) > 0; }
  // Both happened, the first `a` before the first `b`.
  bool Before(const std::string& a, const std::string& b) const {
    MutexLock lock(&mu_);
    const auto first = std::find(lines_.begin(), lines_.end(), a);
    return first != lines_.end() && std::find(first, lines_.end(), b) != lines_.end() &&
           std::find(lines_.begin(), first, b) == first;
  }
  void Clear() {
    MutexLock lock(&mu_);
    lines_.clear();
  }

 private:
  mutable Mutex mu_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
};
using JournalPtr = std::shared_ptr<Journal>;

// Collects what is logged while it lives.
class LogCapture : public google::LogSink {
 public:
  LogCapture() { google::AddLogSink(this); }
  ~LogCapture() override { google::RemoveLogSink(this); }

  void send(google::LogSeverity severity, const char*, const char*, int, const struct tm*,
            const char* message, size_t length) override {
    MutexLock lock(&mu_);
    (void)severity;
    lines_.emplace_back(message, length);
  }
  size_t CountOf(absl::string_view part) const {
    MutexLock lock(&mu_);
    return std::count_if(lines_.begin(), lines_.end(),
                         [&](const std::string& line) { return absl::StrContains(line, part); });
  }
  bool Has(absl::string_view part) const { return CountOf(part) > 0; }

 private:
  mutable Mutex mu_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
};

// Writes `name.what` for everything that happens to it.
class Recorder : public Actor {
 public:
  static constexpr bool kLocalOnly = true;

  Recorder(JournalPtr journal, std::string name)
      : journal_(std::move(journal)), name_(std::move(name)) {
    Note("made");
  }
  ~Recorder() override { Note("destroyed"); }

  absl::Status OnStart() override {
    Note("start");
    return absl::OkStatus();
  }
  void OnStop() override { Note("stop"); }
  void OnFailure(const absl::Status& status) override {
    Note(absl::StrCat("failure: ", std::string(status.message())));
  }
  void OnDown(const Down& down) override {
    Note(absl::StrCat("down: ", std::string(DownReasonName(down.reason))));
  }
  absl::StatusOr<Value> Receive(Value message) override {
    Note(message.ToString());
    return message;
  }

  void Do(std::string what) { Note(what); }
  absl::Status Fail(std::string what) { return absl::InternalError(what); }
  void Throw(std::string what) { throw std::runtime_error(what); }
  void Quit() { Stop(); }
  // Suspends, or blocks, until `gate` is ready.
  Task<void> Wait(Future<void> gate) {
    Note("waits");
    co_await std::move(gate);
    Note("goes on");
  }
  absl::Status Block(Future<void> gate) {
    Note("blocks");
    const absl::Status status = gate.Get();
    Note("unblocked");
    return status;
  }
  void WatchIt(AnyRef ref) { Watch(ref); }
  void UnwatchIt(AnyRef ref) { Unwatch(ref); }
  Ref<Recorder> MakeChild(std::string name) { return Spawn<Recorder>(journal_, std::move(name)); }

 protected:
  void Note(absl::string_view what) { journal_->Add(absl::StrCat(name_, ".", std::string(what))); }

  const JournalPtr journal_;
  const std::string name_;
};
TROUPE_ACTOR(Recorder, Do, Fail, Throw, Quit, Wait, Block, WatchIt, UnwatchIt, MakeChild)

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_RUNTIME_LIFE_TEST_UTIL_H_

#ifndef TROUPE_TESTS_CLUSTER_ACTORS_H_
#define TROUPE_TESTS_CLUSTER_ACTORS_H_

// The actors of the tests with several processes: test_node hosts them all.

#include <unistd.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "troupe.h"

namespace troupe {
namespace testing {

// Lets nobody pass until it is opened.
class Gate : public Actor {
 public:
  Future<void> Pass() {
    if (open_) return Future<void>::Ready(absl::OkStatus());
    waiting_.emplace_back();
    Future<void> passed = waiting_.back().future();
    Announce();
    return passed;
  }
  // Ready when this many have come.
  Future<void> Crowd(int64_t count) {
    crowds_.emplace_back(count, Promise<void>());
    Future<void> crowd = crowds_.back().second.future();
    Announce();
    return crowd;
  }
  void Open() {
    open_ = true;
    for (Promise<void>& promise : waiting_) (void)promise.Set();
  }

 private:
  void Announce() {
    for (auto& [count, promise] : crowds_) {
      if (static_cast<int64_t>(waiting_.size()) >= count) (void)promise.Set();
    }
  }

  bool open_ = false;
  std::vector<Promise<void>> waiting_;
  std::vector<std::pair<int64_t, Promise<void>>> crowds_;
};
TROUPE_ACTOR(Gate, Pass, Crowd, Open)

// Keeps what it is told, called (Put) or sent as a plain message.
class Inbox : public Actor {
 public:
  void Put(Value value) {
    values_.push_back(std::move(value));
    for (auto& [count, promise] : waiting_) {
      if (values_.size() >= count) (void)promise.Set(values_);
    }
  }
  // All, once there are this many.
  Future<std::vector<Value>> AtLeast(uint64_t count) {
    if (values_.size() >= count) return Future<std::vector<Value>>::Ready(values_);
    waiting_.emplace_back(count, Promise<std::vector<Value>>());
    return waiting_.back().second.future();
  }
  absl::StatusOr<Value> Receive(Value message) override {
    Put(std::move(message));
    return Value();
  }

 private:
  std::vector<Value> values_;
  std::vector<std::pair<uint64_t, Promise<std::vector<Value>>>> waiting_;
};
TROUPE_ACTOR(Inbox, Put, AtLeast)

class Summing {
 public:
  virtual ~Summing() = default;
  virtual int64_t Add(int64_t a, int64_t b) = 0;
};
TROUPE_ACTOR(Summing, Add)

struct Item {
  std::string name;
  int64_t count = 0;
  std::vector<double> prices;

  friend bool operator==(const Item& a, const Item& b) = default;
};

// Every kind of method and result.
class Worker : public Actor, public Summing {
 public:
  using Implements = Interfaces<Summing>;

  Worker() = default;
  // Tells `inbox` of its life.
  Worker(std::string name, Ref<Inbox> inbox) : name_(std::move(name)), inbox_(std::move(inbox)) {}

  absl::Status OnStart() override {
    Report("started");
    return absl::OkStatus();
  }
  void OnStop() override { Report("stopped"); }
  void OnFailure(const absl::Status& status) override { Report(std::string(status.message())); }

  int64_t Add(int64_t a, int64_t b) override { return a + b; }
  void Note(std::string text) { notes.push_back(std::move(text)); }
  absl::Status Refuse(std::string text) {
    absl::Status status = absl::FailedPreconditionError(text);
    status.SetPayload("example.com/why", absl::Cord("because"));
    return status;
  }
  absl::StatusOr<int64_t> Half(int64_t n) {
    if (n % 2 != 0) return absl::OutOfRangeError("it is odd");
    return n / 2;
  }
  int64_t Throw(std::string text) { throw std::runtime_error(text); }
  std::string Echo(std::string text) { return text; }
  std::string Big(int64_t bytes) { return std::string(static_cast<size_t>(bytes), 'b'); }
  Value EchoValue(Value value) { return value; }
  Item Double(Item item, bool also_prices) {
    item.count *= 2;
    if (also_prices) {
      for (double& price : item.prices) price *= 2;
    }
    return item;
  }
  google::protobuf::Duration Longer(google::protobuf::Duration duration) {
    duration.set_seconds(duration.seconds() + 1);
    return duration;
  }

  // Through another actor, in each way.
  Future<int64_t> AddAsFuture(Ref<Summing> other, int64_t a, int64_t b) { return other->Add(a, b); }
  Task<int64_t> AddAsTask(Ref<Summing> other, int64_t a, int64_t b) {
    const int64_t sum = co_await other->Add(a, b);
    co_return sum;
  }
  absl::StatusOr<int64_t> AddBlocking(Ref<Summing> other, int64_t a, int64_t b) {
    return other->Add(a, b).Get();
  }
  // Waits at the gate. Notes how that ended.
  Task<void> Hold(Ref<Gate> gate) {
    ++holds;
    const absl::Status status = co_await AsStatusOr(gate->Pass());
    notes.push_back(std::string(absl::StatusCodeToString(status.code())));
    co_return;
  }
  absl::Status HoldBlocking(Ref<Gate> gate) { return gate->Pass().Get(); }
  // A method that does nothing but look.
  absl::Status UntilCancelled(Ref<Gate> gate) {
    gate.Tell<&Gate::Pass>();
    while (!context().cancelled()) std::this_thread::yield();
    notes.push_back("cancelled");
    return absl::OkStatus();
  }
  // What is left of the deadline; infinite without one.
  absl::Duration TimeLeft() {
    const absl::Time deadline = context().deadline();
    if (deadline == absl::InfiniteFuture()) return absl::InfiniteDuration();
    return deadline - system().clock().Now();
  }

  AnyRef Self() { return self(); }
  AnyRef Same(AnyRef ref) { return ref; }
  Ref<Worker> SpawnChild(std::string name, Ref<Inbox> inbox) {
    return Spawn<Worker>(std::move(name), std::move(inbox));
  }
  int64_t Process() { return getpid(); }
  int64_t Thread() { return gettid(); }
  void StopSelf() { Stop(); }

  int64_t number = 7;
  int64_t holds = 0;
  std::vector<std::string> notes;

 private:
  void Report(const std::string& event) {
    if (inbox_) inbox_.Tell<&Inbox::Put>(Value(name_ + " " + event));
  }

  std::string name_;
  Ref<Inbox> inbox_;
};
TROUPE_ACTOR(Worker, Note, Refuse, Half, Throw, Echo, Big, EchoValue, Double, Longer, AddAsFuture,
             AddAsTask, AddBlocking, Hold, HoldBlocking, UntilCancelled, TimeLeft, Self, Same,
             SpawnChild, Process, Thread, StopSelf, number, holds, notes)

// Gives streams, and notes when they end.
class Fountain : public Actor {
 public:
  // 0, 1, ... `count` of them; for ever if it is negative.
  Stream<int64_t> Numbers(int64_t count) {
    const Ending ending(this);
    for (int64_t i = 0; i != count; ++i) {
      ++given;
      co_yield i;
    }
  }
  Stream<Item> Items(int64_t count, int64_t bytes) {
    const Ending ending(this);
    for (int64_t i = 0; i < count; ++i) {
      Item item;
      item.name = std::string(static_cast<size_t>(bytes), 'i');
      item.count = i;
      co_yield item;
    }
    co_await absl::DataLossError("dry");
  }
  // One, and another one when the gate lets it pass.
  Stream<int64_t> Gated(Ref<Gate> gate) {
    const Ending ending(this);
    co_yield 1;
    co_await gate->Pass();
    co_yield 2;
  }
  // Ready when this many streams have ended.
  Future<void> Ended(int64_t count) {
    wanted_ = count;
    waiting_.emplace();
    Future<void> future = waiting_->future();
    Announce();
    return future;
  }
  int64_t given = 0;

 private:
  class Ending {
   public:
    explicit Ending(Fountain* fountain) : fountain_(fountain) {}
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() {
      ++fountain_->ended_;
      fountain_->Announce();
    }

   private:
    Fountain* const fountain_;
  };

  void Announce() {
    if (waiting_.has_value() && ended_ >= wanted_) (void)waiting_->Set();
  }

  int64_t ended_ = 0;
  int64_t wanted_ = 0;
  std::optional<Promise<void>> waiting_;
};
TROUPE_ACTOR(Fountain, Numbers, Items, Gated, Ended, given)

class Drinker : public Actor {
 public:
  Task<int64_t> Sum(Ref<Fountain> fountain, int64_t count) {
    int64_t sum = 0;
    Stream<int64_t> numbers = fountain->Numbers(count);
    while (std::optional<int64_t> number = co_await numbers.Next()) sum += *number;
    co_return sum;
  }
};
TROUPE_ACTOR(Drinker, Sum)

// Calls workers for others.
class Deputy : public Actor {
 public:
  Task<absl::Duration> TimeLeft(Ref<Worker> worker) {
    const absl::Duration left = co_await worker->TimeLeft();
    co_return left;
  }
  Task<void> Hold(Ref<Worker> worker, Ref<Gate> gate) { co_await worker->Hold(gate); }
};
TROUPE_ACTOR(Deputy, TimeLeft, Hold)

// Plain messages: gives them back.
class Plain : public Actor {
 public:
  absl::StatusOr<Value> Receive(Value message) override {
    if (message == Value("refuse")) return absl::PermissionDeniedError("no");
    if (message == Value("throw")) throw std::runtime_error("unwanted");
    seen.push_back(message);
    return message;
  }
  std::vector<Value> seen;
};
TROUPE_ACTOR(Plain, seen)

// Reports the ends of others.
class Guard : public Actor {
 public:
  explicit Guard(Ref<Inbox> inbox) : inbox_(std::move(inbox)) {}
  void WatchIt(AnyRef ref) { Watch(ref); }
  void UnwatchIt(AnyRef ref) { Unwatch(ref); }
  void OnDown(const Down& down) override {
    inbox_.Tell<&Inbox::Put>(Value{{"ref", down.ref},
                                   {"reason", static_cast<int>(down.reason)},
                                   {"text", down.status.ToString()}});
  }

 private:
  const Ref<Inbox> inbox_;
};
TROUPE_ACTOR(Guard, WatchIt, UnwatchIt)

// Takes numbered messages, of one sender, and sees whether they come in order: 0, 1, 2, ...
class Sink : public Actor {
 public:
  int64_t Take(int64_t number) {
    if (number != next) disorder.push_back(number);
    next = number + 1;
    ++taken;
    return number;
  }
  int64_t TakeText(int64_t number, const std::string& text) {
    (void)text;
    return Take(number);
  }
  // As Take, and holds up what comes behind it.
  absl::Status TakeAndHold(int64_t number, Ref<Gate> gate) {
    (void)Take(number);
    return gate->Pass().Get();
  }
  int64_t next = 0;
  int64_t taken = 0;
  std::vector<int64_t> disorder;
};
TROUPE_ACTOR(Sink, Take, TakeText, TakeAndHold, next, taken, disorder)

// Sends numbered messages, every second one as a call.
class Source : public Actor {
 public:
  // `count` messages from number `sent` on, not more than `window` of them under way at a time.
  // Gives the number of calls that did not end with their own number.
  Task<int64_t> Send(Ref<Sink> sink, int64_t count, int64_t window) {
    int64_t wrong = 0;
    for (const int64_t end = sent + count; sent < end;) {
      std::vector<Future<int64_t>> calls;
      const int64_t first = sent;
      for (; sent < end && sent < first + window; ++sent) {
        if (sent % 2 == 0 && sent + 1 < end) {
          if (sink.Tell<&Sink::Take>(sent) != SendResult::kSent) ++wrong;
        } else {
          calls.push_back(sink->Take(sent));
        }
      }
      const std::vector<absl::StatusOr<int64_t>> outcomes = co_await Settle(std::move(calls));
      for (const absl::StatusOr<int64_t>& outcome : outcomes) wrong += !outcome.ok();
    }
    co_return wrong;
  }
  // Calls `worker` once to hold at the gate, and `count` times behind that. Nobody awaits them.
  void Pester(Ref<Worker> worker, Ref<Gate> gate, int64_t count) {
    futures_.push_back(worker->Hold(gate));
    for (int64_t i = 0; i < count; ++i) futures_.push_back(worker->Note("pestered"));
  }
  int64_t sent = 0;

 private:
  std::vector<Future<void>> futures_;
};
TROUPE_ACTOR(Source, Send, Pester, sent)

inline std::vector<HostedClass> AllTestClasses() {
  return {Hosts<Gate>(),
          Hosts<Inbox>(),
          Hosts<Worker>(),
          Hosts<Worker, std::string, Ref<Inbox>>(),
          Hosts<Fountain>(),
          Hosts<Drinker>(),
          Hosts<Deputy>(),
          Hosts<Plain>(),
          Hosts<Guard, Ref<Inbox>>(),
          Hosts<Sink>(),
          Hosts<Source>()};
}

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_CLUSTER_ACTORS_H_

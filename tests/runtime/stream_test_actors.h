#ifndef TROUPE_TESTS_RUNTIME_STREAM_TEST_ACTORS_H_
#define TROUPE_TESTS_RUNTIME_STREAM_TEST_ACTORS_H_

// Who gives streams, and who reads them.

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/turn.h"
#include "tests/runtime/life_test_util.h"
#include "troupe.h"

namespace troupe {
namespace testing {

// Notes its end, and in whose turn that was.
class Trace {
 public:
  Trace(JournalPtr journal, AnyRef owner) : journal_(std::move(journal)), owner_(owner) {}
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  ~Trace() {
    internal::Turn* const turn = internal::Turn::Current();
    const bool inside = turn != nullptr && RecipientPtr(turn->cell()) == owner_.recipient();
    journal_->Add(inside ? "ended in a turn" : "ended outside");
  }

 private:
  const JournalPtr journal_;
  const AnyRef owner_;
};

class Giver : public Actor {
 public:
  explicit Giver(JournalPtr journal) : journal_(std::move(journal)) {}
  void OnStop() override { journal_->Add("stopped"); }

  // 0, 1, ... of them; for ever if it is negative.
  Stream<int64_t> Count(int64_t count) {
    const Trace trace(journal_, self());
    for (int64_t i = 0; i != count; ++i) {
      ++given;
      co_yield i;
    }
  }
  Stream<int64_t> CountSlowly(int64_t count, absl::Duration pause) {
    const Trace trace(journal_, self());
    for (int64_t i = 0; i != count; ++i) {
      co_await Sleep(pause);
      ++given;
      co_yield i;
    }
  }
  Stream<std::string> Texts(int64_t count, int64_t bytes) {
    for (int64_t i = 0; i < count; ++i) {
      ++given;
      co_yield std::string(static_cast<size_t>(bytes), static_cast<char>('a' + i % 26));
    }
  }
  Stream<bool> Bits(int64_t count) {
    for (int64_t i = 0; i < count; ++i) co_yield i % 3 == 0;
  }
  Stream<std::vector<std::string>> Lists(int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      std::vector<std::string> list(static_cast<size_t>(i), "x");
      co_yield list;
    }
  }
  // How it fails: by a status, by an exception, by what it awaits; 0 or negative: right away.
  Stream<int64_t> CountAndFail(int64_t count, std::string how) {
    for (int64_t i = 0; i < count; ++i) co_yield i;
    if (how == "throw") throw std::runtime_error("thrown");
    if (how == "await") co_await Fails();
    co_await absl::DataLossError(how);
  }
  // Waits for what its reader's actor does.
  Stream<int64_t> AskBack(AnyRef reader);
  // Goes on when it is cancelled, and even gives one more.
  Stream<int64_t> Stubborn() {
    const Trace trace(journal_, self());
    co_yield 1;
    const absl::Status status = co_await AsStatusOr(Sleep(absl::Hours(1)));
    journal_->Add(std::string(absl::StatusCodeToString(status.code())));
    co_yield 2;
    journal_->Add("not reached");
  }
  // Another one's, as its own.
  Stream<int64_t> CountOf(Ref<Giver> other, int64_t count);
  Stream<int64_t> Nothing() { return {}; }
  Stream<int64_t> ThrowAtOnce() { throw std::runtime_error("at once"); }

  void Fail() { throw std::runtime_error("failing"); }
  Task<void> Fails() { co_await absl::OutOfRangeError("awaited"); }
  int64_t Echo(int64_t i) { return i; }

  int64_t given = 0;

 private:
  const JournalPtr journal_;
};
TROUPE_ACTOR(Giver, Count, CountSlowly, Texts, Bits, Lists, CountAndFail, AskBack, Stubborn,
             CountOf, Nothing, ThrowAtOnce, Fail, Echo, given)

inline Stream<int64_t> Giver::CountOf(Ref<Giver> other, int64_t count) {
  return other->Count(count);
}

class Reader : public Actor {
 public:
  // The sum of the items, or the error.
  Task<int64_t> Sum(Ref<Giver> giver, int64_t count) {
    int64_t sum = 0;
    Stream<int64_t> items = giver->Count(count);
    while (std::optional<int64_t> item = co_await items.Next()) sum += *item;
    co_return sum;
  }
  Task<int64_t> SumSlowly(Ref<Giver> giver, int64_t count, absl::Duration pause) {
    int64_t sum = 0;
    Stream<int64_t> items = giver->CountSlowly(count, pause);
    while (std::optional<int64_t> item = co_await items.Next()) sum += *item;
    co_return sum;
  }
  // One at a time, in different messages.
  void Open(Ref<Giver> giver, int64_t count) { kept_ = giver->Count(count); }
  Task<int64_t> ReadOne() {
    std::optional<int64_t> item = co_await kept_.Next();
    if (!item.has_value()) co_await absl::OutOfRangeError("the end");
    co_return *item;
  }
  Task<int64_t> BeAskedBack(Ref<Giver> giver) {
    Stream<int64_t> items = giver->AskBack(self());
    std::optional<int64_t> item = co_await items.Next();
    co_return item.value_or(-1);
  }
  int64_t Blocking(Ref<Giver> giver, int64_t count) {
    int64_t sum = 0;
    Stream<int64_t> items = giver->Count(count);
    for (auto item = items.Next().Get(); item.ok() && item->has_value();
         item = items.Next().Get()) {
      sum += **item;
    }
    return sum;
  }
  int64_t Answer() { return 42; }

 private:
  Stream<int64_t> kept_;
};
TROUPE_ACTOR(Reader, Sum, SumSlowly, Open, ReadOne, BeAskedBack, Blocking, Answer)

inline Stream<int64_t> Giver::AskBack(AnyRef reader) {
  const Ref<Reader> to = *reader.As<Reader>();
  const int64_t answer = co_await to->Answer();
  co_yield answer;
}

// All there is to read, and how it ended, from a thread that is no actor's.
template <typename T>
struct WholeStream {
  std::vector<T> items;
  absl::Status end;
};
template <typename T>
WholeStream<T> ReadAll(Stream<T>& stream) {
  WholeStream<T> whole;
  for (;;) {
    absl::StatusOr<std::optional<T>> item = stream.Next().Get();
    if (!item.ok()) whole.end = item.status();
    if (!item.ok() || !item->has_value()) return whole;
    whole.items.push_back(**std::move(item));
  }
}

inline std::vector<int64_t> FirstNumbers(int64_t count) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_RUNTIME_STREAM_TEST_ACTORS_H_

#ifndef TROUPE_TESTS_RUNTIME_FAR_WORLD_H_
#define TROUPE_TESTS_RUNTIME_FAR_WORLD_H_

// Actors, and one that is reached as if it lived elsewhere.

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"
#include "tests/runtime/loopback.h"

namespace troupe {
namespace testing {

// A value whose codec may misbehave.
struct Fussy {
  enum Mode : int64_t { kFine, kThrowsWhenEncoded, kThrowsWhenDecoded, kRefusedWhenDecoded };
  int64_t mode = kFine;
};

}  // namespace testing

template <>
struct Codec<testing::Fussy> {
  using Wire = int64_t;
  static Wire ToWire(const testing::Fussy& fussy) {
    if (fussy.mode == testing::Fussy::kThrowsWhenEncoded) throw std::runtime_error("not today");
    return fussy.mode;
  }
  static absl::StatusOr<testing::Fussy> FromWire(Wire mode) {
    if (mode == testing::Fussy::kThrowsWhenDecoded) throw std::runtime_error("not that one");
    if (mode == testing::Fussy::kRefusedWhenDecoded) return absl::DataLossError("ugly");
    return testing::Fussy{mode};
  }
};

namespace testing {

class Far : public Actor {
 public:
  int64_t AddOne(int64_t i) { return i + 1; }
  void Note(std::string text) { notes.push_back(std::move(text)); }
  absl::Status Check(bool ok) {
    absl::Status status = ok ? absl::OkStatus() : absl::DataLossError("lost");
    if (!ok) status.SetPayload("why", absl::Cord("because"));
    return status;
  }
  absl::StatusOr<std::string> Maybe(bool ok) {
    if (!ok) return absl::OutOfRangeError("no");
    return "yes";
  }
  Future<int64_t> Later() {
    later_.emplace();
    return later_->future();
  }
  void Now(int64_t value) { (void)later_->Set(value); }
  Task<int64_t> Slow(int64_t i) {
    co_await Sleep(absl::Seconds(1));
    notes.push_back("slept");
    co_return i;
  }
  Task<int64_t> SlowFailure() {
    co_await Sleep(absl::Seconds(1));
    throw std::runtime_error("late");
  }
  int64_t Throw(std::string text) { throw std::runtime_error(text); }
  Fussy Give(int64_t mode) { return {mode}; }
  int64_t Take(Fussy fussy) { return fussy.mode; }
  Ref<Far> Same(Ref<Far> ref) { return ref; }
  AnyRef Any(AnyRef ref) { return ref; }
  absl::Duration Left() { return context().deadline() - system().clock().Now(); }
  bool IsOneWay() { return context().one_way(); }
  absl::Status Fail() { return absl::InternalError("failed"); }

  absl::StatusOr<Value> Receive(Value message) override {
    if (message.is_null()) return absl::InvalidArgumentError("nothing");
    notes.push_back(message.ToString());
    return message;
  }

  std::vector<std::string> notes;
  int64_t number = 5;
  const int64_t fixed = 3;

 private:
  std::optional<Promise<int64_t>> later_;
};
TROUPE_ACTOR(Far, AddOne, Note, Check, Maybe, Later, Now, Slow, SlowFailure, Throw, Give, Take,
             Same, Any, Left, IsOneWay, Fail, notes, number, fixed)

// Of whom the far side has no such method.
class Stranger : public Actor {
 public:
  void Unheard() {}
};
TROUPE_ACTOR(Stranger, Unheard)

class Homely : public Actor {
 public:
  static constexpr bool kLocalOnly = true;
  int64_t Take(std::unique_ptr<int64_t> p) { return *p; }
};
TROUPE_ACTOR(Homely, Take)

// Watches what it is told to and counts the ends.
class Watcher : public Actor {
 public:
  void WatchIt(AnyRef ref) { Watch(ref); }
  void UnwatchIt(AnyRef ref) { Unwatch(ref); }
  void OnDown(const Down& down) override { downs.emplace_back(DownReasonName(down.reason)); }
  std::vector<std::string> downs;
};
TROUPE_ACTOR(Watcher, WatchIt, UnwatchIt, downs)

// An actor and its representative.
struct FarWorld : World {
  explicit FarWorld(uint64_t seed = 0)
      : World(seed),
        near((*this)->Spawn<Far>()),
        loop(IntrusivePtr<LoopbackRecipient>::Adopt(
            new LoopbackRecipient(near.recipient(), &translator))),
        far(RecipientPtr(loop.get())) {}

  LoopbackTranslator translator;
  Ref<Far> near;
  IntrusivePtr<LoopbackRecipient> loop;
  Ref<Far> far;
};

inline void InSeveralFarOrders(const std::function<void(FarWorld&)>& body) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    FarWorld world(seed);
    body(world);
    EXPECT_EQ(world.loop->pending(), 0u);
    EXPECT_EQ(world.loop->running(), 0u);
  }
}

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_RUNTIME_FAR_WORLD_H_

// Several systems in one process know nothing of each other; calls across them work.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/life_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Caller : public Actor {
 public:
  explicit Caller(Ref<Recorder> other) : other_(std::move(other)) {}
  absl::Status Blocking(std::string what) { return other_->Do(what).Get(); }
  Task<void> Suspending(std::string what) { co_await other_->Do(what); }
  absl::Status OnStart() override {
    Watch(other_);
    return absl::OkStatus();
  }
  void OnDown(const Down& down) override {
    downs.push_back(std::string(DownReasonName(down.reason)));
  }
  std::vector<std::string> downs;

 private:
  const Ref<Recorder> other_;
};
TROUPE_ACTOR(Caller, Blocking, Suspending, downs)

TEST(IsolationTest, LookUpsNamesAndBroadcastsStayInTheirSystem) {
  VirtualClock clock;
  ManualExecutor executor({.clock = &clock});
  ActorSystem one({.executor = &executor, .clock = &clock});
  ActorSystem two({.executor = &executor, .clock = &clock});
  const auto journal = std::make_shared<Journal>();
  const auto a = one.Spawn<Recorder>(SpawnOptions{.name = "it"}, journal, "a");
  const auto b = two.Spawn<Recorder>(SpawnOptions{.name = "it"}, journal, "b");
  EXPECT_THAT(one.All(), ElementsAre(AnyRef(a)));
  EXPECT_THAT(two.All(), ElementsAre(AnyRef(b)));
  EXPECT_EQ(*one.Find("it"), a);
  EXPECT_EQ(*two.Find("it"), b);
  EXPECT_FALSE(one.Find(b.urn()).ok());
  EXPECT_EQ(one.Broadcast(Value("x")), 1u);
  EXPECT_TRUE(a.Stop().Get().ok());
  EXPECT_EQ(a.Tell("dead"), SendResult::kNotFound);
  EXPECT_EQ(one.dead_letters(), 1u);
  EXPECT_EQ(two.dead_letters(), 0u);
  EXPECT_THAT(one.StopAll(), IsEmpty());
  EXPECT_THAT(two.StopAll(), SizeIs(1));
}

TEST(IsolationTest, CallsAndWatchesWorkAcrossSystems) {
  ActorSystem one({.threads = 1});
  ActorSystem two({.threads = 1});
  const auto journal = std::make_shared<Journal>();
  const auto callee = two.Spawn<Recorder>(journal, "callee");
  const auto caller = one.Spawn<Caller>(callee);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(caller->Blocking("b").Get().ok());
    EXPECT_TRUE(caller->Suspending("s").Get().ok());
  }
  EXPECT_EQ(journal->Count("callee.b"), 100u);
  EXPECT_EQ(journal->Count("callee.s"), 100u);
  EXPECT_TRUE(callee.Stop().Get().ok());
  EXPECT_EQ(caller->Blocking("b").Get().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*caller->downs().Get(), ElementsAre("stopped"));
}

TEST(IsolationTest, OneSystemEndsAndTheOtherGoesOn) {
  for (int round = 0; round < 20; ++round) {
    ActorSystem one({.threads = 2});
    std::optional<ActorSystem> two(std::in_place, SystemOptions{.threads = 2});
    const auto journal = std::make_shared<Journal>();
    const auto callee = two->Spawn<Recorder>(journal, "callee");
    const auto caller = one.Spawn<Caller>(callee);
    std::vector<Future<void>> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(caller->Suspending("s"));
    two.reset();
    for (const auto& call : calls) {
      const absl::Status status = call.Get();
      EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kNotFound) << status;
    }
    EXPECT_EQ(caller->Blocking("b").Get().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(*caller->downs().Get(), SizeIs(1));
  }
}

TEST(IsolationTest, AnActorMayOwnASystemOfItsOwn) {
  class Owner : public Actor {
   public:
    explicit Owner(JournalPtr journal) : inner_(SystemOptions{.threads = 1}) {
      ref_ = inner_.Spawn<Recorder>(std::move(journal), "inner");
    }
    absl::StatusOr<Value> Receive(Value message) override {
      return ref_.Ask(std::move(message)).Get();
    }

   private:
    ActorSystem inner_;
    Ref<Recorder> ref_;
  };
  const auto journal = std::make_shared<Journal>();
  ActorSystem system({.threads = 1});
  const auto owner = system.Spawn<Owner>(journal);
  EXPECT_EQ(*owner.Ask("x").Get(), Value("x"));
  EXPECT_TRUE(owner.Stop().Get().ok());
  EXPECT_TRUE(journal->Before("inner.'x'", "inner.stop"));
}

TEST(IsolationTest, ADeadlockAcrossSystemsIsFound) {
  class Mirror : public Actor {
   public:
    absl::StatusOr<Value> Receive(Value message) override {
      if (message.is_ref()) return message.ref()->Ask(Value(self())).Get();
      return message;
    }
  };
  ActorSystem one({.threads = 1});
  ActorSystem two({.threads = 1});
  const auto a = one.Spawn<Mirror>();
  const auto b = two.Spawn<Mirror>();
  const auto answer = a.Ask(Value(b)).Get();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition) << answer.status();
  EXPECT_THAT(answer.status().ToString(), HasSubstr("Mirror.Receive -> Mirror.Receive"));
}

}  // namespace
}  // namespace testing
}  // namespace troupe

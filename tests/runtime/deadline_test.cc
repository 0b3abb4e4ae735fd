#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::HasSubstr;

class Server : public Actor {
 public:
  Task<int64_t> Slow(absl::Duration time) {
    ++started;
    co_await Sleep(time);
    ++finished;
    co_return finished;
  }
  int64_t Fast() { return ++started; }
  void Nothing() { ++started; }
  absl::Time Deadline() { return context().deadline(); }
  int64_t started = 0;
  int64_t finished = 0;
};
TROUPE_ACTOR(Server, Slow, Fast, Nothing, Deadline, started, finished)

class Front : public Actor {
 public:
  explicit Front(Ref<Server> server) : server_(std::move(server)) {}

  Task<absl::Time> NestedDeadline() { co_return co_await server_->Deadline(); }
  absl::Time NestedDeadlineBlocking() { return *server_->Deadline().Get(); }
  Future<absl::Time> NestedDeadlineHandedOn() { return server_->Deadline(); }
  Task<absl::Time> NestedDeadlineAfterSleep(absl::Duration own) {
    co_await Sleep(absl::Seconds(1));
    co_return co_await server_.With({.deadline = own})->Deadline();
  }
  Task<int64_t> Forward(absl::Duration time) { co_return co_await server_->Slow(time); }
  absl::StatusOr<int64_t> ForwardBlocking(absl::Duration time) { return server_->Slow(time).Get(); }
  Future<int64_t> HandOn(absl::Duration time) { return server_->Slow(time); }
  // Makes a call and does not wait for it.
  void Begin(absl::Duration time) { begun_ = server_->Slow(time); }
  std::string BegunStatus() {
    return begun_.IsReady() ? begun_.Get().status().ToString() : "pending";
  }
  void TellOn() { (void)server_.Tell<&Server::Nothing>(); }

 private:
  const Ref<Server> server_;
  Future<int64_t> begun_;
};
TROUPE_ACTOR(Front, NestedDeadline, NestedDeadlineBlocking, NestedDeadlineHandedOn,
             NestedDeadlineAfterSleep, Forward, ForwardBlocking, HandOn, Begin, BegunStatus, TellOn)

class DeadlineTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Server> server_ = manual_.system.Spawn<Server>();
  const Ref<Front> front_ = manual_.system.Spawn<Front>(server_);
};

TEST_F(DeadlineTest, NoneUnlessGiven) {
  EXPECT_EQ(*server_->Deadline().Get(), absl::InfiniteFuture());
  EXPECT_EQ(*server_.With({.deadline = absl::Seconds(3)})->Deadline().Get(),
            manual_.start + absl::Seconds(3));
}

TEST_F(DeadlineTest, TheCallEndsExactlyThenNamingTheCall) {
  const auto call = server_.With({.deadline = absl::Seconds(3)})->Slow(absl::Seconds(10));
  manual_.RunFor(absl::Seconds(3) - absl::Nanoseconds(1));
  EXPECT_FALSE(call.IsReady());
  EXPECT_EQ(call.Get().status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(manual_.elapsed(), absl::Seconds(3));
  EXPECT_THAT(call.Get().status().ToString(), HasSubstr("Server.Slow"));
  manual_.RunFor(absl::Seconds(20));
  EXPECT_EQ(*server_->finished().Get(), 0) << "its co_await ended with it";
}

TEST_F(DeadlineTest, AnAnswerInTimeStopsTheTimer) {
  const auto call = server_.With({.deadline = absl::Seconds(3)})->Slow(absl::Seconds(1));
  EXPECT_EQ(*call.Get(), 1);
  EXPECT_EQ(manual_.clock.pending_timers(), 0u);
}

TEST_F(DeadlineTest, QueuedWorkThatIsTooLateIsNotStarted) {
  const auto slow = server_->Slow(absl::Seconds(10));
  const auto late = server_.With({.deadline = absl::Seconds(1)})->Fast();
  EXPECT_EQ(server_.With({.deadline = absl::Seconds(1)}).Tell<&Server::Nothing>(),
            SendResult::kSent);
  EXPECT_EQ(late.Get().status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(*slow.Get(), 1);
  manual_.Run();
  EXPECT_EQ(*server_->started().Get(), 1);
  EXPECT_EQ(manual_.system.dead_letters(), 1u) << "the one-way message";
}

TEST_F(DeadlineTest, OneThatHasPassedAlreadyIsNotStarted) {
  for (const absl::Duration deadline : {absl::ZeroDuration(), -absl::Seconds(1)}) {
    EXPECT_EQ(server_.With({.deadline = deadline})->Fast().Get().status().code(),
              absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_EQ(*server_->started().Get(), 0);
}

TEST_F(DeadlineTest, ASleepForEverEndsWithIt) {
  EXPECT_EQ(server_.With({.deadline = absl::Seconds(1)})
                ->Slow(absl::InfiniteDuration())
                .Get()
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(*server_->finished().Get(), 0);
}

TEST_F(DeadlineTest, NestedCallsInheritWhatIsLeft) {
  const auto with = front_.With({.deadline = absl::Seconds(5)});
  const absl::Time expected = manual_.start + absl::Seconds(5);
  EXPECT_EQ(*with->NestedDeadline().Get(), expected);
  EXPECT_EQ(*with->NestedDeadlineBlocking().Get(), expected);
  EXPECT_EQ(*with->NestedDeadlineHandedOn().Get(), expected);
  EXPECT_EQ(*with->NestedDeadlineAfterSleep(absl::InfiniteDuration()).Get(), expected);
}

TEST_F(DeadlineTest, ANestedCallCanShortenItButNotProlongIt) {
  EXPECT_EQ(*front_.With({.deadline = absl::Seconds(5)})
                 ->NestedDeadlineAfterSleep(absl::Seconds(2))
                 .Get(),
            manual_.start + absl::Seconds(3));
  const absl::Time now = manual_.clock.Now();
  EXPECT_EQ(*front_.With({.deadline = absl::Seconds(5)})
                 ->NestedDeadlineAfterSleep(absl::Seconds(20))
                 .Get(),
            now + absl::Seconds(5));
}

TEST_F(DeadlineTest, AllNestedCallsEndTogether) {
  const auto options = CallOptions{.deadline = absl::Seconds(2)};
  for (int kind = 0; kind < 3; ++kind) {
    const absl::Time before = manual_.clock.Now();
    const auto call = kind == 0   ? front_.With(options)->Forward(absl::Seconds(60))
                      : kind == 1 ? front_.With(options)->ForwardBlocking(absl::Seconds(60))
                                  : front_.With(options)->HandOn(absl::Seconds(60));
    EXPECT_EQ(call.Get().status().code(), absl::StatusCode::kDeadlineExceeded);
    // Both actors are free at once.
    EXPECT_TRUE(server_->Nothing().Get().ok());
    EXPECT_EQ(*front_->NestedDeadline().Get(), absl::InfiniteFuture());
    EXPECT_EQ(manual_.clock.Now(), before + absl::Seconds(2)) << kind;
  }
  EXPECT_EQ(*server_->finished().Get(), 0);
}

TEST_F(DeadlineTest, ACallThatOutlivesTheOneThatMadeItKeepsTheInheritedDeadline) {
  ASSERT_TRUE(front_.With({.deadline = absl::Seconds(2)})->Begin(absl::Seconds(60)).Get().ok());
  manual_.RunFor(absl::Seconds(1));
  EXPECT_EQ(*front_->BegunStatus().Get(), "pending");
  manual_.RunFor(absl::Seconds(2));
  EXPECT_THAT(*front_->BegunStatus().Get(), HasSubstr("DEADLINE_EXCEEDED"));
}

TEST_F(DeadlineTest, OneWayMessagesInheritItToo) {
  const auto slow = server_->Slow(absl::Seconds(10));
  ASSERT_TRUE(front_.With({.deadline = absl::Seconds(2)})->TellOn().Get().ok());
  EXPECT_EQ(*slow.Get(), 1);
  EXPECT_EQ(*server_->started().Get(), 1);
}

TEST_F(DeadlineTest, TheTimeoutOfGetIsNoDeadline) {
  const auto call = server_->Slow(absl::Seconds(10));
  EXPECT_EQ(call.Get(absl::Seconds(1)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(*call.Get(), 1);
  EXPECT_EQ(manual_.elapsed(), absl::Seconds(10));
}

TEST(DefaultDeadlineTest, HoldsForCallsThatHaveNone) {
  ManualSystem manual(1, {.default_deadline = absl::Seconds(4)});
  const auto server = manual.system.Spawn<Server>();
  EXPECT_EQ(*server->Deadline().Get(), manual.start + absl::Seconds(4));
  EXPECT_EQ(*server.With({.deadline = absl::Seconds(9)})->Deadline().Get(),
            manual.start + absl::Seconds(9));
  EXPECT_EQ(server->Slow(absl::Seconds(60)).Get().status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(manual.elapsed(), absl::Seconds(4));
}

TEST(DeadlineSeedsTest, EndsTheCallInEveryOrder) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ManualSystem manual(seed);
    const auto server = manual.system.Spawn<Server>();
    std::vector<Future<int64_t>> calls;
    for (int i = 1; i <= 5; ++i) {
      const auto front = manual.system.Spawn<Front>(server);
      calls.push_back(front.With({.deadline = absl::Seconds(2 * i)})->Forward(absl::Seconds(3)));
    }
    int done = 0, late = 0;
    for (const auto& call : calls) {
      const auto result = call.Get();
      result.ok() ? ++done : ++late;
      EXPECT_TRUE(result.ok() || absl::IsDeadlineExceeded(result.status())) << result.status();
    }
    EXPECT_EQ(*server->finished().Get(), done);
    EXPECT_GT(late, 0);
  }
}

}  // namespace
}  // namespace troupe

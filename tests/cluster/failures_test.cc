// Processes die, freeze, come back and go in good order: every call ends, with the truth.

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster_test_util.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void ExpectUnavailable(const absl::Status& status, Delivery delivery) {
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(DeliveryOf(status), delivery) << status;
}

// A call that has begun, and such as wait behind it; the first of them, and whether they are in the
// mailbox over there, is known when `begun` is done.
struct OpenCalls {
  OpenCalls(const Ref<Worker>& worker, const Ref<Gate>& gate) : running(worker->Hold(gate)) {
    for (int i = 0; i < 1000; ++i) queued.push_back(worker->Note("queued"));
  }
  Future<void> running;
  std::vector<Future<void>> queued;
};

class FailuresTest : public ::testing::Test {
 protected:
  // A call that goes through once there is a node at the address: it is tried until then.
  Ref<Worker> FindWhenThere(const std::string& address) {
    for (;;) {
      const absl::StatusOr<Ref<Worker>> worker = Await(node_->At(address).Find<Worker>("worker"));
      if (worker.ok()) return *worker;
      EXPECT_EQ(worker.status().code(), absl::StatusCode::kUnavailable) << worker.status();
      if (worker.status().code() != absl::StatusCode::kUnavailable) return {};
    }
  }

  const std::unique_ptr<Node> node_ = MakeNode();
};

TEST_F(FailuresTest, WhenTheHostIsKilledOpenCallsFailAndWatchersAreTold) {
  TestNode host;
  const Ref<Inbox> inbox = node_->Spawn<Inbox>();
  const Ref<Guard> guard = node_->Spawn<Guard>(inbox);
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = FindWorker(node_->At(host.address()));
  const Ref<Worker> blocked_here = node_->Spawn<Worker>();
  ASSERT_TRUE(Await(guard->WatchIt(worker)).ok());
  Future<Down> down = worker.WhenDown();
  Future<NodeDown> node_down = node_->At(host.address()).WhenDown();
  OpenCalls calls(worker, gate);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  // An actor that blocks in a call to there.
  Future<int64_t> blocked = blocked_here->AddBlocking(Ref<Summing>(worker), 1, 2);

  host.Kill();
  ExpectUnavailable(Await(calls.running), Delivery::kOutcomeUnknown);
  for (const Future<void>& queued : calls.queued) {
    // Those that the connection had not taken yet were not sent.
    EXPECT_EQ(Await(queued).code(), absl::StatusCode::kUnavailable) << Await(queued);
    EXPECT_TRUE(DeliveryOf(Await(queued)).has_value());
  }
  EXPECT_EQ(Await(blocked).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(Await(down).ok());
  EXPECT_EQ(Await(down)->reason, DownReason::kNodeLost);
  EXPECT_EQ(Await(node_down)->address, host.address());
  const std::vector<Value> downs = *Await(inbox->AtLeast(1));
  ASSERT_THAT(downs, SizeIs(1));
  EXPECT_EQ(downs[0]["reason"], Value(static_cast<int>(DownReason::kNodeLost)));
  EXPECT_EQ(downs[0]["ref"], Value(worker));
  // Nobody is there now.
  ExpectUnavailable(Await(worker->Add(1, 2)).status(), Delivery::kNotSent);
  EXPECT_EQ(*Await(blocked_here->Add(1, 2)), 3);
}

TEST_F(FailuresTest, AFreezeThatEndsInTimeLosesAndRepeatsNothing) {
  TestNode host({"--down_after=60s"});
  NodeOptions options = QuickOptions();
  options.down_after = absl::Seconds(60);
  const std::unique_ptr<Node> patient = MakeNode(options);
  const Ref<Sink> there = patient->At(host.address()).Spawn<Sink>();
  const Ref<Sink> here = patient->Spawn<Sink>();
  const Ref<Source> source_here = patient->Spawn<Source>();
  const Ref<Source> source_there = patient->At(host.address()).Spawn<Source>();
  constexpr int64_t kCount = 20'000;
  Future<int64_t> wrong_here = source_here->Send(there, kCount, 2000);
  Future<int64_t> wrong_there = source_there->Send(here, kCount, 2000);
  for (int i = 0; i < 5; ++i) {
    host.Stop();
    ASSERT_TRUE(Await(patient->system().Sleep(absl::Milliseconds(250))).ok());
    host.Continue();
    ASSERT_TRUE(Await(patient->system().Sleep(absl::Milliseconds(20))).ok());
  }
  EXPECT_EQ(*Await(wrong_here), 0);
  EXPECT_EQ(*Await(wrong_there), 0);
  for (const Ref<Sink>& sink : {there, here}) {
    EXPECT_EQ(*Await(sink->taken()), kCount);
    EXPECT_THAT(*Await(sink->disorder()), IsEmpty());
  }
}

TEST_F(FailuresTest, AFreezeThatLastsEndsTheSessionAndWhatComesLaterWorks) {
  TestNode host;
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = FindWorker(node_->At(host.address()));
  OpenCalls calls(worker, gate);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  Future<Down> down = worker.WhenDown();
  Future<NodeDown> node_down = node_->At(host.address()).WhenDown();
  host.Stop();
  ExpectUnavailable(Await(calls.running), Delivery::kOutcomeUnknown);
  EXPECT_EQ(Await(down)->reason, DownReason::kNodeLost);
  ASSERT_TRUE(Await(node_down).ok());
  host.Continue();
  // The same run of the node: the actor is there, and what was called has been cancelled.
  for (;;) {
    const absl::StatusOr<int64_t> holds = Await(worker->holds());
    if (holds.ok()) break;
    ASSERT_EQ(holds.status().code(), absl::StatusCode::kUnavailable) << holds.status();
  }
  EXPECT_EQ(*Await(worker->holds()), 1) << "handled twice";
}

TEST_F(FailuresTest, AfterARestartAtTheSameAddressOldReferencesAreDead) {
  TestNode host;
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> old = FindWorker(node_->At(host.address()));
  OpenCalls calls(old, gate);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  Future<Down> down = old.WhenDown();
  host.Restart();
  EXPECT_EQ(Await(calls.running).code(), absl::StatusCode::kUnavailable);
  for (const Future<void>& queued : calls.queued) {
    EXPECT_EQ(Await(queued).code(), absl::StatusCode::kUnavailable) << Await(queued);
  }
  EXPECT_EQ(Await(down)->reason, DownReason::kNodeLost);
  const Ref<Worker> found = FindWhenThere(host.address());
  EXPECT_NE(found, old);
  EXPECT_EQ(*Await(found->Add(1, 2)), 3);
  EXPECT_EQ(Await(old->Add(1, 2)).status().code(), absl::StatusCode::kNotFound)
      << Await(old->Add(1, 2)).status();
  EXPECT_EQ(Await(old.WhenDown())->reason, DownReason::kNotFound);
  EXPECT_EQ(old.Tell<&Worker::Note>("dead letter"), SendResult::kSent);
  EXPECT_THAT(*Await(found->notes()), IsEmpty());
}

TEST_F(FailuresTest, AnAddressWhereNobodyListensFailsCallsAtOnceAndWorksOnceTheNodeIsThere) {
  const std::string address = TestNode::FreeAddress();
  Future<Ref<Worker>> found = node_->At(address).Find<Worker>("worker");
  const Ref<Worker> spawned = node_->At(address).Spawn<Worker>();
  ExpectUnavailable(Await(found).status(), Delivery::kNotSent);
  EXPECT_THAT(std::string(Await(found).status().message()), HasSubstr(address));
  ExpectUnavailable(Await(spawned->Add(1, 2)).status(), Delivery::kNotSent);
  EXPECT_EQ(Await(spawned.WhenDown())->reason, DownReason::kNodeLost);
  TestNode host({"--listen=" + address});
  EXPECT_EQ(host.address(), address);
  EXPECT_EQ(*Await(FindWhenThere(address)->Add(1, 2)), 3);
}

TEST_F(FailuresTest, AnOrderlyShutdownAnswersWhatIsQueued) {
  TestNode host;
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = FindWorker(node_->At(host.address()));
  Future<Down> down = worker.WhenDown();
  OpenCalls calls(worker, gate);
  Future<int64_t> last = worker->Add(1, 2);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  // The calls behind the first one are in the mailbox when a later one, to another actor, is
  // answered.
  ASSERT_TRUE(Await(node_->At(host.address()).Spawn<Worker>()->Add(1, 1)).ok());
  std::thread opener([&] {
    // Once it refuses new work, or has gone (that is too late, and fails below).
    while (Await(node_->At(host.address()).Spawn<Worker>()->Add(1, 1)).ok()) {
    }
    gate.Tell<&Gate::Open>();
  });
  EXPECT_TRUE(host.Terminate());
  opener.join();
  EXPECT_TRUE(Await(calls.running).ok()) << Await(calls.running);
  for (const Future<void>& queued : calls.queued) EXPECT_TRUE(Await(queued).ok()) << Await(queued);
  EXPECT_EQ(*Await(last), 3);
  EXPECT_THAT((std::vector<DownReason>{DownReason::kStopped, DownReason::kNodeLost}),
              ::testing::Contains(Await(down)->reason));
  ExpectUnavailable(Await(worker->Add(1, 2)).status(), Delivery::kNotSent);
}

TEST_F(FailuresTest, AHostThatAbortsInTheMiddleOfALargeMessage) {
  TestNode host;
  const Ref<Worker> worker = FindWorker(node_->At(host.address()));
  const std::string large(48 << 20, 'l');
  for (int i = 0; i < 3; ++i) {
    const Ref<Worker> current = FindWhenThere(host.address());
    Future<std::string> there = current->Echo(large);
    Future<std::string> back = current->Big(48 << 20);
    Future<int64_t> behind = current->Add(1, 2);
    ASSERT_TRUE(Await(node_->system().Sleep(absl::Milliseconds(10 * i))).ok());
    host.process().WriteLine("abort");
    EXPECT_NE(host.process().Wait(), 0);
    for (const absl::Status& status :
         {Await(there).status(), Await(back).status(), Await(behind).status()}) {
      EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
    }
    host.Restart();
  }
  EXPECT_EQ(*Await(FindWhenThere(host.address())->Add(1, 2)), 3);
}

TEST_F(FailuresTest, ReferencesPassedOnOutliveTheNodeInTheMiddle) {
  TestNode middle;
  TestNode far;
  const Ref<Worker> go_between = FindWorker(node_->At(middle.address()));
  const Ref<Worker> last = FindWorker(node_->At(far.address()));
  const Ref<Worker> home = node_->Spawn<Worker>();
  // From the far node to the middle one and from there to here.
  const absl::StatusOr<AnyRef> passed = Await(go_between->Same(last));
  ASSERT_TRUE(passed.ok()) << passed.status();
  EXPECT_EQ(*Await(go_between->AddAsTask(Ref<Summing>(last), 1, 2)), 3);
  // An actor of the middle node that the far one calls.
  EXPECT_EQ(*Await(last->AddAsTask(Ref<Summing>(go_between), 2, 3)), 5);
  EXPECT_EQ(*Await(last->AddBlocking(Ref<Summing>(home), 3, 4)), 7);
  Future<Down> down = go_between.WhenDown();
  middle.Kill();
  EXPECT_EQ(Await(down)->reason, DownReason::kNodeLost);
  const Ref<Worker> again = *passed->As<Worker>();
  EXPECT_EQ(*Await(again->Add(4, 5)), 9);
  EXPECT_EQ(*Await(again->AddAsTask(Ref<Summing>(home), 5, 6)), 11);
  EXPECT_EQ(Await(again->AddAsTask(Ref<Summing>(go_between), 6, 7)).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(FailuresTest, WhatAKilledCallerWantedIsCancelledOrNotStarted) {
  TestNode caller;
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> worker = node_->Spawn<Worker>();
  const Ref<Source> source = node_->At(caller.address()).Spawn<Source>();
  ASSERT_TRUE(Await(source->Pester(worker, gate, 1000)).ok());
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  caller.Kill();
  // The held call ends, since its caller is gone, and so does this, behind it.
  EXPECT_THAT(*Await(worker->notes()), ElementsAre("CANCELLED"));
}

TEST_F(FailuresTest, AClientsCallsEndWithTheNode) {
  auto client = Client::Create({.heartbeat = kHeartbeat, .down_after = kDownAfter});
  ASSERT_TRUE(client.ok()) << client.status();
  TestNode host;
  const Ref<Worker> worker = FindWorker((*client)->At(host.address()));
  EXPECT_EQ(*Await(worker->Add(1, 2)), 3);
  host.Stop();
  Future<int64_t> call = worker->Add(1, 2);
  host.Kill();
  EXPECT_EQ(Await(call).status().code(), absl::StatusCode::kUnavailable);
  host.Restart();
  for (;;) {
    const auto found = Await((*client)->At(host.address()).Find<Worker>("worker"));
    if (!found.ok()) continue;
    EXPECT_EQ(*Await((*found)->Add(1, 2)), 3);
    break;
  }
}

}  // namespace
}  // namespace testing
}  // namespace troupe

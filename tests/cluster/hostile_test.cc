// A running node against peers that mean harm, over real connections: it lives, its memory stays
// within a bound, others are served all the time, and everything is given back afterwards.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/random.h"
#include "tests/cluster/cluster_test_util.h"
#include "tests/cluster/hostile_peer.h"

namespace troupe {
namespace testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr size_t kMegabyte = size_t{1} << 20;

// A node, and somebody who calls it all the time and is to notice nothing.
class HostileTest : public ::testing::Test {
 protected:
  HostileTest()
      : host_({"--outbox_bytes=8388608", "--inbound_bytes=4194304", "--message_bytes=4194304",
               "--pending_calls=4096"}),
        node_(MakeNode(PatientOptions())),
        worker_(FindWorker(node_->At(host_.address()))),
        victim_(node_->At(host_.address()).Spawn<Worker>()),
        caller_([this] { CallAllTheTime(); }) {
    WaitForCalls(100);
    resident_ = host_.ResidentBytes();
    descriptors_ = host_.OpenDescriptors();
  }
  ~HostileTest() override {
    const uint64_t served = served_;
    WaitForCalls(served + 100);
    done_ = true;
    caller_.join();
    EXPECT_EQ(failed_, 0) << "others were disturbed";
    // What the hostile ones had is given back.
    for (int i = 0; i < 600 && host_.OpenDescriptors() > descriptors_ + 2; ++i) Pause();
    EXPECT_LE(host_.OpenDescriptors(), descriptors_ + 2);
    const Ref<Worker> again = FindWorker(node_->At(host_.address()));
    EXPECT_EQ(again, worker_);
    EXPECT_TRUE(Await(again->Add(1, 2)).ok());
  }

  static NodeOptions PatientOptions() {
    NodeOptions options = QuickOptions();
    options.down_after = absl::Seconds(30);
    return options;
  }
  void CallAllTheTime() {
    while (!done_) {
      if (Await(worker_.With({.deadline = absl::Seconds(30)})->Add(1, 2)).ok()) {
        ++served_;
      } else {
        ++failed_;
      }
    }
  }
  void WaitForCalls(uint64_t count) {
    while (served_ < count && failed_ == 0) Pause();
  }
  void Pause() { (void)Await(node_->system().Sleep(absl::Milliseconds(20))); }
  // Resident memory above that of the idle node.
  void ExpectGrowthBelow(size_t bytes) {
    const size_t now = host_.ResidentBytes();
    most_ = std::max({most_, now, resident_});
    RecordProperty("grown_mebibytes", static_cast<int>((most_ - resident_) / kMegabyte));
    EXPECT_LT(now, resident_ + bytes)
        << "at the start " << resident_ / kMegabyte << " MiB, now " << now / kMegabyte << " MiB";
  }

  // A call of the victim, by its urn, without numbers for target and method.
  wire::Call CallOf(uint32_t id, const std::string& method, const std::string& arguments = "") {
    wire::Call call;
    call.set_id(id);
    call.set_target_urn(victim_.urn().ToBytes());
    call.set_method_name(method);
    call.set_arguments(arguments);
    return call;
  }
  static wire::Batch BatchOf(const wire::Call& call) {
    wire::Batch batch;
    *batch.add_frames()->mutable_call() = call;
    return batch;
  }
  // Field 1, a varint.
  static std::string IntArgument(uint64_t value) {
    std::string bytes = "\x08";
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
    bytes.push_back(static_cast<char>(value));
    return bytes;
  }
  // Field 1, bytes.
  static std::string TextArgument(const std::string& text) {
    return "\x0a" + IntArgument(text.size()).substr(1) + text;
  }

  TestNode host_;
  const std::unique_ptr<Node> node_;
  const Ref<Worker> worker_;
  const Ref<Worker> victim_;  // what the hostile ones know of
  size_t resident_ = 0;
  size_t most_ = 0;
  size_t descriptors_ = 0;

 private:
  std::atomic<bool> done_{false};
  std::atomic<uint64_t> served_{0};
  std::atomic<int> failed_{0};
  std::thread caller_;
};

std::string RandomBytes(RandomSource& random, size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes.push_back(static_cast<char>(random.Next()));
  return bytes;
}

TEST_F(HostileTest, RandomBytesAndBrokenHttp) {
  RandomSource random(7);
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  for (int i = 0; i < 400; ++i) {
    RawSocket socket(host_.address());
    if (i % 4 >= 1) (void)socket.Send(preface);
    if (i % 4 >= 2) (void)socket.Send(settings);
    if (i % 4 == 3) {  // a frame of any kind, with an absurd length
      (void)socket.Send("\xff\xff\xff" + RandomBytes(random, 6));
    }
    (void)socket.Send(RandomBytes(random, 1 + random.Next() % 3000));
    if (i % 10 == 0) socket.Drain();
  }
  for (const char* text : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "\n"}) {
    RawSocket socket(host_.address());
    EXPECT_TRUE(socket.Send(text));
    socket.Drain();
  }
  ExpectGrowthBelow(64 * kMegabyte);
}

TEST_F(HostileTest, RandomMessagesOnAProperStream) {
  RandomSource random(8);
  for (int i = 0; i < 60; ++i) {
    HostilePeer peer(host_.address());
    if (i % 3 != 0) {
      ASSERT_TRUE(peer.Introduce());
    }
    for (int k = 0; k < 20; ++k) {
      wire::Batch batch;
      if (i % 2 == 0) {
        if (!peer.Write(RandomBytes(random, random.Next() % 500))) break;
      } else {  // parses, up to the frame
        wire::Call call = CallOf(static_cast<uint32_t>(random.Next() % 8), "Echo",
                                 RandomBytes(random, random.Next() % 100));
        call.set_kind(static_cast<wire::Call::Kind>(random.Next() % 9));
        call.set_timeout_nanos(random.Next());
        if (!peer.WriteFrames(BatchOf(call))) break;
      }
    }
    if (i % 6 == 0) {
      EXPECT_FALSE(peer.ReadToTheEnd().ok());
    }
  }
  ExpectGrowthBelow(64 * kMegabyte);
}

// A batch that no good initiator sends, and what the error says of it.
struct Forgery {
  const char* text;
  std::function<void(wire::Batch&)> forge;
};

// `good` is a call with the number 1.
std::vector<Forgery> Forgeries(const wire::Call& good) {
  const auto call = [good](const std::function<void(wire::Call&)>& change) {
    return [good, change](wire::Batch& batch) {
      *batch.add_frames()->mutable_call() = good;
      change(*batch.mutable_frames(0)->mutable_call());
    };
  };
  return {
      {"a reply to 1 from the initiator",
       [](wire::Batch& batch) { batch.add_frames()->mutable_reply()->set_id(1); }},
      {"call number 1 is in use",
       [good](wire::Batch& batch) {
         wire::Call watch = good;
         watch.set_kind(wire::Call::WATCH);
         *batch.add_frames()->mutable_call() = watch;
         *batch.add_frames()->mutable_call() = watch;
       }},
      {"target number 65537", call([](wire::Call& c) { c.set_target(65537); })},
      {"target number 9", call([](wire::Call& c) {
         c.set_target(9);
         c.clear_target_urn();
       })},
      {"without a target", call([](wire::Call& c) { c.clear_target_urn(); })},
      {"method number 65537", call([](wire::Call& c) { c.set_method(65537); })},
      {"method number 9", call([](wire::Call& c) {
         c.set_method(9);
         c.clear_method_name();
       })},
      {"", call([](wire::Call& c) { c.set_target_urn("short"); })},
      {"without a number", [](wire::Batch& batch) { batch.add_frames()->mutable_cancel(); }},
      {"",
       [](wire::Batch& batch) {
         batch.add_frames()->mutable_piece()->set_total_bytes(UINT64_MAX);
       }},
      {"",
       [](wire::Batch& batch) {
         batch.add_frames()->mutable_piece()->set_total_bytes(uint64_t{5} << 20);
       }},
      {"", [](wire::Batch& batch) { batch.add_frames()->mutable_piece()->set_data("no total"); }},
      {"more than the message",
       [](wire::Batch& batch) {
         wire::Piece* const piece = batch.add_frames()->mutable_piece();
         piece->set_total_bytes(3);
         piece->set_data("four");
       }},
      {"",
       [](wire::Batch& batch) {  // complete, but no frame
         wire::Piece* const piece = batch.add_frames()->mutable_piece();
         piece->set_total_bytes(4);
         piece->set_data("\xff\xff\xff\xff");
       }},
      {"never sent", [](wire::Batch& batch) { batch.set_acknowledged(1000); }},
      {"never sent", [](wire::Batch& batch) { batch.set_acknowledged(UINT64_MAX); }},
      {"a second Hello", [](wire::Batch& batch) { *batch.mutable_hello() = HostilePeer::Hello(); }},
  };
}

TEST_F(HostileTest, ProtocolErrorsEndTheConnectionWithAClearError) {
  for (const Forgery& forgery : Forgeries(CallOf(1, "Add", "\x08\x01\x10\x02"))) {
    HostilePeer peer(host_.address());
    ASSERT_TRUE(peer.Introduce());
    wire::Batch batch;
    forgery.forge(batch);
    (void)peer.WriteFrames(batch);
    const grpc::Status status = peer.ReadToTheEnd();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << batch.ShortDebugString() << ": " << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(forgery.text));
  }
}

TEST_F(HostileTest, WrongNumbersOfBatchesAndWrongHellos) {
  const wire::Call good = CallOf(1, "Add", "\x08\x01\x10\x02");
  for (const uint64_t sequence : {uint64_t{0}, uint64_t{2}, UINT64_MAX}) {
    HostilePeer peer(host_.address());
    ASSERT_TRUE(peer.Introduce());
    wire::Batch batch = BatchOf(good);
    batch.set_sequence(sequence);
    (void)peer.Write(batch);
    EXPECT_EQ(peer.ReadToTheEnd().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << sequence;
  }
  {  // a batch before the Hello
    HostilePeer peer(host_.address());
    (void)peer.WriteFrames(BatchOf(good));
    EXPECT_EQ(peer.ReadToTheEnd().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  const std::vector<std::pair<grpc::StatusCode, std::function<void(wire::Hello&)>>> hellos = {
      {grpc::StatusCode::FAILED_PRECONDITION,
       [](wire::Hello& hello) { hello.set_versions(0, 99); }},
      {grpc::StatusCode::INVALID_ARGUMENT, [](wire::Hello& hello) { hello.set_session(0); }},
      {grpc::StatusCode::INVALID_ARGUMENT, [](wire::Hello& hello) { hello.set_incarnation(0); }},
      {grpc::StatusCode::NOT_FOUND, [](wire::Hello& hello) { hello.set_resumed(true); }},
      {grpc::StatusCode::INVALID_ARGUMENT, [](wire::Hello& hello) { hello.set_received(5); }},
  };
  for (const auto& [code, change] : hellos) {
    HostilePeer peer(host_.address());
    wire::Batch batch;
    *batch.mutable_hello() = HostilePeer::Hello();
    change(*batch.mutable_hello());
    (void)peer.Write(batch);
    const grpc::Status status = peer.ReadToTheEnd();
    EXPECT_EQ(status.error_code(), code) << status.error_message();
  }
  {  // another one's session
    HostilePeer owner(host_.address());
    wire::Batch batch;
    *batch.mutable_hello() = HostilePeer::Hello();
    ASSERT_TRUE(owner.Write(batch));
    wire::Batch answer;
    ASSERT_TRUE(owner.Read(&answer));
    for (const bool resumed : {false, true}) {
      HostilePeer thief(host_.address());
      batch.mutable_hello()->set_resumed(resumed);
      batch.mutable_hello()->set_incarnation(667);
      (void)thief.Write(batch);
      EXPECT_EQ(thief.ReadToTheEnd().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    }
    EXPECT_TRUE(owner.WriteFrames(BatchOf(good)));
    EXPECT_TRUE(owner.Read(&answer));
  }
  {  // more than a batch may have
    HostilePeer peer(host_.address());
    ASSERT_TRUE(peer.Introduce());
    (void)peer.WriteFrames(BatchOf(CallOf(1, "Echo", TextArgument(std::string(2'000'000, 'x')))));
    EXPECT_FALSE(peer.ReadToTheEnd().ok());
  }
  ExpectGrowthBelow(64 * kMegabyte);
}

TEST_F(HostileTest, CallsBeyondTheLimitAreAnsweredAndTheNumbersInThemHold) {
  HostilePeer peer(host_.address());
  ASSERT_TRUE(peer.Introduce());
  for (const uint32_t id : {4097u, UINT32_MAX}) {
    wire::Call call = CallOf(id, "Add", "\x08\x01\x10\x02");
    call.set_target(1);
    call.set_method(1);
    ASSERT_TRUE(peer.WriteFrames(BatchOf(call)));
    wire::Batch answer;
    while (answer.frames_size() == 0) ASSERT_TRUE(peer.Read(&answer));
    EXPECT_EQ(answer.frames(0).reply().id(), id);
    EXPECT_EQ(answer.frames(0).reply().status().code(), 8);  // RESOURCE_EXHAUSTED
  }
  wire::Call call;
  call.set_id(1);
  call.set_target(1);
  call.set_method(1);
  call.set_arguments("\x08\x01\x10\x02");
  ASSERT_TRUE(peer.WriteFrames(BatchOf(call)));
  wire::Batch answer;
  while (answer.frames_size() == 0) ASSERT_TRUE(peer.Read(&answer));
  EXPECT_EQ(answer.frames(0).reply().id(), 1u);
  EXPECT_EQ(answer.frames(0).reply().status().code(), 0);
  EXPECT_EQ(answer.frames(0).reply().result(), IntArgument(3));
}

TEST_F(HostileTest, MoreCallsThanTheLimitBeforeItIsKnown) {
  TestNode narrow({"--pending_calls=8"});
  const std::unique_ptr<Node> eager = MakeNode(PatientOptions());
  std::vector<Ref<Worker>> workers;
  std::vector<Future<int64_t>> calls;
  // Queued before there is a connection.
  for (int i = 0; i < 50; ++i) {
    workers.push_back(eager->At(narrow.address()).Spawn<Worker>());
    calls.push_back(workers.back()->Add(i, 0));
  }
  for (const Future<int64_t>& call : calls) {
    const absl::Status status = Await(call).status();
    EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status) || absl::IsNotFound(status))
        << status;
  }
  // The session has survived it.
  for (const Ref<Worker>& worker : workers) {
    const absl::Status status = Await(worker->Add(1, 2)).status();
    EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
  }
  EXPECT_EQ(*Await(workers.front()->Add(1, 2)), 3);
}

TEST_F(HostileTest, ThousandsOfHalfOpenConnections) {
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 3000; ++i) {
    sockets.emplace_back(host_.address());
    ASSERT_TRUE(sockets.back().connected()) << i << ": is the limit of open files below 4,000?";
    // Some say that they speak HTTP/2, and no more.
    if (i % 2 == 0) (void)sockets.back().Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    if (i % 4 == 0) (void)sockets.back().Send(std::string("\0\0\0\4\0\0\0\0\0", 9));
  }
  // A node of good will gets in beside them.
  const std::unique_ptr<Node> newcomer = MakeNode(PatientOptions());
  const Ref<Worker> worker = FindWorker(newcomer->At(host_.address()));
  EXPECT_EQ(*Await(worker->Add(1, 2)), 3);
  ExpectGrowthBelow(128 * kMegabyte);
}

TEST_F(HostileTest, ManyStreamsThatNeverSayHello) {
  // More than NodeLimits::handshakes.
  std::vector<std::unique_ptr<HostilePeer>> silent;
  for (int i = 0; i < 1000; ++i) {
    silent.push_back(std::make_unique<HostilePeer>(host_.address()));
  }
  ExpectGrowthBelow(128 * kMegabyte);
  // Each is told why it is closed.
  for (const std::unique_ptr<HostilePeer>& peer : silent) {
    EXPECT_THAT(peer->ReadToTheEnd().error_code(),
                AnyOf(grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::DEADLINE_EXCEEDED,
                      grpc::StatusCode::UNAVAILABLE));
  }
  const std::unique_ptr<Node> newcomer = MakeNode(PatientOptions());
  EXPECT_EQ(*Await(FindWorker(newcomer->At(host_.address()))->Add(1, 2)), 3);
}

TEST_F(HostileTest, APeerThatNeverReadsItsReplies) {
  HostilePeer peer(host_.address());
  ASSERT_TRUE(peer.Introduce());
  // Each reply has a megabyte.
  for (uint32_t i = 1; i <= 2000; ++i) {
    if (!peer.WriteFrames(BatchOf(CallOf(i, "Big", IntArgument(kMegabyte))))) break;
    // Twice its outbox limit of 8 MiB, what gRPC holds for a connection, and a few results.
    if (i % 100 == 0) ExpectGrowthBelow(96 * kMegabyte);
  }
  const grpc::Status status = peer.ReadToTheEnd();
  EXPECT_FALSE(status.ok());
  ExpectGrowthBelow(96 * kMegabyte);
}

TEST_F(HostileTest, APeerThatFloodsASlowActor) {
  const Ref<Gate> gate = node_->Spawn<Gate>();
  const Ref<Worker> slow = node_->At(host_.address()).Spawn<Worker>();
  Future<void> held = slow->Hold(gate);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  HostilePeer peer(host_.address());
  ASSERT_TRUE(peer.Introduce());
  // 200 MB in one-way messages; the window is 4 MiB.
  const std::string arguments = TextArgument(std::string(100'000, 'f'));
  for (int i = 0; i < 2000; ++i) {
    wire::Call call = CallOf(0, "Echo", arguments);
    call.set_target_urn(slow.urn().ToBytes());
    if (!peer.WriteFrames(BatchOf(call))) break;
    if (i % 100 == 0) ExpectGrowthBelow(64 * kMegabyte);
  }
  ExpectGrowthBelow(64 * kMegabyte);
  ASSERT_TRUE(Await(gate->Open()).ok());
  EXPECT_TRUE(Await(held).ok());
  EXPECT_EQ(*Await(slow->Add(1, 2)), 3);
}

TEST_F(HostileTest, ANodeThatFloodsASlowActorIsRefusedAndGoesOn) {
  const std::unique_ptr<Node> flooder = MakeNode(PatientOptions());
  const Ref<Gate> gate = flooder->Spawn<Gate>();
  const Ref<Worker> slow = flooder->At(host_.address()).Spawn<Worker>();
  Future<void> held = slow->Hold(gate);
  ASSERT_TRUE(Await(gate->Crowd(1)).ok());
  std::vector<Future<std::string>> calls;
  for (int i = 0; i < 300; ++i) calls.push_back(slow->Echo(std::string(200'000, 'f')));
  EXPECT_EQ(Await(calls.back()).status().code(), absl::StatusCode::kResourceExhausted);
  ExpectGrowthBelow(64 * kMegabyte);
  ASSERT_TRUE(Await(gate->Open()).ok());
  EXPECT_TRUE(Await(held).ok());
  EXPECT_TRUE(Await(calls.front()).ok()) << Await(calls.front()).status();
  for (const Future<std::string>& call : calls) {
    const absl::Status status = Await(call).status();
    EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
  }
  EXPECT_EQ(*Await(slow->Add(1, 2)), 3);
}

}  // namespace
}  // namespace testing
}  // namespace troupe

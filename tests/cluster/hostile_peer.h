#ifndef TROUPE_TESTS_CLUSTER_HOSTILE_PEER_H_
#define TROUPE_TESTS_CLUSTER_HOSTILE_PEER_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "glog/logging.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "proto/wire.pb.h"

namespace troupe {
namespace testing {

// A plain TCP connection to "127.x.y.z:port". Owned by the test, one thread.
class RawSocket {
 public:
  explicit RawSocket(const std::string& address)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    PCHECK(fd_ >= 0);
    const size_t colon = address.rfind(':');
    sockaddr_in target = {};
    target.sin_family = AF_INET;
    int port = 0;
    CHECK(absl::SimpleAtoi(address.substr(colon + 1), &port));
    target.sin_port = htons(static_cast<uint16_t>(port));
    PCHECK(inet_pton(AF_INET, address.substr(0, colon).c_str(), &target.sin_addr) == 1);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&target), sizeof(target)) == 0;
  }
  RawSocket(RawSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  RawSocket& operator=(RawSocket&&) = delete;
  ~RawSocket() {
    if (fd_ >= 0) close(fd_);
  }

  bool connected() const { return connected_; }
  // False: the other side has closed it.
  bool Send(absl::string_view bytes) {
    return connected_ && send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                             static_cast<ssize_t>(bytes.size());
  }
  // Reads until the other side closes it, or has sent nothing for a moment.
  void Drain() {
    const timeval timeout = {.tv_sec = 0, .tv_usec = 20'000};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    char buffer[4096];
    while (recv(fd_, buffer, sizeof(buffer), 0) > 0) {
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

// A connection as another node makes it, on a TCP connection of its own, with whatever the test
// wants to say on it. Every function blocks, but not for ever. Owned by the test, one thread.
class HostilePeer {
 public:
  explicit HostilePeer(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ =
        grpc::CreateCustomChannel("ipv4:" + address, grpc::InsecureChannelCredentials(), arguments);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ =
        grpc::GenericStub(channel_).PrepareCall(&context_, "/troupe.wire.Node/Connect", &queue_);
    stream_->StartCall(Tag());
    (void)Next();
  }
  HostilePeer(const HostilePeer&) = delete;
  HostilePeer& operator=(const HostilePeer&) = delete;
  ~HostilePeer() {
    context_.TryCancel();
    if (!finished_) (void)Finish();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  // A well-behaved Hello and its answer; false: it was refused.
  bool Introduce() {
    wire::Batch batch;
    *batch.mutable_hello() = Hello();
    return Write(batch) && Read(&batch) && batch.has_hello();
  }
  static wire::Hello Hello() {
    static uint64_t session = 0;
    wire::Hello hello;
    hello.add_versions(1);
    hello.set_node_name("hostile");
    hello.set_incarnation(666);
    hello.set_session(0xbad'0000'0000 + (static_cast<uint64_t>(getpid()) << 20) + ++session);
    hello.set_max_message_bytes(64 << 20);
    hello.set_max_pending_calls(1 << 20);
    hello.set_max_dictionary(1 << 16);
    hello.set_down_after_millis(60'000);
    return hello;
  }

  // False: the connection has ended.
  bool Write(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    stream_->Write(grpc::ByteBuffer(&slice, 1), Tag());
    return Next();
  }
  bool Write(const google::protobuf::MessageLite& message) {
    return Write(message.SerializeAsString());
  }
  // A batch with the next number.
  bool WriteFrames(wire::Batch batch) {
    batch.set_sequence(++sequence_);
    return Write(batch);
  }
  bool Read(wire::Batch* batch) {
    grpc::ByteBuffer buffer;
    stream_->Read(&buffer, Tag());
    if (!Next()) return false;
    grpc::Slice slice;
    CHECK(buffer.DumpToSingleSlice(&slice).ok());
    return batch->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  }
  // Reads to the end, and gives what it ended with.
  grpc::Status ReadToTheEnd() {
    wire::Batch batch;
    while (Read(&batch)) {
    }
    return Finish();
  }

 private:
  static void* Tag() { return reinterpret_cast<void*>(1); }
  // One operation is under way at a time.
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    CHECK(queue_.Next(&tag, &ok));
    return ok;
  }
  grpc::Status Finish() {
    finished_ = true;
    grpc::Status status;
    stream_->Finish(&status, Tag());
    (void)Next();
    return status;
  }

  grpc::CompletionQueue queue_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  uint64_t sequence_ = 0;
  bool finished_ = false;
};

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_CLUSTER_HOSTILE_PEER_H_

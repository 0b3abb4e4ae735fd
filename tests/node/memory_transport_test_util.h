#ifndef TROUPE_TESTS_NODE_MEMORY_TRANSPORT_TEST_UTIL_H_
#define TROUPE_TESTS_NODE_MEMORY_TRANSPORT_TEST_UTIL_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "node/testing/memory_transport.h"
#include "node/transport.h"
#include "runtime/clock.h"
#include "runtime/testing/virtual_clock.h"

namespace troupe::internal {

inline SharedBytes Bytes(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

// Records what one side of a connection hears, with the time if asked to, and sends what it is
// given as the writes before are done.
class ConnectionRecorder : public ConnectionHandler {
 public:
  explicit ConnectionRecorder(Clock* clock) : clock_(clock) {}

  bool OnMessage(absl::string_view message) override {
    EXPECT_FALSE(closed());
    messages_.emplace_back(message);
    times_.push_back(clock_->Now());
    return refuse_ == 0 || --refuse_ > 0;
  }
  void OnWritten() override {
    EXPECT_FALSE(closed());
    ++written_;
    writing_ = false;
    WriteNext();
  }
  void OnClosed(const absl::Status& reason) override {
    EXPECT_FALSE(closed());
    closed_.push_back(reason);
    times_.push_back(clock_->Now());
  }

  void Send(const std::string& message) {
    to_send_.push_back(message);
    WriteNext();
  }
  // The n-th message from now is the last one until ResumeReading.
  void RefuseAfter(int messages) { refuse_ = messages; }

  std::shared_ptr<Connection> connection;
  const std::vector<std::string>& messages() const { return messages_; }
  const std::vector<absl::Time>& times() const { return times_; }
  size_t written() const { return written_; }
  bool closed() const { return !closed_.empty(); }
  absl::Status reason() const { return closed_.empty() ? absl::OkStatus() : closed_[0]; }

 private:
  void WriteNext() {
    if (writing_ || sent_ == to_send_.size()) return;
    writing_ = true;
    connection->Write(Bytes(to_send_[sent_++]));
  }

  Clock* const clock_;
  std::vector<std::string> messages_;
  std::vector<absl::Time> times_;
  std::vector<absl::Status> closed_;
  std::vector<std::string> to_send_;
  size_t sent_ = 0;
  size_t written_ = 0;
  bool writing_ = false;
  int refuse_ = 0;
};

class RecordingAcceptor : public Acceptor {
 public:
  explicit RecordingAcceptor(Clock* clock) : clock_(clock) {}

  std::shared_ptr<ConnectionHandler> OnConnection(std::shared_ptr<Connection> connection) override {
    if (refuse) return nullptr;
    accepted.push_back(std::make_shared<ConnectionRecorder>(clock_));
    accepted.back()->connection = std::move(connection);
    return accepted.back();
  }

  bool refuse = false;
  std::vector<std::shared_ptr<ConnectionRecorder>> accepted;

 private:
  Clock* const clock_;
};

class MemoryTransportTest : public ::testing::Test {
 protected:
  explicit MemoryTransportTest(MemoryNetwork::Options options = {}) {
    options.clock = &clock_;
    Begin(options);
  }
  ~MemoryTransportTest() override { ShutDownAll(); }

  void Begin(const MemoryNetwork::Options& options) {
    ShutDownAll();
    listener_ = std::make_unique<RecordingAcceptor>(&clock_);
    network_ = std::make_unique<MemoryNetwork>(options);
    server_ = network_->NewTransport();
    client_ = network_->NewTransport("client");
    other_client_ = network_->NewTransport("other client");
    address_ = server_->Listen("node:0", listener_.get()).value();
  }
  MemoryNetwork::Options DefaultOptions() {
    MemoryNetwork::Options options;
    options.clock = &clock_;
    return options;
  }
  // The connections know their handlers, and these them: a test must let go of them.
  void ShutDownAll() {
    for (std::unique_ptr<Transport>* transport : {&client_, &other_client_, &server_}) {
      if (*transport != nullptr) (*transport)->Shutdown();
      transport->reset();
    }
    for (const std::shared_ptr<ConnectionRecorder>& recorder : recorders_)
      recorder->connection = nullptr;
    if (listener_ != nullptr) {
      for (const std::shared_ptr<ConnectionRecorder>& recorder : listener_->accepted) {
        recorder->connection = nullptr;
      }
    }
    recorders_.clear();
  }

  std::shared_ptr<ConnectionRecorder> Connect() {
    auto recorder = std::make_shared<ConnectionRecorder>(&clock_);
    recorder->connection = client_->Connect(address_, recorder);
    recorders_.push_back(recorder);
    return recorder;
  }
  void Run() { clock_.AdvanceBy(absl::Seconds(10)); }
  ConnectionRecorder& accepted() { return *listener_->accepted.at(0); }

  VirtualClock clock_;
  std::unique_ptr<RecordingAcceptor> listener_;
  std::unique_ptr<MemoryNetwork> network_;
  std::unique_ptr<Transport> server_;
  std::unique_ptr<Transport> client_;
  std::unique_ptr<Transport> other_client_;
  std::string address_;
  std::vector<std::shared_ptr<ConnectionRecorder>> recorders_;
};

inline std::vector<std::string> Numbers(int count) {
  std::vector<std::string> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(absl::StrCat(i));
  return numbers;
}

}  // namespace troupe::internal

#endif  // TROUPE_TESTS_NODE_MEMORY_TRANSPORT_TEST_UTIL_H_

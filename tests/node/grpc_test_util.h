#ifndef TROUPE_TESTS_NODE_GRPC_TEST_UTIL_H_
#define TROUPE_TESTS_NODE_GRPC_TEST_UTIL_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "node/grpc_transport.h"
#include "runtime/mutex.h"
#include "runtime/steady_clock.h"

namespace troupe::internal {

inline SharedBytes Bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// Keeps what a connection tells, and sends one message after another. Any thread.
class Recorder : public ConnectionHandler {
 public:
  bool OnMessage(absl::string_view message) override {
    MutexLock lock(&mu_);
    EXPECT_FALSE(closed_);
    ++count_;
    if (keep_) messages_.emplace_back(message);
    changed_.SignalAll();
    return reading_;
  }

  void OnWritten() override {
    SharedBytes next;
    std::shared_ptr<Connection> connection;
    {
      MutexLock lock(&mu_);
      EXPECT_FALSE(closed_);
      ++written_;
      changed_.SignalAll();
      writing_ = !to_write_.empty();
      if (!writing_) return;
      next = std::move(to_write_.front());
      to_write_.pop_front();
      connection = connection_;
    }
    connection->Write(std::move(next));
  }

  void OnClosed(const absl::Status& reason) override {
    MutexLock lock(&mu_);
    EXPECT_FALSE(closed_) << "closed twice";
    closed_ = true;
    reason_ = reason;
    connection_ = nullptr;
    changed_.SignalAll();
  }

  void set_connection(std::shared_ptr<Connection> connection) {
    MutexLock lock(&mu_);
    if (!closed_) connection_ = std::move(connection);
  }
  void set_keep(bool keep) {
    MutexLock lock(&mu_);
    keep_ = keep;
  }
  void set_reading(bool reading) {
    MutexLock lock(&mu_);
    reading_ = reading;
  }

  void Send(SharedBytes message) {
    std::shared_ptr<Connection> connection;
    {
      MutexLock lock(&mu_);
      if (connection_ == nullptr) return;
      if (writing_) {
        to_write_.push_back(std::move(message));
        return;
      }
      writing_ = true;
      connection = connection_;
    }
    connection->Write(std::move(message));
  }
  void Send(std::string text) { Send(Bytes(std::move(text))); }
  void Resume() { connection()->ResumeReading(); }
  void Close(const absl::Status& reason) {
    if (auto connection = this->connection()) connection->Close(reason);
  }

  std::shared_ptr<Connection> connection() {
    MutexLock lock(&mu_);
    return connection_;
  }
  void WaitForMessages(size_t count) {
    MutexLock lock(&mu_);
    while (count_ < count && !closed_) changed_.Wait(&mu_);
    EXPECT_GE(count_, count) << reason_;
  }
  void WaitForWritten(size_t count) {
    MutexLock lock(&mu_);
    while (written_ < count && !closed_) changed_.Wait(&mu_);
  }
  void WaitForClosed() { ClosedWith().IgnoreError(); }
  // Waits for it.
  absl::Status ClosedWith() {
    MutexLock lock(&mu_);
    while (!closed_) changed_.Wait(&mu_);
    return reason_;
  }
  bool closed() {
    MutexLock lock(&mu_);
    return closed_;
  }
  size_t count() {
    MutexLock lock(&mu_);
    return count_;
  }
  size_t written() {
    MutexLock lock(&mu_);
    return written_;
  }
  std::vector<std::string> messages() {
    MutexLock lock(&mu_);
    return messages_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::shared_ptr<Connection> connection_ ABSL_GUARDED_BY(mu_);
  std::deque<SharedBytes> to_write_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> messages_ ABSL_GUARDED_BY(mu_);
  size_t count_ ABSL_GUARDED_BY(mu_) = 0;
  size_t written_ ABSL_GUARDED_BY(mu_) = 0;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool reading_ ABSL_GUARDED_BY(mu_) = true;
  bool keep_ ABSL_GUARDED_BY(mu_) = true;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status reason_ ABSL_GUARDED_BY(mu_);
};

// Sends each message back.
class Echo : public Recorder {
 public:
  bool OnMessage(absl::string_view message) override {
    Send(std::string(message));
    return Recorder::OnMessage(message);
  }
};

// Takes every connection, with a handler that `make` makes.
class TestAcceptor : public Acceptor {
 public:
  using Make = std::function<std::shared_ptr<Recorder>()>;
  explicit TestAcceptor(Make make) : make_(std::move(make)) {}

  std::shared_ptr<ConnectionHandler> OnConnection(std::shared_ptr<Connection> connection) override {
    std::shared_ptr<Recorder> handler = make_();
    if (handler != nullptr) handler->set_connection(std::move(connection));
    MutexLock lock(&mu_);
    handlers_.push_back(handler);
    changed_.SignalAll();
    return handler;
  }

  // The handler of the connection that came as number `i`; waits for it.
  std::shared_ptr<Recorder> handler(size_t i) {
    MutexLock lock(&mu_);
    while (handlers_.size() <= i) changed_.Wait(&mu_);
    return handlers_[i];
  }
  size_t count() {
    MutexLock lock(&mu_);
    return handlers_.size();
  }

 private:
  const Make make_;
  Mutex mu_;
  CondVar changed_;
  std::vector<std::shared_ptr<Recorder>> handlers_ ABSL_GUARDED_BY(mu_);
};

// A transport with a thread that polls, and an acceptor.
class TestSide {
 public:
  template <typename Handler = Recorder>
  static TestAcceptor::Make Makes() {
    return [] { return std::make_shared<Handler>(); };
  }

  explicit TestSide(GrpcTransportOptions options = {}, TestAcceptor::Make make = Makes<>())
      : acceptor_(std::move(make)) {
    options.clock = &clock_;
    auto transport = GrpcTransport::Create(options);
    EXPECT_TRUE(transport.ok()) << transport.status();
    transport_ = *std::move(transport);
    thread_ = std::make_unique<GrpcPollThread>(transport_->poller());
  }
  ~TestSide() {
    transport_->Shutdown();
    thread_ = nullptr;
  }

  std::string Listen(const std::string& address = "127.0.0.1:0") {
    auto got = transport_->Listen(address, &acceptor_);
    EXPECT_TRUE(got.ok()) << got.status();
    return got.ok() ? *got : "";
  }

  std::shared_ptr<Recorder> Connect(const std::string& address,
                                    std::shared_ptr<Recorder> recorder = nullptr) {
    if (recorder == nullptr) recorder = std::make_shared<Recorder>();
    recorder->set_connection(transport_->Connect(address, recorder));
    return recorder;
  }

  GrpcTransport& transport() { return *transport_; }
  TestAcceptor& acceptor() { return acceptor_; }

 private:
  SteadyClock clock_;
  TestAcceptor acceptor_;
  std::unique_ptr<GrpcTransport> transport_;
  std::unique_ptr<GrpcPollThread> thread_;
};

}  // namespace troupe::internal

#endif  // TROUPE_TESTS_NODE_GRPC_TEST_UTIL_H_

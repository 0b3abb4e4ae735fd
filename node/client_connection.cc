#include "node/client_connection.h"

#include <utility>

#include "node/client_session.h"
#include "node/frames.h"
#include "proto/wire.pb.h"

namespace troupe::internal {

ClientConnection::ClientConnection(std::shared_ptr<ClientSession> session)
    : session_(std::move(session)) {}

void ClientConnection::Begin(Transport& transport, const std::string& address, SharedBytes hello) {
  std::shared_ptr<Connection> connection = transport.Connect(address, shared_from_this());
  absl::Status closed;
  {
    MutexLock lock(&mu_);
    connection_ = connection;
    closed = closed_;
  }
  if (closed.ok()) {
    connection->Write(std::move(hello));
  } else {
    connection->Close(closed);
  }
}

void ClientConnection::Close(const absl::Status& reason) {
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(&mu_);
    if (closed_.ok()) closed_ = reason;
    connection = connection_;
  }
  if (connection != nullptr) connection->Close(reason);
}

absl::Status ClientConnection::OnHello(absl::string_view message) {
  const absl::StatusOr<BatchView> batch = ReadBatchHeader(message);
  wire::Hello hello;
  if (!batch.ok() || !batch->has_hello ||
      !hello.ParseFromArray(batch->hello.data(), static_cast<int>(batch->hello.size()))) {
    return absl::InvalidArgumentError("protocol error: the first message is no Hello");
  }
  // Under the lock: OnWritten either comes before, or finds the session attached.
  MutexLock lock(&mu_);
  absl::Status introduced = session_->Introduced(connection_, hello, !hello_written_);
  if (introduced.ok()) attached_ = true;
  return introduced;
}

bool ClientConnection::OnMessage(absl::string_view message) {
  Connection* connection = nullptr;
  {
    MutexLock lock(&mu_);
    connection = connection_.get();
    if (!closed_.ok()) return true;
    if (!attached_) connection = nullptr;
  }
  if (connection != nullptr) return session_->OnBatch(connection, message);
  if (const absl::Status status = OnHello(message); status.ok()) {
    session_->RefuseTooLarge();
    session_->FlushNow();
  } else {
    Close(status);
  }
  return true;
}

std::optional<bool> ClientConnection::OnParts(absl::Span<const absl::string_view> parts) {
  Connection* connection = nullptr;
  {
    MutexLock lock(&mu_);
    if (!attached_ || !closed_.ok()) return std::nullopt;
    connection = connection_.get();
  }
  return session_->OnParts(connection, parts);
}

void ClientConnection::OnWritten() {
  Connection* connection = nullptr;
  {
    MutexLock lock(&mu_);
    hello_written_ = true;
    if (!attached_) return;
    connection = connection_.get();
  }
  session_->OnWritten(connection);
}

void ClientConnection::OnClosed(const absl::Status& reason) {
  std::shared_ptr<Connection> connection;
  bool attached = false;
  absl::Status why = reason;
  {
    MutexLock lock(&mu_);
    attached = attached_;
    connection = std::exchange(connection_, nullptr);
    if (!closed_.ok()) why = closed_;
  }
  if (attached) {
    session_->OnClosed(connection.get(), why);
  } else {
    session_->ConnectFailed(this, why);
  }
}

}  // namespace troupe::internal

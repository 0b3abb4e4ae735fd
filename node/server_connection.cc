#include "node/server_connection.h"

#include <memory>
#include <string>
#include <utility>

#include "node/frames.h"
#include "node/node_core.h"
#include "node/server_session.h"
#include "proto/wire.pb.h"

namespace troupe::internal {

ServerConnection::ServerConnection(std::shared_ptr<NodeCore> node,
                                   std::shared_ptr<Connection> connection)
    : node_(std::move(node)), connection_(std::move(connection)) {}

ServerConnection::~ServerConnection() { node_->ConnectionIntroduced(this); }

absl::Status ServerConnection::OnHello(absl::string_view message) {
  const absl::StatusOr<BatchView> batch = ReadBatchHeader(message);
  wire::Hello hello;
  if (!batch.ok() || !batch->has_hello ||
      !hello.ParseFromArray(batch->hello.data(), static_cast<int>(batch->hello.size()))) {
    return absl::InvalidArgumentError("protocol error: the first message is no Hello");
  }
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(&mu_);
    connection = connection_;
  }
  if (connection == nullptr) return absl::CancelledError("closed");
  Caller caller = connection->caller();
  caller.node_name = hello.node_name();
  absl::StatusOr<std::shared_ptr<ServerSession>> session = node_->Admit(hello, caller);
  if (!session.ok()) return session.status();
  node_->ConnectionIntroduced(this);
  {
    MutexLock lock(&mu_);
    session_ = *session;
    received_ = hello.received();
    resumed_ = hello.resumed();
  }
  (*session)->Offer(shared_from_this());
  return absl::OkStatus();
}

void ServerConnection::Attach() {
  std::shared_ptr<Connection> connection;
  wire::Hello hello;
  absl::Status attached;
  {
    MutexLock lock(&mu_);
    if (connection_ == nullptr) return;
    connection = connection_;
    node_->FillHello(&hello);
    hello.set_session(session_->id());
    hello.set_resumed(resumed_);
    hello.set_received(session_->received());
    attached = session_->Session::Attach(connection, received_, /*writing=*/true);
    attached_ = attached.ok();
  }
  if (attached.ok()) {
    connection->Write(std::make_shared<const std::string>(EncodeHelloBatch(hello)));
  } else {
    connection->Close(attached);
  }
}

bool ServerConnection::OnMessage(absl::string_view message) {
  std::shared_ptr<Connection> connection;
  std::shared_ptr<ServerSession> session;
  bool attached = false;
  {
    MutexLock lock(&mu_);
    connection = connection_;
    session = session_;
    attached = attached_;
  }
  if (connection == nullptr) return true;
  if (attached) return session->OnBatch(connection.get(), message);
  const absl::Status status =
      session == nullptr ? OnHello(message)
                         : absl::InvalidArgumentError("protocol error: a batch before our Hello");
  if (!status.ok()) connection->Close(status);
  return true;
}

std::optional<bool> ServerConnection::OnParts(absl::Span<const absl::string_view> parts) {
  std::shared_ptr<Connection> connection;
  std::shared_ptr<ServerSession> session;
  {
    MutexLock lock(&mu_);
    if (!attached_) return std::nullopt;
    connection = connection_;
    session = session_;
  }
  if (connection == nullptr) return true;
  return session->OnParts(connection.get(), parts);
}

void ServerConnection::OnWritten() {
  std::shared_ptr<Connection> connection;
  std::shared_ptr<ServerSession> session;
  {
    MutexLock lock(&mu_);
    connection = connection_;
    session = session_;
  }
  if (connection != nullptr && session != nullptr) session->OnWritten(connection.get());
}

void ServerConnection::OnClosed(const absl::Status& reason) {
  std::shared_ptr<Connection> connection;
  std::shared_ptr<ServerSession> session;
  {
    MutexLock lock(&mu_);
    connection = std::exchange(connection_, nullptr);
    session = session_;
  }
  node_->ConnectionIntroduced(this);
  if (session == nullptr) return;
  session->OnClosed(connection.get(), reason);
  session->ConnectionGone(*this);
}

void ServerConnection::Close(const absl::Status& reason) {
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(&mu_);
    connection = connection_;
  }
  if (connection != nullptr) connection->Close(reason);
}

void ServerConnection::Tick(int limit) {
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(&mu_);
    if (session_ != nullptr || ++ticks_ < limit) return;
    connection = connection_;
  }
  if (connection != nullptr) {
    connection->Close(absl::DeadlineExceededError("no Hello came in time"));
  }
}

}  // namespace troupe::internal

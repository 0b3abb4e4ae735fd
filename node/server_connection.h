#ifndef TROUPE_NODE_SERVER_CONNECTION_H_
#define TROUPE_NODE_SERVER_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/transport.h"
#include "runtime/mutex.h"

namespace troupe::internal {

class NodeCore;
class ServerSession;

// One connection that another node has begun: waits for its Hello, then belongs to the session that
// this names. Owned by the connection. Any thread, but see ConnectionHandler.
class ServerConnection final : public ConnectionHandler,
                               public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(std::shared_ptr<NodeCore> node, std::shared_ptr<Connection> connection);
  ~ServerConnection() override;

  bool OnMessage(absl::string_view message) override ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<bool> OnParts(absl::Span<const absl::string_view> parts) override
      ABSL_LOCKS_EXCLUDED(mu_);
  void OnWritten() override ABSL_LOCKS_EXCLUDED(mu_);
  void OnClosed(const absl::Status& reason) override ABSL_LOCKS_EXCLUDED(mu_);

  // A heartbeat has passed; closes it if there were `limit` without a Hello.
  void Tick(int limit) ABSL_LOCKS_EXCLUDED(mu_);
  void Close(const absl::Status& reason) ABSL_LOCKS_EXCLUDED(mu_);
  // The session has no other connection any more.
  void Attach() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::Status OnHello(absl::string_view message) ABSL_LOCKS_EXCLUDED(mu_);

  const std::shared_ptr<NodeCore> node_;

  Mutex mu_;
  std::shared_ptr<Connection> connection_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<ServerSession> session_ ABSL_GUARDED_BY(mu_);
  uint64_t received_ ABSL_GUARDED_BY(mu_) = 0;  // by the other side, as its Hello says
  bool resumed_ ABSL_GUARDED_BY(mu_) = false;
  bool attached_ ABSL_GUARDED_BY(mu_) = false;
  int ticks_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_SERVER_CONNECTION_H_

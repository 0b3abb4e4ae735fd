#ifndef TROUPE_NODE_CLIENT_CONNECTION_H_
#define TROUPE_NODE_CLIENT_CONNECTION_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/transport.h"
#include "runtime/mutex.h"

namespace troupe::internal {

class ClientSession;

// One connection that this node has begun, from the exchange of Hellos to its end. Owned by the
// connection, and by its session until it is attached.
class ClientConnection final : public ConnectionHandler,
                               public std::enable_shared_from_this<ClientConnection> {
 public:
  explicit ClientConnection(std::shared_ptr<ClientSession> session);

  // Once.
  void Begin(Transport& transport, const std::string& address, SharedBytes hello)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Any thread.
  void Close(const absl::Status& reason) ABSL_LOCKS_EXCLUDED(mu_);

  bool OnMessage(absl::string_view message) override ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<bool> OnParts(absl::Span<const absl::string_view> parts) override
      ABSL_LOCKS_EXCLUDED(mu_);
  void OnWritten() override ABSL_LOCKS_EXCLUDED(mu_);
  void OnClosed(const absl::Status& reason) override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::Status OnHello(absl::string_view message) ABSL_LOCKS_EXCLUDED(mu_);

  const std::shared_ptr<ClientSession> session_;

  Mutex mu_;  // taken before the session's
  std::shared_ptr<Connection> connection_ ABSL_GUARDED_BY(mu_);
  bool attached_ ABSL_GUARDED_BY(mu_) = false;
  bool hello_written_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status closed_ ABSL_GUARDED_BY(mu_);  // by us, before it was attached
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_CLIENT_CONNECTION_H_

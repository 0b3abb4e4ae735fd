#ifndef TROUPE_NODE_SERVER_CALL_H_
#define TROUPE_NODE_SERVER_CALL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "node/server_session.h"
#include "runtime/block_pool.h"
#include "runtime/inbound_call.h"

namespace troupe::internal {

// The caller of a call that came in a session: sends its outcome back. Its own from the moment it
// is started.
class ServerCall final : public InboundCall {
 public:
  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* block, size_t bytes) { FreeBlock(block, bytes); }

  ServerCall(std::shared_ptr<ServerSession> session, uint32_t id, InboundCredit credit)
      : session_(std::move(session)), id_(id), credit_(std::move(credit)) {}

  const EncodeContext& encode_context() override { return session_->encode_context(); }
  void Started(FutureCore* call) override { session_->Started(id_, call); }
  void Finish(const absl::Status& status, absl::string_view result) override {
    session_->Reply(id_, status, result);
    delete this;
  }

 private:
  const std::shared_ptr<ServerSession> session_;
  const uint32_t id_;
  const InboundCredit credit_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_SERVER_CALL_H_

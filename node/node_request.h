#ifndef TROUPE_NODE_NODE_REQUEST_H_
#define TROUPE_NODE_NODE_REQUEST_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/future_state.h"
#include "runtime/wire_message.h"

namespace troupe::internal {

// A request to another node itself (Call.Kind NODE), and the promise of its encoded reply. Shared
// like a call; only sent to representatives of other nodes.
class NodeRequest final : public Envelope, public FutureState<std::string> {
 public:
  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* block, size_t bytes) { FreeBlock(block, bytes); }

  // `method` has static storage.
  NodeRequest(const char* method, std::string arguments)
      : method_(method), arguments_(std::move(arguments)) {
    counted = false;
  }
  ~NodeRequest() override { LogIfUnread(); }

  absl::Status Encode(const EncodeContext& context, OutgoingMessage* message) override {
    (void)context;
    message->kind = MessageKind::kNode;
    message->method = method_;
    message->arguments->append(arguments_);
    return absl::OkStatus();
  }
  bool wants_answer() const override { return true; }
  void Answer(const DecodeContext& context, const absl::Status& status,
              absl::string_view result) override {
    (void)context;
    Finish(status.ok() ? Outcome<std::string>(std::string(result)) : Outcome<std::string>(status));
  }
  void Refuse(Refusal refusal) override { Finish(refusal.ToStatus()); }
  Progress Handle(ActorCell& cell) override {
    (void)cell;
    Finish(NoSuchMethodError("an actor", method_));
    return Progress::kDone;
  }
  const char* method_name() const override { return method_; }
  std::string Description() const override { return std::string("Node.") + method_; }

 private:
  void Finish(Outcome<std::string> outcome) {
    Fulfil(std::move(outcome));
    Release();
  }

  const char* const method_;
  const std::string arguments_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_NODE_REQUEST_H_

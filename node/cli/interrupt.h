#ifndef TROUPE_NODE_CLI_INTERRUPT_H_
#define TROUPE_NODE_CLI_INTERRUPT_H_

#include <grpcpp/client_context.h>

namespace troupe::cli {

// From now on Ctrl-C cancels the calls that are open; the second one, or one while none is open,
// ends the program at once. To be called before there are other threads.
void CatchInterrupt();

// Whether Ctrl-C was pressed.
bool Interrupted();

// A call that Ctrl-C cancels as long as this lives; at once, if it was pressed before.
class Interruptible {
 public:
  explicit Interruptible(grpc::ClientContext* context);
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  grpc::ClientContext* const context_;
};

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_INTERRUPT_H_

#ifndef TROUPE_TESTS_RUNTIME_WHOLE_MAILBOX_H_
#define TROUPE_TESTS_RUNTIME_WHOLE_MAILBOX_H_

#include <cstdint>

#include "runtime/mailbox.h"

namespace troupe::internal {

// Both sides of a mailbox, which an actor's cell keeps apart.
class WholeMailbox : public Inbox {
 public:
  using Inbox::Inbox;

  MailboxNode* Next(Mailbox::Take take) { return taken_.Next(*this, take); }
  void Refresh() { taken_.Refresh(*this); }
  void Handled() { taken_.Handled(); }
  void PublishHandled() { taken_.PublishHandled(*this); }
  bool TryRest(Mailbox::Take take) { return taken_.TryRest(*this, take); }
  NodeList CloseToMessages() { return taken_.CloseToMessages(*this); }
  NodeList Close() { return taken_.Close(*this); }

 private:
  Mailbox taken_;
};

}  // namespace troupe::internal

#endif  // TROUPE_TESTS_RUNTIME_WHOLE_MAILBOX_H_

#ifndef TROUPE_RUNTIME_CONTINUATION_H_
#define TROUPE_RUNTIME_CONTINUATION_H_

namespace troupe::internal {

// What goes on once a future is ready; intrusive, so that waiting allocates nothing. Owned by
// whoever attached it, until OnReady is called or Detach has succeeded.
class Continuation {
 public:
  // Called exactly once, on the thread that fulfilled the future, with no lock held. Must be short,
  // must not block, runs no user code. May destroy the continuation.
  virtual void OnReady() = 0;

  // The actor that was to fulfil the future has passed that on. Attached, and the list is locked.
  virtual void OnHandedOn() {}

  Continuation* next_continuation = nullptr;

 protected:
  ~Continuation() = default;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_CONTINUATION_H_

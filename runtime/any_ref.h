#ifndef TROUPE_RUNTIME_ANY_REF_H_
#define TROUPE_RUNTIME_ANY_REF_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/call_options.h"
#include "runtime/recipient.h"
#include "runtime/urn.h"

namespace troupe {

class AnyRefWith;
class Value;
struct Down;
template <typename T>
class Future;
template <typename T>
class Ref;

// A reference to an actor of any class, here or elsewhere: what a typed Ref<T> is made of.
//
// A value: copying it copies the name of the actor, never the actor. Equality, order and hash are
// by urn. A default-made reference is null; sending through it is answered kNotFound. Any thread.
class AnyRef {
 public:
  AnyRef() = default;
  explicit AnyRef(RecipientPtr recipient) : recipient_(std::move(recipient)) {}

  bool is_null() const { return recipient_ == nullptr; }
  explicit operator bool() const { return !is_null(); }

  Urn urn() const;
  // The name of the actor's class without its namespaces; empty for a null reference.
  absl::string_view class_name() const;
  // `Adder (urn:uuid:35d5...)`.
  std::string ToString() const;

  // Sends a plain message, handled by Actor::Receive. One-way: what happens to it after it was sent
  // (dead letter, a failing actor) is told to the actor's watchers and to the log, not to the
  // caller.
  SendResult Tell(Value message) const;
  // Sends a plain message; the future gets what Receive returns.
  Future<Value> Ask(Value message) const;
  // Calls an exported method by its name: kUnimplemented where there is none, kInvalidArgument
  // where number or types of the arguments do not fit. A field is read with no argument, written
  // with one. TellByName to an actor of another node cannot know what fits: a message that does not
  // is dropped there, with a line in its log.
  Future<Value> CallByName(absl::string_view method, std::vector<Value> arguments) const;
  SendResult TellByName(absl::string_view method, std::vector<Value> arguments) const;

  // Asks the actor to stop once it has handled what was sent to it before. The future is fulfilled
  // after OnStop has returned; with kNotFound if the actor was gone already.
  Future<void> Stop() const;

  // Fulfilled exactly once, when the actor is gone, with the reason; at once (kNotFound) if it is
  // already.
  Future<Down> WhenDown() const;

  // The same with options: `ref.With({.deadline = absl::Seconds(2)}).Ask(...)`.
  AnyRefWith With(const CallOptions& options) const;

  // This as a reference to an actor of class T: kInvalidArgument if it is none. The class of an
  // actor of another node cannot be checked here: its node answers kUnimplemented to a call of a
  // method that it does not have.
  template <typename T>
  absl::StatusOr<Ref<T>> As() const;

  const RecipientPtr& recipient() const { return recipient_; }

  friend bool operator==(const AnyRef& a, const AnyRef& b) { return a.urn() == b.urn(); }
  friend auto operator<=>(const AnyRef& a, const AnyRef& b) { return a.urn() <=> b.urn(); }
  template <typename H>
  friend H AbslHashValue(H state, const AnyRef& ref) {
    return H::combine(std::move(state), ref.urn());
  }
  friend std::ostream& operator<<(std::ostream& out, const AnyRef& ref) {
    return out << ref.ToString();
  }

 private:
  RecipientPtr recipient_;
};

// A reference together with the options of what is sent through it. Made by AnyRef::With.
class AnyRefWith {
 public:
  AnyRefWith(AnyRef ref, const CallOptions& options) : ref_(std::move(ref)), options_(options) {}

  SendResult Tell(Value message) const;
  Future<Value> Ask(Value message) const;
  Future<Value> CallByName(absl::string_view method, std::vector<Value> arguments) const;
  SendResult TellByName(absl::string_view method, std::vector<Value> arguments) const;

 private:
  const AnyRef ref_;
  const CallOptions options_;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_ANY_REF_H_

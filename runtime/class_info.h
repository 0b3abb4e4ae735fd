#ifndef TROUPE_RUNTIME_CLASS_INFO_H_
#define TROUPE_RUNTIME_CLASS_INFO_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/call_options.h"
#include "runtime/recipient.h"

namespace troupe {

class Actor;
class Value;
struct ServiceInfo;
template <typename T>
class Future;

namespace internal {

// Where a message goes, and how. Trivially copyable: the members of a proxy share one.
struct CallTarget {
  Recipient* recipient = nullptr;        // null: a null reference
  const CallOptions* options = nullptr;  // null: the defaults
};

class InboundCall;
class InboundCredit;
struct DecodeContext;
struct InboundOptions;

// One exported method or field, for callers that only know its name.
struct MethodInfo {
  const char* name;
  // `AddOne(int64) -> int64`, `calls: int64`.
  std::string (*signature)();
  // Converts the arguments and calls; a field is read with none and written with one.
  Future<Value> (*call)(const CallTarget& target, const std::vector<Value>& arguments);
  SendResult (*tell)(const CallTarget& target, const std::vector<Value>& arguments);
  // The same for messages from other nodes, see inbound_call.h. The recipient is an actor's own
  // cell; the target's options are ignored. A field is written if there are any bytes. An error
  // (kInvalidArgument, the arguments do not decode): nothing was sent, the InboundCall still is the
  // caller's.
  absl::Status (*receive)(const CallTarget& target, const InboundOptions& options,
                          const DecodeContext& context, absl::string_view arguments,
                          InboundCall* inbound);
  // May decode the message only in the actor's turn; then it is a dead letter if it does not
  // decode.
  absl::Status (*receive_one_way)(const CallTarget& target, const InboundOptions& options,
                                  const DecodeContext& context, absl::string_view arguments,
                                  InboundCredit credit);
  // The same with values; the result is one, too. kInvalidArgument: they do not fit.
  absl::Status (*receive_values)(const CallTarget& target, const InboundOptions& options,
                                 const std::vector<Value>& arguments, InboundCall* inbound);
  absl::Status (*receive_values_one_way)(const CallTarget& target, const InboundOptions& options,
                                         const std::vector<Value>& arguments, InboundCredit credit);
};

// What the runtime knows of an actor class or interface. One constant object for each class, built
// at its first use (ClassInfoOf). Any thread.
struct ClassInfo {
  // Identifies a class within the process.
  using TypeId = const void*;

  struct Base {
    TypeId id;
    const ClassInfo* info;
    // Of an interface that does not derive from Actor, the address of the object's part; else null.
    void* (*cast)(Actor*);
  };

  absl::string_view name;       // `Adder`
  absl::string_view full_name;  // `shop::Adder`
  TypeId id;
  bool reentrant;
  bool local_only;
  std::vector<Base> bases;          // those named in `Implements`, theirs included; not itself
  std::vector<MethodInfo> methods;  // also those of the bases
  // The gRPC services that objects of this class can serve: its own and those of the bases.
  std::vector<const ServiceInfo*> services;

  const MethodInfo* FindMethod(absl::string_view method) const;
  // Whether an object of this class is one of class `other`.
  bool Is(TypeId other) const;
  // The same by the name with namespaces.
  bool IsNamed(absl::string_view other) const;
};

template <typename T>
ClassInfo::TypeId TypeIdOf() {
  static const char id = 0;
  return &id;
}

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_CLASS_INFO_H_

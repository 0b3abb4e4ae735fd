#ifndef TROUPE_NODE_NODE_REF_H_
#define TROUPE_NODE_NODE_REF_H_

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/peer_info.h"
#include "runtime/codec.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/future_combinators.h"
#include "runtime/ref.h"
#include "runtime/spawn_options.h"
#include "runtime/system.h"
#include "runtime/value.h"

namespace troupe {

namespace internal {
class NodeCore;
}

// A node, this one or another: what Node::At and Client::At give. A value; any thread. Connects
// when the first message is sent. Futures of another node may fail with kUnavailable (DeliveryOf
// says whether it was sent), kPermissionDenied and the codes named below; none of these functions
// blocks.
class NodeRef {
 public:
  NodeRef(std::shared_ptr<internal::NodeCore> core, std::string address);

  const std::string& address() const { return address_; }

  // As ActorSystem::Spawn, on that node, which must host the class (NodeOptions::classes). Gives
  // the reference at once; calls through it follow the request to spawn. If that fails
  // (kUnimplemented: the class is not hosted; kPermissionDenied, ...), it is logged, and calls are
  // answered kNotFound with the reason.
  template <typename T, typename... A>
  Ref<T> Spawn(A&&... arguments) const {
    return Spawn<T>(SpawnOptions(), std::forward<A>(arguments)...);
  }
  template <typename T, typename... A>
  Ref<T> Spawn(SpawnOptions options, A&&... arguments) const;

  // The actor registered under this name there: kNotFound; kInvalidArgument: it is no T.
  Future<AnyRef> Find(absl::string_view name) const { return FindNamed(name, ""); }
  template <typename T>
  Future<Ref<T>> Find(absl::string_view name) const {
    return FindNamed(name, FullName<T>()).Map([](const AnyRef& ref) { return ref.As<T>(); });
  }
  // The actors that live there, in the order of spawning; of class or interface T.
  Future<std::vector<AnyRef>> All() const { return List(""); }
  template <typename T>
  Future<std::vector<Ref<T>>> FindAll() const {
    return List(FullName<T>()).Map([](const std::vector<AnyRef>& all) {
      std::vector<Ref<T>> refs;
      for (const AnyRef& ref : all) refs.push_back(Ref<T>(ref.recipient()));
      return refs;
    });
  }

  // Names of that node's registry, for actors wherever they live. kAlreadyExists.
  Future<void> Register(absl::string_view name, const AnyRef& ref) const;
  Future<void> Unregister(absl::string_view name) const;

  // A plain message to all actors there, or those of class T; how many took it.
  Future<uint64_t> Broadcast(const Value& message) const { return BroadcastTo(message, ""); }
  template <typename T>
  Future<uint64_t> Broadcast(const Value& message) const {
    return BroadcastTo(message, FullName<T>());
  }

  // Connects, if need be; ready when the session with that node has ended, with the reason. Of this
  // node itself: when it shuts down.
  Future<NodeDown> WhenDown() const;

 private:
  template <typename T>
  static absl::string_view FullName() {
    return internal::ClassInfoOf<T>().full_name;
  }
  // This node's own system, if this is that node; else null.
  ActorSystem* LocalSystem() const;
  const internal::EncodeContext& encode_context() const;
  RecipientPtr SpawnThere(const internal::ClassInfo& info, const SpawnOptions& options,
                          const absl::Status& encoded, std::string arguments) const;
  Future<AnyRef> FindNamed(absl::string_view name, absl::string_view class_name) const;
  Future<std::vector<AnyRef>> List(absl::string_view class_name) const;
  Future<uint64_t> BroadcastTo(const Value& message, absl::string_view class_name) const;
  Future<std::string> Request(const char* method, const std::string& arguments) const;

  std::shared_ptr<internal::NodeCore> core_;
  std::string address_;
};

template <typename T, typename... A>
Ref<T> NodeRef::Spawn(SpawnOptions options, A&&... arguments) const {
  static_assert(std::is_base_of_v<Actor, T>, "troupe: an actor class derives from troupe::Actor");
  static_assert((Encodable<typename internal::StoredArgument<A>::type> && ...),
                "troupe: a constructor argument has a type without a codec, so it cannot travel to "
                "another node: give the type a codec (TROUPE_STRUCT, or see runtime/codec.h)");
  if (ActorSystem* system = LocalSystem()) {
    return system->Spawn<T>(std::move(options), std::forward<A>(arguments)...);
  }
  std::string bytes;
  absl::Status encoded;
  const absl::Status thrown = internal::RunUserCode([&] {
    encoded = internal::EncodeArguments(
        encode_context(), &bytes,
        typename internal::StoredArgument<A>::type(std::forward<A>(arguments))...);
  });
  if (!thrown.ok()) encoded = thrown;
  return Ref<T>(SpawnThere(internal::ClassInfoOf<T>(), options, encoded, std::move(bytes)));
}

}  // namespace troupe

#endif  // TROUPE_NODE_NODE_REF_H_

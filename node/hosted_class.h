#ifndef TROUPE_NODE_HOSTED_CLASS_H_
#define TROUPE_NODE_HOSTED_CLASS_H_

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/class_info_of.h"
#include "runtime/codec.h"
#include "runtime/errors.h"
#include "runtime/system.h"

namespace troupe {

// An actor class that other nodes may spawn here. Made by Hosts. A value.
struct HostedClass {
  // With namespaces.
  std::string class_name = {};
  const internal::ClassInfo* info = nullptr;
  // Decodes the constructor's arguments and spawns. kInvalidArgument: they do not fit; otherwise as
  // ActorSystem::SpawnHosted.
  absl::Status (*spawn)(ActorSystem& system, const Urn& urn, const SpawnOptions& options,
                        const internal::DecodeContext& context,
                        absl::string_view arguments) = nullptr;
};

namespace internal {

template <typename T, typename... A>
absl::Status SpawnFromBytes(ActorSystem& system, const Urn& urn, const SpawnOptions& options,
                            const DecodeContext& context, absl::string_view arguments) {
  absl::StatusOr<std::tuple<A...>> decoded;
  absl::Status status = RunUserCode([&] { decoded = DecodeArguments<A...>(context, arguments); });
  if (status.ok()) status = decoded.status();
  if (!status.ok()) return BadArgumentsError(ClassInfoOf<T>().name, status.message());
  const bool restartable = options.restart.max_restarts > 0;
  ActorFactory factory = std::apply(
      [restartable](A&... a) { return MakeFactory<T, A...>(restartable, std::move(a)...); },
      *decoded);
  return system
      .SpawnHosted(urn, ClassInfoOf<T>(), std::move(factory), options,
                   (std::copy_constructible<A> && ...))
      .status();
}

}  // namespace internal

// `Hosts<Bookkeeper, Ref<Adder>>()`: actors of class Bookkeeper may be spawned by other nodes, with
// the constructor that takes these arguments. A class with several constructors is listed once for
// each; the first whose arguments decode is taken.
template <typename T, typename... A>
HostedClass Hosts() {
  static_assert(std::is_base_of_v<Actor, T>, "troupe: an actor class derives from troupe::Actor");
  static_assert(std::is_constructible_v<T, A...>,
                "troupe: the actor class has no public constructor that takes these arguments: "
                "name them after the class, as in Hosts<Bookkeeper, Ref<Adder>>()");
  static_assert((Encodable<A> && ...),
                "troupe: a constructor argument has a type without a codec, so it cannot come from "
                "another node: give the type a codec (TROUPE_STRUCT, or see runtime/codec.h)");
  static_assert(!internal::IsLocalOnly<T>(), "troupe: actors of a local-only class are not hosted");
  return {.class_name = std::string(internal::ClassInfoOf<T>().full_name),
          .info = &internal::ClassInfoOf<T>(),
          .spawn = &internal::SpawnFromBytes<T, A...>};
}

}  // namespace troupe

#endif  // TROUPE_NODE_HOSTED_CLASS_H_

#include "runtime/any_ref.h"

#include <string>
#include <utility>
#include <vector>

#include "runtime/actor_cell.h"
#include "runtime/class_info.h"
#include "runtime/control_envelopes.h"
#include "runtime/errors.h"
#include "runtime/exports.h"
#include "runtime/future.h"
#include "runtime/operation.h"
#include "runtime/value.h"

namespace troupe {
namespace {

using internal::CallTarget;
using internal::MethodInfo;

CallTarget TargetOf(const AnyRef& ref, const CallOptions* options = nullptr) {
  return {ref.recipient().get(), options};
}

bool IsElsewhere(const AnyRef& ref) {
  return !ref.is_null() && ref.recipient()->local_cell() == nullptr;
}

// Of an actor in this process.
absl::StatusOr<const MethodInfo*> FindMethod(const AnyRef& ref, absl::string_view name) {
  if (ref.is_null()) return NotFoundError("the actor of a null reference");
  const MethodInfo* method = ref.recipient()->local_cell()->info().FindMethod(name);
  if (method == nullptr) return NoSuchMethodError(ref.class_name(), name);
  return method;
}

Future<Value> CallNamed(const AnyRef& ref, const CallOptions* options, absl::string_view name,
                        std::vector<Value> arguments) {
  if (IsElsewhere(ref)) {
    return internal::StartCall<internal::ByNameOp>(TargetOf(ref, options), std::string(name),
                                                   std::move(arguments));
  }
  const auto method = FindMethod(ref, name);
  if (!method.ok()) return Future<Value>::Ready(method.status());
  return (*method)->call(TargetOf(ref, options), arguments);
}

SendResult TellNamed(const AnyRef& ref, const CallOptions* options, absl::string_view name,
                     std::vector<Value> arguments) {
  if (IsElsewhere(ref)) {
    return internal::StartOneWay<internal::ByNameOp>(TargetOf(ref, options), std::string(name),
                                                     std::move(arguments));
  }
  const auto method = FindMethod(ref, name);
  if (absl::IsNotFound(method.status())) return SendResult::kNotFound;
  if (!method.ok()) return SendResult::kBadArguments;
  return (*method)->tell(TargetOf(ref, options), arguments);
}

}  // namespace

Urn AnyRef::urn() const { return is_null() ? Urn() : recipient_->urn(); }

absl::string_view AnyRef::class_name() const {
  return is_null() ? absl::string_view() : recipient_->class_name();
}

std::string AnyRef::ToString() const {
  return is_null() ? "(null)" : ActorText(class_name(), urn());
}

SendResult AnyRef::Tell(Value message) const {
  return internal::StartOneWay<internal::ReceiveOp>(TargetOf(*this), std::move(message));
}

Future<Value> AnyRef::Ask(Value message) const {
  return internal::StartCall<internal::ReceiveOp>(TargetOf(*this), std::move(message));
}

Future<Value> AnyRef::CallByName(absl::string_view method, std::vector<Value> arguments) const {
  return CallNamed(*this, nullptr, method, std::move(arguments));
}

SendResult AnyRef::TellByName(absl::string_view method, std::vector<Value> arguments) const {
  return TellNamed(*this, nullptr, method, std::move(arguments));
}

Future<void> AnyRef::Stop() const {
  auto* state = new internal::FutureState<void>;
  Future<void> future(state);
  auto* stop = new internal::StopEnvelope(state);
  if (is_null()) {
    stop->Refuse({});
  } else {
    recipient_->Deliver(stop);
  }
  return future;
}

Future<Down> AnyRef::WhenDown() const {
  Promise<Down> promise;
  Future<Down> future = promise.future();
  auto* watch = new internal::WatchEnvelope(
      *this, Urn(),
      [promise = std::move(promise)](const Down& down) mutable { (void)promise.Set(down); });
  if (is_null()) {
    watch->Refuse({});
  } else {
    recipient_->Deliver(watch);
  }
  return future;
}

AnyRefWith AnyRef::With(const CallOptions& options) const { return AnyRefWith(*this, options); }

SendResult AnyRefWith::Tell(Value message) const {
  return internal::StartOneWay<internal::ReceiveOp>(TargetOf(ref_, &options_), std::move(message));
}

Future<Value> AnyRefWith::Ask(Value message) const {
  return internal::StartCall<internal::ReceiveOp>(TargetOf(ref_, &options_), std::move(message));
}

Future<Value> AnyRefWith::CallByName(absl::string_view method, std::vector<Value> arguments) const {
  return CallNamed(ref_, &options_, method, std::move(arguments));
}

SendResult AnyRefWith::TellByName(absl::string_view method, std::vector<Value> arguments) const {
  return TellNamed(ref_, &options_, method, std::move(arguments));
}

absl::string_view DownReasonName(DownReason reason) {
  switch (reason) {
    case DownReason::kStopped:
      return "stopped";
    case DownReason::kFailed:
      return "failed";
    case DownReason::kNodeLost:
      return "node lost";
    case DownReason::kNotFound:
      return "not found";
  }
  return "unknown";
}

namespace internal {

const MethodInfo* ClassInfo::FindMethod(absl::string_view method) const {
  for (const MethodInfo& candidate : methods) {
    if (method == candidate.name) return &candidate;
  }
  return nullptr;
}

bool ClassInfo::Is(TypeId other) const {
  if (id == other) return true;
  for (const Base& base : bases) {
    if (base.id == other) return true;
  }
  return false;
}

bool ClassInfo::IsNamed(absl::string_view other) const {
  if (full_name == other) return true;
  for (const Base& base : bases) {
    if (base.info->full_name == other) return true;
  }
  return false;
}

}  // namespace internal
}  // namespace troupe

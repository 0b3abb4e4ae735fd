#include "runtime/errors.h"

#include <cxxabi.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <typeinfo>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "runtime/codec_context.h"
#include "runtime/wire_format.h"

namespace troupe {
namespace {

// troupe.wire.Delivery of proto/wire.proto.
constexpr absl::string_view kDeliveryUrl = "type.googleapis.com/troupe.wire.Delivery";
constexpr uint32_t kStateField = 1;
constexpr uint64_t kNotSentState = 1;
constexpr char kNotSentBytes[] = {kStateField << 3, kNotSentState, 0};

std::string Demangle(const std::type_info& type) {
  int failed = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &failed), &std::free);
  return failed == 0 ? name.get() : type.name();
}

}  // namespace

absl::Status NotFoundError(absl::string_view actor, absl::string_view reason) {
  return absl::NotFoundError(absl::StrCat(actor, " not found", reason.empty() ? "" : "; ", reason));
}

absl::Status DeadlinePassedError(absl::string_view call) {
  return absl::DeadlineExceededError(absl::StrCat("the deadline of ", call, " has passed"));
}

absl::Status GaveUpWaitingError(absl::Duration timeout, absl::string_view call) {
  if (timeout == absl::InfiniteDuration()) {  // only on an executor that is stepped by hand
    return absl::FailedPreconditionError(
        absl::StrCat("waiting for ", call, " can never end: nothing is left that could run"));
  }
  return absl::DeadlineExceededError(absl::StrCat("gave up waiting for ", call, " after ",
                                                  absl::FormatDuration(timeout),
                                                  "; it goes on and can be read later"));
}

absl::Status CancelledCallError(absl::string_view call) {
  return absl::CancelledError(absl::StrCat(call, " was cancelled"));
}

absl::Status MailboxFullError(absl::string_view actor, uint64_t capacity) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the mailbox of ", actor, " is full (", capacity, " messages)"));
}

absl::Status NoSuchMethodError(absl::string_view class_name, absl::string_view method) {
  return absl::UnimplementedError(
      absl::StrCat(class_name, " exports no method or field named \"", method, "\""));
}

absl::Status AmbiguousMethodError() {
  return absl::UnimplementedError(
      "two interfaces of this actor have a method of this name, and a call by name, or from "
      "another "
      "node, does not say which it means");
}

absl::Status NoReceiveError(absl::string_view class_name) {
  return absl::UnimplementedError(
      absl::StrCat(class_name, " takes no plain messages: it does not override Receive"));
}

absl::Status BadArgumentsError(absl::string_view method, absl::string_view detail) {
  return absl::InvalidArgumentError(absl::StrCat(method, ": ", detail));
}

absl::Status FailedMeanwhileError(absl::string_view actor, absl::string_view call,
                                  const absl::Status& reason) {
  return absl::UnknownError(
      absl::StrCat(actor, " failed while it handled ", call, ": ", reason.ToString()));
}

absl::Status DroppedPromiseError() {
  return absl::UnknownError("the promise was dropped without a result");
}

absl::Status AlreadyFulfilledError() {
  return absl::FailedPreconditionError("the promise has a result already, or was cancelled");
}

absl::Status DeadlockError(absl::string_view path) {
  return absl::FailedPreconditionError(
      absl::StrCat("deadlock: each of these waits for the next: ", path));
}

absl::Status NameTakenError(absl::string_view name) {
  return absl::AlreadyExistsError(
      absl::StrCat("another actor is registered under the name \"", name, "\""));
}

absl::Status StreamLimitError(absl::string_view actor, uint64_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat(actor, " has ", limit, " open streams already, which is the limit"));
}

absl::Status StreamGoneError(absl::string_view actor, absl::string_view method) {
  return absl::NotFoundError(
      absl::StrCat("no such stream of ", actor, ".", method, ": it has ended, or never was"));
}

absl::Status StreamNeedsReaderError(absl::string_view method) {
  return absl::UnimplementedError(absl::StrCat(
      method,
      " gives a stream: it can be called through a typed reference only, not by name and "
      "not one-way"));
}

absl::Status NextUnderWayError(absl::string_view stream) {
  return absl::FailedPreconditionError(
      absl::StrCat("the stream ", stream, ": the item before this one is still awaited"));
}

absl::Status NotReadableError() {
  return absl::FailedPreconditionError(
      "the stream did not come from a reference: a generator is read through ref->Method()");
}

absl::Status NodeUnavailableError(absl::string_view text, Delivery delivery) {
  absl::Status status = absl::UnavailableError(
      absl::StrCat(text, delivery == Delivery::kNotSent ? " (not sent)" : " (outcome unknown)"));
  status.SetPayload(kDeliveryUrl,
                    absl::Cord(delivery == Delivery::kNotSent ? absl::string_view(kNotSentBytes)
                                                              : absl::string_view()));
  return status;
}

std::optional<Delivery> DeliveryOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kDeliveryUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string bytes(*payload);
  const internal::DecodeContext context;
  internal::Reader reader(context, bytes);
  uint64_t state = 0;
  const bool ok = reader.Fields([&](uint32_t number, internal::WireType type) {
    return number == kStateField && type == internal::WireType::kVarint ? reader.Varint(&state)
                                                                        : reader.Skip(number, type);
  });
  return ok && state == kNotSentState ? Delivery::kNotSent : Delivery::kOutcomeUnknown;
}

absl::Status PermissionDeniedError() { return absl::PermissionDeniedError("not allowed"); }

absl::Status MessageTooLargeError(absl::string_view message, uint64_t bytes, uint64_t limit) {
  return absl::ResourceExhaustedError(absl::StrCat(
      message, " has ", bytes, " bytes, which is over the limit of ", limit, " for a message"));
}

absl::Status OutboxFullError(absl::string_view node, uint64_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the outbox to the node at ", node, " is full (", limit, " bytes)"));
}

absl::Status PendingLimitError(absl::string_view node, uint64_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the node at ", node, " owes too many answers already (", limit, " calls)"));
}

absl::Status InboundFullError(uint64_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat("too much of the caller's node waits here already (", limit, " bytes)"));
}

absl::Status LocalOnlyError(absl::string_view method) {
  return absl::InvalidArgumentError(
      absl::StrCat(method, " cannot be sent to another node: its class is local only"));
}

absl::Status NotEncodedError(absl::string_view what, const absl::Status& reason) {
  return absl::Status(reason.code(), absl::StrCat(what, " cannot be encoded: ", reason.message()));
}

absl::Status BadResultError(absl::string_view method, absl::string_view detail) {
  return absl::InvalidArgumentError(
      absl::StrCat(method, ": what came back does not decode: ", detail));
}

std::string ActorText(absl::string_view class_name, const Urn& urn) {
  return absl::StrCat(class_name, " (", urn.ToString(), ")");
}

namespace internal {

absl::Status StatusFromCurrentException() {
  try {
    throw;
  } catch (const std::exception& exception) {
    return absl::UnknownError(absl::StrCat(Demangle(typeid(exception)), ": ", exception.what()));
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return absl::UnknownError(
        absl::StrCat("exception of type ", type != nullptr ? Demangle(*type) : "unknown"));
  }
}

absl::Status RunUserCode(absl::FunctionRef<void()> body) {
  try {
    body();
  } catch (...) {
    return StatusFromCurrentException();
  }
  return absl::OkStatus();
}

}  // namespace internal
}  // namespace troupe

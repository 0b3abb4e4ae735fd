#include "runtime/errors.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>

#include "absl/strings/str_cat.h"

namespace troupe {
namespace {

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

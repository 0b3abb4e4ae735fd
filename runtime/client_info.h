#ifndef TROUPE_RUNTIME_CLIENT_INFO_H_
#define TROUPE_RUNTIME_CLIENT_INFO_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "runtime/caller.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/spin_lock.h"

namespace troupe {

// The gRPC client behind a call, as the called method sees it (CallContext::client). A value.
struct ClientInfo {
  Caller caller = {};
  // What it sent along, in the order of the keys. Keys are in lower case and may come more than
  // once; the values of those that end in "-bin" are bytes.
  std::vector<std::pair<std::string, std::string>> metadata = {};

  // The first value of this key; null if it was not sent.
  const std::string* Find(absl::string_view key) const {
    for (const auto& [name, value] : metadata) {
      if (name == key) return &value;
    }
    return nullptr;
  }
};

namespace internal {

// The same, shared by whoever took the call in and the message that it became, with what goes back.
// Any thread.
class ClientCall : public RefCounted<ClientCall> {
 public:
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  virtual ~ClientCall() = default;

  ClientInfo info;  // constant once the message is sent

  void AddInitial(std::string key, std::string value) {
    SpinLockHolder holder(lock_);
    initial_.emplace_back(std::move(key), std::move(value));
  }
  void AddTrailing(std::string key, std::string value) {
    SpinLockHolder holder(lock_);
    trailing_.emplace_back(std::move(key), std::move(value));
  }
  Metadata TakeInitial() {
    SpinLockHolder holder(lock_);
    return std::exchange(initial_, {});
  }
  Metadata TakeTrailing() {
    SpinLockHolder holder(lock_);
    return std::exchange(trailing_, {});
  }

 private:
  SpinLock lock_;
  Metadata initial_ ABSL_GUARDED_BY(lock_);
  Metadata trailing_ ABSL_GUARDED_BY(lock_);
};

}  // namespace internal
}  // namespace troupe

#endif  // TROUPE_RUNTIME_CLIENT_INFO_H_

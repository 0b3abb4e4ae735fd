// The open streams of an actor: see stream_call.h.

#include "absl/strings/str_cat.h"
#include "runtime/actor_cell.h"
#include "runtime/cell_extras.h"
#include "runtime/errors.h"
#include "runtime/stream_table.h"

namespace troupe::internal {

absl::Status ActorCell::AddStream(const StreamKey& key, const void* method, Envelope* call) {
  StreamTable& streams = extras().streams;
  if (streams.size() >= kMaxOpenStreams) return StreamLimitError(ToString(), kMaxOpenStreams);
  if (!streams.emplace(key, OpenStream{method, call}).second) {
    return absl::InvalidArgumentError(absl::StrCat("stream number ", key.number, " is in use"));
  }
  return absl::OkStatus();
}

Envelope* ActorCell::FindStream(const StreamKey& key, const void* method) const {
  if (extras_ == nullptr) return nullptr;
  const auto stream = extras_->streams.find(key);
  if (stream == extras_->streams.end() || stream->second.method != method) return nullptr;
  return stream->second.call;
}

void ActorCell::RemoveStream(const StreamKey& key) { extras().streams.erase(key); }

void ActorCell::BeginStep(Envelope* call) { suspended_.push_back(call); }

void ActorCell::AbandonStreams(const absl::Status* failure) {
  while (extras_ != nullptr && !extras_->streams.empty()) {
    Envelope* const call = extras_->streams.begin()->second.call;
    call->Abandon(failure != nullptr
                      ? FailedMeanwhileError(ToString(), call->method_name(), *failure)
                      : NotFoundError(ToString()));
  }
}

}  // namespace troupe::internal

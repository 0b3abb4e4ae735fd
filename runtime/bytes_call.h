#ifndef TROUPE_RUNTIME_BYTES_CALL_H_
#define TROUPE_RUNTIME_BYTES_CALL_H_

// Calls of methods whose types are not known to the caller, with arguments and results as bytes
// (runtime/codec.h says which): for gateways. The actor may live here or elsewhere.

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/call_frame.h"
#include "runtime/class_info.h"
#include "runtime/client_info.h"
#include "runtime/codec_context.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/future_state.h"
#include "runtime/inbound_call.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/spin_lock.h"
#include "runtime/stream.h"
#include "runtime/stream_reader.h"
#include "runtime/wire_message.h"

namespace troupe::internal {

// Of the node that calls. Must outlive the calls.
struct BytesContext {
  EncodeContext encode;
  DecodeContext decode;
};

// What the bytes of a result become.
Outcome<std::string> FromResultBytes(absl::string_view bytes, std::string*);
Outcome<StreamBatch<std::string>> FromResultBytes(absl::string_view bytes,
                                                  StreamBatch<std::string>*);

template <typename R>
Outcome<R> ResultOfBytes(absl::string_view bytes) {
  if constexpr (std::is_void_v<R>) {
    return absl::OkStatus();
  } else {
    return FromResultBytes(bytes, static_cast<R*>(nullptr));
  }
}

// Of an actor elsewhere. `method` is in static storage.
template <typename R>
class BytesCall final : public Envelope, public FutureState<R> {
 public:
  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* block, size_t bytes) { FreeBlock(block, bytes); }

  BytesCall(const char* method, std::string arguments)
      : method_(method), arguments_(std::move(arguments)) {}

  Progress Handle(ActorCell&) override { return Finish(NoSuchMethodError("(here)", method_)); }
  void Refuse(Refusal refusal) override { Finish(refusal.ToStatus()); }
  absl::Status Encode(const EncodeContext&, OutgoingMessage* message) override {
    message->kind = MessageKind::kMethod;
    message->method = method_;
    message->arguments->append(arguments_);
    return absl::OkStatus();
  }
  bool wants_answer() const override { return true; }
  void Answer(const DecodeContext&, const absl::Status& status, absl::string_view result) override {
    if (status.ok()) {
      Finish(ResultOfBytes<R>(result));
    } else {
      Finish(status);
    }
  }

  const char* method_name() const override { return method_; }
  FutureCore* call() override { return this; }
  CallFrame* frame() override { return &frame_; }
  absl::Time deadline() const override { return frame_.deadline(); }
  std::string Description() const override {
    return DescribeStream(RecipientPtr(frame_.recipient()), method_);
  }

 private:
  Progress Finish(Outcome<R> outcome) {
    if (!this->claimed()) this->Fulfil(std::move(outcome));
    this->Release();
    return Progress::kDone;
  }
  void OnDone() override { frame_.StopTimer(); }
  void OnAborted(const absl::Status&) override {
    if (const uint64_t id = frame_.remote_id(); id != 0) frame_.recipient()->CallAborted(this, id);
  }

  const char* const method_;
  const std::string arguments_;
  CallFrame frame_;
};

// Of an actor here: stands between it and the caller as a session with another node would.
template <typename R>
class LocalBytesCall final : public FutureState<R>, public InboundCall {
 public:
  LocalBytesCall(const CallTarget& target, const BytesContext& context, const char* method)
      : recipient_(target.recipient), context_(context), method_(method) {}

  const EncodeContext& encode_context() override { return context_.encode; }
  void Started(FutureCore* call) override {
    {
      SpinLockHolder holder(lock_);
      call_ = IntrusivePtr<FutureCore>(call);
    }
    if (this->ready()) call->Abort(this->status());
  }
  void Finish(const absl::Status& status, absl::string_view result) override {
    IntrusivePtr<FutureCore> call;
    {
      SpinLockHolder holder(lock_);
      std::swap(call, call_);
    }
    if (!this->claimed()) this->Fulfil(status.ok() ? ResultOfBytes<R>(result) : Outcome<R>(status));
    this->Release();
  }

  std::string Description() const override { return DescribeStream(recipient_, method_); }

 private:
  void OnAborted(const absl::Status& status) override {
    IntrusivePtr<FutureCore> call;
    {
      SpinLockHolder holder(lock_);
      call = call_;
    }
    if (call != nullptr) call->Abort(status);
  }

  const RecipientPtr recipient_;
  const BytesContext& context_;
  const char* const method_;
  SpinLock lock_;
  IntrusivePtr<FutureCore> call_ ABSL_GUARDED_BY(lock_);  // while it is under way
};

// Calls `method`, whose name is in static storage, with encoded arguments; the outcome is the
// encoded result. Options, errors and order are those of a typed call. Not within an actor's turn:
// it would not be a part of the message that is handled there. Any thread.
Future<std::string> CallWithBytes(const CallTarget& target, const BytesContext& context,
                                  const char* method, std::string arguments);

// The same for a method that gives a stream: its items are results as CallWithBytes gives them. The
// flow is controlled as everywhere: who does not read stops the generator. `client`, which may be
// null, is what the method's context gives, if the actor lives here.
Stream<std::string> OpenBytesStream(const CallTarget& target, const BytesContext& context,
                                    const char* method, std::string arguments,
                                    ClientCall* client = nullptr);

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_BYTES_CALL_H_

#ifndef TROUPE_TESTS_RUNTIME_LOOPBACK_H_
#define TROUPE_TESTS_RUNTIME_LOOPBACK_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/any_ref.h"
#include "runtime/call_frame.h"
#include "runtime/codec_context.h"
#include "runtime/envelope.h"
#include "runtime/future_core.h"
#include "runtime/inbound_call.h"
#include "runtime/mutex.h"
#include "runtime/recipient.h"
#include "runtime/wire_message.h"

namespace troupe {

// References travel as their urn; those that were described are resolved again. One with the urn
// `stays_here` cannot travel.
class LoopbackTranslator : public internal::RefTranslator {
 public:
  absl::StatusOr<internal::RefParts> Describe(const AnyRef& ref) const override {
    MutexLock lock(&mu_);
    if (ref.urn() == stays_here) return absl::FailedPreconditionError("this one stays here");
    known_[ref.urn()] = ref;
    return internal::RefParts{ref.urn(), std::string(ref.class_name()), "loop", 1};
  }
  absl::StatusOr<AnyRef> Resolve(const internal::RefParts& parts) const override {
    MutexLock lock(&mu_);
    const auto known = known_.find(parts.urn);
    if (known == known_.end()) return absl::InvalidArgumentError("never heard of it");
    return known->second;
  }
  Urn stays_here;

 private:
  mutable Mutex mu_;
  mutable std::map<Urn, AnyRef> known_ ABSL_GUARDED_BY(mu_);
};

// A representative of a local actor, that treats it as one of another node: what is sent to it is
// encoded, decoded and handed to the actor through the hooks for messages from elsewhere, and the
// outcomes come back the same way. While `hold`, messages wait for SendHeld.
class LoopbackRecipient : public Recipient {
 public:
  LoopbackRecipient(RecipientPtr target, const internal::RefTranslator* refs)
      : Recipient(target->urn()), target_(std::move(target)), encode_{refs}, decode_{refs} {}

  SendResult Deliver(internal::Envelope* envelope) override {
    Packet packet;
    internal::OutgoingMessage message;
    message.arguments = &packet.arguments;
    const absl::Status encoded = envelope->Encode(encode_, &message);
    if (!encoded.ok()) {
      envelope->Refuse(
          {.why = internal::Refusal::Why::kOther, .recipient = this, .detail = &encoded});
      return SendResult::kBadArguments;
    }
    packet.kind = message.kind;
    packet.method = message.method != nullptr ? message.method : message.method_text;
    packet.options = {envelope->deadline(), envelope->lane == internal::Lane::kHigh};
    if (envelope->wants_answer()) {
      // Late already, or cancelled meanwhile: it is not sent.
      if (!SetPending(packet, message.watcher, envelope)) return SendResult::kSent;
    } else {
      envelope->Answer(decode_, absl::OkStatus(), "");
    }
    {
      MutexLock lock(&mu_);
      ++sent_;
      if (hold) {
        held_.push_back(std::move(packet));
        return SendResult::kSent;
      }
    }
    Arrive(packet);
    return SendResult::kSent;
  }

  void SendHeld() {
    std::vector<Packet> held;
    {
      MutexLock lock(&mu_);
      hold = false;
      held.swap(held_);
    }
    for (const Packet& packet : held) Arrive(packet);
  }

  void CallAborted(internal::Envelope* envelope, uint64_t id) override {
    {
      MutexLock lock(&mu_);
      ++aborted_;
      const auto pending = pending_.find(id);
      if (pending == pending_.end() || pending->second.envelope != envelope) return;
    }
    EndPending(id, absl::CancelledError("ended here"), "");
    Cancel(id);
  }

  void EndWatch(const Urn& watcher) override {
    uint64_t id = 0;
    internal::Envelope* envelope = nullptr;
    {
      MutexLock lock(&mu_);
      for (auto& [pending_id, pending] : pending_) {
        if (pending.watcher != watcher) continue;
        id = pending_id;
        envelope = pending.envelope;
      }
      pending_.erase(id);
    }
    if (envelope == nullptr) return;
    envelope->Abandon(absl::CancelledError("ended here"));
    Cancel(id);
  }

  absl::string_view class_name() const override { return target_->class_name(); }
  internal::SystemCore& core() override { return target_->core(); }

  // Sent, and not answered; calls under way at the actor; calls whose abort was told.
  size_t pending() const {
    MutexLock lock(&mu_);
    return pending_.size();
  }
  size_t running() const {
    MutexLock lock(&mu_);
    return running_.size();
  }
  size_t aborted() const {
    MutexLock lock(&mu_);
    return aborted_;
  }
  size_t sent() const {
    MutexLock lock(&mu_);
    return sent_;
  }
  std::vector<absl::Status> refused_one_ways() const {
    MutexLock lock(&mu_);
    return refused_one_ways_;
  }

  bool hold = false;
  // Instead of the results that come back.
  const char* forged_result = nullptr;

 private:
  struct Packet {
    internal::MessageKind kind = internal::MessageKind::kMethod;
    std::string method;
    std::string arguments;
    internal::InboundOptions options;
    uint64_t id = 0;
  };
  struct Pending {
    internal::Envelope* envelope;
    Urn watcher;
  };

  class Caller final : public internal::InboundCall {
   public:
    Caller(LoopbackRecipient* loop, uint64_t id) : loop_(loop), id_(id) {}

    const internal::EncodeContext& encode_context() override { return loop_->encode_; }
    void Started(internal::FutureCore* call) override {
      bool cancelled = false;
      {
        MutexLock lock(&loop_->mu_);
        loop_->running_[id_] = call;
        cancelled = loop_->cancelled_early_.erase(id_) > 0;
      }
      if (cancelled) call->Abort(absl::CancelledError("cancelled over there"));
    }
    void Finish(const absl::Status& status, absl::string_view result) override {
      {
        MutexLock lock(&loop_->mu_);
        loop_->running_.erase(id_);
      }
      loop_->EndPending(id_, status,
                        loop_->forged_result != nullptr ? loop_->forged_result : result);
      delete this;
    }

   private:
    const IntrusivePtr<LoopbackRecipient> loop_;
    const uint64_t id_;
  };

  bool SetPending(Packet& packet, const Urn& watcher, internal::Envelope* envelope) {
    // As the id is set before the message is on its way, nobody but an abort can end it meanwhile.
    internal::CallFrame* const frame = envelope->frame();
    const IntrusivePtr<internal::FutureCore> call(envelope->call());
    {
      MutexLock lock(&mu_);
      packet.id = ++last_id_;
      pending_[packet.id] = {envelope, watcher};
    }
    if (frame == nullptr) return true;
    frame->SetRemoteId(packet.id);
    if (!call->ready()) return true;
    CallAborted(envelope, packet.id);
    return false;
  }

  void EndPending(uint64_t id, const absl::Status& status, absl::string_view result) {
    internal::Envelope* envelope = nullptr;
    {
      MutexLock lock(&mu_);
      const auto pending = pending_.find(id);
      if (pending == pending_.end()) return;
      envelope = pending->second.envelope;
      pending_.erase(pending);
    }
    envelope->Answer(decode_, status, result);
  }

  void Cancel(uint64_t id) {
    IntrusivePtr<internal::FutureCore> call;
    {
      MutexLock lock(&mu_);
      const auto running = running_.find(id);
      if (running != running_.end()) {
        call = IntrusivePtr<internal::FutureCore>(running->second);
      } else if (std::any_of(held_.begin(), held_.end(),
                             [&](const Packet& packet) { return packet.id == id; })) {
        cancelled_early_[id] = true;
      }
    }
    if (call != nullptr) call->Abort(absl::CancelledError("cancelled over there"));
  }

  void Arrive(const Packet& packet) {
    if (packet.id == 0) {
      const absl::Status status = ArriveOneWay(packet);
      if (status.ok()) return;
      MutexLock lock(&mu_);
      refused_one_ways_.push_back(status);
      return;
    }
    auto* caller = new Caller(this, packet.id);
    const absl::Status status = ArriveCall(packet, caller);
    if (!status.ok()) caller->Finish(status, "");
  }

  absl::Status ArriveCall(const Packet& packet, internal::InboundCall* caller) {
    const internal::CallTarget to{target_.get(), nullptr};
    switch (packet.kind) {
      case internal::MessageKind::kMethod: {
        const auto* method = target_->local_cell()->info().FindMethod(packet.method);
        if (method == nullptr) return NoSuchMethodError(class_name(), packet.method);
        return method->receive(to, packet.options, decode_, packet.arguments, caller);
      }
      case internal::MessageKind::kPlain:
        return internal::ReceivePlain(to, packet.options, decode_, packet.arguments, caller);
      case internal::MessageKind::kByName:
        return internal::ReceiveByName(to, packet.options, decode_, packet.method, packet.arguments,
                                       caller);
      case internal::MessageKind::kStop:
        internal::ReceiveStop(target_.get(), caller);
        return absl::OkStatus();
      case internal::MessageKind::kWatch:
        internal::ReceiveWatch(target_.get(), caller);
        return absl::OkStatus();
      case internal::MessageKind::kNode:
        break;
    }
    return absl::InternalError("not for actors");
  }

  absl::Status ArriveOneWay(const Packet& packet) {
    const internal::CallTarget to{target_.get(), nullptr};
    switch (packet.kind) {
      case internal::MessageKind::kMethod: {
        const auto* method = target_->local_cell()->info().FindMethod(packet.method);
        if (method == nullptr) return NoSuchMethodError(class_name(), packet.method);
        return method->receive_one_way(to, packet.options, decode_, packet.arguments, {});
      }
      case internal::MessageKind::kPlain:
        return internal::ReceivePlainOneWay(to, packet.options, decode_, packet.arguments, {});
      case internal::MessageKind::kByName:
        return internal::ReceiveByNameOneWay(to, packet.options, decode_, packet.method,
                                             packet.arguments, {});
      case internal::MessageKind::kStop:
        internal::ReceiveStop(target_.get(), nullptr);
        return absl::OkStatus();
      default:
        return absl::InternalError("not one-way");
    }
  }

  const RecipientPtr target_;
  const internal::EncodeContext encode_;
  const internal::DecodeContext decode_;

  mutable Mutex mu_;
  uint64_t last_id_ ABSL_GUARDED_BY(mu_) = 0;
  size_t sent_ ABSL_GUARDED_BY(mu_) = 0;
  size_t aborted_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<uint64_t, Pending> pending_ ABSL_GUARDED_BY(mu_);
  std::map<uint64_t, internal::FutureCore*> running_ ABSL_GUARDED_BY(mu_);
  std::map<uint64_t, bool> cancelled_early_ ABSL_GUARDED_BY(mu_);
  std::vector<Packet> held_ ABSL_GUARDED_BY(mu_);
  std::vector<absl::Status> refused_one_ways_ ABSL_GUARDED_BY(mu_);
};

}  // namespace troupe

#endif  // TROUPE_TESTS_RUNTIME_LOOPBACK_H_

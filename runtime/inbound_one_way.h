#ifndef TROUPE_RUNTIME_INBOUND_ONE_WAY_H_
#define TROUPE_RUNTIME_INBOUND_ONE_WAY_H_

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/argument_bytes.h"
#include "runtime/block_pool.h"
#include "runtime/call.h"
#include "runtime/codec_context.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/inbound_budget.h"
#include "runtime/send.h"
#include "runtime/turn.h"

namespace troupe::internal {

// A one-way message from elsewhere that is decoded in the actor's turn; until then its bytes lie
// behind it in its block. Hundreds of such messages wait when a batch has come, and a text of each
// would be a block of its own, in memory that is cold again when the actor reads it: a fifth of
// the receiver's work for small messages (docs/performance.md).
//
// Not for coroutines and methods that hand a call on, which may refer to their arguments later.
template <typename Op>
class InboundOneWay final : public Envelope {
 public:
  static bool Takes(absl::string_view bytes) {
    return bytes.size() <= kMaxPooledBytes - sizeof(InboundOneWay);
  }

  // `context` has no rest.
  static InboundOneWay* New(const DecodeContext& context, absl::string_view bytes,
                            absl::Time deadline, InboundCredit credit) {
    void* const block = AllocateBlock(sizeof(InboundOneWay) + bytes.size());
    return ::new (block) InboundOneWay(context, bytes, deadline, std::move(credit));
  }
  static void operator delete(InboundOneWay* message, std::destroying_delete_t) {
    const size_t bytes = sizeof(InboundOneWay) + message->size_;
    message->~InboundOneWay();
    FreeBlock(message, bytes);
  }

  Progress Handle(ActorCell& cell) override {
    if (deadline_ != absl::InfiniteFuture() && PastDeadline(cell, deadline_)) {
      return RefuseFor(cell, DeadlinePassedError(Op::kName));
    }
    bool decoded = false;
    absl::Status status = OutcomeOf([&]() -> absl::Status {
      typename Op::Arguments arguments;
      absl::Status read =
          ReadArgumentsOutsideTurn({.refs = refs_}, absl::string_view(bytes(), size_), &arguments);
      decoded = read.ok();
      if (!decoded) return read;
      return StatusOfRun([&]() -> typename Op::Raw { return Op::Invoke(cell, arguments); });
    });
    if (!decoded) return RefuseFor(cell, BadArgumentsError(Op::kName, status.message()));
    if (!status.ok()) cell.ReportFailure(std::move(status));
    Turn::Current()->ReturnLater(credit_);
    delete this;
    return Progress::kDone;
  }
  void Refuse(Refusal refusal) override {
    CountDeadLetter(refusal);
    delete this;
  }
  const char* method_name() const override { return Op::kName; }
  absl::Time deadline() const override { return deadline_; }
  bool one_way() const override { return true; }

 private:
  InboundOneWay(const DecodeContext& context, absl::string_view bytes, absl::Time deadline,
                InboundCredit credit)
      : refs_(context.refs), deadline_(deadline), credit_(std::move(credit)), size_(bytes.size()) {
    std::memcpy(reinterpret_cast<char*>(this + 1), bytes.data(), bytes.size());
  }
  ~InboundOneWay() override = default;

  Progress RefuseFor(ActorCell& cell, const absl::Status& reason) {
    Refuse({.why = Refusal::Why::kOther, .recipient = &cell, .detail = &reason});
    return Progress::kDone;
  }
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }

  const RefTranslator* const refs_;
  const absl::Time deadline_;
  InboundCredit credit_;
  const size_t size_;
};

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_INBOUND_ONE_WAY_H_

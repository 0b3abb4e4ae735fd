#ifndef TROUPE_RUNTIME_STREAM_CALL_H_
#define TROUPE_RUNTIME_STREAM_CALL_H_

// The two calls that a stream is made of (see stream_reader.h), and the producer's side of it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/actor_cell.h"
#include "runtime/call_frame.h"
#include "runtime/class_info.h"
#include "runtime/codec.h"
#include "runtime/codec_context.h"
#include "runtime/control_envelopes.h"
#include "runtime/coroutine.h"
#include "runtime/envelope.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/intrusive_ptr.h"
#include "runtime/operation.h"
#include "runtime/send.h"
#include "runtime/stream.h"
#include "runtime/stream_reader.h"
#include "runtime/stream_wire.h"
#include "runtime/turn.h"
#include "runtime/wire_message.h"

namespace troupe::internal {

// Whether a stream of it can be read from another node.
template <typename Op>
inline constexpr bool kStreamTravels =
    kAllTravel<typename Op::Arguments>&& kTravels<StreamItem<typename Op::Raw>>;

template <typename Op>
class StreamCall;

// Asks for items. `encode` null: for a consumer in this process, or (on the way to another node)
// not handled here.
template <typename Op>
class PullCall final : public Envelope,
                       public FutureState<StreamBatch<StreamItem<typename Op::Raw>>> {
 public:
  using Item = StreamItem<typename Op::Raw>;
  using Batch = StreamBatch<Item>;
  enum class Taken : uint8_t { kAndMore, kAndFull, kNoRoom };

  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* block, size_t bytes) { FreeBlock(block, bytes); }

  // Not counted in the mailbox: a reader has one of them, and those of other nodes are bounded by
  // what these may have open.
  PullCall(const StreamKey& key, StreamCredit credit, const EncodeContext* encode)
      : key_(key), credit_(ClampCredit(credit)), encode_(encode) {
    counted = false;
  }

  Progress Handle(ActorCell& cell) override {
    if (this->claimed()) return Done();
    Envelope* const stream = cell.FindStream(key_, TypeIdOf<Op>());
    if (stream == nullptr) {
      this->Fulfil(StreamGoneError(cell.class_name(), Op::kName));
      return Done();
    }
    static_cast<StreamCall<Op>*>(stream)->Fill(this);
    return Progress::kDone;
  }

  // For the stream. kNoRoom leaves the item as it was; an error of its codec, too.
  absl::StatusOr<Taken> Add(Item& item) {
    if (encode_ != nullptr) {
      if constexpr (kStreamTravels<Op>) {
        const size_t before = batch_.encoded.size();
        const absl::Status status = EncodeItem(item);
        if (!status.ok()) return NotEncodedError(absl::StrCat("an item of ", Op::kName), status);
        if (count_ > 0 && batch_.encoded.size() > credit_.bytes) {
          batch_.encoded.resize(before);
          return Taken::kNoRoom;
        }
      }
    } else {
      batch_.items.push_back({std::move(item), 0});
    }
    ++count_;
    const bool full = count_ >= credit_.items || batch_.encoded.size() >= credit_.bytes;
    return full ? Taken::kAndFull : Taken::kAndMore;
  }
  bool empty() const { return count_ == 0; }
  // Answers with what it has. This may be gone then.
  void Finish(bool last) {
    batch_.last = last;
    if (last && encode_ != nullptr) AppendStreamLast(&batch_.encoded);
    this->Fulfil(std::move(batch_));
    Done();
  }
  void Fail(absl::Status status) {
    this->Fulfil(std::move(status));
    Done();
  }

  void Refuse(Refusal refusal) override {
    if (!this->claimed()) this->Fulfil(refusal.ToStatus());
    Done();
  }
  absl::Status Encode(const EncodeContext&, OutgoingMessage* message) override {
    if constexpr (!kStreamTravels<Op>) return LocalOnlyError(Op::kName);
    message->kind = Op::kKind;
    message->method = Op::kName;
    AppendStreamPull(message->arguments, {.number = key_.number, .credit = credit_});
    return absl::OkStatus();
  }
  bool wants_answer() const override { return true; }
  void Answer(const DecodeContext& context, const absl::Status& status,
              absl::string_view result) override {
    if (!this->claimed()) {
      if (status.ok()) {
        this->Fulfil(Decode(context, result));
      } else {
        this->Fulfil(status);
      }
    }
    Done();
  }

  const char* method_name() const override { return Op::kName; }
  FutureCore* call() override { return this; }
  CallFrame* frame() override { return &frame_; }
  std::string Description() const override {
    return absl::StrCat("items of ", frame_.recipient()->class_name(), ".", Op::kName);
  }

 private:
  absl::Status EncodeItem(const Item& item) {
    Turn outside(nullptr);  // encoding is no code of the actor's
    return EncodeCatching(&batch_.encoded,
                          [&] { return AppendStreamItem(*encode_, &batch_.encoded, item); });
  }
  Outcome<Batch> Decode(const DecodeContext& context, absl::string_view bytes) {
    if constexpr (kStreamTravels<Op>) {
      Turn outside(nullptr);
      absl::StatusOr<bool> last;
      const absl::Status thrown = RunUserCode([&] {
        last = ReadStreamItems(bytes, [&](absl::string_view encoded) -> absl::Status {
          if (batch_.items.size() >= credit_.items) {
            return absl::InvalidArgumentError("more than were asked for");
          }
          absl::StatusOr<Item> item = DecodeResult<Item>(context, encoded);
          if (item.ok()) batch_.items.push_back({*std::move(item), encoded.size()});
          return item.status();
        });
      });
      if (!thrown.ok()) return BadResultError(Op::kName, thrown.message());
      if (!last.ok()) return BadResultError(Op::kName, last.status().message());
      batch_.last = *last;
      return std::move(batch_);
    } else {
      return LocalOnlyError(Op::kName);
    }
  }
  Progress Done() {
    this->Release();
    return Progress::kDone;
  }
  void OnAborted(const absl::Status&) override {
    if (const uint64_t id = frame_.remote_id(); id != 0) frame_.recipient()->CallAborted(this, id);
  }

  const StreamKey key_;
  const StreamCredit credit_;
  const EncodeContext* const encode_;
  CallFrame frame_;
  Batch batch_;
  uint32_t count_ = 0;
};

// Opens a stream, and is the stream at its actor: the call of a method that is a generator.
//
// Once it has been handled, the cell's table of streams owns it. While the generator waits for
// credit, it is nowhere else; while that awaits a future, it is also among the cell's suspended
// envelopes.
template <typename Op>
class StreamCall final : public Envelope,
                         public FutureState<void>,
                         public StreamSink<StreamItem<typename Op::Raw>> {
 public:
  using Item = StreamItem<typename Op::Raw>;
  using Arguments = typename Op::Arguments;
  using Pull = PullCall<Op>;

  static void* operator new(size_t bytes) { return AllocateBlock(bytes); }
  static void operator delete(void* block, size_t bytes) { FreeBlock(block, bytes); }

  StreamCall(const StreamKey& key, Arguments arguments)
      : key_(key), arguments_(std::move(arguments)), run_(this) {}
  ~StreamCall() override { this->LogIfUnread(); }

  Progress Handle(ActorCell& cell) override {
    if (claimed()) return Finish(absl::OkStatus());
    frame_.MarkStarted();
    if (const absl::Status refused = cell.AddStream(key_, TypeIdOf<Op>(), this); !refused.ok()) {
      return Finish(refused);
    }
    cell_ = &cell;
    counted = false;  // the cell has noted it as handled, which it is when this returns
    const absl::Status thrown = RunUserCode([&] { generator_ = Op::Invoke(cell, arguments_); });
    if (!thrown.ok()) return End(thrown);
    if (!generator_.valid()) return End(DroppedPromiseError());
    if (generator_.is_reader()) generator_ = Relay(std::move(generator_));
    generator_.generator().promise().run = &run_;
    generator_.generator().promise().sink = this;
    // Aborted before MarkStarted: nobody told the cell.
    return ready() ? End(status()) : Progress::kDone;
  }

  // Runs the generator until `pull`, which is the stream's from now on, is answered.
  void Fill(Pull* pull) {
    if (pull_ != nullptr) {
      return pull->Fail(absl::InvalidArgumentError("a pull of this stream is under way"));
    }
    pull_ = pull;
    if (!parked_) return;  // it is at work, and will find it
    parked_ = false;
    if (held_.has_value()) {
      Item item = *std::exchange(held_, std::nullopt);
      if (!Take(std::move(item))) {
        (void)Resumed(*cell_);
        return;
      }
    }
    cell_->BeginStep(this);
    cell_->GoOn(this, generator_.generator());
  }

  bool Take(Item item) override {
    if (pull_ != nullptr && !ready()) {
      const absl::StatusOr<typename Pull::Taken> taken = pull_->Add(item);
      if (taken.ok() && *taken == Pull::Taken::kAndMore) return true;
      yield_error_ = taken.status();
      if (taken.ok() && *taken == Pull::Taken::kNoRoom) held_.emplace(std::move(item));
    } else {
      held_.emplace(std::move(item));
    }
    parked_ = true;
    return false;
  }

  // After a step of the generator. kDone: it waits for credit, or is gone.
  Progress Resumed(ActorCell& cell) override {
    (void)cell;
    auto& promise = generator_.generator().promise();
    if (generator_.generator().done() || promise.failed()) return End(promise.error());
    if (parked_ && !yield_error_.ok()) return End(yield_error_);
    if (parked_ && ready()) return End(status());
    if (pull_ != nullptr && (parked_ || !pull_->empty()))
      std::exchange(pull_, nullptr)->Finish(false);
    return parked_ ? Progress::kDone : Progress::kSuspended;
  }

  void Abandon(const absl::Status& reason) override { End(reason); }
  void Refuse(Refusal refusal) override { Finish(refusal.ToStatus()); }

  absl::Status Encode(const EncodeContext& context, OutgoingMessage* message) override {
    if constexpr (kStreamTravels<Op>) {
      message->kind = Op::kKind;
      message->method = Op::kName;
      const absl::Status status = EncodeCatching(message->arguments, [&] {
        return EncodeArgumentTuple(context, message->arguments, arguments_);
      });
      if (!status.ok()) return NotEncodedError(Op::kName, status);
      AppendStreamNumber(message->arguments, key_.number);
      return absl::OkStatus();
    } else {
      return LocalOnlyError(Op::kName);
    }
  }
  bool wants_answer() const override { return true; }
  void Answer(const DecodeContext&, const absl::Status& status, absl::string_view) override {
    Finish(status);
  }

  const char* method_name() const override { return Op::kName; }
  FutureCore* call() override { return this; }
  TaskRun* task_run() override { return &run_; }
  CallFrame* frame() override { return &frame_; }
  absl::Time deadline() const override { return frame_.deadline(); }
  ActorCell* answering_cell() override {
    return frame_.recipient() != nullptr ? frame_.recipient()->local_cell() : nullptr;
  }
  std::string Description() const override {
    return DescribeStream(RecipientPtr(frame_.recipient()), Op::kName);
  }

 private:
  // Of what the cell has in its table: in a turn of its actor.
  Progress End(absl::Status status) {
    cell_->RemoveStream(key_);
    generator_ = Stream<Item>();
    held_.reset();
    if (pull_ != nullptr) std::exchange(pull_, nullptr)->Finish(true);
    return Finish(std::move(status));
  }
  Progress Finish(absl::Status status) {
    if (!claimed()) Fulfil(std::move(status));
    Release();
    return Progress::kDone;
  }

  void OnDone() override {
    frame_.StopTimer();
    frame_.ReleaseChildren();
  }
  void OnCallerDone() override {
    if (frame_.deadline() == absl::InfiniteFuture() || frame_.has_timer()) return;
    frame_.StartTimer(*this);
    if (ready()) frame_.StopTimer();
  }
  void OnAborted(const absl::Status& status) override {
    frame_.AbortChildren(status);
    if (const uint64_t id = frame_.remote_id(); id != 0) frame_.recipient()->CallAborted(this, id);
    ActorCell* const cell = frame_.started() ? answering_cell() : nullptr;
    if (cell == nullptr) return;
    cell->DeliverControl(
        new Notice(Lane::kUrgent, [kept = IntrusivePtr<StreamCall>(this)](ActorCell& there) {
          if (there.FindStream(kept->key_, TypeIdOf<Op>()) == kept.get()) kept->EndAborted(there);
        }));
  }
  void EndAborted(ActorCell& cell) {
    if (parked_) {
      End(status());
    } else if (run_.waiting != nullptr) {
      if (const auto coroutine = run_.waiting->StopWaiting()) cell.GoOn(this, coroutine);
    }
  }

  const StreamKey key_;
  CallFrame frame_;
  Arguments arguments_;

  // Of the turns of the producing actor.
  ActorCell* cell_ = nullptr;
  TaskRun run_;
  Stream<Item> generator_;
  bool parked_ = true;  // suspended at its beginning, or at a co_yield
  Pull* pull_ = nullptr;
  std::optional<Item> held_;  // given when there was no room
  absl::Status yield_error_;
};

template <typename Op>
Future<StreamBatch<StreamItem<typename Op::Raw>>> SendPull(const StreamOrigin& origin,
                                                           StreamCredit credit) {
  auto* pull = new PullCall<Op>({.origin = 0, .number = origin.number}, credit, nullptr);
  Future<StreamBatch<StreamItem<typename Op::Raw>>> future(pull);
  // Neither a child nor under the deadline of what this thread handles: it serves the stream.
  pull->frame()->SetUp(origin.recipient.get(), absl::InfiniteFuture());
  pull->lane = origin.lane;
  origin.recipient->Deliver(pull);
  return future;
}

template <typename Op, typename... A>
Stream<StreamItem<typename Op::Raw>> StartStream(const CallTarget& target, A&&... arguments) {
  using Item = StreamItem<typename Op::Raw>;
  const uint64_t number = NewStreamNumber();
  auto* call = new StreamCall<Op>({.origin = 0, .number = number},
                                  typename Op::Arguments(std::forward<A>(arguments)...));
  StreamOrigin origin = {.recipient = RecipientPtr(target.recipient),
                         .method = Op::kName,
                         .lane = Lane::kNormal,
                         .number = number,
                         .open = IntrusivePtr<FutureCore>(call)};
  SendCall(target, call, call, call->frame());
  call->DropHandle();  // the reader has a reference
  if (target.options != nullptr && target.options->priority == Priority::kHigh) {
    origin.lane = Lane::kHigh;
  }
  auto reader = IntrusivePtr<StreamReader<Item>>::Adopt(
      new StreamReader<Item>(std::move(origin), &SendPull<Op>));
  reader->Begin();
  return Stream<Item>(std::move(reader));
}

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_STREAM_CALL_H_

#include "node/session.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "runtime/errors.h"
#include "runtime/huge_pages.h"

namespace troupe::internal {
namespace {

// What may arrive before it is acknowledged although there is nothing to send.
constexpr size_t kUnacknowledgedBytes = 256 * 1024;
constexpr int kUnacknowledgedBatches = 64;
// Of the memory of a message that came in pieces, for the next one.
constexpr size_t kMostKept = (size_t{1} << 20) + kFrameOverhead;
// By so much the room for a message in pieces grows. Copying what has come, into pages that are
// fresh once more, costs more than the addresses.
constexpr size_t kMoreRoom = 16;

// In the first piece of a frame of `size` bytes, which lies in parts.
std::optional<LastText> FindLastTextIn(absl::Span<const absl::string_view> parts, size_t size) {
  if (!parts.empty() && parts.front().size() >= kLastTextLook) {
    return FindLastText(parts.front(), size);
  }
  char begin[kLastTextLook];
  size_t filled = 0;
  for (const absl::string_view part : parts) {
    filled += part.copy(begin + filled, sizeof(begin) - filled);
  }
  return FindLastText(absl::string_view(begin, filled), size);
}

}  // namespace

Session::Session(IntrusivePtr<SystemCore> core, const SessionOptions& options, SessionSide side,
                 Mutex& mu)
    : core_(std::move(core)),
      options_(options),
      side_(side),
      mu_(mu),
      outbox_(options.outbox_bytes, options.batch_bytes) {}

absl::Status Session::Attach(std::shared_ptr<Connection> connection, uint64_t received,
                             bool writing) {
  MutexLock lock(&mu_);
  if (ended_) return absl::NotFoundError("the session has ended");
  if (!outbox_.Rewind(received)) {
    return absl::InvalidArgumentError(absl::StrCat("batch ", received, " was never sent"));
  }
  connection_ = std::move(connection);
  heard_ = false;
  answering_ = false;
  writing_ = writing;
  flush_wanted_ = true;
  paused_ = false;
  silent_ticks_ = 0;
  unacknowledged_bytes_ = 0;
  unacknowledged_batches_ = 0;
  return absl::OkStatus();
}

absl::Status Session::AcceptBatch(Connection* connection, absl::string_view batch, bool more_frames,
                                  bool* is_new) {
  const absl::StatusOr<BatchView> header = ReadBatchHeader(batch);
  if (!header.ok()) return header.status();
  MutexLock lock(&mu_);
  if (ended_ || connection != connection_.get()) return absl::OkStatus();
  silent_ticks_ = 0;
  heard_ = true;
  if (header->has_hello) return absl::InvalidArgumentError("a second Hello");
  if (!outbox_.Acknowledge(header->acknowledged)) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch ", header->acknowledged, " is acknowledged, but was never sent"));
  }
  if (!header->has_frames && !more_frames) return absl::OkStatus();
  if (header->sequence == 0)
    return absl::InvalidArgumentError("frames in a batch without a number");
  if (header->sequence <= received_) return absl::OkStatus();  // sent again
  if (header->sequence != received_ + 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch ", header->sequence, " follows batch ", received_));
  }
  received_ = header->sequence;
  *is_new = true;
  return absl::OkStatus();
}

bool Session::OnBatch(Connection* connection, absl::string_view batch) {
  return HandleBatch(connection, batch, batch.size(), nullptr, {});
}

std::optional<bool> Session::OnParts(Connection* connection,
                                     absl::Span<const absl::string_view> parts) {
  size_t bytes = 0;
  for (const absl::string_view part : parts) bytes += part.size();
  const std::optional<LastPiece> piece = FindLastPiece(parts.front(), bytes);
  if (!piece.has_value()) return std::nullopt;
  absl::InlinedVector<absl::string_view, 32> data(parts.begin(), parts.end());
  data.front().remove_prefix(piece->data_begin);
  return HandleBatch(connection, piece->before, bytes, &*piece, data);
}

bool Session::HandleBatch(Connection* connection, absl::string_view batch, size_t bytes,
                          const LastPiece* piece, absl::Span<const absl::string_view> data) {
  bool is_new = false;
  absl::Status status = AcceptBatch(connection, batch, piece != nullptr, &is_new);
  if (status.ok() && is_new) status = ReadFrames(batch, *this);
  if (status.ok() && is_new && piece != nullptr) status = AddPiece(piece->total_bytes, data);
  if (!status.ok()) {
    End(absl::InvalidArgumentError(absl::StrCat("protocol error: ", status.message())));
    return true;
  }
  if (!farewell_.ok()) {
    End(farewell_);
    return true;
  }
  if (!is_new) {
    AnswerHeartbeat();
    return true;
  }
  BatchRead();
  if (NoteReceived(bytes)) FlushNow();
  if (MayReadOn()) return true;
  {
    MutexLock lock(&mu_);
    paused_ = true;
  }
  // It may have become possible before paused_ was seen; whoever clears it, is the one to resume.
  if (!MayReadOn()) return false;
  MutexLock lock(&mu_);
  return std::exchange(paused_, false);
}

bool Session::NoteReceived(size_t bytes) {
  MutexLock lock(&mu_);
  unacknowledged_bytes_ += bytes;
  ++unacknowledged_batches_;
  // The other side's outbox may be as small as ours.
  if (unacknowledged_bytes_ < std::min(kUnacknowledgedBytes, options_.outbox_bytes / 4) &&
      unacknowledged_batches_ < kUnacknowledgedBatches) {
    return false;
  }
  acknowledge_ = true;
  return !writing_ && !flush_scheduled_;
}

void Session::AnswerHeartbeat() {
  if (side_ != SessionSide::kInitiator) return;
  {
    MutexLock lock(&mu_);
    if (quiet_ticks_ == 0 || ended_ || writing_ || flush_scheduled_) return;
    acknowledge_ = true;
    answering_ = true;
  }
  FlushNow();
}

int Session::TicksUntilReconnect() const {
  return options_.ticks_until_reconnect + (side_ == SessionSide::kAcceptor ? 1 : 0);
}

int Session::TicksUntilHeartbeat() const {
  const int ticks = options_.ticks_until_heartbeat;
  return answered_ && ticks + 1 < options_.ticks_until_down ? ticks + 1 : ticks;
}

absl::Status Session::OnPiece(uint64_t total_bytes, absl::string_view data) {
  return AddPiece(total_bytes, absl::MakeConstSpan(&data, 1));
}

absl::Status Session::AddPiece(uint64_t total_bytes, absl::Span<const absl::string_view> data) {
  if (in_large_) return absl::InvalidArgumentError("a piece in pieces");
  size_t skip = 0;
  if (large_bytes_ == 0) {
    if (total_bytes == 0 || total_bytes > options_.message_bytes + kFrameOverhead) {
      return absl::InvalidArgumentError(
          absl::StrCat("a message of ", total_bytes, " bytes in pieces"));
    }
    large_bytes_ = total_bytes;
    {
      MutexLock lock(&mu_);
      large_ = std::exchange(spare_large_, std::string());
    }
    // Larger ones make room as they come.
    if (total_bytes <= kMostKept) large_.reserve(total_bytes);
    last_text_ = FindLastTextIn(data, total_bytes);
    skip = left_out_ = last_text_.has_value() ? last_text_->begin : 0;
  }
  for (absl::string_view part : data) {
    const size_t skipped = std::min(skip, part.size());
    part.remove_prefix(skipped);
    skip -= skipped;
    if (part.size() > large_bytes_ - left_out_ - large_.size()) {
      return absl::InvalidArgumentError("the pieces are more than the message");
    }
    MakeRoom(part.size());
    large_.append(part.data(), part.size());
  }
  if (left_out_ + large_.size() < large_bytes_) return absl::OkStatus();
  return ReadLarge();
}

// For no more than the message: its memory may be handed on. Room that nothing has come for is
// addresses; the kernel gives memory as it fills, up to 2 MiB at once.
void Session::MakeRoom(size_t more) {
  const size_t wanted = large_.size() + more;
  if (wanted <= large_.capacity()) return;
  ReserveInHugePages(
      &large_, std::min<uint64_t>(large_bytes_, std::max(wanted, kMoreRoom * large_.capacity())));
}

absl::Status Session::ReadLarge() {
  std::string frame = std::exchange(large_, std::string());
  large_bytes_ = 0;
  in_large_ = true;
  if (last_text_.has_value()) rest_ = &frame;
  absl::Status status = ReadFrame(last_text_.has_value() ? last_text_->frame : frame, *this);
  rest_ = nullptr;
  in_large_ = false;
  if (frame.capacity() > kMostKept) return status;
  frame.clear();
  MutexLock lock(&mu_);
  spare_large_ = std::move(frame);
  spare_used_ = true;
  return status;
}

absl::Status Session::OnGoodbye(absl::string_view reason) {
  farewell_ = absl::UnavailableError(absl::StrCat(kSaidGoodbye, ": ", reason));
  return absl::OkStatus();
}

Session::Flush Session::AppendedLocked() {
  if (connection_ == nullptr || flush_scheduled_) return Flush::kNo;
  if (writing_) {
    flush_wanted_ = true;
    return Flush::kNo;
  }
  Executor* const executor = core_->executor();
  // On a worker others have something to send before this thread is out of work: one write for all.
  if (executor == nullptr || Executor::Current() != executor) return Flush::kHere;
  flush_scheduled_ = true;
  while_scheduled_ = shared_from_this();
  return Flush::kLater;
}

void Session::DoFlush(Flush flush) {
  if (flush == Flush::kNo) return;
  Executor* const executor = flush == Flush::kLater ? core_->executor() : nullptr;
  if (executor != nullptr) {
    executor->ScheduleWhenDry(this);
  } else if (flush == Flush::kLater) {
    Run();
  } else {
    FlushNow();
  }
}

void Session::Run() {
  std::shared_ptr<Session> self;
  {
    MutexLock lock(&mu_);
    flush_scheduled_ = false;
    self = std::move(while_scheduled_);
    while_scheduled_ = nullptr;
  }
  FlushNow();
}

Message Session::NextToWriteLocked() {
  if (connection_ == nullptr) return Message();
  if (writing_) {
    flush_wanted_ = true;
    return Message();
  }
  flush_wanted_ = false;
  Message batch = outbox_.Next(received_);
  if (!batch && acknowledge_) {
    std::string header;
    BeginBatch(&header);
    SetBatchHeader(&header, 0, received_);
    batch = Message(std::make_shared<const std::string>(std::move(header)));
  }
  if (!batch) return batch;
  acknowledge_ = false;
  unacknowledged_bytes_ = 0;
  unacknowledged_batches_ = 0;
  quiet_ticks_ = 0;
  answered_ = std::exchange(answering_, false);
  writing_ = true;
  return batch;
}

void Session::FlushNow() {
  std::shared_ptr<Connection> connection;
  Message batch;
  {
    MutexLock lock(&mu_);
    batch = NextToWriteLocked();
    if (!batch) return;
    connection = connection_;
  }
  connection->Write(std::move(batch));
}

void Session::OnWritten(Connection* connection) {
  {
    MutexLock lock(&mu_);
    if (connection != connection_.get()) return;
    writing_ = false;
    if (!flush_wanted_) {
      // What a scheduled flush will write, is left to it: more may come until then.
      if (flush_scheduled_ || (!outbox_.HasNext() && !acknowledge_)) return;
    }
  }
  FlushNow();
}

void Session::OnClosed(Connection* connection, const absl::Status& reason) {
  absl::Status goodbye;
  {
    MutexLock lock(&mu_);
    if (connection != connection_.get()) return;
    connection_ = nullptr;
    writing_ = false;
    paused_ = false;
    if (ended_) return;
    if (saying_goodbye_) goodbye = goodbye_;
  }
  if (goodbye.ok()) {
    Disconnected(reason);
  } else {
    End(goodbye);
  }
}

void Session::Tick() {
  bool down = false;
  bool replace = false;
  int silent = 0;
  std::string unused;
  {
    MutexLock lock(&mu_);
    if (ended_) return;
    // While we do not read, we cannot hear.
    if (!paused_) ++silent_ticks_;
    silent = silent_ticks_;
    down = silent >= options_.ticks_until_down;
    replace = !down && connection_ != nullptr && silent == TicksUntilReconnect();
    if (++quiet_ticks_ >= TicksUntilHeartbeat()) acknowledge_ = true;
    if (outbox_.empty()) outbox_.DropSpare();
    if (!std::exchange(spare_used_, false)) unused = std::exchange(spare_large_, std::string());
  }
  if (down) {
    End(absl::UnavailableError("it was not heard in time"));
    return;
  }
  if (replace) DropConnection(absl::UnavailableError("silent"));
  Ticked();
  FlushNow();
}

void Session::DropConnection(const absl::Status& reason) {
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(&mu_);
    connection = connection_;
  }
  if (connection != nullptr) connection->Close(reason);
}

void Session::ResumeReading() {
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(&mu_);
    if (!std::exchange(paused_, false)) return;
    connection = connection_;
  }
  if (connection != nullptr) connection->ResumeReading();
}

void Session::End(const absl::Status& reason) {
  std::shared_ptr<Connection> connection;
  uint64_t written = 0;
  {
    MutexLock lock(&mu_);
    if (std::exchange(ended_, true)) return;
    connection = connection_;
    written = outbox_.written();
  }
  if (connection != nullptr) connection->Close(reason);
  Ended(reason, written);
}

void Session::SayGoodbye(const absl::Status& reason) {
  Flush flush = Flush::kNo;
  bool at_once = false;
  {
    MutexLock lock(&mu_);
    if (ended_ || saying_goodbye_) return;
    at_once = connection_ == nullptr;
    saying_goodbye_ = true;
    goodbye_ = reason;
    std::string goodbye;
    AppendGoodbye(&goodbye, reason.message());
    outbox_.AddBehindLarge(goodbye);
    flush = AppendedLocked();
  }
  if (at_once) {
    End(reason);
  } else {
    DoFlush(flush);
  }
}

bool Session::ended() const {
  MutexLock lock(&mu_);
  return ended_;
}

uint64_t Session::received() const {
  MutexLock lock(&mu_);
  return received_;
}

size_t Session::outbox_bytes() const {
  MutexLock lock(&mu_);
  return outbox_.bytes();
}

bool Session::connected() const {
  MutexLock lock(&mu_);
  return connection_ != nullptr;
}

bool Session::paused() const {
  MutexLock lock(&mu_);
  return paused_;
}

int Session::silent_ticks() const {
  MutexLock lock(&mu_);
  return silent_ticks_;
}

}  // namespace troupe::internal

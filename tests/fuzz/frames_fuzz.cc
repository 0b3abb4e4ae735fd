// Feeds bytes to the readers of batches and frames. What a handler is given can be written, and is
// read the same again; a view never leaves the input. A batch that is read in parts means the same,
// and so does a call whose last text is put together apart.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/frames.h"
#include "node/last_piece.h"
#include "node/last_text.h"

namespace troupe::internal {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// Writes what it is given as a batch.
class Copier : public FrameHandler {
 public:
  explicit Copier(absl::string_view input) : input_(input) { BeginBatch(&batch_); }

  absl::Status OnCall(const CallFrameFields& call) override {
    for (const absl::string_view view : {call.target_urn, call.method_name, call.arguments}) {
      RequireInside(view);
    }
    Require(call.kind <= MessageKind::kNode);
    AppendCall(&batch_, call);
    return absl::OkStatus();
  }
  absl::Status OnReply(uint32_t id, absl::Status status, absl::string_view result) override {
    RequireInside(result);
    AppendReply(&batch_, id, status, result);
    return absl::OkStatus();
  }
  absl::Status OnCancel(uint32_t id) override {
    AppendCancel(&batch_, id);
    return absl::OkStatus();
  }
  absl::Status OnPiece(uint64_t total_bytes, absl::string_view data) override {
    RequireInside(data);
    AppendPiece(&batch_, total_bytes, data);
    return absl::OkStatus();
  }
  absl::Status OnGoodbye(absl::string_view reason) override {
    RequireInside(reason);
    AppendGoodbye(&batch_, reason);
    return absl::OkStatus();
  }

  const std::string& batch() const { return batch_; }

 protected:
  std::string batch_;

 private:
  void RequireInside(absl::string_view view) {
    if (view.empty()) return;
    Require(view.data() >= input_.data() &&
            view.data() + view.size() <= input_.data() + input_.size());
  }

  const absl::string_view input_;
};

void TryBatch(absl::string_view bytes) {
  const absl::StatusOr<BatchView> header = ReadBatchHeader(bytes);
  Copier first(bytes);
  const absl::Status status = ReadFrames(bytes, first);
  if (!status.ok()) Require(status.code() == absl::StatusCode::kInvalidArgument);
  // Nobody reads the frames of a batch whose header does not parse.
  if (!header.ok()) Require(header.status().code() == absl::StatusCode::kInvalidArgument);

  Copier second(first.batch());
  Require(ReadFrames(first.batch(), second).ok());
  // Not the same bytes: the order of the payloads of a status is not fixed.
  Require(first.batch().size() == second.batch().size());
  const absl::StatusOr<BatchView> copied = ReadBatchHeader(first.batch());
  Require(copied.ok() && copied->has_frames == (first.batch().size() > kBatchHeaderBytes));
}

void TryParts(absl::string_view bytes) {
  for (const size_t known : {size_t{8}, size_t{24}, size_t{64}, bytes.size()}) {
    const absl::string_view begin = bytes.substr(0, known);
    const std::optional<LastPiece> piece = FindLastPiece(begin, bytes.size());
    if (!piece.has_value()) continue;
    Copier whole(bytes);
    const absl::Status status = ReadFrames(bytes, whole);
    Copier parts(bytes);
    const absl::Status before = ReadFrames(piece->before, parts);
    Require(before.ok() == status.ok());
    if (!before.ok()) continue;
    Require(parts.OnPiece(piece->total_bytes, bytes.substr(piece->data_begin)).ok());
    // Not the same bytes: see TryBatch.
    Require(parts.batch().size() == whole.batch().size());
  }
}

// Copies calls whose arguments go on with `rest`.
class Joiner final : public Copier {
 public:
  Joiner(absl::string_view input, absl::string_view rest) : Copier(input), rest_(rest) {}

  absl::Status OnCall(const CallFrameFields& call) override {
    std::string arguments(call.arguments);
    arguments.append(rest_.data(), rest_.size());
    CallFrameFields joined = call;
    joined.arguments = arguments;
    AppendCall(&batch_, joined);
    return absl::OkStatus();
  }

 private:
  const absl::string_view rest_;
};

void TryLastText(absl::string_view bytes) {
  for (const size_t known : {size_t{24}, kLastTextLook, bytes.size()}) {
    const std::optional<LastText> last = FindLastText(bytes.substr(0, known), bytes.size());
    if (!last.has_value()) continue;
    Require(last->begin <= bytes.size());
    Copier whole(bytes);
    const absl::Status status = ReadFrame(bytes, whole);
    Joiner joined(last->frame, bytes.substr(last->begin));
    Require(ReadFrame(last->frame, joined).ok() == status.ok());
    Require(joined.batch() == whole.batch());
  }
}

void TryFrame(absl::string_view bytes) {
  Copier copier(bytes);
  const absl::Status status = ReadFrame(bytes, copier);
  if (!status.ok()) Require(status.code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace troupe::internal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  troupe::internal::TryBatch(bytes);
  troupe::internal::TryParts(bytes);
  troupe::internal::TryFrame(bytes);
  troupe::internal::TryLastText(bytes);
  return 0;
}

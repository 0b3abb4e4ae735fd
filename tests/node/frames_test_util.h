#ifndef TROUPE_TESTS_NODE_FRAMES_TEST_UTIL_H_
#define TROUPE_TESTS_NODE_FRAMES_TEST_UTIL_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "node/frames.h"
#include "proto/wire.pb.h"

namespace troupe::internal {

// Keeps what it is given, as generated messages.
class Recorder : public FrameHandler {
 public:
  absl::Status OnCall(const CallFrameFields& call) override {
    wire::Call* const seen = frames_.emplace_back().mutable_call();
    seen->set_id(call.id);
    seen->set_kind(static_cast<wire::Call::Kind>(
        call.unknown_kind != 0 ? call.unknown_kind : static_cast<int32_t>(call.kind)));
    seen->set_target(call.target);
    seen->set_target_urn(std::string(call.target_urn));
    seen->set_method(call.method);
    seen->set_method_name(std::string(call.method_name));
    seen->set_arguments(std::string(call.arguments));
    seen->set_timeout_nanos(call.timeout_nanos);
    seen->set_high_priority(call.high_priority);
    return Answer();
  }
  absl::Status OnReply(uint32_t id, absl::Status status, absl::string_view result) override {
    wire::Reply* const seen = frames_.emplace_back().mutable_reply();
    seen->set_id(id);
    seen->set_result(std::string(result));
    statuses_.push_back(std::move(status));
    return Answer();
  }
  absl::Status OnCancel(uint32_t id) override {
    frames_.emplace_back().mutable_cancel()->set_id(id);
    return Answer();
  }
  absl::Status OnPiece(uint64_t total_bytes, absl::string_view data) override {
    wire::Piece* const seen = frames_.emplace_back().mutable_piece();
    seen->set_total_bytes(total_bytes);
    seen->set_data(std::string(data));
    return Answer();
  }
  absl::Status OnGoodbye(absl::string_view reason) override {
    frames_.emplace_back().mutable_goodbye()->set_reason(std::string(reason));
    return Answer();
  }

  void FailAt(size_t frame, absl::Status status) {
    fail_at_ = frame;
    failure_ = std::move(status);
  }
  const std::vector<wire::Frame>& frames() const { return frames_; }
  // Of the replies.
  const std::vector<absl::Status>& statuses() const { return statuses_; }

 private:
  absl::Status Answer() { return frames_.size() == fail_at_ ? failure_ : absl::OkStatus(); }

  std::vector<wire::Frame> frames_;
  std::vector<absl::Status> statuses_;
  size_t fail_at_ = 0;
  absl::Status failure_;
};

inline std::string Serialize(const google::protobuf::MessageLite& message) {
  return message.SerializeAsString();
}

// Numbers and lengths of every size that varints have.
class RandomFrames {
 public:
  explicit RandomFrames(uint64_t seed) : random_(seed) {}

  uint64_t Number(int bits) {
    const int size = static_cast<int>(random_() % static_cast<uint64_t>(bits + 1));
    return size == 0 ? 0 : random_() >> (64 - size);
  }
  uint32_t Number32() { return static_cast<uint32_t>(Number(32)); }
  bool Coin() { return random_() % 2 == 0; }
  std::string Bytes() {
    std::string bytes(Coin() ? Number(5) : Number(11), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_() % 256);
    return bytes;
  }
  std::string Text() { return absl::CEscape(Bytes()); }

  wire::Call Call() {
    wire::Call call;
    call.set_id(Number32());
    call.set_kind(static_cast<wire::Call::Kind>(random_() % 6));
    if (Coin()) call.set_target(Number32());
    if (Coin()) call.set_target_urn(Bytes());
    if (Coin()) call.set_method(Number32());
    if (Coin()) call.set_method_name(Text());
    if (Coin()) call.set_arguments(Bytes());
    if (Coin()) call.set_timeout_nanos(Number(64));
    call.set_high_priority(Coin());
    return call;
  }
  absl::Status Status() {
    if (Coin()) return absl::OkStatus();
    absl::Status status(static_cast<absl::StatusCode>(1 + random_() % 16), Text());
    if (Coin()) status.SetPayload("type.googleapis.com/a.B", absl::Cord(Bytes()));
    if (Coin()) status.SetPayload("x", absl::Cord(Bytes()));
    return status;
  }

 private:
  std::mt19937_64 random_;
};

inline std::vector<std::string> Bytes(const std::vector<wire::Frame>& frames) {
  std::vector<std::string> bytes;
  for (const wire::Frame& frame : frames) bytes.push_back(Serialize(frame));
  return bytes;
}

// A field of bytes.
inline std::string Field(int number, const std::string& contents) {
  std::string field(1, static_cast<char>(number << 3 | 2));
  size_t size = contents.size();
  for (; size >= 0x80; size >>= 7) field.push_back(static_cast<char>(size | 0x80));
  field.push_back(static_cast<char>(size));
  return field + contents;
}

// A batch of one frame, whose one field has this number and contents.
inline std::string BatchWith(int frame_field, const std::string& contents) {
  return Field(4, Field(frame_field, contents));
}

inline absl::Status Read(absl::string_view batch) {
  Recorder recorder;
  return ReadFrames(batch, recorder);
}

}  // namespace troupe::internal

#endif  // TROUPE_TESTS_NODE_FRAMES_TEST_UTIL_H_

// The calling side of the plain streams.

#include "tests/bench/remote_raw.h"

#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <functional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "glog/logging.h"
#include "runtime/event.h"
#include "tests/bench/measure.h"
#include "tests/bench/remote_raw_queue.h"

namespace troupe::bench {
namespace {

// A call with a number, a target and this much is 64 bytes.
constexpr size_t kPayloadBytes = 48;

grpc::ByteBuffer BytesOf(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer Text() { return BytesOf(std::string(64, 'x')); }

std::shared_ptr<grpc::Channel> Channel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  CHECK(channel->WaitForConnected(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(10, GPR_TIMESPAN))))
      << "nobody at " << address;
  return channel;
}

// A client's stream at a queue of its own, used by one thread.
class ClientStream {
 public:
  ClientStream(const std::string& address, const std::string& method, const RawOptions& options)
      : spin_(options.spin), stub_(Channel(address)) {
    stream_ = stub_.PrepareCall(&context_, method, &queue_);
    Run(stream_.get(), &grpc::GenericClientAsyncReaderWriter::StartCall);
  }

  ~ClientStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  void Write(const grpc::ByteBuffer& bytes, Step* next) { stream_->Write(bytes, next); }
  void Read(grpc::ByteBuffer* bytes, Step* next) { stream_->Read(bytes, next); }

  void Serve(const std::function<void()>& flush, const std::function<bool()>& done) {
    Poll(&queue_, spin_, flush, done);
  }

  // Ends the sending and waits until the other side has read everything: its count.
  int64_t Finish() {
    Run(stream_.get(), &grpc::GenericClientAsyncReaderWriter::WritesDone);
    grpc::Status status;
    bool done = false;
    Step step{[&](bool) { done = true; }};
    stream_->Finish(&status, &step);
    Serve([] {}, [&] { return done; });
    CHECK(status.ok()) << status.error_message();
    const auto count = context_.GetServerTrailingMetadata().find(kRawCount);
    int64_t value = -1;
    CHECK(count != context_.GetServerTrailingMetadata().end());
    CHECK(absl::SimpleAtoi(absl::string_view(count->second.data(), count->second.size()), &value));
    return value;
  }

 private:
  template <typename Stream, typename Function>
  void Run(Stream* stream, Function function) {
    bool done = false;
    Step step{[&](bool ok) {
      CHECK(ok);
      done = true;
    }};
    (stream->*function)(&step);
    Serve([] {}, [&] { return done; });
  }

  const absl::Duration spin_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

class CallbackPing : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit CallbackPing(int rounds) : out_(Text()) { micros_.reserve(rounds); }

  std::vector<double> Run(const std::string& address, int rounds) {
    rounds_ = rounds;
    grpc::GenericStub stub(Channel(address));
    grpc::ClientContext context;
    stub.PrepareBidiStreamingCall(&context, kRawEcho, {}, this);
    begun_ = Stopwatch();
    StartWrite(&out_);
    StartRead(&in_);
    StartCall();
    done_.Wait();
    return std::move(micros_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    micros_.push_back(begun_.Micros());
    begun_ = Stopwatch();
    StartRead(&in_);
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) Next();
  }
  // After the second of the two: the answer may come before the write is reported done.
  void Next() {
    if (pending_.fetch_sub(1) > 1) return;
    if (static_cast<int>(micros_.size()) == rounds_) {
      StartWritesDone();
    } else {
      pending_ = 2;
      StartWrite(&out_);
    }
  }
  void OnDone(const grpc::Status&) override { done_.Set(); }

  int rounds_ = 0;
  std::atomic<int> pending_{2};
  grpc::ByteBuffer out_, in_;
  Stopwatch begun_;
  std::vector<double> micros_;
  Event done_;
};

// One message at a time to and fro, on a stream that is new.
std::vector<double> PingPong(ClientStream* stream, int rounds) {
  const grpc::ByteBuffer out = Text();
  grpc::ByteBuffer in;
  std::vector<double> micros;
  micros.reserve(rounds);
  Stopwatch begun;
  bool write = true;
  bool writing = false;
  Step written{[&](bool ok) {
    CHECK(ok);
    writing = false;
  }};
  Step read;
  read.run = [&](bool ok) {
    CHECK(ok && in.Length() == out.Length());
    micros.push_back(begun.Micros());
    begun = Stopwatch();
    write = static_cast<int>(micros.size()) < rounds;
    if (write) stream->Read(&in, &read);
  };
  const auto flush = [&] {
    if (!write || writing) return;
    writing = true;
    stream->Write(out, &written);
    write = false;
  };
  stream->Read(&in, &read);
  flush();
  stream->Serve(flush, [&] { return static_cast<int>(micros.size()) == rounds && !writing; });
  return micros;
}

// Sends `writes` messages one way, which are to count as `count` over there; seconds.
double Send(const std::string& address, const std::string& method, const RawOptions& options,
            int64_t writes, int64_t count, const std::function<grpc::ByteBuffer()>& make) {
  ClientStream stream(address, method, options);
  const Stopwatch watch;
  int64_t written = 0;
  Step step;
  step.run = [&](bool ok) {
    CHECK(ok);
    if (++written < writes) stream.Write(make(), &step);
  };
  stream.Write(make(), &step);
  stream.Serve([] {}, [&] { return written == writes; });
  CHECK_EQ(stream.Finish(), count);
  return watch.Seconds();
}

void AddCall(RawBatch* batch, uint32_t id, const std::string& payload) {
  RawEnvelope* call = batch->add_envelopes();
  call->set_id(id);
  call->set_target(1);
  call->set_method(1);
  call->set_payload(payload);
}

}  // namespace

std::vector<double> RawPingPong(const std::string& address, const RawOptions& options, int rounds) {
  if (options.api == RawOptions::Api::kCallback) return CallbackPing(rounds).Run(address, rounds);
  ClientStream stream(address, kRawEcho, options);
  return PingPong(&stream, rounds);
}

double RawConnect(const std::string& address, const RawOptions& options) {
  const Stopwatch watch;
  ClientStream stream(address, kRawEcho, options);
  PingPong(&stream, 1);
  return watch.Micros();
}

double RawAsks(const std::string& address, const RawOptions& options, int outstanding,
               int64_t total) {
  const std::string payload(kPayloadBytes, 'x');
  RawBatch out, replies;
  grpc::ByteBuffer in;  // outlives the stream, which reads to the last
  ClientStream stream(address, kRawAsk, options);
  int64_t answered = 0;
  bool writing = false;
  Step written{[&](bool ok) {
    CHECK(ok);
    writing = false;
  }};
  Step read;
  read.run = [&](bool ok) {
    CHECK(ok && RawTraits::Deserialize(&in, &replies).ok());
    for (const RawEnvelope& reply : replies.envelopes()) {
      CHECK_EQ(reply.payload().size(), payload.size());
      AddCall(&out, reply.id(), payload);
    }
    answered += replies.envelopes_size();
    stream.Read(&in, &read);
  };
  const auto flush = [&] {
    if (writing || out.envelopes_size() == 0) return;
    writing = true;
    stream.Write(EncodeRaw(out), &written);
    out.Clear();
  };
  const Stopwatch watch;
  for (int i = 0; i < outstanding; ++i) AddCall(&out, i + 1, payload);
  stream.Read(&in, &read);
  flush();
  stream.Serve(flush, [&] { return answered >= total; });
  return watch.Seconds() * static_cast<double>(total) / static_cast<double>(answered);
}

double RawOneWay(const std::string& address, const RawOptions& options, size_t bytes, int batch,
                 int64_t total) {
  const std::string payload(bytes - (64 - kPayloadBytes), 'x');
  RawBatch out;
  const int64_t batches = (total + batch - 1) / batch;
  const double seconds = Send(address, kRawSink, options, batches, batches * batch, [&] {
    out.Clear();
    for (int i = 0; i < batch; ++i) AddCall(&out, 0, payload);
    return EncodeRaw(out);
  });
  return seconds * static_cast<double>(total) / static_cast<double>(batches * batch);
}

double RawLarge(const std::string& address, const RawOptions& options, size_t bytes,
                int64_t messages) {
  const std::string text(bytes, 'x');
  return Send(address, kRawBytes, options, messages, messages * static_cast<int64_t>(bytes),
              [&] { return BytesOf(text); });
}

}  // namespace troupe::bench

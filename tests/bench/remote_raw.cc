#include "tests/bench/remote_raw.h"

#include <glog/logging.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/event.h"
#include "tests/bench/remote_raw.pb.h"

namespace troupe::bench {
namespace {

using Traits = grpc::SerializationTraits<RawBatch>;

constexpr char kEcho[] = "/troupe.bench.Raw/Echo";  // the same message back
constexpr char kAsk[] = "/troupe.bench.Raw/Ask";    // a reply for each call
constexpr char kSink[] = "/troupe.bench.Raw/Sink";  // nothing back
// A call with a number, a target and this much is 64 bytes.
constexpr size_t kPayloadBytes = 48;

grpc::ByteBuffer BytesOf(size_t size) {
  grpc::Slice slice(std::string(size, 'x'));
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer Encode(const RawBatch& batch) {
  grpc::ByteBuffer bytes;
  bool own = false;
  CHECK(Traits::Serialize(batch, &bytes, &own).ok());
  return bytes;
}

// What a completion queue's events are: called by the queue's thread.
struct Step {
  std::function<void(bool ok)> run;
};

// Handles all that is ready, then flushes, then waits for more: spinning, then blocked. Returns
// when `done` says so or the queue is shut down.
void Poll(grpc::CompletionQueue* queue, absl::Duration spin, const std::function<void()>& flush,
          const std::function<bool()>& done) {
  const gpr_timespec now = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  const gpr_timespec never = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  bool fresh = false;
  absl::Time since = absl::Now();
  while (!done()) {
    void* tag = nullptr;
    bool ok = false;
    const bool block = !fresh && absl::Now() - since >= spin;
    switch (queue->AsyncNext(&tag, &ok, block ? never : now)) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::GOT_EVENT:
        static_cast<Step*>(tag)->run(ok);
        fresh = true;
        break;
      case grpc::CompletionQueue::TIMEOUT:
        if (fresh) {
          flush();
          since = absl::Now();
        } else {
          std::this_thread::yield();  // the other side may share the core
        }
        fresh = false;
        break;
    }
  }
}

std::shared_ptr<grpc::Channel> Channel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  CHECK(channel->WaitForConnected(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(10, GPR_TIMESPAN))))
      << "nobody at " << address;
  return channel;
}

}  // namespace

class RawServer::Impl {
 public:
  virtual ~Impl() = default;
  virtual int port() const = 0;
};

namespace {

// One stream at the queue server. Deletes itself at its end.
class ServerStream {
 public:
  ServerStream(grpc::AsyncGenericService* service, grpc::ServerCompletionQueue* queue,
               std::set<ServerStream*>* dirty)
      : service_(service), queue_(queue), dirty_(dirty), stream_(&context_) {
    service->RequestCall(&context_, &stream_, queue, queue, &accepted_);
  }

  // Writes what has gathered.
  void Flush() {
    if (writing_ || ended_) return;
    if (out_.envelopes_size() > 0) {
      bytes_ = Encode(out_);
      out_.Clear();
    } else if (!echo_.Valid()) {
      return;
    } else {
      bytes_.Swap(&echo_);
      echo_.Clear();
    }
    writing_ = true;
    stream_.Write(bytes_, &written_);
  }

 private:
  void Accepted(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    new ServerStream(service_, queue_, dirty_);
    stream_.Read(&in_, &read_);
  }

  void Read(bool ok) {
    if (!ok) {
      ended_ = true;
      if (!writing_) stream_.Finish(grpc::Status::OK, &finished_);
      return;
    }
    if (context_.method() == kEcho) {
      echo_.Swap(&in_);
    } else if (context_.method() == kAsk) {
      CHECK(Traits::Deserialize(&in_, &batch_).ok());
      for (const RawEnvelope& call : batch_.envelopes()) {
        RawEnvelope* reply = out_.add_envelopes();
        reply->set_id(call.id());
        reply->set_payload(call.payload());
      }
    } else if (in_.Length() < (1 << 20)) {
      CHECK(Traits::Deserialize(&in_, &batch_).ok());
    }
    in_.Clear();
    dirty_->insert(this);
    stream_.Read(&in_, &read_);
  }

  void Written(bool) {
    writing_ = false;
    if (ended_) {
      stream_.Finish(grpc::Status::OK, &finished_);
    } else {
      dirty_->insert(this);
    }
  }

  void Finished() {
    dirty_->erase(this);
    delete this;
  }

  grpc::AsyncGenericService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  std::set<ServerStream*>* const dirty_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  Step accepted_{[this](bool ok) { Accepted(ok); }};
  Step read_{[this](bool ok) { Read(ok); }};
  Step written_{[this](bool ok) { Written(ok); }};
  Step finished_{[this](bool) { Finished(); }};
  grpc::ByteBuffer in_, echo_, bytes_;
  RawBatch batch_, out_;
  bool writing_ = false;
  bool ended_ = false;
};

class QueueServer : public RawServer::Impl {
 public:
  QueueServer(const std::string& address, absl::Duration spin) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.RegisterAsyncGenericService(&service_);
    builder.SetMaxReceiveMessageSize(-1);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    CHECK(server_ != nullptr) << "cannot listen at " << address;
    new ServerStream(&service_, queue_.get(), &dirty_);
    thread_ = std::thread([this, spin] {
      Poll(
          queue_.get(), spin,
          [this] {
            for (ServerStream* stream : dirty_) stream->Flush();
            dirty_.clear();
          },
          [] { return false; });
    });
  }

  ~QueueServer() override {
    server_->Shutdown(std::chrono::system_clock::now());
    queue_->Shutdown();
    thread_.join();
  }

  int port() const override { return port_; }

 private:
  int port_ = 0;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::set<ServerStream*> dirty_;  // the thread's
  std::thread thread_;
};

class CallbackEcho : public grpc::ServerGenericBidiReactor {
 public:
  CallbackEcho() { StartRead(&bytes_); }
  void OnReadDone(bool ok) override {
    if (ok) {
      StartWrite(&bytes_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnWriteDone(bool ok) override {
    if (ok) StartRead(&bytes_);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer bytes_;
};

class CallbackServer : public RawServer::Impl, grpc::CallbackGenericService {
 public:
  explicit CallbackServer(const std::string& address) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    CHECK(server_ != nullptr) << "cannot listen at " << address;
  }
  ~CallbackServer() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  int port() const override { return port_; }

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new CallbackEcho;
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

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

  // Ends the sending and waits until the other side has read everything.
  void Finish() {
    Run(stream_.get(), &grpc::GenericClientAsyncReaderWriter::WritesDone);
    grpc::Status status;
    bool done = false;
    Step step{[&](bool) { done = true; }};
    stream_->Finish(&status, &step);
    Serve([] {}, [&] { return done; });
    CHECK(status.ok()) << status.error_message();
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
  explicit CallbackPing(int rounds) : out_(BytesOf(64)) { times_.reserve(rounds); }

  std::vector<absl::Duration> Run(const std::string& address, int rounds) {
    rounds_ = rounds;
    grpc::GenericStub stub(Channel(address));
    grpc::ClientContext context;
    stub.PrepareBidiStreamingCall(&context, kEcho, {}, this);
    begun_ = absl::Now();
    StartWrite(&out_);
    StartRead(&in_);
    StartCall();
    done_.Wait();
    return std::move(times_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    const absl::Time now = absl::Now();
    times_.push_back(now - begun_);
    begun_ = now;
    StartRead(&in_);
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) Next();
  }
  // After the second of the two: the answer may come before the write is reported done.
  void Next() {
    if (pending_.fetch_sub(1) > 1) return;
    if (static_cast<int>(times_.size()) == rounds_) {
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
  absl::Time begun_;
  std::vector<absl::Duration> times_;
  Event done_;
};

// Sends `total` messages of `count` units each one way; seconds.
double Send(const std::string& address, const RawOptions& options, int64_t total,
            const std::function<grpc::ByteBuffer()>& make) {
  ClientStream stream(address, kSink, options);
  const absl::Time begun = absl::Now();
  int64_t written = 0;
  Step step;
  step.run = [&](bool ok) {
    CHECK(ok);
    if (++written < total) stream.Write(make(), &step);
  };
  stream.Write(make(), &step);
  stream.Serve([] {}, [&] { return written == total; });
  stream.Finish();
  return absl::ToDoubleSeconds(absl::Now() - begun);
}

void AddCall(RawBatch* batch, uint32_t id) {
  static const auto* const kPayload = new std::string(kPayloadBytes, 'x');
  RawEnvelope* call = batch->add_envelopes();
  call->set_id(id);
  call->set_target(1);
  call->set_method(1);
  call->set_payload(*kPayload);
}

}  // namespace

RawServer::RawServer(const std::string& address, const RawOptions& options) : address_(address) {
  if (options.api == RawOptions::Api::kCallback) {
    impl_ = std::make_unique<CallbackServer>(address);
  } else {
    impl_ = std::make_unique<QueueServer>(address, options.spin);
  }
  if (address_.rfind("unix:", 0) != 0) {
    address_ = absl::StrCat(address_.substr(0, address_.rfind(':')), ":", impl_->port());
  }
}

RawServer::~RawServer() = default;

std::vector<absl::Duration> RawPingPong(const std::string& address, const RawOptions& options,
                                        int rounds) {
  if (options.api == RawOptions::Api::kCallback) return CallbackPing(rounds).Run(address, rounds);
  const grpc::ByteBuffer out = BytesOf(64);
  grpc::ByteBuffer in;
  ClientStream stream(address, kEcho, options);
  std::vector<absl::Duration> times;
  times.reserve(rounds);
  absl::Time begun = absl::Now();
  bool write = true;
  bool writing = false;
  Step written{[&](bool ok) {
    CHECK(ok);
    writing = false;
  }};
  Step read;
  read.run = [&](bool ok) {
    CHECK(ok);
    const absl::Time now = absl::Now();
    times.push_back(now - begun);
    begun = now;
    write = static_cast<int>(times.size()) < rounds;
    if (write) stream.Read(&in, &read);
  };
  const auto flush = [&] {
    if (!write || writing) return;
    writing = true;
    stream.Write(out, &written);
    write = false;
  };
  stream.Read(&in, &read);
  flush();
  stream.Serve(flush, [&] { return static_cast<int>(times.size()) == rounds; });
  return times;
}

double RawAsks(const std::string& address, const RawOptions& options, int outstanding,
               int64_t total) {
  RawBatch out, replies;
  grpc::ByteBuffer in;  // outlives the stream, which reads to the last
  ClientStream stream(address, kAsk, options);
  int64_t answered = 0;
  bool writing = false;
  Step written{[&](bool ok) {
    CHECK(ok);
    writing = false;
  }};
  Step read;
  read.run = [&](bool ok) {
    CHECK(ok && Traits::Deserialize(&in, &replies).ok());
    for (const RawEnvelope& reply : replies.envelopes()) AddCall(&out, reply.id());
    answered += replies.envelopes_size();
    stream.Read(&in, &read);
  };
  const auto flush = [&] {
    if (writing || out.envelopes_size() == 0) return;
    writing = true;
    stream.Write(Encode(out), &written);
    out.Clear();
  };
  const absl::Time begun = absl::Now();
  for (int i = 0; i < outstanding; ++i) AddCall(&out, i + 1);
  stream.Read(&in, &read);
  flush();
  stream.Serve(flush, [&] { return answered >= total; });
  return answered / absl::ToDoubleSeconds(absl::Now() - begun);
}

double RawOneWay(const std::string& address, const RawOptions& options, int batch, int64_t total) {
  RawBatch out;
  const int64_t batches = (total + batch - 1) / batch;
  const double seconds = Send(address, options, batches, [&] {
    out.Clear();
    for (int i = 0; i < batch; ++i) AddCall(&out, 0);
    return Encode(out);
  });
  return batches * batch / seconds;
}

double RawLarge(const std::string& address, const RawOptions& options, size_t bytes,
                int64_t messages) {
  const double seconds = Send(address, options, messages, [&] { return BytesOf(bytes); });
  return messages * static_cast<double>(bytes) / 1e6 / seconds;
}

}  // namespace troupe::bench

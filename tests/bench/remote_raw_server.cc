// The serving side of the plain streams.

#include <grpcpp/generic/async_generic_service.h>

#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "tests/bench/remote_raw.h"
#include "tests/bench/remote_raw_queue.h"

namespace troupe::bench {

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
               std::set<ServerStream*>* dirty, int* count)
      : service_(service), queue_(queue), dirty_(dirty), streams_(count), stream_(&context_) {
    ++*streams_;
    service->RequestCall(&context_, &stream_, queue, queue, &accepted_);
  }

  ~ServerStream() { --*streams_; }

  // Writes what has gathered.
  void Flush() {
    if (writing_ || ended_) return;
    if (out_.envelopes_size() > 0) {
      bytes_ = EncodeRaw(out_);
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
    new ServerStream(service_, queue_, dirty_, streams_);
    stream_.Read(&in_, &read_);
  }

  void Read(bool ok) {
    if (!ok) {
      ended_ = true;
      if (!writing_) Finish();
      return;
    }
    if (context_.method() == kRawEcho) {
      echo_.Swap(&in_);
    } else if (context_.method() == kRawAsk) {
      CHECK(RawTraits::Deserialize(&in_, &batch_).ok());
      for (const RawEnvelope& call : batch_.envelopes()) {
        RawEnvelope* reply = out_.add_envelopes();
        reply->set_id(call.id());
        reply->set_payload(call.payload());
      }
    } else if (context_.method() == kRawSink) {
      CHECK(RawTraits::Deserialize(&in_, &batch_).ok());
      count_ += batch_.envelopes_size();
    } else {
      count_ += in_.Length();
    }
    in_.Clear();
    dirty_->insert(this);
    stream_.Read(&in_, &read_);
  }

  void Written(bool) {
    writing_ = false;
    if (ended_) {
      Finish();
    } else {
      dirty_->insert(this);
    }
  }

  void Finish() {
    context_.AddTrailingMetadata(kRawCount, absl::StrCat(count_));
    stream_.Finish(grpc::Status::OK, &finished_);
  }

  void Finished() {
    dirty_->erase(this);
    delete this;
  }

  grpc::AsyncGenericService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  std::set<ServerStream*>* const dirty_;
  int* const streams_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  Step accepted_{[this](bool ok) { Accepted(ok); }};
  Step read_{[this](bool ok) { Read(ok); }};
  Step written_{[this](bool ok) { Written(ok); }};
  Step finished_{[this](bool) { Finished(); }};
  grpc::ByteBuffer in_, echo_, bytes_;
  RawBatch batch_, out_;
  uint64_t count_ = 0;
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
    new ServerStream(&service_, queue_.get(), &dirty_, &streams_);
    thread_ = std::thread([this, spin] {
      Poll(
          queue_.get(), spin,
          [this] {
            for (ServerStream* stream : dirty_) stream->Flush();
            dirty_.clear();
          },
          [this] { return streams_ == 0; });
    });
  }

  ~QueueServer() override {
    server_->Shutdown(std::chrono::system_clock::now());
    thread_.join();  // it ends all streams first, which need the queue
    queue_->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
    }
  }

  int port() const override { return port_; }

 private:
  int port_ = 0;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  // The thread's:
  std::set<ServerStream*> dirty_;
  int streams_ = 0;
  std::thread thread_;
};

class CallbackRawEcho : public grpc::ServerGenericBidiReactor {
 public:
  CallbackRawEcho() { StartRead(&bytes_); }
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
    return new CallbackRawEcho;
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

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

}  // namespace troupe::bench

#ifndef TROUPE_NODE_GRPC_CALL_H_
#define TROUPE_NODE_GRPC_CALL_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/grpc_poller.h"
#include "node/grpc_tsan.h"
#include "runtime/caller.h"

namespace troupe::internal {

// The scope in which an operation with `tag` is begun. gRPC's headers go on with the call after the
// tag has been given, until they are inside the library: before the operation can be done, but
// ThreadSanitizer cannot know that.
class GrpcBeginning {
 public:
  explicit GrpcBeginning(GrpcTag* tag) { GivenToGrpc(tag); }

 private:
  const Unchecked unchecked_;
};

// One call of Node.Connect, seen from either side: what GrpcConnection needs of gRPC's classes.
// Owned by the connection (that of a gRPC client: by its GatewayCall). Any thread; each function
// but Cancel is called only as GrpcConnection orders them (one read, one write at a time, nothing
// after Finish has been reported).
class GrpcCall {
 public:
  virtual ~GrpcCall() = default;

  // The initiator's side: connects. The acceptor's side is already.
  virtual bool is_client() const = 0;
  virtual void Start(GrpcTag* tag) = 0;
  virtual void Read(grpc::ByteBuffer* message, GrpcTag* tag) = 0;
  virtual void Write(const grpc::ByteBuffer& message, GrpcTag* tag) = 0;
  // Initiator: there will be no further write.
  virtual void WritesDone(GrpcTag* tag) = 0;
  // Initiator: the status is received; acceptor: it is sent.
  virtual void Finish(grpc::Status* status, GrpcTag* tag) = 0;
  // Ends it at once: all operations are reported done soon. After Start.
  virtual void Cancel() = 0;
  // Who is on the other side. From the first read on (initiator).
  virtual Caller GetCaller() const = 0;
};

class GrpcClientCall final : public GrpcCall {
 public:
  GrpcClientCall(std::shared_ptr<grpc::Channel> channel, const std::string& method,
                 grpc::CompletionQueue* queue);

  bool is_client() const override { return true; }
  void Start(GrpcTag* tag) override {
    const GrpcBeginning beginning(tag);
    stream_->StartCall(tag);
  }
  void Read(grpc::ByteBuffer* message, GrpcTag* tag) override {
    const GrpcBeginning beginning(tag);
    stream_->Read(message, tag);
  }
  void Write(const grpc::ByteBuffer& message, GrpcTag* tag) override {
    const GrpcBeginning beginning(tag);
    stream_->Write(message, tag);
  }
  void WritesDone(GrpcTag* tag) override {
    const GrpcBeginning beginning(tag);
    stream_->WritesDone(tag);
  }
  void Finish(grpc::Status* status, GrpcTag* tag) override {
    const GrpcBeginning beginning(tag);
    stream_->Finish(status, tag);
  }
  void Cancel() override { context_.TryCancel(); }
  Caller GetCaller() const override;

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

class GrpcServerCall final : public GrpcCall {
 public:
  GrpcServerCall();
  ~GrpcServerCall() override;

  // Waits for a call of any method. `tag`: it is there, or the server has ended.
  void Request(grpc::AsyncGenericService* service, grpc::ServerCompletionQueue* queue,
               GrpcTag* tag);
  // The server has ended.
  void NeverCame();
  const std::string& method() const { return context_.method(); }

  // What follows is for the calls of gRPC clients.

  // `tag`, once: gRPC is done with the call, its status has been sent, or it was cancelled. May be
  // told from inside.
  void NotifyEnd(GrpcTag* tag);
  // After that: the client gave it up, is gone, or its deadline has passed.
  bool cancelled() const { return context_.IsCancelled(); }
  // What is left of the client's deadline; infinite without one.
  absl::Duration TimeLeft() const;
  std::vector<std::pair<std::string, std::string>> Metadata() const;
  // The first value of this key; empty if there is none.
  absl::string_view FindMetadata(absl::string_view key) const;
  // Before the first message, or the status, is sent. What gRPC does not take is dropped.
  void AddHeader(const std::string& key, const std::string& value);
  // Compresses the messages, if the client accepts that. Before the first one is sent.
  void Compress() { context_.set_compression_level(GRPC_COMPRESS_LEVEL_MED); }
  // Before the status is sent.
  void AddTrailer(const std::string& key, const std::string& value);
  void WriteAndFinish(const grpc::ByteBuffer& message, GrpcTag* tag) {
    const GrpcBeginning beginning(tag);
    stream_.WriteAndFinish(message, grpc::WriteOptions(), grpc::Status::OK, tag);
  }

  bool is_client() const override { return false; }
  void Start(GrpcTag*) override {}
  void Read(grpc::ByteBuffer* message, GrpcTag* tag) override {
    const GrpcBeginning beginning(tag);
    stream_.Read(message, tag);
  }
  void Write(const grpc::ByteBuffer& message, GrpcTag* tag) override {
    const GrpcBeginning beginning(tag);
    stream_.Write(message, tag);
  }
  void WritesDone(GrpcTag*) override {}
  void Finish(grpc::Status* status, GrpcTag* tag) override {
    const GrpcBeginning beginning(tag);
    stream_.Finish(*status, tag);
  }
  void Cancel() override { context_.TryCancel(); }
  Caller GetCaller() const override;

 private:
  class End;

  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  End* const end_;  // a share
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_CALL_H_

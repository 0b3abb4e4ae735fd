#ifndef TROUPE_NODE_GRPC_CALL_H_
#define TROUPE_NODE_GRPC_CALL_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>

#include "node/grpc_poller.h"
#include "runtime/caller.h"

namespace troupe::internal {

// One call of Node.Connect, seen from either side: what GrpcConnection needs of gRPC's classes.
// Owned by the connection. Any thread; each function but Cancel is called only as GrpcConnection
// orders them (one read, one write at a time, nothing after Finish has been reported).
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
  void Start(GrpcTag* tag) override { stream_->StartCall(Begun(tag)); }
  void Read(grpc::ByteBuffer* message, GrpcTag* tag) override {
    stream_->Read(message, Begun(tag));
  }
  void Write(const grpc::ByteBuffer& message, GrpcTag* tag) override {
    stream_->Write(message, Begun(tag));
  }
  void WritesDone(GrpcTag* tag) override { stream_->WritesDone(Begun(tag)); }
  void Finish(grpc::Status* status, GrpcTag* tag) override { stream_->Finish(status, Begun(tag)); }
  void Cancel() override { context_.TryCancel(); }
  Caller GetCaller() const override;

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

class GrpcServerCall final : public GrpcCall {
 public:
  GrpcServerCall() : stream_(&context_) {}

  // Waits for a call of any method. `tag`: it is there, or the server has ended.
  void Request(grpc::AsyncGenericService* service, grpc::ServerCompletionQueue* queue,
               GrpcTag* tag) {
    service->RequestCall(&context_, &stream_, queue, queue, Begun(tag));
  }
  const std::string& method() const { return context_.method(); }

  bool is_client() const override { return false; }
  void Start(GrpcTag*) override {}
  void Read(grpc::ByteBuffer* message, GrpcTag* tag) override { stream_.Read(message, Begun(tag)); }
  void Write(const grpc::ByteBuffer& message, GrpcTag* tag) override {
    stream_.Write(message, Begun(tag));
  }
  void WritesDone(GrpcTag*) override {}
  void Finish(grpc::Status* status, GrpcTag* tag) override { stream_.Finish(*status, Begun(tag)); }
  void Cancel() override { context_.TryCancel(); }
  Caller GetCaller() const override;

 private:
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_CALL_H_

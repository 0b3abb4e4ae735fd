#include "node/gateway_health.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "node/gateway.h"
#include "runtime/codec_context.h"
#include "runtime/wire_format.h"

namespace troupe::internal {
namespace {

// Of a HealthCheckRequest.
absl::StatusOr<std::string> ServiceIn(absl::string_view request) {
  const DecodeContext context;
  Reader reader(context, request);
  absl::string_view service;
  const bool ok = reader.Fields([&](uint32_t number, WireType type) {
    if (number != 1) return reader.Skip(number, type);
    return reader.Expect(WireType::kBytes, type) && reader.LengthAndBytes(&service);
  });
  if (!ok) return absl::InvalidArgumentError("no grpc.health.v1.HealthCheckRequest");
  return std::string(service);
}

// A HealthCheckResponse.
grpc::ByteBuffer Response(GatewayHealth::Status status) {
  const char bytes[] = {1 << 3, static_cast<char>(status)};
  return CopyToBuffer(absl::string_view(bytes, sizeof(bytes)));
}

class HealthCheck final : public GatewayCall {
 public:
  HealthCheck(GatewayTicket ticket, GatewayHealth* health)
      : GatewayCall(std::move(ticket)), health_(health) {}

 private:
  void OnBegin() override { Read(); }
  void OnRead(bool ok) override {
    if (!ok) return Finish(NoRequestError());
    const absl::StatusOr<std::string> service = ServiceIn(message());
    if (!service.ok()) return Finish(service.status());
    const GatewayHealth::Status status = health_->Of(*service);
    if (status == GatewayHealth::Status::kServiceUnknown) {
      return Finish(absl::NotFoundError("this node does not serve it"));
    }
    WriteAndFinish(Response(status));
  }

  GatewayHealth* const health_;
};

}  // namespace

// One client that watches one service.
class HealthWatch final : public GatewayCall {
 public:
  HealthWatch(GatewayTicket ticket, GatewayHealth* health)
      : GatewayCall(std::move(ticket)), health_(health) {}

  // Sends what is the case, unless that was the last thing sent or one is being sent.
  void Update() ABSL_LOCKS_EXCLUDED(mu_) {
    const GatewayHealth::Status now = health_->Of(service_);
    {
      MutexLock lock(&mu_);
      if (writing_ || over_ || told_ == now) return;
      writing_ = true;
      told_ = now;
    }
    Write(Response(now));
  }

 private:
  friend class GatewayHealth;

  void OnBegin() override { Read(); }
  void OnRead(bool ok) override {
    absl::StatusOr<std::string> service = NoRequestError();
    if (ok) service = ServiceIn(message());
    if (!service.ok()) return End(service.status());
    service_ = *std::move(service);
    health_->Add(this);
    if (over()) return health_->Remove(this);
    Update();
  }
  void OnWritten(bool ok) override {
    bool finish = false;
    {
      MutexLock lock(&mu_);
      writing_ = false;
      finish = over_;
    }
    if (finish) return Finish(absl::CancelledError("cancelled"));
    if (ok) Update();
  }
  void OnCancelled() override { End(absl::CancelledError("cancelled")); }

  bool over() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return over_;
  }

  // Once, when nothing is being written, or else at the end of that.
  void End(const absl::Status& status) {
    bool finish = false;
    {
      MutexLock lock(&mu_);
      if (std::exchange(over_, true)) return;
      finish = !writing_;
    }
    health_->Remove(this);
    if (finish) Finish(status);
  }

  GatewayHealth* const health_;
  std::string service_;  // constant when it is added
  Mutex mu_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool over_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<GatewayHealth::Status> told_ ABSL_GUARDED_BY(mu_);
};

GatewayHealth::Status GatewayHealth::Of(absl::string_view service) {
  NodeCore& node = gateway_->node();
  if (!service.empty() && !Gateway::IsBuiltIn(service) &&
      node.routes().FindService(service) == nullptr) {
    return Status::kServiceUnknown;
  }
  return node.started() && !node.draining() ? Status::kServing : Status::kNotServing;
}

void GatewayHealth::Check(GatewayTicket ticket) {
  (new HealthCheck(std::move(ticket), this))->Begin();
}

void GatewayHealth::Watch(GatewayTicket ticket) {
  (new HealthWatch(std::move(ticket), this))->Begin();
}

void GatewayHealth::Refresh() {
  std::vector<HealthWatch*> watches;
  {
    MutexLock lock(&mu_);
    for (HealthWatch* watch : watches_) {
      watch->Pin();
      watches.push_back(watch);
    }
  }
  for (HealthWatch* watch : watches) {
    watch->Update();
    watch->Unpin();
  }
}

void GatewayHealth::Add(HealthWatch* watch) {
  watch->Pin();
  MutexLock lock(&mu_);
  watches_.insert(watch);
}

void GatewayHealth::Remove(HealthWatch* watch) {
  bool removed = false;
  {
    MutexLock lock(&mu_);
    removed = watches_.erase(watch) > 0;
  }
  if (removed) watch->Unpin();
}

}  // namespace troupe::internal

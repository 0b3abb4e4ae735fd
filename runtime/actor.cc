#include "runtime/actor.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "runtime/actor_cell.h"
#include "runtime/call_frame.h"
#include "runtime/client_info.h"
#include "runtime/control_envelopes.h"
#include "runtime/errors.h"
#include "runtime/future_core.h"
#include "runtime/system.h"
#include "runtime/turn.h"

namespace troupe {
namespace {

internal::ActorCell* CurrentCell() {
  internal::Turn* turn = internal::Turn::Current();
  return turn != nullptr ? turn->cell() : nullptr;
}

const internal::Envelope* CurrentMessage() {
  internal::Turn* turn = internal::Turn::Current();
  return turn != nullptr ? turn->message : nullptr;
}

internal::ClientCall* CurrentClient() {
  auto* message = const_cast<internal::Envelope*>(CurrentMessage());
  internal::CallFrame* frame = message != nullptr ? message->frame() : nullptr;
  return frame != nullptr ? frame->client() : nullptr;
}

}  // namespace

bool CallContext::cancelled() const {
  auto* message = const_cast<internal::Envelope*>(CurrentMessage());
  if (message == nullptr) return false;
  const internal::FutureCore* call = message->call();
  return call != nullptr && call->ready();
}

absl::Time CallContext::deadline() const {
  const internal::Envelope* message = CurrentMessage();
  return message != nullptr ? message->deadline() : absl::InfiniteFuture();
}

bool CallContext::one_way() const {
  const internal::Envelope* message = CurrentMessage();
  return message != nullptr && message->one_way();
}

const ClientInfo* CallContext::client() const {
  const internal::ClientCall* const client = CurrentClient();
  return client != nullptr ? &client->info : nullptr;
}

void CallContext::AddInitialMetadata(absl::string_view key, absl::string_view value) const {
  if (internal::ClientCall* const client = CurrentClient(); client != nullptr) {
    client->AddInitial(std::string(key), std::string(value));
  }
}

void CallContext::AddTrailingMetadata(absl::string_view key, absl::string_view value) const {
  if (internal::ClientCall* const client = CurrentClient(); client != nullptr) {
    client->AddTrailing(std::string(key), std::string(value));
  }
}

Actor::Actor() : cell_(CurrentCell()) {}

absl::StatusOr<Value> Actor::Receive(Value message) {
  (void)message;
  return NoReceiveError(cell_ != nullptr ? cell_->class_name() : "the actor");
}

AnyRef Actor::self() const { return AnyRef(RecipientPtr(cell_)); }

ActorSystem& Actor::system() const { return cell_->system(); }

void Actor::Stop() { cell_->RequestStop(); }

void Actor::Watch(const AnyRef& ref) {
  if (!cell_->StartWatching(ref.urn(), ref.recipient())) return;
  const RecipientPtr watcher(cell_);
  auto* watch = new internal::WatchEnvelope(ref, cell_->urn(), [watcher](const Down& down) {
    watcher->local_cell()->DeliverControl(new internal::Notice(
        internal::Lane::kNormal, [down](internal::ActorCell& cell) { cell.HandleDown(down); }));
  });
  if (ref.is_null()) {
    watch->Refuse({});
  } else {
    ref.recipient()->Deliver(watch);
  }
}

void Actor::Unwatch(const AnyRef& ref) { (void)cell_->StopWatching(ref.urn()); }

Actor::TimerId Actor::After(absl::Duration delay, absl::AnyInvocable<void()> callback) {
  return cell_->StartTimer(delay, absl::ZeroDuration(), std::move(callback));
}

Actor::TimerId Actor::Every(absl::Duration period, absl::AnyInvocable<void()> callback) {
  period = std::max(period, absl::Milliseconds(1));
  return cell_->StartTimer(period, period, std::move(callback));
}

void Actor::CancelTimer(TimerId id) { cell_->CancelTimer(id); }

Future<void> Actor::Sleep(absl::Duration delay) { return system().Sleep(delay); }

}  // namespace troupe

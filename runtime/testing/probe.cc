#include "runtime/testing/probe.h"

#include <memory>
#include <utility>

#include "runtime/control_envelopes.h"

namespace troupe {

class Probe::ProbeActor : public Actor {
 public:
  explicit ProbeActor(std::shared_ptr<Record> record) : record_(std::move(record)) {}

  absl::StatusOr<Value> Receive(Value message) override {
    MutexLock lock(&record_->mu);
    record_->messages.push_back(std::move(message));
    if (record_->answers.empty()) return Value();
    absl::StatusOr<Value> answer = std::move(record_->answers.front());
    record_->answers.pop_front();
    return answer;
  }

  void OnDown(const Down& down) override {
    MutexLock lock(&record_->mu);
    record_->downs.push_back(down);
  }

  void WatchFor(const AnyRef& ref) { Watch(ref); }

 private:
  const std::shared_ptr<Record> record_;
};

Probe::Probe(ActorSystem& system)
    : record_(std::make_shared<Record>()), ref_(system.Spawn<ProbeActor>(record_)) {}

Probe::~Probe() { (void)ref_.Stop(); }

std::vector<Value> Probe::messages() const {
  MutexLock lock(&record_->mu);
  return record_->messages;
}

void Probe::AnswerWith(absl::StatusOr<Value> answer) {
  MutexLock lock(&record_->mu);
  record_->answers.push_back(std::move(answer));
}

void Probe::Watch(const AnyRef& ref) {
  ref_.recipient()->Deliver(new internal::Notice(
      internal::Lane::kNormal,
      [ref](internal::ActorCell& cell) { static_cast<ProbeActor&>(cell.actor()).WatchFor(ref); }));
}

std::vector<Down> Probe::downs() const {
  MutexLock lock(&record_->mu);
  return record_->downs;
}

}  // namespace troupe

// A plain actor: it has no exported methods, it takes messages that are dictionaries, as in
// Python's Pykka. This one stores every message it is sent, and prints them all when it is asked
// to.

#include <iostream>
#include <utility>

#include "troupe.h"

class PlainActor : public troupe::Actor {
 public:
  absl::StatusOr<troupe::Value> Receive(troupe::Value message) override {
    if (message["command"] == "print") {
      std::cout << troupe::Value(stored_) << std::endl;
    } else {
      stored_.push_back(std::move(message));
    }
    return troupe::Value();  // the answer, where one was asked for
  }

 private:
  troupe::Value::List stored_;
};

int main() {
  troupe::ActorSystem system;
  auto actor = system.Spawn<PlainActor>();
  actor.Tell({{"no", "Norway"}, {"se", "Sweden"}});
  actor.Tell({{"a", 3}, {"b", 4}, {"c", 5}});
  const absl::StatusOr<troupe::Value> answer = actor.Ask({{"command", "print"}}).Get();
  if (!answer.ok()) {
    std::cerr << answer.status() << "\n";
    return 1;
  }
}

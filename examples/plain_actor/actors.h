#ifndef TROUPE_EXAMPLES_PLAIN_ACTOR_ACTORS_H_
#define TROUPE_EXAMPLES_PLAIN_ACTOR_ACTORS_H_

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

#endif  // TROUPE_EXAMPLES_PLAIN_ACTOR_ACTORS_H_

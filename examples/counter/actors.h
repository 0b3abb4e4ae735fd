#ifndef TROUPE_EXAMPLES_COUNTER_ACTORS_H_
#define TROUPE_EXAMPLES_COUNTER_ACTORS_H_

#include <cstdint>
#include <iostream>
#include <utility>

#include "troupe.h"

class Adder : public troupe::Actor {
 public:
  int64_t AddOne(int64_t i) {
    std::cout << self() << " is increasing " << i << std::endl;
    return i + 1;
  }
};
TROUPE_ACTOR(Adder, AddOne)

// Can count, but not add.
class Bookkeeper : public troupe::Actor {
 public:
  explicit Bookkeeper(troupe::Ref<Adder> adder) : adder_(std::move(adder)) {}

  // Gives its thread back while it waits for the adder.
  troupe::Task<void> CountTo(int64_t target) {
    int64_t i = 0;
    while (i < target) {
      i = co_await adder_->AddOne(i);
      std::cout << self() << " got " << i << " back" << std::endl;
    }
  }

  // Keeps its thread while it waits. Others are not held up: the executor puts another thread in.
  absl::Status CountToBlocking(int64_t target) {
    int64_t i = 0;
    while (i < target) {
      const absl::StatusOr<int64_t> sum = adder_->AddOne(i).Get();
      if (!sum.ok()) return sum.status();
      i = *sum;
      std::cout << self() << " got " << i << " back" << std::endl;
    }
    return absl::OkStatus();
  }

 private:
  const troupe::Ref<Adder> adder_;
};
TROUPE_ACTOR(Bookkeeper, CountTo, CountToBlocking)

#endif  // TROUPE_EXAMPLES_COUNTER_ACTORS_H_

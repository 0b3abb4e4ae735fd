#include <cstdint>
#include <iostream>

#include "troupe.h"

class Adder : public troupe::Actor {
 public:
  int64_t AddOne(int64_t i) { return i + 1; }
};
TROUPE_ACTOR(Adder, AddOne)

int main() {
  troupe::ActorSystem system;
  auto adder = system.Spawn<Adder>();
  absl::StatusOr<int64_t> sum = adder->AddOne(41).Get();
  if (!sum.ok()) {
    std::cerr << sum.status() << "\n";
    return 1;
  }
  std::cout << "The actor says " << *sum << "\n";
  return 0;
}

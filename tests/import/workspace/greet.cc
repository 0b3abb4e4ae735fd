#include <iostream>

#include "greeter/v1/greeter.troupe.h"
#include "troupe.h"

class MyGreeter : public troupe::Actor, public greeter::v1::Greeter {
 public:
  using Implements = troupe::Interfaces<greeter::v1::Greeter>;

  troupe::Task<greeter::v1::Greeting> Greet(greeter::v1::GreetRequest request) override {
    if (request.name().empty()) return absl::InvalidArgumentError("who?");
    greeter::v1::Greeting greeting;
    greeting.set_text("Hello " + request.name());
    return greeting;
  }
};

int main() {
  troupe::ActorSystem system;
  troupe::Ref<greeter::v1::Greeter> greeter = system.Spawn<MyGreeter>();
  greeter::v1::GreetRequest request;
  request.set_name("world");
  absl::StatusOr<greeter::v1::Greeting> greeting = greeter->Greet(request).Get();
  if (!greeting.ok()) {
    std::cerr << greeting.status() << "\n";
    return 1;
  }
  std::cout << greeting->text() << "\n";
  return 0;
}

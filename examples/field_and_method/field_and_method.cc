// What can be exported: a method with a side effect, a method whose result takes a while, a field
// that is read and written. All of it gives a future at once: the caller goes on and looks at the
// result when it wants to.

#include <iostream>
#include <string>

#include "troupe.h"

class AnActor : public troupe::Actor {
 public:
  std::string field = "the value of AnActor.field";

  void SideEffect() { std::cout << "this was printed by AnActor.SideEffect\n"; }

  troupe::Task<std::string> DelayedResult() {
    co_await Sleep(absl::Milliseconds(200));
    co_return "this was returned by AnActor.DelayedResult after a delay";
  }
};
TROUPE_ACTOR(AnActor, SideEffect, DelayedResult, field)

absl::Status Run() {
  troupe::ActorSystem system;
  auto actor = system.Spawn<AnActor>();

  // Handled one after another, in this order.
  troupe::Future<std::string> result = actor->DelayedResult();
  troupe::Future<void> side_effect = actor->SideEffect();
  troupe::Future<std::string> old_value = actor->field();
  troupe::Future<void> written = actor->field("another value");
  troupe::Future<std::string> new_value = actor->field();
  std::cout << "all is sent, nothing is awaited\n";

  for (const auto& future : {side_effect, written}) {
    if (absl::Status status = future.Get(); !status.ok()) return status;
  }
  for (const auto& future : {result, old_value, new_value}) {
    const absl::StatusOr<std::string> text = future.Get();
    if (!text.ok()) return text.status();
    std::cout << *text << "\n";
  }
  return absl::OkStatus();
}

int main() {
  if (const absl::Status status = Run(); !status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
}

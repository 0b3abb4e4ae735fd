// A pool of workers: resolvers look up host names side by side. Each look-up succeeds or fails on
// its own, and the results come in the order of the names, whichever worker is done first.

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "troupe.h"

ABSL_FLAG(int32_t, workers, 3, "how many resolvers work side by side");

// The names a resolver knows, and their addresses.
using Hosts = std::map<std::string, std::string>;

class Resolver : public troupe::Actor {
 public:
  explicit Resolver(Hosts hosts) : hosts_(std::move(hosts)) {}

  troupe::Task<std::string> Resolve(std::string name) {
    co_await Sleep(absl::Milliseconds(20));  // as a name server takes its time
    const auto found = hosts_.find(name);
    if (found == hosts_.end()) co_return absl::NotFoundError("no such host");
    co_return found->second;
  }

 private:
  const Hosts hosts_;
};
TROUPE_ACTOR(Resolver, Resolve)

void Resolve(const std::vector<std::string>& names, int workers) {
  const Hosts hosts = {{"localhost", "127.0.0.1"},
                       {"printer.example", "192.0.2.7"},
                       {"router.example", "192.0.2.1"},
                       {"www.example", "192.0.2.80"}};
  troupe::ActorSystem system;
  std::vector<troupe::Ref<Resolver>> pool;
  for (int i = 0; i < workers; ++i) pool.push_back(system.Spawn<Resolver>(hosts));

  std::vector<troupe::Future<std::string>> addresses;
  for (size_t i = 0; i < names.size(); ++i) {
    addresses.push_back(pool[i % pool.size()]->Resolve(names[i]));
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const absl::StatusOr<std::string> address = addresses[i].Get();
    std::cout << names[i] << ": " << (address.ok() ? *address : address.status().ToString())
              << "\n";
  }
}

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("looks up names: worker_pool [--workers=N] [NAME...]");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  std::vector<std::string> names(arguments.begin() + 1, arguments.end());
  if (names.empty()) {
    names = {"www.example", "nowhere.example", "localhost", "router.example", "printer.example"};
  }
  const int32_t workers = absl::GetFlag(FLAGS_workers);
  if (workers < 1 || workers > 1000) {
    std::cerr << "--workers is to be from 1 to 1000, not " << workers << "\n";
    return 1;
  }
  Resolve(names, workers);
}

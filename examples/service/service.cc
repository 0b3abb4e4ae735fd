// A program that is no node and uses the actors of one (examples/host): it reads numbers, a line
// each, and has the node's adder add one to each of them. Whatever becomes of the node, each line
// is answered within the deadline, with the sum or an error, and the next one is tried again.

#include <cstdint>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "examples/counter/actors.h"
#include "examples/flags/tls_flags.h"
#include "troupe.h"

ABSL_FLAG(std::string, node, "127.0.0.1:7000", "address of the node (see examples/host)");
ABSL_FLAG(absl::Duration, deadline, absl::Seconds(2), "how long one addition may take");

namespace {

// The actor that is registered as "adder" at a node, also after the node was started anew.
class NamedAdder {
 public:
  explicit NamedAdder(troupe::NodeRef node) : node_(std::move(node)) {}

  absl::StatusOr<int64_t> AddOne(int64_t i, absl::Duration deadline) {
    const absl::Time end = absl::Now() + deadline;
    absl::StatusOr<int64_t> sum = Try(i, end);
    // The adder that we knew may be gone with its node, and the node be back already.
    if (!sum.ok() && WasNotDone(sum.status())) sum = Try(i, end);
    return sum;
  }

 private:
  absl::StatusOr<int64_t> Try(int64_t i, absl::Time end) {
    if (adder_.is_null()) {
      absl::StatusOr<troupe::Ref<Adder>> found = node_.Find<Adder>("adder").Get(end - absl::Now());
      if (!found.ok()) return found.status();
      adder_ = *std::move(found);
    }
    absl::StatusOr<int64_t> sum = adder_.With({.deadline = end - absl::Now()})->AddOne(i).Get();
    if (!sum.ok()) adder_ = {};  // the next time, ask the node again
    return sum;
  }

  // An addition that may have been done is not tried again; here it would do no harm.
  static bool WasNotDone(const absl::Status& error) {
    return absl::IsNotFound(error) || troupe::DeliveryOf(error) == troupe::Delivery::kNotSent;
  }

  const troupe::NodeRef node_;
  troupe::Ref<Adder> adder_;
};

absl::StatusOr<int64_t> AddOneTo(absl::string_view line, NamedAdder& adder,
                                 absl::Duration deadline) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(line, &number) || number == std::numeric_limits<int64_t>::max()) {
    return absl::InvalidArgumentError("a line is to hold one whole number below 2^63 - 1");
  }
  return adder.AddOne(number, deadline);
}

// Whether every line was answered with a sum.
absl::StatusOr<bool> Serve() {
  const absl::Duration deadline = absl::GetFlag(FLAGS_deadline);
  if (deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("--deadline is to be longer than 0, as in --deadline=500ms");
  }
  auto client = troupe::Client::Create({.name = "service", .tls = TlsFromFlags()});
  if (!client.ok()) return client.status();
  NamedAdder adder((*client)->At(absl::GetFlag(FLAGS_node)));
  bool all_done = true;
  for (std::string line; std::getline(std::cin, line);) {
    const absl::StatusOr<int64_t> sum = AddOneTo(line, adder, deadline);
    if (sum.ok()) {
      std::cout << *sum << std::endl;
    } else {
      std::cerr << "service: " << line << ": " << sum.status() << std::endl;
      all_done = false;
    }
  }
  return all_done;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "adds one to each number of its input: service [--node=ADDRESS] [--deadline=TIME]");
  absl::ParseCommandLine(argc, argv);
  const absl::StatusOr<bool> all_done = Serve();
  if (!all_done.ok()) std::cerr << "service: " << all_done.status() << "\n";
  return all_done.ok() && *all_done ? 0 : 1;
}

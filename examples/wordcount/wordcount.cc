// The main demonstration: counts the words of all text files in some folders. Mapper actors read
// the files, reducer actors own the counts, and mappers await the reducers, so that memory stays
// small however much text there is; see actors.h. Shows actors that use actors, coroutines, one-way
// messages, a field that is read while others work, and joined futures.
//
// With --nodes the mappers and reducers live in other processes (examples/host), the queue here.

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "examples/flags/node_flags.h"
#include "examples/wordcount/actors.h"
#include "troupe.h"

ABSL_FLAG(
    std::vector<std::string>, dir, {},
    "folders (or files) to count, separated by commas; they can also be named without a flag. "
    "By default what Debian ships: /usr/share/common-licenses and /usr/share/doc");
ABSL_FLAG(int32_t, mappers, 0,
          "actors that read files, on each node; 0: as many as this machine has cores");
ABSL_FLAG(int32_t, reducers, 0,
          "actors that own counts, on each node; 0: as many as this machine has cores");
ABSL_FLAG(int32_t, threads, 0, "threads that run actors; 0: one for each core");
ABSL_FLAG(std::vector<std::string>, nodes, {},
          "addresses of the nodes where mappers and reducers live, separated by commas (see "
          "examples/host); each reads the files itself. Empty: all live in this process");
ABSL_FLAG(std::string, listen, "127.0.0.1:0",
          "with --nodes: where those call this process back: host:port (port 0: any free one) or "
          "unix:PATH");
ABSL_FLAG(int32_t, top, 20, "how many of the most frequent words are printed");

namespace wordcount {
namespace {

// Keeps a line on the terminal until the future is ready.
template <typename T>
void ShowProgress(const troupe::Future<T>& done, const troupe::Ref<FileQueue>& queue) {
  while (!done.Wait(absl::Milliseconds(100))) {
    const absl::StatusOr<Progress> now = queue->progress().Get();
    if (!now.ok()) return;
    const double part = static_cast<double>(now->bytes) / std::max<double>(now->all_bytes, 1);
    const std::string bar(static_cast<size_t>(std::clamp(part, 0.0, 1.0) * 40), '#');
    std::cerr << absl::StreamFormat("\r[%-40s] %d of %d files, %.1f of %.1f MB ", bar, now->files,
                                    now->all_files, now->bytes / 1e6, now->all_bytes / 1e6);
  }
  std::cerr << "\r\033[K";
}

// The most frequent words of all reducers.
troupe::Future<Counts> MostFrequent(const std::vector<troupe::Ref<Reducer>>& reducers, int64_t n) {
  std::vector<troupe::Future<Counts>> tops;
  for (const auto& reducer : reducers) tops.push_back(reducer->Top(n));
  return troupe::Join(std::move(tops)).Map([n](std::vector<Counts> all) {
    Counts merged;
    for (const Counts& top : all) merged.insert(merged.end(), top.begin(), top.end());
    std::sort(merged.begin(), merged.end(), MoreFrequent());
    merged.resize(std::min(merged.size(), static_cast<size_t>(n)));
    return merged;
  });
}

troupe::Future<int64_t> Distinct(const std::vector<troupe::Ref<Reducer>>& reducers) {
  std::vector<troupe::Future<int64_t>> counts;
  for (const auto& reducer : reducers) counts.push_back(reducer->Distinct());
  return troupe::Join(std::move(counts)).Reduce(std::plus<int64_t>(), int64_t{0});
}

void Print(const Counts& words, const Totals& totals, int64_t distinct, absl::Duration time) {
  for (const auto& [word, count] : words) {
    std::cout << absl::StreamFormat("%10d  %s\n", count, word);
  }
  std::cout << absl::StreamFormat("%d files, %d bytes, %d words, %d distinct, %.2f seconds\n",
                                  totals.files, totals.bytes, totals.words, distinct,
                                  absl::ToDoubleSeconds(time));
  if (totals.binary + totals.unreadable + totals.broken > 0) {
    std::cout << absl::StreamFormat("skipped: %d binary, %d unreadable; counted in part: %d\n",
                                    totals.binary, totals.unreadable, totals.broken);
  }
}

// The actors of a word count live here or, with --nodes, in turn on those.
class Places {
 public:
  static absl::StatusOr<Places> FromFlags() {
    Places places;
    const troupe::SystemOptions system = {.threads = absl::GetFlag(FLAGS_threads)};
    const std::vector<std::string> addresses = absl::GetFlag(FLAGS_nodes);
    if (addresses.empty()) {
      places.system_ = std::make_unique<troupe::ActorSystem>(system);
      return places;
    }
    troupe::NodeOptions options = NodeOptionsFromFlags(absl::GetFlag(FLAGS_listen));
    options.system = system;
    absl::StatusOr<std::unique_ptr<troupe::Node>> node = troupe::Node::Create(std::move(options));
    if (!node.ok()) return node.status();
    places.node_ = *std::move(node);
    for (const std::string& address : addresses) {
      places.others_.push_back(places.node_->At(address));
    }
    return places;
  }

  troupe::ActorSystem& here() const { return node_ != nullptr ? node_->system() : *system_; }

  // How many actors there are with so many on each node; 0: one for each core.
  size_t OnEach(int number) const {
    if (number == 0) number = std::max<int>(1, std::thread::hardware_concurrency());
    return static_cast<size_t>(number) * std::max<size_t>(1, others_.size());
  }

  // The i-th actor of class T.
  template <typename T, typename... A>
  troupe::Ref<T> Spawn(size_t i, const A&... arguments) const {
    if (others_.empty()) return here().template Spawn<T>(arguments...);
    return others_[i % others_.size()].template Spawn<T>(arguments...);
  }

 private:
  std::unique_ptr<troupe::ActorSystem> system_;  // or, with --nodes:
  std::unique_ptr<troupe::Node> node_;
  std::vector<troupe::NodeRef> others_;
};

absl::Status Run(const std::vector<std::string>& roots) {
  const absl::Time start = absl::Now();
  absl::StatusOr<FoundFiles> found = FindFiles(roots);
  if (!found.ok()) return found.status();

  const absl::StatusOr<Places> places = Places::FromFlags();
  if (!places.ok()) return places.status();
  auto queue = places->here().Spawn<FileQueue>(std::move(found->files));
  std::vector<troupe::Ref<Reducer>> reducers(places->OnEach(absl::GetFlag(FLAGS_reducers)));
  for (size_t i = 0; i < reducers.size(); ++i) reducers[i] = places->Spawn<Reducer>(i, queue);
  std::vector<troupe::Future<Totals>> runs(places->OnEach(absl::GetFlag(FLAGS_mappers)));
  for (size_t i = 0; i < runs.size(); ++i) {
    runs[i] = places->Spawn<Mapper>(i, queue, reducers)->Run();
  }

  const troupe::Future<std::vector<Totals>> done = troupe::Join(std::move(runs));
  if (isatty(STDERR_FILENO)) ShowProgress(done, queue);
  const absl::StatusOr<std::vector<Totals>> counted = done.Get();
  if (!counted.ok()) return counted.status();
  Totals totals{.unreadable = found->unreadable_folders};
  for (const Totals& one : *counted) totals += one;

  const auto result =
      troupe::Join(MostFrequent(reducers, absl::GetFlag(FLAGS_top)), Distinct(reducers)).Get();
  if (!result.ok()) return result.status();
  const auto& [words, distinct] = *result;
  Print(words, totals, distinct, absl::Now() - start);
  return absl::OkStatus();
}

// What the flag and the other arguments name, or what is there on every Debian.
std::vector<std::string> Roots(const std::vector<char*>& arguments) {
  std::vector<std::string> roots = absl::GetFlag(FLAGS_dir);
  roots.insert(roots.end(), arguments.begin() + 1, arguments.end());
  if (!roots.empty()) return roots;
  for (const char* folder : {"/usr/share/common-licenses", "/usr/share/doc"}) {
    if (std::filesystem::exists(folder)) roots.push_back(folder);
  }
  return roots;
}

absl::Status CheckFlags() {
  for (const auto& [name, value, limit] : {
           std::tuple("--mappers", absl::GetFlag(FLAGS_mappers), 1000),
           std::tuple("--reducers", absl::GetFlag(FLAGS_reducers), 1000),
           std::tuple("--threads", absl::GetFlag(FLAGS_threads), 1000),
           std::tuple("--top", absl::GetFlag(FLAGS_top), 1'000'000),
       }) {
    if (value < 0 || value > limit) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is to be from 0 to ", limit, ", not ", value));
    }
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace wordcount

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "counts words: wordcount [--nodes=ADDRESS,...] [FLAG...] [FOLDER...]");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  absl::Status status = wordcount::CheckFlags();
  if (status.ok()) status = wordcount::Run(wordcount::Roots(arguments));
  if (!status.ok()) {
    std::cerr << "wordcount: " << status << "\n";
    return 1;
  }
}

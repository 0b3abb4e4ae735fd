// Runs a fuzz target (LLVMFuzzerTestOneInput) as an ordinary bounded test, with any compiler: every
// file of the corpus, then mutations of them from a fixed seed.
//
//   fuzz_driver <corpus directory> [mutations] [seed]
//
// A failing input is written to the file crash-input in $TEST_UNDECLARED_OUTPUTS_DIR (or in the
// current directory) before it is run, so that it is there after a crash; it is removed after the
// last one.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Input = std::vector<uint8_t>;

constexpr size_t kMaxInput = 1 << 16;

std::vector<Input> ReadCorpus(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    // Test runners give data files as symbolic links.
    if (std::filesystem::is_regular_file(entry.path())) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Input> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(const std::vector<Input>& corpus, uint64_t seed) : corpus_(corpus), random_(seed) {}

  Input Next() {
    Input input = corpus_[Below(corpus_.size())];
    for (size_t changes = 1 + Below(4); changes > 0; --changes) Change(&input);
    if (input.size() > kMaxInput) input.resize(kMaxInput);
    return input;
  }

 private:
  size_t Below(size_t end) { return static_cast<size_t>(random_() % end); }

  uint8_t Byte() {
    // The edges of what a varint and a length mean come more often than chance.
    constexpr uint8_t kInteresting[] = {0x00, 0x01, 0x02, 0x08, 0x0a, 0x12, 0x1a, 0x7f, 0x80, 0xff};
    return Below(2) == 0 ? kInteresting[Below(std::size(kInteresting))]
                         : static_cast<uint8_t>(Below(256));
  }

  void Change(Input* input) {
    const size_t at = Below(input->size() + 1);
    const auto position = input->begin() + static_cast<std::ptrdiff_t>(at);
    switch (Below(6)) {
      case 0:
        if (at < input->size()) (*input)[at] = Byte();
        return;
      case 1:
        if (at < input->size()) (*input)[at] ^= static_cast<uint8_t>(1u << Below(8));
        return;
      case 2:
        input->insert(position, 1 + Below(4), Byte());
        return;
      case 3:
        input->erase(position, position + static_cast<std::ptrdiff_t>(
                                              std::min(input->size() - at, 1 + Below(8))));
        return;
      case 4:
        input->resize(at);
        return;
      case 5: {
        const Input& other = corpus_[Below(corpus_.size())];
        const size_t from = Below(other.size() + 1);
        input->insert(position, other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
        return;
      }
    }
  }

  const std::vector<Input>& corpus_;
  std::mt19937_64 random_;
};

std::string CrashPath() {
  const char* const directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  return directory == nullptr ? "crash-input" : std::string(directory) + "/crash-input";
}

// The file with the input that runs now. Written with two plain calls: buffers would be lost in a
// crash, and opening it anew each time would cost more than the runs.
class CurrentInput {
 public:
  explicit CurrentInput(std::string path)
      : path_(std::move(path)), file_(open(path_.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644)) {}
  ~CurrentInput() {
    if (file_ >= 0) close(file_);
    std::remove(path_.c_str());
  }
  bool ok() const { return file_ >= 0; }

  bool Run(const Input& input) {
    const auto size = static_cast<off_t>(input.size());
    if (pwrite(file_, input.data(), input.size(), 0) != size || ftruncate(file_, size) != 0)
      return false;
    LLVMFuzzerTestOneInput(input.data(), input.size());
    return true;
  }

 private:
  const std::string path_;
  const int file_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: " << argv[0] << " <corpus directory> [mutations] [seed]\n";
    return 2;
  }
  const uint64_t mutations = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20'000;
  const uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  const std::vector<Input> corpus = ReadCorpus(argv[1]);
  if (corpus.empty()) {
    std::cerr << argv[1] << " has no files\n";
    return 2;
  }
  CurrentInput current(CrashPath());
  bool ok = current.ok();
  for (const Input& input : corpus) ok = ok && current.Run(input);
  Mutator mutator(corpus, seed);
  for (uint64_t i = 0; ok && i < mutations; ++i) ok = current.Run(mutator.Next());
  if (!ok) {
    std::cerr << "cannot write " << CrashPath() << "\n";
    return 2;
  }
  std::cout << corpus.size() << " files and " << mutations << " mutations of seed " << seed << "\n";
  return 0;
}

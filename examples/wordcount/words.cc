#include "examples/wordcount/words.h"

#include "absl/strings/ascii.h"

namespace wordcount {

int64_t WordCounter::Add(absl::string_view piece) {
  int64_t words = 0;
  for (const char c : piece) {
    if (absl::ascii_isalpha(static_cast<unsigned char>(c))) {
      word_ += absl::ascii_tolower(static_cast<unsigned char>(c));
      if (word_.size() < kMaxWordLetters) continue;
    }
    words += EndText();
  }
  return words;
}

int64_t WordCounter::EndText() {
  if (word_.empty()) return 0;
  ++counts_[word_];
  word_.clear();
  return 1;
}

Counts WordCounter::Take() {
  Counts taken(counts_.begin(), counts_.end());
  counts_.clear();
  return taken;
}

}  // namespace wordcount

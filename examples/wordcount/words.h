#ifndef TROUPE_EXAMPLES_WORDCOUNT_WORDS_H_
#define TROUPE_EXAMPLES_WORDCOUNT_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace wordcount {

// A word is a run of ASCII letters that is as long as possible, in lower case. A run of more than
// this many letters is cut into words of this length and a rest: no file, whatever is in it, makes
// a word that does not fit in memory.
inline constexpr size_t kMaxWordLetters = 100;

using Count = std::pair<std::string, int64_t>;
using Counts = std::vector<Count>;

// The order of results: the most frequent first, words of the same count by the alphabet.
struct MoreFrequent {
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  }
};

// Counts the words of texts that come in pieces.
class WordCounter {
 public:
  // Returns how many words ended in this piece. The last one may go on in the next.
  int64_t Add(absl::string_view piece);
  // Ends the text, and with it a word that was still open: returns 1 if there was one.
  int64_t EndText();

  size_t distinct() const { return counts_.size(); }
  // What was counted since the last time, in no order. An open word stays.
  Counts Take();

 private:
  absl::flat_hash_map<std::string, int64_t> counts_;
  std::string word_;  // the open one
};

}  // namespace wordcount

#endif  // TROUPE_EXAMPLES_WORDCOUNT_WORDS_H_

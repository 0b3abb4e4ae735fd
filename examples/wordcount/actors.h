#ifndef TROUPE_EXAMPLES_WORDCOUNT_ACTORS_H_
#define TROUPE_EXAMPLES_WORDCOUNT_ACTORS_H_

// The actors of the word count. Nothing here knows on which node they live; a mapper reads the
// files where it lives.
//
//   FileQueue  - files ->  Mapper (several)  - batches of counts ->  Reducer (several)
//
// Mappers ask for files, so that a fast one takes more of them. Each counts in a table of its own,
// and when that is large it hands the counts to the reducers, each word to the one that owns it,
// and waits until they have taken them: a mapper is never ahead of a reducer by more than one
// table. So memory holds the paths, a table for each mapper, and each different word once, however
// much text there is.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "examples/wordcount/text_file.h"
#include "examples/wordcount/words.h"
#include "troupe.h"

namespace wordcount {

struct Progress {
  int64_t files = 0;
  int64_t bytes = 0;  // on disk
  int64_t all_files = 0;
  int64_t all_bytes = 0;
};

class FileQueue : public troupe::Actor {
 public:
  explicit FileQueue(const std::vector<File>& files);

  // The next file to count; none when there is nothing left to do.
  std::optional<File> Next();
  // Reports so many bytes of a file as done.
  void Advance(int64_t bytes) { progress.bytes += bytes; }

  Progress progress;

 private:
  std::deque<File> files_;
};
TROUPE_ACTOR(FileQueue, Next, Advance, progress)

// What works for a queue and is of no use without it: it stops when the queue is gone, by whatever
// end. So nothing is left at other nodes of a word count that was broken off.
class Worker : public troupe::Actor {
 public:
  explicit Worker(troupe::Ref<FileQueue> queue) : queue_(std::move(queue)) {}

  absl::Status OnStart() override;
  void OnDown(const troupe::Down& down) override;

 protected:
  const troupe::Ref<FileQueue>& queue() const { return queue_; }

 private:
  const troupe::Ref<FileQueue> queue_;
};

// Owns the counts of those words that belong to it.
class Reducer : public Worker {
 public:
  using Worker::Worker;

  void Add(Counts counts);
  int64_t Distinct() const { return static_cast<int64_t>(counts_.size()); }
  // The `n` most frequent words, sorted.
  Counts Top(int64_t n) const;

 private:
  absl::flat_hash_map<std::string, int64_t> counts_;
};
TROUPE_ACTOR(Reducer, Add, Distinct, Top)

// What was counted, and what was not.
struct Totals {
  int64_t files = 0;
  int64_t bytes = 0;  // of text
  int64_t words = 0;
  int64_t binary = 0;      // files that are no text
  int64_t unreadable = 0;  // files that could not be read at all
  int64_t broken = 0;      // files that were counted up to where they break off

  Totals& operator+=(const Totals& other);
};

class Mapper : public Worker {
 public:
  // All mappers are given the same reducers in the same order.
  Mapper(troupe::Ref<FileQueue> queue, std::vector<troupe::Ref<Reducer>> reducers);

  // Counts files until there are none left. What it counted is with the reducers then.
  troupe::Task<Totals> Run();

 private:
  troupe::Task<Totals> CountFile(File file);
  troupe::Task<void> HandOver();
  size_t OwnerOf(absl::string_view word) const;

  const std::vector<troupe::Ref<Reducer>> reducers_;
  WordCounter counter_;
};
TROUPE_ACTOR(Mapper, Run)

}  // namespace wordcount

#endif  // TROUPE_EXAMPLES_WORDCOUNT_ACTORS_H_

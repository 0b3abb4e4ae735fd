#include "examples/wordcount/actors.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

namespace wordcount {
namespace {

// Different words in a mapper's table; a table of the longest words is about 5 MB.
constexpr size_t kTableWords = 32 * 1024;

}  // namespace

FileQueue::FileQueue(const std::vector<File>& files) : files_(files.begin(), files.end()) {
  progress.all_files = static_cast<int64_t>(files.size());
  for (const File& file : files) progress.all_bytes += file.bytes;
}

std::optional<File> FileQueue::Next() {
  if (files_.empty()) return std::nullopt;
  ++progress.files;
  File file = std::move(files_.front());
  files_.pop_front();
  return file;
}

absl::Status Worker::OnStart() {
  Watch(queue_);
  return absl::OkStatus();
}

void Worker::OnDown(const troupe::Down& /*down*/) { Stop(); }

void Reducer::Add(Counts counts) {
  for (auto& [word, count] : counts) counts_[std::move(word)] += count;
}

Counts Reducer::Top(int64_t n) const {
  Counts top(std::min(static_cast<size_t>(n), counts_.size()));
  std::partial_sort_copy(counts_.begin(), counts_.end(), top.begin(), top.end(), MoreFrequent());
  return top;
}

Totals& Totals::operator+=(const Totals& other) {
  files += other.files;
  bytes += other.bytes;
  words += other.words;
  binary += other.binary;
  unreadable += other.unreadable;
  broken += other.broken;
  return *this;
}

Mapper::Mapper(troupe::Ref<FileQueue> queue, std::vector<troupe::Ref<Reducer>> reducers)
    : Worker(std::move(queue)), reducers_(std::move(reducers)) {}

troupe::Task<Totals> Mapper::Run() {
  Totals totals;
  while (std::optional<File> file = co_await queue()->Next()) {
    totals += co_await CountFile(*std::move(file));
  }
  co_await HandOver();
  co_return totals;
}

troupe::Task<Totals> Mapper::CountFile(File file) {
  TextFile text(file.path);
  absl::StatusOr<absl::string_view> piece = text.Read();
  if (!piece.ok() || LooksBinary(*piece)) {
    queue().Tell<&FileQueue::Advance>(file.bytes);
    co_return piece.ok() ? Totals{.binary = 1} : Totals{.unreadable = 1};
  }

  Totals totals{.files = 1};
  int64_t reported = 0;
  while (piece.ok() && !piece->empty()) {
    totals.bytes += static_cast<int64_t>(piece->size());
    totals.words += counter_.Add(*piece);
    if (counter_.distinct() >= kTableWords) co_await HandOver();
    // One-way: nobody waits for a progress bar.
    queue().Tell<&FileQueue::Advance>(text.position() - std::exchange(reported, text.position()));
    piece = text.Read();
  }
  totals.words += counter_.EndText();
  if (!piece.ok()) totals.broken = 1;
  co_return totals;
}

troupe::Task<void> Mapper::HandOver() {
  std::vector<Counts> batches(reducers_.size());
  for (Count& count : counter_.Take()) batches[OwnerOf(count.first)].push_back(std::move(count));
  std::vector<troupe::Future<void>> taken;
  for (size_t i = 0; i < batches.size(); ++i) {
    taken.push_back(reducers_[i]->Add(std::move(batches[i])));
  }
  for (const troupe::Future<void>& future : taken) co_await future;
}

// Not std::hash or absl::Hash: mappers in other processes have to come to the same result.
size_t Mapper::OwnerOf(absl::string_view word) const {
  const auto* bytes = reinterpret_cast<const Bytef*>(word.data());
  return crc32(0, bytes, static_cast<uInt>(word.size())) % reducers_.size();
}

}  // namespace wordcount

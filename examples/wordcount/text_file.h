#ifndef TROUPE_EXAMPLES_WORDCOUNT_TEXT_FILE_H_
#define TROUPE_EXAMPLES_WORDCOUNT_TEXT_FILE_H_

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace wordcount {

// Reads a file piece by piece; what is compressed with gzip (by its content, not its name) comes
// out uncompressed.
class TextFile {
 public:
  explicit TextFile(const std::string& path);
  ~TextFile();
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  // The next piece, valid until the next call; empty at the end. An error: the file cannot be
  // opened, or it breaks off here.
  absl::StatusOr<absl::string_view> Read();

  // How far into the file itself, compressed or not.
  int64_t position() const { return file_ == nullptr ? 0 : gzoffset(file_); }

 private:
  const gzFile file_;
  std::vector<char> piece_;
};

// As git and grep decide: by a NUL byte near the beginning.
bool LooksBinary(absl::string_view first_piece);

struct File {
  std::string path;
  int64_t bytes = 0;
};

struct FoundFiles {
  std::vector<File> files;
  int64_t unreadable_folders = 0;
};

// The files that `find ROOT... -type f` prints, sorted, each one once: symbolic links below a root
// are not followed. An error: a root does not exist.
absl::StatusOr<FoundFiles> FindFiles(const std::vector<std::string>& roots);

}  // namespace wordcount

#endif  // TROUPE_EXAMPLES_WORDCOUNT_TEXT_FILE_H_

#include "examples/wordcount/text_file.h"

#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"

namespace wordcount {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 256 * 1024;
constexpr size_t kBytesThatShowBinary = 8000;

// Adds the files of one folder to `files`, and its folders to `folders`.
std::error_code ListFolder(const fs::path& folder, std::map<std::string, int64_t>& files,
                           std::vector<fs::path>& folders) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    // A file may vanish while we look at it: then it is neither a folder nor a file.
    std::error_code ignored;
    const fs::file_status status = entry->symlink_status(ignored);
    if (fs::is_directory(status)) {
      folders.push_back(entry->path());
    } else if (fs::is_regular_file(status)) {
      const uintmax_t bytes = entry->file_size(ignored);
      files[entry->path().string()] = ignored ? 0 : static_cast<int64_t>(bytes);
    }
  }
  return error;
}

}  // namespace

TextFile::TextFile(const std::string& path)
    : file_(gzopen(path.c_str(), "rb")), piece_(kPieceBytes) {
  if (file_ != nullptr) gzbuffer(file_, kPieceBytes);
}

TextFile::~TextFile() {
  if (file_ != nullptr) gzclose(file_);
}

absl::StatusOr<absl::string_view> TextFile::Read() {
  if (file_ == nullptr) return absl::NotFoundError("cannot be opened");
  const int bytes = gzread(file_, piece_.data(), static_cast<unsigned>(piece_.size()));
  int error = Z_OK;
  const char* text = gzerror(file_, &error);
  // A file that ends too early gives what it has first, then the error.
  if (bytes < 0 || (bytes == 0 && error != Z_OK)) return absl::DataLossError(text);
  return absl::string_view(piece_.data(), static_cast<size_t>(bytes));
}

bool LooksBinary(absl::string_view first_piece) {
  return absl::StrContains(first_piece.substr(0, kBytesThatShowBinary), '\0');
}

absl::StatusOr<FoundFiles> FindFiles(const std::vector<std::string>& roots) {
  std::map<std::string, int64_t> files;
  FoundFiles found;
  for (const std::string& root : roots) {
    std::error_code error;
    std::vector<fs::path> folders = {fs::canonical(root, error)};
    if (error) return absl::ErrnoToStatus(error.value(), root);
    if (fs::is_regular_file(folders[0])) {
      files[folders[0].string()] = static_cast<int64_t>(fs::file_size(folders[0], error));
      continue;
    }
    while (!folders.empty()) {
      const fs::path folder = std::move(folders.back());
      folders.pop_back();
      if (ListFolder(folder, files, folders)) ++found.unreadable_folders;
    }
  }
  for (const auto& [path, bytes] : files) found.files.push_back({path, bytes});
  return found;
}

}  // namespace wordcount

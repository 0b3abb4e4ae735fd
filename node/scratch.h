#ifndef TROUPE_NODE_SCRATCH_H_
#define TROUPE_NODE_SCRATCH_H_

#include <cstddef>
#include <string>
#include <utility>

namespace troupe::internal {

// An empty string to encode into, that keeps its memory from one message of a thread to the next.
// On the stack; nested ones, when a codec sends a message itself, have strings of their own.
class Scratch {
 public:
  Scratch() : text_(std::exchange(kept_, std::string())) { text_.clear(); }
  ~Scratch() {
    if (text_.capacity() <= kMostKept && text_.capacity() > kept_.capacity())
      kept_ = std::move(text_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string* get() { return &text_; }

 private:
  // A large message's memory takes longer to get, page by page, than the message to encode.
  static constexpr size_t kMostKept = (size_t{1} << 20) + 64 * 1024;
  static inline thread_local std::string kept_;

  std::string text_;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_SCRATCH_H_

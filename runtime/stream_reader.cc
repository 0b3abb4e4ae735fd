#include "runtime/stream_reader.h"

#include "absl/strings/str_cat.h"
#include "runtime/errors.h"

namespace troupe::internal {

StreamReaderBase::StreamReaderBase(StreamOrigin origin) : origin_(std::move(origin)) {}

StreamReaderBase::~StreamReaderBase() = default;

std::string DescribeStream(const RecipientPtr& recipient, const char* method) {
  return absl::StrCat(recipient != nullptr ? recipient->class_name() : absl::string_view("(null)"),
                      ".", method);
}

void StreamReaderBase::Waiter::Await(FutureCore& future) {
  reader_->AddRef();
  if (!future.Attach(this)) OnReady();
}

void StreamReaderBase::Waiter::OnReady() {
  StreamReaderBase* const reader = reader_;  // this may be attached again at once
  reader->Tell(event_);
  reader->Release();
}

void StreamReaderBase::Begin() {
  origin_.open->MarkObserved();  // by Next
  open_waiter_.Await(*origin_.open);
  Tell(kPumping);  // the first pull
}

void StreamReaderBase::Tell(Event event) {
  if ((events_.fetch_or(event | kPumping, std::memory_order_acq_rel) & kPumping) != 0) return;
  uint32_t pumping = kPumping;
  do {
    Handle(events_.exchange(kPumping, std::memory_order_acq_rel));
    pumping = kPumping;
  } while (!events_.compare_exchange_strong(pumping, 0, std::memory_order_acq_rel));
}

void StreamReaderBase::Handle(uint32_t events) {
  if ((events & kClosed) != 0) {
    DropStock();
    over_ = false;
    End(CancelledError());
  }
  if ((events & kPulled) != 0) HandlePull();
  if ((events & kEnded) != 0) {
    answered_ = true;
    // By its deadline, or from here: the actor may be too busy to answer the pull. (A generator may
    // end with these codes too. All it gave has come by then, unless that is an item in pieces.)
    const absl::Status status = origin_.open->status();
    if (absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) End(status);
  }
  // Not before the pull is: its answer may come later than that to the opening.
  if (answered_ && pull_ == nullptr && !over_) {
    const absl::Status status = origin_.open->status();
    End(status.ok() && !absl::IsNotFound(pull_error_) ? pull_error_ : status);
  }
  if ((events & kAsked) != 0) Adopt();
  Serve();
  PullIfLow();
}

void StreamReaderBase::HandlePull() {
  pull_ = nullptr;
  absl::Status status = TakePull(over_, &no_more_pulls_);
  if (status.ok()) return;
  no_more_pulls_ = true;
  pull_error_ = std::move(status);
  // Not found: it has ended meanwhile, and the answer to the opening call says how.
  if (!absl::IsNotFound(pull_error_) && !origin_.open->ready()) End(pull_error_);
}

absl::Status StreamReaderBase::CancelledError() const {
  return CancelledCallError(DescribeStream(origin_.recipient, origin_.method));
}

void StreamReaderBase::End(absl::Status status) {
  if (over_) return;
  over_ = true;
  end_ = std::move(status);
  if (origin_.open->ready() && pull_ == nullptr) return;
  const absl::Status cancelled = CancelledError();
  origin_.open->Abort(cancelled);
  if (pull_ != nullptr) pull_->Abort(cancelled);
}

void StreamReaderBase::PullIfLow() {
  if (over_ || answered_ || no_more_pulls_ || pull_ != nullptr) return;
  if (stock_items_ > kStreamWindowItems / 2 || stock_bytes_ > kStreamWindowBytes / 2) return;
  pull_ = &SendPull(
      {.items = kStreamWindowItems - stock_items_, .bytes = kStreamWindowBytes - stock_bytes_});
  pull_->MarkObserved();
  pull_waiter_.Await(*pull_);
}

}  // namespace troupe::internal

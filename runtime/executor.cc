#include "runtime/executor.h"

namespace troupe {
namespace {

thread_local Executor* current_executor = nullptr;
// The RunInline that is under way on this thread collects here what its turns schedule.
thread_local internal::RunnableList* inline_queue = nullptr;

}  // namespace

Executor* Executor::Current() { return current_executor; }

Executor* Executor::SetCurrent(Executor* executor) {
  Executor* previous = current_executor;
  current_executor = executor;
  return previous;
}

void Executor::RunInline(Runnable* r) {
  if (inline_queue != nullptr) {
    inline_queue->PushBack(r);
    return;
  }
  internal::RunnableList queue;
  inline_queue = &queue;
  queue.PushBack(r);
  while (Runnable* next = queue.PopFront()) next->Run();
  inline_queue = nullptr;
}

}  // namespace troupe

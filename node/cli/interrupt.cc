#include "node/cli/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <mutex>
#include <set>
#include <thread>

#include "node/cli/failure.h"

namespace troupe::cli {
namespace {

struct State {
  std::mutex mu;
  bool interrupted = false;
  std::set<grpc::ClientContext*> open;
};

// Never destroyed: the thread below may be in it when the program ends.
State& TheState() {
  static State* const state = new State;
  return *state;
}

void OnInterrupt() {
  State& state = TheState();
  const std::lock_guard<std::mutex> lock(state.mu);
  if (state.interrupted || state.open.empty()) _exit(static_cast<int>(ExitCode::kInterrupted));
  state.interrupted = true;
  for (grpc::ClientContext* context : state.open) context->TryCancel();
}

}  // namespace

void CatchInterrupt() {
  struct sigaction now = {};
  // Shells let what runs in the background ignore it.
  if (sigaction(SIGINT, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) return;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] {
    for (int number = 0; sigwait(&signals, &number) == 0;) OnInterrupt();
  }).detach();
}

bool Interrupted() {
  State& state = TheState();
  const std::lock_guard<std::mutex> lock(state.mu);
  return state.interrupted;
}

Interruptible::Interruptible(grpc::ClientContext* context) : context_(context) {
  State& state = TheState();
  const std::lock_guard<std::mutex> lock(state.mu);
  state.open.insert(context);
  if (state.interrupted) context->TryCancel();
}

Interruptible::~Interruptible() {
  State& state = TheState();
  const std::lock_guard<std::mutex> lock(state.mu);
  state.open.erase(context_);
}

}  // namespace troupe::cli

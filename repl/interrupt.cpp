#include "repl/interrupt.h"

#include <atomic>
#include <csignal>
#include <unistd.h>

namespace calc::repl {
namespace {

// A signal handler has nothing but globals to reach the session by.
std::atomic<driver::Session*> running{nullptr};
std::atomic<bool> at_prompt{false};
std::atomic<bool> pressed{false};
std::atomic<bool> stopping{false};

void on_interrupt(int) {
  driver::Session* session = running.load();
  if (session != nullptr) {
    const bool again = stopping.exchange(true);
    if (again && !at_prompt.load()) _exit(kInterruptedStatus);
    session->interrupt();
  } else if (at_prompt.load()) {
    pressed.store(true);
  } else {
    _exit(kInterruptedStatus);
  }
}

}  // namespace

void take_interrupts(bool prompt) {
  at_prompt.store(prompt);
  // Without SA_RESTART: a read of a line must return.
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

bool pressed_interrupt() { return pressed.exchange(false); }

Running::Running(driver::Session& session) {
  stopping.store(false);
  running.store(&session);
}

Running::~Running() { running.store(nullptr); }

}  // namespace calc::repl

#pragma once
// Ctrl-C. While a program runs it stops the program; while the prompt waits for a line it clears
// the line; a script that is stopped twice, or does not run yet, ends at once.
#include "lang/driver/session.h"

namespace calc::repl {

inline constexpr int kInterruptedStatus = 130;

/// From here on Ctrl-C is ours. `prompt`: somebody reads lines and goes on.
void take_interrupts(bool prompt);

/// Was it pressed while nothing ran? Asking forgets it.
bool pressed_interrupt();

/// What Ctrl-C stops, for as long as this lives.
class Running {
 public:
  explicit Running(driver::Session& session);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
};

}  // namespace calc::repl

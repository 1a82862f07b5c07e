#include "repl/terminal.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "repl/interrupt.h"

namespace calc::repl {
namespace {

// For the handlers of deadly signals, which have nothing else to reach the terminal by.
termios original;
volatile std::sig_atomic_t raw = 0;

constexpr std::string_view kMarkPastes = "\x1b[?2004h";
constexpr std::string_view kPlainPastes = "\x1b[?2004l";

void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
}

void enter_raw() {
  if (tcgetattr(STDIN_FILENO, &original) != 0) return;
  termios settings = original;
  settings.c_iflag &= ~static_cast<tcflag_t>(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | IEXTEN | ISIG);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  raw = 1;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
  put(kMarkPastes);
}

/// Safe in a signal handler.
void leave_raw() {
  if (raw == 0) return;
  raw = 0;
  put(kPlainPastes);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &original);
}

void on_deadly(int signal) {
  leave_raw();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void guard_settings() {
  static const bool once = [] {
    std::atexit(leave_raw);
    for (int signal : {SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
      std::signal(signal, on_deadly);
    }
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace

bool Terminal::usable() {
  const char* kind = std::getenv("TERM");
  const bool dumb = kind == nullptr || std::string_view(kind) == "dumb" || *kind == '\0';
  return !dumb && isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
}

Terminal::Raw::Raw() {
  guard_settings();
  enter_raw();
}

Terminal::Raw::~Raw() { leave_raw(); }

Byte Terminal::next(int wait_ms) {
  if (at_ < unread_.size()) return {ByteKind::Byte, unread_[at_++]};
  pollfd wanted{STDIN_FILENO, POLLIN, 0};
  const int ready = ::poll(&wanted, 1, wait_ms);
  if (ready < 0 && errno == EINTR) {
    if (pressed_interrupt()) return {ByteKind::Interrupted, 0};
    return next(wait_ms);
  }
  if (ready == 0) return {ByteKind::Nothing, 0};
  char buffer[4096];
  const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (count < 0 && errno == EINTR) return next(wait_ms);
  if (count <= 0) return {ByteKind::End, 0};
  unread_.assign(buffer, static_cast<size_t>(count));
  at_ = 0;
  return {ByteKind::Byte, unread_[at_++]};
}

bool Terminal::pending() {
  if (buffered()) return true;
  pollfd wanted{STDIN_FILENO, POLLIN, 0};
  return ::poll(&wanted, 1, 0) > 0 && (wanted.revents & POLLIN) != 0;
}

void Terminal::write(const std::string& text) { put(text); }

Terminal::Size Terminal::size() const {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return {24, 80};
  return {std::max<int>(window.ws_row, 2), std::max<int>(window.ws_col, 8)};
}

void Terminal::suspend() {
  leave_raw();
  std::raise(SIGTSTP);
  enter_raw();
}

}  // namespace calc::repl

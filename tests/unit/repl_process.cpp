#include "tests/unit/repl_process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <pty.h>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <termios.h>
#include <thread>
#include <unistd.h>

namespace calc::tests {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void become_calc(const std::vector<std::string>& words) {
  std::vector<std::string> all = {CALC_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> raw;
  for (std::string& word : all) raw.push_back(word.data());
  raw.push_back(nullptr);
  ::execv(CALC_PROGRAM, raw.data());
  ::_exit(127);
}

int exit_status(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Leaves the status to be asked for.
bool ended(pid_t process) {
  siginfo_t info{};
  const int options = WEXITED | WNOHANG | WNOWAIT;
  return ::waitid(P_PID, static_cast<id_t>(process), &info, options) == 0 && info.si_pid != 0;
}

std::string drained(int file) {
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = ::read(file, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<size_t>(count));
  }
  ::close(file);
  return text;
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
};

void feed(int file, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(file, text.data() + at, text.size() - at);
    if (count <= 0) break;
    at += static_cast<size_t>(count);
  }
  ::close(file);
}

}  // namespace

Result run_calc(const std::vector<std::string>& words, const std::string& input) {
  std::signal(SIGPIPE, SIG_IGN);
  const Pipe in, out, err;
  const pid_t process = ::fork();
  if (process == 0) {
    std::signal(SIGPIPE, SIG_DFL);
    ::dup2(in.read_end, STDIN_FILENO);
    ::dup2(out.write_end, STDOUT_FILENO);
    ::dup2(err.write_end, STDERR_FILENO);
    become_calc(words);
  }
  ::close(in.read_end);
  ::close(out.write_end);
  ::close(err.write_end);
  Result result;
  std::thread errors([&] { result.err = drained(err.read_end); });
  std::thread feeding([&] { feed(in.write_end, input); });
  result.out = drained(out.read_end);
  errors.join();
  feeding.join();
  result.status = exit_status(process);
  return result;
}

// ---- files -------------------------------------------------------------------------------------

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "calc_test_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for a test");
  folder_ = name;
}

Scratch::~Scratch() { std::filesystem::remove_all(folder_); }

std::string Scratch::file(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// ---- a terminal --------------------------------------------------------------------------------

Console::Console(const std::vector<std::string>& words, const std::string& kind) {
  winsize window{24, 80, 0, 0};
  process_ = ::forkpty(&terminal_, nullptr, nullptr, &window);
  if (process_ < 0) throw std::runtime_error("no terminal");
  if (process_ == 0) {
    ::setenv("TERM", kind.c_str(), 1);
    ::unsetenv("NO_COLOR");
    become_calc(words);
  }
}

Console::~Console() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    exit_status(process_);
  }
  ::close(terminal_);
}

void Console::send(const std::string& keys) {
  if (::write(terminal_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size())) {
    throw std::runtime_error("the terminal takes no keys");
  }
}

bool Console::read_some(int wait_ms) {
  pollfd wanted{terminal_, POLLIN, 0};
  if (::poll(&wanted, 1, wait_ms) <= 0) return false;
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(terminal_, buffer.data(), buffer.size());
  if (count <= 0) return false;
  seen_.append(buffer.data(), static_cast<size_t>(count));
  return true;
}

bool Console::expect(const std::string& text, int wait_ms) {
  const auto end = Clock::now() + std::chrono::milliseconds(wait_ms);
  while (true) {
    const size_t at = seen_.find(text);
    if (at != std::string::npos) {
      seen_.erase(0, at + text.size());
      return true;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0 || !read_some(static_cast<int>(left.count()))) return false;
  }
}

double Console::time_to(const std::string& text) {
  const auto begin = Clock::now();
  if (!expect(text)) return -1;
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

int Console::wait() {
  while (read_some(10'000)) {
  }
  // It has let go of the terminal, so it is about to end; who does not is ended.
  for (int tries = 0; tries < 500 && !ended(process_); ++tries) ::usleep(10'000);
  if (!ended(process_)) ::kill(process_, SIGKILL);
  const int status = exit_status(process_);
  process_ = -1;
  return status;
}

bool Console::is_cooked() const {
  termios settings{};
  ::tcgetattr(terminal_, &settings);
  return (settings.c_lflag & ECHO) != 0 && (settings.c_lflag & ICANON) != 0;
}

}  // namespace calc::tests

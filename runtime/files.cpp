#include "runtime/files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "runtime/context.h"

namespace calc::rt {
namespace {

[[noreturn]] void fail(std::string message) { throw Failure{std::move(message), ""}; }

class File {
 public:
  File(const std::string& path, int flags) : handle_(::open(path.c_str(), flags, 0666)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (handle_ >= 0) ::close(handle_);
  }
  int handle() const { return handle_; }

 private:
  int handle_;
};

[[noreturn]] void fail_to_read(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) fail(fmt::format("there is no file `{}`", path));
  if (error == EISDIR) fail(fmt::format("`{}` is a directory, not a file", path));
  if (error == EACCES) fail(fmt::format("the file `{}` may not be read", path));
  fail(fmt::format("the file `{}` cannot be read: {}", path, std::strerror(error)));
}

[[noreturn]] void fail_to_write(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    fail(fmt::format("there is no folder to hold `{}`", path));
  }
  if (error == EISDIR) fail(fmt::format("`{}` is a directory, not a file", path));
  if (error == EACCES) fail(fmt::format("the file `{}` may not be written", path));
  fail(fmt::format("the file `{}` cannot be written: {}", path, std::strerror(error)));
}

}  // namespace

std::string read_file(const std::string& path) {
  const File file(path, O_RDONLY | O_CLOEXEC);
  if (file.handle() < 0) fail_to_read(path, errno);
  std::string text;
  struct stat status{};
  if (::fstat(file.handle(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    text.reserve(static_cast<size_t>(status.st_size));
  }
  std::vector<char> piece(size_t{1} << 18);
  for (;;) {
    const ssize_t count = ::read(file.handle(), piece.data(), piece.size());
    if (count == 0) return text;
    if (count < 0 && errno != EINTR) fail_to_read(path, errno);
    if (count > 0) text.append(piece.data(), static_cast<size_t>(count));
  }
}

void write_file(const std::string& path, std::string_view text, bool append) {
  const File file(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC));
  if (file.handle() < 0) fail_to_write(path, errno);
  while (!text.empty()) {
    const ssize_t count = ::write(file.handle(), text.data(), text.size());
    if (count < 0 && errno != EINTR) fail_to_write(path, errno);
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace calc::rt

#include "repl/files.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace calc::repl {
namespace {

/// The system's words, in our style.
std::string reason(int code) {
  std::string text = std::strerror(code);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

FileText read_all(int file) {
  FileText result;
  char buffer[1 << 16];
  while (true) {
    const ssize_t count = ::read(file, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {"", reason(errno)};
    if (count == 0) return result;
    result.text.append(buffer, static_cast<size_t>(count));
    if (result.text.size() > kMostSource) {
      return {"", "it is longer than 256 MiB; data is read by `data.csv`"};
    }
  }
}

bool write_all(int file, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(file, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    at += static_cast<size_t>(count);
  }
  return true;
}

}  // namespace

FileText read_file(const std::string& path) {
  if (path == "-") return read_all(STDIN_FILENO);
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {"", reason(errno)};
  struct stat status{};
  const bool folder = ::fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
  FileText result = folder ? FileText{"", "it is a folder"} : read_all(file);
  ::close(file);
  return result;
}

std::string write_file(const std::string& path, const std::string& text) {
  struct stat status{};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) return "it is not a regular file";
  // A link stays a link: what it leads to is replaced.
  char* resolved = exists ? ::realpath(path.c_str(), nullptr) : nullptr;
  const std::string place = resolved != nullptr ? resolved : path;
  std::free(resolved);
  const std::string fresh = place + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                          exists ? status.st_mode & 07777 : 0666);
  if (file < 0) return reason(errno);
  const bool written = write_all(file, text) && (::close(file) == 0);
  if (written && std::rename(fresh.c_str(), place.c_str()) == 0) return "";
  const int code = errno;
  ::unlink(fresh.c_str());
  return reason(code);
}

}  // namespace calc::repl

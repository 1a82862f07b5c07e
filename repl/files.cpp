#include "repl/files.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace calc::repl {

namespace fs = std::filesystem;

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

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<std::string> programs_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const fs::path& path = at->path();
    const bool hidden = path.filename().string().starts_with('.');
    if (hidden && at->is_directory()) at.disable_recursion_pending();
    if (hidden || path.extension() != ".calc" || !at->is_regular_file()) continue;
    files.push_back((folder == "." ? path.lexically_normal() : path).string());
  }
  std::sort(files.begin(), files.end());
  return files;
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

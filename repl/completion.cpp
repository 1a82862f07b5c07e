#include "repl/completion.h"

#include <algorithm>

#include "lang/base/utf8.h"
#include "repl/symbols.h"

namespace calc::repl {
namespace {

/// The bytes of the name that ends the text; `m.f` is one, of a module.
size_t name_length(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0) {
    size_t at = begin - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    if (text[at] != '.' && !base::is_name_part(base::decode(text, at).code)) break;
    begin = at;
  }
  return text.size() - begin;
}

std::string common_prefix(const std::vector<std::string>& words) {
  std::string prefix = words.front();
  for (const std::string& word : words) {
    const auto [end, unused] =
        std::mismatch(prefix.begin(), prefix.end(), word.begin(), word.end());
    prefix.erase(end, prefix.end());
  }
  // Not the half of a character.
  while (!prefix.empty() && base::first_invalid(prefix) != std::string::npos) prefix.pop_back();
  return prefix;
}

Completion among(std::string_view word, const std::vector<std::string>& words) {
  std::vector<std::string> fitting;
  for (const std::string& candidate : words) {
    if (candidate.starts_with(word)) fitting.push_back(candidate);
  }
  if (fitting.empty()) return {};
  const std::string prefix = common_prefix(fitting);
  if (prefix.size() > word.size()) return {word.size(), prefix, {}};
  if (fitting.size() == 1) return {};
  return {0, "", std::move(fitting)};
}

Completion sign(std::string_view name) {
  const std::string_view found = sign_of(name);
  if (!found.empty()) return {name.size() + 1, std::string(found), {}};
  Completion result;
  for (const Symbol& symbol : symbols()) {
    if (symbol.name.starts_with(name)) {
      result.choices.push_back("\\" + std::string(symbol.name) + " " + std::string(symbol.sign));
    }
  }
  return result;
}

}  // namespace

Completion complete(std::string_view before_cursor, const std::vector<std::string>& names,
                    const std::vector<std::string>& commands) {
  const std::string_view line = before_cursor.substr(before_cursor.rfind('\n') + 1);
  const size_t slash = line.rfind('\\');
  if (slash != std::string_view::npos) {
    const std::string_view name = line.substr(slash + 1);
    const bool is_name = name.find_first_of(" (){}[]") == std::string_view::npos;
    if (is_name) return sign(name);
  }
  if (before_cursor.starts_with(':') && before_cursor.find(' ') == std::string_view::npos) {
    return among(before_cursor, commands);
  }
  if (line.find_first_not_of(' ') == std::string_view::npos) return {0, "  ", {}};
  const std::string_view word = line.substr(line.size() - name_length(line));
  return word.empty() ? Completion{} : among(word, names);
}

}  // namespace calc::repl

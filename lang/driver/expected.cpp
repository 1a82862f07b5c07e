#include "lang/driver/expected.h"

#include "lang/syntax/lexer.h"

namespace calc::driver {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    lines.push_back(std::move(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Expected expected_output(const base::Sources& sources, uint32_t source) {
  constexpr std::string_view kMark = "# =>";
  Expected expected;
  uint32_t owner = 0;
  uint32_t previous = 0;
  for (const syntax::Comment& comment : syntax::lex(sources, source).comments) {
    const uint32_t line = sources.position(source, comment.span.begin).line;
    std::string_view text = sources.text(comment.span);
    if (!text.starts_with(kMark)) continue;
    text.remove_prefix(kMark.size());
    if (text.starts_with(' ')) text.remove_prefix(1);
    const bool continues = comment.own_line && owner != 0 && line == previous + 1;
    if (!continues) owner = line;
    previous = line;
    std::vector<std::string> lines = lines_of(text);
    expected[owner].push_back(lines.empty() ? "" : lines.front());
  }
  return expected;
}

}  // namespace calc::driver

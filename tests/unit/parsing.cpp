#include "tests/unit/parsing.h"

#include <algorithm>
#include <sstream>

namespace calc::test {

namespace {

/// "Name x" is x, "Binary +" is +.
std::string short_title(std::string_view title) {
  for (const std::string_view prefix : {"Name ", "Int ", "Real ", "Bool ", "Binary ", "Compare "}) {
    if (title.starts_with(prefix)) title.remove_prefix(prefix.size());
  }
  return std::string(title);
}

struct Line {
  size_t indent;
  std::string title;
};

std::vector<Line> lines_of(const std::string& dump) {
  std::vector<Line> lines;
  std::istringstream in(dump);
  for (std::string line; std::getline(in, line);) {
    const size_t indent = line.find_first_not_of(' ');
    lines.push_back({indent, line.substr(indent)});
  }
  return lines;
}

std::string one_line(const std::vector<Line>& lines, size_t& at) {
  const Line& self = lines[at++];
  std::string children;
  while (at < lines.size() && lines[at].indent > self.indent) children += " " + one_line(lines, at);
  const bool atom = short_title(self.title) != self.title && self.title.find("Binary") != 0;
  if (children.empty() && atom) return short_title(self.title);
  return "(" + short_title(self.title) + children + ")";
}

}  // namespace

std::string tree(std::string_view text) {
  base::Sources sources;
  const auto parsed = syntax::parse(sources, sources.add("test", std::string(text)));
  if (!parsed.errors.empty()) return "error: " + parsed.errors.front().message;
  const std::vector<Line> lines = lines_of(syntax::dump(*parsed.program));
  std::string out;
  for (size_t at = 0; at < lines.size();) out += (out.empty() ? "" : " ; ") + one_line(lines, at);
  return out;
}

std::vector<std::string> errors(std::string_view text) {
  base::Sources sources;
  const auto parsed = syntax::parse(sources, sources.add("test", std::string(text)));
  std::vector<std::string> out;
  for (const base::Diagnostic& error : parsed.errors) {
    const base::LineColumn at = sources.position(error.span.source, error.span.begin);
    const std::string hint = error.hint.empty() ? "" : " | " + error.hint;
    out.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + " " + error.message +
                  hint);
  }
  return out;
}

bool incomplete(std::string_view text) {
  base::Sources sources;
  return syntax::parse(sources, sources.add("test", std::string(text))).incomplete;
}

std::string repeat(std::string_view part, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += part;
  return out;
}

}  // namespace calc::test

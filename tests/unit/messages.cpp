// Every message that a user can meet is met by a test: the texts are taken out of the sources, and
// each must stand in an expectation of a language test or in a unit test.
//
// What is taken are the string literals in the arguments of the functions that report (`fail`,
// `error`, `emit_check`, …), cut at holes; of each literal the longest piece counts, if it is long
// enough to be a text of its own. Texts that no program can reach have no business in the sources;
// the few that no test can reach stand below with the reason.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace calc::test {

namespace {

namespace fs = std::filesystem;

constexpr size_t kShortest = 9;

struct Exception {
  std::string_view text;
  std::string_view reason;
};

constexpr Exception kExceptions[] = {
    {"is longer than 256 MiB", "a file of that size does not belong in a test"},
    {"data is read by `data.csv`", "the hint of the same"},
    {"imports are nested more than", "a hundred files that import one another"},
    {"code is made for arguments of known types", "the hint of a message that is tested"},
    {"what is passed here has too many parts", "what makes such a value fails before"},
    {"calls are nested more than", "needs two hundred functions, each of which calls the next"},
    {"takes no subscript", "only operators come so far with one"},
    {"a tuple is zipped only with what has a known length", "`zip` says it before"},
    {"the type of what `", "no recursion is known whose type grows and is joined"},
    {"returns grows with every call", "the same"},
    {"on one path and", "the branches that give them say it before"},
    {"on another", "the same"},
    {"` returns", "the same"},
    {"returns has too many parts", "the same, when it grows faster"},
    {"may not be read", "a test may run as a user who may read all"},
    {"cannot be read:", "what the system says"},
    {"may not be written", "a test may run as a user who may write all"},
    {"cannot be written:", "what the system says"},
    {"does not converge", "no matrix is known for which it is true"},
    {"convert one to `Real`: `1.0 * A`", "elaboration converts: a check of the evaluator's own"},
    {"a square matrix expected, one of shape", "elaboration checks shapes, if they are known"},
    {"rows, its right side", "the same"},
    {"is written into a place of shape", "the same"},
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> files_of(const std::vector<std::string>& folders,
                               const std::set<std::string>& endings) {
  std::vector<fs::path> files;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(CALC_SOURCE_DIR) / folder)) {
      if (endings.contains(entry.path().extension().string())) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The end of the literal that begins at `at`.
size_t after_literal(const std::string& text, size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote) at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

char unescaped(char c) { return c == 'n' ? '\n' : c == 't' ? '\t' : c; }

/// The string literals between `at` and the partner of the bracket before it, neighbours joined.
std::vector<std::string> literals_of_call(const std::string& text, size_t at) {
  std::vector<std::string> literals;
  bool joined = false;
  for (int depth = 1; at < text.size() && depth > 0;) {
    const char c = text[at];
    if (c == '"') {
      const size_t end = after_literal(text, at);
      std::string literal;
      for (size_t k = at + 1; k + 1 < end; ++k) {
        literal += text[k] == '\\' ? unescaped(text[++k]) : text[k];
      }
      if (joined) {
        literals.back() += literal;
      } else {
        literals.push_back(std::move(literal));
      }
      joined = true;
      at = end;
      continue;
    }
    if (c == '\'' && !std::isdigit(static_cast<unsigned char>(text[at - 1]))) {
      at = after_literal(text, at);
      joined = false;
      continue;
    }
    if (c == '(' || c == '{' || c == '[') ++depth;
    if (c == ')' || c == '}' || c == ']') --depth;
    if (!std::isspace(static_cast<unsigned char>(c))) joined = false;
    ++at;
  }
  return literals;
}

/// The longest piece between holes, `{}` or `{:.3f}`.
std::string longest_piece(const std::string& literal) {
  std::string best, piece;
  const auto finish = [&] {
    const size_t first = piece.find_first_not_of(" \n");
    const size_t last = piece.find_last_not_of(" \n");
    if (first != std::string::npos && last - first + 1 > best.size()) {
      best = piece.substr(first, last - first + 1);
    }
    piece.clear();
  };
  for (size_t at = 0; at < literal.size(); ++at) {
    const size_t close = literal[at] == '{' ? literal.find('}', at) : std::string::npos;
    const bool hole = close != std::string::npos && close - at < 8 && literal[at + 1] != ' ' &&
                      (close == at + 1 || literal[at + 1] == ':');
    if (!hole) {
      piece += literal[at];
      continue;
    }
    finish();
    at = close;
  }
  finish();
  return best;
}

/// Where the arguments of a report begin, after `at`; npos when there is none further on.
size_t next_report(const std::string& text, size_t at) {
  static const std::vector<std::string> reports{"fail(",        "fail_at_call(", "Failure{",
                                                "error(",       "emit_check(",   "unexpected(",
                                                "check_sizes(", "lacks("};
  size_t best = std::string::npos;
  for (const std::string& report : reports) {
    size_t found = text.find(report, at);
    while (found != std::string::npos && found > 0 &&
           (std::isalnum(static_cast<unsigned char>(text[found - 1])) || text[found - 1] == '_')) {
      found = text.find(report, found + 1);
    }
    if (found != std::string::npos) best = std::min(best, found + report.size());
  }
  return best;
}

/// All that tests say, escapes undone and literals over several lines joined.
std::string corpus() {
  std::string all;
  for (const fs::path& path : files_of({"tests", "examples"}, {".calc", ".cpp", ".h"})) {
    if (path.filename() == "messages.cpp") continue;
    const std::string text = text_of(path);
    for (size_t at = 0; at < text.size(); ++at) {
      const bool escape =
          text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
      if (escape) {
        all += text[++at];
        continue;
      }
      const size_t next = text[at] == '"' ? text.find_first_not_of(" \n", at + 1) : 0;
      const bool goes_on =
          next != 0 && next != std::string::npos && text[next] == '"' && text.find('\n', at) < next;
      if (goes_on) {
        at = next;
      } else {
        all += text[at];
      }
    }
    all += '\n';
  }
  return all;
}

bool excepted(const std::string& piece) {
  return std::any_of(std::begin(kExceptions), std::end(kExceptions),
                     [&](const Exception& e) { return piece.find(e.text) != std::string::npos; });
}

}  // namespace

TEST_CASE("every message is in a test") {
  const std::string said = corpus();
  std::string missing;
  size_t count = 0;
  for (const fs::path& path :
       files_of({"lang/syntax", "lang/elaborate", "lang/driver", "lang/prim", "runtime"},
                {".cpp", ".h"})) {
    const std::string text = text_of(path);
    for (size_t at = next_report(text, 0); at != std::string::npos; at = next_report(text, at)) {
      for (const std::string& literal : literals_of_call(text, at)) {
        const std::string piece = longest_piece(literal);
        if (piece.size() < kShortest || excepted(piece)) continue;
        ++count;
        if (said.find(piece) != std::string::npos) continue;
        const auto line = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
        missing += "\n  " + fs::relative(path, CALC_SOURCE_DIR).string() + ":" +
                   std::to_string(line + 1) + ": " + piece;
      }
    }
  }
  CHECK(missing == "");
  // The scanner finds them at all.
  CHECK(count > 400);
}

}  // namespace calc::test

#include "tests/unit/lang_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "lang/syntax/format.h"

namespace calc::tests {
namespace {

constexpr std::string_view kOutput = "# =>";
constexpr std::string_view kError = "# error:";
constexpr std::string_view kHint = "# hint:";
/// In the order in which they are written.
constexpr std::string_view kDetails[] = {"# note:", "# label:", "# in:"};

/// What a file says or does, by line (from 1).
struct Record {
  std::map<size_t, std::vector<std::string>> output;
  size_t error_line = 0;
  std::string error, hint;
  /// By marker.
  std::map<std::string_view, std::vector<std::string>> details;
};

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string trimmed(std::string text) {
  const size_t first = text.find_first_not_of(' ');
  const size_t last = text.find_last_not_of(" \n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// The text after a marker on a line, if the marker is there.
bool marked(const std::string& line, std::string_view marker, std::string& text, bool& alone) {
  const size_t at = line.find(marker);
  if (at == std::string::npos) return false;
  alone = line.find_first_not_of(' ') == at;
  text = line.substr(at + marker.size());
  if (!text.empty() && text[0] == ' ') text.erase(0, 1);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return true;
}

Record expectation(const std::vector<std::string>& lines) {
  Record record;
  size_t owner = 0;
  for (size_t k = 0; k < lines.size(); ++k) {
    std::string text;
    bool alone = false;
    if (marked(lines[k], kOutput, text, alone)) {
      if (!alone || owner == 0) owner = k + 1;
      record.output[owner].push_back(text);
      continue;
    }
    if (!trimmed(lines[k]).starts_with("#")) owner = trimmed(lines[k]).empty() ? 0 : k + 1;
    if (marked(lines[k], kError, text, alone)) {
      record.error_line = k + 1;
      record.error = text;
    } else if (marked(lines[k], kHint, text, alone)) {
      record.hint = text;
    }
    for (std::string_view kind : kDetails) {
      if (marked(lines[k], kind, text, alone)) record.details[kind].push_back(text);
    }
  }
  return record;
}

/// Where a file shows an error: itself, or the import or call that led to it.
base::Span place_in(const base::Sources& sources, const base::Diagnostic& error,
                    const std::string& path) {
  std::vector<base::Span> spans{error.span};
  for (const base::Label& label : error.labels) spans.push_back(label.span);
  for (const base::Frame& frame : error.frames) spans.push_back(frame.call);
  for (const base::Span& span : spans) {
    if (span.known() && sources.get(span.source).name == path) return span;
  }
  return error.span;
}

/// "[lib/m.calc:3:7] " for an error in a module.
std::string elsewhere(const base::Sources& sources, const base::Diagnostic& error,
                      const std::string& path) {
  if (!error.span.known()) return "";
  const std::string& name = sources.get(error.span.source).name;
  if (name == path) return "";
  const base::LineColumn at = sources.position(error.span.source, error.span.begin);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return "[" + std::filesystem::path(name).lexically_relative(folder).string() + ":" +
         std::to_string(at.line) + ":" + std::to_string(at.column) + "] ";
}

/// The number of a line among those that are no expectations: these come and go.
size_t own_line(const std::string& text, size_t line) {
  const std::vector<std::string> lines = split(text);
  const auto stays = [](const std::string& content) {
    std::string unused;
    bool alone = false;
    for (std::string_view marker :
         {kOutput, kError, kHint, kDetails[0], kDetails[1], kDetails[2]}) {
      if (marked(content, marker, unused, alone) && alone) return false;
    }
    return true;
  };
  const auto end = lines.begin() + static_cast<ptrdiff_t>(std::min(line, lines.size()));
  return static_cast<size_t>(std::count_if(lines.begin(), end, stays));
}

/// "1:3", or "[lib/m.calc:1:3]" in another file.
std::string place(const base::Sources& sources, base::Span span, const std::string& path) {
  const base::LineColumn at = sources.position(span.source, span.begin);
  const base::Source& source = sources.get(span.source);
  const size_t line = own_line(source.text, at.line);
  const std::string text = std::to_string(line) + ":" + std::to_string(at.column);
  const std::string& name = source.name;
  if (name == path) return text;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return "[" + std::filesystem::path(name).lexically_relative(folder).string() + ":" + text + "]";
}

void add_details(const base::Sources& sources, const base::Diagnostic& error,
                 const std::string& path, Record& record) {
  if (!error.note.empty()) record.details[kDetails[0]].push_back(error.note);
  for (const base::Label& label : error.labels) {
    record.details[kDetails[1]].push_back(place(sources, label.span, path) + ": " + label.text);
  }
  for (const base::Frame& frame : error.frames) {
    const std::string from = frame.call.known() ? ", " + place(sources, frame.call, path) : "";
    record.details[kDetails[2]].push_back(frame.function + from);
  }
}

void erase_all(std::string& text, const std::string& part) {
  for (size_t k = text.find(part); k != std::string::npos; k = text.find(part)) {
    text.erase(k, part.size());
  }
}

Record behaviour(const std::string& path, const std::string& text, driver::Tier tier) {
  Record record;
  std::string pending;
  driver::Options options;
  options.tier = tier;
  options.verify = true;
  options.out = [&](std::string_view piece) { pending += piece; };
  const driver::Session* current = nullptr;
  options.after_statement = [&](base::Span span) {
    if (pending.empty()) return;
    const size_t line = current->sources().position(span.source, span.end - 1).line;
    for (std::string& shown : split(pending)) {
      while (!shown.empty() && shown.back() == ' ') shown.pop_back();
      record.output[line].push_back(std::move(shown));
    }
    pending.clear();
  };
  driver::Session session(std::move(options));
  current = &session;
  const driver::Outcome outcome = session.run(path, text);
  if (outcome.errors.empty()) return record;
  const base::Diagnostic& first = outcome.errors.front();
  const base::Span here = place_in(session.sources(), first, path);
  const base::LineColumn at = session.sources().position(here.source, here.begin);
  record.error_line = at.line;
  // What the failing statement printed before it failed.
  for (std::string& shown : split(pending)) record.output[at.line].push_back(std::move(shown));
  record.error =
      std::to_string(at.column) + ": " + elsewhere(session.sources(), first, path) + first.message;
  record.hint = first.hint;
  add_details(session.sources(), first, path, record);
  // The same in every checkout.
  const std::string folder = std::filesystem::path(path).parent_path().string() + "/";
  erase_all(record.error, folder);
  erase_all(record.hint, folder);
  for (auto& [kind, details] : record.details) {
    for (std::string& detail : details) erase_all(detail, folder);
  }
  return record;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n      " + line;
  return text;
}

std::string difference(const Record& expected, const Record& got) {
  std::string text;
  std::map<size_t, int> lines;
  for (const auto& [line, output] : expected.output) lines[line] = 0;
  for (const auto& [line, output] : got.output) lines[line] = 0;
  for (const auto& [line, unused] : lines) {
    const auto want =
        expected.output.count(line) ? expected.output.at(line) : std::vector<std::string>{};
    const auto have = got.output.count(line) ? got.output.at(line) : std::vector<std::string>{};
    if (want == have) continue;
    text += "  line " + std::to_string(line) + " expected:" + joined(want) +
            "\n    got:" + joined(have) + "\n";
  }
  if (expected.error_line != got.error_line || expected.error != got.error) {
    text += "  expected error: line " + std::to_string(expected.error_line) + ": " +
            expected.error + "\n  got error: line " + std::to_string(got.error_line) + ": " +
            got.error + "\n";
  }
  if (!expected.hint.empty() && expected.hint != got.hint) {
    text += "  expected hint: " + expected.hint + "\n  got hint: " + got.hint + "\n";
  }
  for (const auto& [kind, details] : expected.details) {
    const auto have = got.details.find(kind);
    const std::vector<std::string> none;
    const std::vector<std::string>& found = have == got.details.end() ? none : have->second;
    if (found == details) continue;
    text += "  expected " + std::string(kind) + joined(details) + "\n  got:" + joined(found) + "\n";
  }
  return text;
}

}  // namespace

std::string check_file(const std::string& path, driver::Tier tier) {
  const std::string text = read(path);
  const Record expected = expectation(split(text));
  const bool must_fail = std::filesystem::path(path).filename().string().starts_with("fail_");
  if (must_fail != (expected.error_line != 0)) {
    return "  a file is named fail_* exactly when it expects an error\n";
  }
  return difference(expected, behaviour(path, text, tier));
}

/// The layout of `calc fmt`, which the examples have.
void lay_out(const std::string& path) {
  base::Sources sources;
  const std::string text = syntax::format(sources, sources.add(path, read(path)));
  std::ofstream(path, std::ios::binary) << text;
}

void update_expectations(const std::string& path) {
  const std::string text = read(path);
  const Record got = behaviour(path, text, driver::Tier::Evaluate);
  std::ofstream file(path, std::ios::binary);
  const std::vector<std::string> lines = split(text);
  for (size_t k = 0; k < lines.size(); ++k) {
    std::string line = lines[k];
    std::string old;
    bool alone = false;
    for (std::string_view marker :
         {kOutput, kError, kHint, kDetails[0], kDetails[1], kDetails[2]}) {
      if (!marked(line, marker, old, alone)) continue;
      line = alone ? "" : line.substr(0, line.find(marker));
      if (alone) break;
    }
    if (alone) continue;
    auto output = got.output.find(k + 1);
    const bool fails = got.error_line == k + 1;
    if (output == got.output.end() && !fails) {
      file << line << "\n";
      continue;
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (output != got.output.end()) {
      file << line << "  " << kOutput << " " << output->second[0] << "\n";
      for (size_t n = 1; n < output->second.size(); ++n) {
        file << kOutput << " " << output->second[n] << "\n";
      }
    }
    if (fails) {
      file << line << "  " << kError << " " << got.error << "\n";
      if (!got.hint.empty()) file << kHint << " " << got.hint << "\n";
      for (std::string_view kind : kDetails) {
        const auto found = got.details.find(kind);
        if (found == got.details.end()) continue;
        for (const std::string& detail : found->second) file << kind << " " << detail << "\n";
      }
    }
  }
}

void update_file(const std::string& path) {
  update_expectations(path);
  if (path.find("/examples/") != std::string::npos) lay_out(path);
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  const std::filesystem::path root = std::filesystem::path(CALC_SOURCE_DIR) / folder;
  if (!std::filesystem::exists(root)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".calc") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace calc::tests

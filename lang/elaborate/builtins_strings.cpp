// The module `text`: texts taken apart and put together, before the program runs.
#include <charconv>
#include <cmath>

#include "lang/base/utf8.h"
#include "lang/elaborate/builtins.h"
#include "lang/elaborate/builtins_text.h"

namespace calc::elab {

namespace {

const std::string& text_of(const BuiltinArgs& args, size_t k) {
  if (const std::string* text = plain_text(args[k])) return *text;
  const bool holes = args[k]->kind == ValueKind::String || args[k]->kind == ValueKind::Choice;
  base::fail(args.span(k), holes && !is_function(*args[k])
                               ? args.name() + " needs a text that is known before the program runs"
                               : args.name() + " needs a text, and this is " + type_text(*args[k]));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

ValuePtr length(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const std::string& text = text_of(args, 0);
  int64_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) at += base::decode(text, at).length;
  return int_value(emit, count);
}

ValuePtr strings(const std::vector<std::string>& texts) {
  std::vector<ValuePtr> items;
  for (const std::string& text : texts) items.push_back(string(text));
  return tuple(std::move(items));
}

ValuePtr split(Emit&, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const std::string& text = text_of(args, 0);
  std::vector<std::string> parts;
  if (!args.has(1)) {
    for (size_t at = 0; at < text.size();) {
      const std::string_view rest = trimmed(std::string_view(text).substr(at));
      if (rest.empty()) break;
      const size_t begin = static_cast<size_t>(rest.data() - text.data());
      const size_t end = std::min(text.find_first_of(" \t\r\n\v\f", begin), text.size());
      parts.push_back(text.substr(begin, end - begin));
      at = end;
    }
    return strings(parts);
  }
  const std::string& separator = text_of(args, 1);
  if (separator.empty()) base::fail(args.span(1), "the separator of `text.split` is empty");
  size_t from = 0;
  for (size_t at = text.find(separator); at != std::string::npos; at = text.find(separator, from)) {
    parts.push_back(text.substr(from, at - from));
    from = at + separator.size();
  }
  parts.push_back(text.substr(from));
  return strings(parts);
}

ValuePtr lines(Emit&, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  std::string_view rest = text_of(args, 0);
  std::vector<std::string> parts;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    parts.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return strings(parts);
}

/// Texts with holes stay as they are: nothing has to be known of them.
ValuePtr join(Emit&, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  if (args[0]->kind != ValueKind::Tuple) {
    base::fail(args.span(0),
               "`text.join` needs a tuple of texts, and this is " + type_text(*args[0]));
  }
  const std::string separator = args.has(1) ? text_of(args, 1) : "";
  Value value;
  value.kind = ValueKind::String;
  for (size_t k = 0; k < args[0]->items.size(); ++k) {
    const ValuePtr& item = args[0]->items[k];
    if (item->kind != ValueKind::String) {
      base::fail(args.span(0), "`text.join` needs texts, and item " + std::to_string(k) + " is " +
                                   type_text(*item));
    }
    if (k > 0 && !separator.empty()) value.pieces.push_back({separator, nullptr, {}});
    append_pieces(item, "", value.pieces);
  }
  std::vector<StringPiece> merged;
  for (StringPiece& piece : value.pieces) {
    if (!merged.empty() && !merged.back().hole && !piece.hole) {
      merged.back().text += piece.text;
    } else {
      merged.push_back(std::move(piece));
    }
  }
  value.pieces = std::move(merged);
  return std::make_shared<const Value>(std::move(value));
}

ValuePtr strip(Emit&, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  return string(std::string(trimmed(text_of(args, 0))));
}

ValuePtr contains(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const std::string& text = text_of(args, 0);
  const std::string& part = text_of(args, 1);
  if (self.name == "text.starts_with") return bool_value(emit, text.starts_with(part));
  if (self.name == "text.ends_with") return bool_value(emit, text.ends_with(part));
  return bool_value(emit, text.find(part) != std::string::npos);
}

ValuePtr replace(Emit&, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  std::string text = text_of(args, 0);
  const std::string& old = text_of(args, 1);
  const std::string& fresh = text_of(args, 2);
  if (old.empty()) base::fail(args.span(1), "`text.replace` looks for an empty text");
  for (size_t at = text.find(old); at != std::string::npos;
       at = text.find(old, at + fresh.size())) {
    text.replace(at, old.size(), fresh);
  }
  return string(std::move(text));
}

template <typename T>
std::optional<T> read_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

const Builtin kTable[] = {
    {"text.length", "text", "How many characters it has.\n\n    text.length(\"αβγ\")    # => 3",
     length},
    {"text.split", "text, separator = none",
     "The parts between separators, a tuple; without a separator, the words between blanks.\n\n    "
     "text.split(\"1,2\", \",\")    # => (\"1\", \"2\")",
     split},
    {"text.lines", "text",
     "Its lines, a tuple.\n\n    text.lines(\"a\\nb\\n\")    # => (\"a\", \"b\")", lines},
    {"text.join", "texts, separator = none",
     "The texts of a tuple in a row, with a separator between them.\n\n    "
     "text.join((\"a\", \"b\"), \"-\")    # => \"a-b\"",
     join},
    {"text.strip", "text",
     "Without the blanks at its ends.\n\n    text.strip(\" a \")    # => \"a\"", strip},
    {"text.contains", "text, part",
     "Is one text a part of another?\n\n    text.contains(\"loss\", \"os\")    # => true",
     contains},
    {"text.starts_with", "text, part",
     "Does it begin so?\n\n    text.starts_with(\"loss\", \"lo\")    # => true", contains},
    {"text.ends_with", "text, part",
     "Does it end so?\n\n    text.ends_with(\"loss\", \"lo\")    # => false", contains},
    {"text.replace", "text, old, new",
     "With each `old` in it replaced.\n\n    text.replace(\"1;2\", \";\", \",\")    # => \"1,2\"",
     replace},
};

}  // namespace

ValuePtr parsed_number(Emit& emit, const ValuePtr& value, core::Elem elem, base::Span span) {
  const std::string* text = plain_text(value);
  if (!text) base::fail(span, "only a text known before the program runs can be read as a number");
  const std::string_view number = trimmed(*text);
  const std::string shown = "`" + *text + "`";
  if (elem == core::Elem::I64) {
    if (const auto whole = read_number<int64_t>(number)) return int_value(emit, *whole);
    const auto real = read_number<double>(number);
    const bool large = real && *real == std::floor(*real);
    base::fail(span, shown + (large ? " does not fit in an Int" : " is not a whole number"),
               real ? "`Real` reads it" : "");
  }
  if (const auto real = read_number<double>(number)) return real_value(emit, *real);
  base::fail(span, shown + " is not a number");
}

std::span<const Builtin> string_builtins() { return kTable; }

}  // namespace calc::elab

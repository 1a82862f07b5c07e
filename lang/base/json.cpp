#include "lang/base/json.h"

#include <cstdio>

#include "lang/base/utf8.h"

namespace calc::base {

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    if (next.length == 0) {
      out += "\\ufffd";
      ++at;
      continue;
    }
    if (byte == '"' || byte == '\\') {
      out += {'\\', text[at]};
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += text.substr(at, next.length);
    }
    at += next.length;
  }
  return out + '"';
}

/// Members of an object, after those that are there.
class Object {
 public:
  explicit Object(const Sources& sources) : sources_(sources) {}

  Object& text(const char* key, std::string_view value) {
    if (!value.empty()) raw(key, quoted(value));
    return *this;
  }
  Object& place(Span span) {
    if (!span.known()) return *this;
    const LineColumn begin = sources_.position(span.source, span.begin);
    const LineColumn end = sources_.position(span.source, span.end);
    text("file", sources_.get(span.source).name);
    raw("line", std::to_string(begin.line)).raw("column", std::to_string(begin.column));
    return raw("end_line", std::to_string(end.line)).raw("end_column", std::to_string(end.column));
  }
  Object& raw(const char* key, const std::string& value) {
    out_ += (out_.empty() ? "" : ", ") + quoted(key) + ": " + value;
    return *this;
  }
  std::string take() { return "{" + std::move(out_) + "}"; }

 private:
  const Sources& sources_;
  std::string out_;
};

template <typename Items, typename Each>
std::string list(const Items& items, Each each) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + each(item);
  return out + "]";
}

}  // namespace

std::string render_json(const Sources& sources, const Diagnostic& diagnostic) {
  Object object(sources);
  object.text("severity", diagnostic.severity == Severity::Error ? "error" : "warning");
  object.text("message", diagnostic.message).place(diagnostic.span);
  object.text("note", diagnostic.note).text("hint", diagnostic.hint);
  object.raw("labels", list(diagnostic.labels, [&](const Label& label) {
               return Object(sources).place(label.span).text("text", label.text).take();
             }));
  object.raw("frames", list(diagnostic.frames, [&](const Frame& frame) {
               return Object(sources).text("function", frame.function).place(frame.call).take();
             }));
  return object.take() + "\n";
}

}  // namespace calc::base

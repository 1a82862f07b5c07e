// What a program does besides computing: check (fail with a message), print, write files.
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"
#include "runtime/files.h"
#include "runtime/text.h"

namespace calc::prim {

namespace {

using core::Effect;
using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;
using core::ZeroDerivative;

// ---- check --------------------------------------------------------------------------------------

std::vector<Type> check_rule(Types args, const Attrs& attrs) {
  if (args.empty()) require_count(args, 1);
  require_elem(args[0], Elem::Bool);
  require_rank(args[0], 0);
  attrs.text("message");
  if (attrs.has("hint")) attrs.text("hint");
  return {};
}

/// A value on one line.
std::string line_text(const Array& value) {
  std::string line;
  for (char c : rt::display(value)) {
    const bool blank = c == '\n' || c == ' ';
    if (!blank || (!line.empty() && line.back() != ' ')) line += blank ? ' ' : c;
  }
  return line;
}

/// The text with each `{}` replaced by the next value.
std::string filled(const std::string& text, std::span<const Array> values) {
  std::string result;
  size_t at = 0;
  for (const Array& value : values) {
    const size_t hole = text.find("{}", at);
    if (hole == std::string::npos) break;
    result += text.substr(at, hole - at) + line_text(value);
    at = hole + 2;
  }
  return result + text.substr(at);
}

void evaluate_check(rt::Context&, Args args, const Attrs& attrs, Args) {
  if (args[0].as_bool()) return;
  fail(filled(attrs.text("message"), args.subspan(1)),
       attrs.has("hint") ? attrs.text("hint") : std::string());
}

std::vector<Sample> check_samples() {
  return {{{boolean(true)}, {{"message", "never"}}},
          {{boolean(true), integer(3), ints({1, 2})},
           {{"message", "{} is not {}"}, {"hint", "write something else"}}}};
}

// ---- print --------------------------------------------------------------------------------------

std::string numbered(const char* prefix, size_t k) { return fmt::format("{}{}", prefix, k); }

std::vector<Type> print_rule(Types args, const Attrs& attrs) {
  const auto count = static_cast<size_t>(attrs.integer("count"));
  if (args.size() != count) reject(fmt::format("{} values for {} holes", args.size(), count));
  for (size_t k = 0; k <= count; ++k) attrs.text(numbered("p", k));
  for (size_t k = 0; k < count; ++k) attrs.text(numbered("f", k));
  return {};
}

std::string value_text(const Array& value, const std::string& format) {
  constexpr std::string_view kDigits = "digits:";
  if (format.starts_with(kDigits)) {
    return rt::display(value, {.digits = std::stoi(format.substr(kDigits.size()))});
  }
  if (format == "all") return rt::display(value, {.all = true});
  if (value.rank() > 0 || format.empty()) return rt::display(value, {.spec = format});
  switch (value.elem()) {
    case Elem::Bool:
      return rt::format_value(value.as_bool(), format);
    case Elem::I64:
      return rt::format_value(value.as_int(), format);
    case Elem::F64:
      return rt::format_value(value.as_real(), format);
    case Elem::F32:
      return rt::format_value(value.as_real32(), format);
  }
  return {};
}

/// The pieces `p`0… with the values between them, as the formats `f`0… say.
std::string pieced(Args values, const Attrs& attrs, const char* p, const char* f) {
  std::string text = attrs.text(numbered(p, 0));
  for (size_t k = 0; k < values.size(); ++k) {
    text += value_text(values[k], attrs.text(numbered(f, k)));
    text += attrs.text(numbered(p, k + 1));
  }
  return text;
}

void evaluate_print(rt::Context& context, Args args, const Attrs& attrs, Args) {
  const std::string text = pieced(args, attrs, "p", "f");
  if (context.print) context.print(text);
}

std::vector<Sample> print_samples() {
  return {{{}, {{"count", int64_t{0}}, {"p0", "hello\n"}}},
          {{real(1.5), ints({1, 2})},
           {{"count", int64_t{2}},
            {"p0", "x = "},
            {"f0", ".2f"},
            {"p1", ", k = "},
            {"f1", ""},
            {"p2", "\n"}}}};
}

// ---- write --------------------------------------------------------------------------------------

std::vector<Type> write_rule(Types args, const Attrs& attrs) {
  const auto paths = static_cast<size_t>(attrs.integer("path_count"));
  const auto count = static_cast<size_t>(attrs.integer("count"));
  if (args.size() != paths + count) {
    reject(fmt::format("{} values for {} holes", args.size(), paths + count));
  }
  for (size_t k = 0; k <= paths; ++k) attrs.text(numbered("q", k));
  for (size_t k = 0; k < paths; ++k) attrs.text(numbered("g", k));
  for (size_t k = 0; k <= count; ++k) attrs.text(numbered("p", k));
  for (size_t k = 0; k < count; ++k) attrs.text(numbered("f", k));
  attrs.flag("append");
  return {};
}

void evaluate_write(rt::Context&, Args args, const Attrs& attrs, Args) {
  const auto paths = static_cast<size_t>(attrs.integer("path_count"));
  const std::string path = pieced(args.first(paths), attrs, "q", "g");
  rt::write_file(path, pieced(args.subspan(paths), attrs, "p", "f"), attrs.flag("append"));
}

std::vector<Sample> write_samples() {
  return {{{real(1.5)},
           {{"path_count", int64_t{0}},
            {"q0", "/dev/null"},
            {"count", int64_t{1}},
            {"p0", "x = "},
            {"f0", ".2f"},
            {"p1", "\n"},
            {"append", true}}}};
}

}  // namespace

void add_effects(core::Registry& registry) {
  static const Primitive records[] = {
      {.name = "check",
       .params = {"condition", "values…"},
       .doc = "Fails with {message}, its holes filled, and {hint} when the condition is false.",
       .type_rule = checked<check_rule>,
       .evaluate = evaluate_check,
       .derivative = ZeroDerivative{"it has no result"},
       .transpose = NotLinear{},
       .lowering = OpaqueLowering{},
       .samples = check_samples,
       .effect = Effect::Fails},
      {.name = "print",
       .params = {"values…"},
       .doc =
           "Writes the text pieces {p0}… with the values, as {f0}… format them, between them; the "
           "format `digits:n` is n significant digits, `all` every entry.",
       .type_rule = checked<print_rule>,
       .evaluate = evaluate_print,
       .derivative = ZeroDerivative{"it has no result"},
       .transpose = NotLinear{},
       .lowering = OpaqueLowering{},
       .samples = print_samples,
       .effect = Effect::State},
      {.name = "write",
       .params = {"values…"},
       .doc = "Writes a text, made as by `print` of {p0}… {f0}…, to the file named by {q0}… {g0}… "
              "and the first {path_count} values; with {append} to its end.",
       .type_rule = checked<write_rule>,
       .evaluate = evaluate_write,
       .derivative = ZeroDerivative{"it has no result"},
       .transpose = NotLinear{},
       .lowering = OpaqueLowering{},
       .samples = write_samples,
       .effect = Effect::State}};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim

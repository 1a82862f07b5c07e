// What a program does besides computing: check (fail with a message) and print.
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/pieces.h"
#include "lang/prim/samples.h"
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

std::vector<Type> print_rule(Types args, const Attrs& attrs) {
  const auto count = static_cast<size_t>(attrs.integer("count"));
  if (args.size() != count) reject(fmt::format("{} values for {} holes", args.size(), count));
  require_pieces(attrs, count, "p", "f");
  return {};
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
       .effect = Effect::State}};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim

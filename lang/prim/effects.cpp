// What a program does besides computing: check (fail with a message) and print.
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
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
  for (const Type& arg : args) require_rank(arg, 0);
  attrs.text("message");
  if (attrs.has("hint")) attrs.text("hint");
  return {};
}

std::string scalar_text(const Array& value) {
  switch (value.elem()) {
    case Elem::Bool:
      return value.as_bool() ? "true" : "false";
    case Elem::I64:
      return rt::int_text(value.as_int());
    case Elem::F64:
      return rt::real_text(value.as_real());
    case Elem::F32:
      return rt::real_text(value.as_real32());
  }
  return {};
}

/// The text with each `{}` replaced by the next value.
std::string filled(const std::string& text, std::span<const Array> values) {
  std::string result;
  size_t at = 0;
  for (const Array& value : values) {
    const size_t hole = text.find("{}", at);
    if (hole == std::string::npos) break;
    result += text.substr(at, hole - at) + scalar_text(value);
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
          {{boolean(true), integer(3), real(2.5)},
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

void evaluate_print(rt::Context& context, Args args, const Attrs& attrs, Args) {
  std::string text = attrs.text("p0");
  for (size_t k = 0; k < args.size(); ++k) {
    text += value_text(args[k], attrs.text(numbered("f", k)));
    text += attrs.text(numbered("p", k + 1));
  }
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

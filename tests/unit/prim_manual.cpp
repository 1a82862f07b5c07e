// docs/primitives.md is generated from the records; this test compares, and writes it when the
// environment sets CALC_UPDATE.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/unit/prim_support.h"

namespace calc::test {

namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
  return result;
}

std::string signature(const core::Primitive& primitive) {
  std::string text = std::string(primitive.name) + "(";
  for (size_t k = 0; k < primitive.params.size(); ++k) {
    text += (k ? ", " : "") + std::string(primitive.params[k]);
  }
  return "`" + text + ")`";
}

std::string derivative(const core::Primitive& primitive) {
  const auto& rule = primitive.derivative.rule;
  if (const auto* partials = std::get_if<core::Partials>(&rule)) {
    std::string text;
    for (size_t k = 0; k < partials->texts.size(); ++k) {
      text += (k ? ", " : "") + ("by " + std::string(primitive.params[k]) + ": `") +
              std::string(partials->texts[k]) + "`";
    }
    return text;
  }
  if (const auto* zero = std::get_if<core::ZeroDerivative>(&rule)) {
    return "none: " + std::string(zero->reason);
  }
  if (std::holds_alternative<core::LinearOp>(rule)) return "linear";
  if (std::holds_alternative<core::Multilinear>(rule)) return "linear in each operand";
  return "a rule of its own";
}

std::string_view effect(const core::Primitive& primitive) {
  switch (primitive.effect) {
    case core::Effect::None:
      return "";
    case core::Effect::Fails:
      return primitive.may_fail == nullptr ? " Kept when unused: it may fail."
                                           : " Kept when unused where it may fail.";
    case core::Effect::State:
      return " Keeps its place: it has an effect.";
  }
  return "";
}

std::string manual() {
  prim::install();
  std::string text =
      "# The primitives of Core\n\n"
      "Generated from the records in `lang/prim` (run the unit tests with `CALC_UPDATE=1`).\n"
      "Operand types and attributes stand in `lang/README.md`; `{…}` is an attribute, `result` the "
      "value itself.\n\n"
      "| primitive | what it computes | derivative |\n|---|---|---|\n";
  for (const core::Primitive* primitive : core::registry().all()) {
    text += "| " + escaped(signature(*primitive)) + " | " + escaped(primitive->doc) +
            std::string(effect(*primitive)) + " | " + escaped(derivative(*primitive)) + " |\n";
  }
  return text;
}

}  // namespace

TEST_CASE("the manual of primitives is what the records say", "[prim][docs]") {
  const std::string path = CALC_SOURCE_DIR "/docs/primitives.md";
  if (std::getenv("CALC_UPDATE")) std::ofstream(path) << manual();
  std::ifstream file(path);
  const std::string written((std::istreambuf_iterator<char>(file)), {});
  CHECK(written == manual());
}

}  // namespace calc::test

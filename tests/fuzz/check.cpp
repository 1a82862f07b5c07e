#include "tests/fuzz/check.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <numeric>
#include <span>
#include <sstream>

#include "lang/driver/session.h"
#include "tests/fuzz/generate.h"

namespace calc::fuzz {

namespace {

/// The entries of `report`, and with which earlier one each must agree.
struct Entry {
  const char* name;
  const char* text;
  int like;
};

constexpr std::array<Entry, 16> kEntries = {{
    {"value", "f(x)", 0},
    {"jvp", "jvp(f, x, u)[1]", 1},
    {"grad", "grad(f)(x) · u", 1},
    {"vjp", "vjp(f, x)[1](1.0) · u", 1},
    {"linearize", "linearize(f, x)[1](u)", 1},
    {"difference", "fd(f, x, u, 1e-3)", 1},
    {"finer difference", "fd(f, x, u, 5e-4)", 1},
    {"hvp", "hvp(f, x, u) · w", 7},
    {"hessian", "(hessian(f)(x) @ u) · w", 7},
    {"grad of grad", "grad(y -> grad(f)(y) · u)(x) · w", 7},
    {"jvp of jvp", "jvp(y -> jvp(f, y, u)[1], x, w)[1]", 7},
    {"grad of jvp", "grad(y -> jvp(f, y, u)[1])(x) · w", 7},
    {"difference of grad", "fd(y -> grad(f)(y) · w, x, u, 1e-3)", 7},
    {"finer difference of grad", "fd(y -> grad(f)(y) · w, x, u, 5e-4)", 7},
    {"jacobian", "sum(jacobian(y -> [f(y), 2 * f(y)])(x) @ u) / 3", 1},
    {"vmapped", "sum(vmap(y -> grad(f)(y) · u)([x, x])) / 2", 1},
}};

constexpr const char* kDifference =
    "fd(f, x, u, h) = (8 * (f(x + h * u) - f(x - h * u)) - (f(x + 2 * h * u) - f(x - 2 * h * u)))"
    " / (12 * h)\n";

struct Result {
  std::string error;
  std::vector<double> values;
};

Result run_text(const std::string& text, driver::Tier tier) {
  std::string out;
  driver::Options options;
  options.tier = tier;
  options.out = [&](std::string_view piece) { out += piece; };
  driver::Session session(options);
  Result result;
  const driver::Outcome outcome = session.run("fuzz", text);
  if (!outcome.errors.empty()) {
    result.error = outcome.errors[0].message;
    return result;
  }
  std::istringstream in(out);
  std::string word;
  while (in >> word) result.values.push_back(std::strtod(word.c_str(), nullptr));
  return result;
}

std::string list(const std::vector<double>& values) {
  std::string out;
  for (double value : values) out += (out.empty() ? "" : ", ") + fmt::format("{:.4g}", value);
  return "[" + out + "]";
}

/// What compiled code is compared in: compiling all of them would take seconds.
constexpr std::array<size_t, 4> kCompiled = {0, 1, 2, 7};

std::string full_text(const Program& program, std::span<const size_t> entries) {
  std::string text = program.definitions() + kDifference + "report(x, u, w) = (";
  std::string shown;
  for (size_t k = 0; k < entries.size(); ++k) {
    text += std::string(k > 0 ? ", " : "") + kEntries[entries[k]].text;
    shown += fmt::format("{{r[{}]}} ", k);
  }
  text += fmt::format(")\nr = report({}, {}, {})\nprint(\"{}\")\n", list(program.point),
                      list(program.direction), list(program.other), shown);
  return text;
}

constexpr double kLarge = 1e3;

bool close(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * (1.0 + std::abs(a) + std::abs(b));
}

/// The two differences of an order, or nothing where they disagree: near a kink.
bool smooth(double coarse, double fine) {
  return std::isfinite(coarse) && std::isfinite(fine) && close(coarse, fine, 1e-7);
}

Verdict compare(const std::vector<double>& values) {
  Verdict verdict;
  for (double value : values) {
    if (!std::isfinite(value) || std::abs(value) > kLarge) verdict.kind = Verdict::Kind::Skipped;
  }
  const bool first = smooth(values[5], values[6]);
  const bool second = smooth(values[12], values[13]);
  if (verdict.kind == Verdict::Kind::Skipped || !first) {
    verdict.kind = Verdict::Kind::Skipped;
    return verdict;
  }
  for (size_t k = 0; k < values.size(); ++k) {
    const auto like = static_cast<size_t>(kEntries[k].like);
    const bool difference = k == 5 || k == 6 || k == 12 || k == 13;
    if ((k == 12 || k == 13) && !second) continue;
    if (close(values[k], values[like], difference ? 2e-6 : (like == 7 ? 1e-8 : 1e-10))) continue;
    const bool zero = values[k] == 0.0 || values[like] == 0.0;
    verdict.kind = zero ? Verdict::Kind::SilentZero : Verdict::Kind::Differs;
    verdict.what = fmt::format("{} and {}", kEntries[like].name, kEntries[k].name);
    verdict.detail = fmt::format("{} and {}", values[like], values[k]);
    return verdict;
  }
  return verdict;
}

}  // namespace

Checker::Checker() {
  for (const Feature& feature : features()) {
    if (run_text(feature.probe, driver::Tier::Evaluate).error.empty()) {
      available_.insert(feature.name);
    }
  }
}

namespace {

Verdict failed(const std::string& why) { return {Verdict::Kind::Fails, why, ""}; }

/// Compiled code against evaluated, of which the values are given.
Verdict compare_compiled(const Program& program, const std::vector<double>& evaluated) {
  const Result compiled = run_text(full_text(program, kCompiled), driver::Tier::Compile);
  if (!compiled.error.empty()) return failed("compiled: " + compiled.error);
  for (size_t k = 0; k < kCompiled.size(); ++k) {
    const double a = evaluated[kCompiled[k]];
    const double b = compiled.values.at(k);
    if (close(a, b, 1e-9) || (std::isnan(a) && std::isnan(b)) || a == b) continue;
    return {Verdict::Kind::Differs, fmt::format("compiled {}", kEntries[kCompiled[k]].name),
            fmt::format("{} evaluated, {} compiled", a, b)};
  }
  return {};
}

}  // namespace

Verdict Checker::check(const Program& program, bool compiled) {
  std::array<size_t, kEntries.size()> all;
  std::iota(all.begin(), all.end(), size_t{0});
  try {
    const Result evaluated = run_text(full_text(program, all), driver::Tier::Evaluate);
    if (!evaluated.error.empty()) return failed(evaluated.error);
    if (evaluated.values.size() != kEntries.size()) return failed("no report");
    const Verdict verdict = compare(evaluated.values);
    if (verdict.kind != Verdict::Kind::Holds || !compiled) return verdict;
    return compare_compiled(program, evaluated.values);
  } catch (const std::exception& error) {
    return failed(std::string("exception: ") + error.what());
  }
}

Verdict Checker::check_singular(const Program& program) {
  static constexpr std::array<size_t, 5> kFirstOrder = {0, 1, 2, 3, 4};
  try {
    const Result found = run_text(full_text(program, kFirstOrder), driver::Tier::Evaluate);
    if (!found.error.empty()) return failed(found.error);
    Verdict verdict;
    for (size_t k = 2; k < found.values.size(); ++k) {
      const double forward = found.values[1];
      const double reverse = found.values[k];
      if (!std::isfinite(forward)) verdict.kind = Verdict::Kind::Skipped;
      if (!std::isfinite(forward) || close(forward, reverse, 1e-9)) continue;
      return {Verdict::Kind::Differs, fmt::format("jvp and {}", kEntries[k].name),
              fmt::format("{} and {}", forward, reverse)};
    }
    return verdict;
  } catch (const std::exception& error) {
    return failed(std::string("exception: ") + error.what());
  }
}

namespace {

/// Is it the same failure? Values may change, the error's first words may not.
bool same(const Verdict& a, const Verdict& b) {
  if (a.kind != b.kind) return a.kind == Verdict::Kind::SilentZero && b.bad() && a.what == b.what;
  if (a.kind == Verdict::Kind::Fails) return a.what.substr(0, 25) == b.what.substr(0, 25);
  return a.what == b.what;
}

using Check = std::function<Verdict(const Program&)>;

Failure reported(uint64_t seed, const Program& program, const Verdict& verdict,
                 const Check& check) {
  const Program small =
      shrunk(program, [&](const Program& smaller) { return same(verdict, check(smaller)); }, 500);
  const Verdict at_last = check(small);
  Failure failure{seed, verdict, ""};
  failure.report =
      fmt::format("seed {}: {}: {}\n{}x = {}\nu = {}\nw = {}\n", seed, at_last.what, at_last.detail,
                  small.definitions(), list(small.point), list(small.direction), list(small.other));
  return failure;
}

void count(Tally& tally, uint64_t seed, const Program& program, bool verbose, const Check& check) {
  const Verdict verdict = check(program);
  ++tally.programs;
  if (verdict.kind == Verdict::Kind::Skipped) ++tally.skipped;
  if (verdict.kind == Verdict::Kind::SilentZero) ++tally.silent_zeros;
  if (!verdict.bad()) return;
  tally.failures.push_back(reported(seed, program, verdict, check));
  if (!verbose) return;
  std::fputs(tally.failures.back().report.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

Tally run(uint64_t first, int count, int compiled, bool verbose) {
  Checker checker;
  Tally tally;
  for (int k = 0; k < count; ++k) {
    const uint64_t seed = first + static_cast<uint64_t>(k);
    const bool both = compiled > 0 && k % compiled == 0;
    fuzz::count(tally, seed, generate(seed, checker.available()), verbose,
                [&](const Program& program) { return checker.check(program, both); });
  }
  return tally;
}

Tally run_singular(uint64_t first, int count, bool verbose) {
  const Checker checker;
  std::set<std::string> features = checker.available();
  features.insert("singular");
  Tally tally;
  for (int k = 0; k < count; ++k) {
    const uint64_t seed = first + static_cast<uint64_t>(k);
    fuzz::count(tally, seed, generate(seed, features), verbose, Checker::check_singular);
  }
  return tally;
}

}  // namespace calc::fuzz

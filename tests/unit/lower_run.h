#pragma once
// Lowers a Core text and compares what its loops compute with the reference evaluator.
#include <catch2/catch.hpp>
#include <string>

#include "lang/lower/lower.h"
#include "tests/unit/core_text.h"
#include "tests/unit/lower_interpreter.h"

namespace calc::lower_test {

struct Lowered {
  test::CoreText core;
  loop::Program program;
  std::vector<bool> donated;
  Counts counts;

  /// Parameters named in `gives` are given away by the caller.
  explicit Lowered(std::string_view text, std::vector<size_t> gives = {}) : core(text) {
    REQUIRE(core.verify() == "");
    donated.assign(core.function().body.params.size(), false);
    for (size_t k : gives) donated[k] = true;
    program = lower::lower(core.module, core.main, donated);
    for (const loop::Function& f : program.functions) {
      INFO(loop::print(f));
      CHECK(loop::verify(f) == "");
    }
  }

  const loop::Function& entry() const { return program.functions.back(); }
  std::string text() const { return loop::print(entry()); }

  std::vector<rt::Array> run(std::vector<rt::Array> args) {
    rt::Context context;
    context.print = [](std::string_view) {};
    counts = {};
    return interpret(program, std::move(args), donated, context, counts);
  }

  /// Equal to the evaluator: bit for bit, or within `tolerance` where sums are reordered.
  void agrees(const std::vector<rt::Array>& args, double tolerance = 0) {
    INFO(text());
    // Neither may change what it was given.
    auto copies = [&] {
      std::vector<rt::Array> fresh = args;
      for (rt::Array& array : fresh) array.make_unique();
      return fresh;
    };
    const std::vector<rt::Array> expected = core.run(copies());
    // Donated arguments are given up, the others stay in use here.
    std::vector<rt::Array> lent = copies(), passed = lent;
    for (size_t k = 0; k < lent.size(); ++k) {
      if (donated[k]) lent[k] = rt::Array();
    }
    const std::vector<rt::Array> given = run(std::move(passed));
    REQUIRE(given.size() == expected.size());
    for (size_t k = 0; k < given.size(); ++k) {
      INFO("result " << k);
      same(given[k], expected[k], tolerance);
    }
    for (size_t k = 0; k < args.size(); ++k) {
      if (!donated[k]) CHECK(lent[k].identical(args[k]));
    }
  }

  static std::string entries(const rt::Array& array) {
    std::string text;
    for (int64_t k = 0; k < std::min<int64_t>(array.size(), 32); ++k) {
      text += array.elem() == rt::Elem::F64 ? std::to_string(array.data<double>()[k]) + " " : "? ";
    }
    return text;
  }
  static void same(const rt::Array& a, const rt::Array& b, double tolerance) {
    if (tolerance == 0 || a.elem() != rt::Elem::F64) {
      INFO(entries(a) << " against " << entries(b));
      CHECK(a.identical(b));
      return;
    }
    REQUIRE(std::ranges::equal(a.dims(), b.dims()));
    for (int64_t k = 0; k < a.size(); ++k) {
      CHECK(a.data<double>()[k] == Approx(b.data<double>()[k]).epsilon(tolerance));
    }
  }

  /// Statements of a kind, nested ones included; of loops only those `inside` another when asked.
  int count(loop::StmtKind kind) const { return count(entry().body, kind, false, true); }
  int count_in_loops(loop::StmtKind kind) const { return count(entry().body, kind, false, false); }

 private:
  static int count(const loop::Stmts& stmts, loop::StmtKind kind, bool inside, bool anywhere) {
    int found = 0;
    for (const loop::Stmt& s : stmts) {
      if (s.kind == kind && (inside || anywhere)) ++found;
      const bool loop = s.kind == loop::StmtKind::For || s.kind == loop::StmtKind::While;
      for (const loop::Stmts* list : {&s.prelude, &s.body, &s.orelse}) {
        found += count(*list, kind, inside || loop, anywhere);
      }
    }
    return found;
  }
};

inline rt::Array matrix(int64_t rows, int64_t columns, double start = 0.5, double step = 0.25) {
  std::vector<double> values;
  for (int64_t k = 0; k < rows * columns; ++k) {
    values.push_back(start + step * static_cast<double>((k * 7) % 11) - 1.0);
  }
  const int64_t dims[] = {rows, columns};
  return rt::Array::reals(dims, values);
}
inline rt::Array ints(std::vector<int64_t> values) {
  const int64_t size = static_cast<int64_t>(values.size());
  return rt::Array::ints(std::span(&size, 1), values);
}

}  // namespace calc::lower_test

// Random programs full of updates, aliases, branches and nested loops: their loops must compute
// what the evaluator computes. All numbers are small whole reals, so that the order of sums is no
// excuse.
#include <random>

#include "lang/codegen/jit.h"
#include "tests/unit/lower_run.h"

namespace calc::lower_test {
namespace {

/// Writes a random function of a vector f64[4], a matrix f64[4, 4] and an index.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string function() {
    text_ =
        "fn turn(%v: f64[4], %s: f64) -> (f64[4], f64[4]) {\n"
        "  %one = const 1\n"
        "  %r = reverse %v {axes = [0]}\n"
        "  %w = index_set %v, %s, %one {axes = [0]}\n"
        "  %x = add %w, %r\n"
        "  %n = const 7.0\n"
        "  %b = broadcast %n {dims = [4], axes = []}\n"
        "  %y = mod %x, %b\n"
        "  return %v, %y\n"
        "}\n";
    text_ += "fn f(%v: f64[4], %m: f64[4, 4], %i: i64) -> (f64[4], f64[4, 4], f64, f64[4]) {\n";
    pool_ = {{"%v"}, {"%m"}, {}, {"%i"}, {}};
    emit("%seven = const 7.0");
    emit("%sevens = broadcast %seven {dims = [4], axes = []}");
    emit("%sevenss = broadcast %seven {dims = [4, 4], axes = []}");
    emit("%four = const 4");
    emit("%one = const 1");
    emit("%two = const 2");
    emit("%three = const 3");
    emit("%ix = const [3, 0, 2, 0]");
    for (const char* index : {"%one", "%two", "%three"}) pool_.index.push_back(index);
    pool_.scalar.push_back("%seven");
    statements(2 + pick(12), 2);
    emit("return " + any(pool_.vector) + ", " + any(pool_.matrix) + ", " + any(pool_.scalar) +
         ", " + any(pool_.vector));
    return text_ + "}\n";
  }

 private:
  struct Pool {
    std::vector<std::string> vector, matrix, scalar, index, truth;
  };

  size_t pick(size_t n) { return random_() % n; }
  /// Mostly something recent: that is where things die.
  const std::string& any(const std::vector<std::string>& from) {
    const size_t back = pick(3) == 0 ? pick(from.size()) : pick(std::min<size_t>(3, from.size()));
    return from[from.size() - 1 - back];
  }
  std::string fresh() { return "%x" + std::to_string(next_++); }
  void emit(const std::string& line) { text_ += "  " + line + "\n"; }
  std::string define(const std::string& operation) {
    const std::string name = fresh();
    emit(name + " = " + operation);
    return name;
  }

  void statements(size_t count, int depth) {
    for (size_t k = 0; k < count; ++k) {
      switch (pick(depth > 0 ? 10 : 7)) {
        case 0:
        case 1:
          pool_.vector.push_back(vector());
          break;
        case 2:
          pool_.vector.push_back(updated_vector());
          break;
        case 3:
          pool_.matrix.push_back(matrix());
          break;
        case 4:
          pool_.matrix.push_back(updated_matrix());
          break;
        case 5:
          pool_.scalar.push_back(scalar());
          break;
        case 6:
          call();
          break;
        case 7:
          branch(depth - 1);
          break;
        case 8:
          repeat(depth - 1);
          break;
        default:
          loop(depth - 1);
      }
    }
  }

  std::string small(const std::string& value, const char* sevens) {
    return define("mod " + value + ", " + sevens);
  }

  std::string vector() {
    const std::string v = any(pool_.vector), w = any(pool_.vector), m = any(pool_.matrix);
    switch (pick(12)) {
      case 0:
        return define("add " + v + ", " + w);
      case 1:
        return small(define("mul " + v + ", " + w), "%sevens");
      case 2:
        return define("sub %sevens, " + v);
      case 3:
        return define("reverse " + v + " {axes = [0]}");
      case 4:
        return define("index " + m + ", " + any(pool_.index) + " {axes = [0]}");
      case 5:
        return define("index " + m + ", " + any(pool_.index) + " {axes = [1]}");
      case 6:
        return define("take " + v + ", %ix {axis = 0}");
      case 7:
        return small(define("reduce_sum " + m + " {axes = [0]}"), "%sevens");
      case 8:
        return define("reduce_max " + m + " {axes = [1]}");
      case 9:
        return small(define("cumsum " + v + " {axis = 0}"), "%sevens");
      case 10:
        return small(define("dot_general " + m + ", " + v +
                            " {lhs_contract = [1], rhs_contract = [0], lhs_batch = [], "
                            "rhs_batch = []}"),
                     "%sevens");
      default: {
        const std::string front =
            define("slice " + v + ", %one, %two {axis = 0, step = 1, size = 2}");
        const std::string back =
            define("slice " + w + ", %two, %two {axis = 0, step = -1, size = 2}");
        return define("concat " + front + ", " + back + " {axis = 0}");
      }
    }
  }

  std::string updated_vector() {
    const std::string v = any(pool_.vector), w = any(pool_.vector), s = any(pool_.scalar);
    const std::string i = any(pool_.index);
    switch (pick(5)) {
      case 0:
        return define("index_set " + v + ", " + s + ", " + i + " {axes = [0]}");
      case 1:
        return small(define("index_add " + v + ", " + s + ", " + i + " {axes = [0]}"), "%sevens");
      case 2: {
        const std::string part =
            define("slice " + w + ", %one, %two {axis = 0, step = 1, size = 2}");
        const std::string twice = define("add " + part + ", " + part);
        return small(define("slice_set " + v + ", " + twice + ", %two {axis = 0, step = 1}"),
                     "%sevens");
      }
      case 3: {
        const std::string part =
            define("slice " + v + ", %one, %two {axis = 0, step = 1, size = 2}");
        return small(define("slice_add " + v + ", " + part + ", %one {axis = 0, step = 1}"),
                     "%sevens");
      }
      default:
        return small(define("take_add " + v + ", " + w + ", %ix {axis = 0}"), "%sevens");
    }
  }

  std::string matrix() {
    const std::string m = any(pool_.matrix), n = any(pool_.matrix), v = any(pool_.vector);
    switch (pick(7)) {
      case 0:
        return define("add " + m + ", " + n);
      case 1:
        return small(define("mul " + m + ", " + n), "%sevenss");
      case 2:
        return define("transpose " + m + " {perm = [1, 0]}");
      case 3:
        return define("broadcast " + v + " {dims = [4, 4], axes = [0]}");
      case 4:
        return define("broadcast " + v + " {dims = [4, 4], axes = [1]}");
      case 5:
        return define("stack " + v + ", " + any(pool_.vector) + ", " + v + ", " +
                      any(pool_.vector));
      default:
        return small(define("dot_general " + m + ", " + n +
                            " {lhs_contract = [1], rhs_contract = [0], lhs_batch = [], "
                            "rhs_batch = []}"),
                     "%sevenss");
    }
  }

  std::string updated_matrix() {
    const std::string m = any(pool_.matrix), v = any(pool_.vector), i = any(pool_.index);
    switch (pick(5)) {
      case 0:
        return define("index_set " + m + ", " + v + ", " + i + " {axes = [0]}");
      case 1:
        return small(define("index_add " + m + ", " + v + ", " + i + " {axes = [1]}"), "%sevenss");
      case 2: {
        const std::string row = define("index " + m + ", " + i + " {axes = [0]}");
        const std::string twice = define("add " + row + ", " + row);
        return small(
            define("index_set " + m + ", " + twice + ", " + any(pool_.index) + " {axes = [0]}"),
            "%sevenss");
      }
      case 3:
        return define("index_set " + m + ", " + any(pool_.scalar) + ", " + i + ", " +
                      any(pool_.index) + " {axes = [0, 1]}");
      default:
        return define("take_set " + m + ", " + any(pool_.matrix) + ", %ix {axis = 1}");
    }
  }

  std::string scalar() {
    const std::string s = any(pool_.scalar);
    switch (pick(4)) {
      case 0:
        return define("index " + any(pool_.vector) + ", " + any(pool_.index) + " {axes = [0]}");
      case 1:
        return small(define("reduce_sum " + any(pool_.vector) + " {axes = [0]}"), "%seven");
      case 2:
        return small(define("add " + s + ", " + any(pool_.scalar)), "%seven");
      default:
        return define("reduce_max " + any(pool_.matrix) + " {axes = [0, 1]}");
    }
  }

  void call() {
    const std::string v = fresh(), w = fresh();
    emit(v + ", " + w + " = call turn " + any(pool_.vector) + ", " + any(pool_.scalar));
    pool_.vector.insert(pool_.vector.end(), {v, w});
  }

  /// A while that counts to three.
  void repeat(int depth) {
    const std::string v = fresh(), m = fresh(), k = fresh(), pv = fresh(), pm = fresh();
    const std::string pk = fresh(), cv = fresh(), cm = fresh(), ck = fresh();
    const std::string zero = define("const 0");
    auto params = [](const std::string& a, const std::string& b, const std::string& c) {
      return std::vector<std::string>{a + ": f64[4]", b + ": f64[4, 4]", c + ": i64"};
    };
    const auto first = params(cv, cm, ck), second = params(pv, pm, pk);
    emit(v + ", " + m + ", " + k + " = while (" + first[0] + " = " + any(pool_.vector) + ", " +
         first[1] + " = " + any(pool_.matrix) + ", " + first[2] + " = " + zero + ") {");
    emit("yield " + define("lt " + ck + ", %three"));
    emit("} do (" + second[0] + ", " + second[1] + ", " + second[2] + ") {");
    const Pool outer = pool_;
    pool_.vector.push_back(pv);
    pool_.matrix.push_back(pm);
    pool_.index.push_back(pk);
    statements(1 + pick(4), depth);
    const std::string next = define("add " + pk + ", %one");
    emit("yield " + small(any(pool_.vector), "%sevens") + ", " +
         small(any(pool_.matrix), "%sevenss") + ", " + next);
    emit("}");
    pool_ = outer;
    pool_.vector.push_back(v);
    pool_.matrix.push_back(m);
  }

  void branch(int depth) {
    const std::string c = define("lt " + any(pool_.scalar) + ", " + any(pool_.scalar));
    const std::string v = fresh(), m = fresh(), s = fresh();
    emit(v + ", " + m + ", " + s + " = if " + c + " {");
    side(depth);
    emit("} else {");
    side(depth);
    emit("}");
    pool_.vector.push_back(v);
    pool_.matrix.push_back(m);
    pool_.scalar.push_back(s);
  }

  void side(int depth) {
    const Pool outer = pool_;
    statements(pick(4), depth);
    emit("yield " + any(pool_.vector) + ", " + any(pool_.matrix) + ", " + any(pool_.scalar));
    pool_ = outer;
  }

  void loop(int depth) {
    const std::string v = fresh(), w = fresh(), m = fresh(), s = fresh(), stacked = fresh();
    const std::string i = fresh(), pv = fresh(), pw = fresh(), pm = fresh(), ps = fresh();
    emit(v + ", " + w + ", " + m + ", " + s + ", " + stacked + ": f64[4, 4] = for %four (" + i +
         ": i64, " + pv + ": f64[4] = " + any(pool_.vector) + ", " + pw +
         ": f64[4] = " + any(pool_.vector) + ", " + pm + ": f64[4, 4] = " + any(pool_.matrix) +
         ", " + ps + ": f64 = " + any(pool_.scalar) + ") {");
    const Pool outer = pool_;
    pool_.index.push_back(i);
    pool_.vector.insert(pool_.vector.end(), {pv, pw});
    pool_.matrix.push_back(pm);
    pool_.scalar.push_back(ps);
    statements(1 + pick(5), depth);
    // Without this numbers would grow from round to round.
    const std::string bounded = small(any(pool_.matrix), "%sevenss");
    const std::string again =
        pick(2) == 0 ? any(pool_.vector) : small(any(pool_.vector), "%sevens");
    emit("yield " + small(any(pool_.vector), "%sevens") + ", " + again + ", " + bounded + ", " +
         small(any(pool_.scalar), "%seven") + ", " + any(pool_.vector));
    emit("}");
    pool_ = outer;
    pool_.vector.insert(pool_.vector.end(), {v, w});
    pool_.matrix.insert(pool_.matrix.end(), {m, stacked});
    pool_.scalar.push_back(s);
  }

  std::mt19937 random_;
  std::string text_;
  Pool pool_;
  int next_ = 0;
};

/// The same program, its sizes known only at run time.
std::string dynamic(std::string text) {
  const std::pair<std::string, std::string> changes[] = {{"f64[4, 4]", "f64[?, ?]"},
                                                         {"f64[4]", "f64[?]"}};
  for (const auto& [from, to] : changes) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

std::string program(unsigned seed) {
  const std::string text = Generator(seed).function();
  return seed % 3 == 0 ? dynamic(text) : text;
}

/// Half of the programs may take over their arguments.
std::vector<size_t> gives(unsigned seed) {
  return seed % 2 == 0 ? std::vector<size_t>{0, 1} : std::vector<size_t>{};
}

std::vector<rt::Array> arguments() {
  std::vector<double> m;
  for (int k = 0; k < 16; ++k) m.push_back((k * 5) % 7);
  const int64_t dims[] = {4, 4};
  return {test::vector({1, 6, 3, 2}), rt::Array::reals(dims, m), test::whole(2)};
}

TEST_CASE("random programs compute what the evaluator computes") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    const std::string text = program(seed);
    INFO("seed " << seed << "\n" << text);
    Lowered f(text, gives(seed));
    f.agrees(arguments());
  }
}

TEST_CASE("so do they as machine code") {
  codegen::Jit jit;
  for (unsigned seed = 1000; seed < 1040; ++seed) {
    const std::string text = program(seed);
    INFO("seed " << seed << "\n" << text);
    Lowered f(text, gives(seed));
    const std::unique_ptr<codegen::Compiled> code = jit.compile(f.program);
    const std::vector<rt::Array> expected = f.core.run(arguments());
    const std::vector<core::Type> params = f.core.function().param_types();
    const std::vector<core::Type> results = f.core.function().result_types();
    rt::Context context;
    const std::vector<rt::Array> given =
        codegen::run(*code, params, results, arguments(), f.donated, context);
    REQUIRE(given.size() == expected.size());
    for (size_t k = 0; k < given.size(); ++k) CHECK(given[k].identical(expected[k]));
  }
}

}  // namespace
}  // namespace calc::lower_test

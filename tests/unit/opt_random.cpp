// Random programs give the same values optimised as written: every pass, in combinations nobody
// thought of. A fixed seed; a failure prints the program.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "lang/core/builder.h"
#include "tests/unit/opt_check.h"

namespace calc {
namespace {

using core::Builder;
using core::Type;
using core::ValueId;
using rt::Elem;

const Type kReal{Elem::F64, {}};
const Type kInt{Elem::I64, {}};
const Type kBool{Elem::Bool, {}};
const Type kVector{Elem::F64, {3}};
const Type kMatrix{Elem::F64, {2, 2}};
const Type kTypes[] = {kReal, kInt, kBool, kVector, kMatrix};

class Generator {
 public:
  Generator(core::Module& module, core::Function& function, unsigned seed)
      : builder_(module, function), random_(seed) {}

  void run() {
    for (const Type& type : {kReal, kReal, kInt, kVector, kMatrix}) {
      values_.push_back(builder_.add_param(type));
    }
    operations(14);
    std::vector<ValueId> results;
    for (const Type& type : kTypes) results.push_back(any(type));
    builder_.set_results(results);
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  /// A visible value of a type, made if there is none.
  ValueId any(const Type& type) {
    std::vector<ValueId> found;
    for (ValueId value : values_) {
      if (builder_.type(value) == type) found.push_back(value);
    }
    // Recent ones more often, and now and then a new constant.
    if (found.empty() || below(8) == 0) return keep(fresh(type));
    const size_t back = static_cast<size_t>(below(below(2) ? 3 : 1000)) % found.size();
    return found[found.size() - 1 - back];
  }
  ValueId fresh(const Type& type) {
    static const double reals[] = {0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.25, -7.0};
    if (type == kBool) return builder_.boolean(below(2));
    if (type == kInt) return builder_.integer(below(5) - 1);
    const ValueId scalar = builder_.real(reals[below(8)]);
    return type.is_scalar() ? scalar : builder_.broadcast(scalar, type.dims, {});
  }
  ValueId keep(ValueId value) {
    values_.push_back(value);
    return value;
  }

  void operations(int n) {
    for (int k = 0; k < n; ++k) operation();
  }

  void operation() {
    switch (below(depth_ < 3 ? 15 : 11)) {
      case 0:
      case 1:
      case 2:
        return elementwise();
      case 3:
        return compare();
      case 4:
        return integer();
      case 5:
        return read();
      case 6:
        return update();
      case 7:
        return arrange();
      case 8:
        return reduce();
      case 9:
        return spread();
      case 10:
        return choose();
      case 11:
      case 12:
        return loop();
      case 13:
        return branch();
      default:
        return bounded_while();
    }
  }

  Type real_type() { return std::vector<Type>{kReal, kReal, kVector, kMatrix}[below(4)]; }

  void elementwise() {
    static const char* unary[] = {"neg", "sin", "abs", "copy", "floor"};
    static const char* binary[] = {"add", "sub", "mul", "div", "max", "min"};
    const Type type = real_type();
    if (below(2)) {
      keep(builder_.op(unary[below(5)], {any(type)}));
    } else {
      const char* name = binary[below(6)];
      const ValueId a = any(type);
      keep(builder_.op(name, {a, any(type)}));
    }
  }
  void compare() {
    static const char* names[] = {"lt", "le", "eq", "ne", "gt", "ge"};
    const Type type = below(2) ? kReal : kInt;
    const char* name = names[below(6)];
    const ValueId a = any(type);
    keep(builder_.op(name, {a, any(type)}));
    if (below(3) == 0) {
      const ValueId p = any(kBool);
      keep(builder_.op(below(2) ? "and" : "or", {p, any(kBool)}));
      keep(builder_.op("not", {any(kBool)}));
    }
  }
  /// Kept small, so that products do not overflow.
  void integer() {
    static const char* names[] = {"add", "sub", "mul"};
    const char* name = names[below(3)];
    const ValueId a = any(kInt);
    const ValueId c = builder_.op(name, {a, any(kInt)});
    keep(builder_.op("mod", {c, builder_.integer(11)}));
    if (below(3) == 0) keep(builder_.convert(any(kInt), Elem::F64));
    if (below(3) == 0) keep(builder_.convert(any(kBool), Elem::I64));
  }
  /// A valid index below n: sometimes one the optimiser can see to be, checked in any case.
  ValueId place(int64_t n) {
    ValueId index = any(kInt);
    if (below(3)) index = builder_.op("mod", {index, builder_.integer(n)});
    if (below(3) == 0) index = builder_.integer(below(static_cast<int>(n)));
    return builder_.op("check_index", {index, builder_.integer(n)}, {{"axis", int64_t{0}}});
  }
  void read() {
    if (below(2)) {
      const ValueId at = place(3);
      keep(builder_.op("index", {any(kVector), at}, {{"axes", std::vector<int64_t>{0}}}));
    } else {
      const ValueId row = place(2);
      const ValueId column = place(2);
      keep(builder_.op("index", {any(kMatrix), row, column},
                       {{"axes", std::vector<int64_t>{0, 1}}}));
    }
  }
  void update() {
    const char* name = below(2) ? "index_set" : "index_add";
    const ValueId at = place(3);
    const ValueId v = any(kReal);
    keep(builder_.op(name, {any(kVector), v, at}, {{"axes", std::vector<int64_t>{0}}}));
  }
  void arrange() {
    if (below(2)) {
      const ValueId a = any(kReal);
      const ValueId b = any(kReal);
      keep(builder_.op("stack", {a, b, any(kReal)}));
    } else if (below(2)) {
      keep(builder_.transpose(any(kMatrix), {1, 0}));
    } else {
      const ValueId flat = builder_.reshape(any(kMatrix), {4});
      keep(builder_.op("slice", {flat, builder_.integer(1), builder_.integer(3)},
                       {{"axis", int64_t{0}}, {"step", int64_t{1}}, {"size", int64_t{3}}}));
    }
  }
  void reduce() {
    if (below(2)) {
      keep(builder_.reduce_sum(any(kVector), {0}));
    } else {
      keep(builder_.op("reduce_max", {any(kMatrix)}, {{"axes", std::vector<int64_t>{0, 1}}}));
    }
  }
  void spread() {
    const Type type = below(2) ? kVector : kMatrix;
    keep(builder_.broadcast(any(kReal), type.dims, {}));
  }
  void choose() {
    const Type type = below(2) ? kReal : kVector;
    ValueId condition = any(kBool);
    if (!type.is_scalar()) condition = builder_.broadcast(condition, type.dims, {});
    const ValueId a = any(type);
    keep(builder_.op("select", {condition, a, any(type)}));
  }

  // -- control: values made inside are forgotten outside

  std::vector<ValueId> some(std::vector<Type>& types) {
    std::vector<ValueId> out;
    for (int k = below(3) + 1; k > 0; --k) {
      types.push_back(kTypes[below(5)]);
      out.push_back(any(types.back()));
    }
    return out;
  }
  std::vector<ValueId> of_types(const std::vector<Type>& types) {
    std::vector<ValueId> out;
    for (const Type& type : types) out.push_back(any(type));
    return out;
  }
  template <typename Body>
  core::Block inside(const std::vector<Type>& params, Body body) {
    const size_t visible = values_.size();
    ++depth_;
    for (ValueId param : builder_.open_block(params)) values_.push_back(param);
    core::Block block = builder_.close_block(body());
    --depth_;
    values_.resize(visible);
    return block;
  }
  void keep_all(const std::vector<ValueId>& results) {
    for (ValueId result : results) values_.push_back(result);
  }

  void loop() {
    std::vector<Type> types;
    std::vector<ValueId> init = some(types);
    const ValueId count = builder_.integer(below(5));
    std::vector<Type> params{kInt};
    params.insert(params.end(), types.begin(), types.end());
    core::Block body = inside(params, [&] {
      operations(5);
      std::vector<ValueId> results = of_types(types);
      if (below(2)) results.push_back(any(kReal));
      return results;
    });
    std::vector<ValueId> results =
        builder_.emit_for(count, std::move(init), std::move(body), below(2));
    if (results.size() > types.size()) {
      keep(builder_.reduce_sum(results.back(), {0}));
      results.pop_back();
    }
    keep_all(results);
  }
  void branch() {
    std::vector<Type> types;
    some(types);
    const ValueId condition = any(kBool);
    auto side = [&] {
      return inside({}, [&] {
        operations(below(4));
        return of_types(types);
      });
    };
    core::Block yes = side();
    core::Block no = side();
    keep_all(builder_.emit_if(condition, std::move(yes), std::move(no)));
  }
  /// Counts down from at most 4.
  void bounded_while() {
    std::vector<Type> types{kInt};
    std::vector<ValueId> init = some(types);
    init.insert(init.begin(), builder_.integer(below(4)));
    core::Block condition = inside(types, [&] {
      const ValueId left = values_[values_.size() - types.size()];
      return std::vector<ValueId>{builder_.op("gt", {left, builder_.integer(0)})};
    });
    core::Block body = inside(types, [&] {
      const ValueId left = values_[values_.size() - types.size()];
      operations(4);
      std::vector<ValueId> results = of_types(types);
      results[0] = builder_.sub(left, builder_.integer(1));
      return results;
    });
    keep_all(builder_.emit_while(std::move(init), std::move(condition), std::move(body)));
  }

  Builder builder_;
  std::mt19937 random_;
  std::vector<ValueId> values_;
  int depth_ = 0;
};

core::FunctionId generate(core::Module& module, unsigned seed) {
  auto made = std::make_unique<core::Function>();
  made->name = "random";
  core::FunctionId id = module.add(std::move(made));
  Generator(module, module.get(id), seed).run();
  return id;
}

std::optional<std::vector<rt::Array>> run(const core::Module& module, core::FunctionId id) {
  std::vector<rt::Array> args{
      test::scalar(0.75), test::scalar(-2.5), test::whole(2), test::vector({1.5, -0.0, 4.0}),
      rt::Array::reals(std::vector<int64_t>{2, 2}, std::vector<double>{1.0, -2.0, 0.5, 3.0})};
  rt::Context context;
  try {
    return core::evaluate(module, id, std::move(args), context);
  } catch (const core::EvaluationError&) {
    return std::nullopt;
  }
}

TEST_CASE("random programs mean the same when optimised") {
  test::CoreText::install_once();
  int ran = 0;
  int before = 0;
  int after = 0;
  for (unsigned seed = 1; seed <= 1500; ++seed) {
    core::Module module;
    const core::FunctionId plain = generate(module, seed);
    const core::FunctionId better = generate(module, seed);
    INFO("seed " << seed << "\n" << core::print(module, plain));
    REQUIRE(core::verify(module, module.get(plain)) == "");
    REQUIRE_NOTHROW(opt::optimize(module, better, true));
    INFO("optimised\n" << core::print(module, better));
    const auto expected = run(module, plain);
    // What fails may also be code that nobody needed.
    if (!expected) continue;
    ++ran;
    const auto found = run(module, better);
    REQUIRE(found);
    for (size_t k = 0; k < expected->size(); ++k) REQUIRE(test::same((*expected)[k], (*found)[k]));
    core::for_each_op(module.get(plain).body, [&](const core::Op&) { ++before; });
    core::for_each_op(module.get(better).body, [&](const core::Op&) { ++after; });
  }
  CHECK(ran > 500);
  CHECK(after < before / 2);
}

TEST_CASE("random programs read back as printed") {
  test::CoreText::install_once();
  for (unsigned seed = 1; seed <= 100; ++seed) {
    core::Module module;
    const std::string text = core::print_all(module, generate(module, seed));
    core::Module again;
    REQUIRE(core::print_all(again, core::read(again, text)) == text);
  }
}

}  // namespace
}  // namespace calc

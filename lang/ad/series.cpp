#include "lang/ad/series.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "lang/ad/derivatives.h"

namespace calc::ad {

using SeriesList = std::vector<Series*>;

MaybeValue Series::at(size_t k) {
  if (k >= made_.size()) made_.resize(k + 1);
  if (!made_[k]) {
    const MaybeValue made = make(k);
    made_[k] = made;
  }
  return *made_[k];
}

namespace {

class Node : public Series {
 public:
  explicit Node(SeriesArena& arena) : arena_(arena) {}

 protected:
  Builder& builder() { return arena_.builder(); }
  void add_to(MaybeValue& sum, ValueId term) { sum = sum ? builder().add(*sum, term) : term; }
  SeriesArena& arena_;
};

class Given : public Node {
 public:
  Given(SeriesArena& arena, ValueId value, std::vector<MaybeValue> rest)
      : Node(arena), value_(value), rest_(std::move(rest)) {}
  bool moves() const override {
    return std::any_of(rest_.begin(), rest_.end(),
                       [](const MaybeValue& c) { return c.has_value(); });
  }

 protected:
  MaybeValue make(size_t k) override {
    if (k == 0) return value_;
    return k <= rest_.size() ? rest_[k - 1] : std::nullopt;
  }

 private:
  ValueId value_;
  std::vector<MaybeValue> rest_;
};

/// x'
class Rate : public Node {
 public:
  Rate(SeriesArena& arena, Series* x) : Node(arena), x_(x) {}
  bool moves() const override { return x_->moves(); }

 protected:
  MaybeValue make(size_t k) override {
    const MaybeValue next = x_->at(k + 1);
    if (next) return scaled(builder(), *next, static_cast<double>(k + 1));
    // The first coefficient is a value, like that of any series.
    return k == 0 ? MaybeValue(arena_.zeros_of(x_)) : std::nullopt;
  }

 private:
  Series* x_;
};

/// What the nodes of one operation share: its values, emitted once.
class Values {
 public:
  Values(SeriesArena& arena, const Op& op, SeriesList args)
      : arena_(arena), op_(op), args_(std::move(args)) {}
  const Op& op() const { return op_; }
  const SeriesList& args() const { return args_; }
  bool moves() const {
    return std::any_of(args_.begin(), args_.end(), [](const Series* a) { return a->moves(); });
  }
  ValueId value(size_t result) {
    if (values_.empty()) values_ = emit(0, op_.attrs);
    return values_[result];
  }
  /// The operation on the k-th coefficients; zeros where one is missing, none where all are.
  MaybeValue coefficient(size_t result, size_t k) {
    if (k == 0) return value(result);
    core::Attrs attrs;
    for (const auto& [key, value] : op_.attrs.entries()) {
      if (key != "sized") attrs.set(key, value);
    }
    const bool any =
        std::any_of(args_.begin(), args_.end(), [&](Series* a) { return a->at(k).has_value(); });
    if (!any) return std::nullopt;
    return emit(k, std::move(attrs))[result];
  }

 private:
  std::vector<ValueId> emit(size_t k, core::Attrs attrs) {
    std::vector<ValueId> in;
    for (Series* arg : args_) {
      const MaybeValue found = arg->at(k);
      if (found) {
        in.push_back(*found);
      } else {
        const ValueId value = arg->value();
        const bool real = arena_.builder().type(value).is_real();
        in.push_back(k > 0 && real ? arena_.zeros_of(arg) : value);
      }
    }
    return arena_.builder().emit(*op_.primitive, std::move(in), std::move(attrs));
  }

  SeriesArena& arena_;
  const Op op_;
  SeriesList args_;
  std::vector<ValueId> values_;
};

/// A result of an operation that is linear in its real operands together, or constant.
class Structural : public Node {
 public:
  Structural(SeriesArena& arena, std::shared_ptr<Values> values, size_t result, bool constant)
      : Node(arena), values_(std::move(values)), result_(result), constant_(constant) {}
  bool moves() const override { return !constant_ && values_->moves(); }

 protected:
  MaybeValue make(size_t k) override {
    if (k > 0 && constant_) return std::nullopt;
    const SeriesList& args = values_->args();
    const std::string_view name = values_->op().primitive->name;
    if (k > 0 && (name == "add" || name == "sub")) {
      const MaybeValue a = args[0]->at(k);
      const MaybeValue b = args[1]->at(k);
      if (!b) return a;
      if (!a) return name == "add" ? b : MaybeValue(builder().neg(*b));
    }
    return values_->coefficient(result_, k);
  }

 private:
  std::shared_ptr<Values> values_;
  size_t result_;
  bool constant_;
};

/// z = a b, for any operation that is linear in each of two operands: z_k = sum a_j b_{k-j}
class Product : public Node {
 public:
  Product(SeriesArena& arena, std::shared_ptr<Values> values)
      : Node(arena), values_(std::move(values)) {}
  bool moves() const override { return values_->moves(); }

 protected:
  MaybeValue make(size_t k) override {
    Series* a = values_->args()[0];
    Series* b = values_->args()[1];
    if (a == b && values_->op().primitive->name == "mul") return square(a, k);
    MaybeValue sum;
    for (size_t j = 0; j <= k; ++j) {
      if (MaybeValue term = product(a->at(j), b->at(k - j))) add_to(sum, *term);
    }
    return sum;
  }

 private:
  MaybeValue product(MaybeValue a, MaybeValue b) {
    if (!a || !b) return std::nullopt;
    const Op& op = values_->op();
    return builder().op(*op.primitive, {*a, *b}, op.attrs);
  }
  MaybeValue square(Series* a, size_t k) {
    MaybeValue sum;
    for (size_t j = 0; 2 * j < k; ++j) {
      if (MaybeValue term = product(a->at(j), a->at(k - j))) add_to(sum, *term);
    }
    if (sum) sum = scaled(builder(), *sum, 2.0);
    if (k % 2 == 0) {
      if (MaybeValue middle = product(a->at(k / 2), a->at(k / 2))) add_to(sum, *middle);
    }
    return sum;
  }
  std::shared_ptr<Values> values_;
};

/// z = x / y: z_k = (x_k - sum_{j>0} y_j z_{k-j}) / y_0
class Quotient : public Node {
 public:
  Quotient(SeriesArena& arena, std::shared_ptr<Values> values)
      : Node(arena), values_(std::move(values)) {}
  bool moves() const override { return values_->moves(); }

 protected:
  MaybeValue make(size_t k) override {
    Series* x = values_->args()[0];
    Series* y = values_->args()[1];
    MaybeValue sum;
    for (size_t j = 1; j <= k; ++j) {
      const MaybeValue a = y->at(j);
      const MaybeValue b = a ? at(k - j) : std::nullopt;
      if (a && b) add_to(sum, builder().mul(*a, *b));
    }
    const MaybeValue own = x->at(k);
    if (!own && !sum) return std::nullopt;
    const ValueId rest = !sum ? *own : own ? builder().sub(*own, *sum) : builder().neg(*sum);
    return builder().div(rest, y->value());
  }

 private:
  std::shared_ptr<Values> values_;
};

/// z with z_0 from one series and the rest from another.
class WithValue : public Node {
 public:
  WithValue(SeriesArena& arena, std::shared_ptr<Values> values, Series* rest)
      : Node(arena), values_(std::move(values)), rest_(rest) {}
  bool moves() const override { return rest_->moves(); }

 protected:
  MaybeValue make(size_t k) override {
    return k == 0 ? MaybeValue(values_->value(0)) : rest_->at(k);
  }

 private:
  std::shared_ptr<Values> values_;
  Series* rest_;
};

/// The results of one operation by its derivative rule.
class Rule {
 public:
  Rule(SeriesArena& arena, std::shared_ptr<Values> values, std::vector<Type> types)
      : arena_(arena), values_(std::move(values)), types_(std::move(types)) {}

  SeriesList own;

  bool moves() const { return values_->moves(); }
  ValueId value(size_t result) { return values_->value(result); }
  /// The rate of a result; null where it is zero.
  Series* rate(size_t result) {
    if (!built_) build();
    return rates_[result];
  }

 private:
  void build();
  Function single(Mask& active) const;

  SeriesArena& arena_;
  std::shared_ptr<Values> values_;
  std::vector<Type> types_;
  SeriesList rates_;
  bool built_ = false;
};

/// z' = rate: z_k = rate_{k-1} / k
class Integral : public Node {
 public:
  Integral(SeriesArena& arena, std::shared_ptr<Rule> rule, size_t result)
      : Node(arena), rule_(std::move(rule)), result_(result) {}
  bool moves() const override { return rule_->moves(); }

 protected:
  MaybeValue make(size_t k) override {
    if (k == 0) return rule_->value(result_);
    Series* rate = rule_->rate(result_);
    const MaybeValue before = rate != nullptr ? rate->at(k - 1) : std::nullopt;
    if (!before || k == 1) return before;
    const ValueId divisor = builder().constant(
        rt::Array::of(static_cast<double>(k)).converted(builder().type(*before).elem));
    return builder().div(*before, builder().fill_like(divisor, *before));
  }

 private:
  std::shared_ptr<Rule> rule_;
  size_t result_;
};

/// The operation alone in a function of its operands.
Function Rule::single(Mask& active) const {
  Function function;
  function.name = std::string(values_->op().primitive->name);
  Op op;
  op.primitive = values_->op().primitive;
  op.attrs = values_->op().attrs;
  for (Series* arg : values_->args()) {
    const ValueId param = function.add_value(arena_.builder().type(arg->value()));
    function.body.params.push_back(param);
    op.args.push_back(param);
    active.push_back(arg->moves() && function.type(param).is_real());
  }
  for (const Type& type : types_) op.results.push_back(function.add_value(type));
  function.body.results = op.results;
  function.body.ops.push_back(std::move(op));
  return function;
}

void Rule::build() {
  built_ = true;
  rates_.assign(types_.size(), nullptr);
  Module& module = arena_.engine().module();
  Mask active;
  const Function alone = single(active);
  const Forward forward = make_forward(arena_.engine(), alone, active, module.declare());
  const Function made = module.get(forward.function);

  std::unordered_map<ValueId, Series*> series;
  const SeriesList& args = values_->args();
  size_t next = args.size();
  for (size_t k = 0; k < args.size(); ++k) series[made.body.params[k]] = args[k];
  for (size_t k = 0; k < args.size(); ++k) {
    if (active[k]) series[made.body.params[next++]] = arena_.rate(args[k]);
  }
  bool seen = false;
  for (const Op& op : made.body.ops) {
    SeriesList results;
    if (op.kind == OpKind::Constant) {
      results = {arena_.given(arena_.builder().constant(op.constant), {})};
    } else if (op.kind != OpKind::Primitive) {
      throw std::logic_error("no series for " + alone.name);
    } else if (!seen && op.primitive == values_->op().primitive) {
      // The first of its kind is the operation itself.
      seen = true;
      results = own;
    } else {
      SeriesList operands;
      std::vector<Type> types;
      for (ValueId arg : op.args) operands.push_back(series.at(arg));
      for (ValueId result : op.results) types.push_back(made.type(result));
      results = arena_.results(op, operands, types);
    }
    for (size_t k = 0; k < op.results.size(); ++k) series[op.results[k]] = results[k];
  }
  next = types_.size();
  for (size_t k = 0; k < types_.size(); ++k) {
    if (forward.tangents[k]) rates_[k] = series.at(made.body.results[next++]);
  }
}

bool is_structural(const Op& op) {
  const auto& rule = op.primitive->derivative.rule;
  const std::string_view name = op.primitive->name;
  return std::holds_alternative<core::LinearOp>(rule) || name == "select" || name == "convert";
}

}  // namespace

Series* SeriesArena::given(ValueId value, std::vector<MaybeValue> rest) {
  return make<Given>(value, std::move(rest));
}

Series* SeriesArena::rate(Series* x) { return make<Rate>(x); }

ValueId scaled(Builder& builder, ValueId value, double factor) {
  if (factor == 1.0) return value;
  const rt::Array number = rt::Array::of(factor).converted(builder.type(value).elem);
  return builder.mul(builder.fill_like(builder.constant(number), value), value);
}

ValueId SeriesArena::zeros_of(Series* x) { return zeros_like(builder_, x->value()); }

SeriesList SeriesArena::results(const Op& op, const SeriesList& args,
                                const std::vector<Type>& types) {
  for (const Entry& entry : entries_) {
    if (entry.primitive == op.primitive && entry.args == args && entry.attrs == op.attrs) {
      return entry.results;
    }
  }
  SeriesList made = made_results(op, args, types);
  entries_.push_back({op.primitive, op.attrs, args, made});
  return made;
}

SeriesList SeriesArena::made_results(const Op& op, const SeriesList& args,
                                     const std::vector<Type>& types) {
  auto values = std::make_shared<Values>(*this, op, args);
  const auto& derivative = op.primitive->derivative.rule;
  const std::string_view name = op.primitive->name;
  const bool constant =
      !values->moves() || std::holds_alternative<core::ZeroDerivative>(derivative);
  SeriesList made;
  if (constant || is_structural(op)) {
    for (size_t k = 0; k < types.size(); ++k) {
      made.push_back(make<Structural>(values, k, constant || !types[k].is_real()));
    }
    return made;
  }
  const bool bilinear = std::holds_alternative<core::Multilinear>(derivative) && args.size() == 2;
  if (bilinear) return {make<Product>(values)};
  if (name == "div") return {make<Quotient>(values)};
  if (name == "powi") {
    if (Series* power = integer_power(args)) return {make<WithValue>(values, power)};
  }
  auto rule = std::make_shared<Rule>(*this, values, types);
  for (size_t k = 0; k < types.size(); ++k) made.push_back(make<Integral>(rule, k));
  rule->own = made;
  return made;
}

/// x^n for a small n > 0 that is known, by squaring; null for any other.
Series* SeriesArena::integer_power(const SeriesList& args) {
  constexpr int64_t kMost = 64;
  if (args[1]->moves()) return nullptr;
  const Op* exponent = builder_.definition(args[1]->value());
  while (exponent != nullptr && exponent->kind == OpKind::Primitive &&
         exponent->primitive->name == "broadcast") {
    exponent = builder_.definition(exponent->args[0]);
  }
  if (exponent == nullptr || exponent->kind != OpKind::Constant || exponent->constant.rank() != 0) {
    return nullptr;
  }
  int64_t n = exponent->constant.as_int();
  if (n < 1 || n > kMost) return nullptr;
  Op times;
  times.primitive = &core::registry().get("mul");
  const std::vector<Type> types{builder_.type(args[0]->value())};
  Series* power = nullptr;
  for (Series* base = args[0];; base = results(times, {base, base}, types)[0]) {
    if (n % 2 == 1) power = power ? results(times, {power, base}, types)[0] : base;
    n /= 2;
    if (n == 0) return power;
  }
}

}  // namespace calc::ad

// Note [Series from rules]
//
// For z = f(x) the record's rule gives z' = L(x, z; x'), a straight line of operations that is
// linear in x'. Read as operations on series that line is a graph, in which z itself may occur
// (exp' is exp), or a function whose own rule leads back (sin and cos). Coefficient k of z is
// coefficient k - 1 of L over k, and that one is made of lower coefficients of z only, so asking
// for them in order always ends. All the known recurrences come out of it:
//
//   exp    k z_k = sum j x_j z_{k-j}          tanh   z' = (1 - z^2) x'
//   log    z' = x' / x                        solve  z' = solve(a, b' - a' z)
//
// A power with a real exponent leads to x^(y-1), x^(y-2), …, each a node of its own, as far as the
// order asks: no division by x, so it is right at 0 where the power is smooth.

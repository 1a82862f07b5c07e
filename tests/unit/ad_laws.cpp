#include "tests/unit/ad_laws.h"

#include <algorithm>
#include <sstream>

#include "lang/ad/engine.h"

namespace calc::test {

int Derivatives::count(core::FunctionId id, std::string_view name) const {
  int found = 0;
  core::for_each_op(function(id).body, [&](const core::Op& op) {
    if (op.kind == core::OpKind::Constant) return;
    if (op.kind == core::OpKind::Call) {
      found += count(op.callee, name);
    } else if (name.empty() || CoreText::word(op) == name) {
      ++found;
    }
  });
  return found;
}

bool is_real(const rt::Array& array) {
  return array.elem() == rt::Elem::F64 || array.elem() == rt::Elem::F32;
}

rt::Array arbitrary(const rt::Array& like, int seed) {
  std::vector<double> values;
  for (int64_t k = 0; k < like.size(); ++k) {
    values.push_back(std::sin(1.7 * static_cast<double>(k) + 2.3 * seed + 0.4) + 0.3);
  }
  return rt::Array::reals(like.dims(), values).converted(like.elem());
}

rt::Array moved(const rt::Array& a, double t, const rt::Array& b) {
  std::vector<double> values;
  for (int64_t k = 0; k < a.size(); ++k)
    values.push_back(a.data<double>()[k] + t * b.data<double>()[k]);
  return rt::Array::reals(a.dims(), values);
}

double dot(const rt::Array& a, const rt::Array& b) {
  double sum = 0;
  for (int64_t k = 0; k < a.size(); ++k) sum += a.data<double>()[k] * b.data<double>()[k];
  return sum;
}

Arrays reals_of(const Arrays& arrays) {
  Arrays out;
  for (const rt::Array& array : arrays) {
    if (is_real(array)) out.push_back(array);
  }
  return out;
}

namespace {

struct Wrong {
  std::string what;
};

class Laws {
 public:
  Laws(Derivatives& d, core::FunctionId id, const Arrays& args, const ad::Active& active,
       double tolerance)
      : d_(d), id_(id), args_(args), active_(active), tolerance_(tolerance) {
    for (size_t k = 0; k < args.size(); ++k) {
      if (active[k]) tangents_.push_back(arbitrary(args[k], static_cast<int>(k) + 1));
    }
    outputs_ = d.run(id, args);
    int seed = 11;
    for (const rt::Array& output : reals_of(outputs_))
      cotangents_.push_back(arbitrary(output, seed++));
  }

  void run() {
    const Arrays pushed = push();
    const Arrays pulled = pull();
    double left = 0;
    double right = 0;
    for (size_t k = 0; k < pushed.size(); ++k) left += dot(pushed[k], cotangents_[k]);
    for (size_t k = 0; k < pulled.size(); ++k) right += dot(pulled[k], tangents_[k]);
    near(left, right, 1e-9, "<Jv, u> and <v, J'u>");
    linearized(pushed, pulled);
  }

  core::FunctionId jvp() { return d_.ad.jvp(id_, active_); }
  core::FunctionId vjp() { return d_.ad.vjp(id_, active_); }
  Arrays with(const Arrays& more) const {
    Arrays all = args_;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  const Arrays& tangents() const { return tangents_; }
  const Arrays& cotangents() const { return cotangents_; }

 private:
  void verify(core::FunctionId id, const std::string& what) {
    const std::string problem = core::verify(d_.text.module, d_.function(id));
    if (!problem.empty()) throw Wrong{what + ": " + problem};
  }
  void near(double a, double b, double tolerance, const std::string& what) const {
    if (std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)})) return;
    std::ostringstream text;
    text.precision(17);
    text << what << ": " << a << " and " << b;
    throw Wrong{text.str()};
  }
  void near(const rt::Array& a, const rt::Array& b, double tolerance,
            const std::string& what) const {
    if (!std::ranges::equal(a.dims(), b.dims())) throw Wrong{what + ": shapes differ"};
    for (int64_t k = 0; k < a.size(); ++k)
      near(a.data<double>()[k], b.data<double>()[k], tolerance, what);
  }

  /// The outputs of a derived function begin with those of the function.
  Arrays derivatives(const Arrays& all, const std::string& what) const {
    for (size_t k = 0; k < outputs_.size(); ++k) {
      if (is_real(outputs_[k])) near(all[k], outputs_[k], 1e-13, "value of " + what);
    }
    return Arrays(all.begin() + static_cast<std::ptrdiff_t>(outputs_.size()), all.end());
  }

  Arrays push() {
    verify(jvp(), "jvp");
    const Arrays pushed = derivatives(d_.run(jvp(), with(tangents_)), "jvp");
    constexpr double h = 1e-3;
    auto at = [&](double t) {
      Arrays args = args_;
      size_t next = 0;
      for (size_t k = 0; k < args.size(); ++k) {
        if (active_[k]) args[k] = moved(args[k], t, tangents_[next++]);
      }
      return reals_of(d_.run(id_, args));
    };
    const Arrays a = at(-2 * h), b = at(-h), c = at(h), e = at(2 * h);
    if (pushed.size() != a.size()) throw Wrong{"jvp: number of tangents"};
    for (size_t k = 0; k < a.size(); ++k) {
      rt::Array quotient = moved(a[k], -8.0, b[k]);
      quotient = moved(moved(quotient, 8.0, c[k]), -1.0, e[k]);
      quotient = moved(rt::Array::zeros(rt::Elem::F64, a[k].dims()), 1 / (12 * h), quotient);
      near(pushed[k], quotient, tolerance_, "jvp and difference");
    }
    return pushed;
  }

  Arrays pull() {
    verify(vjp(), "vjp");
    const Arrays pulled = derivatives(d_.run(vjp(), with(cotangents_)), "vjp");
    if (pulled.size() != tangents_.size()) throw Wrong{"vjp: number of cotangents"};
    return pulled;
  }

  void linearized(const Arrays& pushed, const Arrays& pulled) {
    const ad::Linearized& l = d_.ad.linearize(id_, active_);
    verify(l.primal, "primal");
    verify(l.tangent, "tangent");
    ad::Engine engine(d_.text.module);
    ad::Mask linear(static_cast<size_t>(l.residuals), false);
    linear.insert(linear.end(), tangents_.size(), true);
    const std::string problem = ad::verify_linear(engine, d_.function(l.tangent), linear);
    if (!problem.empty()) throw Wrong{"tangent is not linear: " + problem};
    const Arrays residuals = derivatives(d_.run(l.primal, args_), "primal");
    Arrays in = residuals;
    in.insert(in.end(), tangents_.begin(), tangents_.end());
    const Arrays again = d_.run(l.tangent, in);
    if (again.size() != pushed.size()) throw Wrong{"tangent: number of results"};
    for (size_t k = 0; k < again.size(); ++k) near(again[k], pushed[k], 1e-11, "linearize and jvp");
    core::FunctionId transposed = d_.ad.transpose(l.tangent, l.residuals);
    verify(transposed, "transpose");
    in = residuals;
    in.insert(in.end(), cotangents_.begin(), cotangents_.end());
    const Arrays back = d_.run(transposed, in);
    for (size_t k = 0; k < back.size(); ++k) near(back[k], pulled[k], 1e-11, "transpose and vjp");
  }

  Derivatives& d_;
  core::FunctionId id_;
  Arrays args_;
  ad::Active active_;
  double tolerance_;
  Arrays tangents_, cotangents_, outputs_;
};

}  // namespace

std::string check_laws(Derivatives& d, core::FunctionId id, const Arrays& args,
                       const ad::Active& active, int order, double tolerance) {
  try {
    Laws laws(d, id, args, active, tolerance);
    laws.run();
    if (order < 2) return "";
    auto nested = [&](core::FunctionId derived, const Arrays& more, const char* name) {
      ad::Active mask = active;
      mask.insert(mask.end(), more.size(), true);
      std::string wrong = check_laws(d, derived, laws.with(more), mask, order - 1, 10 * tolerance);
      return wrong.empty() ? wrong : std::string(name) + " > " + wrong;
    };
    std::string wrong = nested(laws.jvp(), laws.tangents(), "jvp");
    return wrong.empty() ? nested(laws.vjp(), laws.cotangents(), "vjp") : wrong;
  } catch (Wrong& wrong) {
    return wrong.what;
  } catch (core::EvaluationError& error) {
    return "failure: " + error.failure.message;
  }
}

std::string check_laws(std::string_view core, const Arrays& args, int order, double tolerance) {
  Derivatives d(core);
  return check_laws(d, d.main(), args, d.real_params(d.main()), order, tolerance);
}

}  // namespace calc::test

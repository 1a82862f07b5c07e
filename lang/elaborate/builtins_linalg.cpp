// Linear algebra: products and the decompositions.
#include <limits>

#include "lang/elaborate/builtins.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

/// A square matrix of reals.
ValueId square(Emit& emit, const BuiltinArgs& args) {
  const Leaf x = args.tensor(emit, 0);
  const core::Dims& dims = x.type.dims;
  const bool fits = dims.size() == 2 &&
                    (dims[0] == dims[1] || dims[0] == core::kDynamic || dims[1] == core::kDynamic);
  if (!fits) {
    base::fail(args.span(0),
               args.name() + " needs a square matrix, this is " + core::user_text(x.type),
               dims.size() == 2 && (args.name() == "`solve`" || args.name() == "`inv`")
                   ? "`lstsq(A, b)` solves in the sense of least squares"
                   : "");
  }
  ValueId a = args.real(emit, 0);
  Sizes sizes = sizes_of(emit, a);
  check_sizes(emit, sizes[0], sizes[1], args.name() + " needs a square matrix");
  const Size n = sizes[0].is_static() ? sizes[0] : sizes[1];
  return refine(emit, a, {n, n});
}

ValueId matrix(Emit& emit, const BuiltinArgs& args) {
  const Leaf x = args.tensor(emit, 0);
  if (x.type.rank() != 2) {
    base::fail(args.span(0), args.name() + " needs a matrix, this is " + core::user_text(x.type));
  }
  return args.real(emit, 0);
}

ValuePtr tuple_of(Emit& emit, const std::vector<ValueId>& ids) {
  std::vector<ValuePtr> items;
  for (ValueId id : ids) items.push_back(wrap(emit, id));
  return tuple(std::move(items));
}

ValuePtr of_square(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const std::vector<ValueId> results =
      checked(emit, self.name, {square(emit, args)}, {}, args.whole());
  return results.size() == 1 ? wrap(emit, results[0]) : tuple_of(emit, results);
}

ValuePtr of_matrix(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  return tuple_of(emit, checked(emit, self.name, {matrix(emit, args)}, {}, args.whole()));
}

/// log(det A); nan where the determinant is negative.
ValuePtr logdet(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const std::vector<ValueId> parts =
      checked(emit, "logdet", {square(emit, args)}, {}, args.whole());
  const Elem elem = b.type(parts[0]).elem;
  const ValueId negative = b.op("lt", {parts[0], b.convert(b.real(0.0), elem)});
  const ValueId nan = b.convert(b.real(std::numeric_limits<double>::quiet_NaN()), elem);
  return wrap(emit, b.select(negative, nan, parts[1]));
}

ValuePtr solve(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  ValueId a = square(emit, args);
  const Leaf right = args.tensor(emit, 1);
  if (right.type.rank() != 1 && right.type.rank() != 2) {
    base::fail(args.span(1), "the right side of `solve` is a vector or a matrix, this is " +
                                 core::user_text(right.type));
  }
  const Leaf left{a, b.type(a), std::nullopt, false};
  const Elem elem = meet(left, right) == Elem::F32 ? Elem::F32 : Elem::F64;
  a = b.convert(a, elem);
  ValueId rhs = converted(emit, right, elem);
  Sizes sizes = sizes_of(emit, rhs);
  Sizes own = sizes_of(emit, a);
  if (own[0].is_static() && sizes[0].is_static() && !own[0].is(sizes[0].constant)) {
    base::fail(args.whole(), "shapes do not fit: `solve` of " + core::user_text(b.type(a)) +
                                 " with the right side " + core::user_text(right.type));
  }
  check_sizes(emit, own[0], sizes[0], "`solve` needs equal sizes");
  const Size n = own[0].is_static() ? own[0] : sizes[0];
  sizes[0] = own[0] = own[1] = n;
  a = refine(emit, a, own);
  const std::vector<ValueId> lu = checked(emit, "lu_factor", {a}, {}, args.whole());
  return wrap(emit, checked(emit, "lu_solve", {a, lu[0], lu[1], refine(emit, rhs, sizes)},
                            {{"transposed", false}}, args.whole())[0]);
}

const Builtin kTable[] = {
    {"solve", "A, b",
     "The x with `A @ x = b`.\n\n    solve([[2, 0], [0, 4]], [2, 2])    # => [1.0, "
     "0.5]",
     solve},
    {"inv", "A", "The inverse of a square matrix.\n\n    inv([[2.0]])", of_square},
    {"det", "A", "The determinant.\n\n    det([[1, 2], [3, 4]])", of_square},
    {"logdet", "A",
     "The logarithm of the determinant, without overflow.\n\n    logdet(eye(3))    # => 0.0",
     logdet},
    {"cholesky", "A",
     "The lower triangular L with `L @ L' = A`, for A positive definite.\n\n    "
     "cholesky([[4.0]])",
     of_square},
    {"eigh", "A",
     "The eigenvalues of a symmetric matrix, ascending, and the vectors as columns.\n\n    "
     "(values, "
     "vectors) = eigh([[2, 0], [0, 1]])",
     of_square},
    {"qr", "A",
     "(q, r) with `A = q @ r`, q orthonormal and r upper triangular.\n\n    (q, r) = "
     "qr([[1, 2], [3, 4]])",
     of_matrix},
    {"svd", "A",
     "(u, s, vt) with `A = u @ diag(s) @ vt`.\n\n    (u, s, vt) = svd([[1, 2], [3, 4]])",
     of_matrix},
};

}  // namespace

std::span<const Builtin> linear_algebra_builtins() { return kTable; }

}  // namespace calc::elab

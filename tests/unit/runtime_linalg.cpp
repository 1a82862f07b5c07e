#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "runtime/context.h"
#include "runtime/kernels/kernels.h"
#include "runtime/linalg.h"
#include "runtime/random.h"

namespace rt = calc::rt;

namespace {

rt::Array matrix(int64_t rows, int64_t columns, const std::vector<double>& values) {
  return rt::Array::reals(rt::Dims{rows, columns}, values);
}

rt::Array random_matrix(int64_t rows, int64_t columns, uint64_t seed = 1) {
  rt::Random random{seed, 0};
  return rt::random_normal(random, rt::Dims{rows, columns});
}

rt::Array transpose(const rt::Array& a) {
  const int64_t m = a.dims()[0], n = a.dims()[1];
  rt::Array result = rt::Array::zeros(rt::Elem::F64, rt::Dims{n, m});
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      result.writable<double>()[j * m + i] = a.data<double>()[i * n + j];
    }
  }
  return result;
}

/// By the definition.
template <typename T>
std::vector<T> product(const std::vector<T>& a, const std::vector<T>& b, int64_t m, int64_t n,
                       int64_t k, bool ta, bool tb) {
  std::vector<T> c(static_cast<size_t>(m * n));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      T sum = 0;
      for (int64_t l = 0; l < k; ++l) {
        sum += a[static_cast<size_t>(ta ? l * m + i : i * k + l)] *
               b[static_cast<size_t>(tb ? j * k + l : l * n + j)];
      }
      c[static_cast<size_t>(i * n + j)] = sum;
    }
  }
  return c;
}

rt::Array multiply(const rt::Array& a, const rt::Array& b) {
  const int64_t m = a.dims()[0], k = a.dims()[1], n = b.dims()[1];
  rt::Array c = rt::Array::zeros(rt::Elem::F64, rt::Dims{m, n});
  rt::gemm(a.data<double>(), b.data<double>(), c.writable<double>(), m, n, k, false, false);
  return c;
}

double distance(const rt::Array& a, const rt::Array& b) {
  REQUIRE(std::ranges::equal(a.dims(), b.dims()));
  double most = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(a.data<double>()[i] - b.data<double>()[i]));
  }
  return most;
}

rt::Array identity(int64_t n) {
  rt::Array result = rt::Array::zeros(rt::Elem::F64, rt::Dims{n, n});
  for (int64_t i = 0; i < n; ++i) result.writable<double>()[i * n + i] = 1;
  return result;
}

rt::Array diagonal(const rt::Array& v) {
  rt::Array result = identity(v.size());
  for (int64_t i = 0; i < v.size(); ++i) {
    result.writable<double>()[i * v.size() + i] = v.data<double>()[i];
  }
  return result;
}

template <typename Body>
std::string failure(Body body) {
  try {
    body();
    return "no failure";
  } catch (const rt::Failure& f) {
    return f.message;
  }
}

template <typename T>
void check_gemm(int64_t m, int64_t n, int64_t k, double tolerance) {
  std::vector<T> a, b;
  for (int64_t i = 0; i < m * k; ++i) a.push_back(static_cast<T>((i * 7919) % 23 - 11));
  for (int64_t i = 0; i < k * n; ++i) b.push_back(static_cast<T>((i * 104729) % 19 - 9));
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const std::vector<T> want = product(a, b, m, n, k, ta, tb);
      std::vector<T> got(want.size(), T(99));
      rt::gemm(a.data(), b.data(), got.data(), m, n, k, ta, tb);
      INFO(m << " x " << n << " by " << k << (ta ? " ta" : "") << (tb ? " tb" : ""));
      for (size_t i = 0; i < want.size(); ++i) {
        REQUIRE(std::abs(static_cast<double>(got[i] - want[i])) <= tolerance);
      }
    }
  }
}

}  // namespace

TEST_CASE("products of all shapes and transpositions") {
  for (const int64_t m : {0, 1, 2, 3, 4, 5, 17, 64}) {
    for (const int64_t n : {0, 1, 2, 3, 4, 9, 33}) {
      for (const int64_t k : {0, 1, 2, 3, 4, 7, 40}) {
        check_gemm<double>(m, n, k, 0);
        check_gemm<float>(m, n, k, 0);
        check_gemm<int64_t>(m, n, k, 0);
      }
    }
  }
}

TEST_CASE("batched products") {
  std::vector<double> a, b, c(2 * 2 * 1, -1.0);
  for (int i = 0; i < 2 * 2 * 3; ++i) a.push_back(i);
  for (int i = 0; i < 2 * 3 * 1; ++i) b.push_back(i);
  rt::gemm_batched(a.data(), b.data(), c.data(), 2, 2, 1, 3, false, false);
  CHECK(c == std::vector<double>{5, 14, 86, 122});
}

TEST_CASE("a product of Int matrices never wraps") {
  const int64_t big = int64_t{1} << 62;
  const std::vector<int64_t> a = {big, big}, b = {1, 1}, cancelling = {1, -1};
  int64_t c = 0;
  CHECK(failure([&] { rt::gemm(a.data(), b.data(), &c, 1, 1, 2, false, false); }) ==
        "a product of Int tensors overflows");
  rt::gemm(a.data(), cancelling.data(), &c, 1, 1, 2, false, false);
  CHECK(c == 0);
  const std::vector<int64_t> low = {INT64_MIN};
  CHECK(failure([&] { rt::gemm(low.data(), low.data(), &c, 1, 1, 1, false, false); }) ==
        "a product of Int tensors overflows");
}

TEST_CASE("linear systems") {
  for (const int64_t n : {1, 2, 3, 5, 40, 150}) {
    const rt::Array a = random_matrix(n, n), b = random_matrix(n, 3, 2);
    CHECK(distance(multiply(a, rt::solve(a, b)), b) < 1e-9);
    CHECK(distance(multiply(a, rt::inverse(a)), identity(n)) < 1e-9);
    const rt::Array v = random_matrix(n, 1, 3);
    const rt::Array flat = v.reshaped(rt::Dims{n});
    const rt::Array x = rt::solve(a, flat);
    CHECK(x.rank() == 1);
    CHECK(distance(x.reshaped(rt::Dims{n, 1}), rt::solve(a, v)) < 1e-12);
  }
  CHECK(rt::solve(matrix(0, 0, {}), matrix(0, 2, {})).size() == 0);
  CHECK(rt::inverse(matrix(0, 0, {})).size() == 0);
}

TEST_CASE("singular matrices are failures, nan is not") {
  const auto solve = [](const rt::Array& a) {
    return failure([&] { rt::solve(a, rt::Array::zeros(rt::Elem::F64, rt::Dims{a.dims()[0]})); });
  };
  CHECK(solve(matrix(2, 2, {1, 2, 2, 4})) == "the matrix is singular");
  CHECK(solve(matrix(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9})) == "the matrix is singular");
  CHECK(solve(matrix(1, 1, {0})) == "the matrix is singular");
  CHECK(failure([] { rt::inverse(matrix(2, 2, {0, 0, 0, 0})); }) == "the matrix is singular");
  CHECK(solve(matrix(2, 2, {1e-200, 0, 0, 1e-200})) == "no failure");
  const double no_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(solve(matrix(2, 2, {1, no_number, 2, 4})) == "no failure");
  CHECK(std::isnan(rt::inverse(matrix(2, 2, {1, no_number, 2, 4})).data<double>()[0]));
}

TEST_CASE("determinants") {
  CHECK(rt::determinant(matrix(2, 2, {1, 2, 3, 4})).as_real() == Approx(-2).epsilon(1e-15));
  CHECK(rt::determinant(matrix(0, 0, {})).as_real() == 1);
  CHECK(rt::determinant(matrix(2, 2, {1, 2, 2, 4})).as_real() == 0);
  CHECK(rt::determinant(matrix(3, 3, {0, 1, 0, 1, 0, 0, 0, 0, 1})).as_real() == -1);
  const auto [sign, log] = rt::log_determinant(matrix(2, 2, {1, 2, 3, 4}));
  CHECK(sign.as_real() == -1);
  CHECK(log.as_real() == Approx(std::log(2.0)).epsilon(1e-14));
  const auto [zero, minus_inf] = rt::log_determinant(matrix(2, 2, {0, 0, 0, 1}));
  CHECK(zero.as_real() == 0);
  CHECK(minus_inf.as_real() == -std::numeric_limits<double>::infinity());
}

TEST_CASE("Cholesky factors") {
  for (const int64_t n : {0, 1, 3, 60}) {
    const rt::Array g = random_matrix(n, n);
    rt::Array a = multiply(g, transpose(g));
    const rt::Array l = rt::cholesky(a);
    CHECK(distance(multiply(l, transpose(l)), a) < 1e-10);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = i + 1; j < n; ++j) REQUIRE(l.data<double>()[i * n + j] == 0);
    }
    if (n > 1) {
      a.writable<double>()[1] = 1e9;
      CHECK(distance(rt::cholesky(a), l) == 0);
    }
  }
  CHECK(failure([] { rt::cholesky(matrix(2, 2, {1, 2, 2, 1})); }) ==
        "the matrix is not positive definite");
  CHECK(failure([] { rt::cholesky(matrix(1, 1, {0})); }) == "the matrix is not positive definite");
}

TEST_CASE("eigenvalues of symmetric matrices") {
  const rt::SymmetricEigen small = rt::symmetric_eigen(matrix(2, 2, {2, 99, 1, 2}));
  CHECK(small.values.data<double>()[0] == Approx(1));
  CHECK(small.values.data<double>()[1] == Approx(3));
  for (const int64_t n : {1, 2, 3, 30, 80}) {
    const rt::Array g = random_matrix(n, n);
    const rt::Array a = multiply(g, transpose(g));
    const auto [values, vectors] = rt::symmetric_eigen(a);
    CHECK(std::is_sorted(values.data<double>(), values.data<double>() + n));
    CHECK(distance(multiply(a, vectors), multiply(vectors, diagonal(values))) < 1e-10 * 100);
    CHECK(distance(multiply(transpose(vectors), vectors), identity(n)) < 1e-12);
    for (int64_t j = 0; j < n; ++j) {
      double largest = 0;
      for (int64_t i = 0; i < n; ++i) {
        const double entry = vectors.data<double>()[i * n + j];
        if (std::abs(entry) > std::abs(largest)) largest = entry;
      }
      CHECK(largest > 0);
    }
  }
  CHECK(rt::symmetric_eigen(matrix(0, 0, {})).values.size() == 0);
  const double no_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(rt::symmetric_eigen(matrix(1, 1, {no_number})).values.data<double>()[0]));
}

TEST_CASE("QR is thin, with a positive diagonal") {
  for (const auto& [m, n] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 1}, {5, 3}, {3, 5}, {4, 4}, {60, 20}, {0, 2}, {2, 0}}) {
    const rt::Array a = random_matrix(m, n);
    const auto [q, r] = rt::qr(a);
    const int64_t k = std::min(m, n);
    CHECK(q.dims()[1] == k);
    CHECK(r.dims()[0] == k);
    CHECK(distance(multiply(q, r), a) < 1e-12);
    CHECK(distance(multiply(transpose(q), q), identity(k)) < 1e-13);
    for (int64_t i = 0; i < k; ++i) {
      CHECK(r.data<double>()[i * n + i] > 0);
      for (int64_t j = 0; j < i; ++j) REQUIRE(r.data<double>()[i * n + j] == 0);
    }
  }
}

TEST_CASE("singular values, of full and deficient rank") {
  std::vector<rt::Array> list = {matrix(2, 2, {0, 0, 0, 0}), matrix(3, 2, {1, 2, 2, 4, 3, 6}),
                                 matrix(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}),
                                 matrix(2, 2, {1e-200, 0, 0, 1e200})};
  for (const auto& [m, n] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 1}, {5, 3}, {3, 5}, {4, 4}, {60, 20}, {20, 60}, {0, 2}, {2, 0}}) {
    list.push_back(random_matrix(m, n));
  }
  for (const rt::Array& a : list) {
    const auto [u, s, vt] = rt::svd(a);
    const int64_t k = s.size();
    const double scale = k == 0 ? 1 : std::max(1.0, s.data<double>()[0]);
    CHECK(std::is_sorted(s.data<double>(), s.data<double>() + k, std::greater<>()));
    CHECK(distance(multiply(multiply(u, diagonal(s)), vt), a) < 1e-13 * scale * 10);
    CHECK(distance(multiply(transpose(u), u), identity(k)) < 1e-12);
    CHECK(distance(multiply(vt, transpose(vt)), identity(k)) < 1e-12);
  }
  const rt::Array s = rt::svd(matrix(2, 2, {3, 0, 4, 5})).s;
  CHECK(s.data<double>()[0] == Approx(std::sqrt(45.0)).epsilon(1e-14));
  CHECK(s.data<double>()[1] == Approx(std::sqrt(5.0)).epsilon(1e-14));
}

TEST_CASE("triangular systems") {
  const int64_t n = 40;
  rt::Array l = random_matrix(n, n);
  for (int64_t i = 0; i < n; ++i) l.writable<double>()[i * n + i] = 10;
  const rt::Array b = random_matrix(n, 4, 5);
  for (const bool lower : {false, true}) {
    rt::Array triangle = l;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        if (lower ? j > i : j < i) triangle.writable<double>()[i * n + j] = 0;
      }
    }
    CHECK(distance(multiply(triangle, rt::triangular_solve(l, b, lower, false)), b) < 1e-11);
    CHECK(distance(multiply(transpose(triangle), rt::triangular_solve(l, b, lower, true)), b) <
          1e-11);
  }
  CHECK(failure([] {
          rt::triangular_solve(matrix(2, 2, {1, 0, 1, 0}), matrix(2, 1, {1, 1}), true, false);
        }) == "the matrix is singular");
}

TEST_CASE("decompositions of Real32 are Real32") {
  const rt::Array a = matrix(2, 2, {2, 1, 1, 2}).converted(rt::Elem::F32);
  CHECK(rt::inverse(a).elem() == rt::Elem::F32);
  CHECK(rt::cholesky(a).elem() == rt::Elem::F32);
  CHECK(rt::determinant(a).as_real32() == Approx(3.0f));
  CHECK(rt::svd(a).s.elem() == rt::Elem::F32);
}

TEST_CASE("the kernels for any machine agree with those chosen here") {
  const rt::DenseKernels& plain = rt::dense_baseline();
  const int64_t n = 30;
  const rt::Array a = random_matrix(n, n), b = random_matrix(n, n, 2);
  rt::Array c = rt::Array::zeros(rt::Elem::F64, rt::Dims{n, n});
  plain.gemm_f64(a.data<double>(), b.data<double>(), c.writable<double>(), n, n, n, false, false);
  CHECK(distance(c, multiply(a, b)) < 1e-12);
  rt::Array factors = rt::Array::zeros(rt::Elem::F64, rt::Dims{n, n});
  rt::Array rows = rt::Array::zeros(rt::Elem::I64, rt::Dims{n});
  CHECK(plain.lu(a.data<double>(), factors.writable<double>(), rows.writable<int64_t>(), n));
  plain.lu_solve(factors.data<double>(), rows.data<int64_t>(), b.data<double>(),
                 c.writable<double>(), n, n, false);
  CHECK(distance(c, rt::solve(a, b)) < 1e-9);
  CHECK(plain.inverse(a.data<double>(), c.writable<double>(), n));
  CHECK(distance(c, rt::inverse(a)) < 1e-9);
  const rt::Array gram = multiply(a, transpose(a));
  CHECK(plain.cholesky(gram.data<double>(), c.writable<double>(), n));
  CHECK(distance(c, rt::cholesky(gram)) < 1e-10);
}

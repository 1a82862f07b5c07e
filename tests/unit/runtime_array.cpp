#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "runtime/array.h"
#include "runtime/context.h"
#include "runtime/memory.h"

namespace rt = calc::rt;

namespace {

template <typename Body>
std::string failure(Body body) {
  try {
    body();
    return "no failure";
  } catch (const rt::Failure& f) {
    return f.message;
  }
}

}  // namespace

TEST_CASE("arrays share until one is written") {
  rt::Array a = rt::Array::reals(rt::Dims{2, 2}, std::vector<double>{1, 2, 3, 4});
  CHECK(a.unique());
  CHECK(reinterpret_cast<uintptr_t>(a.data<double>()) % 64 == 0);
  rt::Array b = a;
  CHECK(a.header() == b.header());
  CHECK_FALSE(a.unique());
  b.writable<double>()[0] = 9;
  CHECK(a.data<double>()[0] == 1);
  CHECK(b.data<double>()[0] == 9);
  CHECK(a.unique());
  CHECK(b.unique());
  double* before = b.writable<double>();
  CHECK(b.writable<double>() == before);
}

TEST_CASE("references move in and out of handles") {
  rt::Array a = rt::Array::of(2.5);
  rt::ArrayHeader* header = a.disown();
  CHECK_FALSE(a);
  CHECK(header->refs == 1);
  a = rt::Array::adopt(header);
  rt::Array b = std::move(a);
  CHECK(b.as_real() == 2.5);
  CHECK(b.rank() == 0);
  CHECK(b.size() == 1);
  CHECK(rt::Array::of(true).as_bool());
  CHECK(rt::Array::of(int64_t{-3}).as_int() == -3);
  CHECK(rt::Array::of(0.5f).as_real32() == 0.5f);
}

TEST_CASE("sizes nobody can have are failures, not crashes") {
  CHECK(failure([] { rt::Array::uninitialised(rt::Elem::F64, rt::Dims{1000000, 1000000}); }) ==
        "a `Real[1000000, 1000000]` needs 7.3 TiB of memory");
  CHECK(failure([] { rt::Array::zeros(rt::Elem::I64, rt::Dims{int64_t{1} << 60}); }) ==
        "an `Int[1152921504606846976]` needs 8.0 EiB of memory");
  CHECK(failure([] { rt::Array::zeros(rt::Elem::Bool, rt::Dims{INT64_MAX}); }) ==
        "a `Bool[9223372036854775807]` needs 8.0 EiB of memory");
  CHECK(failure([] {
          rt::Array::zeros(rt::Elem::F64, rt::Dims{int64_t{1} << 40, int64_t{1} << 40});
        }) ==
        "a tensor of sizes [1099511627776, 1099511627776] has more elements than can be counted");
  CHECK(failure([] { rt::Array::zeros(rt::Elem::F64, rt::Dims{3, -1}); }) ==
        "a tensor of sizes [3, -1] cannot be: a size is negative");
  CHECK(rt::element_count(rt::Dims{INT64_MAX, 0, INT64_MAX}) == 0);
  CHECK(rt::element_count(rt::Dims{}) == 1);
}

TEST_CASE("amounts of memory read well") {
  CHECK(rt::bytes_text(512) == "512 bytes");
  CHECK(rt::bytes_text(1536) == "1.5 KiB");
  CHECK(rt::bytes_text(8e12) == "7.3 TiB");
  CHECK(rt::available_memory() > 0);
}

TEST_CASE("arrays are reshaped in place when unique") {
  rt::Array a = rt::Array::ints(rt::Dims{6}, std::vector<int64_t>{1, 2, 3, 4, 5, 6});
  const rt::Array copy = a.reshaped(rt::Dims{2, 3});
  CHECK(copy.header() != a.header());
  rt::ArrayHeader* block = a.header();
  rt::Array moved = std::move(a).reshaped(rt::Dims{3, 2});
  CHECK(moved.header() == block);
  CHECK(moved.dims()[0] == 3);
  CHECK(moved.rank() == 2);
  CHECK(moved.data<int64_t>()[5] == 6);
  const rt::Array high = std::move(moved).reshaped(rt::Dims{1, 1, 1, 1, 1, 6});
  CHECK(high.rank() == 6);
  CHECK(high.data<int64_t>()[5] == 6);
  CHECK_THROWS_AS(copy.reshaped(rt::Dims{4}), std::logic_error);
}

TEST_CASE("elements convert") {
  const rt::Array reals = rt::Array::reals(rt::Dims{4}, std::vector<double>{-1.9, 0, 2.5, 1e10});
  const rt::Array ints = reals.converted(rt::Elem::I64);
  CHECK(ints.data<int64_t>()[0] == -1);
  CHECK(ints.data<int64_t>()[2] == 2);
  CHECK(ints.data<int64_t>()[3] == 10000000000);
  const rt::Array bools = reals.converted(rt::Elem::Bool);
  CHECK(bools.data<uint8_t>()[0] == 1);
  CHECK(bools.data<uint8_t>()[1] == 0);
  CHECK(bools.converted(rt::Elem::F64).data<double>()[0] == 1);
  CHECK(reals.converted(rt::Elem::F32).data<float>()[2] == 2.5f);
  CHECK(reals.converted(rt::Elem::F64).header() == reals.header());
  const double no_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(failure([&] { rt::Array::of(no_number).converted(rt::Elem::I64); }) == "nan has no `Int`");
  CHECK(failure([] { rt::Array::of(1e30).converted(rt::Elem::I64); }) == "1e30 has no `Int`");
}

TEST_CASE("identity is bit by bit") {
  const double no_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(rt::Array::of(no_number).identical(rt::Array::of(no_number)));
  CHECK_FALSE(rt::Array::of(0.0).identical(rt::Array::of(-0.0)));
  CHECK_FALSE(rt::Array::of(1.0).identical(rt::Array::of(int64_t{1})));
  CHECK_FALSE(rt::Array::zeros(rt::Elem::F64, rt::Dims{2, 1})
                  .identical(rt::Array::zeros(rt::Elem::F64, rt::Dims{2})));
}

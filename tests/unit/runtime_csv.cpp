#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <unistd.h>

#include "runtime/context.h"
#include "runtime/csv.h"

namespace rt = calc::rt;

namespace {

std::vector<double> values(const rt::Array& a) {
  return {a.data<double>(), a.data<double>() + a.size()};
}

std::string failure(std::string_view text, const rt::CsvOptions& options = {}) {
  try {
    rt::parse_csv(text, "x.csv", options);
    return "no failure";
  } catch (const rt::Failure& f) {
    return f.message;
  }
}

std::filesystem::path temporary(const char* name) {
  return std::filesystem::temp_directory_path() / (std::to_string(getpid()) + name);
}

}  // namespace

TEST_CASE("a csv file becomes a matrix") {
  const rt::Array a = rt::parse_csv("1,2,3\n4,5.5,-6e2\n", "x");
  CHECK(a.elem() == rt::Elem::F64);
  CHECK(a.dims()[0] == 2);
  CHECK(a.dims()[1] == 3);
  CHECK(values(a) == std::vector<double>{1, 2, 3, 4, 5.5, -600});
}

TEST_CASE("csv cells may have spaces, signs, exponents, and special values") {
  CHECK(values(rt::parse_csv(" 1 ,\t+2\t, -3E+2 \r\n.5,1.,1e-3\r\n", "x")) ==
        std::vector<double>{1, 2, -300, 0.5, 1, 1e-3});
  const auto special = values(rt::parse_csv("inf,-inf,nan,NaN,1e999,1e-999", "x"));
  CHECK(special[0] == std::numeric_limits<double>::infinity());
  CHECK(special[1] == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(special[2]));
  CHECK(std::isnan(special[3]));
  CHECK(special[4] == std::numeric_limits<double>::infinity());
  CHECK(special[5] == 0);
}

TEST_CASE("csv lines may lack their end, be empty, and follow a byte order mark") {
  CHECK(values(rt::parse_csv("1\n2", "x")) == std::vector<double>{1, 2});
  CHECK(values(rt::parse_csv("1\r\n\r\n2\r\n\n", "x")) == std::vector<double>{1, 2});
  CHECK(values(rt::parse_csv("\xEF\xBB\xBF"
                             "1,2\n",
                             "x")) == std::vector<double>{1, 2});
}

TEST_CASE("a csv header is skipped only when asked for") {
  CHECK(values(rt::parse_csv("a,b\n1,2\n", "x", {.header = true})) == std::vector<double>{1, 2});
  CHECK(failure("a,b\n1,2\n") == "line 1, column 1 of `x.csv` is `a`, not a number");
  try {
    rt::parse_csv("a,b\n1,2\n", "x", {});
  } catch (const rt::Failure& f) {
    CHECK(f.hint == "if the first line holds names, skip it with `header: true`");
  }
  CHECK(values(rt::parse_csv("1;2\n", "x", {.separator = ';'})) == std::vector<double>{1, 2});
}

TEST_CASE("a csv failure says where") {
  CHECK(failure("") == "`x.csv` is empty");
  CHECK(failure("\n \n") == "`x.csv` is empty");
  CHECK(failure("a,b\n", {.header = true}) == "`x.csv` has no row below its header");
  CHECK(failure("1,2\n3\n") == "line 2 of `x.csv` has 1 cell, the lines before it have 2");
  CHECK(failure("1,2\n\n3,4,5\n") == "line 3 of `x.csv` has 3 cells, the lines before it have 2");
  CHECK(failure("1,2\n3,x4\n") == "line 2, column 2 of `x.csv` is `x4`, not a number");
  CHECK(failure("1,2\n3,4 5\n") == "line 2, column 2 of `x.csv` is `4 5`, not a number");
  CHECK(failure("1,2\n3,\n") == "line 2, column 2 of `x.csv` is empty, where a number is expected");
  CHECK(failure("1,,2\n") == "line 1, column 2 of `x.csv` is empty, where a number is expected");
  CHECK(failure("1,+-2\n") == "line 1, column 2 of `x.csv` is `+-2`, not a number");
  CHECK(failure("1,0x10\n") == "line 1, column 2 of `x.csv` is `0x10`, not a number");
  CHECK(failure("1,\"2\"\n") == "line 1, column 2 of `x.csv` is `\"2\"`, not a number");
  CHECK(failure("1\n" + std::string(100, 'y')) ==
        "line 2, column 1 of `x.csv` is `" + std::string(40, 'y') + "…`, not a number");
  CHECK(failure(std::string("1,\0", 3)).starts_with("line 1, column 2"));
}

TEST_CASE("csv files are read from disk, or the failure names them") {
  const auto path = temporary("calc_csv_test.csv");
  std::ofstream(path) << "1,2\n3,4\n";
  CHECK(values(rt::read_csv(path)) == std::vector<double>{1, 2, 3, 4});
  std::filesystem::remove(path);
  try {
    rt::read_csv(path);
    FAIL("it is gone");
  } catch (const rt::Failure& f) {
    CHECK(f.message == "there is no file `" + path.string() + "`");
  }
  try {
    rt::read_csv(std::filesystem::temp_directory_path());
    FAIL("a directory");
  } catch (const rt::Failure& f) {
    CHECK(f.message ==
          "`" + std::filesystem::temp_directory_path().string() + "` is a directory, not a file");
  }
}

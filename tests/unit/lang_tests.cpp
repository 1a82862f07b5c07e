// Registers each language test and each example as a test case of its own, named by its path, so
// that Catch's filters and counts apply. CALC_UPDATE=1 rewrites the expectations instead.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/unit/lang_file.h"

namespace calc::tests {
namespace {

class FileTest : public Catch::ITestInvoker {
 public:
  explicit FileTest(std::string path) : path_(std::move(path)) {}
  void invoke() const override {
    // Examples name their data relative to the top of the tree.
    std::filesystem::current_path(CALC_SOURCE_DIR);
    if (std::getenv("CALC_UPDATE") != nullptr) update_file(path_);
    INFO(path_);
    CHECK(check_file(path_, driver::Tier::Evaluate) == "");
    CHECK(check_file(path_, driver::Tier::Compile) == "");
  }

 private:
  std::string path_;
};

/// Examples train for seconds: they run as a user runs them.
class ExampleTest : public Catch::ITestInvoker {
 public:
  explicit ExampleTest(std::string path) : path_(std::move(path)) {}
  void invoke() const override {
    std::filesystem::current_path(CALC_SOURCE_DIR);
    if (std::getenv("CALC_UPDATE") != nullptr) update_file(path_);
    INFO(path_);
    CHECK(check_file(path_, driver::Tier::Auto) == "");
  }

 private:
  std::string path_;
};

template <typename T>
void add_all(const std::string& folder, const std::string& tag) {
  for (const std::string& path : files_below(folder)) {
    const std::string name = std::filesystem::relative(path, CALC_SOURCE_DIR).string();
    Catch::getMutableRegistryHub().registerTest(Catch::makeTestCase(
        new T(path), "", Catch::NameAndTags{name, tag}, CATCH_INTERNAL_LINEINFO));
  }
}

const bool registered = [] {
  add_all<FileTest>("tests/lang", "[lang]");
  add_all<ExampleTest>("examples", "[examples]");
  return true;
}();

}  // namespace
}  // namespace calc::tests

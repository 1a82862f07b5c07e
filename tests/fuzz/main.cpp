// calc_fuzz [count] [first seed] [compile every]: random programs, checked; failures are printed.
// With -1 for `compile every`: at points with infinite derivatives.
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/check.h"
#include "tests/fuzz/generate.h"

int main(int argc, char** argv) {
  auto argument = [&](int k, long otherwise) {
    return argc > k ? std::strtol(argv[k], nullptr, 10) : otherwise;
  };
  const auto count = static_cast<int>(argument(1, 1000));
  const auto first = static_cast<uint64_t>(argument(2, 0));
  if (count == 0) {
    calc::fuzz::Checker checker;
    std::fputs(calc::fuzz::generate(first, checker.available()).definitions().c_str(), stdout);
    return 0;
  }
  const auto every = static_cast<int>(argument(3, 1));
  const calc::fuzz::Tally tally = every < 0 ? calc::fuzz::run_singular(first, count, true)
                                            : calc::fuzz::run(first, count, every, true);
  std::printf("%d programs, %d skipped, %zu failures, %d silent zeros\n", tally.programs,
              tally.skipped, tally.failures.size(), tally.silent_zeros);
  return tally.failures.empty() ? 0 : 1;
}

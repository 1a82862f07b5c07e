#pragma once
// What must hold for a program f(x): its value and derivatives agree between evaluated and compiled
// code, between forward and reverse mode in every nesting up to the second order, and with
// differences.
#include <memory>
#include <set>
#include <string>

#include "tests/fuzz/program.h"

namespace calc::fuzz {

struct Verdict {
  enum class Kind : uint8_t {
    Holds,
    /// Not a number, too large, or at a kink: nothing is claimed.
    Skipped,
    /// A derivative or value differs.
    Differs,
    /// An exact zero where the truth is not zero.
    SilentZero,
    /// The program does not run.
    Fails
  };
  Kind kind = Kind::Holds;
  /// Which pair differs, or the error's message.
  std::string what;
  std::string detail;
  bool bad() const { return kind >= Kind::Differs; }
};

class Checker {
 public:
  /// Probes which features the language has.
  Checker();
  const std::set<std::string>& available() const { return available_; }
  Verdict check(const Program& program, bool compiled);
  /// At a point where derivatives may be infinite: what is finite in forward mode is the same in
  /// reverse mode. (Not the other way round: forward mode multiplies the zero of an untaken side.)
  static Verdict check_singular(const Program& program);

 private:
  std::set<std::string> available_;
};

struct Failure {
  uint64_t seed;
  Verdict verdict;
  /// The shrunk program and what it does.
  std::string report;
};

struct Tally {
  int programs = 0;
  int skipped = 0;
  int silent_zeros = 0;
  std::vector<Failure> failures;
};

/// Programs first, first + 1, …; every `compiled`th is compiled as well. Failures are shrunk.
Tally run(uint64_t first, int count, int compiled, bool verbose);
/// The same for `check_singular`.
Tally run_singular(uint64_t first, int count, bool verbose);

}  // namespace calc::fuzz

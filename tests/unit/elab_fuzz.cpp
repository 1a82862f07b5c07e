// Programs that are nearly right: those of the language tests and the examples with tokens and
// lines changed. Whatever is said about them, it is said in order: no crash, no hang, no failure of
// calc itself. CALC_FUZZ=n tries n of them, from CALC_FUZZ_SEED.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "lang/driver/session.h"
#include "lang/syntax/lexer.h"
#include "tests/unit/lang_file.h"

namespace calc::test {

namespace {

constexpr int kRounds = 400;
constexpr int kRoundsPerSession = 40;
constexpr double kSlowest = 20;
/// Longer programs take long to check.
constexpr size_t kLongest = 3000;

/// A program as the texts between and of its tokens.
using Pieces = std::vector<std::string>;

Pieces pieces_of(const std::string& text) {
  base::Sources sources;
  Pieces pieces;
  const syntax::Tokens tokens = syntax::lex(sources, sources.add("text", text));
  size_t at = 0;
  for (const syntax::Token& token : tokens.list) {
    if (token.span.end <= at) continue;
    pieces.push_back(text.substr(at, token.span.end - at));
    at = token.span.end;
  }
  return pieces;
}

std::vector<Pieces> programs() {
  std::vector<Pieces> all;
  for (const char* folder : {"tests/lang", "examples"}) {
    for (const std::string& path : tests::files_below(folder)) {
      std::ifstream file(path, std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      if (text.str().size() > kLongest) continue;
      Pieces pieces = pieces_of(text.str());
      if (pieces.size() > 3) all.push_back(std::move(pieces));
    }
  }
  return all;
}

class Mutator {
 public:
  Mutator(std::vector<Pieces> all, uint32_t seed) : programs_(std::move(all)), random_(seed) {}

  std::string next() {
    Pieces pieces = any(programs_);
    const size_t changes = 1 + below(4);
    for (size_t k = 0; k < changes; ++k) change(pieces);
    std::string text;
    for (const std::string& piece : pieces) text += piece;
    return text;
  }

 private:
  size_t below(size_t n) { return random_() % n; }
  template <typename T>
  const T& any(const std::vector<T>& list) {
    return list[below(list.size())];
  }

  void change(Pieces& pieces) {
    static const Pieces odd{" 0",        " -1",     " 1e308",      " 9223372036854775807",
                            " nan",      " none",   " \"a\"",      " ()",
                            " {}",       " []",     " sin",        " grad",
                            " zeros(0)", " (1, 2)", " {w: 1.0}",   " x -> x",
                            " 0..3",     " true",   "'",           " zeros(2, 2)",
                            " jacobian", " vmap",   " [1.0, 2.0]", " not"};
    const auto at = static_cast<ptrdiff_t>(below(pieces.size()));
    switch (below(7)) {
      case 0:
        if (pieces.size() > 2) pieces.erase(pieces.begin() + at);
        return;
      case 1:
        pieces.insert(pieces.begin() + at, any(pieces));
        return;
      case 2:
        std::swap(pieces[static_cast<size_t>(at)], pieces[below(pieces.size())]);
        return;
      case 3:
        pieces[static_cast<size_t>(at)] = any(any(programs_));
        return;
      case 4:
        pieces.insert(pieces.begin() + at, any(any(programs_)));
        return;
      case 5:
        pieces[static_cast<size_t>(at)] = any(odd);
        return;
      default: {
        // A run of tokens of another program.
        const Pieces& other = any(programs_);
        const size_t from = below(other.size());
        const size_t count = std::min(other.size() - from, 1 + below(12));
        const auto begin = other.begin() + static_cast<ptrdiff_t>(from);
        pieces.insert(pieces.begin() + at, begin, begin + static_cast<ptrdiff_t>(count));
      }
    }
  }

  std::vector<Pieces> programs_;
  std::mt19937 random_;
};

int setting(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

/// Left behind when a text brings the process down.
void keep(const std::string& text) {
  if (const char* path = std::getenv("CALC_FUZZ_KEEP")) std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("programs that are nearly right are checked in order") {
  Mutator mutator(programs(), static_cast<uint32_t>(setting("CALC_FUZZ_SEED", 20250107)));
  std::unique_ptr<driver::Session> session;
  const int rounds = setting("CALC_FUZZ", kRounds);
  for (int round = 0; round < rounds; ++round) {
    if (round % kRoundsPerSession == 0) {
      driver::Options options;
      options.verify = true;
      options.out = [](std::string_view) {};
      session = std::make_unique<driver::Session>(std::move(options));
    }
    const std::string text = mutator.next();
    INFO(text);
    keep(text);
    const auto begin = std::chrono::steady_clock::now();
    const driver::Outcome outcome = session->check("fuzz.calc", text);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    CHECK(took.count() < kSlowest);
    for (const base::Diagnostic& error : outcome.errors) {
      CHECK(error.message.find("calc itself failed") == std::string::npos);
      CHECK(!render(session->sources(), error).empty());
    }
  }
}

}  // namespace calc::test

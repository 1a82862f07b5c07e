// Measures calc against hand-written C++ in one process and prints ratios: times are the least of
// several runs, taken in turn. `calc_bench PATH_OF_CALC` also times whole processes.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>

#include "lang/driver/session.h"
#include "tests/bench/hand.h"

extern char** environ;

namespace calc::bench {
namespace {

constexpr int kRuns = 9;

double milliseconds(const std::function<void()>& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// A session that runs one statement over and over; only its execution is timed.
class Program {
 public:
  explicit Program(const std::string& setup) : session_(options()) { run(setup); }
  double run(const std::string& text) {
    const driver::Outcome outcome = session_.run("bench", text);
    for (const base::Diagnostic& d : outcome.errors) {
      std::fputs(base::render(session_.sources(), d).c_str(), stderr);
    }
    if (!outcome.ok()) std::exit(1);
    return session_.run_ms();
  }
  double compile_ms() const { return session_.compile_ms(); }

 private:
  static driver::Options options() {
    driver::Options o;
    o.tier = driver::Tier::Compile;
    o.out = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
    return o;
  }
  driver::Session session_;
};

void row(const char* what, double calc, double hand, double aim, double compile) {
  std::printf("%-46s %9.3f %9.3f %7.2f %7.2f %9.1f\n", what, calc, hand, calc / hand, aim, compile);
}

/// Least times of the two sides, run in turn.
void compare(const char* what, Program& program, const std::string& statement,
             const std::function<void()>& hand, double aim) {
  double calc_ms = 1e300, hand_ms = 1e300, compile = 0;
  for (int k = 0; k < kRuns; ++k) {
    calc_ms = std::min(calc_ms, program.run(statement));
    compile = program.compile_ms();
    hand_ms = std::min(hand_ms, milliseconds(hand));
  }
  row(what, calc_ms, hand_ms, aim, compile);
}

/// Keeps the optimiser from dropping what is measured.
volatile double sink = 0;

void derivative_in_a_loop() {
  Program program(
      "f(x) = sin(x) * exp(-x^2)\n"
      "total(n) = { s = 0.0; for i in 0..n { s += f'(i / n) }; s }\n");
  compare(
      "derivative summed over 1e7 points", program, "r = total(10000000);",
      [] { sink = sum_of_derivative(10000000); }, 1.2);
}

void value_and_gradient_of_a_sum() {
  Program program("f(x) = sum(sin(x) * exp(-x^2))\nx = linspace(-2, 2, 1000000)\n");
  std::vector<double> x(1000000), g(1000000);
  for (size_t i = 0; i < x.size(); ++i) x[i] = -2 + 4.0 * static_cast<double>(i) / 999999;
  compare(
      "value and gradient, 1e6 reals", program, "(v, g) = value_and_grad(f)(x);",
      [&] { sink = value_and_gradient(x.data(), g.data(), 1000000); }, 1.2);
}

void gradient_of_an_indexed_loop() {
  const std::string code =
      "f(x) = { y = x; for i in 1..size(x) { y[i] = 0.5 * y[i - 1] + sin(x[i]) }; sum(y) }\n";
  double primal_ms = 0;
  for (int64_t n : {100000, 1000000}) {
    Program program(code + "x = linspace(0, 1, " + std::to_string(n) + ")\n");
    std::vector<double> x(static_cast<size_t>(n), 0.5), y(x.size());
    double primal = 1e300, gradient = 1e300, compile = 0;
    for (int k = 0; k < kRuns; ++k) {
      primal = std::min(primal, program.run("v = f(x);"));
      gradient = std::min(gradient, program.run("g = grad(f)(x);"));
      compile = program.compile_ms();
    }
    row(n == 100000 ? "gradient of a loop over x[i] / primal, n = 1e5"
                    : "gradient of a loop over x[i] / primal, n = 1e6",
        gradient, primal, 3.0, compile);
    if (n == 1000000) {
      compare(
          "the primal loop, n = 1e6", program, "v = f(x);",
          [&] { sink = recurrence(x.data(), y.data(), n); }, 1.2);
    }
    primal_ms = primal;
  }
  sink = primal_ms;
}

void recursion() {
  const volatile int64_t n = 30;
  Program program(
      "fib(n) = if n < 2 then n else fib(n - 1) + fib(n - 2)\n"
      "tree(n, x) = if n == 0 then sin(x) else tree(n - 1, x) * tree(n - 1, 0.5 * x)\n"
      "x = [0.7]\n");
  compare(
      "fib(30) by recursion", program, "r = fib(30);",
      [&] { sink = static_cast<double>(fibonacci(n)); }, 2.0);
  double primal = 1e300, gradient = 1e300;
  for (int k = 0; k < kRuns; ++k) {
    primal = std::min(primal, program.run("v = tree(16, x[0]);"));
    gradient = std::min(gradient, program.run("g = grad(x -> tree(16, x[0]))(x);"));
  }
  row("gradient of a recursion of 131071 calls / primal", gradient, primal, 4.0,
      program.compile_ms());
}

/// Both sides do it `count` times at changing points.
void second_derivatives() {
  Program program(
      "rosen(x) = sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)\n"
      "H(x, count) = { s = 0.0; for k in 0..count { x[0] = k / count; h = hessian(rosen)(x); "
      "s += h[0, 0] + h[-1, -1] }; s }\n"
      "P(x, v, count) = { s = 0.0; for k in 0..count { x[0] = k / count; "
      "s += hvp(rosen, x, v)[0] }; s }\n");
  for (int64_t n : {10, 100, 1000}) {
    const auto size = static_cast<size_t>(n);
    std::vector<double> x(size, 0.5), v(size, 1.0), out(size * size);
    const std::string points =
        "x = full(" + std::to_string(n) + ", 0.5)\nv = ones(" + std::to_string(n) + ")\n";
    const std::string name = "Rosenbrock, n = " + std::to_string(n);
    const int64_t matrices = 10000000 / (n * n);
    const int64_t products = 1000000 / n;
    program.run(points);
    compare(("hessian, " + name).c_str(), program, "r = H(x, " + std::to_string(matrices) + ");",
            [&] {
              for (int64_t k = 0; k < matrices; ++k) {
                x[0] = static_cast<double>(k) / static_cast<double>(matrices);
                rosenbrock_hessian(x.data(), out.data(), n);
                sink = out[0];
              }
            },
            4.0);
    compare(("hvp, " + name).c_str(), program, "r = P(x, v, " + std::to_string(products) + ");",
            [&] {
              for (int64_t k = 0; k < products; ++k) {
                x[0] = static_cast<double>(k) / static_cast<double>(products);
                rosenbrock_hvp(x.data(), v.data(), out.data(), n);
                sink = out[0];
              }
            },
            2.0);
  }
}

void softmax_step() {
  std::ifstream file(CALC_SOURCE_DIR "/examples/digits/digits.csv");
  std::vector<double> table;
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) table.push_back(std::stod(cell));
  }
  SoftmaxStep hand(table, static_cast<int64_t>(table.size() / 65));
  Program program(
      "table = data.csv(\"" CALC_SOURCE_DIR
      "/examples/digits/digits.csv\")\n"
      "X = table[:, :64] / 16\nt = table[:, 64]\n"
      "T = [t[i] == k for i in 0..1797, k in 0..10]\nT = T * 1.0\n"
      "logits({W, b}, X) = X @ W + b\n"
      "loss(p, X, T) = mean(logsumexp(logits(p, X), axis: 1) - sum(logits(p, X) * T, axis: 1))\n"
      "p = {W: zeros(64, 10), b: zeros(10)}\n");
  compare(
      "softmax regression step, digits", program, "p = p - 0.5 * grad[p](loss)(p, X, T);",
      [&] { sink = hand.step(0.5); }, 1.3);
}

/// The median wall time of a process from start to exit.
double process_ms(const std::string& calc, const std::string& text) {
  std::vector<double> times;
  for (int k = 0; k < 31; ++k) {
    times.push_back(milliseconds([&] {
      std::string path = calc, flag = "-e", code = text;
      char* argv[] = {path.data(), flag.data(), code.data(), nullptr};
      posix_spawn_file_actions_t actions;
      posix_spawn_file_actions_init(&actions);
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
      pid_t child = 0;
      posix_spawn(&child, path.c_str(), &actions, nullptr, argv, environ);
      posix_spawn_file_actions_destroy(&actions);
      int status = 0;
      waitpid(child, &status, 0);
    }));
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void start_up(const std::string& calc) {
  std::printf("\n%-46s %9s %9s\n", "process, start to exit (median)", "ms", "aim");
  std::printf("%-46s %9.1f %9.1f\n", "calc -e \"1+1\"", process_ms(calc, "1+1"), 15.0);
  std::printf("%-46s %9.1f %9.1f\n", "calc -e \"(x -> x^2)'(3)\"",
              process_ms(calc, "(x -> x^2)'(3)"), 20.0);
}

}  // namespace
}  // namespace calc::bench

int main(int argc, char** argv) {
  std::printf("%-46s %9s %9s %7s %7s %9s\n", "", "calc ms", "other ms", "ratio", "aim", "compile");
  calc::bench::derivative_in_a_loop();
  calc::bench::value_and_gradient_of_a_sum();
  calc::bench::gradient_of_an_indexed_loop();
  calc::bench::recursion();
  calc::bench::softmax_step();
  calc::bench::second_derivatives();
  if (argc > 1) calc::bench::start_up(argv[1]);
}

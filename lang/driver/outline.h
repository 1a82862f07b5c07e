#pragma once
// What a file of definitions offers, read off its text without running it: `calc doc`.
#include <string>
#include <vector>

namespace calc::driver {

struct Outlined {
  std::string name;
  /// `fit(X, t, lr = 0.1) -> Real`
  std::string signature;
  std::string documentation;
  /// The first sentence of the documentation.
  std::string summary() const;
};

struct Outline {
  /// The comment at the head of the file.
  std::string about;
  /// In the order written, without those that begin with `_`.
  std::vector<Outlined> functions;
  /// Names it takes from other modules and offers as well.
  std::vector<std::string> imported;
};

Outline outline_of(const std::string& name, std::string text);
/// The whole of it, a function a line with its summary.
std::string overview(const Outline& outline);

}  // namespace calc::driver

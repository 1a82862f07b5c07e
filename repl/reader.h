#pragma once
// Where the entries of a prompt come from: an edited terminal, a plain one, or a pipe.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "repl/editor.h"

namespace calc::repl {

class Reader {
 public:
  virtual ~Reader() = default;
  /// The next entry, nothing at the end of the input. An entry may be incomplete only at the end.
  virtual std::optional<std::string> next() = 0;
};

/// The kind that fits standard input and output.
std::unique_ptr<Reader> make_reader(Editor::Hooks hooks);

/// A person sits there.
bool is_interactive();

}  // namespace calc::repl

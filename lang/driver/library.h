#pragma once
// Modules: where they are found, and which of them the session has loaded.
//
// A name is looked for in the embedded library, then as `name.calc` in the folder of the file that
// imports it, then in the folders of CALC_PATH; a path in quotes is relative to that file. A module
// is loaded once a session; a file that has changed since, or imports one that has, is loaded again
// by the next text that imports it.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lang/base/source.h"
#include "lang/syntax/ast.h"

namespace calc::driver {

/// A module as it is found.
struct Found {
  /// Its name in the session: `nn`, or the resolved path of a file.
  std::string id;
  /// What errors call its text, and where its own imports are relative to.
  std::string shown;
  std::string text;
  bool embedded = false;
};

struct Loaded {
  std::string text;
  bool embedded = false;
  std::string shown;
  /// The modules it imports.
  std::vector<std::string> imports;
};

class Library {
 public:
  explicit Library(std::vector<std::string> search_path) : search_path_(std::move(search_path)) {}

  /// Throws a diagnostic that says where it was looked for. `folder`: of the importing text.
  Found find(const syntax::Import& import, const std::string& folder) const;

  /// A new text begins: files may have changed.
  void start_text() { ++text_; }
  /// Is it loaded, as it now is?
  bool up_to_date(const std::string& id);
  void loaded(const Found& module, std::vector<std::string> imports);
  void forget(const std::string& id) { loaded_.erase(id); }
  const Loaded* get(std::string_view id) const;

  // -- several loads that stay or go together
  using Snapshot = std::map<std::string, std::shared_ptr<const Loaded>, std::less<>>;
  const Snapshot& snapshot() const { return loaded_; }
  void restore(Snapshot snapshot) { loaded_ = std::move(snapshot); }

 private:
  std::vector<std::string> search_path_;
  Snapshot loaded_;
  std::map<std::string, uint64_t, std::less<>> checked_;
  uint64_t text_ = 1;
};

/// Of a text by its name: "examples/nn" for "examples/nn/train.calc", "" for "<stdin>".
std::string folder_of(const std::string& text_name);
/// The text of an embedded module; nothing for other names.
const std::string_view* embedded(std::string_view name);
std::vector<std::string> embedded_names();
/// The name that an import gives its module: the alias, `nn`, `file` for "./file.calc".
std::string bound_name(const syntax::Import& import);

}  // namespace calc::driver

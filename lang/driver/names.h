#pragma once
// The top-level names of the session and of the library modules, with their values.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/elaborate/elaborator.h"

namespace calc::driver {

/// The library module everybody sees.
inline constexpr std::string_view kPrelude = "prelude";

class Names : public elab::Globals {
 public:
  /// The module's own name, else the prelude's.
  const elab::Global* find(std::string_view module, std::string_view name) const override;
  bool is_library(std::string_view module) const override;
  std::vector<std::string> names(std::string_view module) const override;
  const elab::Global* member(std::string_view module, std::string_view name) const override;
  bool defines(std::string_view module, std::string_view name) const override;
  std::vector<std::string> members(std::string_view module) const override;
  std::vector<std::string> modules() const override;
  std::string module_with(std::string_view name) const override;

  void set(const std::string& module, const std::string& name, elab::ValuePtr tree,
           std::vector<rt::Array> leaves);
  /// Takes all names of a module away.
  void clear(const std::string& module);
  /// Null when the module itself does not define the name.
  elab::Global* own(std::string_view module, std::string_view name);
  const std::map<std::string, elab::Global, std::less<>>& of(std::string_view module) const;
  /// All values there are, and those that `take_back` would put back.
  void each(const std::function<void(const elab::Global&)>& visit) const;

  // -- several assignments that stay or go together

  /// From here on, what names were is remembered until `keep` or `take_back`.
  void remember();
  void keep();
  void take_back();
  /// Is the name's present value needed by nobody but the next statement?
  bool replaceable(std::string_view module, std::string_view name) const;

 private:
  using Table = std::map<std::string, elab::Global, std::less<>>;
  using Key = std::pair<std::string, std::string>;
  void note(const std::string& module, const std::string& name);

  bool remembering_ = false;
  /// By (module, name): what it was, nothing for a name that is new.
  std::map<Key, std::optional<elab::Global>> former_;
  std::map<std::string, Table, std::less<>> modules_;
  uint64_t version_ = 0;
};

}  // namespace calc::driver

#pragma once
// A small session for tests of the elaborator: statements are elaborated, checked by the verifier
// and evaluated by the reference semantics.
#include <map>
#include <string>
#include <string_view>

#include "lang/elaborate/elaborator.h"
#include "runtime/context.h"

namespace calc::test {

class Run : public elab::Globals {
 public:
  Run();

  /// Runs statements, separated by newlines; the last value shown, as text: `3`, `[1.5, 2]`,
  /// `(1, {w: 2})`. An error gives its message; a hint follows after ` | `, frames after ` @ `.
  std::string operator()(std::string_view text);
  /// What `print` wrote since the last call.
  std::string printed();
  /// The span an error underlined.
  std::string underlined;
  /// The number of Core functions made so far.
  size_t functions() const { return module_.size(); }
  const core::Module& module() const { return module_; }
  core::FunctionId last_entry;

  const elab::Global* find(std::string_view module, std::string_view name) const override;
  std::vector<std::string> names(std::string_view module) const override;

 private:
  std::string execute(const std::shared_ptr<const syntax::Program>& program,
                      const syntax::Stmt& stmt);
  std::string error_text(const base::Diagnostic& diagnostic);

  base::Sources sources_;
  core::Module module_;
  ad::Differentiator differentiator_;
  std::map<std::string, elab::Global, std::less<>> globals_;
  elab::Elaborator elaborator_;
  rt::Context context_;
  std::string printed_;
};

/// One use of a fresh session.
std::string run(std::string_view text);

}  // namespace calc::test

#pragma once
// `calc check`: the errors of a text, as many as do not follow from others.
//
// Statements are elaborated one after the other. What is cheap and has no effect that anybody could
// see is carried out, so that sizes and counts are the ones a run would have; what is not leaves
// its names unknown. Whatever mentions an unknown name, itself or through functions, is checked for
// undefined names only: so no error is reported that a run would not have.
#include <set>

#include "lang/driver/session_impl.h"
#include "lang/elaborate/names.h"

namespace calc::driver {

class Checker {
 public:
  explicit Checker(Session::Impl& session) : session_(session) {}

  /// The statements of a program whose top level is `in`.
  void program(const ProgramPtr& program, const std::string& in, Outcome& outcome);

 private:
  struct Place;
  bool statement(const ProgramPtr& program, const syntax::Stmt& stmt, const std::string& in,
                 Outcome& outcome);
  void take(const elab::Entry& entry, const syntax::Stmt& stmt, const std::string& in);
  bool may_run(core::FunctionId function);
  bool mentions_unknown(const elab::Names& names, const std::string& in,
                        std::set<const void*>& seen) const;
  bool holds_unknown(const elab::Value& value, std::set<const void*>& seen) const;
  void forget(const syntax::Stmt& stmt, const std::string& in);
  void report_undefined(const ProgramPtr& program, const std::set<const syntax::Stmt*>& elaborated,
                        const std::string& in, Outcome& outcome) const;

  Session::Impl& session_;
  const elab::Names& mentioned_by(const elab::Closure& closure) const;

  /// A statement that was left out writes files.
  bool writes_ = false;
  mutable std::map<const void*, elab::Names> mentioned_;
  /// By (module, name).
  std::set<std::pair<std::string, std::string>> unknown_;
};

}  // namespace calc::driver

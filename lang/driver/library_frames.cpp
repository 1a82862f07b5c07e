// A failure inside a function of the library is the business of whoever called it: it is told at
// that call, with the function's name. Users never see the library's own lines or what its
// functions call among themselves.
#include <algorithm>

#include "lang/driver/session_impl.h"

namespace calc::driver {

namespace {

class Told {
 public:
  explicit Told(const base::Sources& sources) : sources_(sources) {
    for (const std::string& name : embedded_names()) shown_.push_back("<" + name + ">");
  }

  void rewrite(base::Diagnostic& d) const {
    std::vector<base::Frame> frames;
    // Does the code that is in question stand in the library, as opposed to what called it?
    bool inside = library(d.span);
    for (base::Frame& frame : d.frames) {
      const bool own = inside;
      inside = library(frame.call);
      if (own && inside) continue;
      if (own && library(d.span)) {
        move(d, frame);
        continue;
      }
      // A user's function that the library called: from where is not the user's concern.
      if (inside) frame.call = {};
      frames.push_back(std::move(frame));
    }
    // Nobody but the library itself is in it.
    if (library(d.span)) return;
    d.frames = std::move(frames);
    std::erase_if(d.labels, [this](const base::Label& label) { return library(label.span); });
  }

 private:
  bool library(base::Span span) const {
    if (!span.known()) return false;
    const std::string& name = sources_.get(span.source).name;
    return std::find(shown_.begin(), shown_.end(), name) != shown_.end();
  }

  static void move(base::Diagnostic& d, const base::Frame& frame) {
    d.span = frame.call;
    d.note = "in `" + frame.function + "` of the library" + (d.note.empty() ? "" : ": " + d.note);
  }

  const base::Sources& sources_;
  std::vector<std::string> shown_;
};

}  // namespace

void Session::Impl::leave_library(base::Diagnostic& diagnostic) const {
  Told(sources).rewrite(diagnostic);
}

}  // namespace calc::driver

#include "lang/driver/outline.h"

#include "lang/syntax/parser.h"

namespace calc::driver {

std::string Outlined::summary() const {
  std::string text = documentation.substr(0, documentation.find("\n\n"));
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  const size_t stop = text.find(". ");
  if (stop != std::string::npos) text.erase(stop + 1);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

namespace {

/// The lines of `#` with which the text begins, unless they describe a definition (`##`).
std::string heading(std::string_view text) {
  std::string about;
  while (text.starts_with('#') && !text.starts_with("##")) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(1, end - 1);
    if (line.starts_with(' ')) line.remove_prefix(1);
    about += (about.empty() ? "" : "\n") + std::string(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return about;
}

std::string signature_of(const base::Sources& sources, const syntax::FuncDef& def) {
  std::string text = def.name + "(";
  for (size_t k = 0; k < def.params.size(); ++k) {
    text += (k == 0 ? "" : ", ") + std::string(sources.text(def.params[k].span));
  }
  text += ")";
  if (def.result) text += " -> " + std::string(sources.text(def.result->span));
  return text;
}

}  // namespace

Outline outline_of(const std::string& name, std::string text) {
  base::Sources sources;
  const uint32_t source = sources.add(name, std::move(text));
  const syntax::ParseResult parsed = syntax::parse(sources, source);
  Outline outline;
  outline.about = heading(sources.get(source).text);
  for (const auto& stmt : parsed.program->stmts) {
    if (stmt->kind == syntax::StmtKind::Import) {
      const auto& import = static_cast<const syntax::Import&>(*stmt);
      outline.imported.insert(outline.imported.end(), import.names.begin(), import.names.end());
    }
    if (stmt->kind != syntax::StmtKind::FuncDef) continue;
    const auto& def = static_cast<const syntax::FuncDef&>(*stmt);
    if (def.name.starts_with('_')) continue;
    outline.functions.push_back({def.name, signature_of(sources, def), def.documentation});
  }
  return outline;
}

std::string overview(const Outline& outline) {
  std::string all = outline.about.empty() ? "" : outline.about + "\n\n";
  for (const Outlined& function : outline.functions) {
    const std::string summary = function.summary();
    all += function.signature + "\n" + (summary.empty() ? "" : "    " + summary + "\n");
  }
  for (const std::string& name : outline.imported) all += name + "\n";
  return all;
}

}  // namespace calc::driver

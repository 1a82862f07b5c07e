#include "lang/driver/display.h"

#include <optional>

#include "lang/elaborate/builtins.h"
#include "lang/elaborate/emit.h"
#include "lang/elaborate/modules.h"
#include "runtime/text.h"

namespace calc::driver {
namespace {

using elab::Value;
using elab::ValueKind;

constexpr size_t kLineWidth = 80;

/// As written, without the brackets; nothing for what takes functions of any parameters.
std::optional<std::string> parameters(const base::Sources& sources, const Value& function) {
  if (function.kind == ValueKind::Builtin) return std::string(function.builtin->signature);
  if (function.kind == ValueKind::Derived) {
    const elab::Derived& derived = *function.derived;
    const elab::ValuePtr& inner = derived.what == "∘" ? derived.state : derived.function;
    return inner ? parameters(sources, *inner) : std::nullopt;
  }
  if (function.kind != ValueKind::Closure || function.closure->params == nullptr) {
    return std::nullopt;
  }
  std::string text;
  for (const syntax::Param& param : *function.closure->params) {
    text += (text.empty() ? "" : ", ") + std::string(sources.text(param.span));
  }
  return text;
}

/// Walks a tree and takes its arrays in the order of elab::collect_leaves.
class Printer {
 public:
  Printer(const base::Sources& sources, std::span<const rt::Array> leaves, int digits)
      : sources_(sources), leaves_(leaves), digits_(digits) {}

  std::string show(const Value& value, bool quoted, int indent) {
    switch (value.kind) {
      case ValueKind::Tensor:
        return indented(rt::display(next(), {.digits = digits_}), indent);
      case ValueKind::Tuple:
        return group(value, "(", value.items.size() == 1 ? ",)" : ")", indent);
      case ValueKind::Zip:
        return group(value, "zip(", ")", indent);
      case ValueKind::Record:
        return group(value, "{", "}", indent);
      case ValueKind::Unit:
      case ValueKind::Never:
        return "{}";
      case ValueKind::None:
        return "none";
      case ValueKind::String: {
        const std::string text = joined(value);
        return quoted ? '"' + text + '"' : text;
      }
      case ValueKind::Module:
        return "module " + elab::module_text(value.module);
      case ValueKind::Range: {
        const std::string lo = rt::display(next());
        return lo + ".." + rt::display(next());
      }
      case ValueKind::Choice:
        return chosen(value, quoted, indent);
      case ValueKind::Closure:
      case ValueKind::Builtin:
      case ValueKind::Derived: {
        skip(value);
        return signature(sources_, value);
      }
    }
    return "";
  }

 private:
  const rt::Array& next() { return leaves_[at_++]; }

  void skip(const Value& value) {
    std::vector<elab::Leaf> inner;
    elab::collect_leaves(std::make_shared<Value>(value), inner);
    at_ += inner.size();
  }

  std::string joined(const Value& value) {
    std::string text;
    for (const elab::StringPiece& piece : value.pieces) {
      if (piece.hole && piece.hole->kind == ValueKind::Tensor) {
        text += rt::display(next(), {.spec = piece.format});
      } else if (piece.hole) {
        text += show(*piece.hole, false, 0);
      } else {
        text += piece.text;
      }
    }
    return text;
  }

  std::string chosen(const Value& value, bool quoted, int indent) {
    const int64_t tag = next().as_int();
    std::string text;
    for (size_t k = 1; k < value.items.size(); ++k) {
      std::string alternative = show(*value.items[k], quoted, indent);
      if (static_cast<int64_t>(k) - 1 == tag) text = std::move(alternative);
    }
    return text;
  }

  std::string group(const Value& value, const std::string& open, const std::string& close,
                    int indent) {
    std::vector<std::string> parts;
    size_t width = 0;
    bool one_line = true;
    for (size_t k = 0; k < value.items.size(); ++k) {
      std::string label = value.kind == ValueKind::Record ? value.fields[k] + ": " : "";
      const int inner = indent + 2 + static_cast<int>(label.size());
      parts.push_back(label + show(*value.items[k], true, inner));
      width += parts.back().size() + 2;
      one_line = one_line && parts.back().find('\n') == std::string::npos;
    }
    if (one_line && width + static_cast<size_t>(indent) <= kLineWidth)
      return line(parts, open, close);
    const std::string margin(static_cast<size_t>(indent) + 2, ' ');
    std::string text = open + "\n";
    for (const std::string& part : parts) text += margin + part + ",\n";
    return text + std::string(static_cast<size_t>(indent), ' ') + close;
  }

  static std::string line(const std::vector<std::string>& parts, const std::string& open,
                          const std::string& close) {
    std::string text = open;
    for (size_t k = 0; k < parts.size(); ++k) text += (k == 0 ? "" : ", ") + parts[k];
    return text + close;
  }

  static std::string indented(std::string text, int indent) {
    const std::string margin(static_cast<size_t>(indent), ' ');
    for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
      text.insert(at + 1, margin);
    }
    return text;
  }

  const base::Sources& sources_;
  std::span<const rt::Array> leaves_;
  int digits_;
  size_t at_ = 0;
};

}  // namespace

std::string display(const base::Sources& sources, const Value& tree,
                    std::span<const rt::Array> leaves, int digits) {
  return Printer(sources, leaves, digits).show(tree, true, 0);
}

std::string signature(const base::Sources& sources, const Value& function) {
  const std::string text = elab::function_text(function);
  const std::optional<std::string> params = parameters(sources, function);
  // A function without a name shows its parameters already: `x -> …`.
  const bool named = text.find("->") == std::string::npos;
  if (!params || !named) return text;
  const bool compound = function.kind == ValueKind::Derived && function.derived->what == "∘";
  return (compound ? "(" + text + ")" : text) + "(" + *params + ")";
}

}  // namespace calc::driver

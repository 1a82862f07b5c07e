#include "lang/driver/display.h"

#include "lang/elaborate/emit.h"
#include "runtime/text.h"

namespace calc::driver {
namespace {

using elab::Value;
using elab::ValueKind;

constexpr size_t kLineWidth = 80;

/// Walks a tree and takes its arrays in the order of elab::collect_leaves.
class Printer {
 public:
  Printer(std::span<const rt::Array> leaves, int digits) : leaves_(leaves), digits_(digits) {}

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
        return "{}";
      case ValueKind::None:
        return "none";
      case ValueKind::String: {
        const std::string text = joined(value);
        return quoted ? '"' + text + '"' : text;
      }
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
        return elab::function_text(value);
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

  std::span<const rt::Array> leaves_;
  int digits_;
  size_t at_ = 0;
};

}  // namespace

std::string display(const Value& tree, std::span<const rt::Array> leaves, int digits) {
  return Printer(leaves, digits).show(tree, true, 0);
}

}  // namespace calc::driver

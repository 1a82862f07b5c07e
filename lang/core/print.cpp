// Textual Core:
//
//   fn norm2(%0: f64[?]) -> (f64) named "norm2" {
//     %1: i64 = dim %0 {axis = 0}
//     %2: f64 = const 0.0
//     %3: f64 = for %1 (%4: i64, %5: f64 = %2) {
//       %6: f64 = index %0, %4 {axes = [0]}
//       %7: f64 = mul %6, %6
//       %8: f64 = add %5, %7
//       yield %8
//     }
//     return %3
//   }
//
// Values show their real ids, so that a message of the verifier can be found in the text.
#include <bit>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>
#include <unordered_set>

#include "lang/core/tools.h"

namespace calc::core {

namespace {

// ---- literals ----------------------------------------------------------------------------------

/// The usual nan by name, any other with its bits.
template <typename Real>
std::string nan_text(Real value) {
  using Bits = std::conditional_t<sizeof(Real) == 8, uint64_t, uint32_t>;
  const auto bits = std::bit_cast<Bits>(value);
  if (bits == std::bit_cast<Bits>(std::numeric_limits<Real>::quiet_NaN())) return "nan";
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, bits, 16).ptr;
  return "nan~0x" + std::string(buffer, end);
}

/// The shortest text that reads back to the value, told from an integer by a point or exponent.
template <typename Real>
std::string real_text(Real value) {
  if (std::isnan(value)) return nan_text(value);
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string element_text(const rt::Array& array, int64_t k) {
  switch (array.elem()) {
    case Elem::Bool:
      return array.data<uint8_t>()[k] ? "true" : "false";
    case Elem::I64:
      return std::to_string(array.data<int64_t>()[k]);
    case Elem::F64:
      return real_text(array.data<double>()[k]);
    case Elem::F32:
      return real_text(array.data<float>()[k]);
  }
  return {};
}

std::string literal(const rt::Array& array) {
  if (array.rank() == 0) return element_text(array, 0);
  std::string out = "[";
  for (int64_t k = 0; k < array.size(); ++k) {
    if (k > 0) out += ", ";
    out += element_text(array, k);
  }
  return out + "]";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string attr_text(const AttrValue& value) {
  struct Printer {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return real_text(v); }
    std::string operator()(const std::string& v) const { return quoted(v); }
    std::string operator()(const std::vector<int64_t>& v) const {
      std::string out = "[";
      for (size_t k = 0; k < v.size(); ++k) out += (k ? ", " : "") + std::to_string(v[k]);
      return out + "]";
    }
  };
  return std::visit(Printer{}, value);
}

// ---- labels ------------------------------------------------------------------------------------

bool is_plain(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (unsigned char c : name) {
    if (!std::isalnum(c) && c != '_' && c != '.' && c != '\'') return false;
  }
  return true;
}

/// A name for each function of one text: its own, made unique by `~2`, `~3`, …
class Labels {
 public:
  explicit Labels(const Module& module) : module_(module) {}
  std::string operator()(FunctionId id) {
    auto [at, is_new] = labels_.try_emplace(id);
    if (is_new) at->second = fresh(id);
    return is_plain(at->second) ? at->second : quoted(at->second);
  }

 private:
  std::string fresh(FunctionId id) {
    std::string name = module_.defined(id) ? module_.get(id).name : "undefined";
    int uses = ++uses_[name];
    return uses == 1 ? name : name + "~" + std::to_string(uses);
  }
  const Module& module_;
  std::unordered_map<FunctionId, std::string> labels_;
  std::unordered_map<std::string, int> uses_;
};

// ---- functions ---------------------------------------------------------------------------------

class Printer {
 public:
  Printer(const Function& function, Labels& labels) : function_(function), labels_(labels) {}

  std::string print(FunctionId id) {
    out_ = "fn " + labels_(id) + "(";
    typed_list(function_.body.params);
    out_ += ") -> (";
    bool first = true;
    for (const Type& type : function_.result_types()) {
      out_ += (first ? "" : ", ") + to_string(type);
      first = false;
    }
    out_ += ")";
    if (!function_.user_name.empty()) out_ += " named " + quoted(function_.user_name);
    if (function_.checkpoint) out_ += " checkpoint";
    if (function_.rule.valid()) {
      out_ += " rule " + labels_(function_.rule) + " by [";
      bool first_flag = true;
      for (bool flag : function_.ruled) {
        out_ += std::string(first_flag ? "" : ", ") + (flag ? "true" : "false");
        first_flag = false;
      }
      out_ += "]";
    }
    block(function_.body, "return");
    return out_ + "\n";
  }

 private:
  static std::string name(ValueId value) { return "%" + std::to_string(value.index); }
  std::string typed(ValueId value) const {
    return name(value) + ": " + to_string(function_.type(value));
  }
  void typed_list(const std::vector<ValueId>& values) {
    for (size_t k = 0; k < values.size(); ++k) out_ += (k ? ", " : "") + typed(values[k]);
  }
  void list(std::span<const ValueId> values) {
    for (size_t k = 0; k < values.size(); ++k) out_ += (k ? ", " : " ") + name(values[k]);
  }
  void line() { out_ += "\n" + std::string(2 * depth_, ' '); }

  void block(const Block& block, const char* end) {
    out_ += " {";
    ++depth_;
    for (const Op& op : block.ops) {
      line();
      operation(op);
    }
    line();
    out_ += end;
    list(block.results);
    --depth_;
    line();
    out_ += "}";
  }

  void operation(const Op& op) {
    typed_list(op.results);
    if (!op.results.empty()) out_ += " = ";
    switch (op.kind) {
      case OpKind::Constant:
        out_ += "const " + literal(op.constant);
        break;
      case OpKind::Primitive:
        out_ += op.primitive->name;
        list(op.args);
        attrs(op.attrs);
        break;
      case OpKind::Call:
        out_ += "call " + labels_(op.callee);
        list(op.args);
        attrs(op.attrs);
        break;
      case OpKind::If:
        branch(op);
        break;
      case OpKind::For:
        counted_loop(op);
        break;
      case OpKind::While:
        while_loop(op);
        break;
    }
  }

  void branch(const Op& op) {
    out_ += "if";
    list(op.args);
    attrs(op.attrs);
    block(op.blocks[0], "yield");
    out_ += " else";
    block(op.blocks[1], "yield");
  }

  void counted_loop(const Op& op) {
    const std::vector<ValueId>& params = op.blocks[0].params;
    out_ += "for " + name(op.args[0]);
    attrs(op.attrs);
    out_ += " (" + typed(params[0]);
    for (size_t k = 1; k < params.size(); ++k) {
      out_ += ", " + typed(params[k]) + " = " + name(op.args[k]);
    }
    out_ += ")";
    block(op.blocks[0], "yield");
  }

  void while_loop(const Op& op) {
    const std::vector<ValueId>& params = op.blocks[0].params;
    out_ += "while";
    attrs(op.attrs);
    out_ += " (";
    for (size_t k = 0; k < params.size(); ++k) {
      out_ += (k ? ", " : "") + typed(params[k]) + " = " + name(op.args[k]);
    }
    out_ += ")";
    block(op.blocks[0], "yield");
    out_ += " do (";
    typed_list(op.blocks[1].params);
    out_ += ")";
    block(op.blocks[1], "yield");
  }

  void attrs(const Attrs& attrs) {
    if (attrs.entries().empty()) return;
    const char* separator = " {";
    for (const auto& [key, value] : attrs.entries()) {
      out_ += separator + key + " = " + attr_text(value);
      separator = ", ";
    }
    out_ += "}";
  }

  const Function& function_;
  Labels& labels_;
  std::string out_;
  size_t depth_ = 0;
};

/// Reachable functions in post order. An explicit stack: call chains are as long as users like.
std::vector<FunctionId> callees_first(const Module& module, FunctionId root) {
  struct Frame {
    FunctionId id;
    std::vector<FunctionId> callees;
    size_t next = 0;
  };
  std::vector<FunctionId> order;
  std::unordered_set<FunctionId> seen{root};
  auto frame = [&](FunctionId id) {
    Frame result{id, {}, 0};
    for_each_op(module.get(id).body, [&](const Op& op) {
      if (op.kind == OpKind::Call && module.defined(op.callee)) result.callees.push_back(op.callee);
    });
    if (module.get(id).rule.valid()) result.callees.push_back(module.get(id).rule);
    return result;
  };
  std::vector<Frame> stack{frame(root)};
  while (!stack.empty()) {
    Frame& top = stack.back();
    if (top.next == top.callees.size()) {
      order.push_back(top.id);
      stack.pop_back();
    } else if (FunctionId callee = top.callees[top.next++]; seen.insert(callee).second) {
      stack.push_back(frame(callee));
    }
  }
  return order;
}

}  // namespace

std::string print(const Module& module, FunctionId function) {
  Labels labels(module);
  return Printer(module.get(function), labels).print(function);
}

std::string print_all(const Module& module, FunctionId function) {
  Labels labels(module);
  std::string out;
  for (FunctionId id : callees_first(module, function)) {
    if (!out.empty()) out += "\n";
    out += Printer(module.get(id), labels).print(id);
  }
  return out;
}

}  // namespace calc::core

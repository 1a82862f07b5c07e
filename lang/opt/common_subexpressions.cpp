// Equal operations on equal arguments are computed once.
//
// A table of what is available, scoped as blocks nest: what a block computes is forgotten at its
// end, since it dominates nothing outside. Operations that may fail are shared as well (the first
// fails alike); those with state are not.
#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "lang/opt/effects.h"
#include "lang/opt/opt.h"

namespace calc::opt {

namespace {

using core::Block;
using core::Op;
using core::OpKind;
using core::ValueId;

/// Larger constants are compared by identity alone.
constexpr int64_t kComparedBytes = 4096;

size_t mix(size_t seed, size_t value) {
  return (seed ^ value) * 0x9e3779b97f4a7c15ull + (seed >> 29);
}

int64_t bytes_of(const rt::Array& array) {
  return array.size() * static_cast<int64_t>(rt::elem_size(array.elem()));
}

size_t hash_constant(const rt::Array& array) {
  size_t seed = static_cast<size_t>(array.elem());
  for (int64_t size : array.dims()) seed = mix(seed, static_cast<size_t>(size));
  const int64_t bytes = bytes_of(array);
  if (bytes > kComparedBytes) return mix(seed, reinterpret_cast<size_t>(array.header()));
  std::string_view data(array.data<char>(), static_cast<size_t>(bytes));
  return mix(seed, std::hash<std::string_view>{}(data));
}

bool same_constant(const rt::Array& a, const rt::Array& b) {
  return a.header() == b.header() || (bytes_of(a) <= kComparedBytes && a.identical(b));
}

struct AttrHash {
  size_t operator()(bool v) const { return v; }
  size_t operator()(int64_t v) const { return static_cast<size_t>(v); }
  size_t operator()(double v) const { return std::hash<double>{}(v); }
  size_t operator()(const std::string& v) const { return std::hash<std::string>{}(v); }
  size_t operator()(const std::vector<int64_t>& v) const {
    size_t seed = v.size();
    for (int64_t element : v) seed = mix(seed, static_cast<size_t>(element));
    return seed;
  }
};

size_t hash(const Op& op) {
  size_t seed = static_cast<size_t>(op.kind);
  if (op.kind == OpKind::Constant) return mix(seed, hash_constant(op.constant));
  seed = mix(seed, reinterpret_cast<size_t>(op.primitive));
  seed = mix(seed, op.callee.index);
  for (ValueId arg : op.args) seed = mix(seed, arg.index);
  for (const auto& [name, value] : op.attrs.entries()) {
    seed = mix(seed, std::hash<std::string>{}(name));
    seed = mix(seed, std::visit(AttrHash{}, value));
  }
  return seed;
}

bool equal(const Op& a, const Op& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == OpKind::Constant) return same_constant(a.constant, b.constant);
  return a.primitive == b.primitive && a.callee == b.callee && a.args == b.args &&
         a.attrs == b.attrs;
}

/// a + b = b + a, bit for bit.
bool is_commutative(const Op& op) {
  if (op.kind != OpKind::Primitive || op.args.size() != 2) return false;
  for (std::string_view name : {"add", "mul", "eq", "ne", "and", "or"}) {
    if (op.primitive->name == name) return true;
  }
  return false;
}

/// What an operation computes: the key. Its results are those that others may use.
Op key_of(const Op& op) {
  Op key;
  key.kind = op.kind;
  key.primitive = op.primitive;
  key.constant = op.constant;
  key.callee = op.callee;
  key.args = op.args;
  key.attrs = op.attrs;
  key.results = op.results;
  if (is_commutative(op) && key.args[1].index < key.args[0].index) {
    std::swap(key.args[0], key.args[1]);
  }
  return key;
}

class Sharing {
 public:
  Sharing(core::Module& module, core::Function& function)
      : function_(function), effects_(module, function), renamed_(function.value_types.size()) {}

  bool run() {
    block(function_.body);
    return changed_;
  }

 private:
  void block(Block& block) {
    const size_t mark = entered_.size();
    std::vector<Op> kept;
    kept.reserve(block.ops.size());
    for (Op& op : block.ops) {
      rename(op.args);
      for (Block& nested : op.blocks) this->block(nested);
      if (!sharable(op) || !share(op)) kept.push_back(std::move(op));
    }
    block.ops = std::move(kept);
    rename(block.results);
    for (; entered_.size() > mark; entered_.pop_back()) available_[entered_.back()].pop_back();
  }

  bool sharable(const Op& op) {
    switch (op.kind) {
      case OpKind::Constant:
        return true;
      case OpKind::Primitive:
        return op.primitive->effect != core::Effect::State && !op.results.empty();
      case OpKind::Call:
        return !effects_.of(op);
      default:
        return false;
    }
  }

  /// Whether an available operation computes the same, and took over.
  bool share(const Op& op) {
    Op key = key_of(op);
    const size_t code = hash(key);
    std::vector<Op>& candidates = available_[code];
    for (const Op& candidate : candidates) {
      if (equal(candidate, key) && replace(op, candidate)) return true;
    }
    candidates.push_back(std::move(key));
    entered_.push_back(code);
    return false;
  }

  bool replace(const Op& op, const Op& by) {
    for (size_t k = 0; k < op.results.size(); ++k) {
      if (!refines(function_.type(by.results[k]), function_.type(op.results[k]))) return false;
    }
    for (size_t k = 0; k < op.results.size(); ++k) renamed_[op.results[k].index] = by.results[k];
    changed_ = true;
    return true;
  }

  void rename(std::vector<ValueId>& values) {
    for (ValueId& value : values) {
      if (renamed_[value.index].valid()) value = renamed_[value.index];
    }
  }

  core::Function& function_;
  Effects effects_;
  /// By hash; blocks nest, so the last entered under a hash is the first to go.
  std::unordered_map<size_t, std::vector<Op>> available_;
  std::vector<size_t> entered_;
  /// By value: what replaces it, itself never replaced.
  std::vector<ValueId> renamed_;
  bool changed_ = false;
};

}  // namespace

bool common_subexpressions(core::Module& module, core::Function& function) {
  return Sharing(module, function).run();
}

}  // namespace calc::opt

#include "lang/elaborate/value.h"

#include <stdexcept>

#include "lang/elaborate/emit.h"

namespace calc::elab {

namespace {

ValuePtr make(Value value) { return std::make_shared<const Value>(std::move(value)); }

}  // namespace

// ---- making ------------------------------------------------------------------------------------

ValuePtr tensor(core::ValueId id, core::Type type) {
  return tensor(Leaf{id, std::move(type), std::nullopt, false});
}

ValuePtr tensor(Leaf leaf) {
  Value value;
  value.kind = ValueKind::Tensor;
  value.leaf = std::move(leaf);
  return make(std::move(value));
}

ValuePtr tuple(std::vector<ValuePtr> items) {
  Value value;
  value.kind = ValueKind::Tuple;
  value.items = std::move(items);
  return make(std::move(value));
}

ValuePtr record(std::vector<std::string> fields, std::vector<ValuePtr> items) {
  Value value;
  value.kind = ValueKind::Record;
  value.fields = std::move(fields);
  value.items = std::move(items);
  return make(std::move(value));
}

ValuePtr unit() {
  static const ValuePtr value = make(Value{});
  return value;
}

ValuePtr never() {
  static const ValuePtr value = [] {
    Value never;
    never.kind = ValueKind::Never;
    return make(std::move(never));
  }();
  return value;
}

ValuePtr none() {
  Value value;
  value.kind = ValueKind::None;
  return make(std::move(value));
}

ValuePtr string(std::string text) {
  Value value;
  value.kind = ValueKind::String;
  if (!text.empty()) value.pieces.push_back({std::move(text), nullptr, {}});
  return make(std::move(value));
}

ValuePtr builtin(const Builtin* function) {
  Value value;
  value.kind = ValueKind::Builtin;
  value.builtin = function;
  return make(std::move(value));
}

ValuePtr module_value(std::string name) {
  Value value;
  value.kind = ValueKind::Module;
  value.module = std::move(name);
  return make(std::move(value));
}

// ---- walking -----------------------------------------------------------------------------------

namespace {

/// Rebuilds a tree; `leaf` gives each new leaf, in the order of `collect_leaves`.
template <typename F>
class Rebuild {
 public:
  explicit Rebuild(F& leaf) : leaf_(leaf) {}

  ValuePtr run(const ValuePtr& value) {
    if (!value) return value;
    if (value->kind == ValueKind::Tensor) return tensor(leaf_(value->leaf));
    Value copy = *value;
    for (ValuePtr& item : copy.items) item = run(item);
    for (StringPiece& piece : copy.pieces) piece.hole = run(piece.hole);
    if (copy.closure && !copy.closure->captured.empty()) {
      Closure closure = *copy.closure;
      for (auto& [name, captured] : closure.captured) captured = run(captured);
      copy.closure = std::make_shared<const Closure>(std::move(closure));
    }
    if (copy.derived) {
      Derived derived = *copy.derived;
      derived.function = run(derived.function);
      derived.state = run(derived.state);
      copy.derived = std::make_shared<const Derived>(std::move(derived));
    }
    return make(std::move(copy));
  }

 private:
  F& leaf_;
};

}  // namespace

bool is_function(const Value& value) {
  switch (value.kind) {
    case ValueKind::Closure:
    case ValueKind::Builtin:
    case ValueKind::Derived:
      return true;
    case ValueKind::Choice:
      return is_function(*value.items[1]);
    default:
      return false;
  }
}

namespace {

/// Counts parts until there are none or `left` are used up.
void count_parts(const ValuePtr& value, int64_t& left) {
  if (!value || --left < 0) return;
  for (const ValuePtr& item : value->items) count_parts(item, left);
  for (const StringPiece& piece : value->pieces) count_parts(piece.hole, left);
  if (value->closure) {
    for (const auto& [name, captured] : value->closure->captured) count_parts(captured, left);
  }
  if (value->derived) {
    count_parts(value->derived->function, left);
    count_parts(value->derived->state, left);
  }
}

}  // namespace

bool is_oversized(const ValuePtr& value) {
  constexpr int64_t kMaxParts = 100'000;
  int64_t left = kMaxParts;
  count_parts(value, left);
  return left < 0;
}

void collect_leaves(const ValuePtr& value, std::vector<Leaf>& leaves) {
  if (!value) return;
  if (value->kind == ValueKind::Tensor) {
    leaves.push_back(value->leaf);
    return;
  }
  for (const ValuePtr& item : value->items) collect_leaves(item, leaves);
  for (const StringPiece& piece : value->pieces) collect_leaves(piece.hole, leaves);
  if (value->closure) {
    for (const auto& [name, captured] : value->closure->captured) collect_leaves(captured, leaves);
  }
  if (value->derived) {
    collect_leaves(value->derived->function, leaves);
    collect_leaves(value->derived->state, leaves);
  }
}

std::vector<Leaf> leaves_of(const ValuePtr& value) {
  std::vector<Leaf> leaves;
  collect_leaves(value, leaves);
  return leaves;
}

ValuePtr with_leaves(const ValuePtr& value, const std::vector<Leaf>& leaves) {
  size_t next = 0;
  auto leaf = [&](const Leaf&) -> Leaf {
    if (next >= leaves.size()) throw std::logic_error("with_leaves: too few leaves");
    return leaves[next++];
  };
  ValuePtr result = Rebuild(leaf).run(value);
  if (next != leaves.size()) throw std::logic_error("with_leaves: too many leaves");
  return result;
}

// ---- keys --------------------------------------------------------------------------------------

namespace {

class KeyWriter {
 public:
  explicit KeyWriter(bool known) : known_(known) {}

  void write(const Value& value) {
    out_ += static_cast<char>('A' + static_cast<int>(value.kind));
    if (value.kind == ValueKind::Tensor) return leaf(value.leaf);
    out_ += '(';
    for (size_t k = 0; k < value.items.size(); ++k) {
      if (k < value.fields.size()) out_ += value.fields[k] + ':';
      write(*value.items[k]);
    }
    for (const StringPiece& p : value.pieces) piece(p);
    if (value.closure) closure(*value.closure);
    if (value.builtin) out_.append(value.builtin->name);
    out_ += value.module;
    for (const std::string& name : value.subscript) out_ += '_' + name;
    if (value.derived) derived(*value.derived);
    out_ += ')';
  }

  std::string take() { return std::move(out_); }

 private:
  void leaf(const Leaf& leaf) {
    out_ += core::to_string(leaf.type) + ';';
    if (!known_ || !leaf.known) return;
    const Known& known = *leaf.known;
    const bool real = known.kind == Known::Kind::Real;
    out_ += '=' + (real ? std::to_string(known.real) : std::to_string(known.integer)) + ';';
  }

  void piece(const StringPiece& piece) {
    if (!piece.hole) {
      out_ += std::to_string(piece.text.size()) + '"' + piece.text;
      return;
    }
    out_ += '{' + piece.format + ':';
    write(*piece.hole);
    out_ += '}';
  }

  void closure(const Closure& closure) {
    out_ += std::to_string(reinterpret_cast<uintptr_t>(closure.body)) + '@' + closure.module;
    for (const std::string& name : closure.opened) out_ += '+' + name;
    if (!closure.observed.empty()) out_ += '?' + closure.observed;
    for (const auto& [name, captured] : closure.captured) {
      out_ += ',' + name + '=';
      write(*captured);
    }
  }

  void derived(const Derived& derived) {
    out_ += derived.what + std::to_string(derived.order);
    for (const std::string& name : derived.subscript) out_ += '_' + name;
    if (derived.code.valid()) out_ += '#' + std::to_string(derived.code.index);
    for (const ValuePtr& part :
         {derived.function, derived.state, derived.argument_shape, derived.result_shape}) {
      out_ += '|';
      if (part) write(*part);
    }
  }

  bool known_;
  std::string out_;
};

std::string list_text(const std::vector<ValuePtr>& items, const std::vector<std::string>& fields) {
  std::string out;
  for (size_t k = 0; k < items.size(); ++k) {
    if (k > 0) out += ", ";
    if (k < fields.size()) out += fields[k] + ": ";
    out += type_text(*items[k]);
  }
  return out;
}

}  // namespace

std::string structure_key(const Value& value, bool known) {
  KeyWriter writer(known);
  writer.write(value);
  return writer.take();
}

std::string type_text(const Value& value) {
  switch (value.kind) {
    case ValueKind::Tensor:
      return core::user_text(value.leaf.type);
    case ValueKind::Tuple:
      return '(' + list_text(value.items, {}) + (value.items.size() == 1 ? ",)" : ")");
    case ValueKind::Record:
      return '{' + list_text(value.items, value.fields) + '}';
    case ValueKind::Unit:
      return "Unit";
    case ValueKind::Never:
      return "nothing";
    case ValueKind::None:
      return "none";
    case ValueKind::String:
      return "String";
    case ValueKind::Range:
      return "range";
    case ValueKind::Zip:
      return "zip of (" + list_text(value.items, {}) + ')';
    case ValueKind::Choice:
      return type_text(*value.items[1]);
    case ValueKind::Closure:
    case ValueKind::Builtin:
    case ValueKind::Derived:
      return "function";
    case ValueKind::Module:
      return "module";
  }
  throw std::logic_error("type_text: unknown kind");
}

}  // namespace calc::elab

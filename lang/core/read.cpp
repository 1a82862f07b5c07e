// Reads what print.cpp writes. For texts written by hand more is allowed: values may have any names
// (`%sum`), and a type may be left out where the operation or the initial value says it.
#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

#include "lang/core/text_lexer.h"
#include "lang/core/tools.h"

namespace calc::core {

namespace {

using Kind = TextToken::Kind;

/// Deeper nesting is refused, so that no text can exhaust the stack.
constexpr int kMaxNesting = 2000;
constexpr int64_t kMaxValues = 50'000'000;

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

uint32_t numbered_id(const TextToken& token) {
  const int64_t id = integer_literal(token);
  if (id > kMaxValues) text_error(token.line, "value number too large");
  return static_cast<uint32_t>(id);
}

/// Named values get ids after all numbered ones, so that those keep theirs.
uint32_t first_free_id(std::string_view text) {
  uint32_t free = 0;
  TextLexer lexer(text);
  for (TextToken token = lexer.next(); token.kind != Kind::End; token = lexer.next()) {
    if (token.kind == Kind::Value && is_number(token.text)) {
      free = std::max(free, numbered_id(token) + 1);
    }
  }
  return free;
}

class Reader {
 public:
  Reader(Module& module, std::string_view text)
      : module_(module), tokens_(text), first_named_(first_free_id(text)) {}

  FunctionId read() {
    FunctionId last;
    while (tokens_.peek().kind != Kind::End) last = function();
    if (!last.valid()) tokens_.fail("expected a function");
    for (const auto& [label, id] : labels_) {
      if (!module_.defined(id)) throw std::runtime_error("no function is called `" + label + "`");
    }
    return last;
  }

 private:
  // -- values and types

  ValueId define(const TextToken& token, Type type) {
    const ValueId id{is_number(token.text) ? numbered_id(token) : next_named_++};
    if (id.index >= function_->value_types.size()) function_->value_types.resize(id.index + 1);
    function_->value_types[id.index] = std::move(type);
    if (!values_.emplace(token.text, id).second) {
      text_error(token.line, "%" + token.text + " is defined twice");
    }
    return id;
  }

  ValueId use() {
    TextToken token = tokens_.take(Kind::Value, "a value");
    auto at = values_.find(token.text);
    if (at == values_.end()) text_error(token.line, "unknown value %" + token.text);
    return at->second;
  }

  /// The operands that follow a word of line `line`.
  std::vector<ValueId> uses(int line) {
    std::vector<ValueId> values;
    if (tokens_.peek().kind != Kind::Value || tokens_.peek().line != line) return values;
    do values.push_back(use());
    while (tokens_.accept(","));
    return values;
  }

  Type type() {
    static const std::map<std::string, Elem> elems{
        {"bool", Elem::Bool}, {"i64", Elem::I64}, {"f64", Elem::F64}, {"f32", Elem::F32}};
    TextToken name = tokens_.take(Kind::Name, "a type");
    auto elem = elems.find(name.text);
    if (elem == elems.end()) text_error(name.line, "unknown type " + name.text);
    Type out{elem->second, {}};
    if (!tokens_.accept("[")) return out;
    do {
      const bool dynamic = tokens_.accept("?");
      out.dims.push_back(dynamic ? kDynamic
                                 : integer_literal(tokens_.take(Kind::Number, "a size")));
    } while (tokens_.accept(","));
    tokens_.expect("]");
    return out;
  }

  std::optional<Type> maybe_type() {
    if (!tokens_.accept(":")) return std::nullopt;
    return type();
  }

  // -- functions and blocks

  FunctionId label(const TextToken& token) {
    auto [at, is_new] = labels_.try_emplace(token.text);
    if (is_new) at->second = module_.declare();
    return at->second;
  }

  TextToken function_name() {
    if (tokens_.peek().kind == Kind::String) return tokens_.take();
    return tokens_.take(Kind::Name, "a function name");
  }

  FunctionId function() {
    tokens_.expect("fn");
    TextToken name = function_name();
    const FunctionId id = label(name);
    if (module_.defined(id)) text_error(name.line, "function " + name.text + " is defined twice");
    auto made = std::make_unique<Function>();
    function_ = made.get();
    next_named_ = first_named_;
    values_.clear();
    made->name = name.text.substr(0, name.text.find('~'));
    std::vector<ValueId> params = typed_params();
    tokens_.expect("->");
    skip_result_types();
    if (tokens_.accept("named")) made->user_name = tokens_.take(Kind::String, "a string").text;
    made->checkpoint = tokens_.accept("checkpoint");
    if (tokens_.accept("rule")) {
      made->rule = label(function_name());
      tokens_.expect("by");
      tokens_.expect("[");
      while (!tokens_.accept("]")) {
        made->ruled.push_back(tokens_.take().text == "true");
        if (!tokens_.at("]")) tokens_.expect(",");
      }
    }
    made->body = block("return");
    made->body.params = std::move(params);
    module_.define(id, std::move(made));
    return id;
  }

  /// They repeat what the results are.
  void skip_result_types() {
    tokens_.expect("(");
    while (!tokens_.accept(")")) {
      type();
      if (!tokens_.at(")")) tokens_.expect(",");
    }
  }

  std::vector<ValueId> typed_params() {
    std::vector<ValueId> params;
    tokens_.expect("(");
    while (!tokens_.accept(")")) {
      TextToken name = tokens_.take(Kind::Value, "a parameter");
      tokens_.expect(":");
      params.push_back(define(name, type()));
      if (!tokens_.at(")")) tokens_.expect(",");
    }
    return params;
  }

  Block block(std::string_view end) {
    if (++nesting_ > kMaxNesting) tokens_.fail("blocks are nested too deeply");
    Block out;
    tokens_.expect("{");
    while (!tokens_.at(end)) out.ops.push_back(operation());
    const int line = tokens_.take().line;
    out.results = uses(line);
    tokens_.expect("}");
    --nesting_;
    return out;
  }

  // -- operations

  Op operation() {
    std::vector<TextToken> names;
    std::vector<std::optional<Type>> types;
    if (tokens_.peek().kind == Kind::Value) {
      do {
        names.push_back(tokens_.take(Kind::Value, "a value"));
        types.push_back(maybe_type());
      } while (tokens_.accept(","));
      tokens_.expect("=");
    }
    const int line = tokens_.peek().line;
    Op op = right_side(types);
    define_results(op, names, types, line);
    return op;
  }

  void define_results(Op& op, const std::vector<TextToken>& names,
                      const std::vector<std::optional<Type>>& types, int line) {
    std::vector<Type> inferred;
    const bool complete =
        std::all_of(types.begin(), types.end(), [](const auto& t) { return t.has_value(); });
    if (!complete || names.empty()) {
      TypeResult result = result_types(module_, *function_, op);
      if (const auto* error = std::get_if<TypeError>(&result)) text_error(line, error->message);
      inferred = std::get<std::vector<Type>>(std::move(result));
      if (inferred.size() != names.size()) text_error(line, "wrong number of results");
    }
    for (size_t k = 0; k < names.size(); ++k) {
      op.results.push_back(define(names[k], types[k] ? *types[k] : inferred[k]));
    }
  }

  Op right_side(const std::vector<std::optional<Type>>& types) {
    TextToken word = tokens_.take(Kind::Name, "an operation");
    Op op;
    if (word.text == "const") {
      op.kind = OpKind::Constant;
      op.constant = literal(types.empty() ? std::nullopt : types[0]);
    } else if (word.text == "call") {
      op.kind = OpKind::Call;
      op.callee = label(function_name());
      op.args = uses(word.line);
      op.attrs = attrs();
    } else if (word.text == "if") {
      branch(op);
    } else if (word.text == "for") {
      counted_loop(op);
    } else if (word.text == "while") {
      while_loop(op);
    } else {
      op.primitive = registry().find(word.text);
      if (!op.primitive) text_error(word.line, "no primitive is called " + word.text);
      op.args = uses(word.line);
      op.attrs = attrs();
    }
    return op;
  }

  void branch(Op& op) {
    op.kind = OpKind::If;
    op.args = {use()};
    op.attrs = attrs();
    op.blocks.push_back(block("yield"));
    tokens_.expect("else");
    op.blocks.push_back(block("yield"));
  }

  void counted_loop(Op& op) {
    op.kind = OpKind::For;
    op.args = {use()};
    op.attrs = attrs();
    tokens_.expect("(");
    TextToken index = tokens_.take(Kind::Value, "the loop variable");
    maybe_type();
    std::vector<ValueId> params{define(index, scalar_type(Elem::I64))};
    if (!tokens_.at(")")) tokens_.expect(",");
    carried(op, params);
    op.blocks.push_back(block("yield"));
    op.blocks[0].params = std::move(params);
  }

  void while_loop(Op& op) {
    op.kind = OpKind::While;
    op.attrs = attrs();
    tokens_.expect("(");
    std::vector<ValueId> params;
    carried(op, params);
    op.blocks.push_back(block("yield"));
    op.blocks[0].params = std::move(params);
    tokens_.expect("do");
    params = typed_params();
    op.blocks.push_back(block("yield"));
    op.blocks[1].params = std::move(params);
  }

  /// `%a: f64 = %x, …)`
  void carried(Op& op, std::vector<ValueId>& params) {
    while (!tokens_.accept(")")) {
      TextToken name = tokens_.take(Kind::Value, "a carried value");
      std::optional<Type> type = maybe_type();
      tokens_.expect("=");
      op.args.push_back(use());
      params.push_back(define(name, type ? *type : function_->type(op.args.back())));
      if (!tokens_.at(")")) tokens_.expect(",");
    }
  }

  // -- literals and attributes

  TextToken element() {
    if (tokens_.peek().kind == Kind::Name) return tokens_.take();
    return tokens_.take(Kind::Number, "a literal");
  }

  rt::Array literal(const std::optional<Type>& annotated) {
    std::vector<TextToken> elements;
    const bool list = tokens_.accept("[");
    while (list ? !tokens_.accept("]") : elements.empty()) {
      elements.push_back(element());
      if (list && !tokens_.at("]")) tokens_.expect(",");
    }
    if (elements.empty() && !annotated) tokens_.fail("an empty constant needs a type");
    Type type = annotated ? *annotated : scalar_type(literal_elem(elements[0]));
    if (!annotated && list) type.dims = {static_cast<int64_t>(elements.size())};
    if (type.count() != static_cast<int64_t>(elements.size())) {
      tokens_.fail("the constant does not fill " + to_string(type));
    }
    rt::Array array = rt::Array::uninitialised(type.elem, type.dims);
    for (size_t k = 0; k < elements.size(); ++k) {
      store_literal(array, static_cast<int64_t>(k), elements[k]);
    }
    return array;
  }

  Attrs attrs() {
    Attrs out;
    if (!tokens_.at("{") || tokens_.peek(1).kind != Kind::Name || !tokens_.at("=", 2)) return out;
    tokens_.take();
    while (!tokens_.accept("}")) {
      TextToken name = tokens_.take(Kind::Name, "an attribute");
      tokens_.expect("=");
      out.set(name.text, attr_value());
      if (!tokens_.at("}")) tokens_.expect(",");
    }
    return out;
  }

  AttrValue attr_value() {
    if (tokens_.peek().kind == Kind::String) return tokens_.take().text;
    if (tokens_.accept("[")) {
      std::vector<int64_t> values;
      while (!tokens_.accept("]")) {
        values.push_back(integer_literal(tokens_.take(Kind::Number, "a whole number")));
        if (!tokens_.at("]")) tokens_.expect(",");
      }
      return values;
    }
    TextToken token = element();
    switch (literal_elem(token)) {
      case Elem::Bool:
        return token.text == "true";
      case Elem::I64:
        return integer_literal(token);
      default:
        return real_literal(token);
    }
  }

  Module& module_;
  TextTokens tokens_;
  const uint32_t first_named_;
  uint32_t next_named_ = 0;
  int nesting_ = 0;
  Function* function_ = nullptr;
  std::unordered_map<std::string, ValueId> values_;
  std::map<std::string, FunctionId> labels_;
};

}  // namespace

FunctionId read(Module& module, std::string_view text) { return Reader(module, text).read(); }

}  // namespace calc::core

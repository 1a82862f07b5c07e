// `assert`: a `check` with the values that tell what went wrong.
#include "lang/elaborate/builtins.h"
#include "lang/elaborate/frame.h"

namespace calc::elab {

using syntax::ExprKind;

void Frame::emit_check(core::ValueId condition, std::string message, std::string hint,
                       std::vector<core::ValueId> values) {
  values.insert(values.begin(), condition);
  core::Attrs attrs{{"message", std::move(message)}};
  if (!hint.empty()) attrs.set("hint", std::move(hint));
  builder_->emit(core::registry().get("check"), std::move(values), std::move(attrs));
}

namespace {

/// `{}` stands for a value in the message of a check.
std::string without_holes(std::string text) {
  for (size_t at = text.find("{}"); at != std::string::npos; at = text.find("{}", at)) {
    text.replace(at, 2, "{ }");
  }
  return text;
}

/// Adds a value to a message: false when it is chosen at run time or no value to be seen.
bool show(const ValuePtr& value, std::string& text, std::vector<core::ValueId>& values) {
  if (is_function(*value)) return false;
  std::vector<StringPiece> pieces;
  if (value->kind == ValueKind::String) pieces.push_back({"\"", nullptr, {}});
  append_pieces(value, "", pieces);
  if (value->kind == ValueKind::String) pieces.push_back({"\"", nullptr, {}});
  for (const StringPiece& piece : pieces) {
    if (piece.hole && piece.hole->kind != ValueKind::Tensor) return false;
  }
  for (const StringPiece& piece : pieces) {
    text += piece.hole ? "{}" : without_holes(piece.text);
    if (piece.hole) values.push_back(piece.hole->leaf.id);
  }
  return true;
}

/// The difference of two numbers, or the largest of two tensors of one shape, or trees of these;
/// nothing when there is none.
std::optional<core::ValueId> difference(Emit& emit, const ValuePtr& a, const ValuePtr& b,
                                        base::Span span) {
  core::Builder& build = emit.builder();
  if (is_tensor(a) && is_tensor(b)) {
    const core::Dims& dims = a->leaf.type.dims;
    if (dims != b->leaf.type.dims) return std::nullopt;
    for (int64_t size : dims) {
      if (size <= 0) return std::nullopt;
    }
    const ValuePtr both = binary(emit, syntax::BinaryOp::Sub, as_real(emit, a, span),
                                 as_real(emit, b, span), all_spans(span));
    if (dims.empty()) return both->leaf.id;
    const core::ValueId entries = build.op("abs", {both->leaf.id});
    std::vector<int64_t> axes;
    for (size_t axis = 0; axis < dims.size(); ++axis) axes.push_back(static_cast<int64_t>(axis));
    return build.op("reduce_max", {entries}, {{"axes", std::move(axes)}});
  }
  const bool aggregate = a->kind == ValueKind::Tuple || a->kind == ValueKind::Record;
  if (!aggregate || a->kind != b->kind || a->items.size() != b->items.size()) return std::nullopt;
  std::optional<core::ValueId> largest;
  for (size_t k = 0; k < a->items.size(); ++k) {
    const auto one = difference(emit, a->items[k], b->items[k], span);
    if (!one) return std::nullopt;
    const core::ValueId real = build.op("abs", {build.convert(*one, core::Elem::F64)});
    largest = largest ? build.op("max", {*largest, real}) : real;
  }
  return largest;
}

}  // namespace

/// The text of a message, with a hole for each number in it.
std::string Frame::message_text(const syntax::Expr& message, std::vector<core::ValueId>& values) {
  const ValuePtr value = expr(message);
  if (value->kind != ValueKind::String) {
    base::fail(message.span,
               "the message of `assert` is a string, and this is " + type_text(*value));
  }
  std::string text;
  for (const StringPiece& piece : value->pieces) {
    text += without_holes(piece.text);
    if (!piece.hole) continue;
    if (!show(piece.hole, text, values)) {
      base::fail(message.span,
                 "the message of `assert` cannot show this " + type_text(*piece.hole));
    }
  }
  return text;
}

/// What fails when the condition does not hold: built only there, it costs nothing before.
void Frame::fail_unless(core::ValueId holds, const std::function<void()>& build) {
  builder_->open_block({});
  core::Block fine = builder_->close_block({});
  builder_->open_block({});
  build();
  core::Block failing = builder_->close_block({});
  builder_->emit_if(holds, std::move(fine), std::move(failing));
}

void Frame::assert_stmt(const syntax::Assert& s) {
  const auto* compared = s.condition->kind == ExprKind::Compare
                             ? static_cast<const syntax::Compare*>(s.condition.get())
                             : nullptr;
  if (compared != nullptr && compared->ops.size() != 1) compared = nullptr;
  ValuePtr a, b, holds;
  if (compared != nullptr) {
    a = expr(*compared->operands[0]);
    b = expr(*compared->operands[1]);
    const base::Span left = compared->operands[0]->span;
    const base::Span right = compared->operands[1]->span;
    at(compared->span);
    holds = compare(*this, compared->ops[0], a, b, {compared->span, compared->span, left, right});
  } else {
    holds = expr(*s.condition);
  }
  const core::ValueId id = condition(*this, holds, s.condition->span);
  std::vector<core::ValueId> values;
  const std::string message = s.message ? message_text(*s.message, values) : "";
  if (s.message && state_.globals.is_library(around_->module))
    return require(s, id, message, values);
  std::string text = "assertion failed";
  if (s.message) text += ": " + message;
  const auto check = [&](core::ValueId decides) {
    at(s.condition->span);
    if (compared != nullptr) add_sides(*compared, a, b, s.message != nullptr, text, values);
    emit_check(decides, std::move(text), "", std::move(values));
  };
  const bool scalars =
      compared == nullptr ||
      (is_number(a) && is_number(b) && a->leaf.type.is_scalar() && b->leaf.type.is_scalar());
  if (scalars) return check(id);
  fail_unless(id, [&] { check(builder_->boolean(false)); });
}

/// An `assert` of the library says what its caller did wrong, in a sentence of its own.
void Frame::require(const syntax::Assert& s, core::ValueId holds, const std::string& message,
                    std::vector<core::ValueId> values) {
  at(s.condition->span);
  emit_check(holds, message, "", std::move(values));
}

/// What to say of the sides of a comparison that does not hold.
void Frame::add_sides(const syntax::Compare& e, const ValuePtr& a, const ValuePtr& b,
                      bool has_message, std::string& text, std::vector<core::ValueId>& values) {
  std::string sides;
  std::vector<core::ValueId> shown;
  if (!show(a, sides, shown)) return;
  sides += " " + std::string(op_text(e.ops[0])) + " ";
  if (!show(b, sides, shown)) return;
  if (e.ops[0] == syntax::CompareOp::Close) {
    if (const auto largest = difference(*this, as_tensor(*this, a), as_tensor(*this, b), e.span)) {
      const bool one = is_number(a) && a->leaf.type.is_scalar();
      sides += one ? ", the difference is {}" : ", the largest difference is {}";
      shown.push_back(*largest);
    }
  }
  text += has_message ? " (" + sides + ")" : ": " + sides;
  values.insert(values.end(), shown.begin(), shown.end());
}

}  // namespace calc::elab

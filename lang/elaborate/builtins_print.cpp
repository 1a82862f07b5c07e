// `print`, `format`, and the text that a value is.
#include "lang/elaborate/builtins.h"
#include "lang/elaborate/builtins_text.h"
#include "runtime/text.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

/// Throws a Failure when numbers of this type have no such format.
void check_number_format(Elem elem, const std::string& format) {
  switch (elem) {
    case Elem::Bool:
      rt::format_value(true, format);
      break;
    case Elem::I64:
      rt::format_value(int64_t{0}, format);
      break;
    default:
      rt::format_value(0.0, format);
  }
}

/// Formats of the `print` primitive beside those of holes: so many significant digits, and every
/// entry.
const std::string kDigits = "digits:";
const std::string kAll = "all";

bool is_specification(const std::string& format) {
  return !format.empty() && format != kAll && !format.starts_with(kDigits);
}

bool is_aggregate(const Value& value) {
  return value.kind == ValueKind::Tuple || value.kind == ValueKind::Record;
}

void append_text(std::string text, std::vector<StringPiece>& pieces) {
  if (!pieces.empty() && !pieces.back().hole) {
    pieces.back().text += text;
  } else {
    pieces.push_back({std::move(text), nullptr, {}});
  }
}

void append_items(const Value& value, const std::string& format, std::vector<StringPiece>& pieces) {
  const bool is_record = value.kind == ValueKind::Record;
  append_text(is_record ? "{" : "(", pieces);
  for (size_t k = 0; k < value.items.size(); ++k) {
    if (k > 0) append_text(", ", pieces);
    if (is_record) append_text(value.fields[k] + ": ", pieces);
    const bool is_text = value.items[k]->kind == ValueKind::String;
    if (is_text) append_text("\"", pieces);
    append_pieces(value.items[k], is_text && is_specification(format) ? "" : format, pieces);
    if (is_text) append_text("\"", pieces);
  }
  if (!is_record && value.items.size() == 1) append_text(",", pieces);
  append_text(is_record ? "}" : ")", pieces);
}

}  // namespace

const std::string* plain_text(const ValuePtr& value) {
  static const std::string empty;
  if (value->kind != ValueKind::String || value->pieces.size() > 1) return nullptr;
  if (value->pieces.empty()) return &empty;
  return value->pieces[0].hole ? nullptr : &value->pieces[0].text;
}

void append_pieces(const ValuePtr& value, const std::string& format,
                   std::vector<StringPiece>& pieces) {
  switch (value->kind) {
    case ValueKind::Tensor:
      pieces.push_back({{}, value, format});
      return;
    case ValueKind::Choice:
      if (is_function(*value)) return append_text(function_text(*value), pieces);
      pieces.push_back({{}, value, format});
      return;
    case ValueKind::String:
      if (const std::string* text = plain_text(value); text && is_specification(format)) {
        return append_text(rt::format_value(std::string_view(*text), format), pieces);
      }
      for (const StringPiece& piece : value->pieces) {
        if (piece.hole) {
          append_pieces(piece.hole, piece.format.empty() ? format : piece.format, pieces);
        } else {
          append_text(piece.text, pieces);
        }
      }
      return;
    case ValueKind::Tuple:
    case ValueKind::Record:
      return append_items(*value, format, pieces);
    case ValueKind::Range:
      append_pieces(value->items[0], format, pieces);
      append_text("..", pieces);
      return append_pieces(value->items[1], format, pieces);
    case ValueKind::None:
      return append_text("none", pieces);
    case ValueKind::Unit:
      return append_text("{}", pieces);
    case ValueKind::Zip:
    case ValueKind::Module:
      return append_text(type_text(*value), pieces);
    default:
      return append_text(function_text(*value), pieces);
  }
}

void check_format(const StringPiece& piece, base::Span span) {
  if (!piece.hole || !is_specification(piece.format)) return;
  const Value& value = *piece.hole;
  try {
    if (const std::string* text = plain_text(piece.hole)) {
      rt::format_value(std::string_view(*text), piece.format);
    } else if (value.kind == ValueKind::String) {
      base::fail(span, "a text with values in it takes no format", "format the values: `{x:.3f}`");
    } else if (value.kind == ValueKind::Choice) {
      for (size_t k = 1; k < value.items.size(); ++k) {
        check_format({{}, value.items[k], piece.format}, span);
      }
    } else if (is_aggregate(value)) {
      for (const ValuePtr& item : value.items) {
        const bool is_text = item->kind == ValueKind::String;
        if (!is_text) check_format({{}, item, piece.format}, span);
      }
    } else if (value.kind == ValueKind::Tensor) {
      check_number_format(value.leaf.type.elem, piece.format);
    }
  } catch (const rt::Failure& failure) {
    base::fail(span, failure.message, failure.hint);
  }
}

namespace {

/// One `print` of pieces whose holes are all tensors.
void emit_run(Emit& emit, std::span<const StringPiece> pieces) {
  std::vector<ValueId> values;
  std::vector<std::string> texts{""};
  core::Attrs attrs;
  for (const StringPiece& piece : pieces) {
    if (!piece.hole) {
      texts.back() += piece.text;
      continue;
    }
    attrs.set("f" + std::to_string(values.size()), piece.format);
    values.push_back(piece.hole->leaf.id);
    texts.emplace_back();
  }
  for (size_t k = 0; k < texts.size(); ++k) attrs.set("p" + std::to_string(k), texts[k]);
  attrs.set("count", static_cast<int64_t>(values.size()));
  emit.builder().emit(core::registry().get("print"), std::move(values), std::move(attrs));
}

void emit_print(Emit& emit, const std::vector<StringPiece>& pieces);

/// A text chosen at run time: the alternatives behind tests of the tag.
void emit_choice(Emit& emit, const StringPiece& piece, size_t k) {
  core::Builder& b = emit.builder();
  const Value& choice = *piece.hole;
  std::vector<StringPiece> pieces;
  append_pieces(choice.items[k], piece.format, pieces);
  if (k + 1 == choice.items.size()) return emit_print(emit, pieces);
  const ValueId chosen =
      b.op("eq", {choice.items[0]->leaf.id, b.integer(static_cast<int64_t>(k) - 1)});
  b.open_block({});
  emit_print(emit, pieces);
  core::Block then_block = b.close_block({});
  b.open_block({});
  emit_choice(emit, piece, k + 1);
  core::Block else_block = b.close_block({});
  b.emit_if(chosen, std::move(then_block), std::move(else_block));
}

void emit_print(Emit& emit, const std::vector<StringPiece>& pieces) {
  size_t first = 0;
  const std::span<const StringPiece> all(pieces);
  for (size_t k = 0; k < pieces.size(); ++k) {
    if (!pieces[k].hole || is_tensor(pieces[k].hole)) continue;
    if (k > first) emit_run(emit, all.subspan(first, k - first));
    emit_choice(emit, pieces[k], 1);
    first = k + 1;
  }
  if (first < pieces.size()) emit_run(emit, all.subspan(first));
}

ValuePtr print(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  std::string format;
  if (args.has(1)) {
    const int64_t digits = args.integer(emit, 1, 17);
    if (digits < 1 || digits > 100) {
      base::fail(args.span(1), "`digits` must lie between 1 and 100");
    }
    format = kDigits + std::to_string(digits);
  }
  std::vector<StringPiece> pieces;
  for (size_t k = 0; k < args.rest().size(); ++k) {
    if (k > 0) append_text(" ", pieces);
    append_pieces(args.rest()[k], format, pieces);
  }
  append_text("\n", pieces);
  for (const StringPiece& piece : pieces) check_format(piece, args.whole());
  emit_print(emit, pieces);
  return unit();
}

ValuePtr show(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  std::vector<StringPiece> pieces;
  append_pieces(args[0], kAll, pieces);
  append_text("\n", pieces);
  emit_print(emit, pieces);
  return unit();
}

ValuePtr format(Emit&, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  std::string spec;
  if (args.has(1)) {
    const std::string* text = plain_text(args[1]);
    if (!text) base::fail(args.span(1), "a format is a plain text: `\".3f\"`");
    spec = *text;
  }
  const StringPiece piece{{}, args[0], spec};
  check_format(piece, args.whole());
  Value value;
  value.kind = ValueKind::String;
  append_pieces(piece.hole, piece.format, value.pieces);
  return std::make_shared<const Value>(std::move(value));
}

const Builtin kTable[] = {
    {"print", "...values, digits = none",
     "Writes values, with spaces between them and a new line at the end; `digits` significant "
     "ones.\n\n    print(\"x = {1.5}\")    # => x = 1.5",
     print},
    {"show", "x",
     "Writes a value with every entry, however many.\n\n    show([1, 2])    # => [1, 2]", show},
    {"format", "x, spec = none",
     "A value as text, by a specification as in a hole of a text.\n\n    print(format(2.0, "
     "\".3f\")) "
     "   # => 2.000",
     format},
};

}  // namespace

std::span<const Builtin> text_builtins() { return kTable; }

}  // namespace calc::elab

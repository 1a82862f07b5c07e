// The module `data`, as far as it is about files. Tables are read and texts written when the
// program runs; texts are read while a statement is elaborated, since they are known before.
#include "lang/base/utf8.h"
#include "lang/elaborate/builtins.h"
#include "lang/elaborate/builtins_text.h"
#include "runtime/files.h"

namespace calc::elab {

namespace {

ValuePtr read_text(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const std::string* known = plain_text(args[0]);
  if (!known) {
    base::fail(args.span(0), "the path of " + args.name() +
                                 " must be a plain text, known before the program runs");
  }
  const std::string& path = *known;
  emit.reads_world(args.whole());
  try {
    std::string text = rt::read_file(path);
    const size_t invalid = base::first_invalid(text);
    if (invalid == std::string::npos) return string(std::move(text));
    base::fail(args.whole(), "`" + path + "` is not text in UTF-8: byte " +
                                 std::to_string(invalid) + " begins no character");
  } catch (const rt::Failure& failure) {
    base::fail(args.whole(), failure.message, failure.hint);
  }
}

// ---- writing -----------------------------------------------------------------------------------

using Pieces = std::vector<StringPiece>;

/// The pieces of a text that is written or names a file.
Pieces pieces_of(const BuiltinArgs& args, size_t k) {
  const ValuePtr& value = args[k];
  const bool chosen = value->kind == ValueKind::Choice && !is_function(*value);
  if (value->kind != ValueKind::String && !chosen) {
    base::fail(args.span(k), args.name() + " needs a text, and this is " + type_text(*value),
               "a text can hold any value: `\"{x}\"`");
  }
  Pieces pieces;
  append_pieces(value, "", pieces);
  return pieces;
}

/// Adds attributes `p`0 `f`0 `p`1 … for pieces whose holes are all tensors.
void add_pieces(const Pieces& pieces, const std::string& p, const std::string& f,
                const std::string& count, core::Attrs& attrs, std::vector<core::ValueId>& values) {
  std::vector<std::string> texts{""};
  for (const StringPiece& piece : pieces) {
    if (!piece.hole) {
      texts.back() += piece.text;
      continue;
    }
    attrs.set(f + std::to_string(texts.size() - 1), piece.format);
    values.push_back(piece.hole->leaf.id);
    texts.emplace_back();
  }
  for (size_t k = 0; k < texts.size(); ++k) attrs.set(p + std::to_string(k), texts[k]);
  attrs.set(count, static_cast<int64_t>(texts.size() - 1));
}

/// A text chosen at run time is a branch around the whole.
bool branch_on_choice(Emit& emit, const Pieces& pieces,
                      const std::function<void(const Pieces&)>& write) {
  for (size_t at = 0; at < pieces.size(); ++at) {
    if (!pieces[at].hole || is_tensor(pieces[at].hole)) continue;
    const Value& choice = *pieces[at].hole;
    core::Builder& b = emit.builder();
    for (size_t k = 1; k < choice.items.size(); ++k) {
      Pieces chosen(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(at));
      append_pieces(choice.items[k], pieces[at].format, chosen);
      chosen.insert(chosen.end(), pieces.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                    pieces.end());
      const core::ValueId tag = b.integer(static_cast<int64_t>(k) - 1);
      const core::ValueId holds = b.op("eq", {choice.items[0]->leaf.id, tag});
      b.open_block({});
      write(chosen);
      core::Block then_block = b.close_block({});
      b.open_block({});
      core::Block else_block = b.close_block({});
      b.emit_if(holds, std::move(then_block), std::move(else_block));
    }
    return true;
  }
  return false;
}

void emit_write(Emit& emit, const Pieces& path, const Pieces& text, bool append) {
  const auto with_path = [&](const Pieces& chosen) { emit_write(emit, chosen, text, append); };
  const auto with_text = [&](const Pieces& chosen) { emit_write(emit, path, chosen, append); };
  if (branch_on_choice(emit, path, with_path) || branch_on_choice(emit, text, with_text)) return;
  core::Attrs attrs{{"append", append}};
  std::vector<core::ValueId> values;
  add_pieces(path, "q", "g", "path_count", attrs, values);
  add_pieces(text, "p", "f", "count", attrs, values);
  emit.builder().emit(core::registry().get("write"), std::move(values), std::move(attrs));
}

template <bool append>
ValuePtr write_text(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Pieces path = pieces_of(args, 0);
  const Pieces text = pieces_of(args, 1);
  emit.writes_world();
  emit_write(emit, path, text, append);
  return unit();
}

// ---- tables ------------------------------------------------------------------------------------

ValuePtr csv(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Pieces path = pieces_of(args, 0);
  for (const StringPiece& piece : path) {
    if (!piece.hole || is_tensor(piece.hole)) continue;
    base::fail(args.span(0), "the path of " + args.name() + " is chosen at run time",
               "choose between two calls");
  }
  core::Attrs attrs{{"header", args.flag(emit, 1, false)}};
  std::vector<core::ValueId> values;
  add_pieces(path, "q", "g", "path_count", attrs, values);
  return wrap(emit, emit.builder().op("read_csv", std::move(values), std::move(attrs)));
}

const Builtin kTable[] = {
    {"data.csv", "path, header = false",
     "The numbers of a CSV file as a matrix; `header: true` leaves the first line out.\n\n    "
     "data.csv(\"table.csv\")",
     csv},
    {"data.read_text", "path",
     "A file of UTF-8 as a text. It is read when the statement begins.\n\n    "
     "data.read_text(\"notes.txt\")",
     read_text},
    {"data.write_text", "path, text",
     "Writes a text to a file, in place of what the file held.\n\n    "
     "data.write_text(\"result.txt\", \"x = {1.5}\\n\")",
     write_text<false>},
    {"data.append_text", "path, text",
     "Writes a text to the end of a file, which is made when there is none.\n\n    "
     "data.append_text(\"log.txt\", \"done\\n\")",
     write_text<true>},
};

}  // namespace

std::span<const Builtin> file_builtins() { return kTable; }

}  // namespace calc::elab

// Files: texts written, tables of numbers read, when the program runs.
#include "runtime/files.h"

#include <filesystem>

#include "lang/prim/families.h"
#include "lang/prim/pieces.h"
#include "lang/prim/samples.h"
#include "runtime/csv.h"

namespace calc::prim {

namespace {

using core::Effect;
using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;
using core::ZeroDerivative;

// ---- write --------------------------------------------------------------------------------------

std::vector<Type> write_rule(Types args, const Attrs& attrs) {
  const auto paths = static_cast<size_t>(attrs.integer("path_count"));
  const auto count = static_cast<size_t>(attrs.integer("count"));
  if (args.size() != paths + count) {
    reject(fmt::format("{} values for {} holes", args.size(), paths + count));
  }
  require_pieces(attrs, paths, "q", "g");
  require_pieces(attrs, count, "p", "f");
  attrs.flag("append");
  return {};
}

void evaluate_write(rt::Context&, Args args, const Attrs& attrs, Args) {
  const auto paths = static_cast<size_t>(attrs.integer("path_count"));
  const std::string path = pieced(args.first(paths), attrs, "q", "g");
  rt::write_file(path, pieced(args.subspan(paths), attrs, "p", "f"), attrs.flag("append"));
}

std::vector<Sample> write_samples() {
  return {{{real(1.5)},
           {{"path_count", int64_t{0}},
            {"q0", "/dev/null"},
            {"count", int64_t{1}},
            {"p0", "x = "},
            {"f0", ".2f"},
            {"p1", "\n"},
            {"append", true}}}};
}

// ---- read_csv -----------------------------------------------------------------------------------

std::vector<Type> csv_rule(Types args, const Attrs& attrs) {
  const auto paths = static_cast<size_t>(attrs.integer("path_count"));
  require_count(args, paths);
  require_pieces(attrs, paths, "q", "g");
  attrs.flag("header");
  return {{Elem::F64, {core::kDynamic, core::kDynamic}}};
}

void evaluate_csv(rt::Context&, Args args, const Attrs& attrs, Args results) {
  results[0] =
      rt::read_csv(pieced(args, attrs, "q", "g"), rt::CsvOptions{.header = attrs.flag("header")});
}

/// A table that is there.
std::vector<Sample> csv_samples() {
  const std::string path = std::filesystem::temp_directory_path() / "calc_sample_2.csv";
  if (!std::filesystem::exists(path)) rt::write_file(path, "1,2\n3,4\n", false);
  const std::string start = path.substr(0, path.size() - 5);
  return {
      {{}, {{"path_count", int64_t{0}}, {"q0", path}, {"header", false}}},
      {{integer(2)},
       {{"path_count", int64_t{1}}, {"q0", start}, {"g0", ""}, {"q1", ".csv"}, {"header", true}}}};
}

}  // namespace

void add_files(core::Registry& registry) {
  static const Primitive records[] = {
      {.name = "write",
       .params = {"values…"},
       .doc = "Writes a text, made as by `print` of {p0}… {f0}…, to the file named by {q0}… {g0}… "
              "and the first {path_count} values; with {append} to its end.",
       .type_rule = checked<write_rule>,
       .evaluate = evaluate_write,
       .derivative = ZeroDerivative{"it has no result"},
       .transpose = NotLinear{},
       .lowering = OpaqueLowering{},
       .samples = write_samples,
       .effect = Effect::State},
      {.name = "read_csv",
       .params = {"values…"},
       .doc = "The numbers of the CSV file named by {q0}… {g0}… and the values, a matrix; with "
              "{header} without its first line.",
       .type_rule = checked<csv_rule>,
       .evaluate = evaluate_csv,
       .derivative = ZeroDerivative{"a file does not depend on anything"},
       .transpose = NotLinear{},
       .lowering = OpaqueLowering{},
       .samples = csv_samples,
       .effect = Effect::State}};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim

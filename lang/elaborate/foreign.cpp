#include "lang/elaborate/foreign.h"

#include <algorithm>
#include <span>

#include "lang/base/diagnostic.h"

namespace calc::elab {

namespace {

/// Several words, separated by blanks, with one meaning here.
struct Foreign {
  std::string_view words;
  std::string_view hint;
};

constexpr Foreign kNames[] = {
    {"None null Null NULL nil nullptr undefined Nothing nothing NA",
     "an absent argument is `none`, the empty value `{}`"},
    {"True TRUE", "write `true`"},
    {"False FALSE", "write `false`"},
    {"Inf INF Infinity infinity", "write `inf`"},
    {"NaN NAN", "write `nan`"},
    {"PI Pi M_PI", "write `pi`"},
    {"ln", "the natural logarithm is `log`"},
    {"lg", "the logarithm to base 10 is `log10`, to base 2 `log2`"},
    {"ld lb", "the logarithm to base 2 is `log2`"},
    {"arcsin", "write `asin`"},
    {"arccos", "write `acos`"},
    {"arctan", "write `atan`"},
    {"arctan2", "write `atan2`"},
    {"arcsinh arsinh", "write `asinh`"},
    {"arccosh arcosh", "write `acosh`"},
    {"arctanh artanh", "write `atanh`"},
    {"tg", "write `tan`"},
    {"cot ctg", "write `1/tan(x)`"},
    {"sec", "write `1/cos(x)`"},
    {"csc cosec", "write `1/sin(x)`"},
    {"sgn signum", "write `sign`"},
    {"fabs absolute", "write `abs`"},
    {"pow power", "a power is written `x^y`"},
    {"square sqr", "a square is written `x^2`"},
    {"mod rem fmod", "the remainder is `a % b`"},
    {"matmul mmul", "the product of matrices is `A @ B`"},
    {"maximum amax", "write `max`"},
    {"minimum amin", "write `min`"},
    {"average", "write `mean`"},
    {"println printf disp echo puts display Print write",
     "a value is printed by `print(x)`, or by writing it on a line of its own"},
    {"length numel nrow",
     "`len(x)` is the size of the first axis, `size(x)` the number of entries"},
    {"ndim ndims", "write `rank`"},
    {"array Array tensor Tensor list List vector Vector matrix Matrix asarray",
     "an array is written `[1, 2]`, a matrix `[[1, 2], [3, 4]]`"},
    {"dict Dict", "a record is written `{w: 1.0, b: 0.0}`"},
    {"identity", "write `eye`"},
    {"arange", "write `range`"},
    {"concatenate cat vstack hstack", "write `concat(a, b, axis: 0)`"},
    {"random rnd", "a random number in 0..1 is `rand()`"},
    {"randi", "write `randint`"},
    {"float double", "`Real(x)` makes a Real"},
    {"int integer", "`Int(x)` makes an Int"},
    {"bool boolean", "`x != 0` makes a Bool"},
    {"str", "`\"{x}\"` is the text of a value"},
    {"diff", "the derivative of a function is `f'`"},
    {"gradient", "write `grad`"},
    {"jac jacobi", "write `jacobian`"},
    {"hess", "write `hessian`"},
    {"inverse", "write `inv`"},
    {"determinant", "write `det`"},
    {"fold foldl", "write `reduce`"},
    {"typeof", "write `type`"},
    {"end endif endfor endwhile endfunction", "a block stands in braces: `{ … }`"},
    {"pass", "an empty block is `{}`"},
    {"exit quit", "a text ends where it ends; `:quit` leaves the prompt"},
    {"self this", "a function sees only its parameters and top-level names"},
    {"elif elseif", "write `else if`"},
};

constexpr Foreign kFields[] = {
    {"T H", "the transpose is written `A'`"},
    {"shape", "write `shape(x)`"},
    {"size", "write `size(x)`"},
    {"length len", "write `len(x)`"},
    {"ndim", "write `rank(x)`"},
    {"dtype type", "write `type(x)`"},
    {"first", "the first entry is `x[0]`"},
    {"last", "the last entry is `x[-1]`"},
    {"append push push_back add", "write `x = append(x, v)`"},
    {"dot matmul", "write `a @ b`"},
    {"tolist item numpy", "the value itself will do"},
};

constexpr std::string_view kLibraries =
    "np numpy math Math cmath jnp jax torch tf scipy sp sympy cupy tensorflow numexpr";

bool contains_word(std::string_view words, std::string_view word) {
  for (size_t at = words.find(word); at != std::string_view::npos; at = words.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool begins = at == 0 || words[at - 1] == ' ';
    if (begins && (end == words.size() || words[end] == ' ')) return true;
  }
  return false;
}

std::string hint_for(std::span<const Foreign> table, std::string_view word) {
  const auto found = std::find_if(table.begin(), table.end(), [word](const Foreign& foreign) {
    return contains_word(foreign.words, word);
  });
  return found == table.end() ? "" : std::string(found->hint);
}

}  // namespace

std::string foreign_name(std::string_view name) { return hint_for(kNames, name); }
std::string foreign_field(std::string_view name) { return hint_for(kFields, name); }
bool is_foreign_library(std::string_view name) { return contains_word(kLibraries, name); }

std::string undefined_hint(std::string_view name, const std::vector<std::string>& candidates) {
  if (std::string known = foreign_name(name); !known.empty()) return known;
  if (is_foreign_library(name)) {
    return "functions stand here without a prefix: `sin(x)`, not `" + std::string(name) +
           ".sin(x)`";
  }
  const std::string near = base::nearest(name, candidates);
  return near.empty() ? "" : "did you mean `" + near + "`?";
}

}  // namespace calc::elab

// Whole tensors as text: which entries are shown, how each column is aligned, what the summary of a
// large one says.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numeric>

#include "runtime/text.h"

namespace calc::rt {
namespace {

constexpr int64_t summary_above = 1000;
constexpr int64_t longest_row = 20;
constexpr int64_t most_rows = 40;
constexpr int tensor_digits = 6;
constexpr const char* ellipsis = "…";
constexpr int64_t gap = -1;

std::string entry_text(const Array& array, int64_t i, const DisplayOptions& options) {
  const bool formatted = !options.spec.empty();
  const int tensor = array.rank() == 0 ? 0 : tensor_digits;
  const int digits = options.digits > 0 ? options.digits : tensor;
  switch (array.elem()) {
    case Elem::Bool: {
      const bool value = array.data<uint8_t>()[i] != 0;
      return formatted ? format_value(value, options.spec) : value ? "true" : "false";
    }
    case Elem::I64: {
      const int64_t value = array.data<int64_t>()[i];
      return formatted ? format_value(value, options.spec) : int_text(value);
    }
    case Elem::F64: {
      const double value = array.data<double>()[i];
      return formatted ? format_value(value, options.spec) : real_text(value, digits);
    }
    case Elem::F32: {
      const float value = array.data<float>()[i];
      return formatted ? format_value(value, options.spec) : real_text(value, digits);
    }
  }
  return "";
}

// ---- which entries ------------------------------------------------------------------------------

using Indices = std::vector<int64_t>;

Indices everything(int64_t size) {
  Indices indices(static_cast<size_t>(size));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

Indices edges(int64_t size, int64_t edge) {
  if (size <= 2 * edge) return everything(size);
  Indices indices = everything(edge);
  indices.push_back(gap);
  for (int64_t i = size - edge; i < size; ++i) indices.push_back(i);
  return indices;
}

bool summarised(const Array& array) { return array.size() > summary_above || array.rank() >= 3; }

int64_t count_of(const std::vector<Indices>& shown) {
  int64_t count = 1;
  for (const Indices& axis : shown) {
    count = std::min(count * static_cast<int64_t>(axis.size()), summary_above + 1);
  }
  return count;
}

std::vector<Indices> edges_of_all(const Array& array, int64_t edge) {
  std::vector<Indices> shown;
  for (const int64_t size : array.dims()) shown.push_back(edges(size, edge));
  return shown;
}

/// The indices shown along each axis; none when even the edges are too many.
std::vector<Indices> choose(const Array& array, bool all) {
  std::vector<Indices> shown;
  const int64_t edge = array.rank() == 1 ? 2 : 3;
  if (all) {
    for (const int64_t size : array.dims()) shown.push_back(everything(size));
    return shown;
  }
  if (array.size() > summary_above) {
    shown = edges_of_all(array, edge);
    if (count_of(shown) > summary_above) shown = edges_of_all(array, 1);
    if (count_of(shown) > summary_above) shown.clear();
    return shown;
  }
  for (size_t axis = 0; axis < array.dims().size(); ++axis) {
    const int64_t size = array.dims()[axis];
    const bool last = axis + 1 == array.dims().size();
    shown.push_back(size > (last ? longest_row : most_rows) ? edges(size, edge) : everything(size));
  }
  return shown;
}

bool elided(const std::vector<Indices>& shown) {
  return std::any_of(shown.begin(), shown.end(), [](const Indices& axis) {
    return std::find(axis.begin(), axis.end(), gap) != axis.end();
  });
}

// ---- layout -------------------------------------------------------------------------------------

/// What stands before the decimal point (or exponent), and from it on.
struct Widths {
  size_t whole = 0, rest = 0;
};

Widths widths_of(const std::string& text, Elem elem) {
  if (elem == Elem::Bool || elem == Elem::I64) return {text.size(), 0};
  const size_t point = std::min(text.find_first_of(".e%"), text.size());
  return {point, text.size() - point};
}

class Layout {
 public:
  Layout(const Array& array, const DisplayOptions& options, std::vector<Indices> shown)
      : array_(array), options_(options), shown_(std::move(shown)) {
    strides_.assign(shown_.size(), 1);
    for (size_t axis = shown_.size() - 1; axis > 0; --axis) {
      strides_[axis - 1] = strides_[axis] * array.dims()[axis];
    }
    columns_.resize(shown_.back().size());
    if (shown_.size() > 1) measure(0, 0);
  }

  std::string text() {
    block(0, 0);
    return std::move(out_);
  }

 private:
  void measure(size_t axis, int64_t offset) {
    for (size_t k = 0; k < shown_[axis].size(); ++k) {
      const int64_t i = shown_[axis][k];
      if (i == gap) continue;
      const int64_t at = offset + i * strides_[axis];
      if (axis + 1 < shown_.size()) {
        measure(axis + 1, at);
        continue;
      }
      const Widths widths = widths_of(entry_text(array_, at, options_), array_.elem());
      columns_[k].whole = std::max(columns_[k].whole, widths.whole);
      columns_[k].rest = std::max(columns_[k].rest, widths.rest);
    }
  }

  void row(int64_t offset) {
    const Indices& last = shown_.back();
    for (size_t k = 0; k < last.size(); ++k) {
      const bool final = k + 1 == last.size();
      if (last[k] == gap) {
        out_ += std::string(ellipsis) + ", ";
        continue;
      }
      const std::string entry = entry_text(array_, offset + last[k], options_);
      const Widths widths = widths_of(entry, array_.elem());
      if (columns_[k].whole > widths.whole) out_.append(columns_[k].whole - widths.whole, ' ');
      out_ += entry;
      if (final) break;
      out_ += ", ";
      if (columns_[k].rest > widths.rest) out_.append(columns_[k].rest - widths.rest, ' ');
    }
  }

  /// Rows on their own lines, matrices parted by an empty line, brackets nested.
  void block(size_t axis, int64_t offset) {
    out_ += "[";
    if (axis + 1 == shown_.size()) {
      row(offset);
    } else {
      const size_t lines = shown_.size() - axis - 1;
      for (size_t k = 0; k < shown_[axis].size(); ++k) {
        if (k > 0) out_ += "," + std::string(lines, '\n') + std::string(axis + 1, ' ');
        if (shown_[axis][k] == gap) {
          out_ += ellipsis;
        } else {
          block(axis + 1, offset + shown_[axis][k] * strides_[axis]);
        }
      }
    }
    out_ += "]";
  }

  const Array& array_;
  const DisplayOptions& options_;
  std::vector<Indices> shown_;
  std::vector<int64_t> strides_;
  std::vector<Widths> columns_;
  std::string out_;
};

// ---- summary ------------------------------------------------------------------------------------

template <typename T>
std::string statistics(const Array& array) {
  T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::lowest();
  if constexpr (std::is_floating_point_v<T>) {
    low = std::numeric_limits<T>::infinity();
    high = -low;
  }
  double sum = 0;
  int64_t nans = 0;
  for (int64_t i = 0; i < array.size(); ++i) {
    const T x = array.data<T>()[i];
    if (x != x) {
      ++nans;
      continue;
    }
    low = std::min(low, x);
    high = std::max(high, x);
    sum += static_cast<double>(x);
  }
  const std::string nan_text = nans == 0 ? "" : fmt::format("{} nan", nans);
  if (nans == array.size()) return nan_text;
  const std::string mean = real_text(sum / static_cast<double>(array.size() - nans), tensor_digits);
  const auto text = [](T x) {
    if constexpr (std::is_same_v<T, int64_t>) {
      return int_text(x);
    } else {
      return real_text(x, tensor_digits);
    }
  };
  return fmt::format("min {}, mean {}, max {}{}{}", text(low), mean, text(high),
                     nans == 0 ? "" : ", ", nan_text);
}

std::string summary(const Array& array) {
  switch (array.elem()) {
    case Elem::Bool: {
      const uint8_t* data = array.data<uint8_t>();
      const auto count = std::count(data, data + array.size(), uint8_t{1});
      return fmt::format("{} true", count);
    }
    case Elem::I64:
      return statistics<int64_t>(array);
    case Elem::F64:
      return statistics<double>(array);
    case Elem::F32:
      return statistics<float>(array);
  }
  return "";
}

}  // namespace

std::string display(const Array& array, const DisplayOptions& options) {
  if (array.rank() == 0) return entry_text(array, 0, options);
  const std::string type = type_text(array.elem(), array.dims());
  if (array.size() == 0) return "[]  " + type;
  const bool with_summary = summarised(array) && !options.all;
  const std::vector<Indices> shown = choose(array, options.all);
  const std::string head = with_summary ? type + "  " + summary(array) : "";
  if (shown.empty()) return head;
  const std::string body = Layout(array, options, shown).text();
  if (with_summary) return head + "\n" + body;
  return elided(shown) ? body + "  " + type : body;
}

}  // namespace calc::rt

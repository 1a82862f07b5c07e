#include "lang/prim/pieces.h"

#include "runtime/text.h"

namespace calc::prim {

namespace {

std::string numbered(const char* prefix, size_t k) { return fmt::format("{}{}", prefix, k); }

std::string value_text(const Array& value, const std::string& format) {
  constexpr std::string_view kDigits = "digits:";
  if (format.starts_with(kDigits)) {
    return rt::display(value, {.digits = std::stoi(format.substr(kDigits.size()))});
  }
  if (format == "all") return rt::display(value, {.all = true});
  if (value.rank() > 0 || format.empty()) return rt::display(value, {.spec = format});
  switch (value.elem()) {
    case Elem::Bool:
      return rt::format_value(value.as_bool(), format);
    case Elem::I64:
      return rt::format_value(value.as_int(), format);
    case Elem::F64:
      return rt::format_value(value.as_real(), format);
    case Elem::F32:
      return rt::format_value(value.as_real32(), format);
  }
  return {};
}

}  // namespace

void require_pieces(const Attrs& attrs, size_t count, const char* pieces, const char* formats) {
  for (size_t k = 0; k <= count; ++k) attrs.text(numbered(pieces, k));
  for (size_t k = 0; k < count; ++k) attrs.text(numbered(formats, k));
}

std::string pieced(Args values, const Attrs& attrs, const char* pieces, const char* formats) {
  std::string text = attrs.text(numbered(pieces, 0));
  for (size_t k = 0; k < values.size(); ++k) {
    text += value_text(values[k], attrs.text(numbered(formats, k)));
    text += attrs.text(numbered(pieces, k + 1));
  }
  return text;
}

}  // namespace calc::prim

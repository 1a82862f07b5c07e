#include "lang/base/source.h"

#include <algorithm>
#include <cassert>

#include "lang/base/utf8.h"

namespace calc::base {

namespace {

std::vector<uint32_t> line_starts(std::string_view text) {
  std::vector<uint32_t> lines{0};
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    lines.push_back(static_cast<uint32_t>(at + 1));
  }
  return lines;
}

}  // namespace

uint32_t Sources::add(std::string name, std::string text) {
  assert(text.size() < UINT32_MAX);
  auto source = std::make_unique<Source>();
  source->name = std::move(name);
  source->text = std::move(text);
  source->lines = line_starts(source->text);
  if (!free_.empty()) {
    const uint32_t id = free_.back();
    free_.pop_back();
    sources_[id] = std::move(source);
    return id;
  }
  sources_.push_back(std::move(source));
  return static_cast<uint32_t>(sources_.size() - 1);
}

void Sources::keep(const std::vector<bool>& live) {
  for (uint32_t id = 0; id < sources_.size(); ++id) {
    if (sources_[id] == nullptr || (id < live.size() && live[id])) continue;
    sources_[id].reset();
    free_.push_back(id);
  }
}

std::string_view Sources::text(Span span) const {
  if (!span.known()) return {};
  const std::string_view text = get(span.source).text;
  const size_t begin = std::min<size_t>(span.begin, text.size());
  return text.substr(begin, std::max(span.end, span.begin) - span.begin);
}

LineColumn Sources::position(uint32_t source, uint32_t offset) const {
  const Source& in = get(source);
  const size_t stop = std::min<size_t>(offset, in.text.size());
  const auto after = std::upper_bound(in.lines.begin(), in.lines.end(), stop);
  const auto line = static_cast<uint32_t>(after - in.lines.begin());
  uint32_t column = 1;
  for (size_t at = in.lines[line - 1]; at < stop; ++column) {
    at += std::max<uint32_t>(decode(in.text, at).length, 1);
  }
  return {line, column};
}

}  // namespace calc::base

#pragma once
// Source texts and positions in them. A Span is 12 bytes: which text, and the half-open byte range.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace calc::base {

struct Span {
  uint32_t source = UINT32_MAX;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool known() const { return source != UINT32_MAX; }
  /// From the start of `a` to the end of `b`.
  static Span join(Span a, Span b) {
    if (!a.known()) return b;
    if (!b.known()) return a;
    return {a.source, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
  }
  bool operator==(const Span&) const = default;
};

/// One text: a file, a `-e` argument, a prompt entry. `name` is what errors show.
struct Source {
  std::string name;
  std::string text;
  /// Byte offsets of the line starts.
  std::vector<uint32_t> lines;
};

struct LineColumn {
  /// Both from 1; the column counts characters (code points), not bytes.
  uint32_t line;
  uint32_t column;
};

/// All texts of a session. Texts never move; whoever says what to keep vouches that no span into
/// the others is left.
class Sources {
 public:
  uint32_t add(std::string name, std::string text);
  /// Forgets the texts that are not marked (by id); their ids are given out again.
  void keep(const std::vector<bool>& live);
  size_t count() const { return sources_.size() - free_.size(); }
  const Source& get(uint32_t id) const { return *sources_[id]; }
  std::string_view text(Span span) const;
  LineColumn position(uint32_t source, uint32_t offset) const;

 private:
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<uint32_t> free_;
};

}  // namespace calc::base

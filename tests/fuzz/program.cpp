#include "tests/fuzz/program.h"

#include <algorithm>

namespace calc::fuzz {

std::string Node::text() const {
  std::string out = pieces[0];
  for (size_t k = 0; k < children.size(); ++k) {
    out += children[k].text();
    out += pieces[k + 1];
  }
  return out;
}

size_t Node::size() const {
  size_t count = 1;
  for (const Node& child : children) count += child.size();
  return count;
}

Node leaf(Sort sort, std::string text) {
  Node node;
  node.sort = sort;
  node.pieces = {std::move(text)};
  return node;
}

namespace {

std::string row(int n, int start) {
  std::string out = "[";
  for (int k = 0; k < n; ++k) {
    out += (k > 0 ? ", 0." : "0.") + std::to_string(2 + (start + 3 * k) % 7);
  }
  return out + "]";
}

}  // namespace

Node simplest(Sort sort) {
  switch (sort.kind) {
    case Kind::Real:
      return leaf(sort, "0.5");
    case Kind::Int:
      return leaf(sort, "0");
    case Kind::Bool:
      return leaf(sort, "true");
    case Kind::Vec:
      return leaf(sort, row(sort.m, 0));
    case Kind::Mat: {
      std::string rows = row(sort.n, 0);
      for (int k = 1; k < sort.m; ++k) rows += ", " + row(sort.n, k);
      return leaf(sort, "[" + rows + "]");
    }
    case Kind::Dyn:
      return leaf(sort, "filter(e -> e > 0.3, [0.4, 0.2, 0.7])");
    case Kind::Rec:
      return leaf(sort, "{w: [0.3, 0.4], b: 0.6}");
    case Kind::Fun:
      return leaf(sort, "tanh");
    default:
      return leaf(sort, "");
  }
}

std::string indented(const std::string& text) {
  std::string out;
  int depth = 0;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    std::string line = text.substr(start, end - start);
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    start = end + 1;
    if (line.empty()) continue;
    const bool closes = line[0] == '}';
    out += std::string(static_cast<size_t>(2 * std::max(0, depth - (closes ? 1 : 0))), ' ');
    out += line + "\n";
    depth += static_cast<int>(std::count(line.begin(), line.end(), '{'));
    depth -= static_cast<int>(std::count(line.begin(), line.end(), '}'));
  }
  return out;
}

// ---- shrinking ---------------------------------------------------------------------------------

namespace {

void collect(Node& node, std::vector<Node*>& out) {
  out.push_back(&node);
  for (Node& child : node.children) collect(child, out);
}

void descendants(const Node& node, Sort sort, std::vector<Node>& out) {
  for (const Node& child : node.children) {
    if (child.sort == sort) out.push_back(child);
    descendants(child, sort, out);
  }
}

/// What may stand for a node, smallest first.
std::vector<Node> replacements(const Node& node) {
  std::vector<Node> out;
  const bool is_expression = node.sort.kind < Kind::Statement;
  if (is_expression && !node.children.empty()) out.push_back(simplest(node.sort));
  if (is_expression || node.sort.kind == Kind::Statement) descendants(node, node.sort, out);
  std::stable_sort(out.begin(), out.end(),
                   [](const Node& a, const Node& b) { return a.size() < b.size(); });
  return out;
}

class Shrinker {
 public:
  Shrinker(Program program, const std::function<bool(const Program&)>& fails, int budget)
      : program_(std::move(program)), fails_(fails), budget_(budget) {}

  Program run() {
    while (budget_ > 0 && (one_removal() || one_replacement())) {
    }
    return std::move(program_);
  }

 private:
  std::vector<Node*> nodes() {
    std::vector<Node*> out;
    collect(program_.root, out);
    return out;
  }

  bool still_fails() { return budget_-- > 0 && fails_(program_); }

  /// Leaves out one child of a list of statements.
  bool one_removal() {
    bool changed = false;
    for (size_t at = 0; at < nodes().size() && budget_ > 0; ++at) {
      if (nodes()[at]->sort.kind != Kind::Statements) continue;
      for (size_t k = nodes()[at]->children.size(); k-- > 0 && budget_ > 0;) {
        Node& list = *nodes()[at];
        Node before = list;
        const auto offset = static_cast<std::ptrdiff_t>(k);
        list.children.erase(list.children.begin() + offset);
        list.pieces.erase(list.pieces.begin() + offset + 1);
        if (still_fails()) {
          changed = true;
        } else {
          *nodes()[at] = std::move(before);
        }
      }
    }
    return changed;
  }

  bool one_replacement() {
    bool changed = false;
    for (size_t at = 0; at < nodes().size() && budget_ > 0; ++at) {
      const Node before = *nodes()[at];
      for (Node& smaller : replacements(before)) {
        if (budget_ <= 0) break;
        *nodes()[at] = std::move(smaller);
        if (still_fails()) {
          changed = true;
          break;
        }
        *nodes()[at] = before;
      }
    }
    return changed;
  }

  Program program_;
  const std::function<bool(const Program&)>& fails_;
  int budget_;
};

}  // namespace

Program shrunk(Program program, const std::function<bool(const Program&)>& fails, int budget) {
  return Shrinker(std::move(program), fails, budget).run();
}

}  // namespace calc::fuzz

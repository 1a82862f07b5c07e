#pragma once
// Results of a pass by function and masks, each made once; those of recursive functions are least
// fixed points.
//
// Who asks for a result that is being made gets what is assumed of it so far: first what `promise`
// says, then what came out of the previous round. A round through a circle of functions is repeated
// until nothing assumed has changed; until then the results of its members are made again in each
// round. The circle that a result belongs to is found as in Tarjan's algorithm: by the outermost
// result in the making that it depends on.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "lang/core/ir.h"

namespace calc::ad {

/// One flag a parameter or result.
using Mask = std::vector<bool>;
/// A function and masks.
struct PassKey {
  core::FunctionId function;
  std::vector<Mask> masks;
  bool operator<(const PassKey& other) const {
    if (function.index != other.function.index) return function.index < other.function.index;
    return masks < other.masks;
  }
};

inline bool same_promise(const Mask& a, const Mask& b) { return a == b; }

/// `T` tells by `same_promise(a, b)` whether callers would see a difference.
template <typename T>
class Memo {
 public:
  const T& get(const PassKey& key, const std::function<T()>& promise,
               const std::function<T(const T& assumed)>& make) {
    std::unique_ptr<Entry>& slot = entries_[key];
    if (!slot) slot = std::make_unique<Entry>(Entry{promise()});
    Entry& entry = *slot;
    if (entry.finished) return entry.value;
    if (entry.open || entry.fresh) {
      entry.asked = entry.asked || entry.open;
      path_.back()->lowest = std::min(path_.back()->lowest, entry.lowest);
      return entry.value;
    }
    make_until_settled(entry, make);
    return entry.value;
  }

  /// visit(function of the key, value) for all that are made.
  template <typename Visit>
  void each(const Visit& visit) const {
    for (const auto& [key, entry] : entries_) {
      if (entry->finished) visit(key.function, entry->value);
    }
  }
  /// Forgets what is about functions that are not marked, by index.
  void keep(const std::vector<bool>& live) {
    std::erase_if(entries_, [&](const auto& at) {
      return !at.second->finished || !live[at.first.function.index];
    });
  }

 private:
  struct Entry {
    T value;
    size_t index = 0;
    size_t lowest = 0;
    bool open = false;
    bool asked = false;
    bool fresh = false;
    bool finished = false;
  };

  void make_until_settled(Entry& entry, const std::function<T(const T& assumed)>& make) {
    entry.index = entry.lowest = path_.size();
    entry.open = true;
    path_.push_back(&entry);
    unfinished_.push_back(&entry);
    try {
      size_t before;
      do {
        before = changes_;
        for (Entry* other : unfinished_) {
          if (!other->open && other->lowest >= entry.index) other->fresh = false;
        }
        T made = make(entry.value);
        if (!same_promise(made, entry.value)) ++changes_;
        entry.value = std::move(made);
      } while (entry.lowest == entry.index && entry.asked && changes_ != before);
    } catch (...) {
      abandon(entry.index);
      throw;
    }
    leave(entry);
  }

  void leave(Entry& entry) {
    path_.pop_back();
    entry.open = false;
    entry.fresh = true;
    if (entry.lowest < entry.index) {
      path_.back()->lowest = std::min(path_.back()->lowest, entry.lowest);
      return;
    }
    std::erase_if(unfinished_, [&](Entry* other) {
      if (other->open || other->lowest < entry.index) return false;
      other->finished = other->fresh;
      return true;
    });
  }

  void abandon(size_t index) {
    path_.resize(index);
    std::erase_if(unfinished_, [&](Entry* other) {
      if ((other->open ? other->index : other->lowest) < index) return false;
      other->open = other->fresh = false;
      return true;
    });
  }

  std::map<PassKey, std::unique_ptr<Entry>> entries_;
  std::vector<Entry*> path_;
  std::vector<Entry*> unfinished_;
  size_t changes_ = 0;
};

}  // namespace calc::ad

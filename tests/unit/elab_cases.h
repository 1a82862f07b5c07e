#pragma once
// A table of texts and what they show.
#include <catch2/catch.hpp>

#include "tests/unit/elab_run.h"

namespace calc::test {

struct Case {
  const char* text;
  const char* result;
};

template <size_t n>
void check_all(const Case (&cases)[n]) {
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(run(one.text) == one.result);
  }
}

}  // namespace calc::test
